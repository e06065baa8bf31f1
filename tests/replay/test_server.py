from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crawler.errors import ConfigError
from crawler.fetch.client import ClientSettings, Fetch, make_fetch
from crawler.model import Failure, Moved, Request, Response
from crawler.replay.cassette import ANSWERS, Fetched, store
from crawler.replay.server import ReplayServer
from tests.support.clients import CLIENTS, make_client
from tests.support.spellings import SITES, TARGETS

HTML = {"content-type": "text/html; charset=latin-1", "date": "Sun, 06 Nov 1994 08:49:37 GMT"}
SHOP = "http://shop.example/"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ANSWERS).mkdir()
    return tmp_path


def record(folder: Path, url: str, answer: Fetched, attempt: int = 1) -> None:
    store(folder, Request(1, url, "page", attempt), answer)


def page(url: str, body: bytes = b"<p>", elapsed: float = 0.0) -> Response:
    return Response(url, 200, HTML, body, elapsed)


@contextmanager
def client(server: ReplayServer) -> Iterator[Fetch]:
    fetch = make_fetch("requests", ClientSettings("tester/1", connect_to=server.address))
    try:
        yield fetch
    finally:
        fetch.close()


def get(server: ReplayServer, *urls: str) -> list[Fetched]:
    with client(server) as fetch:
        return [fetch(Request(1, url, "page")) for url in urls]


@pytest.mark.parametrize("name", CLIENTS)
def test_every_client_finds_what_was_recorded_of_each_spelling(folder: Path, name: str) -> None:
    urls = [f"http://shop.example{target}" for _, target in TARGETS[::7]] + [f"{site}/?" for _, site in SITES[::2]]
    for number, url in enumerate(urls):
        record(folder, url, page(url, b"%d" % number))
    with ReplayServer(folder) as server:
        fetch = make_client(name, ClientSettings("tester/1", connect_to=server.address))
        try:
            bodies = {url: fetch(Request(1, url, "page")).body for url in urls}
        finally:
            fetch.close()
    assert bodies == {url: b"%d" % number for number, url in enumerate(urls)}


def test_hosts_schemes_ports_and_queries_are_told_apart(folder: Path) -> None:
    urls = [SHOP, "https://shop.example/", "http://shop.example:81/", "http://other.example/", SHOP + "?a=1",
            SHOP + "%7Ea", SHOP + "~a", "http://[2001:db8::1]/", "http://192.0.2.1/"]  # fmt: skip
    for number, url in enumerate(urls):
        record(folder, url, page(url, str(number).encode()))
    with ReplayServer(folder) as server:
        answers = get(server, *urls)
    assert [(each.url, each.body) for each in answers if isinstance(each, Response)] == [
        (url, str(number).encode()) for number, url in enumerate(urls)
    ]


def test_an_answer_comes_back_as_it_was(folder: Path) -> None:
    answers: list[Fetched] = [
        page(SHOP + "0", bytes(range(256)) * 1_000),
        Response(SHOP + "1", 204, {}, b""),
        Response(SHOP + "2", 205, {}, b""),
        Response(SHOP + "3", 203, {"etag": '"x"', "link": "<a>; rel=next, <b>"}, b"x"),
        Moved(308, "https://shop.example/new?x=%E2%98%83"),
        Failure("http-404", "Gone fishing", 404),
        Failure("http-503", "Busy", 503, 2.5),
        Failure("http-500", "", 500),
        Failure("http-304", "Not Modified", 304),
    ]
    for number, answer in enumerate(answers):
        record(folder, f"{SHOP}{number}", answer)
    with ReplayServer(folder) as server:
        got = get(server, *(f"{SHOP}{number}" for number in range(len(answers))))
    for before, after in zip(answers, got, strict=True):
        without = {name: getattr(after, name) for name in type(after).__slots__ if name != "elapsed"}
        assert without == {name: getattr(before, name) for name in type(before).__slots__ if name != "elapsed"}


def test_an_unknown_url_is_not_found_and_counted(folder: Path) -> None:
    record(folder, SHOP, page(SHOP))
    with ReplayServer(folder) as server:
        known, unknown, *_ = get(server, SHOP, SHOP + "x", SHOP + "x")
        stats = server.stats()
    assert isinstance(known, Response)
    assert isinstance(unknown, Failure)
    assert unknown.code == "http-404"
    assert (stats["requests"], stats["unknown"], stats["unknown_urls"]) == (3, 2, [SHOP + "x"])


def test_a_recording_cannot_add_header_lines(folder: Path) -> None:
    record(folder, SHOP, Response(SHOP, 200, {"etag": "1\r\nLocation: http://evil.example/", "a\nb": "c"}, b"x"))
    record(folder, SHOP + "2", Failure("http-404", "No\r\nLocation: x", 404))
    record(folder, SHOP + "3", Moved(301, "http://a.example/\r\nX: y"))
    with ReplayServer(folder) as server:
        first, second, third = get(server, SHOP, SHOP + "2", SHOP + "3")
    assert isinstance(first, Response)
    assert set(first.headers) == {"etag"}
    assert first.body == b"x"
    assert second == Failure("http-404", "NoLocation: x", 404, None, second.elapsed)
    assert third == Moved(301, "http://a.example/X:%20y", third.elapsed)


def test_failures_before_the_answer_come_again_where_they_are_wanted(folder: Path) -> None:
    for attempt, answer in enumerate([Failure("http-503", "Busy", 503, 1.0), Failure("reset"), page(SHOP)], 1):
        record(folder, SHOP, answer, attempt)
    with ReplayServer(folder, errors=True) as server:
        first, second, third, fourth = get(server, *[SHOP] * 4)
    assert isinstance(first, Failure)
    assert (first.status, first.retry_after) == (503, 1.0)
    assert isinstance(second, Failure)
    assert (second.status, second.detail) == (599, "replay 1")
    assert isinstance(third, Response)
    assert isinstance(fourth, Response)
    with ReplayServer(folder) as server:
        assert isinstance(get(server, SHOP)[0], Response)


@pytest.mark.parametrize(
    ("latency", "scale", "expected"), [(None, 1.0, 0.2), (None, 0.5, 0.1), (0.05, 9.0, 0.05), (0.0, 1.0, 0.0)]
)
def test_an_answer_takes_as_long_as_it_should(
    folder: Path, latency: float | None, scale: float, expected: float
) -> None:
    record(folder, SHOP, page(SHOP, elapsed=0.2))
    with ReplayServer(folder, latency, scale) as server:
        shortest = math.inf
        for _ in range(20):  # a busy machine lets some of them wait, not each
            shortest = min(shortest, *(answer.elapsed for answer in get(server, SHOP, SHOP)))
            if shortest <= expected * 1.1 + 0.01:
                break
    assert expected * 0.9 <= shortest <= expected * 1.1 + 0.01


def test_answers_wait_at_once(folder: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    record(folder, SHOP, page(SHOP, elapsed=0.3))
    with ReplayServer(folder) as server, client(server) as fetch, ThreadPoolExecutor(20) as pool:
        start = time.monotonic()
        list(pool.map(lambda number: fetch(Request(number, SHOP, "page")), range(20)))
        assert time.monotonic() - start < 5  # six, one after another
        assert server.stats()["most_waiting"] == 20


@pytest.mark.parametrize(("latency", "scale"), [(-1, 1), (float("nan"), 1), (None, -0.1), (None, float("inf"))])
def test_a_latency_that_is_none_is_refused(folder: Path, latency: float | None, scale: float) -> None:
    with pytest.raises(ConfigError, match="must be from 0"):
        ReplayServer(folder, latency, scale)
