"""Which page to fetch next, and when: a queue, a throttle and a robots.txt for each host.

Queues live in the store; of each only the head is in memory. Pages with links to follow and pages without take turns:
so a chain of listings never waits behind its books, and a crawl that is cut short has some of both.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from crawler import urls
from crawler.crawl.admission import ROBOTS, Refusal
from crawler.crawl.cookies import RunCookies
from crawler.crawl.outgoing import Outgoing
from crawler.crawl.proxies import Proxies
from crawler.crawl.robots import Robots
from crawler.crawl.throttle import HostThrottle
from crawler.log import WARNING, log
from crawler.model import Failure, Outcome, Request, Value
from crawler.store.pages import Pages
from crawler.store.queued import ALONE, WITNESS, Queued
from crawler.store.records import load_ask

__all__ = ["Frontier", "Politeness"]

HEAD = 500  # pages of a host and lane that are kept in memory
_NO_RULES = Robots()
ROBOTS_FOR = 24 * 3600.0  # RFC 9309 2.4: not longer than 24 hours


class Politeness(NamedTuple):
    """How hosts are treated; seconds.

    Attributes:
        robots: robots.txt is asked for and obeyed.
        delay: least gap between two requests to a host.
        per_host: most requests to a host at once.
        max_crawl_delay: a longer Crawl-delay of a robots.txt is cut to this.
        hosts: what holds in place of this for single hosts, by name, with a port or without.
    """

    robots: bool
    delay: float
    per_host: int
    max_crawl_delay: float
    hosts: Mapping[str, Politeness] = {}

    def of(self, name: str) -> Politeness:
        """How a host is treated; `name` as of `urls.host`."""
        return urls.of_host(self.hosts, name) or self


@dataclass(slots=True)
class _Host:
    name: str
    pace: HostThrottle
    obeys: bool  # its robots.txt is asked for
    heads: tuple[deque[Queued], deque[Queued]] = field(default_factory=lambda: (deque(), deque()))
    on_disk: list[bool] = field(default_factory=lambda: [True, True])
    turn: int = 0
    listed: bool = False
    asking: bool = False
    closed: str = ""
    witness: Queued | None = None  # the page that it answered last
    rules: dict[str, tuple[Robots, float]] = field(default_factory=dict)

    def has_work(self) -> bool:
        return bool(self.heads[0] or self.heads[1] or self.on_disk[0] or self.on_disk[1])

    def open(self) -> bool:
        return self.has_work() and not self.closed


class Frontier:
    """Owned by the main thread; used inside a store transaction.

    Args:
        ask_robots: starts to read the robots.txt of an origin; the answer comes to `answer`.
        outgoing: makes what is sent for pages whose kind says more than their URL; None where no kind does.

    Attributes:
        cookies: given to each request that goes out.
        session: version of the session that pages are asked with.
        proxies: through which they go.
    """

    def __init__(
        self,
        pages: Pages,
        politeness: Politeness,
        ask_robots: Callable[[str], None],
        cookies: RunCookies | None = None,
        outgoing: Outgoing | None = None,
        proxies: Proxies | None = None,
    ) -> None:
        self._pages, self._polite, self._ask = pages, politeness, ask_robots
        self.cookies = RunCookies() if cookies is None else cookies
        self._outgoing = outgoing
        self.proxies = Proxies() if proxies is None else proxies
        self.proxied = bool(self.proxies)
        self._shut = ""
        self._hosts: dict[str, _Host] = {}
        self._ready: list[tuple[float, int, _Host]] = []
        self._waiting: list[tuple[float, int, Queued]] = []
        self._suspects: deque[Queued] | None = None
        self._count = 0
        self._no_worker = self._no_proxy = False
        self._held: frozenset[str] = frozenset()
        self.in_flight = 0
        self.session = 0

    def load(self, now: float, wall: float) -> None:
        """Take over what the store has left."""
        for name in self._pages.hosts():
            self._list(self._host(name), now)
        for due, page in self._pages.waiting():
            self.wait(page, now + max(0.0, due - wall))

    def add(self, pages: list[Queued], now: float) -> None:
        """Queue pages that the store has just written."""
        for page in pages:
            if page.asked_again:  # before others: all that it leads to waits for it
                self.put_back(page, now)
                continue
            host = self._host(page.host)
            head = host.heads[page.lane]
            if len(head) < HEAD and not host.on_disk[page.lane]:
                head.append(page)
            else:
                host.on_disk[page.lane] = True
            self._list(host, now)

    def look_again(self, names: Collection[str], now: float) -> None:
        """Queue pages of these hosts that the store has just queued again; nothing of them is in memory."""
        for name in sorted(names):
            host = self._host(name)
            host.on_disk = [True, True]
            self._list(host, now)
        self._suspects = None

    def wait(self, page: Queued, due: float) -> None:
        """Queue a page again at `due`, monotonic seconds; one of a suspended host stays in the store."""
        if self._host(page.host).closed:
            return
        self._count += 1
        heapq.heappush(self._waiting, (due, self._count, page))

    def put_back(self, page: Queued, now: float) -> None:
        """Queue a page that was not sent, first in its lane; one that was in a crash waits until all else is done."""
        if page.lane == ALONE:
            self._suspects = None
            return
        host = self._host(page.host)
        host.heads[page.lane].appendleft(page)
        self._list(host, now)

    def pop(self, now: float, *, idle_worker: bool) -> tuple[Queued, Request] | None:
        """The next request that may go out now, or None."""
        self._wake(now)
        self._no_worker = False
        if self.proxied:
            self._no_proxy = not self._shut and self.proxies.is_blocked(now)
            if self._no_proxy:
                return None
        while self._ready and self._ready[0][0] <= now:
            host = heapq.heappop(self._ready)[2]
            host.listed = False
            if host.closed or host.asking or host.name in self._held or not host.pace.ready(now):
                self._list(host, now)
                continue
            if host.pace.delay and not idle_worker:  # it would wait in the pool and miss its slot
                self._list(host, now)
                self._no_worker = True
                return None
            page = self._take(host, now)
            if page is not None:
                return self._send(host, page, now)
        return self._pop_suspect(now)

    def release(self, page: Queued, now: float) -> None:
        """The request of this page has come back."""
        host = self._hosts[page.host]
        host.pace.in_flight -= 1
        self.in_flight -= 1
        self._list(host, now)

    def answer(self, origin: str, robots: Robots, now: float) -> None:
        """The robots.txt of an origin was read."""
        host = self._host(urls.host(origin))
        host.asking = False
        host.rules[origin] = (robots, now)
        if robots.delay:
            host.pace.delay = max(host.pace.delay, min(robots.delay, self._polite.max_crawl_delay))
        if host.pace.delay:
            host.pace.pause(now, host.pace.delay)  # reading robots.txt was a request too
        if robots.unreachable is not None:
            self.close(host.name, f"robots.txt cannot be read ({robots.unreachable.code})")
        self._list(host, now)

    def hold(self, names: Collection[str]) -> list[Queued]:
        """Send nothing to these hosts until `resume`; returns pages in their queues to which redirects have led."""
        self._held = frozenset(names)
        redirected: list[Queued] = []
        for host in map(self._host, sorted(names)):
            for head in host.heads:
                redirected += [page for page in head if page.hops]
                kept = [page for page in head if not page.hops]
                head.clear()
                head.extend(kept)
        return redirected

    def resume(self, now: float) -> None:
        """Send to all hosts again."""
        names, self._held = self._held, frozenset()
        for name in sorted(names):
            host = self._host(name)
            if host.pace.delay:
                host.pace.pause(now, host.pace.delay)  # the steps were requests, too
            self._list(host, now)

    def close(self, name: str, why: str) -> None:
        """Leave a host alone for the rest of this run; its pages stay in the store."""
        if not self.is_closed(name):
            log(WARNING, "suspended host %s: %s", name, why)
        self._host(name).closed = why
        self._waiting = [entry for entry in self._waiting if entry[2].host != name]
        heapq.heapify(self._waiting)

    def close_all(self, why: str) -> None:
        """Leave all hosts alone for the rest of this run, those too that are not known yet."""
        self._shut, self._ready = why, []
        for name in [host.name for host in self._hosts.values() if not host.closed]:
            self.close(name, why)

    def pace(self, name: str) -> HostThrottle:
        """The clock of a host."""
        return self._host(name).pace

    def closed(self) -> dict[str, str]:
        """Hosts that were suspended, and why."""
        return {host.name: host.closed for host in self._hosts.values() if host.closed}

    def answered(self, page: Queued) -> None:
        """The host of this page answered with it."""
        host = self._host(page.host)
        host.pace.good()
        host.witness = page

    def renew(self, version: int, values: Mapping[str, Value]) -> None:
        """A session has been opened: pages that go out from now on are given its values."""
        self.session = version
        if self._outgoing is not None:
            self._outgoing.renew(values)

    def ends_list(self, page: Queued, failure: Failure) -> bool:
        """Whether a failure only says that a list has no further page."""
        return self._outgoing is not None and self._outgoing.ends_list(page, failure)

    def hidden(self, page: Queued, outcome: Outcome) -> Outcome:
        """What came back, as it is stored: without secrets."""
        return outcome if self._outgoing is None else self._outgoing.hidden(page, outcome)

    def is_closed(self, name: str) -> bool:
        """Whether the host is suspended."""
        return bool(self._host(name).closed)

    def untried(self, name: str) -> bool:
        """Whether the host has pages that were not yet asked for."""
        return self._host(name).has_work()

    def next_due(self) -> float | None:
        """When something may be due, monotonic seconds; None when only what is in flight can bring more."""
        times = [self._waiting[0][0]] if self._waiting else []
        if self._no_proxy:
            return min([*times, *filter(None, (self.proxies.next_at(),))], default=None)
        if self._ready and not self._no_worker:
            times.append(self._ready[0][0])
        if self._suspects and not self.in_flight:
            times.append(self._host(self._suspects[0].host).pace.next_at)
        return min(times, default=None)

    def idle(self) -> bool:
        """Whether nothing is in flight, due, waiting or being asked for."""
        asking = any(host.asking for host in self._hosts.values())
        return not (self.in_flight or self._waiting or self._ready or self._suspects or self._held or asking)

    # ---- inner steps

    def _host(self, name: str) -> _Host:
        host = self._hosts.get(name)
        if host is None:
            polite = self._polite.of(name)
            throttle = HostThrottle(polite.delay, polite.per_host)
            host = self._hosts[name] = _Host(name, throttle, polite.robots, closed=self._shut)
        return host

    def _list(self, host: _Host, now: float) -> None:
        """Put the host among those to be looked at, where it can be asked for something."""
        if host.listed or host.closed or host.asking or host.name in self._held or not host.has_work():
            return
        if host.pace.next_at <= now and not host.pace.ready(now):
            return  # at its limit: release() lists it again
        self._count += 1
        heapq.heappush(self._ready, (max(host.pace.next_at, now), self._count, host))
        host.listed = True

    def _take(self, host: _Host, now: float) -> Queued | None:
        """The next page of a host that its robots.txt allows; None when it has none or must be asked for robots."""
        while (page := self._head(host)) is not None:
            robots = self._rules(host, page, now)
            if robots is None:
                host.heads[page.lane].appendleft(page)
                return None
            if self._outgoing is None and robots.allows(page.url):
                return page
            refusal = self._refusal(page, robots)
            if refusal is None:
                return page
            self._refuse(page, refusal)
        return None

    def _refuse(self, page: Queued, refusal: Refusal) -> None:
        """Write down that a page is not asked for: one that cannot be asked for has failed."""
        if refusal is ROBOTS:
            self._pages.refused(page, *refusal)
        else:
            self._pages.unasked(page, Failure(refusal.code, refusal.detail or ""))

    def _refusal(self, page: Queued, robots: Robots) -> Refusal | None:
        """Return why a page is not asked for; makes what is sent for it."""
        if not robots.allows(page.url):
            return ROBOTS
        made = None if self._outgoing is None else self._outgoing.message(page)
        if isinstance(made, Refusal):
            return made
        page.message = made
        return None

    def _head(self, host: _Host) -> Queued | None:
        for lane in (host.turn, 1 - host.turn):
            head = host.heads[lane]
            if not head and host.on_disk[lane]:
                head.extend(self._pages.queued(host.name, lane, HEAD))
                host.on_disk[lane] = len(head) == HEAD
            if head:
                host.turn = 1 - lane
                return head.popleft()
        return None

    def _rules(self, host: _Host, page: Queued, now: float) -> Robots | None:
        """The robots.txt that rules a page; None when it must be read first."""
        if not host.obeys:
            return _NO_RULES
        origin = urls.origin(page.url)
        robots, read_at = host.rules.get(origin, (None, 0.0))
        if robots is not None and now - read_at < ROBOTS_FOR:
            return robots
        host.asking = True
        self._ask(origin)
        return None

    def _send(self, host: _Host, page: Queued, now: float) -> tuple[Queued, Request]:
        """Send a page; in its place, while the host is in trouble, one that it has answered before.

        What comes of that one tells whether the host or a page is at fault.
        """
        if host.witness is not None and host.pace.wants_witness:
            self.put_back(page, now)
            page = replace(host.witness, lane=WITNESS)
        else:
            self._pages.sent(page)
        not_after = host.pace.take(now)
        self.in_flight += 1
        self._list(host, now)
        cookies = self.cookies.give(page)
        page.session = self.session
        proxy = self.proxies.take(now) if self.proxied else 0
        request = Request(page.id, page.url, page.kind, page.attempts + 1, 0.0, not_after, cookies, proxy)
        if page.ask is None and page.message is None:
            return page, request
        ask = load_ask(page.ask)
        if page.hops and ask is not None:
            ask = ask._replace(first=self._pages.past.redirected_from(page))
        return page, request._replace(ask=ask, message=page.message)

    def _wake(self, now: float) -> None:
        while self._waiting and self._waiting[0][0] <= now:
            page = heapq.heappop(self._waiting)[2]
            self.put_back(page, now)

    def _pop_suspect(self, now: float) -> tuple[Queued, Request] | None:
        """A page that was in flight in a crash goes when all else is done, and alone: it may crash the run again."""
        if self.in_flight or self._waiting or any(host.asking or host.open() for host in self._hosts.values()):
            return None
        if self._suspects is None:
            names = self._pages.hosts()
            self._suspects = deque(page for name in names for page in self._pages.queued(name, ALONE, HEAD))
        while self._suspects:
            page = self._suspects[0]
            host = self._host(page.host)
            if host.name in self._held:
                return None
            robots = None if host.closed else self._rules(host, page, now)
            if not host.closed and (robots is None or not host.pace.ready(now)):
                return None
            self._suspects.popleft()
            if robots is None:
                continue
            refusal = self._refusal(page, robots)
            if refusal is None:
                return self._send(host, page, now)
            self._refuse(page, refusal)
        return None
