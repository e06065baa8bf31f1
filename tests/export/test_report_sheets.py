from datetime import UTC, datetime

from crawler.export.cells import Limits
from crawler.export.xlsx import write
from crawler.model import Problem
from tests.support.result import one_table
from tests.support.workbook import formulas, opened

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def made(tmp_path, *values, limits=None, **parts):
    path = tmp_path / "o.xlsx"
    write(one_table(*values, **parts), path, now=NOW, limits=limits)
    return opened(path)


def test_summary_has_headings_empty_lines_and_values_of_their_type(tmp_path):
    lines = [("Run", None), ("Pages", 12), ("",), ("Start", "http://h/"), ("Note", "=1+1"), ("When", NOW)]
    sheet = made(tmp_path, lines=lines)["Summary"]
    assert [row[:2] for row in sheet.iter_rows(values_only=True)] == [
        ("Run", None), ("Pages", 12), (None, None), ("Start", "http://h/"), ("Note", "=1+1"),
        ("When", datetime(2026, 1, 2)),
    ]  # fmt: skip
    assert (sheet["A1"].font.bold, sheet["A2"].font.bold) == (True, False)
    assert (sheet["B4"].hyperlink.target, sheet["B5"].data_type) == ("http://h/", "s")
    assert sheet["B2"].alignment.horizontal == "left"


def test_summary_with_figures_of_today_and_of_last_time(tmp_path):
    lines = [("Rows", None, "Now", "Last"), ("books", 5, 60), ("new", 5, None), ("Job", "shop")]
    sheet = made(tmp_path, lines=lines)["Summary"]
    assert list(sheet.iter_rows(values_only=True)) == [
        ("Rows", "Now", "Last", None), ("books", 5, 60, None), ("new", 5, None, None), ("Job", "shop", None, None),
    ]  # fmt: skip
    assert [cell.font.bold for cell in sheet[1]] == [True] * 4  # the bar of a heading goes on to the right
    assert sheet["C2"].alignment.horizontal == "left"


def test_a_long_text_of_the_summary_goes_on_in_the_next_rows(tmp_path):
    text = " ".join(["word"] * 40)
    rows = list(made(tmp_path, lines=[("Long", text), ("Short", "x")])["Summary"].iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["Long", None, None, "Short"]
    assert " ".join(row[1] for row in rows[:3]) == text
    assert max(len(row[1]) for row in rows) <= 85


def test_problems_in_order_then_altered_cells(tmp_path):
    found = [
        Problem("failed", "http-404", "Not Found", "http://h/dead", "http://h/list", attempts=3),
        Problem("cell", "not-a-number", "call us", "http://h/1", where="t.v"),
    ]
    sheet = made(tmp_path, "a\x00", found=found)["Problems"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("State", "Cause", "What happened", "URL", "Found on", "Where", "Attempts")
    assert rows[1] == ("failed", "http-404", "Not Found", "http://h/dead", "http://h/list", None, 3)
    assert rows[2] == ("cell", "not-a-number", "call us", "http://h/1", None, "t.v", None)
    assert (rows[3][:2], rows[3][3], rows[3][5]) == (("cell", "bad-characters"), "http://h/p", "t.v")
    assert (sheet["D2"].hyperlink.target, sheet["E2"].hyperlink.target) == ("http://h/dead", "http://h/list")
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:G4")


def test_no_problem_says_so(tmp_path):
    assert made(tmp_path, "x")["Problems"]["A2"].value.startswith("No problems")


def test_problems_are_bounded_and_the_last_line_counts_the_rest(tmp_path):
    found = [Problem("failed", "refused", "", f"http://h/{number}") for number in range(10)]
    sheet = made(tmp_path, found=found, limits=Limits(rows=6))["Problems"]
    assert (sheet.max_row, sheet["D5"].value, sheet["A6"].value) == (6, "http://h/3", "... and 6 more")


def test_problems_that_just_fit_are_all_there(tmp_path):
    found = [Problem("failed", "refused", "", f"http://h/{number}") for number in range(5)]
    sheet = made(tmp_path, found=found, limits=Limits(rows=6))["Problems"]
    assert (sheet.max_row, sheet["D6"].value) == (6, "http://h/4")


def test_fault_154_a_hostile_failure_list(tmp_path):
    hostile = ["=1+1", "\x1b[31m", "#N/A", "a\nb", "\ud800", "javascript:x"]
    found = [Problem(text, text, text, text, text, text) for text in hostile]
    book = made(tmp_path, found=found, lines=[(text, text) for text in hostile])
    assert formulas(book) == []
    assert [row[0].value for row in book["Problems"].iter_rows(2)][:3] == ["=1+1", "\ufffd[31m", "#N/A"]
    assert all(cell.hyperlink is None for row in book["Problems"].iter_rows() for cell in row)
