import io
import time
import tracemalloc
import zipfile
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.errors import ExtractError
from crawler.extract import xlsx
from crawler.extract.sheets import read_csv, read_xlsx


def csv_of(text):
    sheet = read_csv(text)
    return sheet.headings, list(sheet.rows)


TWO = (("Name", "Price"), [("Elm", "1,5"), ("Oak", None)])


@pytest.mark.parametrize(
    "text",
    [
        'Name,Price\nElm,"1,5"\nOak,\n',
        "Name;Price\nElm;1,5\nOak;\n",
        "Name\tPrice\nElm\t1,5\nOak\t\n",
        "Name|Price\nElm|1,5\nOak|",
        '\ufeff"Name";"Price"\r\n"Elm";"1,5"\r\n\r\n"Oak";""\r\n',
        "Name;Price\rElm;1,5\rOak;",
        "sep=;\r\nName;Price\nElm;1,5\nOak",
        "\n\n;;\nName ; Price \nElm;1,5;more\n;;\nOak\n   \n",
        "Name;Price;\nElm;1,5;\nOak;;\n",
    ],
)
def test_csv_is_read_whatever_the_delimiter_and_the_line_ends(text):
    assert csv_of(text) == TWO


def test_the_delimiter_is_the_one_that_makes_the_same_columns_of_most_lines():
    assert csv_of("Date, time|Value|Unit\n1|2|3\n")[0] == ("Date, time", "Value", "Unit")
    assert csv_of('Name,"a;b;c;d"\nx,y\n')[0] == ("Name", "a;b;c;d")
    assert csv_of("a;b,c\n1;2\n3;4\n")[0] == ("a", "b,c")


def test_a_file_without_a_delimiter_has_one_column():
    assert csv_of("Name\nElm\nOak\n") == (("Name",), [("Elm",), ("Oak",)])


def test_quotes_hold_delimiters_line_ends_and_quotes():
    assert csv_of('a,b\n"1,\n2","say ""x"""\n')[1] == [("1,\n2", 'say "x"')]


def test_only_line_ends_end_lines():
    assert csv_of("a,b\n1\x0b2\u2028,3\x85\n")[1] == [("1\x0b2\u2028", "3\x85")]


def test_headings_in_angle_brackets_are_no_markup():
    assert csv_of("<DATE>;<OPEN>\n1;2\n")[0] == ("<DATE>", "<OPEN>")


def test_columns_of_a_sheet_are_found_as_labels():
    sheet = read_csv("Name,Price (EUR),name\n1,2,3\n")
    assert (sheet.column("price (eur):"), sheet.column(3), sheet.column("no"), sheet.twice) == (1, 2, None, ("Name",))


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "it is empty"),
        (" \n\n", "it is empty"),
        (";;\n;;\n", "it is empty"),
        ("\n<!DOCTYPE html><p>x,y", "a page of HTML"),
        ("<HTML><p>x,y", "a page of HTML"),
        ('{"error": "no, none"}', "JSON"),
        ('[{"a": 1}]', "JSON"),
        ("PK\x03\x04abc", "format: xlsx"),
        ("%PDF-1.7", "PDF"),
        ("a,b\n\x00\x01,2", "it is no text"),
        ("\ufffd\ufffda,b", "it is no text"),
        ('a,b\n1,"' + "x,\n" * 100_000, "is the quote at the end of a cell missing"),
        ("a,b\n1," + "x" * 200_000, "larger than field limit"),
        ("a,b\n" + "," * 1_000_000, "line 2 has more than 16,384 cells"),
        ("x," * 1_000_000, "line 1 has more than 16,384 cells"),
    ],
)
def test_what_is_no_csv_is_named(text, detail):
    with pytest.raises(ExtractError, match=detail) as error:
        csv_of(text)
    assert error.value.code == "not-csv"


def test_rows_of_csv_are_read_one_by_one():
    text = "a,b\n" + "123456,abcdefgh\n" * 20_000
    tracemalloc.start()
    assert sum(1 for _ in read_csv(text).rows) == 20_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 250_000


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    with suppress(ExtractError):
        headings, rows = csv_of(text)
        assert {len(row) for row in rows} <= {len(headings)}


