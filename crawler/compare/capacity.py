"""How throughput grows with the number of workers: the links of the job, its politeness, and what its site can take.

Three bounds hold whatever the strategy. Links: a crawl takes no less than its span, the longest chain of pages that
lead to one another, and no less than its work divided by the number of workers (Brent, Journal of the ACM 21, 1974).
Politeness: each host has a gap between two requests, and a number that may be in flight. The site: responses get slower
with the number in flight, by one of the laws below. A crawl is simulated under all of them, in virtual time.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import NamedTuple

from crawler.store.schema import open_database

__all__ = ["NEAR", "Fit", "Law", "Links", "Pace", "Point", "fit", "read_links"]

NEAR = 0.95
"""Share of the best throughput that is enough."""


NEAR_PEAK = 0.98
"""The same where throughput falls beyond its best: a law that is a little off would miss a peak by more than 5 %."""

LARGE = 3_000
"""Pages above which a crawl is no longer simulated page by page."""


class Point(NamedTuple):
    """What was measured with one number of workers: pages a second, and the mean seconds of a response."""

    workers: int
    rate: float
    latency: float


# ---- links


class Pace(NamedTuple):
    """What politeness allows one host: requests in flight, and seconds between two requests; 0 for no limit."""

    at_once: int = 0
    gap: float = 0.0


class _Host:
    """What is still to be asked of a host. As in the frontier, pages with links and pages without take turns."""

    def __init__(self, pace: Pace) -> None:
        self._most, self._gap = pace.at_once or math.inf, pace.gap
        self._queues = (deque[int](), deque[int]())
        self._turn = 0
        self.in_flight, self.next_at = 0, 0.0

    def add(self, page: int, *, has_links: bool) -> None:
        self._queues[not has_links].append(page)

    def wants(self) -> bool:
        """Whether it may be asked, now or after its gap."""
        return self.in_flight < self._most and any(self._queues)

    def take(self, now: float) -> int:
        self._turn = 1 - self._turn
        self.in_flight += 1
        self.next_at = now + self._gap
        return (self._queues[self._turn] or self._queues[1 - self._turn]).popleft()


@dataclass(frozen=True, slots=True)
class Links:
    """The pages of a crawl.

    Attributes:
        seconds: that each page took to come, with one request at a time.
        children: for each page the pages that it links to, as places in `seconds`.
        starts: the pages that are known from the beginning.
        hosts: for each page its host, as a place in `paces`; none where all are of one host.
        paces: what politeness allows each host; none for no limit.
    """

    seconds: tuple[float, ...]
    children: tuple[tuple[int, ...], ...]
    starts: tuple[int, ...]
    hosts: tuple[int, ...] = ()
    paces: tuple[Pace, ...] = ()

    @property
    def work(self) -> float:
        """Seconds that all pages take, one after another."""
        return sum(self.seconds)

    @property
    def span(self) -> float:
        """Seconds that no number of workers can save: the last page of the longest chain."""
        found = [math.inf] * len(self.seconds)  # when each is known; a page stands before those that it leads to
        for page in self.starts:
            found[page] = 0.0
        for page, children in enumerate(self.children):
            for child in children:
                found[child] = min(found[child], found[page] + self.seconds[page])
        return max((at + own for at, own in zip(found, self.seconds, strict=True) if at < math.inf), default=0.0)

    @property
    def without_politeness(self) -> Links:
        """The same pages on hosts that may be asked for anything at any time."""
        return replace(self, paces=tuple(Pace() for _ in self.paces))

    @property
    def unchained(self) -> Links:
        """The same pages, had all been known from the beginning."""
        return replace(self, children=((),) * len(self.seconds), starts=tuple(range(len(self.seconds))))

    def bound(self, workers: int, slower: Callable[[int], float], cpu: float) -> float:
        """Seconds that a crawl takes at least; a large one, whose ends weigh little, takes hardly more."""
        counts = Counter(self.hosts) if self.hosts else {0: len(self.seconds)}
        polite = [(self.paces[host], count) for host, count in counts.items()] if self.paces else []
        at_once = min(workers, sum(pace.at_once or workers for pace, _ in polite) or workers)
        gaps = max((pace.gap * count for pace, count in polite), default=0.0)
        return max(self.work * slower(at_once) / at_once, len(self.seconds) * cpu, gaps, self.span)

    def makespan(self, workers: int, slower: Callable[[int], float] = lambda at_once: 1.0, cpu: float = 0.0) -> float:
        """Seconds of a crawl with so many workers.

        Args:
            slower: how many times longer a response takes with so many requests in flight.
            cpu: seconds that one thread is busy with each page.
        """
        place = self.hosts or (0,) * len(self.seconds)
        hosts = [_Host(pace) for pace in self.paces or (Pace(),)]
        known = set(self.starts)
        for page in self.starts:
            hosts[place[page]].add(page, has_links=bool(self.children[page]))
        flights: list[tuple[float, int]] = []
        parsed: list[tuple[float, int]] = []
        now = free = 0.0
        while True:
            due = _next_host(hosts, now) if len(flights) < workers else None
            if due is not None and due.next_at <= now:
                page = due.take(now)
                heappush(flights, (now + self.seconds[page] * slower(len(flights) + 1), page))
                continue
            soonest = min(
                due.next_at if due else math.inf, *(heap[0][0] for heap in (flights, parsed) if heap), math.inf
            )
            if soonest == math.inf:
                return now
            now = soonest
            if parsed and parsed[0][0] <= now:
                for child in self.children[heappop(parsed)[1]]:
                    if child not in known:
                        known.add(child)
                        hosts[place[child]].add(child, has_links=bool(self.children[child]))
            elif flights and flights[0][0] <= now:
                _, page = heappop(flights)
                hosts[place[page]].in_flight -= 1
                free = max(free, now) + cpu
                heappush(parsed, (free, page))


def _next_host(hosts: list[_Host], now: float) -> _Host | None:
    """The host that is asked next: of those that may be asked now, the one that waited longest."""
    wanting = [host for host in hosts if host.wants()]
    return min(wanting, key=lambda host: (max(host.next_at, now), host.in_flight), default=None)


_PAGES = (
    "SELECT id, elapsed, host FROM pages WHERE crawl = (SELECT max(id) FROM crawls)"
    " AND attempts > 0 AND elapsed IS NOT NULL ORDER BY id"
)
_EDGES = "SELECT parent, child FROM edges WHERE crawl = (SELECT max(id) FROM crawls) ORDER BY parent, position"


def read_links(state: Path, pace: Callable[[str], Pace] = lambda host: Pace()) -> Links:
    """The pages that the newest crawl of a state file asked for.

    Args:
        pace: what politeness allows a host.
    """
    with closing(open_database(state)) as db:
        pages = db.execute(_PAGES).fetchall()
        edges = db.execute(_EDGES)
        place = {page: at for at, (page, *_) in enumerate(pages)}
        children: list[dict[int, None]] = [{} for _ in pages]
        first: set[int] = set()
        linked: set[int] = set()
        for parent, child in edges:
            at = place.get(child)
            if at is None or at in first:  # a start is known from the beginning, whoever else links to it
                continue
            if parent == 0:
                first.add(at)
            elif parent in place and parent < child:  # a link back leads to no new page
                children[place[parent]][at] = None
                linked.add(at)
    starts = tuple(at for at in range(len(pages)) if at not in linked)
    seconds = tuple(max(0.0, seconds) for _, seconds, _ in pages)
    names = list(dict.fromkeys(host for *_, host in pages))
    hosts = tuple(names.index(host) for *_, host in pages)
    return Links(seconds, tuple(map(tuple, children)), starts, hosts, tuple(map(pace, names)))


# ---- what the site can take


@dataclass(frozen=True, slots=True)
class Law:
    """How many times longer a response takes with n requests in flight.

    Attributes:
        name: `latency`: never longer. `slots`: n / a, above a at once. `slows`: (n / a) to the power of b, above a at
            once. `USL`: 1 + a (n - 1) + b n (n - 1), the Universal Scalability Law (Gunther, 2007) seen from the
            response time: contention and coherency.
    """

    name: str
    a: float = 0.0
    b: float = 0.0

    def __call__(self, at_once: float) -> float:
        if self.name == "latency":
            return 1.0
        if self.name == "USL":
            return 1 + self.a * (at_once - 1) + self.b * at_once * (at_once - 1)
        return math.pow(max(1.0, at_once / self.a), 1.0 if self.name == "slots" else self.b)

    @property
    def falls(self) -> bool:
        """Whether throughput falls with too many in flight."""
        return self.b > 0


def _laws() -> Iterable[Law]:
    """All that are tried, the simplest first."""
    yield Law("latency")
    knees = [2 ** (step / 8) for step in range(57)]  # 1 to 128
    yield from (Law("slots", knee) for knee in knees)
    yield from (Law("slows", knee, power) for power in (1.25, 1.5, 1.75, 2.0, 2.5) for knee in knees)
    shares = [0.0, *(10 ** (-step / 4) for step in range(21))]
    yield from (Law("USL", a, b) for a in shares for b in shares if a or b)


_SIMPLER = 0.03  # a law with more parameters must fit this much better


@dataclass(frozen=True, slots=True)
class Fit:
    """What is known of a job with one strategy.

    Attributes:
        error: of the law, mean relative deviation from the measured response times.
        measured: pages a second by number of workers; none for what the laws alone say.
        most: the largest number that may be advised.
    """

    links: Links
    cpu: float
    law: Law
    error: float
    measured: Mapping[int, float]
    most: int
    _known: dict[int, float] = field(default_factory=dict, init=False)

    def rate(self, workers: int) -> float:
        """Pages a second that are expected with so many workers."""
        return self._simulated(workers) * self._scale(workers)

    def advised(self) -> int:
        """The smallest number of workers within 5 % of the best."""
        tried = sorted({*_steps(self.most), *(one for one in self.measured if one <= self.most)})
        rates = {workers: self.rate(workers) for workers in tried}
        enough = (NEAR_PEAK if self.law.falls else NEAR) * max(rates.values())
        return min(workers for workers, rate in rates.items() if rate >= enough)

    def gains(self, most: int) -> dict[str, float]:
        """How many times faster the best number of workers would be without each limit, as far as the laws tell.

        Args:
            most: the largest number of workers that may be advised where politeness is no limit.
        """
        best = self.best()
        without = {
            "site": replace(self, law=Law("latency")),
            "links": replace(self, links=self.links.unchained),
            "politeness": replace(self, links=self.links.without_politeness, most=max(most, self.most)),
            "cpu": replace(self, cpu=0.0),
            "latency": replace(self, most=2 * self.most),
        }
        return {limit: fit.best() / best for limit, fit in without.items()}

    def best(self) -> float:
        """Pages a second of the best number of workers, of the laws alone."""
        return max(self._simulated(workers) for workers in _steps(self.most))

    def _simulated(self, workers: int) -> float:
        """Of the laws alone."""
        if workers not in self._known:
            count = max(1, len(self.links.seconds))
            makespan = self.links.makespan if count <= LARGE else self.links.bound
            self._known[workers] = count / max(makespan(workers, self.law, self.cpu), 1e-9)
        return self._known[workers]

    def _scale(self, workers: int) -> float:
        """How far the simulation is off: a line through what was measured, on logarithmic scales.

        By the medians of Theil (1950) and Sen (1968): one measurement that was lucky or disturbed does not move it.
        """
        if not self.measured:
            return 1.0
        off = {math.log2(at): math.log(rate / self._simulated(at)) for at, rate in self.measured.items()}
        slope = median([(off[b] - off[a]) / (b - a) for a, b in combinations(sorted(off), 2)] or [0.0])
        base = median(value - slope * place for place, value in off.items())
        place = min(max(math.log2(workers), min(off)), max(off))  # no line is drawn beyond what was measured
        return math.exp(base + slope * place)


def _steps(most: int) -> list[int]:
    """Numbers of workers worth telling apart: each up to 8, then about 12 % apart."""
    found = [1]
    while found[-1] < most:
        found.append(min(most, max(found[-1] + 1, round(found[-1] * 1.12))))
    return found


def fit(points: Sequence[Point], links: Links, cpu: float, most: int) -> Fit:
    """Choose the law that fits the measured response times best; at equal terms the simplest.

    Args:
        points: at least one; for one number of workers only one.
        cpu: seconds that one thread is busy with each page.
        most: the largest number of workers that may be advised.
    """
    base = links.work / max(1, len(links.seconds)) or min(point.latency for point in points)
    seen = [(_at_once(point), point.latency / max(base, 1e-9)) for point in points]
    best, error = Law("latency"), math.inf
    allowance = {"latency": 0.0, "slots": _SIMPLER, "slows": 2 * _SIMPLER, "USL": 2 * _SIMPLER}
    for law in _laws():
        off = math.fsum(abs(math.log(law(at_once) / max(times, 1e-9))) for at_once, times in seen) / len(seen)
        if off + allowance[law.name] < error + allowance[best.name]:
            best, error = law, off
    return Fit(links, cpu, best, error, {point.workers: point.rate for point in points}, most)


def _at_once(point: Point) -> float:
    """Requests in flight on average, by Little's law."""
    return min(max(1.0, point.rate * point.latency), point.workers)
