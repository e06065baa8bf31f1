import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from crawler.errors import OutputError
from crawler.export.cells import Limits
from crawler.export.xlsx import write
from crawler.model import Column, Money, Row, Table
from tests.support.jobs import ROOT
from tests.support.result import MemoryResult, one_table
from tests.support.workbook import assert_whole, column, formulas, opened, shown

NOW = datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC)


def made(result, tmp_path, **limits):
    path = tmp_path / "o.xlsx"
    written = write(result, path, now=NOW, limits=Limits(**limits))
    return written, opened(path)


def reasons(book):
    return [(row[1], row[5]) for row in book["Problems"].iter_rows(2, values_only=True)]


def test_a_sheet_for_each_table_then_summary_and_problems(tmp_path):
    tables = {Table("quotes", (Column("a"),)): [Row({"a": "x"})], Table("authors", (Column("b"),)): []}
    written, book = made(MemoryResult(tables), tmp_path)
    assert book.sheetnames == ["quotes", "authors", "Summary", "Problems"]
    assert (written.rows, written.altered) == ({"quotes": 1, "authors": 0}, 0)
    assert written.files == (tmp_path / "o.xlsx",)


def test_looks(tmp_path):
    sheet = made(one_table("x" * 100, "y"), tmp_path)[1]["t"]
    assert (sheet["A1"].font.bold, sheet["A1"].fill.fill_type, sheet["A2"].font.bold) == (True, "solid", False)
    assert (sheet.freeze_panes, sheet.sheet_view.pane.state, sheet.auto_filter.ref) == ("A2", "frozen", "A1:A3")
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert (sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.print_title_rows) == (True, "$1:$1")
    assert (sheet.column_dimensions["A"].width, sheet["A2"].alignment.wrap_text) == (60, None)


def test_values_are_real_numbers_dates_and_booleans(tmp_path):
    values = [7, Decimal("9.95"), Money(Decimal("51.77"), "£"), date(2024, 2, 29), datetime(2024, 2, 29, 1, 2, 3), True]
    book = made(one_table(*values), tmp_path)[1]
    assert column(book["t"]) == [7, 9.95, 51.77, datetime(2024, 2, 29), datetime(2024, 2, 29, 1, 2, 3), True]
    assert book["t"]["A4"].number_format == '"£"#,##0.00'


def test_white_space_at_the_ends_of_text_is_marked_for_excel_would_strip_it(tmp_path):
    made(one_table(" a", "b\n", "c d", "\t"), tmp_path)
    with ZipFile(tmp_path / "o.xlsx") as parts:
        texts = list(etree.fromstring(parts.read("xl/worksheets/sheet1.xml")).iter("{*}t"))
    kept = [element.text for element in texts if "preserve" in element.attrib.values()]
    assert kept == [" a", "b\n", "\t"]


def test_fault_142_missing_and_extra_values_leave_the_columns_as_they_are(tmp_path):
    table = Table("t", (Column("a"), Column("b"), Column("c")))
    result = MemoryResult({table: [Row({"c": 1}), Row({"a": "x", "z": 9}), Row({})]})
    rows = list(made(result, tmp_path)[1]["t"].iter_rows(values_only=True))
    assert rows[:3] == [("a", "b", "c"), (None, None, 1), ("x", None, None)]


def test_url_columns_are_links_and_others_are_not(tmp_path):
    table = Table("t", (Column("u", "url"), Column("v")))
    rows = [Row({"u": "http://h/a b?x=1&y=2", "v": "http://h/"}), Row({"u": "javascript:x"})]
    sheet = made(MemoryResult({table: rows}), tmp_path)[1]["t"]
    assert sheet["A2"].hyperlink.target == "http://h/a%20b?x=1&y=2"
    assert (sheet["A2"].value, sheet["A2"].font.underline) == ("http://h/a b?x=1&y=2", "single")
    assert (sheet["B2"].hyperlink, sheet["A3"].hyperlink, sheet["A3"].value) == (None, None, "javascript:x")


def test_fault_138_links_beyond_the_limit_are_text_with_one_note(tmp_path):
    result = one_table(*(f"http://h/{number}" for number in range(5)), type="url")
    written, book = made(result, tmp_path, links=3)
    linked = [book["t"].cell(row, 1).hyperlink is not None for row in range(2, 7)]
    assert linked == [True, True, True, False, False]
    assert column(book["t"]) == [f"http://h/{number}" for number in range(5)]
    assert reasons(book) == [("too-many-links", "t")]
    assert written.altered == 0


