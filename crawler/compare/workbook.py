"""report.xlsx: the figures, every run, and charts of the spreadsheet program's own.

It looks like the workbook of a crawl. It is written by XlsxWriter and not by `crawler.export`, which has no charts.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from crawler import extras
from crawler.compare.markdown import COLUMNS, NOTE
from crawler.compare.outcome import Comparison, Run
from crawler.export import package

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.chart import Chart
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

__all__ = ["as_workbook", "why_not"]

_RUN = ("wall", "start_up", "crawl", "close", "cpu", "memory", "pages", "requests", "retries", "failed", "bytes")
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_A4, _MAX_TEXT = 9, 32_000  # characters of a cell; Excel takes 32,767 UTF-16 units
_MIN_WIDTH, _MAX_WIDTH, _BUTTON = 8, 60, 3  # the button of the filter covers the end of a header
_LABEL_WIDTH, _TEXT_WIDTH = 17, 100
_ROW, _CELL, _BAR = 20, 64, 26  # pixels: of a row, of a column that nobody widened, of a bar
_CHART_WIDTH, _GAP = 620, 20
_COLOURS = ("#2A6FBB", "#D9730D", "#2E8B57", "#8E4EC6", "#B4292F", "#0E7C86", "#7A6A00", "#5B6570")
_GREY = "#D9D9D9"


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
        looks = _Looks(book)
        _summary(_sheet(book, "Summary"), looks, found)
        if found.ranked:
            columns = [each for each in COLUMNS if any(each.value(found, one) is not None for one in found.ranked)]
            rows = [[one.name, *(each.value(found, one) for each in columns)] for one in found.ranked]
            _table(_sheet(book, "Figures"), looks, ["combination", *(each.head for each in columns)], rows)
            charts = _sheet(book, "Charts")
            _charts(book, charts, [each.head for each in columns], len(rows))
            _by_workers(book, charts, looks, found)
        _runs(_sheet(book, "Runs"), looks, found)
    return file.getvalue()


def _sheet(book: Workbook, name: str) -> Worksheet:
    """An empty sheet that prints on A4 as wide as the paper, as those of a crawl do."""
    sheet = book.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&C&A, &P / &N")
    return sheet


class _Looks:
    """The house style of our workbooks, as formats of this one."""

    def __init__(self, book: Workbook) -> None:
        font = {"font_name": package.FONT, "font_size": 11, "valign": "top"}
        head = {**font, "bold": True, "font_color": f"#{package.HEADER_INK}", "bg_color": f"#{package.HEADER_FILL}"}
        head |= {"bottom": 1, "bottom_color": f"#{package.HEADER_RULE}"}
        right = {**font, "align": "right", "indent": 1}  # a gap between a number and the text to its right
        self.text: Format = book.add_format({**font, "align": "left"})
        self.wrapped: Format = book.add_format({**font, "align": "left", "text_wrap": True})
        self.label: Format = book.add_format({**font, "bold": True, "font_color": f"#{package.HEADER_INK}"})
        self.head: Format = book.add_format({**head, "align": "left"})
        self.number_head: Format = book.add_format({**head, "align": "right", "indent": 1})
        self.whole: Format = book.add_format({**right, "num_format": "#,##0"})
        self.part: Format = book.add_format({**right, "num_format": "#,##0.00"})


def _summary(sheet: Worksheet, looks: _Looks, found: Comparison) -> None:
    lines: list[tuple[str, str]] = [("Job", found.job), ("Site", found.site), ("Started", found.started)]
    lines += [("Runs", found.runs_each), ("Baseline", found.baseline.name)]
    lines += [(label[:1].upper() + label[1:], value) for label, value in found.setting.items()]
    lines += [("Verdict" if not n else "", text) for n, text in enumerate(found.verdict())]
    lines += [(one.verdict.capitalize(), f"{one.name}: {one.why}") for one in found.unranked]
    lines += [("Note", text) for text in found.notes]
    if found.advice:
        lines += [("What limits it", found.advice.says), *(("", text) for text in found.advice.sums)]
        lines += [("Use", found.advice.flags)]
    lines.append(("How", NOTE))
    sheet.set_column_pixels(0, 0, 7 * _LABEL_WIDTH)
    sheet.set_column_pixels(1, 1, 7 * _TEXT_WIDTH)
    sheet.hide_gridlines(2)
    for number, (label, text) in enumerate(lines):
        sheet.set_row_pixels(number, _ROW * (1 + len(text) // _TEXT_WIDTH))
        sheet.write_string(number, 0, _safe(label), looks.label)
        sheet.write_string(number, 1, _safe(text), looks.wrapped)


def _runs(sheet: Worksheet, looks: _Looks, found: Comparison) -> None:
    rows = []
    for one in found.entrants:
        rows += [_run(one.name, "warm-up", one.warm_up)] if one.warm_up else []
        rows += [_run(one.name, str(number), run) for number, run in enumerate(one.runs, 1)]
    heads = ["combination", "run", *(f"{name.replace('_', '-')} s" if name in _RUN[:5] else name for name in _RUN)]
    _table(sheet, looks, [*heads, "digest"], rows)


def _run(name: str, number: str, run: Run) -> list[Any]:
    return [name, number, *(getattr(run, each) for each in _RUN), run.digest[:12]]


def _table(sheet: Worksheet, looks: _Looks, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A header that stays in sight, with a filter; text to the left, numbers to the right."""
    for column, head in enumerate(heads):
        values = [row[column] for row in rows]
        is_text = any(isinstance(value, str) for value in values)
        sheet.write_string(0, column, _safe(head), looks.head if is_text else looks.number_head)
        is_whole = all(
            value is None or abs(value) >= 1000 or float(value).is_integer() for value in values if not is_text
        )
        for row, value in enumerate(values, 1):
            _write(sheet, row, column, value, looks, looks.whole if is_whole else looks.part)
        longest = max([len(head) + _BUTTON, *(len(_shown(value)) for value in values)]) + 2
        width = min(max(longest, _MIN_WIDTH), _MAX_WIDTH)
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.autofilter(0, 0, len(rows), len(heads) - 1)


