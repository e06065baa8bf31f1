"""What the server counted, and strategies that it convicts: of a width they ignore, of pages they ask for twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crawler.compare.noise import Served
from crawler.compare.outcome import Entrant, Run

__all__ = ["convicted", "served_notes"]


RESENT = 0.01
"""Share of the requests that may be sent once more than the crawl knows: HTTP clients do so where a kept connection
turns out to be closed."""

SURE_SECONDS = 3.0
"""Waiting time of all answers together from which a strategy with several workers must have had two at once: by then
the second worker has started, however slow the machine."""

_WAITS = 0.005  # seconds; answers that come sooner may never overlap


def convicted(run: Run, reference: Run, workers: int, *, own_code: bool, at_most: bool) -> str:
    """What the server shows a run to have done that its strategy should not; "" for nothing.

    Args:
        reference: a run of the baseline; what the job asks for beside its pages, it asks for as well.
        workers: requests that may be in flight at once.
        own_code: the job runs Python of its own, which may ask the server too: from anywhere, at any time.
        at_most: the strategy chooses its width itself, and may choose 1.
    """
    if run.served is None or reference.served is None:
        return ""
    return _asked(run, reference) or ("" if own_code else _at_once(run, run.served, workers, at_most=at_most))


def _asked(run: Run, reference: Run) -> str:
    assert run.served is not None
    assert reference.served is not None
    asked, counted = run.served.requests, run.requests
    usual = max(0, reference.served.requests - reference.requests)
    spare = max(1.0, RESENT * counted) + usual
    if asked - counted > spare:
        return f"it asks more often than it says: the server counted {asked:,} requests, the crawl {counted:,}" + (
            f" and {usual:,} for robots.txt and the like" if usual else ""
        )
    lost = run.retries + run.failed  # they may have failed before they reached the server
    if run.hosts <= 1 and counted - asked > lost + spare:
        return f"its pages are not from the site: the crawl counted {counted:,} requests, the server {asked:,}"
    return ""


def _at_once(run: Run, served: Served, workers: int, *, at_most: bool) -> str:
    most = served.most_at_once
    if most > workers:
        return f"it ignores its width: the server had {most:,} of its requests at once, with {workers:,} workers"
    if not at_most and (_could_have_two(run, served, workers) if most == 1 else _could_have_more(run, served, workers)):
        what = "1 request" if most == 1 else f"{most:,} requests"
        return f"it ignores its width: the server never had more than {what} at once, with {workers:,} workers"
    return ""


def _could_have_two(run: Run, served: Served, workers: int) -> bool:
    waited = run.mean_latency * served.requests
    return min(workers, run.handed_out) > 1 and run.p50 > _WAITS and waited > SURE_SECONDS


def _could_have_more(run: Run, served: Served, workers: int) -> bool:
    """Whether all workers must have had a request at once, where the server saw no more than half of them.

    All had work, and so long a wait for each answer that one core could have sent for every worker meanwhile.
    """
    if not 0 < served.most_at_once <= workers // 2 or run.handed_out < 2 * workers or run.cpu_a_page is None:
        return False
    waited = run.mean_latency * served.requests
    return waited > SURE_SECONDS * workers / 2 and run.p50 > workers * run.cpu_a_page


def served_notes(entrants: Sequence[Entrant]) -> Iterator[str]:
    """What could not be checked, and who was refused; one sentence each."""
    runs = [run for one in entrants for run in (*one.runs, *filter(None, [one.warm_up]))]
    if runs and all(run.served is None for run in runs):
        yield (
            "How often the site was asked, and for how much at once, is what the crawl says: only the demo site and a "
            "replay count as well."
        )
    elif any(run.served is not None and run.served.most_at_once == 0 for run in runs):
        yield (
            "How many requests were in flight at once could not be checked, because answers do not wait: set a latency."
        )
    for one in entrants:
        most = max((run.served.refused for run in one.runs if run.served), default=0)
        if most and one.verdict == "ranked":
            yield f"{one.name} was answered 429, too many requests, up to {most:,} times in a run; that is timed, too."
