"""The pages of the shop as HTML, and the frame that they share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from html import escape
from math import isqrt

from crawler.demo.catalogue import (
    DEAD,
    MOVED_BOOK,
    MOVED_FROM,
    STAFF,
    Author,
    Book,
    Name,
    Stock,
    author_path,
    book_path,
    listing_path,
)

__all__ = [
    "author_page",
    "book_page",
    "document",
    "esc",
    "fill",
    "home_page",
    "listing_page",
    "native",
    "price_line",
    "stars",
]


RATINGS = ("", "One", "Two", "Three", "Four", "Five")

STYLE = """
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 Georgia,"Noto Serif",serif;color:#2b2622;background:#faf7f2}
header,footer,main,.letters{max-width:64rem;margin:auto;padding:1rem 1.5rem}
header{display:flex;gap:1.5rem;align-items:baseline;border-bottom:3px double #c9bda9}
header b{font-size:1.4rem}
footer{color:#8a7f70;font-size:.85rem;border-top:1px solid #e2d9c8;margin-top:2rem}
a{color:#8c3b1f}
h1{line-height:1.2}
.shelves{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:1.2rem}
.book{background:#fff;border:1px solid #e8dfcf;border-radius:6px;padding:.8rem;position:relative}
.book{font-size:.9rem}
.book h3{font-size:1rem;line-height:1.25;margin:.6rem 0 .2rem;overflow-wrap:anywhere}
.book p{margin:.1rem 0}
.cover{height:7.5rem;border-radius:3px}
.cover{background:linear-gradient(100deg,hsl(var(--h) 38% 30%) 8%,hsl(var(--h) 42% 46%) 9%)}
.badge{position:absolute;top:.4rem;right:.4rem}
.badge{background:#f4c95d;padding:0 .5rem;border-radius:9px;font-size:.75rem}
.rating{color:#c98a12;letter-spacing:.1em}
.price{font-weight:bold}
.shelf,.by,.stock,dt{color:#6d6357}
.pager{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem;padding:0;margin:2rem 0 0}
.pager a,.pager b{display:block;padding:.1rem .6rem;border:1px solid #d9cdb8;border-radius:4px}
.pager b{background:#8c3b1f;color:#fff}
.two{display:grid;grid-template-columns:13rem 1fr;gap:2rem}
.two .cover{height:18rem}
.genres{list-style:none;padding:0;display:flex;gap:.5rem}
.genres li{background:#eee5d5;padding:0 .7rem;border-radius:9px}
.facts th{text-align:left;padding-right:2rem;font-weight:normal;color:#6d6357}
dd{margin:0 0 .6rem}
""".replace("\n", "")

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title} | The Demo Bookshop</title>
<style>{style}</style>
</head>
<body>
<header><b>The Demo Bookshop</b> <a href="/">Home</a> <a href="/catalogue/page-1.html">All books</a></header>
<main>
{main}
</main>
<footer>Every book, person and price here is invented by a program. Made to be crawled.</footer>
</body>
</html>
"""


def document(title: str, main: str) -> bytes:
    """A whole page; `title` is text, `main` is HTML."""
    return PAGE.format(title=esc(title), style=STYLE, main=main).encode()


def fill(page: bytes, size: int, sentences: Sequence[str]) -> bytes:
    """The page with a section of text before its footer, so that it has exactly `size` bytes; a larger one stays."""
    head, footer, rest = page.rpartition(b"<footer>")
    return b"".join((head, _letters(size - len(page), sentences), footer, rest))


def _letters(size: int, sentences: Sequence[str]) -> bytes:
    """Exactly this many bytes; where no paragraph has room, they are spaces."""
    start, end = b'<section class="letters">\n', b"</section>\n"
    room = size - len(start) - len(end)
    if room < 0:
        return b" " * size
    block = "".join(map(_letter, sentences)).encode()
    text = block * (room // len(block) + 1)
    text = text[: text.rfind(b"\n", 0, room) + 1]
    return start + text.ljust(room) + end


def _letter(sentence: str) -> str:
    first, _, rest = sentence.partition(" ")
    return f"<p><em>{esc(first)}</em> {esc(rest)}</p>\n"


def esc(text: str) -> str:
    """Text as HTML, with a named reference for the apostrophe as many sites write it."""
    return escape(text).replace("’", "&rsquo;")


def native(name: Name) -> str:
    """Attributes that tell the browser the language and the direction of a text."""
    return f'lang="{name.lang}" dir="{"rtl" if name.lang in ("ar", "he") else "ltr"}"'


def stars(rating: int | None) -> str:
    """The rating, which stands only in the class, as on many shops."""
    if rating is None:
        return ""
    return f'<p class="rating {RATINGS[rating]}">{"★" * rating}{"☆" * (5 - rating)}</p>\n'


def price_line(price: str | None) -> str:
    """The line with the price, where there is one."""
    return f'<p class="price">{esc(price)}</p>\n' if price else ""


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
