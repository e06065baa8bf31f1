"""How many requests at once: the smallest number whose throughput is within 5 % of the best.

While responses take the same time, twice as many requests in flight bring twice as many pages (Little's law,
Operations Research 9, 1961). Where the server has only so many slots, more of them wait there in line and bring
nothing; where it thrashes, more bring less (Gunther, Guerrilla Capacity Planning, 2007). So throughput is compared
before and after each change: the number doubles while that gains, as in the slow start of TCP (RFC 5681), and is then
narrowed down by halving the interval, from where Little's law puts it. A number that is clearly worse is left at once,
for where a server thrashes each look at too many costs seconds. Where the server refuses, its admitted rate is the
capacity: the number stays below what would exceed it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from crawler.numbers import short_number

__all__ = ["FIRST", "ConcurrencyLimit"]

FIRST = 8
NEAR = 0.95  # share of the best throughput that is enough
FLAT = 1.1  # times the shortest mean: below it a response takes no longer than with fewer at once
STEP = 1.25  # numbers closer together than this factor are not told apart
SIGMAS = 2.0
MIN_ERROR = 0.05  # of a throughput, relative: what a busy machine does to it
ROUNDS, MAX_ROUNDS = 3, 9  # that a throughput is measured over; the second where responses vary much
DRIFT = 2.0  # a server whose responses take this factor longer or shorter, three times in a row, is another server
HOLD = 100  # rounds after which a settled number is looked at anew
WINDOW = 1.0  # seconds over which the admitted rate is counted
PASSING = 0.2  # share of the requests in flight at a refusal that may be refused by chance
PARDON = 10  # response times after such a one in which no other counts
QUIET = 60.0  # seconds without a refusal after which more is tried; doubled by each refusal


class _Level:
    """What is measured with one number of requests at once, over rounds of as many responses; seconds.

    The clock is read at the mean arrival of a round, not at its last response: responses come in packs.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.rounds = 0
        self._first = self._last = 0.0
        self._count, self._mean, self._squares = 0, 0.0, 0.0

    def add(self, seconds: list[float], arrival: float) -> None:
        """Take in a round: how long its responses took, and when they came on average."""
        self._last = arrival
        self._first = self._first if self.rounds else arrival
        self.rounds += 1
        for each in seconds:  # Welford's method
            self._count += 1
            apart = each - self._mean
            self._mean += apart / self._count
            self._squares += apart * (each - self._mean)

    @property
    def mean(self) -> float:
        """Of a response."""
        return max(self._mean, 1e-9)

    @property
    def error(self) -> float:
        """Standard error of the mean, relative; so is that of the throughput."""
        deviation = math.sqrt(self._squares / max(1, self._count - 1)) / self.mean
        return max(MIN_ERROR, deviation / math.sqrt(max(1, self._count)))

    @property
    def by_law(self) -> float:
        """Responses a second by Little's law, were the time between a response and the next request nothing."""
        return self.number / self.mean

    @property
    def rate(self) -> float:
        """Responses a second by the clock."""
        between = self._count * (self.rounds - 1) / max(1, self.rounds)
        return between / max(self._last - self._first, 1e-9) if self.rounds > 1 else self.by_law


