"""report.xlsx, read back: sheets, house style, numbers, charts; and a machine without XlsxWriter."""

import io
import math
from dataclasses import replace

import pytest
from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string

from crawler.compare.outcome import Where
from crawler.compare.reports import workbook
from crawler.compare.reports.workbook import as_workbook
from crawler.compare.reports.write import write_reports
from crawler.export import package
from crawler.trace.read import STATES
from tests.compare.test_outcome import FAST, HOSTILE, RUN, SLOW, comparison, entrant


def set_aside(one, seconds):
    one.set_aside = [replace(RUN, crawl=seconds, round=2)]
    return one


@pytest.fixture(scope="module")
def book():
    wide = set_aside(entrant("threads", [0.5, 0.51, 0.52], 16), 0.9)
    wrong = entrant("queue", [0.1])
    wrong.verdict, wrong.why = "wrong", "it lacks 3 rows"
    found = comparison(SLOW, FAST, wide, wrong, notes=[HOSTILE])
    return load_workbook(io.BytesIO(as_workbook(found)))


def test_the_sheets_are_there_in_order(book):
    assert book.sheetnames == [
        "Summary", "Times the best", "Figures", "Costs", "Speeds", "By workers", "Charts", "Charts 2", "Runs"
    ]  # fmt: skip


def test_the_verdict_stands_first_then_what_is_wrong(book):
    sheet = book["Summary"]
    assert sheet["A1"].value == "Verdict"
    assert "threads/16" in sheet["B1"].value
    assert sheet["B1"].font.bold
    labels = [cell.value for cell in sheet["A"] if cell.value]
    assert labels[:2] == ["Verdict", "Not ranked"]
    assert "queue/4 is wrong: it lacks 3 rows." in [cell.value for cell in sheet["B"]]
    assert not any(cell.value == "queue/4" for cell in book["Figures"]["A"])


def test_numbers_are_numbers_in_order_of_rank(book):
    sheet = book["Figures"]
    assert [cell.value for cell in sheet["A"]] == ["combination", "threads/16", "threads/4", "serial/1"]
    assert sheet["B1"].value == "pages/s"
    assert sheet["B2"].value == pytest.approx(196, abs=1)
    assert sheet["B2"].number_format == "#,##0.00"
    costs = book["Costs"]
    by_head = {cell.value: costs.cell(2, cell.column) for cell in costs[1]}
    assert (by_head["bytes"].value, by_head["bytes"].number_format) == (1_000_000, "#,##0")


@pytest.mark.parametrize("name", ["Times the best", "Figures", "Costs", "Speeds", "By workers", "Runs"])
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
        assert width_of(sheet, column[0].column) >= longest + 2


def test_where_the_time_of_the_workers_went_has_a_sheet():
    one = entrant("threads", [1.0, 1.1])
    shares = dict.fromkeys(STATES, 0.0) | {"fetch": 0.75, "idle": 0.25}
    one.where = Where(shares, "4 threads spent 75 % of their time fetching, 25 % idle", "", "")
    sheet = load_workbook(io.BytesIO(as_workbook(comparison(one, entrant("serial", [2.0, 2.1])))))["Workers"]
    assert [*sheet.values] == [("combination", "% fetching", "% idle"), ("threads/4", 75, 25)]


def test_outliers_and_runs_that_were_set_aside_stand_apart():
    one = set_aside(entrant("threads", [1.0, 1.1, 1.2]), 0.9)
    one.runs[1] = replace(one.runs[1], outlier=1.5)
    book = load_workbook(io.BytesIO(as_workbook(comparison(one, entrant("serial", [2.0, 2.1, 2.2])))))
    heads = [cell.value for cell in book["Speeds"][1]][4:]
    assert heads == ["run 1", "run 2", "run 3", "outlier 1", "set aside 1"]
    row = next(row for row in book["Speeds"].values if row[0] == "threads/4" and row[7])
    assert row[6] is None  # two usual runs
    assert row[7] == pytest.approx(one.runs[1].pages_a_second)
    rounds = [row[1] for row in book["Runs"].values]
    assert "2, outlier" in rounds
    assert "2, set aside" in rounds


