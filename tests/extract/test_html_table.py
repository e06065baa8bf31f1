import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ExtractError
from crawler.extract.html_table import read_table_rows
from crawler.extract.lexbor import Lexbor
from crawler.extract.soup import Xml
from crawler.extract.text import collapse_whitespace


def read(html, css="table"):
    document = Lexbor(html.encode())
    return document, read_table_rows(document, document.first(None, css), lambda: None)


def texts(html, css="table"):
    """The headings, and the text of each cell."""
    document, table = read(html, css)
    return table.headings, shown(document, table)


def shown(document, table):
    return [
        [None if cell is None else collapse_whitespace(document.text(cell))[0] for cell in row.cells]
        for row in table.rows
    ]


PLAIN = "<table>{}<tr><td>Oslo<td>1<tr><td>Rome<td>2</table>"
ROWS = [["Oslo", "1"], ["Rome", "2"]]


@pytest.mark.parametrize(
    "heads",
    [
        "<thead><tr><th>City<th>No</thead>",
        "<thead><tr><td>City<td>No</thead>",
        "<tr><th>City<th>No",
        "<tr><td>City<td>No",
        "<caption>Cities</caption><tr><th colspan=2>Of the world<tr><th>City<th>No",
        "<thead><tr><th colspan=2>Of the world</thead><tr><th>City<th>No",
        "<tr><td colspan=2>Of the world<tr><td>City<td>No",
        "<tr><td colspan=2>Of the world<tr><th>City<th>No",
        "<tr><th>City<th>No<tr><th colspan=2>Europe",
        "<thead></thead><tr><th>City<th>No",
    ],
)
def test_headings_stand_in_the_rows_that_hold_them(heads):
    assert texts(PLAIN.format(heads)) == (("City", "No"), ROWS)


def test_a_title_of_th_alone_makes_no_headings_of_data():
    html = PLAIN.format("<tr><th colspan=2>Cities")
    assert texts(html) == (("", ""), ROWS)


def test_an_empty_corner_is_part_of_the_headings():
    html = "<table><tr><td><th>1990<th>2000<tr><th>Oslo<td>1<td>2</table>"
    assert texts(html) == (("", "1990", "2000"), [["Oslo", "1", "2"]])


def test_a_row_heading_without_data_is_no_heading_row():
    html = "<table><tr><th>City<th>No<tr><th>Oslo<td><tr><th>Rome<td>2</table>"
    assert texts(html)[1] == [["Oslo", ""], ["Rome", "2"]]


def test_headings_at_the_side_are_no_headings_of_columns():
    assert texts("<table><tr><th>City<td>Oslo<tr><th>No<td>1</table>") == (("", ""), [["City", "Oslo"], ["No", "1"]])


def test_headings_of_two_rows_are_both_texts_and_of_a_merged_cell_one():
    html = """<table><thead><tr><th rowspan=2>Maker<th colspan=2>Workers<th rowspan=2>Site
        <tr><th>Now<th>Before</thead><tr><td>Elm<td>5<td>7<td>x</table>"""
    assert texts(html) == (("Maker", "Workers Now", "Workers Before", "Site"), [["Elm", "5", "7", "x"]])


def test_headings_and_groups_further_down_are_no_rows():
    html = """<table><tr><th>City<th>No<tbody><tr><th colspan=2>Europe<tr><td>Oslo<td>1<tr><th>City<th>No
        <tr><td>Rome<td>2</tbody><thead><tr><td>City<td>No</thead></table>"""
    assert texts(html)[1] == ROWS


def test_a_table_of_one_column_keeps_its_rows():
    assert texts("<table><tr><th>City<tr><th>Oslo<tr><td>Rome</table>") == (("City",), [["Oslo"], ["Rome"]])


def test_the_first_row_of_cells_alone_is_a_guess_that_can_be_taken_back():
    document, table = read("<table><tr><td>Oslo<td>1<tr><td>Rome<td>2</table>")
    assert table.headings == ("Oslo", "1")
    assert [document.text(cell) for cell in table.guessed.cells] == ["Oslo", "1"]
    assert read("<table><tr><th>City<tr><td>Oslo</table>")[1].guessed is None


def test_merged_cells_count_in_each_row_and_column():
    html = """<table><tr><th>A<th>B<th>C<tr><td rowspan=2>1<td colspan=2>2<tr><td>3<td rowspan=0>4
        <tr><td>5<td>6</table>"""
    assert texts(html)[1] == [["1", "2", "2"], ["1", "3", "4"], ["5", "6", "4"]]


