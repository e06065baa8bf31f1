"""Say that a page gave nothing, and why: a site that has changed must not look like a crawl that went well."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.extract.text import tidy

if TYPE_CHECKING:
    from crawler.extract.follow import Links
    from crawler.extract.page import PageView
    from crawler.extract.plan import KindPlan
    from crawler.extract.tables import Harvest
    from crawler.model import Record

__all__ = ["no_match"]

_NAMED = 5
_LITTLE = 40
_SCRIPT = re.compile(r"<script\b", re.I)
_FRAME = re.compile(r"<i?frame\b", re.I)


def no_match(page: PageView, plan: KindPlan, records: list[Record], harvests: list[Harvest], links: Links) -> str:
    """Return why a page counts as one where nothing was found; "" when it does not.

    That is: its kind has tables and there is no record; or all records of a table lack a required field; or its kind
    only follows links and no rule matched, leaving aside rules to the next page, which the last page never has.
    """
    if plan.tables:
        lacking = [name for harvest in harvests if harvest.records for name in harvest.lacking]
        if records and not lacking:
            return ""
        if records:
            return f"required but missing in every record: {', '.join(lacking[:_NAMED])}{_hint(page)}"
        misses = [miss for harvest in harvests for miss in harvest.misses]
        return _nothing(misses, plan) + _hint(page)
    if not plan.follow or links.found or len(links.misses) < len(plan.follow):
        return ""
    if all(follow.rule.next for follow in plan.follow):
        return ""
    return _nothing(links.misses, plan) + _hint(page)


def _nothing(misses: list[str], plan: KindPlan) -> str:
    if plan.rule.python:
        return f"{plan.rule.python} returned no records"
    more = f" and {len(misses) - _NAMED} more" if len(misses) > _NAMED else ""
    return f"nothing matches {', '.join(misses[:_NAMED])}{more}" if misses else "every match is empty"


def _hint(page: PageView) -> str:
    """Return a guess at the reason: pages that are built in the browser have scripts or frames but no text."""
    script, frame = _SCRIPT.search(page.text), _FRAME.search(page.text)
    if not (script or frame):
        return ""
    document = page.document("auto")
    body = document.first(None, "body")
    if body is not None and len(tidy(document.text(body))[0]) > _LITTLE:
        return ""
    if script:
        return "; the page has scripts but almost no text: it may need JavaScript (needs-js)"
    return "; the page has frames but almost no text: its content is in other pages"
