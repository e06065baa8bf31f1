"""The pages that are crawled: a folder of files made ready to be served."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

START = "/catalogue/page-1.html"
BOOK_LINK = re.compile(r'href="([^"/.][^"/]*)/index\.html"')


@dataclass(frozen=True)
class Site:
    """A folder of listings, and of pages with a record each: books, or whatever they are about.

    Attributes:
        name: `books`, `demo` or `pages`: which selectors fit.
        prefixes: path prefixes under which the whole site stands, "" for the root itself.
        start: path of the first listing.
    """

    name: str
    folder: Path
    listings: int
    books: int
    prefixes: tuple[str, ...] = ("",)
    start: str = START

    @property
    def pages(self) -> int:
        return (self.listings + self.books) * len(self.prefixes)

    @property
    def records(self) -> int:
        return self.books * len(self.prefixes)

    def starts(self, base: str) -> list[str]:
        return [base + prefix + self.start for prefix in self.prefixes]


def prepare(source: Path | None, folder: Path, prefixes: int = 1, books: int = 1000) -> Site:
    """Copy a mirror of books.toscrape.com into `folder`, or write the demo site there where there is none.

    Args:
        prefixes: how many copies of the site there are, each under a path of its own.
        books: of the demo site.
    """
    if source is None:
        _write_demo(folder, books)
    else:
        for pattern in ("page-*.html", "*/index.html"):
            for file in (source / "catalogue").glob(pattern):
                copy = folder / file.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
        _fill_gaps(folder / "catalogue")
    catalogue = folder / "catalogue"
    listings = len(list(catalogue.glob("page-*.html")))
    name = "demo" if source is None else "books"
    return Site(name, folder, listings, len(_linked(catalogue)), mount(folder, prefixes))


def _fill_gaps(catalogue: Path) -> None:
    """A linked book that lies under another name with the same number gets its linked name as well."""
    by_number = {_number(path.name): path.name for path in catalogue.iterdir() if path.is_dir()}
    for name in _linked(catalogue):
        if not (catalogue / name).exists():
            (catalogue / name).symlink_to(by_number[_number(name)])


def _number(name: str) -> str:
    return name.rpartition("_")[2]


def _linked(catalogue: Path) -> set[str]:
    """Folders of the books that the listings link to."""
    listings = [path.read_text("utf-8") for path in catalogue.glob("page-*.html")]
    return {unquote(link) for text in listings for link in BOOK_LINK.findall(text)}


def mount(folder: Path, prefixes: int) -> tuple[str, ...]:
    """Make a folder appear below itself so many times, under `/p1`, `/p2` and so on; gives these prefixes."""
    if prefixes == 1:
        return ("",)
    for number in range(1, prefixes + 1):
        (folder / f"p{number}").symlink_to(folder, target_is_directory=True)
    return tuple(f"/p{number}" for number in range(1, prefixes + 1))


def _write_demo(folder: Path, books: int) -> None:
    """The pages of `crawler demo` as files, without the links that fail there on purpose."""
    from crawler.demo.catalogue import DEAD, MOVED_BOOK, MOVED_FROM, STAFF, book_path, listing_path
    from crawler.demo.options import DemoOptions
    from crawler.demo.site import Site as Demo

    demo = Demo(DemoOptions(books=books))
    paths = {number: book_path(number, demo.stock.title(number)) for number in range(1, books + 1)}
    failing = re.compile(f'<h3><a href="({DEAD}|{STAFF})">[^<]*</a></h3>')
    for path in [*map(listing_path, range(1, demo.stock.listings + 1)), *paths.values()]:
        html = failing.sub("", demo.page(path).body.decode())
        html = html.replace(f'"{_relative(MOVED_FROM)}"', f'"{_relative(paths.get(MOVED_BOOK, ""))}"')
        file = folder / unquote(path).removeprefix("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(html, "utf-8")


def _relative(path: str) -> str:
    return path.removeprefix("/catalogue/")
