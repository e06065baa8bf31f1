"""What can be chosen about the demo site."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.errors import ConfigError

__all__ = ["DemoOptions"]

MOST_BOOKS = 1_000_000


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """The size and the behaviour of the demo site.

    Attributes:
        books: how many books the shop has, 1 to 1,000,000.
        latency: seconds every answer waits, robots.txt included; only `/_stats` answers at once.
        errors: share of the pages, 0 to 1, that answer 503 to their first request and
            well to every later one.
        seed: another seed gives other prices, dates and texts; the same seed always gives the same site.
        port: TCP port on 127.0.0.1; 0 takes any free one.
        page_weight: bytes of filler added to every page.
        log: file to which a line of JSON is added for each request.

    Raises:
        ConfigError: a value is out of range.
    """

    books: int = 60
    latency: float = 0.0
    errors: float = 0.0
    seed: int = 1
    port: int = 8765
    page_weight: int = 0
    log: str | None = None

    def __post_init__(self) -> None:
        _check("books", self.books, 1, MOST_BOOKS)
        _check("latency", self.latency, 0, 3600)
        _check("errors", self.errors, 0, 1)
        _check("port", self.port, 0, 65535)
        _check("page_weight", self.page_weight, 0, 100_000_000)


def _check(name: str, value: float, low: int, high: int) -> None:
    if not low <= value <= high:  # also refuses nan
        raise ConfigError(f"demo.{name}: must be from {low:,} to {high:,}, not {value}")
