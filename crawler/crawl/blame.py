"""Decide whether a failure is due to the page, or to its host, which is failing as a whole.

A host that fails again and again is in trouble: from then on it is asked for one thing at a time, with growing pauses,
and no failure counts as a try of a page. What is asked for then is a page that it has answered before, and, should that
one fail, another: so the trouble of the host is told from that of pages. When it answers, all goes on.
"""

from __future__ import annotations

from crawler.clock import duration
from crawler.crawl.frontier import Frontier
from crawler.crawl.retry_policy import UNSENT, decide, is_host_failure
from crawler.model import Failure, Outcome
from crawler.store.queued import Past, Queued

__all__ = ["Blame"]


class Blame:
    """Judges failures, and leaves hosts alone that do not recover.

    Args:
        retries: times a page is tried again.
        longest_rest: a host that asks for a longer pause than these seconds is left for the next run.
    """

    def __init__(self, frontier: Frontier, past: Past, retries: int, longest_rest: float) -> None:
        self._frontier, self._past = frontier, past
        self._retries, self._longest_rest = retries, longest_rest
        self._known: dict[str, bool] = {}

    def is_host(self, page: Queued, failure: Failure, now: float) -> bool:
        """Tell whether a failure is the host's; the page is then asked for again as if it had not been."""
        if not self._is_trouble(page, failure, now):
            return False
        pace = self._frontier.pace(page.host)
        if self._frontier.is_closed(page.host):
            return True
        if not pace.answered and not self._is_known(page.host):
            return False  # the name may be wrong, or the host gone: nobody can wait for it
        if pace.in_trouble:
            # One that fails again after the host has recovered may be what troubles it: once in each trouble it counts.
            before, page.excused = page.excused, pace.recoveries
            return before in (None, pace.recoveries)
        if not self._retries or decide(failure, page.tried + 1, self._retries) == "retry":
            return False
        return self._is_in_doubt(page, failure, now)

    def heard(self, witness: Queued, outcome: Outcome | BaseException, now: float) -> None:
        """Take what came of a request that was made only to see whether the host answers."""
        if isinstance(outcome, BaseException):
            self._strike(witness.host, "no answer", now)
        elif not isinstance(outcome, Failure):
            self._frontier.pace(witness.host).good()
        elif outcome.code not in UNSENT and not self._is_trouble(witness, outcome, now) and not outcome.status:
            self._strike(witness.host, outcome.code, now)

    def _is_in_doubt(self, page: Queued, failure: Failure, now: float) -> bool:
        """Whether a page failed for the last time, and its host answered nothing since its first: see what it says."""
        pace = self._frontier.pace(page.host)
        if not pace.answered:
            self._frontier.close(page.host, f"kept failing ({failure.code})")
            return True
        if page.excused is not None or pace.strikes <= page.tried:
            return False
        page.excused = pace.recoveries
        pace.doubt(now)
        return True

    def _is_trouble(self, page: Queued, failure: Failure, now: float) -> bool:
        """Whether the failure may be the host's; its clock is told."""
        pace = self._frontier.pace(page.host)
        trouble = is_host_failure(failure)
        if failure.status and not trouble:
            pace.good()
        elif trouble and (pace.answered or self._frontier.untried(page.host)):
            self._strike(page.host, failure.code, now)
        if failure.retry_after is not None and failure.status in (429, 503):
            if failure.retry_after > self._longest_rest:
                asked = f"asked for a pause of {duration(failure.retry_after)}"
                self._frontier.close(page.host, asked)
            else:
                pace.pause(now, failure.retry_after)
        return trouble

    def _strike(self, host: str, code: str, now: float) -> None:
        if self._frontier.pace(host).bad(now):
            self._frontier.close(host, f"kept failing ({code})")

    def _is_known(self, host: str) -> bool:
        if host not in self._known:
            self._known[host] = self._past.is_known(host)
        return self._known[host]
