"""report.xlsx, read back: sheets, house style, numbers, charts; and a machine without XlsxWriter."""

import io
import math
from dataclasses import replace

import pytest
from openpyxl import load_workbook

from crawler.compare import workbook
from crawler.compare.reports import write_reports
from crawler.compare.workbook import as_workbook
from crawler.export import package
from tests.compare.test_outcome import FAST, HOSTILE, SLOW, comparison, entrant


@pytest.fixture(scope="module")
def book():
    found = comparison(SLOW, FAST, entrant("threads", [0.5, 0.51, 0.52], 16), notes=[HOSTILE])
    return load_workbook(io.BytesIO(as_workbook(found)))


def test_the_sheets_are_there_in_order(book):
    assert book.sheetnames == ["Summary", "Figures", "Charts", "By workers", "Runs"]


def test_numbers_are_numbers_in_order_of_rank(book):
    sheet = book["Figures"]
    assert [cell.value for cell in sheet["A"]] == [
        "combination", "threads/16/worker", "threads/4/worker", "serial/1/worker"
    ]  # fmt: skip
    assert sheet["B1"].value == "pages/s"
    assert sheet["B2"].value == pytest.approx(196.1, abs=0.1)
    assert sheet["B2"].number_format == "#,##0.00"
    by_head = {cell.value: sheet.cell(2, cell.column) for cell in sheet[1]}
    assert (by_head["bytes"].value, by_head["bytes"].number_format) == (1_000_000, "#,##0")


@pytest.mark.parametrize("name", ["Figures", "By workers", "Runs"])
def test_tables_look_like_those_of_a_crawl(book, name):
    sheet = book[name]
    head = sheet["A1"]
    assert (head.font.name, head.font.bold, head.font.color.rgb) == ("Calibri", True, f"FF{package.HEADER_INK}")
    assert head.fill.fgColor.rgb == f"FF{package.HEADER_FILL}"
    assert head.border.bottom.color.rgb == f"FF{package.HEADER_RULE}"
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == sheet.dimensions
    assert sheet.print_title_rows == "$1:$1"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    for column in sheet.iter_cols():
        longest = max(len(str(cell.value)) for cell in column if isinstance(cell.value, str))
        assert sheet.column_dimensions[column[0].column_letter].width >= longest + 2


def test_every_run_has_a_row_and_text_is_never_a_formula(book):
    assert book["Runs"].max_row == 1 + 5 + 5 + 3
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert any(str(cell.value).startswith("=cmd|") for cell in cells)


def test_charts_show_the_cells_of_the_tables(book):
    *bars, lines = book["Charts"]._charts
    figures = [chart.series[0].val.numRef.f for chart in bars]
    assert figures[0] == "Figures!$B$2:$B$4"
    heads = {cell.column_letter: cell.value for cell in book["Figures"][1]}
    assert [heads[ref.split("$")[1]] for ref in figures] == ["pages/s", "CPU ms/page", "memory MB"]
    assert all(chart.y_axis.scaling.min == 0 for chart in [*bars, lines])
    assert [each.val.numRef.f for each in lines.series] == ["'By workers'!$B$2:$B$4", "'By workers'!$C$2:$C$4"]
    assert [cell.value for cell in book["By workers"][1]] == ["workers", "serial/worker", "threads/worker"]


def test_a_value_that_is_no_number_for_excel_becomes_text():
    never = entrant("queue", [1.0])
    never.runs[0] = replace(never.runs[0], wall=math.inf)
    book = load_workbook(io.BytesIO(as_workbook(comparison(never))))
    assert "inf" in [cell.value for cell in book["Runs"][2]]


def test_without_xlsxwriter_the_other_reports_are_written(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "find_spec", lambda name: None)
    files = write_reports(comparison(FAST, SLOW), tmp_path)
    assert [path.name for path in files] == ["results.json", "report.md", "report.html"]
    assert workbook.why_not().startswith("report.xlsx needs XlsxWriter; install it with: ")
    assert "[compare]" in workbook.why_not()
