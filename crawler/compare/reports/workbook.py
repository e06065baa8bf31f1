"""report.xlsx: the verdict, the figures, charts of the spreadsheet program's own, and every run.

It looks like the workbook of a crawl. It is written by XlsxWriter and not by `crawler.export`, which has no charts.
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from crawler import extras
from crawler.compare.outcome import Comparison, Entrant, Run
from crawler.compare.reports.charts import Charts
from crawler.compare.reports.figures import (
    COSTS,
    QUANTITIES,
    TIMES,
    Column,
    bounds,
    columns_of,
    family,
    headline,
    how,
    in_words,
    labels,
    parsed_where,
    setting,
    speed_interval,
    standings,
    started,
)
from crawler.export import package
from crawler.trace.read import STATES

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

__all__ = ["as_workbook", "why_not"]

_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_A4, _MAX_TEXT = 9, 32_000  # characters of a cell; Excel takes 32,767 UTF-16 units
_MIN_WIDTH, _MAX_WIDTH, _BUTTON = 8, 60, 3  # the button of the filter covers the end of a header
_LABEL_WIDTH, _TEXT_WIDTH, _LINE = 17, 110, 112  # characters: of the two columns of the summary, of a line in it
_ROW, _LEAD = 20, 24  # pixels: a line of text, and of the verdict


def why_not() -> str:
    """Why `as_workbook` cannot be used, with the command that changes it; "" where it can."""
    if find_spec("xlsxwriter"):
        return ""
    return f"report.xlsx needs XlsxWriter; install it with: {extras.install('compare')}"


def as_workbook(found: Comparison) -> bytes:
    """The file. Only where `why_not` has nothing to say."""
    from xlsxwriter import Workbook

    file = io.BytesIO()
    with Workbook(file, _OPTIONS) as book:
        book.set_properties({"author": "crawler"})
        _Book(book, found).write()
    return file.getvalue()


class _Book:
    def __init__(self, book: Workbook, found: Comparison) -> None:
        self._book, self._found = book, found
        self._looks = _Looks(book)
        self._labels = labels(found)

    def write(self) -> None:
        self._summary()
        if self._found.ranked:
            most = self._times_the_best()
            self._figures("Figures", TIMES)
            self._figures("Costs", COSTS)
            self._workers()
            charts = Charts(self._book, self._sheet, [self._labels[one.name] for one in self._found.ranked])
            charts.speed(self._speeds())
            if workers := self._by_workers():
                charts.by_workers(*workers)
            charts.ratios(len(self._found.ranked), [quantity.short for quantity in QUANTITIES], most)
            heads = ["combination", *(each.head for each in columns_of(self._found, TIMES))]
            charts.parts(heads, len(self._found.ranked))
            for head in ("CPU ms/page", "memory MB"):
                if head in heads:
                    charts.bars(head, heads.index(head), len(self._found.ranked))
            charts.place()
        self._runs()

    def _sheet(self, name: str) -> Worksheet:
        """An empty sheet that prints on A4 as wide as the paper, as those of a crawl do."""
        sheet = self._book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&C&A, &P / &N")
        return sheet

    # ---- sheets

    def _summary(self) -> None:
        found, sheet = self._found, self._sheet("Summary")
        first, *rest = (in_words(found, text) for text in found.verdict())
        lines = [("Verdict", first), *(("", text) for text in rest)]
        lines += [("Not ranked" if not n else "", headline(found, one)) for n, one in enumerate(found.unranked)]
        lines += [("Notes" if not n else "", in_words(found, text)) for n, text in enumerate(found.notes)]
        if found.advice:
            lines.append(("What limits it", in_words(found, found.advice.says)))
            lines += [("", in_words(found, text)) for text in found.advice.sums]
            lines += [("Use", found.advice.flags)]
        lines += [("Job", found.job), ("Site", found.site), ("Started", started(found)), ("Runs", found.runs_each)]
        lines += [("Baseline", in_words(found, found.baseline.name))]
        lines += [(label[:1].upper() + label[1:], value) for label, value in setting(found).items()]
        lines += [("How", how(found)), ("Labels", parsed_where(found))]
        sheet.set_column_pixels(0, 0, 7 * _LABEL_WIDTH)
        sheet.set_column_pixels(1, 1, 7 * _TEXT_WIDTH)
        sheet.hide_gridlines(2)
        for number, (label, text) in enumerate(lines):
            style, height, room = (self._looks.wrapped, _ROW, _LINE) if number else (self._looks.lead, _LEAD, 92)
            sheet.set_row_pixels(number, height * max(1, len(textwrap.wrap(text, room))))
            sheet.write_string(number, 0, _safe(label), self._looks.label)
            sheet.write_string(number, 1, _safe(text), style)

    def _times_the_best(self) -> float:
        """The numbers below the chart of ratios: each with its interval, and what it means; returns the highest."""
        heads = ["combination"]
        for quantity in QUANTITIES:
            heads += [quantity.short, "from", "to", "outcome"]
        printed = len(heads)
        for quantity in QUANTITIES:
            heads += [f"{quantity.short} - from", f"to - {quantity.short}"]
        rows: list[list[Any]] = []
        most = 1.0
        for one in self._found.ranked:
            row: list[Any] = [self._labels[one.name]]
            reaches: list[float | None] = []
            for standing in standings(self._found, one):
                pair = standing.pair if standing else None
                low, high = (bounds(pair) if pair else None) or (None, None)
                if pair is None:
                    row += [None, None, None, None] if standing is None else [1.0, None, None, standing.word]
                else:
                    row += [pair.ratio, low, high, {"open": "not told apart"}.get(pair.outcome, pair.outcome)]
                    most = max(most, high or pair.ratio)
                reaches += [pair.ratio - low, high - pair.ratio] if pair and low and high else [None, None]
            rows.append([*row, *reaches])
        sheet = self._table("Times the best", heads, rows)
        sheet.print_area(0, 0, len(rows), printed - 1)  # what is beyond is for the chart
        return most

    def _figures(self, name: str, columns: tuple[Column, ...]) -> None:
        known = columns_of(self._found, columns)
        rows = [
            [self._labels[one.name], *(each.value(self._found, one) for each in known)] for one in self._found.ranked
        ]
        self._table(name, ["combination", *(each.head for each in known)], rows)

    def _workers(self) -> None:
        """Where their time went, in percent."""
        known = [(one, one.where) for one in self._found.ranked if one.where]
        states = [state for state in STATES if any(where.shares[state] for _, where in known)]
        rows = [[self._labels[one.name], *(100 * where.shares[state] for state in states)] for one, where in known]
        if rows:
            self._table("Workers", ["combination", *(f"% {STATES[state]}" for state in states)], rows)

    def _speeds(self) -> tuple[int, int, int, int]:
        """Every run's pages a second: how many combinations, runs, outliers, and runs that were set aside."""
        ranked = self._found.ranked
        kinds = {
            one.name: (
                [run.pages_a_second for run in one.runs if not run.outlier],
                [run.pages_a_second for run in one.runs if run.outlier],
                [run.pages_a_second for run in one.set_aside],
            )
            for one in ranked
        }
        counts = [max(map(len, each)) for each in zip(*kinds.values(), strict=True)]
        heads = ["combination", "pages/s", "to the lower bound", "to the upper bound"]
        for name, count in zip(("run", "outlier", "set aside"), counts, strict=True):
            heads += [f"{name} {number}" for number in range(1, count + 1)]
        rows = []
        for one in ranked:
            speed, ends = self._found.speed(one), speed_interval(self._found, one)
            reach = [speed - ends[0], ends[1] - speed] if ends else [None, None]
            row: list[Any] = [self._labels[one.name], speed, *reach]
            for values, count in zip(kinds[one.name], counts, strict=True):
                row += _filled(values, count)
            rows.append(row)
        self._table("Speeds", heads, rows)
        return len(ranked), counts[0], counts[1], counts[2]

    def _by_workers(self) -> tuple[int, list[int]] | None:
        """Speed by number of workers; how many rows, and how many points each series has."""
        series: dict[str, dict[int, float]] = {}
        for one in sorted(self._found.ranked, key=self._found.entrants.index):
            speed = self._found.speed(one)
            series.setdefault(family(self._found, one), {})[one.combination.workers] = speed
        if all(len(points) < 2 for points in series.values()):
            return None
        numbers = sorted({workers for points in series.values() for workers in points})
        rows = [[workers, *(points.get(workers) for points in series.values())] for workers in numbers]
        self._table("By workers", ["workers", *series], rows)
        return len(rows), [len(points) for points in series.values()]

    def _runs(self) -> None:
        rows: list[list[Any]] = []
        for one in self._found.entrants:
            rows += [self._run(one, "warm-up", one.warm_up)] if one.warm_up else []
            for number, run in enumerate(one.runs, 1):
                rows.append(self._run(one, f"{run.round or number}{', outlier' if run.outlier else ''}", run))
            rows += [self._run(one, f"{run.round}, set aside", run) for run in one.set_aside]
        heads = ["combination", "round", "crawl s", "start-up s", "close s", "whole run s", "CPU s", "memory MB"]
        heads += ["pages", "requests", "retries", "failed", "bytes", "busy cores of others", "digest"]
        known = [place for place in range(len(heads)) if any(row[place] is not None for row in rows)]
        if rows:
            self._table("Runs", [heads[place] for place in known], [[row[place] for place in known] for row in rows])

    def _run(self, one: Entrant, number: str, run: Run) -> list[Any]:
        memory = None if run.memory is None else run.memory / 1e6
        times = [run.crawl, run.start_up, run.close, run.wall, run.cpu, memory]
        counts = [run.pages, run.requests, run.retries, run.failed, run.bytes]
        noise = run.noise.others if run.noise else None
        return [self._labels[one.name], number, *times, *counts, noise, run.digest[:12]]

    # ---- tables

    def _table(self, name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Worksheet:
        """A header that stays in sight, with a filter; text to the left, numbers to the right."""
        sheet, looks = self._sheet(name), self._looks
        for column, head in enumerate(heads):
            values = [row[column] for row in rows]
            is_text = any(isinstance(value, str) for value in values)
            sheet.write_string(0, column, _safe(head), looks.head if is_text else looks.number_head)
            is_whole = all(
                value is None or abs(value) >= 1000 or float(value).is_integer() for value in values if not is_text
            )
            for row, value in enumerate(values, 1):
                self._write(sheet, row, column, value, looks.whole if is_whole else looks.part)
            longest = max([len(head) + _BUTTON, *(len(_shown(value)) for value in values)]) + 2
            width = min(max(longest, _MIN_WIDTH), _MAX_WIDTH)
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 1)
        sheet.repeat_rows(0)
        sheet.autofilter(0, 0, len(rows), len(heads) - 1)
        return sheet

    def _write(self, sheet: Worksheet, row: int, column: int, value: Any, number: Format) -> None:
        if isinstance(value, str) or (value is not None and not math.isfinite(value)):  # Excel has no infinity
            sheet.write_string(row, column, _safe(str(value)), self._looks.text)  # never a formula
        elif value is not None:
            sheet.write_number(row, column, value, number)


