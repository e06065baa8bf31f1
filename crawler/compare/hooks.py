"""Artificial analysis for `python:` in a config: `crawler.compare.hooks:burn`, `:wait` and `:look_up`.

How much is to be done stands in the query of the page's address, which the demo site ignores: `/page-1.html?cpu=0.5`.
Each finds one record, the path of its page, so that it is seen whether all pages were parsed.
"""

from __future__ import annotations

import http.client
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

__all__ = ["burn", "burn_seconds", "burn_steps", "look_up", "wait"]

Found = dict[str, Any]
_TURNS = 2_000
_PATIENCE = 30.0


def burn(page: Any, url: str) -> Found:
    """Take CPU: `?steps=` turns of a loop, or `?cpu=` seconds of this thread's own CPU time."""
    asked = _asked(url)
    burn_steps(int(asked.get("steps", "0")))
    burn_seconds(float(asked.get("cpu", "0")))
    return _found(url)


def wait(page: Any, url: str) -> Found:
    """Take time without CPU: sleep for `?wait=` seconds, as a slow disk or database would make it."""
    time.sleep(float(_asked(url).get("wait", "0")))
    return _found(url)


def look_up(page: Any, url: str) -> Found:
    """Ask a server something about the page and wait for the answer: the home page of the same site.

    Raises:
        OSError: there was no answer.
    """
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_PATIENCE)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    finally:
        connection.close()
    return _found(url)


def burn_steps(steps: int) -> int:
    """Add so many numbers in pure Python, which holds the interpreter lock."""
    total = 0
    for number in range(steps):
        total += number
    return total


def burn_seconds(seconds: float) -> None:
    """Compute in pure Python until this thread had so much CPU time."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        burn_steps(_TURNS)


def _asked(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def _found(url: str) -> Found:
    return {"records": [{"page": urlsplit(url).path}]}
