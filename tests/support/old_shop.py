"""The shop that the files in tests/data/before_0_2 were made from, behind a proxy: http://shop.example."""

from __future__ import annotations

from tests.support.badserver import answer, keep_alive

BOOKS = [f"Book {number}" for number in range(1, 13)]
CONFIG = """
name: shop
start: http://shop.example/list?page=1
pages:
  list:
    follow:
      - {css: a.next, to: list, next: true}
      - {css: a.book, to: book}
  book:
    table: books
    key: title
    fields: {title: h1, price: {css: .price, type: money}, number: {label: Number, type: int}, url: {url: true}}
fetch: {strategy: serial, workers: 1, proxy: PROXY}
polite: {robots: false, delay: 0}
output: shop.csv
state: shop.state.sqlite
"""


def page(path: str) -> str:
    if "page=" in path:
        first = (int(path.rpartition("=")[2]) - 1) * 4
        links = "".join(f"<a class=book href='/book/{n}'>x</a>" for n in range(first + 1, first + 5))
        more = f"<a class=next href='/list?page={first // 4 + 2}'>next</a>" if first < 8 else ""
        return f"<title>list</title>{links}{more}"
    number = int(path.rpartition("/")[2])
    rows = f"<dl><dt>Number</dt><dd>{number}</dd></dl>"
    return f"<h1>{BOOKS[number - 1]}</h1><p class=price>£{number}.50</p>{rows}"


def reply():
    """What the proxy answers: the path of a request to it is a whole URL."""
    return keep_alive(lambda path, number: answer(page(path).encode()))
