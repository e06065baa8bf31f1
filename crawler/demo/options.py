"""The options of the demo site."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.errors import ConfigError
from crawler.serving.latency import MAX_LENGTH, SHAPES, Latency

__all__ = ["DemoOptions"]

MAX_BOOKS = 1_000_000
MAX_LOAD = 1_000_000


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """The size and the behaviour of the demo site.

    Attributes:
        books: how many books the shop has, 1 to 1,000,000.
        latency: seconds every answer waits, robots.txt included, or how they are spread: then `seed`, the path and
            how often it was asked for decide; only `/_stats` answers at once.
        errors: share of the pages, 0 to 1, that answer 503 to their first request and well to every later one. To a
            POST they answer first that they are busy, with status 200.
        seed: another seed gives other prices, dates and texts; the same seed always gives the same site.
        port: TCP port on 127.0.0.1; 0 takes any free one.
        page_weight: bytes up to which pages are filled with text that belongs to no record.
        capacity: requests that it serves at once; others wait in line for a slot. 0 for no limit.
        rate: requests a second above which it answers 429, without Retry-After; 0 for no limit.
        slows_beyond: requests in flight beyond which responses get slower, and throughput falls; 0 for never.
        log: file to which a line of JSON is added for each request.

    Raises:
        ConfigError: a value is out of range.
    """

    books: int = 60
    latency: float | Latency = 0.0
    errors: float = 0.0
    seed: int = 1
    port: int = 8765
    page_weight: int = 0
    capacity: int = 0
    rate: int = 0
    slows_beyond: int = 0
    log: str | None = None

    def __post_init__(self) -> None:
        _check("books", self.books, 1, MAX_BOOKS)
        self._check_latency()
        _check("errors", self.errors, 0, 1)
        _check("port", self.port, 0, 65535)
        _check("page_weight", self.page_weight, 0, 100_000_000)
        _check("capacity", self.capacity, 0, MAX_LOAD)
        _check("rate", self.rate, 0, MAX_LOAD)
        _check("slows_beyond", self.slows_beyond, 0, MAX_LOAD)

    def _check_latency(self) -> None:
        if isinstance(self.latency, int | float):
            _check("latency", self.latency, 0, MAX_LENGTH)
            return
        shape, first, second = self.latency
        object.__setattr__(self, "latency", Latency(shape, first, second))  # JSON made a list of it
        if shape not in SHAPES:
            raise ConfigError(f"demo.latency: there is no {shape!r}; there are {', '.join(SHAPES)}")
        _check("latency", second, 0, MAX_LENGTH)
        _check("latency", first, 0, second)
        if shape == "percentiles" and not first:
            raise ConfigError("demo.latency: p50 must be more than 0")


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:  # also refuses nan
        raise ConfigError(f"demo.{name}: must be from {low:,} to {high:,}, not {value}")