class _Looks:
    """The house style of our workbooks, as formats of this one."""

    def __init__(self, book: Workbook) -> None:
        font = {"font_name": package.FONT, "font_size": 11, "valign": "top"}
        head = {**font, "bold": True, "font_color": f"#{package.HEADER_INK}", "bg_color": f"#{package.HEADER_FILL}"}
        head |= {"bottom": 1, "bottom_color": f"#{package.HEADER_RULE}"}
        right = {**font, "align": "right", "indent": 1}  # a gap between a number and the text to its right
        self.text: Format = book.add_format({**font, "align": "left", "indent": 1})
        self.wrapped: Format = book.add_format({**font, "align": "left", "text_wrap": True})
        self.lead: Format = book.add_format({**font, "align": "left", "text_wrap": True, "bold": True, "font_size": 14})
        self.label: Format = book.add_format({**font, "bold": True, "font_color": f"#{package.HEADER_INK}"})
        self.head: Format = book.add_format({**head, "align": "left", "indent": 1})
        self.number_head: Format = book.add_format({**head, "align": "right", "indent": 1})
        self.whole: Format = book.add_format({**right, "num_format": "#,##0"})
        self.part: Format = book.add_format({**right, "num_format": "#,##0.00"})


def _filled(values: Sequence[float], length: int) -> list[float | None]:
    return [*values, *[None] * (length - len(values))]


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _safe(text: str) -> str:
    """Text without what a cell cannot hold or a reader could not see."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[:_MAX_TEXT])