class ConcurrencyLimit:
    """Attributes: now: how many requests at once; why: what the last look at the responses said."""

    def __init__(self, most: int) -> None:
        self._most = self._ceiling = most
        self.now = min(FIRST, most)
        self.why = "not enough responses to decide"
        self._shortest: _Level | None = None
        self._before: _Level | None = None
        self._best: _Level | None = None  # None while the number grows
        self._less, self._more = 0, 0  # numbers below and above the best that were found to be worse
        self._settled = False
        self._drifted = 0
        self._quiet, self._refused_at = QUIET, -math.inf
        self._pardon = 0.0  # seconds after a refusal was noticed in which another one says nothing new
        self._asked, self._denied = 0, 0  # how many were in flight at the last refusal, how many of these were refused
        self._noticed_at = -math.inf
        self._deaf = 0  # responses to requests that were in flight at the last refusal
        self._skip = 0  # responses to requests that were sent when there were more or fewer at once
        self._admitted: deque[float] = deque()
        self._move(self.now)

    def answered(self, seconds: float, *, full: bool, now: float) -> None:
        """Take in one response.

        Args:
            seconds: from sending to the last byte.
            full: as many requests were in flight as were wanted.
            now: `time.monotonic()`.
        """
        self._admitted.append(now)
        if self._deaf:
            self._heard(now)
            return
        while self._admitted[0] <= now - WINDOW:
            self._admitted.popleft()
        if self._skip:
            self._skip -= 1
            return
        self._times.append(seconds)
        self._arrivals += now
        self._full += full
        if len(self._times) >= self._round:
            self._look(now)
            self._begin()

    def refused(self, now: float) -> None:
        """React to 429 or 503: ask for half, until all that is in flight now has told how much is admitted."""
        if self._deaf:
            self._denied += 1
            self._heard(now)
        elif now - self._noticed_at >= self._pardon:
            self._deaf, self._denied = self.now, 0
            self._noticed_at = now
            while self._admitted and self._admitted[0] <= now - WINDOW:
                self._admitted.popleft()
            self._asked = self.now
            self.now = max(1, self.now // 2)

    def _heard(self, now: float) -> None:
        """Take in a response to a request that was in flight at the refusal; after the last one, set the limit."""
        self._deaf -= 1
        if self._deaf:
            return
        self._pardon = now - self._noticed_at + WINDOW
        mean = self._shortest.mean if self._shortest else 0.0
        if self._admitted and self._denied <= PASSING * self._asked:
            self.now, self._pardon = self._asked, self._pardon + PARDON * mean  # some pages fail, however few are asked
            self._begin()
            return
        self._quiet = 2 * self._quiet if self._refused_at > -math.inf else QUIET
        self._refused_at = self._noticed_at
        self.why = "the server refused more (429 or 503)"
        number = self.now
        if self._admitted and mean:
            rate = _most_in_a_window(self._admitted) / WINDOW
            number = max(1, min(math.floor(rate * mean + 0.1), self._asked - 1))
            self.why += f": it admitted {short_number(rate)} requests/s"
        else:
            self._pardon = 0.0
        self._ceiling = number
        self._look_anew(number)

    def restart(self) -> None:
        """Forget all measurements: the requests are made in another way from now on."""
        self._shortest, self._less = None, 0
        self._look_anew(min(FIRST, self._ceiling))

    def _begin(self) -> None:
        self._times: list[float] = []
        self._arrivals, self._full = 0.0, 0

    def _look_anew(self, number: int) -> None:
        """Let the number grow again, from this one on."""
        self._before = self._best = None
        self._less, self._more = min(self._less, number - 1), 0
        self._settled, self._drifted = False, 0
        self._move(number)

    def _move(self, number: int) -> None:
        """Go to another number of requests at once."""
        self._skip = self.now if number != self.now else 0
        self._steady, self._round = number == self.now, number * math.ceil(FIRST / number)
        self.now = number
        self._level = _Level(number)
        self._begin()

    def _look(self, now: float) -> None:
        """Take in a round, and decide on the next one."""
        count = len(self._times)
        seen = _Level(self.now)
        seen.add(self._times, self._arrivals / count)
        if 2 * self._full < count:
            if not self._settled:
                self.why = f"a response takes {seen.mean:.3f} s: there were never more URLs to fetch"
                self._level = _Level(self.now)
            return
        if self._settled:
            self._watch(seen, now)
            return
        self._level.add(self._times, self._arrivals / count)
        if self._shortest is None or self._level.mean < self._shortest.mean:
            self._shortest = self._level
        if self._best is None:
            self._grow()
        else:
            self._narrow(self._best)

    def _grow(self) -> None:
        """Double the number, unless that has gained nothing."""
        level, before = self._level, self._before
        if self._more:
            self._turn_back(level)
            return
        if before is not None and not self._is_flat(level):
            if self._steady and _is_worse(level, before):
                self._more = self.now
                self._move(before.number)
                return
            if not self._steady:
                self._move(self.now)
            if self._level.rounds < ROUNDS:
                return
            if level.by_law < before.by_law / NEAR or self.now >= self._ceiling:
                self._best = level
                self._next(level)
                return
        if self.now >= self._ceiling:
            self._settle(level)
            return
        if before is not None and _tells_apart(before, level):
            self._less = before.number
        self.why = f"{_in_words(level)}: more were faster"
        self._before = level
        self._move(min(self._ceiling, 2 * self.now))
        self._round = max(FIRST, self.now - self._skip)  # a first look, in the time of one round

    def _turn_back(self, level: _Level) -> None:
        """Measure the number before the last one again: its first look was at a server that was not yet as busy."""
        if not self._steady:
            self._move(self.now)
            return
        shortest = self._shortest
        if shortest is not None and shortest.number < level.number and level.mean <= FLAT * shortest.mean:
            self._less = level.number - 1  # responses take no longer than with fewer, so fewer bring less
        self._next(level)

    def _is_flat(self, level: _Level) -> bool:
        """Whether responses take no longer than with fewer at once, as far as their variation lets it be seen."""
        assert self._shortest is not None
        error = math.hypot(level.error, self._shortest.error)
        return level.mean <= FLAT * self._shortest.mean * math.exp(SIGMAS * error)

    def _narrow(self, best: _Level) -> None:
        """Compare a number between those that were tried with the best one."""
        level = self._level
        is_clear = self._is_clear(level, best)
        if not is_clear and not self._steady:
            self._move(self.now)
            return
        if not is_clear and level.rounds < ROUNDS:
            return
        if level.number < best.number:
            enough = level.rate >= NEAR * best.rate
            if enough and not is_clear and not _tells_apart(level, best):
                if level.rounds < MAX_ROUNDS:
                    return
                enough = False
            if not enough:
                is_flat = self._steady and best.mean <= FLAT * level.mean  # then so it is between the two
                self._less = best.number - 1 if is_flat else level.number
            elif level.rate >= best.rate / NEAR:
                self._more, best = best.number, level
            else:
                best = level
        elif level.rate >= best.rate / NEAR:
            self._less, best = best.number, level
        else:
            self._more = level.number
        self._next(best)

    def _is_clear(self, level: _Level, best: _Level) -> bool:
        """Whether more rounds can be spared.

        The server is in the first one still nearly as busy as before: then more look too good, and fewer too bad.
        """
        is_more = level.number > best.number
        worse = _is_worse(level, best) and (self._steady or is_more)
        return worse or (_is_worse(best, level) and (self._steady or not is_more))

    def _next(self, best: _Level) -> None:
        """Go to the next number between those that were tried; or stay with the best."""
        self._best = best
        middle = (self._less + best.number) // 2
        if self._shortest is not None:  # Little's law: so many are being answered, the others wait
            middle = min(middle, max(self._less + 1, math.ceil(best.by_law * self._shortest.mean / NEAR)))
        if middle > self._less and best.number >= STEP * self._less:
            self._move(middle)
            return
        middle = (best.number + self._more) // 2
        if middle >= STEP * best.number:
            self._move(middle)
            return
        self._settle(best)

    def _settle(self, level: _Level) -> None:
        if level.number == self._most:
            after = "more might be faster, but fetch.workers is the limit"
        elif level.number == self._ceiling:
            after = "the server refuses more (429 or 503)"
        else:
            after = "more gain less than 5 %"
        self.why = f"{_in_words(level)}: {after}"
        if level.number != self.now:
            self._move(level.number)
        self._level, self._settled, self._held = level, True, 0

    def _watch(self, seen: _Level, now: float) -> None:
        """Look anew where the server is another one than before, and now and then to make sure."""
        known = self._level
        bound = math.log(DRIFT) + SIGMAS * math.hypot(known.error, seen.error)
        self._drifted = self._drifted + 1 if abs(math.log(seen.mean / known.mean)) > bound else 0
        self._held += 1
        if self._drifted >= 3:
            self.restart()
        elif self.now < self._ceiling and self._held >= HOLD:
            self._look_anew(self.now)
        elif self._ceiling < self._most and now - self._refused_at > self._quiet:
            self._refused_at = now  # one step each time
            self._ceiling = min(self._most, self._ceiling + math.isqrt(self._ceiling))
            self._look_anew(self.now)


def _most_in_a_window(times: Sequence[float]) -> int:
    """The crawl may have paused since: so not the last window, but the fullest."""
    first = most = 0
    for at, moment in enumerate(times):
        while times[first] <= moment - WINDOW:
            first += 1
        most = max(most, at - first + 1)
    return most


def _is_worse(level: _Level, other: _Level) -> bool:
    """Whether it brings clearly less than the other: then there is no need to measure it longer."""
    return level.by_law < other.by_law * math.exp(-SIGMAS * math.hypot(level.error, other.error))


def _tells_apart(less: _Level, more: _Level) -> bool:
    """Whether they would be seen to differ if the throughput grew with the number."""
    return SIGMAS * math.hypot(less.error, more.error) <= math.log(more.number / less.number)


def _in_words(level: _Level) -> str:
    rate, took = short_number(level.rate), short_number(1000 * level.mean)
    return f"{level.number} at once bring {rate} responses/s, each in {took} ms"
