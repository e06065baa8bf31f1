"""A shop on loopback that a test changes between two runs, and its job: 60 books on 3 lists."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.support.static_site import Server

CONFIG = """
name: shop
start: {base}/list-1.html
pages:
  list:
    follow:
      - {{css: a.next, to: list}}
      - {{each: li.book, css: a.title, to: book, carry: {{stock: {{css: .stock, type: int}}}}}}
  book:
    table: books
    key: isbn
    fields:
      title: h1
      price: {{css: p.price, type: money}}
      isbn: .isbn
      url: {{url: true}}
polite: {{delay: 0, contact: me@example.com}}
fetch: {{retries: 0, workers: 4}}
output: [out/shop.xlsx, out/shop.csv]
"""


class Shop:
    """What the site is like tonight.

    Attributes:
        answers: status and body, or the target of a redirect, for paths that answer otherwise than usual.
        renamed: texts in all pages and what stands there instead.
        books: how many there are.
        price: the text of the price of a book, "" for none.
    """

    def __init__(self) -> None:
        self.base = ""
        self.new_night()

    def new_night(self) -> None:
        """As it was at the beginning."""
        self.answers: dict[str, tuple[int, str] | str] = {}
        self.every: tuple[int, str] | str | None = None
        self.renamed: dict[str, str] = {}
        self.books = 60
        self.extra = ""
        self.price = lambda number: f"£{number}.50"

    def answer(self, path: str) -> tuple[int, str, str]:
        """Status, address of a redirect, body."""
        if path == "/robots.txt":
            return 404, "", ""
        found = self.answers.get(path) or (self.every if path != "/login" else None)
        if isinstance(found, str):
            return 302, found, ""
        status, body = found or self.page(path)
        for old, new in self.renamed.items():
            body = body.replace(old, new)
        return status, "", body

    def page(self, path: str) -> tuple[int, str]:
        if path == "/login":
            return 200, "<h1>Please log in</h1><form method=post></form>"
        name, _, number = path.removeprefix("/").removesuffix(".html").partition("-")
        if name == "list":
            return 200, self.list(int(number))
        if name == "book" and int(number) <= self.books:
            price = self.price(int(number))
            shown = f"<p class=price>{price}</p>" if price else ""
            return 200, f"<h1>Book {number}</h1>{shown}<b class=isbn>{int(number):013d}</b>"
        return 404, "<h1>Not found</h1>"

    def list(self, number: int) -> str:
        first = 20 * (number - 1) + 1
        numbers = range(first, min(first + 20, self.books + 1))
        rows = "".join(
            f"<li class=book><a class=title href=/book-{n}.html>x</a><i class=stock>{n}</i></li>" for n in numbers
        )
        more = f"<a class=next href=/list-{number + 1}.html>next</a>" if 20 * number < self.books else ""
        return f"<ul>{rows}</ul>{more}{self.extra}"


@contextmanager
def shop() -> Iterator[Shop]:
    """The shop while the block lasts."""
    site = Shop()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            status, location, body = site.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body.encode())))
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *arguments: object) -> None:
            pass

    server: ThreadingHTTPServer = Server(("127.0.0.1", 0), Handler)
    site.base = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def write_config(folder: Path, base: str, more: str = "", old: str = "", new: str = "") -> Path:
    """The job of the shop; `more` is added to it, and `old` in it is replaced by `new`."""
    path = folder / "shop.yaml"
    path.write_text(CONFIG.format(base=base).replace(old, new) + more if old else CONFIG.format(base=base) + more)
    return path
