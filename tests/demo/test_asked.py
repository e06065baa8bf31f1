"""The API that is asked: the same catalogue by page, offset, cursor and shelf."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crawler.demo.asked import BUSY, POSTED
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.demo.shelves import WINDOW
from crawler.demo.site import Site
from crawler.serving.http import HttpResponse
from tests.demo.raw import Seen, Wire, stats


def asked(site: Site, path: str, question: Any) -> HttpResponse:
    return site.posted(path, json.dumps(question).encode())


def data(answer: HttpResponse) -> Any:
    assert answer.status == 200
    return json.loads(answer.body)


def post(wire: Wire, path: str, body: bytes) -> Seen:
    wire.send(wire.request(path, "POST", f"Content-Length: {len(body)}\r\n") + body)
    return wire.read()


@pytest.mark.parametrize(("books", "size"), [(60, 20), (23, 10), (1, 7)])
def test_a_search_has_each_book_once_and_one_page_too_many_is_404(books: int, size: int) -> None:
    site = Site(DemoOptions(books=books))
    pages = -(-books // size)
    answers = [data(asked(site, "/api/search", {"page": page, "size": size})) for page in range(1, pages + 1)]
    assert [item["id"] for answer in answers for item in answer["items"]] == list(range(1, books + 1))
    assert {answer["total"] for answer in answers} == {books}
    assert asked(site, "/api/search", {"page": pages + 1, "size": size}).status == 404


def test_a_search_by_genre_has_the_books_of_that_genre() -> None:
    site = Site()
    wanted = [number for number in range(1, 61) if "Cooking" in site.stock.book(number).genres]
    answer = data(asked(site, "/api/search", {"genre": "Cooking", "size": 100}))
    assert [item["id"] for item in answer["items"]] == wanted
    assert answer["total"] == len(wanted) > 2
    nothing = data(asked(site, "/api/search", {"genre": "Nonsense"}))
    assert (nothing["total"], nothing["items"]) == (0, [])


def test_the_shelves_have_each_book_and_some_are_in_the_window_too() -> None:
    site = Site()
    shelves = data(site.page("/api/shelves"))["shelves"]
    assert shelves[-1]["name"] == WINDOW
    found = [data(asked(site, "/api/shelf", {"id": shelf["id"]}))["books"] for shelf in shelves]
    assert sorted(book["id"] for books in found[:-1] for book in books) == list(range(1, 61))
    assert [book["id"] for book in found[-1]] == list(range(7, 61, 7))
    for books in found:
        for book in books:
            assert data(site.page(f"/api/book/{book['id']}"))["title"] == book["title"]


@pytest.mark.parametrize("books", [1, 20, 60])
def test_cursors_lead_through_all_books(books: int) -> None:
    site = Site(DemoOptions(books=books))
    variables: dict[str, Any] = {"first": 10}
    found, more = [], True
    while more:
        answer = data(asked(site, "/graphql", {"query": "{books}", "variables": variables}))["data"]["books"]
        found += [node["isbn"] for node in answer["nodes"]]
        variables["after"], more = answer["pageInfo"]["endCursor"], answer["pageInfo"]["hasNextPage"]
    assert found == [site.stock.book(number).isbn for number in range(1, books + 1)]


def test_counts_come_by_offset_and_behind_the_last_one_is_nothing() -> None:
    site = Site()
    answers = [data(site.page(f"/api/stock?offset={offset}&limit=25")) for offset in (0, 25, 50, 75)]
    assert [len(answer["items"]) for answer in answers] == [25, 25, 10, 0]
    assert [answer["total"] for answer in answers] == [60] * 4


@pytest.mark.parametrize(
    ("path", "body"),
    [
        *[("/api/search", body) for body in (b"", b"{", b"[]", b"[" * 16_000, b'{"page": 0}', b'{"page": "1"}')],
        *[("/api/search", body) for body in (b'{"page": true}', b'{"size": 101}', b'{"page": 1' + b"0" * 9000 + b"}")],
        *[("/api/shelf", body) for body in (b"{}", b'{"id": 99}', b'{"id": null}')],
        *[("/graphql", body) for body in (b"{}", b'{"query": "{books}"}', b'{"query": "{x}", "variables": {}}')],
        ("/graphql", b'{"query": "{books}", "variables": {"after": "x"}}'),
        ("/graphql", '{"query": "{books}", "variables": {"after": "é"}}'.encode()),
    ],
)
def test_a_question_that_makes_no_sense_is_answered_400(path: str, body: bytes) -> None:
    answer = Site().posted(path, body)
    assert (answer.status, json.loads(answer.body)["status"]) == (400, "error")


def test_what_is_asked_the_wrong_way_is_405_and_what_is_not_there_is_404() -> None:
    site = Site()
    assert {site.page(path).status for path in POSTED} == {405}
    assert {site.page(path).headers["Allow"] for path in POSTED} == {"POST"}
    assert site.posted("/api/shelves", b"{}").headers["Allow"] == "GET, HEAD"
    assert site.posted("/nothing", b"{}").status == site.page("/api/book/61").status == 404


def test_a_million_books_are_asked_for_in_no_time() -> None:
    site = Site(DemoOptions(books=1_000_000))
    assert data(asked(site, "/api/search", {"page": 50_000}))["items"][-1]["id"] == 1_000_000
    assert 100 < data(asked(site, "/api/search", {"genre": "Cooking"}))["total"] < 5_000
    assert data(site.page("/api/stock?offset=999999"))["total"] == 1_000_000
    assert data(site.page("/api/shelves"))["shelves"]


def test_a_failing_page_is_busy_once_for_each_body() -> None:
    first, second = b'{"page":1}', b'{"page":2}'
    with DemoServer(DemoOptions(port=0, errors=1)) as server, Wire(server.url) as wire:
        bodies = [post(wire, "/api/search", body).body for body in (first, second, first, second, first)]
        assert bodies[:2] == [BUSY.body] * 2
        assert [json.loads(body)["page"] for body in bodies[2:]] == [1, 2, 1]
        assert wire.get("/api/shelves").status == 503
        assert stats(server)["statuses"] == {"200": 5, "503": 1}


def test_the_log_has_the_body(tmp_path: Any) -> None:
    log = tmp_path / "log.jsonl"
    with DemoServer(DemoOptions(port=0, log=str(log))) as server, Wire(server.url) as wire:
        post(wire, "/api/search", b'{"page":1}')
    line = json.loads(log.read_text())
    assert (line["method"], line["path"], line["body"]) == ("POST", "/api/search", '{"page":1}')
