"""Retry-After in all its forms, and exceptions explained."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import pytest
import requests
import urllib3

from crawler.errors import one_line
from crawler.fetch.failures import retry_after, to_fetch_error
from crawler.model import Request
from tests.support.badserver import answer, once, serve


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2.0), (" 120 ", 120.0), ("0", 0.0), ("-1", 0.0), ("2.5", 2.5), ("1000000000", 1e9), ("soon", None),
        ("", None), ("nan", None), ("inf", None), ("1, 2", None), ("Thu, 99 Foo 2024 99:99:99 GMT", None),
        ("٣", 3.0), ("9" * 400, None),
    ],
)  # fmt: skip
def test_fault_36_38_seconds(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}) == seconds


@pytest.mark.parametrize("form", ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"])
def test_fault_37_dates(form: str) -> None:
    now = time.time()
    due = time.strftime(form, time.gmtime(now + 30))
    assert retry_after({"retry-after": due}) == pytest.approx(30, abs=2)
    wrong_clock = formatdate(now - 86_400, usegmt=True)
    yesterday = time.strftime(form, time.gmtime(now - 86_400 + 30))
    assert retry_after({"retry-after": yesterday, "date": wrong_clock}) == pytest.approx(30, abs=1)
    assert retry_after({"retry-after": yesterday, "date": "nonsense"}) == 0


def test_fault_38_far_away() -> None:
    assert retry_after({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}) == 0
    far = retry_after({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"})
    assert far is not None
    assert far > 1e11


def test_fault_36_429_and_503_carry_it(get: Any) -> None:
    for status in (b"429 Too Many Requests", b"503 Service Unavailable"):
        with serve(once(answer(b"", b"Retry-After: 7", status=status))) as server:
            failure = get(server.url)
        assert failure.retry_after == 7.0


def test_explain_finds_the_innermost_cause() -> None:
    inner = ConnectionResetError(104, "Connection reset by peer")
    middle = urllib3.exceptions.ProtocolError("Connection aborted.", inner)
    assert to_fetch_error(requests.ConnectionError(middle)).code == "reset"
    assert to_fetch_error(KeyError("secret")).code == "bad-response"
    assert "secret" not in str(to_fetch_error(KeyError("secret")))


def test_one_line() -> None:
    assert one_line("a\x1b[2J\nb\x00é") == "a\\x1b[2J\\nb\\x00é"
    assert len(one_line("x" * 1_000)) == 200


def test_fault_69_the_client_asks_once(client: Any) -> None:
    fetch = client()
    with serve(once(answer(status=b"500 No"))) as server:
        fetch(Request(1, server.url, "page"))
        assert len(server.requests) == 1