WORD = st.text(st.characters(blacklist_categories=["C", "Z"], blacklist_characters='\ufffd"'), min_size=1, max_size=5)


@given(st.lists(st.lists(WORD, min_size=3, max_size=3), min_size=2, max_size=6), st.sampled_from(",;\t|"))
def test_what_is_quoted_comes_back(lines, delimiter):
    lines[0] = ["Name", "Price", "Site"]
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    assert csv_of(text) == (tuple(lines[0]), [tuple(line) for line in lines[1:]])


# Excel


def workbook(rows, **more):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for title, others in more.items():
        sheet = book.create_sheet(title)
        for row in others:
            sheet.append(row)
    return book


def saved(book):
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xlsx_of(body):
    sheet = read_xlsx(body)
    return sheet.headings, list(sheet.rows)


def test_cells_of_excel_have_their_types():
    now = datetime(2026, 3, 1, 12, 30, 15)
    values = ["Elm & Öak", 5, 1.5, 0.1 + 0.2, True, date(2026, 3, 1), now, None, "=1+1", 1e20, -3, "\n x"]
    book = workbook([[f"h{number}" for number, _ in enumerate(values)], values])
    book.active["M1"] = "over"
    [row] = xlsx_of(saved(book))[1]
    expected = ["Elm & Öak", 5, Decimal("1.5"), Decimal("0.3"), True, date(2026, 3, 1), now, None, None]
    assert list(row) == [*expected, 10**20, -3, "\n x", None]
    assert [type(value) for value in row[:7]] == [str, int, Decimal, Decimal, bool, date, datetime]


def test_empty_rows_and_places_are_passed_over():
    book = workbook([])
    book.active["B3"], book.active["D3"], book.active["D9"] = "Name", "Price", 7
    book.active["F9"] = "beyond"
    assert xlsx_of(saved(book)) == (("", "Name", "", "Price"), [(None, None, None, 7)])


def test_the_first_visible_sheet_with_a_cell_is_read():
    book = workbook([], hidden=[["no"]], data=[["Name"], ["Elm"]], more=[["no"]])
    book["hidden"].sheet_state = "hidden"
    assert xlsx_of(saved(book)) == (("Name",), [("Elm",)])


def cell(inner, attributes=""):
    return f'<row><c r="A1" t="inlineStr"><is><t>head</t></is></c></row><row><c {attributes}>{inner}</c></row>'


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
BOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{REL}">{{}}<sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'
)


