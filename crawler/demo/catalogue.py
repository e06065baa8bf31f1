"""The contents of the shop, and the URL of each page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from crawler.demo.options import DemoOptions
from crawler.model import Money

__all__ = [
    "BOOKS_PER_PAGE",
    "DEAD",
    "MOVED_BOOK",
    "MOVED_FROM",
    "STAFF",
    "Author",
    "Book",
    "Language",
    "Name",
    "Stock",
    "Words",
    "author_path",
    "book_path",
    "listing_path",
    "load",
]


@dataclass(frozen=True, slots=True)
class Name:
    """A text with its language and the plain ASCII form that stands in a URL."""

    text: str
    slug: str
    lang: str


@dataclass(frozen=True, slots=True)
class Language:
    """Words of one language, with ASCII forms; `join` stands between two nouns, `space` between names."""

    code: str
    name: str
    join: str
    space: str
    family_first: bool
    nouns: tuple[tuple[str, str], ...]
    given: tuple[tuple[str, str], ...]
    family: tuple[tuple[str, str], ...]
    place: str
    blurb: str

    def title(self, number: int) -> Name:
        """The title with this number: two different nouns."""
        first, step = divmod(number, len(self.nouns) - 1)
        a = self.nouns[first % len(self.nouns)]
        b = self.nouns[(first + step + 1) % len(self.nouns)]
        text = a[0] + self.join + b[0]
        return Name(text[0].title() + text[1:], f"{a[1]}-{b[1]}", self.code)

    def person(self, number: int) -> Name:
        """The name with this number."""
        family, given = divmod(number, len(self.given))
        pair = [self.given[given], self.family[family % len(self.family)]]
        if self.family_first:
            pair.reverse()
        return Name(self.space.join(text for text, _ in pair), "-".join(slug for _, slug in pair), self.code)


@dataclass(frozen=True, slots=True)
class Words:
    """All tables of words.json."""

    languages: tuple[Language, ...]
    by_code: Mapping[str, Language]
    language_names: Mapping[str, str]
    titles: tuple[Name, ...]
    authors: tuple[Name, ...]
    sentences: tuple[str, ...]
    lives: tuple[str, ...]
    genres: tuple[str, ...]
    publishers: tuple[str, ...]
    places: tuple[str, ...]


def load() -> Words:
    """Read words.json, which lies beside this module."""
    raw = json.loads(Path(__file__).with_name("words.json").read_text("utf-8"))
    languages = tuple(_language(one) for one in raw["languages"])
    return Words(
        languages=languages,
        by_code={one.code: one for one in languages},
        language_names={one.code: one.name for one in languages} | raw["other_languages"],
        titles=tuple(Name(*one) for one in raw["titles"]),
        authors=tuple(Name(*one) for one in raw["authors"]),
        **{key: tuple(raw[key]) for key in ("sentences", "lives", "genres", "publishers", "places")},
    )


def _language(raw: dict[str, Any]) -> Language:
    return Language(**raw | {key: _pairs(raw[key]) for key in ("nouns", "given", "family")})


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """`"η θάλασσα=thalassa, το φως=fos"` as pairs."""
    return tuple((word, slug) for word, _, slug in (part.partition("=") for part in text.split(", ")))


BOOKS_PER_PAGE = 20
BADGES = ("Bestseller", "New", "Staff pick", None, None, None)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Book:
    """One book; None where its page does not say. `price` is the text of the page, `money` its value."""

    number: int
    title: Name
    authors: tuple[int, ...]
    price: str | None
    money: Money | None
    rating: int | None
    stock: int
    isbn: str
    published: date | None
    pages: int
    language: str
    publisher: str
    genres: tuple[str, ...]
    description: str | None
    checked: datetime
    badge: str | None
    shelf: str


@dataclass(frozen=True, slots=True)
class Author:
    """One author; None where the page does not say."""

    number: int
    name: Name
    born: date | None
    place: str
    website: str | None
    about: str


class SeededRandom:
    """Numbers that depend on nothing but the key: the same on every machine and under every Python."""

    def __init__(self, *key: object) -> None:
        self._left = int.from_bytes(blake2b(repr(key).encode(), digest_size=48).digest(), "big")

    def below(self, limit: int) -> int:
        """A number from 0 to limit - 1."""
        self._left, drawn = divmod(self._left, limit)
        return drawn

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[self.below(len(choices))]

    def some(self, choices: Sequence[T], count: int) -> list[T]:
        """This many neighbours of the list, none twice."""
        start = self.below(len(choices))
        return [choices[(start + step) % len(choices)] for step in range(count)]


class Stock:
    """The books 1 to `books` and the authors 0 to `authors - 1`."""

    def __init__(self, options: DemoOptions) -> None:
        self.seed = options.seed
        self.books = options.books
        self.authors = min(options.books, max(24, options.books // 5))
        self.listings = -(-options.books // BOOKS_PER_PAGE)
        self._words = load()

    @property
    def sentences(self) -> Sequence[str]:
        """What readers say about books."""
        return self._words.sentences

    def on_listing(self, page: int) -> range:
        """Numbers of the books on a listing page; pages count from 1."""
        first = (page - 1) * BOOKS_PER_PAGE + 1
        return range(first, min(first + BOOKS_PER_PAGE, self.books + 1))

    def book(self, number: int) -> Book:
        """The book with this number. Which fields are missing depends on the number alone."""
        dice = SeededRandom(self.seed, "book", number)
        price, money = self._price(number, dice)
        title = self.title(number)
        return Book(
            number=number,
            title=title,
            authors=self.authors_of(number),
            price=price,
            money=money,
            rating=None if number % 15 == 2 else 1 + dice.below(5),
            stock=0 if number % 9 == 8 else 1 + dice.below(40),
            isbn=_isbn(number, self.seed),
            published=_published(number, dice),
            pages=80 + dice.below(900),
            language=self._words.language_names[title.lang],
            publisher=dice.pick(self._words.publishers),
            genres=tuple(dice.some(self._words.genres, 1 + dice.below(3))),
            description=self._description(number, title.lang, dice),
            checked=datetime(2025, 1, 1) + timedelta(minutes=dice.below(500_000)),
            badge=dice.pick(BADGES),
            shelf=f"{'ABCDEFGH'[dice.below(8)]}-{dice.below(30):02}",
        )

    def author(self, number: int) -> Author:
        """The author with this number."""
        dice = SeededRandom(self.seed, "author", number)
        name = self.author_name(number)
        language = self._words.by_code.get(name.lang)
        return Author(
            number=number,
            name=name,
            born=None if number % 5 == 3 else date(1930, 1, 1) + timedelta(days=dice.below(25_000)),
            place=language.place if language else dice.pick(self._words.places),
            website=None if number % 4 == 1 else f"https://example.org/authors/{number}?from=shop&lang={name.lang}",
            about=" ".join(dice.some(self._words.lives, 1 + dice.below(3))),
        )

    def title(self, number: int) -> Name:
        """The first titles are written by hand; the others turn through all languages."""
        if number == 0:
            return Name("Uncorrected Proof, Not for Sale", "uncorrected-proof", "en")
        if number <= len(self._words.titles):
            return self._words.titles[number - 1]
        turn, language = divmod(number, len(self._words.languages))
        return self._words.languages[language].title(turn + self.seed)

    def author_name(self, number: int) -> Name:
        """The first names are written by hand; the others turn through all languages."""
        if number < len(self._words.authors):
            return self._words.authors[number]
        turn, language = divmod(number, len(self._words.languages))
        return self._words.languages[language].person(turn + self.seed)

    def books_by(self, author: int) -> Iterator[int]:
        """Numbers of all books that name this author, the first ones first."""
        first = range(author + 1, self.books + 1, self.authors)
        second = range((author - 5) % self.authors + 1, self.books + 1, self.authors)
        yield from sorted({*first, *(number for number in second if author in self.authors_of(number))})

    def authors_of(self, number: int) -> tuple[int, ...]:
        """Numbers of the authors of a book, in the order of its page."""
        first, second = (number - 1) % self.authors, (number + 4) % self.authors
        return (first, second) if number % 11 == 0 and first != second else (first,)

    def _price(self, number: int, dice: SeededRandom) -> tuple[str | None, Money | None]:
        cents = (100_000 if number % 29 == 9 else 300) + dice.below(9_700)
        amount = Decimal(cents).scaleb(-2)
        if number == 13:
            return "Price on request", None
        if number % 14 == 6:
            return None, None
        if number % 5 == 3:
            return f"€\N{NO-BREAK SPACE}{amount:,}", Money(amount, "€")
        return f"£{amount:,}", Money(amount, "£")

    def _description(self, number: int, lang: str, dice: SeededRandom) -> str | None:
        if number % 12 == 4:
            return None
        sentences = dice.some(self._words.sentences, 20 if number % 17 == 5 else 2 + dice.below(3))
        language = self._words.by_code.get(lang)
        return " ".join([*sentences, language.blurb] if language else sentences)


def _published(number: int, dice: SeededRandom) -> date | None:
    if number % 19 == 11:
        return None
    if number == 16:
        return date(1897, 5, 3)  # Excel has no dates before 1900
    return date(1960, 1, 1) + timedelta(days=dice.below(23_700))


def _isbn(number: int, seed: int) -> str:
    """An ISBN-10 with its check digit (ISO 2108): no two books share one; some start with 0 or end with X."""
    digits = f"{(number * 123_456_791 + seed * 7_919) % 10**9:09}"  # the factor shares no divisor with 10**9
    check = -sum((10 - place) * int(digit) for place, digit in enumerate(digits)) % 11
    return digits + ("X" if check == 10 else str(check))


DEAD = "/catalogue/the-lost-atlas_0/index.html"
"""Linked from the last listing page, and gone."""

STAFF = "/staff/uncorrected-proof_0/index.html"
"""Linked from the first listing page, and forbidden by robots.txt."""

MOVED_BOOK = 7
MOVED_FROM = "/catalogue/old-shop/7.html"
"""The listing still links to the old place of this book, which redirects to the new one."""


def listing_path(page: int) -> str:
    """Path of a listing page; pages count from 1."""
    return f"/catalogue/page-{page}.html"


def book_path(number: int, title: Name) -> str:
    """Path of a book."""
    return f"/catalogue/{quote(title.slug)}_{number}/index.html"


def author_path(stock: Stock, number: int) -> str:
    """Path of an author; one of them is not ASCII and so percent-encoded."""
    return f"/authors/{quote(stock.author_name(number).slug)}-{number}.html"