def width_of(sheet, number):
    """Columns of one width are stored as one."""
    return next(each.width for each in sheet.column_dimensions.values() if each.min <= number <= each.max)


def test_every_run_has_a_row_and_text_is_never_a_formula(book):
    assert book["Runs"].max_row == 1 + 5 + 5 + (3 + 1) + 1
    assert "2, set aside" in [cell.value for cell in book["Runs"]["B"]]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert any(str(cell.value).startswith("=cmd|") for cell in cells)


def test_charts_show_the_cells_of_the_tables(book):
    charts = {"".join(run.t for run in chart.title.tx.rich.p[0].r): chart for chart in drawn(book)}
    speed, workers, ratios, parts, cpu, memory = charts.values()
    heads = {name: {cell.column_letter: cell.value for cell in book[name][1]} for name in book.sheetnames}

    def shown(chart):
        refs = [each.val.numRef.f.replace("'", "").split("!") for each in chart.series]
        assert all(ref.endswith("$4") for _, ref in refs)
        return [heads[sheet][ref.split("$")[1]] for sheet, ref in refs]

    assert shown(speed) == ["run 1", "run 2", "run 3", "run 4", "run 5", "set aside 1", "pages/s"]
    assert shown(workers) == ["serial", "threads"]
    assert shown(ratios) == ["crawl", "whole run", "CPU"]
    assert shown(parts) == ["crawl s", "start-up s", "close s"]
    assert (shown(cpu), shown(memory)) == (["CPU ms/page"], ["memory MB"])
    assert all(chart.y_axis.scaling.min == 0 for chart in charts.values())


def drawn(book):
    return [chart for sheet in book if sheet.title.startswith("Charts") for chart in sheet._charts]


def test_the_interval_of_each_speed_comes_from_its_cells(book):
    bars = drawn(book)[0].series[-1].errBars
    assert (bars.minus.numRef.f, bars.plus.numRef.f) == ("'Speeds'!$C$2:$C$4", "'Speeds'!$D$2:$D$4")
    sheet = book["Speeds"]
    assert sheet["C2"].value is None  # the first is what the others are held against
    assert 0 < sheet["C3"].value < sheet["B3"].value


def test_the_interval_of_each_ratio_is_drawn_whole(book):
    chart = next(each for each in drawn(book) if len(each.series) == 3 and each.series[0].errBars)
    sheet = book["Times the best"]
    crawl = chart.series[0].errBars
    assert (crawl.minus.numRef.f, crawl.plus.numRef.f) == (
        "'Times the best'!$N$2:$N$4",
        "'Times the best'!$O$2:$O$4",
    )
    ratio, low, high, down, up = (sheet[f"{column}4"].value for column in "BCDNO")
    assert (ratio - down, ratio + up) == pytest.approx((low, high))
    assert chart.y_axis.scaling.max >= high
    assert sheet.print_area == "'Times the best'!$A$1:$M$4"


@pytest.mark.parametrize("count", [3, 20])
def test_every_chart_is_whole_on_a_page(count):
    entrants = [entrant("threads", [0.1 * n, 0.11 * n], n) for n in range(1, count + 1)]
    book = load_workbook(io.BytesIO(as_workbook(comparison(*entrants))))
    for sheet in book:
        if sheet.title.startswith("Charts"):
            setup = sheet.page_setup
            assert (setup.orientation, setup.fitToWidth, setup.fitToHeight) == ("landscape", None, None)  # 1 and 1
            assert sheet.sheet_properties.pageSetUpPr.fitToPage
            right, bottom = sheet.print_area.split(":")[1].replace("$", " ").split()
            for chart in sheet._charts:
                corner = chart.anchor.to
                assert corner.row < int(bottom)
                assert corner.col < column_index_from_string(right)


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
