"""A page analysed, to the bare parse of the same bytes; and a link made absolute, to urljoin."""

from __future__ import annotations

from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser

from benchmarks.competitors import write_config
from benchmarks.parts.suite import Part, Setup, spent
from benchmarks.sites import Site
from crawler import load, urls
from crawler.demo.catalogue import book_path, listing_path
from crawler.demo.options import DemoOptions
from crawler.demo.site import Site as Demo
from crawler.extract.parser import Parser
from crawler.model import Page, Response

BASE = "http://example.org"
HTML = {"content-type": "text/html; charset=utf-8"}
TIMES = 200


def book(setup: Setup) -> Part:
    """Pages with one record."""
    demo = _demo()
    paths = [book_path(number, demo.stock.title(number)) for number in range(1, 21)]
    return _part(setup, "extract-book", "book", paths)


def listing(setup: Setup) -> Part:
    """Pages with twenty links."""
    return _part(setup, "extract-listing", "listing", [listing_path(number) for number in range(1, 6)])


def url(setup: Setup) -> Part:
    """Links as they stand in pages."""
    page = f"{BASE}/catalogue/page-7.html"
    links = [f"{'../' * (number % 3)}some-title_{number}/index.html" for number in range(5_000)]

    def ours() -> None:
        for link in links:
            urls.identity(urls.resolve(page, link))

    def bare() -> None:
        for link in links:
            urljoin(page, link)

    return Part("url", lambda: spent(ours), lambda: spent(bare), "urljoin", len(links))


def _demo() -> Demo:
    return Demo(DemoOptions(books=200))


def _part(setup: Setup, name: str, kind: str, paths: list[str]) -> Part:
    demo = _demo()
    config = write_config(Site("demo", setup.work, 10, 200), BASE, setup.work / f"{name}.yaml")
    analyse = Parser(load(config).recipe)
    pages = [Response(BASE + path, 200, HTML, demo.page(path).body) for path in paths]
    if wrong := [found for page in pages if not isinstance(found := analyse(kind, page), Page)]:
        raise SystemExit(f"{name}: {wrong[0]}")
    times = range(TIMES // len(pages))

    def ours() -> None:
        for _ in times:
            for page in pages:
                analyse(kind, page)

    def bare() -> None:
        for _ in times:
            for page in pages:
                LexborHTMLParser(page.body)

    return Part(name, lambda: spent(ours), lambda: spent(bare), "lexbor's parse alone", TIMES)