def _write(sheet: Worksheet, row: int, column: int, value: Any, looks: _Looks, number: Format) -> None:
    if isinstance(value, str) or (value is not None and not math.isfinite(value)):  # Excel has no infinity
        sheet.write_string(row, column, _safe(str(value)), looks.text)  # never a formula
    elif value is not None:
        sheet.write_number(row, column, value, number)


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _safe(text: str) -> str:
    """Text without what a cell cannot hold or a reader could not see."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[:_MAX_TEXT])


# ---- charts


def _charts(book: Workbook, sheet: Worksheet, heads: Sequence[str], count: int) -> None:
    """Bars for each of the columns that matter most."""
    sheet.hide_gridlines(2)
    sheet.print_area(0, 0, (2 * _height(count) + 3 * _GAP) // _ROW, (2 * _CHART_WIDTH + 3 * _GAP) // _CELL)
    for place, head in enumerate(("pages/s", "CPU ms/page", "memory MB")):
        if head not in heads:
            continue
        column = heads.index(head) + 1
        chart = _chart(book, "bar", head, count)
        chart.add_series(
            {
                "name": ["Figures", 0, column],
                "categories": ["Figures", 1, 0, count, 0],
                "values": ["Figures", 1, column, count, column],
                "fill": {"color": _COLOURS[place]},
                "gap": 40,
                "data_labels": {"value": True, "num_format": "#,##0.0" if head == "CPU ms/page" else "#,##0"},
            }
        )
        chart.set_legend({"none": True})
        chart.set_y_axis({"reverse": True, "major_gridlines": {"visible": False}, "line": {"color": _GREY}})
        chart.set_x_axis({**_VALUES, "label_position": "high"})  # the fastest stands on top, the numbers below
        _insert(sheet, chart, place, count)


def _by_workers(book: Workbook, charts: Worksheet, looks: _Looks, found: Comparison) -> None:
    """Speed by number of workers: a table, and a line for each strategy and parse stage."""
    series = found.by_workers()
    if all(len(points) < 2 for points in series.values()):
        return
    numbers = sorted({workers for points in series.values() for workers in points})
    rows = [[workers, *(points.get(workers) for points in series.values())] for workers in numbers]
    _table(_sheet(book, "By workers"), looks, ["workers", *series], rows)
    chart = _chart(book, "line", "pages/s by workers", len(found.ranked))
    for column in range(1, len(series) + 1):
        colour = {"color": _COLOURS[(column - 1) % len(_COLOURS)]}
        chart.add_series(
            {
                "name": ["By workers", 0, column],
                "categories": ["By workers", 1, 0, len(rows), 0],
                "values": ["By workers", 1, column, len(rows), column],
                "line": {**colour, "width": 2},
                "marker": {"type": "circle", "size": 6, "fill": colour, "border": colour},
            }
        )
    chart.show_blanks_as("span")
    chart.set_legend({"position": "bottom"})
    chart.set_x_axis({"name": "workers", "name_font": {"bold": False}, "line": {"color": _GREY}})
    chart.set_y_axis(_VALUES)
    _insert(charts, chart, 3, len(found.ranked))


_VALUES = {
    "min": 0,
    "num_format": "#,##0",
    "major_gridlines": {"visible": True, "line": {"color": _GREY}},
    "line": {"none": True},
}


def _chart(book: Workbook, kind: str, title: str, bars: int) -> Chart:
    chart = book.add_chart({"type": kind})
    assert chart is not None  # only for a kind that there is not
    font = {"name": package.FONT, "size": 13, "bold": True, "color": f"#{package.HEADER_INK}"}
    chart.set_title({"name": title, "name_font": font})
    chart.set_size({"width": _CHART_WIDTH, "height": _height(bars)})
    return chart


def _insert(sheet: Worksheet, chart: Chart, place: int, bars: int) -> None:
    """Two charts beside each other, two below."""
    row, column = divmod(place, 2)
    left, top = _GAP + column * (_CHART_WIDTH + _GAP), _GAP + row * (_height(bars) + _GAP)
    sheet.insert_chart(0, 0, chart, {"x_offset": left, "y_offset": top})


def _height(bars: int) -> int:
    return max(280, 110 + _BAR * bars)