def test_merged_cells_end_with_their_part_of_the_table():
    html = "<table><thead><tr><th rowspan=9>A<th>B</thead><tbody><tr><td>1<td>2<tbody><tr><td>3<td>4</table>"
    assert texts(html) == (("A", "B"), [["1", "2"], ["3", "4"]])


def test_a_row_that_merged_cells_fill_whole_is_no_row():
    assert texts("<table><tr><th>A<tr><td rowspan=2>1<tr><tr><td>2</table>")[1] == [["1"], ["2"]]


def test_short_rows_are_filled_up_and_the_foot_comes_last():
    html = "<table><tfoot><tr><td>sum<td>9</tfoot><tr><th>A<th>B<tr><td>1</table>"
    assert texts(html) == (("A", "B"), [["1", None], ["sum", "9"]])


def test_where_two_cells_meet_the_upper_one_stays():
    html = "<table><tr><th>A<th>B<th>C<tr><td>1<td rowspan=2>2<td>3<tr><td colspan=3>4</table>"
    assert texts(html)[1] == [["1", "2", "3"], ["4", "2", "4"]]


@pytest.mark.parametrize("colspan", ["", "0", "-2", "x", "1.9", " +1;", "\u0662"])
def test_a_width_that_is_none_is_one(colspan):
    assert texts(f'<table><tr><th colspan="{colspan}">A<th>B<tr><td>1<td>2</table>')[0] == ("A", "B")


def test_a_table_in_a_cell_adds_nothing():
    html = "<table id=a><tr><th>A<th>B<tr><td>1<td><table><tr><td>x<tr><td>y</table></table>"
    assert texts(html, "#a")[1] == [["1", "x y"]]
    assert texts(html, "table table") == (("x",), [["y"]])


def test_a_table_of_xml_is_read_too():
    document = Xml("<table><thead><tr><th>A</th><th>B</th></tr></thead><tr><td>1</td><td>2</td></tr></table>")
    table = read_table_rows(document, document.root(), lambda: None)
    assert (table.headings, shown(document, table)) == (("A", "B"), [["1", "2"]])


def test_columns_are_found_as_labels_and_by_number():
    _, table = read("<table><tr><th>Price Now<th> NAME : <th>name<th><tr><td>1<td>2<td>3<td>4</table>")
    assert [table.column(name) for name in ("price  now:", "Name", 1, 4)] == [0, 1, 0, 3]
    assert [table.column(name) for name in ("other", "", 0, 5, -1)] == [None] * 5
    assert table.twice == ("NAME :",)


@pytest.mark.parametrize("html", ["<table></table>", "<table><tr></table>", "<table><caption>x</table>"])
def test_an_empty_table_has_neither_headings_nor_rows(html):
    assert texts(html) == ((), [])


BOMBS = {
    "wide": "<table><tr>" + "<td colspan=1000>" * 100,
    "high": "<table>" + "<tr><td colspan=1000 rowspan=65534>" * 1 + "<tr>" * 3000,
    "many": "<table>" + "<tr><td colspan=900 rowspan=0>" + "<tr><td>" * 3000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_of_merged_cells_is_refused(name):
    began = time.process_time()
    with pytest.raises(ExtractError, match="merged ones counted") as error:
        read(BOMBS[name])
    assert error.value.code == "unparsable"
    assert time.process_time() - began < 5


def test_headings_of_a_bomb_stay_short():
    html = f"<table><thead>{'<tr><th colspan=500>' + 'x' * 100_000 + '<th>y'}</thead>" + "<tr><td>1</table>"
    assert max(map(len, read(html)[1].headings)) <= 201 * 20


def test_time_is_asked_for():
    def late():
        raise ExtractError("parse-timeout")

    document = Lexbor(b"<table><tr><td>1</table>")
    with pytest.raises(ExtractError, match="parse-timeout"):
        read_table_rows(document, document.first(None, "table"), late)


cells = st.lists(
    st.lists(st.tuples(st.sampled_from(["td", "th"]), st.integers(0, 4), st.integers(0, 4)), max_size=5), max_size=6
)


@given(cells)
def test_every_row_has_a_place_for_each_heading(rows):
    html = "".join(
        "<tr>" + "".join(f"<{tag} colspan={wide} rowspan={high}>x" for tag, wide, high in row) for row in rows
    )
    _, table = read(f"<table>{html}</table>")
    assert {len(row.cells) for row in table.rows} <= {len(table.headings)}
    assert len(table.rows) <= sum(map(bool, rows))
