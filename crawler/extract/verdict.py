"""Say that a page gave nothing, and why: a site that has changed must not look like a crawl that went well."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.extract.follow import Links
    from crawler.extract.page import PageView
    from crawler.extract.plan import KindPlan
    from crawler.extract.tables import Harvest
    from crawler.model import Record, Stored

__all__ = ["main_selectors", "no_match"]

_NAMED = 5


def no_match(
    page: PageView, plan: KindPlan, records: Sequence[Record | Stored], harvests: list[Harvest], links: Links
) -> str:
    """Return why a page counts as one where nothing was found; "" when it does not.

    That is: its kind has tables and there is no record; or all records of a table lack a required field; or its kind
    only follows links and no rule matched, leaving aside rules to the next page, which the last page never has.
    """
    if plan.tables:
        lacking = [name for harvest in harvests if harvest.records for name in harvest.lacking]
        if records and not lacking:
            return ""
        if records:
            return f"required but missing in every record: {', '.join(lacking[:_NAMED])}{_hint(page, plan)}"
        misses = [miss for harvest in harvests for miss in harvest.misses]
        return _nothing(misses, plan) + _hint(page, plan)
    if not plan.follow or links.found or len(links.misses) < len(plan.follow):
        return ""
    if all(follow.rule.next for follow in plan.follow):
        return ""
    return _nothing(links.misses, plan) + _hint(page, plan)


def _nothing(misses: list[str], plan: KindPlan) -> str:
    if plan.rule.python:
        return f"{plan.rule.python} returned no records"
    more = f" and {len(misses) - _NAMED} more" if len(misses) > _NAMED else ""
    return f"nothing matches {', '.join(misses[:_NAMED])}{more}" if misses else "every match is empty"


def _hint(page: PageView, plan: KindPlan) -> str:
    from crawler.extract.clues import clues  # late: most pages have what is looked for

    return "".join(f"; {clue.text}" for clue in clues(page, main_selectors(plan)))


def main_selectors(plan: KindPlan) -> list[str]:
    """Return the selectors without which nothing is found: of rows, of fields of the page, else of links."""
    found: list[str | None] = []
    for table in plan.tables:
        found += [table.rule.each] if table.rule.each else [field.rule.css for field in table.fields]
    return [css for css in found if css] or [follow.rule.each or follow.rule.css for follow in plan.follow]
