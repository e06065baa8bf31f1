"""The loop: one thread owns all state; requests go out to a strategy, futures come back through one inbox.

A turn waits for what has come back, writes it down, takes what is due, commits, and sends it out. So a turn is one
transaction, and a page is known to be in flight before its request is sent. The loop never sleeps: the next due time
is the timeout of the inbox.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Future
from dataclasses import dataclass
from typing import Any

from crawler import urls
from crawler.crawl.control import Limits, Stopper
from crawler.crawl.frontier import Frontier
from crawler.crawl.policy import backoff, host_trouble, off_site, unless_login, verdict
from crawler.crawl.tally import Tally
from crawler.model import Failure, Moved, Outcome, Page, Request
from crawler.store.pages import Pages
from crawler.store.queued import Queued
from crawler.strategies.port import Strategy

__all__ = ["Crawl"]

MOST_CRASHES = 3
GRACE = 10.0  # seconds that requests in flight get after a stop


@dataclass(slots=True)
class _Flight:
    page: Queued
    until: float


class Crawl:
    """One run over the frontier.

    Args:
        make_strategy: builds the strategy; again when all its workers hang.
        width: asked once a turn: requests at once; about twice as many are handed out, so that no worker waits for the
            loop.
        stopper: its inbox is where futures come back.
        observe: called once a turn with the tally.

    Attributes:
        first_sent: `time.monotonic()` at which the first page was asked for; None before.
    """

    def __init__(
        self,
        pages: Pages,
        frontier: Frontier,
        make_strategy: Callable[[], Strategy[Outcome]],
        width: Callable[[], int],
        limits: Limits,
        stopper: Stopper,
        observe: Callable[[Tally], None],
    ) -> None:
        self._pages, self._frontier, self._limits = pages, frontier, limits
        self._make, self._strategy = make_strategy, make_strategy()
        self._ask_width = width
        self._stopper, self._inbox, self._observe = stopper, stopper.inbox, observe
        self._flights: dict[Future[Outcome], _Flight] = {}
        self._hung = 0
        self._asked_for = pages.asked_for()
        self.first_sent: float | None = None
        self._chance = random.Random()  # noqa: S311 - spreads retries, hides nothing
        self.tally = Tally(left=Tally.left_of(pages.counts()))

    def run(self) -> str:
        """Crawl until nothing is left or something ends it.

        Returns: `finished`, `left` (some hosts were left alone), `time`, or what the stopper said.
        """
        with self._pages.transaction():
            self._frontier.load(time.monotonic(), time.time())
        arrived: list[Any] = []
        try:
            while True:
                self._turn(arrived)
                if self._over():
                    break
                arrived = self._inbox.take(self._timeout())
        except BaseException:
            self._strategy.close(cancel=True)
            raise
        self._give_up()
        return self._ending()

    # ---- a turn

    def _turn(self, arrived: list[Any]) -> None:
        with self._pages.transaction():
            for each in arrived:
                self._take_in(each)
            self._reap()
            self._width = self._ask_width()
            self._window = 2 * self._width if self._width > 1 else 1
            out = self._pop_due()
        for page, request in out:
            self._submit(page, request)
        self.tally.in_flight = len(self._flights)
        self._observe(self.tally)

    def _timeout(self) -> float | None:
        now = time.monotonic()
        times = [self._stop_at] if self._stopper.why else []
        if self._flights:
            times.append(next(iter(self._flights.values())).until)
        if self._limits.until is not None and not self._stopper.why:
            times.append(self._limits.until)
        due = self._frontier.next_due()
        if due is not None and len(self._flights) < self._window and not self._stopper.why:
            times.append(due)
        return max(0.0, min(times) - now) if times else None

    _stop_at = float("inf")

    def _over(self) -> bool:
        now = time.monotonic()
        if self._limits.until is not None and now >= self._limits.until and not self._stopper.why:
            self._stopper.why = "time"
        if self._stopper.why:
            self._stop_at = min(self._stop_at, now + GRACE)
            return not self._flights or now >= self._stop_at
        return not self._flights and (self._full() or self._frontier.idle())

    # ---- going out

    def _full(self) -> bool:
        return self._asked_for >= self._limits.pages

    def _pop_due(self) -> list[tuple[Queued, Request]]:
        out: list[tuple[Queued, Request]] = []
        while not self._stopper.why and len(self._flights) + len(out) < self._window:
            if self._full():
                break
            idle = len(self._flights) + len(out) < self._width - self._hung
            popped = self._frontier.pop(time.monotonic(), idle_worker=idle)
            if popped is None:
                break
            self._asked_for += _is_new(popped[0])
            out.append(popped)
        return out

    def _submit(self, page: Queued, request: Request) -> None:
        if self.first_sent is None:
            self.first_sent = time.monotonic()
        future = self._strategy.submit(request)
        self._flights[future] = _Flight(page, time.monotonic() + self._limits.task_timeout)
        future.add_done_callback(self._inbox.put)

    # ---- coming back

    def _take_in(self, arrived: Any) -> None:
        if isinstance(arrived, Future):
            flight = self._flights.pop(arrived, None)
            if flight is not None:  # else it was given up before
                self._frontier.release(flight.page, time.monotonic())
                self._absorb(flight.page, _outcome(arrived))
        elif arrived is not None:
            origin, robots = arrived
            self._frontier.answer(origin, robots, time.monotonic())

    def _absorb(self, page: Queued, outcome: Outcome | None) -> None:
        if outcome is None:
            self._crashed(page)
            return
        if page.hops:
            outcome = unless_login(page.url, outcome)
        if isinstance(outcome, Failure):
            self._failed(page, outcome)
            return
        self.tally.requests += 1
        self._frontier.pace(page.host).good()
        if isinstance(outcome, Page):
            self.tally.page(outcome)
            self._queue(self._pages.done(page, outcome))
        elif isinstance(outcome, Moved):
            self._moved(page, outcome)

    def _queue(self, new: list[Queued]) -> None:
        self.tally.left += len(new) - 1
        self._frontier.add(new, time.monotonic())

    def _moved(self, page: Queued, moved: Moved) -> None:
        if not page.anywhere and not urls.same_site(page.url, moved.location):
            self._end_badly(page, off_site(moved))
            return
        new = self._pages.moved(page, moved)
        self.tally.moved += 1
        self._queue(new)

    def _failed(self, page: Queued, failure: Failure) -> None:
        now = time.monotonic()
        if failure.code == "late":
            self._came_too_late(page, now)
            return
        self.tally.requests += 1
        self._judge_host(page, failure, now)
        if verdict(failure, page.attempts + 1, self._limits.retries) != "retry":
            self._end_badly(page, failure)
            return
        wait = max(backoff(page.attempts + 1, chance=self._chance), failure.retry_after or 0.0)
        self._pages.later(page, failure, time.time() + wait)
        self._frontier.wait(page, now + wait)
        self.tally.retries += 1

    def _came_too_late(self, page: Queued, now: float) -> None:
        self._asked_for -= _is_new(page)
        self._frontier.pace(page.host).late()
        self._pages.back(page)
        self._frontier.put_back(page, now)

    def _judge_host(self, page: Queued, failure: Failure, now: float) -> None:
        pace = self._frontier.pace(page.host)
        if failure.status and not host_trouble(failure):
            pace.good()
        elif host_trouble(failure) and self._frontier.untried(page.host) and pace.bad(now):
            self._frontier.close(page.host, f"it kept failing ({failure.code})")
        if failure.retry_after is not None and failure.status in (429, 503):
            if failure.retry_after > self._limits.retry_after_cap:
                asked = f"it asked to be left alone for {failure.retry_after:.0f} s"
                self._frontier.close(page.host, asked)
            else:
                pace.pause(now, failure.retry_after)

    def _end_badly(self, page: Queued, failure: Failure) -> None:
        skip = verdict(failure, page.attempts + 1, 0) == "skip"
        (self._pages.skipped if skip else self._pages.failed)(page, failure)
        self.tally.lost(failure, skipped=skip)

    def _crashed(self, page: Queued) -> None:
        """A worker died. Pages that were in flight go again, alone, so that the one that killed it is found out."""
        if page.crashes + 1 >= MOST_CRASHES:
            self._end_badly(page, Failure("crash", f"{MOST_CRASHES} workers died while they had this page"))
            return
        self._pages.crashed(page)
        self._frontier.put_back(page, time.monotonic())

    def _reap(self) -> None:
        """Give up requests that did not come back; the oldest stands first."""
        now = time.monotonic()
        while self._flights:
            future, flight = next(iter(self._flights.items()))
            if flight.until > now:
                return
            del self._flights[future]
            self._frontier.release(flight.page, now)
            self._end_badly(flight.page, Failure("hang", f"no result after {self._limits.task_timeout:.0f} s"))
            self._hung += 1
            if self._hung >= self._width:
                self._strategy.close(cancel=True)
                self._strategy, self._hung = self._make(), 0

    # ---- the end

    def _give_up(self) -> None:
        """What is still in flight goes back to the queue; workers end."""
        with self._pages.transaction():
            for flight in self._flights.values():
                self._pages.back(flight.page)
            if self._full() and not self._flights and not self._stopper.why:
                skipped = self._pages.skip_queued("limit", f"limits.pages: {self._limits.pages} is reached")
                self.tally.cut_off(skipped)
        self._strategy.close(cancel=bool(self._flights) or self._hung > 0)

    def _ending(self) -> str:
        if self._stopper.why:
            return self._stopper.why
        return "finished" if not Tally.left_of(self._pages.counts()) else "left"


def _is_new(page: Queued) -> bool:
    """Whether it was never asked for, and so counts for the limit of pages."""
    return not page.attempts and not page.crashes


def _outcome(future: Future[Outcome]) -> Outcome | None:
    """What came of a request; None where its worker died."""
    try:
        return future.result()
    except (BrokenExecutor, CancelledError):
        return None
    except Exception as error:
        return Failure("internal", f"{type(error).__name__}: {error}")
