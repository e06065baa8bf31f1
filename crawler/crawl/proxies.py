"""Which proxy a request goes through: each in turn, and none that fails for now.

The main thread decides, as it does for hosts: so the turns and the rests are the same under every strategy. A proxy
that cannot be reached, or that asks for a password, rests for 1, 2, 4 ... up to 60 seconds; so does one that answers in
the server's place that it cannot reach it (502, 503, 504), for that may be its own fault. One that is out of reach
again and again is given up for this run. When all are, nothing can be fetched any more.
"""

from __future__ import annotations

from dataclasses import dataclass

from crawler.model import Failure, Outcome

__all__ = ["Proxies"]

MAX_STRIKES = 8  # rests of 1, 2, 4 ... 60 s: two minutes without one good answer
MAX_AT_FIRST = 4  # of a proxy that has not answered once in this run: its address may be wrong
MAX_REST = 60.0
_UNREACHABLE = frozenset({"proxy"})
_DOUBTFUL = frozenset({"proxy-refused", "timeout", "http-502", "http-503", "http-504"})
_UNSENT = frozenset({"late"})


@dataclass(slots=True)
class _Proxy:
    in_flight: int = 0
    strikes: int = 0
    rests_until: float = 0.0
    answered: bool = False
    given_up: bool = False


class Proxies:
    """The proxies of a job, by number; times are `time.monotonic()` seconds.

    Args:
        number: 0 for a job without proxies, to which nothing here applies.
        one_each: a proxy serves one request at a time, as if each worker had one of its own.

    Attributes:
        why: the last failure of a proxy, for a person.
    """

    def __init__(self, number: int = 0, *, one_each: bool = False) -> None:
        self._all = [_Proxy() for _ in range(number)]
        self._most = 1 if one_each else 1_000_000
        self._turn = 0
        self.why = ""

    @property
    def all_failed(self) -> bool:
        """Whether every proxy is given up."""
        return bool(self._all) and all(one.given_up for one in self._all)

    def __bool__(self) -> bool:
        """Whether the job has proxies: one without skips all of this, for it would be asked with each page."""
        return bool(self._all)

    def is_blocked(self, now: float) -> bool:
        """Whether no request can go out now."""
        return bool(self._all) and not any(self._is_free(one, now) for one in self._all)

    def next_at(self) -> float | None:
        """When the first rest ends; None where only a request that comes back can change something."""
        rests = [one.rests_until for one in self._all if not one.given_up and one.in_flight < self._most]
        return min(rests, default=None)

    def take(self, now: float) -> int:
        """Use the next proxy that is free; 0 for a job without proxies."""
        number = self.best(now)
        if self._all:
            self._all[number].in_flight += 1
            self._turn = number + 1
        return number

    def best(self, now: float) -> int:
        """The next proxy that is free, or else the next one."""
        order = [(self._turn + at) % len(self._all) for at in range(len(self._all))]
        free = [number for number in order if self._is_free(self._all[number], now)]
        return (free or order or [0])[0]

    def release(self, number: int) -> None:
        """A request has come back, or was given up."""
        if self._all:
            self._all[number].in_flight -= 1

    def heard(self, number: int, outcome: Outcome | BaseException, now: float) -> None:
        """Take what came of a request through a proxy."""
        if not self._all or isinstance(outcome, BaseException):
            return
        one, code = self._all[number], outcome.code if isinstance(outcome, Failure) else ""
        if code in _UNSENT:
            return
        if code not in _UNREACHABLE | _DOUBTFUL:
            one.answered = one.answered or not code or bool(isinstance(outcome, Failure) and outcome.status)
            one.strikes = 0
        elif now >= one.rests_until:  # those that were in flight before the last rest say nothing new
            one.strikes += 1
            one.rests_until = now + min(2.0 ** (one.strikes - 1), MAX_REST)
            most = MAX_STRIKES if one.answered else MAX_AT_FIRST
            one.given_up = code in _UNREACHABLE and one.strikes >= most
        if code in _UNREACHABLE and isinstance(outcome, Failure):
            self.why = outcome.detail

    def is_to_blame(self, failure: Failure) -> bool:
        """Whether a failure is that of a proxy, and says nothing of the page."""
        return bool(self._all) and failure.code in _UNREACHABLE

    def _is_free(self, one: _Proxy, now: float) -> bool:
        return not one.given_up and one.in_flight < self._most and now >= one.rests_until
