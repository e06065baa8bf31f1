from decimal import Decimal

from crawler.compare.records import Fact, difference, digest, facts, read_line, write_line
from crawler.model import Column, Money, Note, Problem, Row, Table
from tests.support.result import MemoryResult

ROWS = [Fact("books", f"/{n}", 0, f'["{n}"]') for n in range(5)]


def result(base="http://h:1", values=("A", "B"), found=()):
    table = Table("books", (Column("title"), Column("url")))
    rows = [Row({"title": value, "url": f"{base}/{value}"}, url=f"{base}/p") for value in values]
    return MemoryResult({table: rows}, found=found)


def test_the_same_facts_are_no_difference():
    assert difference(ROWS, iter(ROWS)) is None


def test_missing_extra_and_changed_rows_are_counted_and_the_first_is_shown():
    changed = ROWS[4]._replace(text='["other"]')
    found = difference(ROWS, [*ROWS[:1], *ROWS[2:4], changed, Fact("books", "/9", 0, '["9"]')])
    assert (found.missing, found.extra, found.changed, found.moved) == (1, 1, 1, 0)
    assert str(found) == "1 missing (books 1), 1 extra, 1 changed"
    assert found.example.startswith("missing: books of /1")


def test_the_example_of_a_row_can_be_read():
    values = {"title": "It's <so>", "authors": ("Ada", "Bo"), "price": Money(Decimal("1.50"), "€"), "stock": 3}
    table = Table("books", tuple(map(Column, (*values, "year"))))
    (row,) = facts(MemoryResult({table: [Row(values, url="http://h:1/p")]}), "http://h:1")
    assert difference([row], []).example == "missing: books of /p: It's <so>, Ada, Bo, 3"


def test_of_a_changed_row_the_value_that_differs_is_shown():
    was, now = Fact("t", "/", 1, '["a", "b", []]'), Fact("t", "/", 1, '["a", "c", []]')
    assert difference([was], [now]).example == "changed: t of / (row 2) b became c"


def test_another_order_is_a_difference():
    found = difference(ROWS, [ROWS[1], ROWS[0], *ROWS[2:]])
    assert str(found) == "2 in another order"
    assert "from books of /0 on" in found.example
    assert digest(ROWS) != digest([ROWS[1], ROWS[0], *ROWS[2:]])


def test_what_is_missing_is_counted_by_table():
    authors = [Fact("authors", "/a", 0, "[]")]
    assert str(difference([*ROWS, *authors], ROWS[2:])) == "3 missing (books 2, authors 1)"


def test_rows_of_another_page_are_swapped():
    one, two = Fact("t", "/1", 0, '["A", "a", "red"]'), Fact("t", "/2", 0, '["B", "b", "blue"]')
    a, b = one._replace(text='["B", "b", "red"]'), two._replace(text='["A", "a", "blue"]')  # the colour was carried
    assert str(difference([one, two], [a, b])) == "2 swapped with those of other pages"
    assert str(difference([one, two], [one._replace(text='["B", "a", "red"]'), two])) == "1 changed"


def test_rows_of_a_page_in_another_order_are_moved():
    one, two = Fact("books", "/", 0, "[1]"), Fact("books", "/", 1, "[2]")
    assert str(difference([one, two], [one._replace(text="[2]"), two._replace(text="[1]")])) == "2 in another order"


def test_rows_that_their_page_has_already_are_doubled():
    again = ROWS[0]._replace(place=1)
    assert str(difference(ROWS, [ROWS[0], again, *ROWS[1:]])) == "1 doubled"
    new = again._replace(text='["new"]')
    assert str(difference(ROWS, [ROWS[0], new, *ROWS[1:]])) == "1 extra"


def test_a_page_that_failed_is_a_fact_and_its_detail_is_not():
    one = [*facts(result(found=[Problem("failed", "http-404", "took 1 s", "http://h:1/x")]), "http://h:1")]
    two = [*facts(result(found=[Problem("failed", "http-404", "took 2 s", "http://h:1/x")]), "http://h:1")]
    assert one[-1] == Fact("(failed)", "/x", 0, "http-404")
    assert one == two
    gone = difference(one, two[:-1])
    assert (gone.missing, gone.troubled) == (0, 1)
    assert str(gone) == "1 page failed, skipped or left otherwise"
    assert gone.example == "missing: (failed) of /x: http-404"


def test_where_the_site_was_served_does_not_matter():
    here, there = [*facts(result("http://h:1"), "http://h:1")], [*facts(result("http://h:2"), "http://h:2")]
    assert digest(here) == digest(there)
    assert [fact.place for fact in here] == [0, 1]


def test_a_number_is_not_its_text_and_a_note_counts():
    assert digest(facts(result(values=("1",)))) != digest(facts(result(values=(1,))))
    table = Table("t", (Column("v"),))
    plain, noted = (MemoryResult({table: [Row({"v": 1}, notes)]}) for notes in ((), (Note("v", "odd"),)))
    assert digest(facts(plain)) != digest(facts(noted))


def test_lines_are_read_back():
    assert [read_line(write_line(fact)) for fact in ROWS] == ROWS
