"""robots.txt: which answer of the server means what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crawler.crawl.robots import Robots, read_robots
from crawler.fetch.client import ClientSettings, Fetch, make_fetch
from crawler.model import Failure, Request, Response
from tests.support.badserver import FAULTS, Connection, answer, chunked, keep_alive, once, pages, serve

AGENT = "crawler/0.1 (+https://example.org/bot)"
SITE = "http://example.com"


@pytest.fixture
def fetch() -> Iterator[Fetch]:
    client = make_fetch(
        "requests", ClientSettings(AGENT, timeout=0.5, private_hosts=frozenset({"127.0.0.1", "localhost"}))
    )
    yield client
    client.close()


class Pauses:
    """Counts the pauses between hops."""

    count = 0

    def __call__(self) -> None:
        self.count += 1


def read(fetch: Fetch, origin: str, pauses: Pauses | None = None) -> Robots:
    return read_robots(fetch, origin, user_agent=AGENT, pause=pauses or Pauses())


BLOCK = answer(b"User-agent: *\nDisallow: /private\n")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_fault_113_absent_means_allowed(fetch: Fetch, status: int) -> None:
    with serve(once(answer(b"Disallow: /", status=b"%d x" % status))) as server:
        robots = read(fetch, server.origin)
        assert server.paths == ["/robots.txt"]
    assert robots.unreachable is None
    assert robots.allows(server.url + "private")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 599, 999])
def test_fault_114_115_errors_mean_nothing_is_allowed(fetch: Fetch, status: int) -> None:
    with serve(once(answer(b"", b"Retry-After: 9", status=b"%d x" % status))) as server:
        robots = read(fetch, server.origin)
    assert robots.unreachable is not None
    assert (robots.unreachable.status, robots.unreachable.retry_after) == (status, 9.0)
    assert not robots.allows(server.url)


@pytest.mark.parametrize(
    "script", ["closed", "reset", "silent", "drip-body", "truncated", "junk", "chunks-cut", "headers-endless"]
)
def test_fault_114_no_answer_means_nothing_is_allowed(fetch: Fetch, script: str) -> None:
    with serve(FAULTS[script]) as server:
        robots = read(fetch, server.origin)
    assert robots.unreachable is not None
    assert not robots.allows(server.url)


def hops(count: int, last: bytes) -> Any:
    def reply(path: str, number: int) -> bytes:
        if number < count:
            return answer(b"", b"Location: /hop%d" % number, status=b"301 Moved")
        return last

    return keep_alive(reply)


def test_fault_116_five_redirects_are_followed(fetch: Fetch) -> None:
    pauses = Pauses()
    with serve(hops(5, BLOCK)) as server:
        robots = read(fetch, server.origin, pauses)
        assert server.paths[:2] == ["/robots.txt", "/hop0"]
    assert pauses.count == 5
    assert not robots.allows(server.url + "private")
    assert robots.allows(server.url)


def test_a_redirect_with_a_cookie_is_followed_with_it(fetch: Fetch) -> None:
    def wall(conn: Connection) -> None:
        while head := conn.request():
            moved = b"Location: /robots.txt\r\nSet-Cookie: seen=1; Path=/\r\nContent-Length: 0\r\n\r\n"
            conn.say(BLOCK if b"Cookie: seen=1" in head else b"HTTP/1.1 302 Found\r\n" + moved)

    with serve(wall) as server:
        assert not read(fetch, server.origin).allows(server.url + "private")
        assert len(server.paths) == 2


def test_fault_116_more_are_taken_as_absent(fetch: Fetch) -> None:
    for script in (hops(6, BLOCK), hops(10**9, BLOCK)):
        with serve(script) as server:
            robots = read(fetch, server.origin)
            assert len(server.requests) == 6
        assert robots.unreachable is None
        assert robots.allows(server.url + "private")


def test_fault_116_another_host_gives_rules_for_the_first(fetch: Fetch) -> None:
    with serve(pages({"/robots.txt": BLOCK})) as other:
        move = answer(b"", b"Location: " + other.url.encode() + b"robots.txt", status=b"302 Found")
        with serve(once(move)) as server:
            robots = read(fetch, server.origin)
    assert not robots.allows(server.url + "private")


@pytest.mark.parametrize("location", [b"file:///etc/passwd", b"http://[", b""])
def test_fault_116_to_nowhere_is_taken_as_absent(fetch: Fetch, location: bytes) -> None:
    with serve(once(answer(b"", b"Location: " + location, status=b"302 Found"))) as server:
        robots = read(fetch, server.origin)
    assert robots.unreachable is None
    assert robots.allows(server.url)


def test_fault_116_to_a_private_address(fetch: Fetch) -> None:
    with serve(once(answer(b"", b"Location: http://169.254.169.254/", status=b"302 Found"))) as server:
        robots = read(fetch, server.origin)
    assert robots.unreachable is not None
    assert robots.unreachable.code == "address-blocked"


LONG = b"User-agent: *\nDisallow: /first\n" + b"# filler\n" * 80_000 + b"Disallow: /last\n"


def test_fault_117_only_the_first_500_kib_count(fetch: Fetch) -> None:
    for text in (answer(LONG), chunked(LONG)):
        with serve(once(text)) as server:
            robots = read(fetch, server.origin)
        assert robots.unreachable is None
        assert not robots.allows(server.url + "first")
        assert robots.allows(server.url + "last")


def test_fault_117_never_ending(fetch: Fetch) -> None:
    with serve(FAULTS["body-endless"]) as server:
        robots = read(fetch, server.origin)
    assert robots.unreachable is None or robots.unreachable.code == "deadline"


def test_robots_is_asked_for_by_its_kind() -> None:
    kinds = []

    class Spy:
        def __call__(self, request: Request) -> Failure | Response:
            kinds.append((request.kind, request.url))
            return Failure("refused")

        def close(self) -> None: ...

    assert read(Spy(), SITE).unreachable == Failure("refused")
    assert kinds == [("robots.txt", SITE + "/robots.txt")]