def package(data, book="", strings="", styles="", **parts):
    files = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships xmlns="{RELS}"><Relationship Type="{REL}/officeDocument" Id="x"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": BOOK.format(book),
        "xl/_rels/workbook.xml.rels": f'<Relationships><Relationship Type="{REL}/worksheet" Id="r1"'
        ' Target="/xl/worksheets/one.xml"/></Relationships>',
        "xl/worksheets/one.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{data}</sheetData></worksheet>',
        "xl/sharedStrings.xml": strings or "<sst/>",
        "xl/styles.xml": styles or "<styleSheet/>",
        **parts,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def one(data, **more):
    rows = xlsx_of(package(data, **more))[1]
    return rows[0][0] if rows else None


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (cell("<f>A1&amp;1</f><v>9</v>"), 9),
        (cell("<f>HYPERLINK(1)</f>"), None),
        (cell("<v>#N/A</v>", 't="e"'), None),
        (cell("<v>1</v>", 't="b"'), True),
        (cell("<v>done</v>", 't="str"'), "done"),
        (cell("<v>2026-03-01</v>", 't="d"'), date(2026, 3, 1)),
        (cell("<v>2026-03-01T10:00:00</v>", 't="d"'), datetime(2026, 3, 1, 10)),
        (cell("<is><r><t>a</t></r><r><t> b_x000D_</t></r><rPh><t>no</t></rPh></is>", 't="inlineStr"'), "a b\r"),
        (cell("<v>1</v>", 't="s"'), "two"),
        (cell("<v>2</v>", 't="s"'), None),
        (cell("<v>99</v>", 't="s"'), None),
        (cell("<v>-1</v>", 't="s"'), None),
        (cell("<v>5</v>", 's="99"'), 5),
        (cell("<v>NaN</v>"), None),
        (cell("<v>1E+999999999</v>"), None),
        (cell("<v>1e300</v>"), Decimal("1e300")),
        (cell("<v>0.30000000000000004</v>"), Decimal("0.3")),
        (cell("<v>x</v>"), "x"),
    ],
)
def test_the_value_of_a_cell(data, value):
    strings = "<sst><si><t>one</t></si><si><r><t>tw</t></r><r><t>o</t></r><rPh><t>no</t></rPh></si><si><t/></si></sst>"
    found = one(data, strings=strings)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("code", "number", "value"),
    [
        ("yyyy-mm-dd", "61", date(1900, 3, 1)),
        ("yyyy-mm-dd", "59", date(1900, 2, 28)),
        ("yyyy-mm-dd", "60", 60),
        ("yyyy-mm-dd", "46082", date(2026, 3, 1)),
        ("d.m.yy h:mm", "46082.75", datetime(2026, 3, 1, 18)),
        ("[$-407]d. mmmm yyyy;@", "46082", date(2026, 3, 1)),
        ("mmm", "46082", date(2026, 3, 1)),
        ("[h]:mm:ss", "1.5", "36:00:00"),
        ("h:mm AM/PM", "0.75", "18:00:00"),
        ("mm:ss", "0.5", "12:00:00"),
        ('0.00 "days"', "3", 3),
        ("[Red]0", "3", 3),
        ("General", "3", 3),
        (r"0\d", "3", 3),
        ("yyyy", "-1", -1),
        ("yyyy", "99999999", 99_999_999),
        ("yyyy", "2958464.9", date(9999, 12, 30)),
    ],
)
def test_a_number_is_a_date_by_its_format(code, number, value):
    code = code.replace('"', "&quot;")
    styles = (
        f'<styleSheet><numFmts><numFmt numFmtId="170" formatCode="{code}"/></numFmts><cellStyleXfs>'
        '<xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs></styleSheet>'
    )
    found = one(cell(f"<v>{number}</v>", 's="1"'), styles=styles)
    assert found == value
    assert type(found) is type(value)


def test_a_workbook_may_count_from_1904():
    styles = '<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>'
    assert one(cell("<v>0</v>"), styles=styles, book='<workbookPr date1904="1"/>') == date(1904, 1, 1)


DTD = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>'
FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
SHEET = "xl/worksheets/one.xml"
BAD = {
    "old": (b"\xd0\xcf\x11\xe0" + b"x" * 99, "old .xls"),
    "protected": (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    "html": (b"<html>", "it is no Excel file"),
    "empty": (b"", "it is no Excel file"),
    "cut": (package(cell("<v>1</v>"))[:-30], "it is broken"),
    "xlsb": (package("", **{"xl/workbook.bin": "x"}), "xlsb"),
    "no cells": (package(""), "no visible sheet holds a cell"),
    "entities": (package("", **{SHEET: f"{DTD}<worksheet>&b;</worksheet>"}), "declares a document type"),
    "a file": (package("", **{"xl/sharedStrings.xml": f"{FILE}<sst><si><t>&a;</t></si></sst>"}), "a document type"),
    "no XML": (package("", **{SHEET: "<worksheet><row>"}), "is broken"),
    "wide": (package('<row><c r="XFE1"><v>1</v></c></row>'), "more than 16,384 cells"),
    "many cells": (package("<row>" + "<c><v>1</v></c>" * 20_000 + "</row>"), "more than 16,384 cells"),
    "a long tag": (package(f'<row x="{"x" * 2_000_000}"/>'), "a tag of more than"),
    "a long cell": (package(cell(f"<v>{'1' * 2_000_000}</v>")), "a cell of more than"),
    "many files": (lambda: package("", **{f"a{number}": "" for number in range(5_001)}), "more than 5,000 files"),
}


def zip_of(name, text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, text)
    return out.getvalue()


BAD["a zip"] = (zip_of("a.csv", "x"), "none of Excel")
BAD["no workbook"] = (zip_of("[Content_Types].xml", "x"), "it holds no workbook")


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_excel_file_is_named(name):
    body, detail = BAD[name]
    with pytest.raises(ExtractError, match=detail) as error:
        xlsx_of(body() if callable(body) else body)
    assert error.value.code == "not-xlsx"


@given(st.data())
def test_a_damaged_file_is_read_or_refused(data):
    body = DAMAGED
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body)))
        body = body[:at] + data.draw(st.binary(max_size=4)) + body[at + data.draw(st.integers(0, 4)) :]
    with suppress(ExtractError):
        xlsx_of(body)


