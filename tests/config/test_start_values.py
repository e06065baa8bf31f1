"""Columns of files as values of starts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config.start_values import Values, is_name, named, read_columns
from crawler.errors import ConfigError, ExtractError

STORES = (("Store_Number", "city"), (("007", "Oak"), ("008", None)))


def read(folder, content, name="stores.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_columns(path)


def sheet(folder, *rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "stores.xlsx")
    return read_columns(folder / "stores.xlsx")


@pytest.mark.parametrize(
    "text",
    [
        "Store Number,city\n007,Oak\n008,\n",
        "Store Number;city\r\n007; Oak \r\n\r\n008;\r\n",
        "\ufeffStore Number\tcity\n007\tOak\n008\t \n",
        'sep=;\n"Store Number";"city"\n"007";"Oak"\n"008"\n',
        "Store Number,,city\n007,x,Oak\n008,y,\n",
    ],
)
def test_the_names_of_columns_are_their_headings(tmp_path, text):
    assert read(tmp_path, text) == STORES
    assert read(tmp_path, text.removeprefix("\ufeff").encode("utf-16")) == STORES


def test_cells_of_excel_are_texts_as_they_are_written(tmp_path):
    found = sheet(
        tmp_path,
        ["isbn", "Preis (EUR)", "day", "new", "none"],
        [9780000000001, 12.5, date(2026, 3, 5), True, None],
        ["007", 3, None, False, None],
    )
    assert found.names == ("isbn", "Preis__EUR_", "day", "new", "none")
    assert found.lines[0][:2] == ("9780000000001", "12.5")
    assert found.lines[0][2].startswith("2026-03-05")
    assert found.lines[0][3:] == ("true", None)
    assert found.lines[1] == ("007", "3", None, "false", None)


def test_a_csv_without_headings_is_a_list_of_urls(tmp_path):
    assert read(tmp_path, "https://a.example/1\nhttps://a.example/2\n") is None
    assert read(tmp_path, "\n# shops\n HTTP://a.example/1,5\n") is None
    assert read(tmp_path, "/catalogue/1.html\n") is None
    assert read(tmp_path, "url\nhttps://a.example/1\n").address == "url"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "the file is empty"),
        (" \n\n", "the file is empty"),
        ("isbn,city\n", "no line below the headings"),
        ("isbn,city\n,\n", "no line below the headings"),
        ("isbn,city,isbn\n1,2,3\n", "two columns have the heading 'isbn'"),
        (
            "Store Nr,Store-Nr\n1,2\n",
            "the headings 'Store Nr' and 'Store-Nr' both become the name Store_Nr; rename one",
        ),
        (b"isbn,city\n1,M\xfcnchen\n", "byte 0xFC is not UTF-8"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, text, what):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert what in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"), [("a.xlsx", b"isbn,city\n1,2\n"), ("a.csv", b"PK\x03\x04xx"), ("a.csv", b"<html><body>")]
)
def test_another_kind_of_file_is_refused(tmp_path, name, content):
    with pytest.raises(ExtractError):
        read(tmp_path, content, name)


def test_more_lines_than_any_start_may_mean_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.config.ranges.MOST", 3)
    assert len(read(tmp_path, "a\n1\n2\n3\n").lines) == 3
    with pytest.raises(ConfigError, match="more than 3 lines"):
        read(tmp_path, "a\n1\n2\n3\n4\n")


def test_each_line_comes_with_each_combination_without_what_is_empty():
    values = Values(("city", "type", "year"), (("Oak",), (None,)), (("atm", None), ("1", "2")))
    assert list(values.each()) == [
        {"city": "Oak", "type": "atm", "year": "1"},
        {"city": "Oak", "type": "atm", "year": "2"},
        {"city": "Oak", "year": "1"},
        {"city": "Oak", "year": "2"},
        {"type": "atm", "year": "1"},
        {"type": "atm", "year": "2"},
        {"year": "1"},
        {"year": "2"},
    ]
    assert values.combinations == 8
    assert list(Values().each()) == [{}]


@given(st.text(min_size=1))
def test_a_heading_becomes_a_name_of_letters_digits_and_underscores(heading):
    assert named(named(heading)) == named(heading)
    assert len(named(heading)) == len(heading)
    assert is_name("x" + named(heading))
    if is_name(heading):
        assert named(heading) == heading


def test_numbers_of_excel_keep_their_digits(tmp_path):
    assert sheet(tmp_path, ["lat"], [Decimal("52.25")], [0.1]).lines == (("52.25",), ("0.1",))


@given(st.text('ab,;\t|"\n\r =:/{}#$é\x00', max_size=60))
def test_any_file_is_read_or_refused(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("values")
    try:
        found = read(folder, text)
    except (ConfigError, ExtractError):
        return
    if found is not None:
        assert {len(line) for line in found.lines} == {len(found.names)}
        assert all(cell is None or cell.strip() for line in found.lines for cell in line)
