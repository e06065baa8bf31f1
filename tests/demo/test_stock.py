from __future__ import annotations

from crawler.demo.catalogue import Stock
from crawler.demo.options import DemoOptions


def isbn_is_valid(isbn: str) -> bool:
    digits = [10 if sign == "X" else int(sign) for sign in isbn]
    return len(isbn) == 10 and sum((10 - place) * digit for place, digit in enumerate(digits)) % 11 == 0


def test_isbns_are_valid_and_no_two_books_share_one() -> None:
    stock = Stock(DemoOptions(books=5000))
    isbns = [stock.book(number).isbn for number in range(1, 5001)]
    assert all(map(isbn_is_valid, isbns))
    assert len(set(isbns)) == 5000


def test_the_small_shop_has_the_hard_cases() -> None:
    stock = Stock(DemoOptions())
    books = [stock.book(number) for number in range(1, 61)]
    assert any(book.isbn.startswith("0") for book in books)
    assert any(book.isbn.endswith("X") for book in books)
    assert {book.money.currency for book in books if book.money} == {"£", "€"}
    assert any(book.money and book.money.amount > 1000 for book in books)
    assert any(book.price and not book.money for book in books), "a price that is no number"
    assert any(book.title.text.startswith("=") for book in books)
    assert any(len(book.description or "") > 1000 for book in books)
    assert any("&" in (book.description or "") for book in books)
    assert any(len(book.authors) == 2 for book in books)
    for missing in ("price", "rating", "published", "description", "badge"):
        values = [getattr(book, missing) for book in books]
        assert None in values
        assert any(value is not None for value in values)
    titles = [book.title.text for book in books]
    assert len(titles) - len(set(titles)) == 1, "two different books have the same title"


def test_names_and_titles_come_in_many_scripts() -> None:
    stock = Stock(DemoOptions())
    text = "".join(stock.title(number).text for number in range(1, 61))
    text += "".join(stock.author_name(number).text for number in range(stock.authors))
    for sign in (*"äéñłş", "φ", "Ж", "ر", "ה", "月", "の", "고", "न", "ზ", "ễ", "🦊", "Þ"):
        assert sign in text, sign


def test_books_by_is_the_inverse_of_authors_of() -> None:
    for count in (1, 2, 23, 24, 25, 60, 500):
        stock = Stock(DemoOptions(books=count))
        for author in range(stock.authors):
            expected = [number for number in range(1, count + 1) if author in stock.authors_of(number)]
            assert list(stock.books_by(author)) == expected
            assert expected, "every author has a book, so every author is found"


def test_authors_have_several_books() -> None:
    stock = Stock(DemoOptions(books=1000))
    assert all(len(list(stock.books_by(author))) >= 5 for author in range(stock.authors))


def test_listings_hold_every_book_once() -> None:
    for count in (1, 19, 20, 21, 60):
        stock = Stock(DemoOptions(books=count))
        numbers = [number for page in range(1, stock.listings + 1) for number in stock.on_listing(page)]
        assert numbers == list(range(1, count + 1))


def test_a_seed_changes_values_but_not_what_is_missing() -> None:
    one, two = Stock(DemoOptions(seed=1)), Stock(DemoOptions(seed=2))
    pairs = [(one.book(number), two.book(number)) for number in range(1, 61)]
    assert all((a.price is None) == (b.price is None) for a, b in pairs)
    assert sum(a.price != b.price for a, b in pairs) > 40