def test_fault_136_more_rows_than_a_sheet_holds_go_on_another(tmp_path):
    written, book = made(one_table(*range(7)), tmp_path, rows=4)
    assert book.sheetnames == ["t", "t (2)", "t (3)", "Summary", "Problems"]
    assert [column(book[name]) for name in book.sheetnames[:3]] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [book[name]["A1"].value for name in book.sheetnames[:3]] == ["v"] * 3
    assert written.rows == {"t": 7}


def test_fault_136_exactly_full_makes_no_empty_sheet(tmp_path):
    assert made(one_table(*range(3)), tmp_path, rows=4)[1].sheetnames == ["t", "Summary", "Problems"]


def test_fault_136_a_sheet_that_grows_too_large_in_bytes_goes_on_too(tmp_path):
    written, book = made(one_table(*("x" * 30_000 for _ in range(9))), tmp_path, part=100_000)
    assert (written.rows, book.sheetnames[:2]) == ({"t": 9}, ["t", "t (2)"])
    assert sum(len(column(sheet)) for sheet in book.worksheets[:-2]) == 9


def test_fault_137_too_many_columns_stop_with_advice(tmp_path):
    table = Table("t", tuple(Column(f"c{number}") for number in range(4)))
    with pytest.raises(OutputError, match=r"4 columns.*\.csv"):
        write(MemoryResult({table: []}), tmp_path / "o.xlsx", now=NOW, limits=Limits(columns=3))
    assert list(tmp_path.iterdir()) == []


def test_fault_139_renamed_sheets_are_noted(tmp_path):
    tables = {Table(name, (Column("v"),)): [Row({"v": 1})] for name in ("Summary", "a/b", "ok", "History")}
    book = made(MemoryResult(tables), tmp_path)[1]
    assert book.sheetnames == ["Summary (2)", "a-b", "ok", "History (2)", "Summary", "Problems"]
    assert reasons(book) == [("renamed", "Summary"), ("renamed", "a/b"), ("renamed", "History")]


def test_fault_130_hostile_names_of_tables_and_columns_are_text(tmp_path):
    table = Table("=1+1", (Column("=cmd|' /C calc'!A0"), Column("#N/A"), Column("\x00"), Column("")))
    book = made(MemoryResult({table: [Row({})]}), tmp_path)[1]
    assert formulas(book) == []
    assert [cell.value for cell in book["=1+1"][1]] == ["=cmd|' /C calc'!A0", "#N/A", "\ufffd", None]


def test_fault_152_zero_records(tmp_path):
    written, book = made(one_table(), tmp_path)
    assert (book["t"]["A1"].value, book["t"].max_row, written.rows) == ("v", 1, {"t": 0})
    assert book["t"].auto_filter.ref == "A1:A1"


def test_a_table_without_columns(tmp_path):
    written, book = made(MemoryResult({Table("t", ()): [Row({"x": 1})]}), tmp_path)
    assert (written.rows, book["t"]["A1"].value) == ({"t": 1}, None)


def test_no_table_at_all(tmp_path):
    assert made(MemoryResult({}), tmp_path)[1].sheetnames == ["Summary", "Problems"]


def test_altered_cells_are_counted_and_listed_with_their_page(tmp_path):
    written, book = made(one_table("a\x00", "b" * 21, "c", 10**15, url="http://h/p"), tmp_path, text=20)
    assert written.altered == 3
    assert reasons(book) == [("bad-characters", "t.v"), ("too-long-for-excel", "t.v"), ("too-precise", "t.v")]
    assert book["Problems"]["D2"].hyperlink.target == "http://h/p"


def test_fault_147_an_error_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "o.xlsx"
    write(one_table("old"), path, now=NOW)
    before = path.read_bytes()

    def rows():
        yield from (Row({"v": "x"}) for _ in range(500))
        raise RuntimeError("store gone")

    with pytest.raises(RuntimeError, match="store gone"):
        write(MemoryResult({Table("t", (Column("v"),)): rows}), path, now=NOW)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (before, [path])


