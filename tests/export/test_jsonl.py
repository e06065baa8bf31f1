import json
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.export import export
from crawler.model import Column, Money, Row, Table
from tests.support.result import MemoryResult, one_table

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def made(result, tmp_path, name="o.jsonl"):
    written = export(result, tmp_path / name, now=NOW)
    lines = [path.read_bytes().decode().splitlines(keepends=False) for path in written.files]
    return written, [[json.loads(line, parse_float=Decimal) for line in file] for file in lines]


def test_values_keep_their_type_and_every_digit(tmp_path):
    values = [None, True, 7, 10**30, Decimal("1.50"), Decimal("0.12345678901234567890123"), Decimal("NaN"),
              date(1850, 1, 2), datetime(2024, 1, 2, 3), ("a", "=b"), (), "=1+1", "x" * 40_000]  # fmt: skip
    found = [line["v"] for line in made(one_table(*values), tmp_path)[1][0]]
    assert found == [None, True, 7, 10**30, Decimal("1.50"), Decimal("0.12345678901234567890123"), "NaN",
                     "1850-01-02", "2024-01-02T03:00:00", ["a", "=b"], [], "=1+1", "x" * 40_000]  # fmt: skip


def test_numbers_are_written_as_they_are(tmp_path):
    made(one_table(Decimal("51.70"), Decimal("1E+5000"), Decimal("-0")), tmp_path)
    assert (tmp_path / "o.jsonl").read_text() == '{"v": 51.70}\n{"v": 1E+5000}\n{"v": -0}\n'


def test_one_line_a_record_in_utf8_without_a_mark(tmp_path):
    made(one_table("é\n\r😀\u2028"), tmp_path)
    assert (tmp_path / "o.jsonl").read_bytes() == '{"v": "é\\n\\r😀\\u2028"}\n'.encode()


def test_money_is_a_number_and_its_currency(tmp_path):
    table = Table("t", (Column("price", "money"), Column("n", "int")))
    rows = [Row({"price": Money(Decimal("51.77"), "£"), "n": 1}), Row({"n": 2})]
    assert made(MemoryResult({table: rows}), tmp_path)[1][0] == [
        {"price": Decimal("51.77"), "price_currency": "£", "n": 1},
        {"price": None, "price_currency": None, "n": 2},
    ]


def test_several_tables_take_a_file_each(tmp_path):
    tables = {Table(name, (Column("v"),)): [Row({"v": name})] for name in ("quotes", "authors")}
    written, _ = made(MemoryResult(tables), tmp_path, "books.jsonl")
    assert [path.name for path in written.files] == ["books.quotes.jsonl", "books.authors.jsonl"]


def test_fault_132_lone_surrogates_are_replaced_and_counted(tmp_path):
    written, tables = made(one_table("a\ud800", ("\udfff",)), tmp_path)
    assert [line["v"] for line in tables[0]] == ["a\ufffd", ["\ufffd"]]
    assert written.altered == 2


def test_fault_132_also_where_all_values_are_text(tmp_path):
    written, tables = made(one_table("a\ud800", "\0"), tmp_path)
    assert ([line["v"] for line in tables[0]], written.altered) == (["a\ufffd", "\ufffd"], 2)
    written, tables = made(one_table("b\x85", "c"), tmp_path)
    assert ([line["v"] for line in tables[0]], written.altered) == (["b\x85", "c"], 0)


def test_a_column_may_have_any_name(tmp_path):
    table = Table("t", (Column("%s %(x)d"), Column('"')))
    assert made(MemoryResult({table: [Row({"%s %(x)d": "1 %", '"': 2})]}), tmp_path)[1] == [
        [{"%s %(x)d": "1 %", '"': 2}]
    ]


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.one_of(st.text(), st.integers(), st.booleans()), min_size=1, max_size=20))
def test_every_value_is_read_back(values, tmp_path_factory):
    path = tmp_path_factory.mktemp("jsonl")
    export(one_table(*values), path / "o.jsonl", now=NOW)
    lines = (path / "o.jsonl").read_bytes().decode().split("\n")[:-1]
    found = [json.loads(line)["v"] for line in lines]
    assert found == [value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in values]
