"""The loop: one thread owns all state; requests go out to a strategy, futures come back through one inbox.

A turn waits for what has come back, writes it down, takes what is due, commits, and sends it out. So a turn is one
transaction, and a page is known to be in flight before its request is sent. The loop never sleeps: the next due time
is the timeout of the inbox.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple, Protocol

from crawler.crawl.admission import page_limit
from crawler.crawl.blame import Blame
from crawler.crawl.frontier import Frontier
from crawler.crawl.inbox import Limits, Stopper
from crawler.crawl.retry_policy import (
    UNSENT,
    backoff,
    decide,
    died,
    froze,
    is_passing,
    list_ended,
    off_site,
    outcome_of,
    unless_login,
    was_sent,
)
from crawler.crawl.session import Opened, Session
from crawler.crawl.stats import Stats
from crawler.log import DEBUG, INFO, WARNING, log
from crawler.model import Failure, Moved, Outcome, Page, Request
from crawler.store.pages import Pages
from crawler.store.queued import WITNESS, Queued
from crawler.strategies.port import Strategy

__all__ = ["Crawl", "Watch"]

GRACE = 10.0  # seconds that requests in flight get after a stop
LOST_AGAIN = (
    "the session was lost three times in a row; check the user name and the password, and whether a good page has what "
    "session.lost names; `crawler try` shows one"
)


class _Flight(NamedTuple):
    page: Queued
    until: float
    proxy: int


class Watch(Protocol):
    """Whoever wants to know what the loop does, in its thread; see `crawler.trace.tracer`."""

    def turn(self) -> None:
        """A turn begins to write down what has come back."""

    def came_back(self, future: Future[Outcome], outcome: Outcome | BaseException) -> None:
        """A request came back; in a turn, before what is known of it is written."""

    def committed(self) -> None:
        """The turn is written."""

    def handed_out(self, future: Future[Outcome], request: Request) -> None:
        """A request was given to the strategy, after the last `committed`."""

    def gave_up(self, future: Future[Outcome]) -> None:
        """It did not come back in time."""


class Crawl:
    """One run over the frontier.

    Args:
        make_strategy: builds the strategy; again when all its workers hang.
        width: asked once a turn: requests at once; about twice as many are handed out, so that no worker waits for the
            loop.
        stopper: its inbox is where futures come back.
        observe: called once a turn with the tally.
        session: of a job that logs in.
        watch: of a run that is traced.

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
        observe: Callable[[Stats], None],
        session: Session | None = None,
        watch: Watch | None = None,
    ) -> None:
        self._session, self._watch = session, watch
        self._pages, self._frontier, self._limits = pages, frontier, limits
        self._cookies = frontier.cookies
        self._make, self._strategy = make_strategy, make_strategy()
        self._ask_width = width
        self._stopper, self._inbox, self._observe = stopper, stopper.inbox, observe
        self._flights: dict[Future[Outcome], _Flight] = {}
        self._hung = 0
        self._blame = Blame(frontier, pages.past, limits.retries, limits.retry_after_cap)
        self._undecided: list[tuple[Queued, Failure]] = []
        self._asked_for = 0 if limits.pages is None else pages.asked_for()
        self.first_sent: float | None = None
        self._chance = random.Random()  # noqa: S311 - spreads retries, hides nothing
        self.tally = Stats(left=Stats.left_of(pages.counts()))

    def run(self) -> str:
        """Crawl until nothing is left or something ends it.

        Returns: `finished`, `left` (a host was suspended, or a start page failed), `time`, or what the stopper said.
        """
        with self._pages.transaction():
            if self._session is not None and self.tally.left:
                self._pages.lost_redirects(self._session.hosts)
                self.tally.left = Stats.left_of(self._pages.counts())
                self._open_session(self._session)
            self._frontier.load(time.monotonic(), time.time())
        arrived: list[Any] = []
        try:
            while True:
                self._turn(arrived)
                if self._over() and not self._ask_refused():
                    break
                arrived = self._inbox.take(self._timeout())
        except BaseException:
            self._strategy.close(cancel=True)
            raise
        self._give_up()
        return self._ending()

    # ---- a turn

    def _turn(self, arrived: list[Any]) -> None:
        if self._watch is not None:
            self._watch.turn()
        with self._pages.transaction():
            for each in arrived:
                self._take_in(each)
            self._reap()
            self._cookies.save()
            self._width = self._ask_width()
            self._window = 2 * self._width if self._width > 1 else 1
            out = self._pop_due()
        if self._watch is not None:
            self._watch.committed()
        for page, request in out:
            self._submit(page, request)
        self.tally.in_flight = len(self._flights)
        self.tally.dropped |= self._pages.keys.dropped
        self._observe(self.tally)

    def _timeout(self) -> float | None:
        now = time.monotonic()
        times = [self._stop_at] if self._stopper.why else []
        if self._flights:
            times.append(next(iter(self._flights.values())).until)
        if self._limits.until is not None and not self._stopper.why:
            times.append(self._limits.until)
        due = self._frontier.next_due()
        if due is not None and len(self._flights) < self._window and not (self._stopper.why or self._full()):
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
        return self._limits.pages is not None and self._asked_for >= self._limits.pages

    def _pop_due(self) -> list[tuple[Queued, Request]]:
        out: list[tuple[Queued, Request]] = []
        while not self._stopper.why and len(self._flights) + len(out) < self._window:
            if self._full():
                break
            idle = len(self._flights) + len(out) < self._width - self._hung
            popped = self._frontier.pop(time.monotonic(), idle_worker=idle)
            if popped is None:
                break
            self._asked_for += popped[0].is_new
            out.append(popped)
        return out

    def _submit(self, page: Queued, request: Request) -> None:
        if self.first_sent is None:
            self.first_sent = time.monotonic()
        try:
            future = self._strategy.submit(request)
        except Exception as error:  # an executor that has lost its workers may take nothing more
            future = Future()
            future.set_exception(error)
            self._renew()
        if self._watch is not None:
            self._watch.handed_out(future, request)
        self._flights[future] = _Flight(page, time.monotonic() + self._limits.task_timeout, request.proxy)
        future.add_done_callback(self._inbox.put)

    # ---- coming back

    def _take_in(self, arrived: Any) -> None:
        if isinstance(arrived, Future):
            flight = self._flights.pop(arrived, None)
            if flight is not None:  # else it was given up before
                now, outcome = time.monotonic(), outcome_of(arrived)
                if self._watch is not None:
                    self._watch.came_back(arrived, outcome)
                self._frontier.release(flight.page, now)
                if self._frontier.proxied:
                    self._heard_of_proxy(flight.proxy, outcome, now)
                if flight.page.lane == WITNESS:
                    self.tally.requests += was_sent(outcome)
                    self._blame.heard(flight.page, outcome, now)
                else:
                    self._absorb(flight.page, outcome)
        elif isinstance(arrived, Opened):
            self._opened(arrived)
        elif arrived is not None:
            origin, robots = arrived
            self._frontier.answer(origin, robots, time.monotonic())

    def _heard_of_proxy(self, number: int, outcome: Outcome | BaseException, now: float) -> None:
        proxies = self._frontier.proxies
        proxies.release(number)
        proxies.heard(number, outcome, now)
        if proxies.all_failed:
            self._frontier.close_all(f"no proxy can be reached ({proxies.why})")

    def _absorb(self, page: Queued, outcome: Outcome | BaseException) -> None:
        if isinstance(outcome, BaseException):
            self._try_alone(page, died(page, outcome))
            return
        if outcome.set_cookies:
            self._cookies.take(page, outcome.set_cookies)
        if self._session is not None and (verdict := self._session.verdict(page, outcome)):
            self._out_of_session(self._session, page, lost=verdict == "lost")
            return
        outcome = self._frontier.hidden(page, outcome)
        if page.hops:
            outcome = unless_login(page.url, outcome)
        if isinstance(outcome, Page):
            self.tally.requests += 1
            self._frontier.answered(page)
            self.tally.page(outcome)
            self._queue(self._pages.done(page, outcome))
        elif isinstance(outcome, Failure):
            if self._frontier.ends_list(page, outcome):
                self._absorb(page, list_ended(outcome))
                return
            self._failed(page, outcome)
        elif isinstance(outcome, Moved):
            self.tally.requests += 1
            self._frontier.pace(page.host).good()
            self._moved(page, outcome)

    # ---- the session

    def _open_session(self, session: Session) -> None:
        """Let the steps run; nothing else goes out to their hosts meanwhile."""
        for page in self._frontier.hold(session.hosts):
            self._asked_for += page.is_new  # it was not sent
            self._undo(page)
        session.open(max(self._frontier.pace(host).delay for host in session.hosts))

    def _opened(self, opened: Opened) -> None:
        session = self._session
        if session is None:
            return
        if opened.fault:
            self._end_session(session, opened.fault)
            return
        session.opened()
        self._cookies.take_session(opened.cookies, opened.hosts)
        self._frontier.renew(session.version, opened.values)
        self._frontier.resume(time.monotonic())

    def _out_of_session(self, session: Session, page: Queued, *, lost: bool) -> None:
        """A page that came back without the session is asked for again; this was no attempt."""
        self.tally.requests += 1
        self._frontier.pace(page.host).good()
        if lost and not self._stopper.why:  # else the next run begins with the steps
            if session.lose():
                self._open_session(session)
            else:
                self._end_session(session, LOST_AGAIN)
        self._undo(page)

    def _undo(self, page: Queued) -> None:
        """Queue a page again as if it had not been asked for, or the pages whose redirects led to it."""
        self._asked_for -= page.is_new
        again = self._pages.lost(page)
        for each in again:
            if each is not page:
                self.tally.moved -= 1
            self._frontier.put_back(each, time.monotonic())
        self.tally.left += len(again) - 1

    def _end_session(self, session: Session, why: str) -> None:
        for host in session.hosts:
            self._frontier.close(host, why)
        self._stopper.why = self._stopper.why or "session"

    def _queue(self, new: list[Queued]) -> None:
        self.tally.left += len(new) - 1
        self._frontier.add(new, time.monotonic())

    def _moved(self, page: Queued, moved: Moved) -> None:
        if not self._pages.may_move(page, moved.location):
            self._end_badly(page, off_site(moved))
            return
        if self._session is not None:  # it may lead to the login: then the limit must not end the crawl here
            self._asked_for -= page.is_new
        new = self._pages.moved(page, moved, self._cookies.opens)
        self.tally.moved += not any(each.asked_again for each in new)  # else one that had moved is to be visited again
        self._queue(new)

    def _failed(self, page: Queued, failure: Failure) -> None:
        now = time.monotonic()
        if failure.code in UNSENT:
            self._came_too_late(page, now, slow=failure.code == "late")
            return
        self.tally.requests += 1
        blameless = self._blame.is_host(page, failure, now) or self._frontier.proxies.is_to_blame(failure)
        final = decide(failure, page.tried + 1, self._limits.retries) != "retry"
        if final and self._is_lost_start(page, failure, blameless):
            self._undecided.append((page, failure))
            self._pages.later(page, failure, time.time())
        elif final and not blameless:
            self._end_badly(page, failure)
        else:
            self._try_again(page, failure, now, blameless)

    def _try_again(self, page: Queued, failure: Failure, now: float, blameless: bool) -> None:
        wait = backoff(page.tried + 1, chance=self._chance)
        if blameless:  # others first: this one may be at fault all the same
            self._asked_for -= page.is_new
            wait += max(0.0, self._frontier.pace(page.host).next_at - now)
        wait = max(wait, failure.retry_after or 0.0)
        self._pages.later(page, failure, time.time() + wait, counts=not blameless)
        self._frontier.wait(page, now + wait)
        self.tally.retries += 1
        log(INFO, "will retry %s in %.1f s: %s %s", page.url, wait, failure.code, failure.detail)

    def _is_lost_start(self, page: Queued, failure: Failure, blameless: bool) -> bool:
        """Whether a start page or a sitemap failed at all its tries: without it the crawl lacks all behind it."""
        given_up = not blameless or self._frontier.is_closed(page.host)
        return given_up and is_passing(failure) and self._pages.past.is_start(page)

    def _came_too_late(self, page: Queued, now: float, *, slow: bool) -> None:
        self._asked_for -= page.is_new
        if slow:
            self._frontier.pace(page.host).late()
        self._pages.back(page)
        self._frontier.put_back(page, now)

    def _end_badly(self, page: Queued, failure: Failure) -> None:
        skip = decide(failure, page.tried + 1, 0) == "skip"
        (self._pages.skipped if skip else self._pages.failed)(page, failure)
        self.tally.lost(failure, skipped=skip)
        level, what = (DEBUG, "skipped") if skip else (WARNING, "failed")
        log(level, "%s %s: %s %s", what, page.url, failure.code, failure.detail)

    def _try_alone(self, page: Queued, failure: Failure | None) -> None:
        """Ask again for a page whose worker was lost, unless that is a failure now."""
        if failure is not None:
            self._end_badly(page, failure)
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
            if self._watch is not None:
                self._watch.gave_up(future)
            self._frontier.proxies.release(flight.proxy)
            self._frontier.release(flight.page, now)
            if flight.page.lane == WITNESS:
                self._blame.heard(flight.page, TimeoutError(), now)
            else:
                self._try_alone(flight.page, froze(flight.page, self._limits.task_timeout))
            self._hung += 1
            if self._hung >= self._width or not self._flights:
                self._renew()

    def _renew(self) -> None:
        """Take new workers in the place of those that hang or are lost."""
        self._strategy.close(cancel=True)
        self._strategy, self._hung = self._make(), 0

    # ---- the end

    def _ask_refused(self) -> bool:
        """When all else is done: ask again for what was refused before its host gave a cookie."""
        if self._stopper.why or self._full() or not self._cookies.version:
            return False
        with self._pages.transaction():
            found = self._pages.ask_refused(self._cookies.version, self._cookies.worth_asking)
        self.tally.again(state for _, state in found)
        self._frontier.look_again({page.host for page, _ in found}, time.monotonic())
        return bool(found)

    def _give_up(self) -> None:
        """What is still in flight goes back to the queue; workers end."""
        with self._pages.transaction():
            for flight in self._flights.values():
                if flight.page.lane != WITNESS:
                    self._pages.back(flight.page)
            for page, failure in self._undecided:
                if not self._stopper.why and self._pages.past.is_hopeless(page):
                    self._pages.give_up(page)
                    self.tally.lost(failure, skipped=False)
                    log(WARNING, "failed %s: %s %s", page.url, failure.code, failure.detail)
            if self._full() and not self._flights and not self._stopper.why:
                skipped = self._pages.skip_queued(*page_limit(self._limits.pages))
                self.tally.cut_off(skipped)
        self._strategy.close(cancel=bool(self._flights) or self._hung > 0)

    def _ending(self) -> str:
        left = Stats.left_of(self._pages.counts())
        return self._stopper.why or ("left" if left else "finished")