VALUES = st.one_of(
    st.text(st.characters(), max_size=60),
    st.text("_x0041=+-@#N/A\t\r\n ٣😀\x00\x1f\ud800", max_size=30),
    st.sampled_from(["#N/A", "#REF!", "=1", "TRUE", "1E5", "00", " ", "\n", "=", "{=1}", "&<>\"'", "]]>"]),
    st.integers(-(10**20), 10**20),
    st.booleans(),
    st.decimals(places=2, min_value=-(10**12), max_value=10**12),
    st.decimals(),
    st.builds(Money, st.decimals(), st.text(st.characters(), max_size=4)),
    st.dates(),
    st.datetimes(),
    st.lists(st.text(max_size=5), max_size=3).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(values=st.lists(VALUES, min_size=1, max_size=25))
def test_excel_truth_every_value_is_read_back_equal_or_flagged(values, tmp_path_factory):
    path = tmp_path_factory.mktemp("truth") / "o.xlsx"
    result = MemoryResult(
        {Table("t", (Column("v"),)): [Row({"v": value}, url=f"http://h/{row}") for row, value in enumerate(values)]}
    )
    write(result, path, now=NOW)
    book = opened(path)
    flagged = {row[3] for row in book["Problems"].iter_rows(2, values_only=True)}
    assert formulas(book) == []
    for row, value in enumerate(values):
        cell = book["t"].cell(row + 2, 1)
        assert f"http://h/{row}" in flagged or equal(value, cell), (value, cell.value)


def equal(value, cell):
    found = shown(cell.value)
    if isinstance(value, Money):
        value = value.amount
    if isinstance(value, tuple):
        value = "; ".join(value)
    if value in (None, "", ()):
        return found is None
    if isinstance(value, datetime):
        return abs((found - value).total_seconds()) <= 0.001  # Excel keeps milliseconds
    if isinstance(value, date):
        return found.date() == value
    if isinstance(value, Decimal):
        return float(value) == found
    return type(found) is type(value) and found == value


SURE = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff_"), min_size=1),
    st.sampled_from(["http://h/", "http://h/?a=1&b=<2>", "=1+1", " lead", "a\tb\nc\r\nd", "x" * 70_000]),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.booleans(),
    st.decimals(-(10**12), 10**12, places=2),
    st.dates(min_value=date(1900, 3, 1)),
)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), width=st.integers(1, 30), count=st.integers(1, 12))
def test_every_value_stands_in_its_own_cell(data, width, count, tmp_path_factory):
    path = tmp_path_factory.mktemp("grid") / "o.xlsx"
    names = [f"c{number}" for number in range(width)]
    table = Table("t", tuple(Column(name, "url" if number % 3 == 2 else "text") for number, name in enumerate(names)))
    grid = [[data.draw(SURE) if data.draw(st.booleans()) else None for _ in names] for _ in range(count)]
    rows = [Row(dict(zip(names, values, strict=True)), url="http://h/p") for values in grid]
    write(MemoryResult({table: rows}), path, now=NOW, limits=Limits(text=80_000))
    book = opened(path)
    assert formulas(book) == []
    assert [cell.value for cell in book["t"][1]] == names
    for number, values in enumerate(grid, 2):
        for place, value in enumerate(values, 1):
            cell = book["t"].cell(number, place)
            assert equal(value, cell), (value, cell.value)
            leads = place % 3 == 0 and isinstance(value, str) and value.startswith("http://h/")
            assert (cell.hyperlink is not None) == leads


def test_fault_144_151_same_bytes_in_any_zone_and_locale(tmp_path):
    code = (
        "import sys; from pathlib import Path; from datetime import *; from decimal import Decimal\n"
        "from tests.support.result import one_table\n"
        "from crawler.export import export; from crawler.model import Money\n"
        "values = [date(2024, 2, 29), datetime(2024, 1, 1, 5, tzinfo=UTC), 'é😀', Money(Decimal('1.5'), '€'), 7]\n"
        "export(one_table(*values), Path(sys.argv[1]), now=datetime(2026, 1, 2, 3, 4, 6, tzinfo=timezone.utc))\n"
    )
    hosts = [{}, {"TZ": "Asia/Kolkata", "LC_ALL": "C", "PYTHONHASHSEED": "1"}, {"TZ": "Pacific/Apia", "LANG": "de_DE"}]
    seen = set()
    for number, host in enumerate(hosts):
        path = tmp_path / f"{number}.xlsx"
        env = {"PYTHONPATH": str(ROOT), **host}
        subprocess.run([sys.executable, "-c", code, path], env=env, check=True, umask=0o077 if number else 0o022)
        assert_whole(path)
        seen.add(path.read_bytes())
    assert len(seen) == 1


def test_the_file_shows_now_and_no_other_time(tmp_path):
    book = made(one_table("x"), tmp_path)[1]
    assert (book.properties.creator, book.properties.created) == ("crawler", datetime(2026, 1, 2, 3, 4, 6))
    assert book.properties.modified == book.properties.created


def test_fault_199_a_missing_temporary_directory_does_not_matter(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    written, _ = made(one_table(*range(500)), tmp_path)
    assert written.rows == {"t": 500}
