"""Of which kind is a page that somebody wants to try?"""

from __future__ import annotations

from typing import NamedTuple

from crawler import urls
from crawler.config import Job
from crawler.extract.explain import PAGE_URL, RULES, Finding, explain
from crawler.model import Response

__all__ = ["Guess", "guess", "start_kind", "tally"]

MOST_STARTS = 2000  # that are compared in their clean form


class Guess(NamedTuple):
    """A page kind, why it was chosen, and what its rules found."""

    kind: str
    why: str
    findings: list[Finding]

    @property
    def failed(self) -> bool:
        """Whether a run would count the page as failed or skipped."""
        return any(finding.what == "failure" for finding in self.findings)


def start_kind(url: str, starts: list[tuple[str, str]]) -> str | None:
    """The kind of a start URL; None when it is none."""
    exact = next((kind for start, kind in starts if start == url), None)
    if exact is not None or len(starts) > MOST_STARTS:
        return exact
    return next((kind for start, kind in starts if urls.resolve("", start) == url), None)


def guess(job: Job, response: Response, most_rows: int) -> Guess:
    """The kind whose rules find the most; a kind of few rules must not win by its `h1` alone, nor one of many."""
    tried = {name: explain(job.recipe, name, response, most_rows=most_rows) for name in job.recipe.kinds}
    counts = {name: tally(findings) for name, findings in tried.items()}
    best = max(counts, key=lambda name: counts[name][0] ** 2 / max(counts[name][1], 1))
    if not any(found for found, _ in counts.values()):
        return Guess(best, "the rules of none find anything" if len(tried) > 1 else "", tried[best])
    shown = ", ".join(f"{name} {found} of {rules}" for name, (found, rules) in counts.items())
    return Guess(best, f"its rules find the most ({shown})" if len(tried) > 1 else "", tried[best])


def tally(findings: list[Finding]) -> tuple[int, int]:
    """How many rules found something, and how many there are; the rows of a group count once."""
    rules: dict[tuple[str, str, str], bool] = {}
    for finding in findings:
        if finding.what in RULES and finding.rule != PAGE_URL:
            key = (finding.what, finding.where, finding.rule)
            rules[key] = rules.get(key, False) or not finding.missed
    return sum(rules.values()), len(rules)
