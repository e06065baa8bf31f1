"""How gently a job treats a site, in plain words and with the arithmetic done."""

from __future__ import annotations

from crawler.cli.progress import duration
from crawler.config import Job

__all__ = ["limits", "manners"]


def manners(job: Job, width: int) -> list[str]:
    """Sentences on pauses, requests at once and robots.txt.

    Args:
        width: requests at once that the strategy makes.
    """
    polite = job.polite
    return [*_pauses(job), *_at_once(width, polite.per_host, polite.delay), *_site(job)]


def _pauses(job: Job) -> list[str]:
    delay = job.polite.delay
    if not delay:
        return ["no pause between two requests to a host"]
    pages, named = job.limits.pages or 1_000, " (limits.pages)" if job.limits.pages else ""
    return [
        f"{duration(delay)} between two requests to a host: at most {_often(1 / delay)}",
        f"so {pages:,} pages of one host{named} take at least {duration(pages * delay)}",
    ]


def _often(rate: float) -> str:
    for unit, seconds in (("second", 1), ("minute", 60)):
        if rate * seconds >= 1:
            return _requests(rate * seconds, f"a {unit}")
    return _requests(rate * 3600, "an hour")


def _requests(count: float, per: str) -> str:
    return f"{count:.3g} {'request' if count == 1 else 'requests'} {per}"


def _at_once(width: int, per_host: int, delay: float) -> list[str]:
    most = min(width, per_host)
    if width == 1:
        return ["one request after another"]
    lines = [f"at most {most} requests at once"]
    if width > per_host:
        lines = [f"{width} workers, but at most {per_host} requests at once to one host (polite.per_host)"]
    if delay:
        lines.append(f"with this pause, so many are under way only while answers take {duration(most * delay)} or more")
    return lines


def _site(job: Job) -> list[str]:
    polite = job.polite
    if not polite.robots:
        lines = ["robots.txt is not read (polite.robots: false)"]
    elif polite.max_crawl_delay:
        lines = [f"robots.txt is obeyed, its Crawl-delay up to {duration(polite.max_crawl_delay)}"]
    else:
        lines = ["robots.txt is obeyed, its Crawl-delay is not (polite.max_crawl_delay: 0)"]
    lines.append(
        f"a server that asks for a pause gets it; for more than {duration(polite.retry_after_cap)} it is "
        "left for the next run"
    )
    return [*lines, f"the site sees the User-Agent {job.user_agent}"]


def limits(job: Job) -> list[str]:
    """Where the crawl stops in any case."""
    limits = job.limits
    lines = ["every page that is found, however many there are"]
    if limits.pages is not None:
        lines = [f"at most {limits.pages:,} {'page' if limits.pages == 1 else 'pages'}"]
    if limits.depth is not None:
        lines.append(f"at most {limits.depth:,} links away from a start page; next pages of a list do not count")
    if limits.time is not None:
        lines.append(f"at most {duration(limits.time)}; the next run goes on")
    lines.append(f"exit code 3 when more than {limits.failures * 100:.3g} % of the pages fail")
    return lines
