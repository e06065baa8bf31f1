import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.export import csv_, export
from crawler.model import Column, Money, Row, Table
from tests.support.result import MemoryResult, one_table

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def made(result, tmp_path, name="o.csv"):
    written = export(result, tmp_path / name, now=NOW)
    texts = [path.read_bytes().decode("utf-8-sig") for path in written.files]
    return written, [list(csv.reader(io.StringIO(text, newline=""))) for text in texts]


def test_it_opens_in_excel_and_follows_rfc_4180(tmp_path):
    made(one_table('a "b", c', "é\nx"), tmp_path)
    assert (tmp_path / "o.csv").read_bytes() == '\ufeffv\r\n"a ""b"", c"\r\n"é\nx"\r\n'.encode()


def test_values(tmp_path):
    values = [None, True, False, 7, 10**5000, Decimal("1.50"), Decimal("1E-7"), Decimal("NaN"), date(1850, 1, 2),
              datetime(2024, 1, 2, 3, tzinfo=UTC), ("a", "b")]  # fmt: skip
    rows = made(one_table(*values), tmp_path)[1][0]
    assert [row[0] if row else "" for row in rows[1:]] == [
        "", "TRUE", "FALSE", "7", rows[5][0], "1.50", "0.0000001", "NaN", "1850-01-02",
        "2024-01-02T03:00:00+00:00", "a; b",
    ]  # fmt: skip
    assert Decimal(rows[5][0]) == 10**5000


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\tx", "\rx", "=cmd|' /C calc'!A0"])
def test_fault_130_text_that_would_be_a_formula_is_guarded(tmp_path, text):
    written, tables = made(one_table(text, (text,), name="t"), tmp_path)
    assert tables[0][1:] == [["'" + text], ["'" + text]]
    assert written.altered == 2


def test_fault_130_negative_numbers_are_not_guarded_and_headers_are(tmp_path):
    table = Table("t", (Column("=h"), Column("m", "money")))
    rows = made(MemoryResult({table: [Row({"=h": -7, "m": Money(Decimal("-1.5"), "-£")})]}), tmp_path)[1][0]
    assert rows == [["'=h", "m", "m_currency"], ["-7", "-1.5", "'-£"]]


def test_money_columns_have_a_currency_column(tmp_path):
    table = Table("t", (Column("price", "money"), Column("price_currency"), Column("other")))
    row = Row({"price": Money(Decimal("51.77"), "£"), "price_currency": "x", "other": Money(Decimal("1"), "€")})
    rows = made(MemoryResult({table: [row, Row({})]}), tmp_path)[1][0]
    assert rows[0] == ["price", "price_currency_", "price_currency", "other"]
    assert rows[1:] == [["51.77", "£", "x", "1 €"], ["", "", "", ""]]


def test_several_tables_take_a_file_each(tmp_path):
    tables = {Table(name, (Column("v"),)): [Row({"v": name})] for name in ("quotes", "authors")}
    written, _ = made(MemoryResult(tables), tmp_path, "books.csv")
    assert [path.name for path in written.files] == ["books.quotes.csv", "books.authors.csv"]
    assert (written.rows, written.path) == ({"quotes": 1, "authors": 1}, tmp_path / "books.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["books.authors.csv", "books.quotes.csv"]


def test_with_several_tables_an_error_in_the_last_replaces_none(tmp_path):
    def broken():
        yield Row({"v": "new"})
        raise RuntimeError("store gone")

    (tmp_path / "b.one.csv").write_bytes(b"old")
    tables = {Table("one", (Column("v"),)): [Row({"v": "new"})], Table("two", (Column("v"),)): broken}
    with pytest.raises(RuntimeError):
        made(MemoryResult(tables), tmp_path, "b.csv")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("b.one.csv", b"old")]


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(st.characters(), min_size=1, max_size=20), min_size=1, max_size=20))
def test_every_text_is_read_back_and_none_starts_a_formula(texts, tmp_path_factory):
    rows = made(one_table(*texts), tmp_path_factory.mktemp("csv"))[1][0]
    for text, (found,) in zip(texts, rows[1:], strict=True):
        clean = "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)
        assert found == ("'" + clean if clean[0] in "=+-@\t\r" else clean)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 3).flatmap(lambda width: st.lists(st.lists(st.text('a",\r\n ;é'), min_size=width, max_size=width)))
)
def test_lines_are_quoted_as_the_standard_library_does(rows):
    sink = io.StringIO(newline="")
    csv.writer(sink, lineterminator="\r\n").writerows(rows)
    assert csv_._lines(len(rows), list(zip(*rows, strict=True))) == sink.getvalue().encode()