DAMAGED = package(cell("<v>1</v>"))


def lying(body, name):
    """The same file, in which a part says it is 100 bytes long."""
    at = body.rindex(name.encode()) - 46 + 24
    return body[:at] + (100).to_bytes(4, "little") + body[at + 4 :]


@cache  # made when a test needs it: every worker imports this file
def blank():
    return package("", strings="<sst>" + " " * 40_000_000 + "</sst>")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (blank, "too-large"),
        (lambda: lying(blank(), "xl/sharedStrings.xml"), "not-xlsx"),
        (lambda: package(cell("<v>1</v>"), strings="<sst>" + "<si/>" * 100_001 + "</sst>"), "too-large"),
        (
            lambda: package(cell("<v>1</v>"), styles="<x><cellXfs>" + "<xf/>" * 2_000_000 + "</cellXfs></x>"),
            "too-large",
        ),
    ],
    ids=["blank", "lying", "texts", "styles"],
)
def test_a_bomb_is_refused_before_it_fills_the_memory(body, code, monkeypatch):
    monkeypatch.setattr(xlsx, "_MAX_TEXTS", 100_000)  # a tenth of what it is, for the sake of time
    book = body()
    tracemalloc.start()
    with pytest.raises(ExtractError, match=code):
        xlsx_of(book)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_sheet_that_unpacks_to_gigabytes_is_refused_at_once():
    body = package(cell("<v>1</v>"))
    at = body.rindex(SHEET.encode()) - 46 + 24
    with pytest.raises(ExtractError, match="too-large"):
        xlsx_of(body[:at] + (600_000_000).to_bytes(4, "little") + body[at + 4 :])


def test_rows_of_excel_are_read_one_by_one_however_far_they_say_they_stand():
    body = package("".join(f'<row r="{number * 7}"><c r="A1"><v>{number}</v></c></row>' for number in range(10_000)))
    began = time.process_time()
    tracemalloc.start()
    assert sum(1 for _ in read_xlsx(body).rows) == 9_999
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500_000
    assert time.process_time() - began < 20


VALUES = st.one_of(
    st.text(st.characters(blacklist_categories=["C"]), min_size=1, max_size=20).filter(
        lambda text: text[0] not in "=#"
    ),
    st.integers(-(10**15), 10**15),
    st.booleans(),
    st.datetimes(datetime(1900, 3, 2), datetime(9999, 1, 1)).map(lambda moment: moment.replace(microsecond=0)),
    st.none(),
)


@settings(max_examples=30)  # openpyxl takes long to write one
@given(st.lists(st.lists(VALUES, min_size=3, max_size=3), max_size=5))
def test_what_a_workbook_was_given_comes_back(rows):
    found = xlsx_of(saved(workbook([["A", "B", "C"], *rows])))[1]
    expected = [tuple(row) for row in rows if any(value is not None for value in row)]
    assert [[near(value) for value in row] for row in found] == [[near(value) for value in row] for row in expected]


def near(value):
    """A workbook holds moments as numbers of days: a second is as near as they come in the year 9000."""
    return value if not isinstance(value, datetime) else round((value - datetime(1900, 1, 1)) / timedelta(seconds=1))
