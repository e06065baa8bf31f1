"""What is wrong with a run, in words: its records, or what a strategy should not do even where they are right."""

from __future__ import annotations

from collections.abc import Iterator

from crawler.compare.outcome import Run
from crawler.compare.records import Difference
from crawler.compare.served import convicted
from crawler.compare.task import Combination
from crawler.config import Job
from crawler.extract.rules import every_field
from crawler.strategies.registry import chooses_width

__all__ = ["fault"]

_MAX_NAMED = 3


def fault(run: Run, reference: Run, difference: Difference | None, one: Combination, job: Job) -> str:
    """Why a run that came to its end cannot be ranked; "" where it can.

    Args:
        reference: the baseline's run, which is held to be right.
        difference: how its records differ from those of the baseline.
        one: what was run.
        job: tells what may disturb the counts of the server.
    """
    return "; ".join(_faults(run, reference, difference, one, job))


def _faults(run: Run, reference: Run, difference: Difference | None, one: Combination, job: Job) -> Iterator[str]:
    if difference is not None:
        yield f"its records are not the baseline's: {difference}"
        yield from _causes(run, reference)
    if (twice := run.joined - reference.joined) > 0:
        what = "record" if twice == 1 else "records"
        yield f"it handed in {twice:,} {what} twice, which only their key kept out of the rows"
    if run.left_behind:
        yield f"it left processes behind that had to be killed: {_named(run.left_behind)}"
    if run.crashes > reference.crashes:
        yield f"{run.crashes:,} of its requests had no result: a future raised, a worker died or hung"
    elif says := convicted(
        run, reference, one.workers, own_code=_asks_by_itself(job), at_most=chooses_width(one.strategy)
    ):
        yield says


def _causes(run: Run, reference: Run) -> Iterator[str]:
    """Failures that the baseline did not have, and requests that were refused."""
    for code, count in run.causes.items():
        more = count - reference.causes.get(code, 0)
        if more > 0:
            detail = run.details.get(code, "")
            yield f"{more:,} {_pages(more)} ended as {code}" + (f" ({detail})" if detail else "")
    if run.served is not None and run.served.refused:
        yield f"the server answered {run.served.refused:,} requests with 429, too many requests"


def _pages(count: int) -> str:
    return "page" if count == 1 else "pages"


def _named(commands: tuple[str, ...]) -> str:
    """Distinct command lines with their number; not all where there are many."""
    counts = {command: commands.count(command) for command in commands}
    texts = [command if count == 1 else f"{count} x {command}" for command, count in counts.items()]
    more = len(texts) - _MAX_NAMED
    return ", ".join(texts[:_MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


def _asks_by_itself(job: Job) -> bool:
    """Whether a page may cause requests that the crawl knows nothing of: by the user's own code, or in a browser."""
    kinds = job.recipe.kinds.values()
    own = any(kind.python is not None or any(field.root for field in every_field(kind)) for kind in kinds)
    return own or bool(job.rendered)
