"""Pages that are empty without JavaScript: a list made by a script, one that comes late, one that grows.

The data of the first two are in the page; the others ask the API for twenty books more, `/scroll` whenever it is
scrolled to its end, `/more` at each click.
"""

from __future__ import annotations

import json

from crawler.demo.catalogue import Stock, book_path

__all__ = ["DELAY", "delayed_page", "js_page", "listed", "more_page", "scroll_page"]

MOST = 100
DELAY = 1_500  # milliseconds

_SHOW = """
function show(books) {
  for (const book of books) {
    const item = document.createElement("li");
    item.className = "book";
    item.style.minHeight = "5rem";
    const link = document.createElement("a");
    link.href = book.link;
    link.textContent = book.title;
    const shelf = document.createElement("span");
    shelf.className = "shelf";
    shelf.textContent = book.shelf;
    item.append(link, " ", shelf);
    document.querySelector("#list").append(item);
  }
}
"""
_LOAD = """
let next = "/api/books", busy = false;
async function load() {
  if (busy || !next) return;
  busy = true;
  const answer = await (await fetch(next)).json();
  next = answer.next;
  show(answer.data.books.filter(book => book.id > 0).map(book => ({...book, shelf: book.stock.shelf})));
  busy = false;
  loaded();
}
"""
_SCROLL = """
function loaded() {}
addEventListener("scroll", () => {
  if (innerHeight + scrollY >= document.documentElement.scrollHeight - 10) load();
});
load();
"""
_MORE = """
const button = document.querySelector("button");
function loaded() { if (!next) button.remove(); }
button.addEventListener("click", load);
load();
"""


def listed(stock: Stock) -> range:
    """Numbers of the books on `/js` and `/delayed`."""
    return range(1, min(stock.books, MOST) + 1)


def js_page(stock: Stock) -> str:
    """A list that a script makes at once."""
    return _page("Made by a script", "", f"{_SHOW}show({_data(stock)});")


def delayed_page(stock: Stock) -> str:
    """The same, some time after the page has loaded."""
    return _page("Made later", "", f"{_SHOW}setTimeout(() => show({_data(stock)}), {DELAY});")


def scroll_page() -> str:
    """A list that grows when it is scrolled to its end."""
    return _page("Without end", "", _SHOW + _LOAD + _SCROLL)


def more_page() -> str:
    """A list that grows at each click, until the button is gone."""
    return _page("Click for more", '<button class="more" type="button">Show more</button>', _SHOW + _LOAD + _MORE)


def _page(title: str, below: str, script: str) -> str:
    return f'<h1>{title}</h1>\n<ol id="list"></ol>\n{below}<script>{script}</script>'


def _data(stock: Stock) -> str:
    books = [stock.book(number) for number in listed(stock)]
    rows = [
        {"title": book.title.text, "link": book_path(book.number, book.title), "shelf": book.shelf} for book in books
    ]
    return json.dumps(rows, ensure_ascii=False).replace("<", "\\u003c")
