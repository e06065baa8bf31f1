from __future__ import annotations

import json
import random
import socket
import struct
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.demo.site import Site
from tests.demo.raw import Wire, get, stats

LISTING = "/catalogue/page-1.html"


def test_pages_are_those_of_the_site(server: DemoServer) -> None:
    site = Site()
    with Wire(server.url) as wire:
        for row in site.truth():
            seen = wire.get(row["url"])
            assert (seen.status, seen.body) == (200, site.page(row["url"]).body)
        assert wire.get("/catalogue/nothing.html").status == 404
        assert wire.get("/catalogue/old-shop/7.html").headers["location"].endswith("_7/index.html")


def test_head_has_the_headers_of_get_and_no_body(server: DemoServer) -> None:
    with Wire(server.url) as wire:
        full = wire.get(LISTING)
        head = wire.get(LISTING, "HEAD")
        assert head.status == 200
        assert {**head.headers, "date": ""} == {**full.headers, "date": ""}
        assert wire.get("/").status == 200, "the connection goes on after HEAD"


def test_pipelined_requests_are_answered_in_order(server: DemoServer) -> None:
    paths = ["/", LISTING, "/nothing", "/robots.txt", LISTING] * 40
    site = Site()
    with Wire(server.url) as wire:
        wire.send(b"".join(wire.request(path) for path in paths))
        for path in paths:
            assert wire.read().body == site.page(path).body


def test_a_request_may_come_byte_by_byte(server: DemoServer) -> None:
    with Wire(server.url) as wire:
        wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"\r\n" + wire.request("/robots.txt"):
            wire.send(bytes([byte]))
        assert wire.read().status == 200


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x00\x01\x02\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 9_000_000, 413),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", 413),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 500_000, 431),
    ],
)
def test_a_broken_request_is_answered_and_the_connection_closed(server: DemoServer, data: bytes, status: int) -> None:
    with Wire(server.url) as wire:
        wire.send(data)
        seen = wire.read()
        assert (seen.status, seen.headers["connection"]) == (status, "close")
        assert wire.at_end()
    assert get(server, "/").status == 200


def test_405_names_the_allowed_methods(server: DemoServer) -> None:
    with Wire(server.url) as wire:
        assert wire.get("/", "PUT").headers["allow"] == "GET, HEAD, POST"


def test_close_is_kept(server: DemoServer) -> None:
    with Wire(server.url) as wire:
        assert wire.get("/", extra="Connection: close\r\n").headers["connection"] == "close"
        assert wire.at_end()


def test_a_client_that_ends_its_side_still_gets_its_answers(server: DemoServer) -> None:
    with Wire(server.url) as wire:
        wire.send(wire.request("/") + wire.request("/robots.txt"))
        wire.socket.shutdown(socket.SHUT_WR)
        assert [wire.read().status, wire.read().status] == [200, 200]
        assert wire.at_end()


def test_random_bytes_do_no_harm(server: DemoServer) -> None:
    dice = random.Random(5)
    valid = Wire(server.url)
    with valid:
        for _ in range(200):
            with Wire(server.url) as wire:
                data = bytearray(wire.request(LISTING, extra="Accept: */*\r\n") * dice.randint(1, 3))
                for _ in range(dice.randint(1, 8)):
                    data[dice.randrange(len(data))] = dice.randrange(256)
                wire.send(bytes(data[: dice.randint(1, len(data))]))
        assert valid.get("/").status == 200


def test_a_client_that_does_not_read_stops_only_itself() -> None:
    with DemoServer(DemoOptions(port=0, page_weight=1_000_000)) as server, Wire(server.url) as deaf:
        deaf.send(deaf.request("/") * 200)
        assert get(server, "/").status == 200
        assert stats(server)["requests"] < 100, "answers are not piled up for a client that does not read"
        for _ in range(200):
            assert len(deaf.read().body) == 1_000_000


def test_a_hundred_requests_wait_at_once() -> None:
    with DemoServer(DemoOptions(port=0, latency=0.1)) as server, ExitStack() as stack:
        wires = [stack.enter_context(Wire(server.url)) for _ in range(100)]
        start = time.monotonic()
        for wire in wires:
            wire.send(wire.request(LISTING))
        assert all(wire.read().status == 200 for wire in wires)
        assert 0.1 <= time.monotonic() - start < 5  # ten, one after another
        assert stats(server)["most_waiting"] == 100
        assert stats(server)["waiting"] == 0


def test_latency_holds_for_robots_and_for_each_pipelined_request() -> None:
    with DemoServer(DemoOptions(port=0, latency=0.1)) as server, Wire(server.url) as wire:
        start = time.monotonic()
        wire.send(wire.request("/robots.txt") * 3)
        wire.socket.shutdown(socket.SHUT_WR)
        assert [wire.read().status for _ in range(3)] == [200] * 3
        assert time.monotonic() - start >= 0.3
        assert wire.at_end()


def test_a_client_that_resets_while_waiting_is_forgotten_at_once() -> None:
    with DemoServer(DemoOptions(port=0, latency=60)) as server:
        with Wire(server.url) as wire:
            wire.send(wire.request("/"))
            while not stats(server)["waiting"]:
                pass
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        start = time.monotonic()
        while stats(server)["waiting"]:
            assert time.monotonic() - start < 30


def test_a_failing_page_fails_once() -> None:
    with DemoServer(DemoOptions(port=0, errors=1)) as server, Wire(server.url) as wire:
        assert [wire.get(LISTING).status for _ in range(3)] == [503, 200, 200]
        assert wire.get("/robots.txt").status == 200
        assert wire.get("/nothing").status == 404
        assert stats(server)["statuses"] == {"200": 3, "404": 1, "503": 1}


def test_the_same_pages_fail_in_every_run() -> None:
    paths = [row["url"] for row in Site().truth()]
    options = DemoOptions(port=0, errors=0.3)
    expected = {path for path in paths if Site(options).fails_first(path)}
    assert 10 < len(expected) < 45
    for _ in range(2):
        with DemoServer(options) as server, Wire(server.url) as wire:
            assert {path for path in paths if wire.get(path).status == 503} == expected


def test_the_log_has_a_line_for_each_request_when_it_arrives(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"path": "older"}\n')
    before = time.monotonic()
    with DemoServer(DemoOptions(port=0, log=str(log), latency=0.2)) as server, Wire(server.url) as wire:
        wire.get("/a\xff", extra="User-Agent: tester\r\n")
        wire.get(LISTING, "HEAD")
        get(server, "/_stats")
        lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["path"] for line in lines] == ["older", "/aÃ¿", LISTING]
    assert [line.get("status") for line in lines[1:]] == [404, 200]
    assert [line["method"] for line in lines[1:]] == ["GET", "HEAD"]
    assert lines[1]["agent"] == "tester"
    assert before <= lines[1]["monotonic"] <= lines[2]["monotonic"] - 0.2 <= time.monotonic()
    assert abs(lines[1]["time"] - time.time()) < 60
