from pathlib import Path

import pytest

from crawler.export.port import SheetNames, table_paths
from crawler.model import Table


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("books", "books"), ("a/b[1]", "a-b-1-"), ("", "Sheet"), ("   ", "Sheet"), ("''", "Sheet"), ("'q'", "q"),
     ("History", "History (2)"), ("HISTORY", "HISTORY (2)"), ("x" * 40, "x" * 31), ("=1+1", "=1+1"),
     ("😀" * 20, "😀" * 15), ("a\x00b\x1f", "a-b-"), ("summary", "summary (2)"), ("_x0041_", "-x0041_"),
     ("\ud800", "-")],
)  # fmt: skip
def test_fault_139_sheet_names_are_cleaned(wanted, name):
    assert SheetNames(reserved=("Summary",)).take(wanted) == name


def test_fault_139_names_are_unique_without_case_and_stay_short():
    names = SheetNames()
    taken = [names.take(wanted) for wanted in ("Books", "BOOKS", "y" * 31, "y" * 31, "STRASSE", "straße")]
    assert taken == ["Books", "BOOKS (2)", "y" * 31, "y" * 27 + " (2)", "STRASSE", "straße (2)"]


def test_one_table_takes_the_path_itself():
    assert table_paths(Path("o/books.csv"), [Table("quotes", ())]) == {"quotes": Path("o/books.csv")}


def test_several_tables_take_a_file_each():
    tables = [Table(name, ()) for name in ("quotes", "a/b", "A/B", "..", "")]
    paths = table_paths(Path("o/books.csv"), tables)
    assert [path.name for path in paths.values()] == [
        "books.quotes.csv",
        "books.a-b.csv",
        "books.A-B-2.csv",
        "books.-.csv",
        "books.table.csv",
    ]
    assert {path.parent for path in paths.values()} == {Path("o")}
