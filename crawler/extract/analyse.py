"""A response in, a page or a failure out: what every worker does with what it fetched."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from crawler.errors import ExtractError
from crawler.extract.evidence import sessions_on
from crawler.extract.follow import Links
from crawler.extract.hatch import Hook, call_hook, load_hook
from crawler.extract.page import PageView, open_page
from crawler.extract.plan import KindPlan
from crawler.extract.recipe import Recipe
from crawler.extract.sign import looping, sign
from crawler.extract.tables import Harvest, read_table
from crawler.extract.verdict import no_match
from crawler.model import Failure, Note, Page, Record, Response, Stored

__all__ = ["Analyser"]

_LONGEST = 300


class Analyser:
    """Analyses pages by a recipe. Picklable: what it compiles, it compiles where it is used, once.

    Args:
        form: picklable; makes of each record what its page is to have in its place. None leaves records as they are.
    """

    def __init__(self, recipe: Recipe, form: Callable[[Record], Record | Stored] | None = None) -> None:
        self._recipe, self._form = recipe, form
        self._plans: dict[str, KindPlan] = {}
        self._hooks: dict[str, Hook] = {}
        self._looping = looping(recipe.kinds)

    def __reduce__(self) -> tuple[Any, ...]:
        return Analyser, (self._recipe, self._form)

    def __call__(self, kind: str, response: Response) -> Page | Failure:
        """Return what the rules of a page kind find in a response. Raises nothing, whatever is in it.

        Failures carry one of the codes `empty`, `not-html`, `data-not-html`, `unparsable`, `no-match`, `parse-timeout`,
        `hook`, `selector`, `pattern`, `locale`, and `parse-error` for a fault of this program.
        """
        try:
            return self._analyse(kind, response)
        except ExtractError as error:
            code, detail = error.code, error.detail
        except Exception as error:  # the fence around hostile input; MemoryError and RecursionError too
            code, detail = "parse-error", _describe(error)
        return Failure(code, detail[:_LONGEST], status=response.status, elapsed=response.elapsed)

    def plan(self, kind: str) -> KindPlan:
        """Return the compiled rules of a page kind.

        Raises:
            ExtractError: the recipe has no such kind, or a rule of it cannot be used.
        """
        found = self._plans.get(kind)
        if found is None:
            if kind not in self._recipe.kinds:
                raise ExtractError("parse-error", f"there are no rules for pages of kind {kind!r}")
            found = self._plans[kind] = KindPlan(self._recipe.kinds[kind], self._recipe.engine)
        return found

    def hooked(self, plan: KindPlan, page: PageView) -> tuple[list[Record], list[tuple[str, str]]]:
        """Return what the kind's `python:` function finds; nothing when it has none.

        Raises:
            ExtractError: `hook`.
        """
        name = plan.rule.python
        if name is None:
            return [], []
        hook = self._hooks.get(name)
        if hook is None:
            hook = self._hooks[name] = load_hook(name, self._recipe.root)
        return call_hook(hook, page.hook_soup(), page.url, plan.rule)

    def _analyse(self, kind: str, response: Response) -> Page | Failure:
        plan = self.plan(kind)
        page = open_page(response, plan.labels, self._recipe.engine)
        hooked, hooked_links = self.hooked(plan, page)
        harvests = [] if plan.rule.python else [read_table(table, page) for table in plan.tables]
        links = Links(page)
        for follow in plan.follow:
            links.add(follow)
        links.add_hooked(hooked_links)
        records = [*hooked, *_records(harvests)]
        formed = records if self._form is None else list(map(self._form, records))
        found = _page(response, page, plan, formed, harvests, links)
        if kind in self._looping:
            return found._replace(sign=sign(response.url, plan.rule, records, found.links))
        return found


def _page(
    response: Response,
    page: PageView,
    plan: KindPlan,
    records: Sequence[Record | Stored],
    harvests: list[Harvest],
    links: Links,
) -> Page:
    """Put a page together.

    Raises:
        ExtractError: `no-match`.
    """
    notes = page.notes
    missed = no_match(page, plan, records, harvests, links)
    if missed:
        if plan.tables and not links.found:
            raise ExtractError("no-match", missed)
        notes += (Note("", "no-match", missed),)
    return Page(
        status=response.status,
        bytes=len(response.body),
        elapsed=response.elapsed,
        records=tuple(records),
        links=tuple(links.found),
        dropped=links.dropped,
        notes=notes,
        sessions=sessions_on(page, [link.url for link in links.found]),
    )


def _records(harvests: list[Harvest]) -> list[Record]:
    return [record for harvest in harvests for record in harvest.records]


def _describe(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = ""
    if trace is not None:
        place = f" at {os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
    return f"{type(error).__name__}: {error}{place}"
