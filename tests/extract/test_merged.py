"""Merged cells: the row says it where a cell is not in the column that its number says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.lexbor import Lexbor
from crawler.extract.table import counts_cells, shifted_rows
from tests.support.pages import FieldRule, analyse


def shifted(table: str) -> list[int]:
    """Numbers of the rows that are said to be shifted."""
    document = Lexbor(f"<table>{table}</table>".encode())
    rows = [document.identity(row) for row in document.select(None, "tr")]
    return [rows.index(row) for row in shifted_rows(document)]


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("<tr><td rowspan=2>a<td>b<tr><td>c", [1]),
        ("<tr><td>a<td rowspan=2>b<tr><td>c", []),
        ("<tr><td>a<td rowspan=3>b<td>c<tr><td>d<td>e<tr><td>f<td>g<tr><td>h<td>i<td>j", [1, 2]),
        ("<tr><td colspan=2>a<td>b<tr><td>c<td>d<td>e", [0]),
        ("<tr><td>a<td colspan=2>b<tr><td>c<td>d<td>e", []),
        ("<tr><td rowspan=0>a<td>b<tr><td>c<tr><td>d<tbody><tr><td>e<td>f", [1, 2]),
        ("<thead><tr><th rowspan=2>a<th>b</thead><tr><td>c<td>d", []),
        ("<tr><td rowspan=2><table><tr><td>x<td>y</table><td>b<tr><td>c", [2]),
        ("<tr><td rowspan='2 '>a<td>b<tr><td>c", [1]),
        ("<tr><td rowspan=two colspan=-1>a<td>b<tr><td>c<td>d", []),
        ("<tr><td colspan=99999999>a<td>b<tr><td>c<td>d", []),
    ],
)
def test_rows_whose_cells_are_shifted(table, rows):
    assert shifted(table) == rows


ROWS = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=4)


@given(st.lists(ROWS, min_size=1, max_size=5))
def test_it_is_what_a_grid_says(table):
    grid, wrong = set(), []
    for y, row in enumerate(table):
        x = 0
        for number, (wide, high) in enumerate(row):
            while (x, y) in grid:
                x += 1
            if x != number and y not in wrong:
                wrong.append(y)
            grid |= {(x + dx, y + dy) for dx in range(wide) for dy in range(high)}
            x += wide
    cells = "".join("<tr>" + "".join(f"<td colspan={w} rowspan={h}>x" for w, h in row) for row in table)
    assert shifted(cells) == wrong


def test_a_bomb_of_merged_cells_is_bounded():
    assert shifted("<tr>" + "<td rowspan=65534 colspan=1000>x" * 2_000 + "<tr><td>y" * 2_000) == list(range(2_001))


@pytest.mark.parametrize(
    ("css", "counts"),
    [("td:nth-child(2)", True), ("td:first-child", True), ("td + td", True), ("td.price", False), (None, False)],
)
def test_only_selectors_that_count_cells(css, counts):
    assert counts_cells(css) is counts


TABLE = "<table><tr><td rowspan=2>Oak<td>Salt<td>1<tr><td>Snow<td>2<tr><td>Elm<td>Rain<td>3</table>"


@pytest.mark.parametrize("engine", ["auto", "bs4"])
def test_the_row_has_a_note(engine):
    fields = [FieldRule("publisher", "td:nth-child(1)"), FieldRule("title", "td:nth-child(2)")]
    records = analyse(TABLE, *fields, each="tr", engine=engine).records
    assert [[note.code for note in record.notes] for record in records] == [[], ["merged-cells"], []]
    assert records[1].notes[0].detail == "cell 1 of the row is in column 2, because a merged cell is before it"
    named = analyse(TABLE, FieldRule("first", "td"), each="tr", engine=engine).records
    assert not any(record.notes for record in named)
