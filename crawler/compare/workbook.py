"""report.xlsx: the figures, every run, and charts of the spreadsheet program's own."""

from __future__ import annotations

import io
import math
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.legend import Legend
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from crawler.compare.markdown import COLUMNS, NOTE
from crawler.compare.outcome import Comparison, Run

__all__ = ["as_workbook"]

_RUN = ("wall", "start_up", "crawl", "close", "cpu", "memory", "pages", "requests", "retries", "failed", "bytes")
_BOLD, _WHITE = Font(name="Calibri", bold=True), Font(name="Calibri", bold=True, color="FFFFFF")
_HEAD = PatternFill("solid", fgColor="1F4E78")


def as_workbook(found: Comparison) -> bytes:
    """The file."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    first.title = "Summary"
    _summary(first, found)
    if found.ranked:
        figures = book.create_sheet("Figures")
        _figures(figures, found)
        _charts(book.create_sheet("Charts"), figures, found)
    _runs(book.create_sheet("Runs"), found)
    file = io.BytesIO()
    for sheet in book.worksheets:
        sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    book.save(file)
    return file.getvalue()


def _summary(sheet: Worksheet, found: Comparison) -> None:
    lines: list[tuple[str, str]] = [("Job", found.job), ("Site", found.site), ("Started", found.started)]
    lines += [("Runs", f"{found.repeat} of each"), ("Baseline", found.baseline.name)]
    lines += [(label.capitalize(), value) for label, value in found.setting.items()]
    lines += [("Verdict" if not n else "", text) for n, text in enumerate(found.verdict())]
    lines += [(one.verdict.capitalize(), f"{one.name}: {one.why}") for one in found.unranked]
    lines += [("Note", text) for text in found.notes]
    if found.advice:
        lines += [("What limits it", found.advice.says), *(("", text) for text in found.advice.sums)]
        lines += [("Use", found.advice.flags)]
    lines.append(("How", NOTE))
    for label, text in lines:
        sheet.append([label, _safe(text)])
    for number, (label_cell, text_cell) in enumerate(sheet.iter_rows(), 1):
        label_cell.font = _BOLD
        label_cell.alignment = Alignment(vertical="top")
        text_cell.alignment = Alignment(wrap_text=True, vertical="top")
        text_cell.data_type = "s"  # never a formula
        sheet.row_dimensions[number].height = 15 * math.ceil(len(str(text_cell.value)) / 105)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 16, 100


def _figures(sheet: Worksheet, found: Comparison) -> None:
    columns = [each for each in COLUMNS if any(each.value(found, one) is not None for one in found.ranked)]
    rows = [[one.name, *(each.value(found, one) for each in columns)] for one in found.ranked]
    _table(sheet, ["combination", *(each.head for each in columns)], rows)


def _runs(sheet: Worksheet, found: Comparison) -> None:
    rows = []
    for one in found.entrants:
        rows += [_run(one.name, "warm-up", one.warm_up)] if one.warm_up else []
        rows += [_run(one.name, number, run) for number, run in enumerate(one.runs, 1)]
    _table(sheet, ["combination", "run", *(f"{name} s" if name in _RUN[:5] else name for name in _RUN), "digest"], rows)


def _run(name: str, number: int | str, run: Run) -> list[Any]:
    return [name, number, *(getattr(run, each) for each in _RUN), run.digest[:12]]


def _table(sheet: Worksheet, heads: list[str], rows: list[list[Any]]) -> None:
    sheet.append(heads)
    for row in rows:
        sheet.append([_plain(value) for value in row])
    for cell in sheet[1]:
        cell.font, cell.fill = _WHITE, _HEAD
        cell.alignment = Alignment(horizontal="left" if cell.column == 1 else "right")
    for cells in sheet.iter_rows(min_row=2):
        for cell in cells:
            if isinstance(cell.value, float):
                cell.number_format = "#,##0.00" if abs(cell.value) < 1000 else "#,##0"
            elif isinstance(cell.value, int):
                cell.number_format = "#,##0"
    for number, cells in enumerate(sheet.columns, 1):
        longest = max(len(_shown(cell.value)) for cell in cells)
        sheet.column_dimensions[get_column_letter(number)].width = longest + 3
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions


def _shown(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else str(value if value is not None else "")


def _plain(value: Any) -> Any:
    """Text without what a cell cannot hold; a whole number without decimals."""
    if isinstance(value, str):
        return _safe(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _safe(text: str) -> str:
    return ILLEGAL_CHARACTERS_RE.sub(" ", text)


# ---- charts


def _charts(sheet: Worksheet, figures: Worksheet, found: Comparison) -> None:
    for place, head in zip(("A1", "L1", "A24"), ("pages/s", "CPU ms/page", "memory MB"), strict=True):
        chart = _bars(figures, head)
        if chart is not None:
            sheet.add_chart(chart, place)
    _speed_lines(sheet, found, "L24")
    sheet.sheet_view.showGridLines = False


def _bars(figures: Worksheet, head: str) -> BarChart | None:
    heads = [cell.value for cell in figures[1]]
    if head not in heads:
        return None
    chart = BarChart()
    chart.type, chart.style, chart.title, chart.legend = "bar", 10, head, None
    column = heads.index(head) + 1
    chart.add_data(Reference(figures, min_col=column, min_row=1, max_row=figures.max_row), titles_from_data=True)
    chart.set_categories(Reference(figures, min_col=1, min_row=2, max_row=figures.max_row))
    chart.y_axis.scaling.min = 0
    chart.x_axis.scaling.orientation = "maxMin"  # the fastest on top
    chart.gapWidth = 40
    chart.y_axis.crosses = "max"  # its figures below, not above
    _size(chart)
    return chart


def _speed_lines(sheet: Worksheet, found: Comparison, place: str) -> None:
    """Speed by number of workers, a line for each strategy and parse place; its data stands below the charts."""
    series = found.by_workers()
    numbers = sorted({workers for points in series.values() for workers in points})
    if all(len(points) < 2 for points in series.values()):
        return
    top = 60
    sheet.cell(top, 1, "workers")
    for column, (name, points) in enumerate(series.items(), 2):
        sheet.cell(top, column, _safe(name))
        for row, workers in enumerate(numbers, top + 1):
            sheet.cell(row, column, points.get(workers))
    for row, workers in enumerate(numbers, top + 1):
        sheet.cell(row, 1, workers)
    chart = LineChart()
    chart.title, chart.style = "pages/s by workers", 10
    last = top + len(numbers)
    data = Reference(sheet, min_col=2, max_col=1 + len(series), min_row=top, max_row=last)
    chart.add_data(data, titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=top + 1, max_row=last))
    chart.y_axis.scaling.min = 0
    chart.legend = Legend()
    chart.legend.position = "b"
    for line in chart.series:
        line.marker.symbol, line.smooth = "circle", False
    _size(chart)
    sheet.add_chart(chart, place)


def _size(chart: BarChart | LineChart) -> None:
    chart.width, chart.height = 18, 11
    chart.y_axis.number_format = "#,##0"
    chart.y_axis.majorGridlines = ChartLines(spPr=GraphicalProperties(ln=LineProperties(solidFill="D9D9D9")))
    chart.x_axis.delete = chart.y_axis.delete = False  # openpyxl leaves it unsaid, and some programs hide them then
    chart.layout = Layout(manualLayout=ManualLayout(x=0.02, y=0.02, w=0.96, h=0.9))
