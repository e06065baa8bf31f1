"""The pages of the shop as HTML."""

from __future__ import annotations

from datetime import date, datetime
from math import isqrt

from crawler.demo.layout import esc, native, price_line, stars
from crawler.demo.paths import DEAD, MOVED_BOOK, MOVED_FROM, STAFF, author_path, book_path, listing_path
from crawler.demo.stock import Author, Book, Stock

__all__ = ["author_page", "book_page", "home_page", "listing_page"]

ALL_PAGES = 200
"""Up to this many listing pages, each links to all."""


def home_page(stock: Stock) -> str:
    """The front door."""
    authors = "\n".join(
        f'<li><a href="{author_path(stock, number)}">{esc(stock.author_name(number).text)}</a></li>'
        for number in range(min(stock.authors, 12))
    )
    return f"""<h1>Welcome</h1>
<p class="size">{stock.books:,} books by {stock.authors:,} authors on {stock.listings:,} pages of shelves.</p>
<p><a class="start" href="{listing_path(1)}">See all books</a></p>
<h2>Some of our authors</h2>
<ul class="authors">
{authors}
</ul>"""


def listing_page(stock: Stock, page: int) -> str:
    """Twenty books, and the pager."""
    cards = [_card(stock, stock.book(number)) for number in stock.on_listing(page)]
    if page == 1:
        cards.append(_extra_card(STAFF, "Uncorrected Proof, Not for Sale", "For our staff only"))
    if page == stock.listings:
        cards.append(_extra_card(DEAD, "The Lost Atlas", "Gone, but still on the shelf list"))
    return f"""<h1>All books, page {page:,} of {stock.listings:,}</h1>
<section class="shelves">
{"".join(cards)}</section>
{_pager(page, stock.listings)}"""


def _card(stock: Stock, book: Book) -> str:
    path = MOVED_FROM if book.number == MOVED_BOOK else book_path(book.number, book.title)
    title = esc(book.title.text)
    by = esc(", ".join(stock.author_name(number).text for number in book.authors))
    badge = f'<span class="badge">{book.badge}</span>\n' if book.badge else ""
    return f"""<article class="book">
<div class="cover" style="--h:{book.number * 47 % 360}"></div>
<h3 {native(book.title)}><a href="{path.removeprefix("/catalogue/")}" title="{title}">{title}</a></h3>
<p class="by">{by}</p>
{price_line(book.price)}{stars(book.rating)}<p class="shelf">Shelf {book.shelf}</p>
{badge}</article>
"""


def _extra_card(path: str, title: str, note: str) -> str:
    return f"""<article class="book">
<div class="cover" style="--h:0"></div>
<h3><a href="{path}">{title}</a></h3>
<p class="by">{note}</p>
</article>
"""


def _pager(page: int, last: int) -> str:
    items = [_pager_item(number, page) for number in _pager_numbers(page, last)]
    if page > 1:
        items.insert(0, f'<li class="previous"><a href="page-{page - 1}.html">previous</a></li>')
    if page < last:
        items.append(f'<li class="next"><a href="page-{page + 1}.html">next</a></li>')
    return '<ul class="pager">\n' + "\n".join(items) + "\n</ul>"


def _pager_numbers(page: int, last: int) -> list[int]:
    """All pages; in a huge shop its own block and the first page of each block: two clicks at most."""
    if last <= ALL_PAGES:
        return list(range(1, last + 1))
    size = isqrt(last) + 1
    start = (page - 1) // size * size + 1
    return sorted({*range(1, last + 1, size), *range(start, min(start + size, last + 1))})


def _pager_item(number: int, page: int) -> str:
    if number == page:
        return f'<li class="current"><b>{number}</b></li>'
    return f'<li><a href="page-{number}.html">{number}</a></li>'


def book_page(stock: Stock, book: Book) -> str:
    """All about one book."""
    by = ", ".join(_author_link(stock, number) for number in book.authors)
    genres = "".join(f"<li>{esc(genre)}</li>" for genre in book.genres)
    return f"""<article class="book-page two">
<div class="cover" style="--h:{book.number * 47 % 360}"></div>
<div>
<h1 {native(book.title)}>{esc(book.title.text)}</h1>
<p class="byline">by {by}</p>
{price_line(book.price)}{stars(book.rating)}<p class="stock">{_stock_text(book.stock)}</p>
<ul class="genres">{genres}</ul>
{_description(book.description)}<table class="facts">
{_facts(book)}
</table>
{_checked(book.checked)}
</div>
</article>"""


def _author_link(stock: Stock, number: int) -> str:
    name = stock.author_name(number).text
    return f'<a class="author" href="../..{author_path(stock, number)}">{esc(name)}</a>'


def _checked(moment: datetime) -> str:
    stamp = f"{moment:%Y-%m-%dT%H:%M}"
    return f'<p class="checked">Price checked on <time datetime="{stamp}">{_day(moment)}</time></p>'


def _stock_text(stock: int) -> str:
    return f"In stock ({stock} available)" if stock else "Out of stock"


def _description(text: str | None) -> str:
    if text is None:
        return ""
    first, _, rest = text.partition(" ")
    text = f"<p><em>{esc(first)}</em> {esc(rest)}</p>"
    return f'<section class="description"><h2>About this book</h2>\n{text}</section>\n'


def _facts(book: Book) -> str:
    facts = [
        ("ISBN", book.isbn),
        ("Published", _day(book.published) if book.published else None),
        ("Pages", str(book.pages)),
        ("Language", book.language),
        ("Publisher", book.publisher),
    ]
    return "\n".join(f"<tr><th>{label}</th><td>{esc(value)}</td></tr>" for label, value in facts if value)


def author_page(stock: Stock, author: Author) -> str:
    """All about one author, with the books of the shop."""
    works = "\n".join(_work(stock, number) for number in stock.books_by(author.number))
    return f"""<article class="author-page">
<h1 {native(author.name)}>{esc(author.name.text)}</h1>
<dl>
{_life(author)}
</dl>
<section class="about"><h2>About</h2>
<p>{esc(author.about)}</p></section>
<h2>Books in this shop</h2>
<ul class="works">
{works}
</ul>
</article>"""


def _life(author: Author) -> str:
    lines = [f"<dt>Place</dt><dd>{esc(author.place)}</dd>"]
    if author.born:
        lines.insert(0, f"<dt>Born</dt><dd>{_day(author.born)}</dd>")
    if author.website:
        url = esc(author.website)
        lines.append(f'<dt>Website</dt><dd><a class="website" href="{url}">{url}</a></dd>')
    return "\n".join(lines)


def _work(stock: Stock, number: int) -> str:
    title = stock.title(number)
    return f'<li><a href="..{book_path(number, title)}">{esc(title.text)}</a></li>'


MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def _day(day: date) -> str:
    """`3 May 1897`: not by strftime, which follows the locale of the machine."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
