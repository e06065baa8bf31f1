"""What happens after a failure: retry, fail or skip; also for a page whose worker died or hung.

Whatever killed or froze a worker, all pages that it had are lost, or all that were in flight. So each is
asked for again when all else is done, alone: then the one that is at fault is found out, and no other fails with it.
"""

from __future__ import annotations

import random
from concurrent.futures import BrokenExecutor, CancelledError, Future
from typing import Literal

from crawler.clock import duration
from crawler.model import Failure, Moved, Note, Outcome, Page
from crawler.store.queued import ALONE, Queued

__all__ = [
    "UNSENT",
    "backoff",
    "decide",
    "died",
    "froze",
    "is_host_failure",
    "is_passing",
    "list_ended",
    "off_site",
    "outcome_of",
    "unless_login",
    "was_sent",
]


# How often a cause is worth another try; the config's `retries` where it names none.
_RETRY: dict[str, int | None] = {
    **dict.fromkeys(("refused", "closed", "reset", "timeout", "connect-timeout", "network"), None),
    **dict.fromkeys(("truncated", "bad-chunk", "proxy", "proxy-refused", "unexpected"), None),
    **dict.fromkeys(("browser-died", "browser-failed"), None),
    **dict.fromkeys((f"http-{status}" for status in (408, 425, 429, 500, 502, 503, 504)), None),
    **dict.fromkeys((f"http-{status}" for status in range(520, 525)), None),
    **dict.fromkeys(("dns", "empty", "http-304", "unexpected-status", "not-rendered"), 1),
}
_SKIP = frozenset({"not-html", "off-site", "robots"})
_TROUBLE = frozenset({
    *("refused", "closed", "reset", "timeout", "connect-timeout", "network", "dns", "http-429"),
    *(f"http-{status}" for status in (500, 502, 503, 504, *range(520, 525))),
})  # fmt: skip

UNSENT = frozenset({"late", "busy"})
"""Codes of requests that were handed back before anything was sent; the second says nothing of the host's speed."""

FIRST_PAUSE, MAX_PAUSE = 1.0, 60.0


def decide(failure: Failure, tried: int, retries: int) -> Literal["retry", "fail", "skip"]:
    """Decide on a failure that came at the `tried`-th try (1 is the first)."""
    if failure.code in _SKIP:
        return "skip"
    if failure.code in _RETRY:
        most = _RETRY[failure.code]
        allowed = retries if most is None else min(most, retries)
        if tried <= allowed:
            return "retry"
    return "fail"


def backoff(tried: int, *, chance: random.Random) -> float:
    """Seconds to wait after the `tried`-th try: doubling, with jitter so that retries do not come in a pack."""
    longest = min(FIRST_PAUSE * 2.0 ** min(tried - 1, 10), MAX_PAUSE)
    return longest * chance.uniform(0.5, 1.0)


def list_ended(failure: Failure) -> Page:
    """Return what a failure is that only says that a list has no further page."""
    note = Note("", "paging-ended", f"status {failure.status}: the list has no further page")
    return Page(failure.status, 0, failure.elapsed, notes=(note,))


def is_host_failure(failure: Failure) -> bool:
    """Whether the failure may speak of the host as a whole rather than of one page."""
    return failure.code in _TROUBLE


def is_passing(failure: Failure) -> bool:
    """Whether the same request may well succeed at another time."""
    return failure.code in _TROUBLE or (failure.code in _RETRY and _RETRY[failure.code] is None)


def off_site(moved: Moved) -> Failure:
    """What a redirect to another site comes to: a page that is not wanted, or one that wants a login there."""
    login = _login_address(moved.location)
    code = "login" if login else "off-site"
    why = f"redirected to {'a login on ' if login else ''}another site: {moved.location}"
    return Failure(code, why, moved.status, None, moved.elapsed)


def unless_login(url: str, outcome: Outcome) -> Outcome:
    """What came of a page that a redirect led to: it is no record of the page asked for when it is the login."""
    read = isinstance(outcome, Page) or (isinstance(outcome, Failure) and outcome.code == "no-match")
    if not read or not _login_address(url):
        return outcome
    status = outcome.status if isinstance(outcome, Page | Failure) else 0
    return Failure("login", "a redirect led to this login page", status, elapsed=outcome.elapsed)


def _login_address(url: str) -> bool:
    from crawler.extract.no_match import login_address  # late: only redirects lead here

    return login_address(url)


MAX_DEATHS = 3


def outcome_of(future: Future[Outcome]) -> Outcome | BaseException:
    """What came of a request. What a future raises is the end of a worker, whatever it is: they return failures.

    A strategy of another package may put anything into it.
    """
    try:
        found = future.result()
    except Exception as error:
        return error
    except BaseException as error:  # of the worker, as by `sys.exit()` in a hook; or of this thread
        if future.cancelled() or future.exception() is not error:
            raise
        return error
    if isinstance(found, Page | Failure | Moved):
        return found
    return TypeError(f"the strategy handed in {type(found).__name__!r} as what came of a page")


def died(page: Queued, error: BaseException) -> Failure | None:
    """Return the failure of a page whose worker ended with an error; None where it may be asked for again."""
    if page.crashes + 1 < MAX_DEATHS:
        return None
    if isinstance(error, (BrokenExecutor, CancelledError)):
        return Failure("crash", f"{MAX_DEATHS} workers died while processing this page")
    return Failure("internal", f"{type(error).__name__}: {error}")


def froze(page: Queued, seconds: float) -> Failure | None:
    """Return the failure of a page whose worker did not come back; None where another page may have held it up."""
    return Failure("hang", f"no result after {duration(seconds)}") if page.lane == ALONE else None


def was_sent(outcome: Outcome | BaseException) -> bool:
    """Whether the request went out; False where that is not known, because its worker died."""
    return not isinstance(outcome, BaseException) and not (isinstance(outcome, Failure) and outcome.code in UNSENT)
