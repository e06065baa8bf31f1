"""What makes a crawl suspect, told from figures alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config.document import ProtectSpec
from crawler.model import Column, Table
from crawler.runner.protect import Doubt, doubts, percent
from crawler.store.counts import ColumnFigures, Figures, StoredRow, TableFigures, table_figures

SPEC = ProtectSpec()


def table(rows, **filled):
    return TableFigures(rows, {name: ColumnFigures(count, most=1) for name, count in filled.items()})


def figures(found=None, **tables):
    pages = {"done": 100, "failed": 0, "left": 0, "moved": 0, "skipped": 0}
    return Figures(tables, {**pages, **(found or {})})


def found(now, last=None, spec=SPEC, allowed=0.05):
    return [(doubt.code, doubt.where) for doubt in doubts(now, last, spec, allowed=allowed)]


def books(rows, last_rows, **filled):
    """What is doubted of a table of books: `price=(30, 60)` has values in 30 rows today and had 60."""
    now = {name: counts[0] for name, counts in filled.items()}
    then = {name: counts[1] for name, counts in filled.items()}
    return found(figures(books=table(rows, **now)), figures(books=table(last_rows, **then)))


# ---- rows


@pytest.mark.parametrize(
    ("rows", "last", "doubted"),
    [(60, 60, False), (48, 60, False), (47, 60, True), (5, 60, True), (3, 5, False), (2, 5, True), (600, 60, False),
     (1, 2, False), (1, 3, False)],
)  # fmt: skip
def test_fewer_rows(rows, last, doubted):
    assert books(rows, last) == [("fewer-rows", "books")] * doubted


@pytest.mark.parametrize(("last", "doubted"), [(60, True), (1, True), (0, False)])
def test_a_table_without_rows(last, doubted):
    assert books(0, last) == [("no-rows", "books")] * doubted


def test_the_share_of_rows_is_a_setting():
    now, last = figures(books=table(40)), figures(books=table(60))
    assert found(now, last, ProtectSpec(rows=0.5)) == []
    assert found(figures(books=table(1)), last, ProtectSpec(rows=1.0)) == []
    assert found(figures(books=table(0)), last, ProtectSpec(rows=1.0)) == [("no-rows", "books")]
    assert found(figures(books=table(0)), last, ProtectSpec(allow_blank=("books",))) == []


# ---- columns


@pytest.mark.parametrize(
    ("rows", "now", "last_rows", "last", "doubted"),
    [
        (60, 0, 60, 60, True), (60, 30, 60, 60, True), (60, 47, 60, 60, True), (60, 48, 60, 60, False),
        (60, 60, 60, 60, False), (60, 60, 60, 0, False), (60, 0, 60, 0, False),
        (1000, 0, 1000, 30, True),  # sparse, but so many values do not vanish by chance
        (60, 0, 60, 2, False), (60, 1, 60, 4, False), (60, 0, 60, 9, False), (60, 3, 60, 14, False),
        (3, 2, 3, 3, False), (2, 1, 2, 2, False), (10, 2, 10, 5, False), (3, 0, 3, 3, True), (1, 0, 1, 1, True),
        (10, 5, 10, 10, True), (8, 4, 8, 8, True), (1, 0, 60, 60, True), (60, 30, 3, 3, False),
    ],
)  # fmt: skip
def test_a_column_that_lost_its_values(rows, now, last_rows, last, doubted):
    today, before = figures(books=table(rows, price=now)), figures(books=table(last_rows, price=last))
    assert (("blank", "books.price") in found(today, before)) == doubted


def test_the_fall_of_a_column_is_a_setting_and_may_be_allowed():
    now, last = figures(books=table(60, price=0)), figures(books=table(60, price=60))
    assert found(now, last, ProtectSpec(fill=1.0)) == []
    assert found(now, last, ProtectSpec(allow_blank=("books.price",))) == []
    half = figures(books=table(60, price=30))
    assert found(half, last, ProtectSpec(fill=0.6)) == []


def test_values_that_can_no_longer_be_read():
    good = figures(books=TableFigures(60, {"price": ColumnFigures(60, most=1)}))
    bad = figures(books=TableFigures(60, {"price": ColumnFigures(60, noted=60, most=1, note="not-money")}))
    (doubt,) = doubts(bad, good, SPEC, allowed=0.05)
    assert (doubt.code, doubt.where) == ("unreadable", "books.price")
    assert doubt.what == "not-money in 60 of 60 rows, in 0 of 60 last time"
    assert found(bad, bad) == []
    assert found(bad) == [("unreadable", "books.price")]


def test_one_value_in_all_rows():
    def titles(most, rows=60):
        return figures(books=TableFigures(rows, {"title": ColumnFigures(rows, most=most)}))

    assert found(titles(60), titles(1)) == [("one-value", "books.title")]
    assert found(titles(35), titles(1)) == [("one-value", "books.title")]
    assert found(titles(20), titles(1)) == []
    assert found(titles(60), titles(57)) == []  # nearly all were in stock before
    assert found(titles(4, 4), titles(1, 4)) == []


# ---- first crawls


def test_on_a_first_crawl_what_is_blank_or_empty_in_all_is_doubted():
    first = figures(books=table(60, title=60, price=0, badge=1), authors=table(0))
    assert found(first) == [("blank", "books.price"), ("no-rows", "authors")]
    assert found(first, spec=ProtectSpec(allow_blank=("books.price", "authors"))) == []


def test_on_a_first_crawl_one_record_in_all_rows_is_doubted():
    same = TableFigures(8, {"title": ColumnFigures(8, most=8), "url": ColumnFigures(8, most=0)})
    other = TableFigures(8, {"title": ColumnFigures(8, most=8), "price": ColumnFigures(8, most=2)})
    assert found(figures(books=same)) == [("one-record", "books")]
    assert found(figures(books=other)) == []


def test_what_the_last_good_crawl_did_not_have_is_judged_as_on_a_first_one():
    last = figures(books=table(60, title=60))
    assert found(figures(books=table(60, title=60, price=0)), last) == [("blank", "books.price")]
    assert found(figures(books=table(60, title=60), authors=table(0)), last) == [("no-rows", "authors")]
    assert found(figures(other=table(5, title=5)), last) == []


# ---- pages


@pytest.mark.parametrize(("states", "doubted"), [({"failed": 5}, False), ({"failed": 6}, True), ({"left": 6}, True)])
def test_more_failures_than_allowed(states, doubted):
    assert found(figures(states, books=table(60)), figures(books=table(60))) == [("failures", "")] * doubted


def test_pages_that_are_redirected_to_one_address():
    wall = replace(figures({"moved": 60}, books=table(60)), redirected=0.9, redirected_to="http://h/login")
    good = figures(books=table(60))
    (doubt,) = doubts(wall, good, SPEC, allowed=0.05)
    assert (doubt.code, "http://h/login" in str(doubt)) == ("redirected", True)
    assert found(wall, wall) == []
    assert found(wall) == [("redirected", "")]
    assert found(wall, good, ProtectSpec(redirects=1.0)) == []
    assert found(replace(wall, pages={**wall.pages, "moved": 1}), good) == []


def test_a_limit_that_did_not_cut_the_last_good_crawl():
    cut = replace(figures(books=table(55)), unread={"limits.pages": 5})
    whole = figures(books=table(60))
    assert found(cut, whole) == [("limit", "")]
    assert found(cut, cut) == []
    assert found(replace(cut, tables={"books": table(60)}), whole) == []


def test_which_rows_a_limit_lets_through_is_chance():
    """So a first look at a few pages is no alarm, and neither is a nightly job that has a limit."""
    cut = {"limits.pages": 5}
    first = replace(figures(books=table(4, badge=0), authors=table(0)), unread=cut)
    assert found(first) == []
    assert found(replace(first, tables={"books": table(0), "authors": table(0)})) == [
        ("no-rows", "books"), ("no-rows", "authors"),
    ]  # fmt: skip
    assert found(replace(first, tables={"books": table(20, badge=0)})) == [("blank", "books.badge")]
    then = replace(first, tables={"books": table(10), "authors": table(10)})
    now = replace(first, tables={"books": table(18), "authors": table(0)})
    assert found(now, then) == []
    assert found(replace(now, tables={"books": table(3), "authors": table(0)}), then) == [
        ("fewer-rows", "books"), ("no-rows", "authors"),
    ]  # fmt: skip


@given(st.integers(1, 500), st.data())
def test_the_same_figures_are_never_doubted(rows, data):
    filled = data.draw(st.dictionaries(st.sampled_from("abcd"), st.integers(0, rows)))
    same = figures(books=table(rows, **filled))
    assert found(same, same) == []


@given(st.integers(20, 500), st.integers(1, 20))
def test_a_full_column_that_is_blank_is_always_doubted(rows, fewer):
    now = figures(books=table(max(rows - fewer, 1), price=0))
    assert ("blank", "books.price") in found(now, figures(books=table(rows, price=rows)))


def test_a_doubt_as_one_line():
    doubt = Doubt("blank", "books", "price", "blank in 60 of 60 rows", "selector 'p.price'", "http://h/1")
    assert str(doubt) == "books.price: blank in 60 of 60 rows; selector 'p.price'; since http://h/1"
    assert str(Doubt("failures", what="of 9 pages 3 failed")) == "of 9 pages 3 failed"


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 0, "0 %"), (0, 9, "0 %"), (9, 9, "100 %"), (85, 100, "85 %"), (1, 3, "33 %"), (1, 100_000, "0.1 %"),
     (99_999, 100_000, "99.9 %"), (3, 100, "3.0 %")],
)  # fmt: skip
def test_a_share_is_full_or_nothing_only_when_it_is(part, whole, text):
    assert percent(part, whole) == text


# ---- counting


def stored(data, notes=None, carry=None, carry_notes=None, url="http://h/1"):
    return StoredRow(data, notes, carry, carry_notes, url)


def counted(*rows, **types):
    return table_figures(Table("t", tuple(Column(name, kind) for name, kind in types.items())), rows)


def test_blank_is_nothing_an_empty_text_and_an_empty_list():
    texts = ["null", '""', "[]", "null", "0", "false", '{"$dec": "0"}', '" "']
    rows = [stored(f'{{"a": {text}}}', url=f"http://h/{number}") for number, text in enumerate(texts)]
    found = counted(*rows, a="text").columns["a"]
    assert (found.filled, found.blank_at) == (4, "http://h/0")


def test_carried_fields_fill_what_the_page_does_not_say():
    rows = [
        stored('{"a": null}', carry='{"a": "x", "b": "y"}'),
        stored('{"a": "own"}', carry='{"a": "x"}', url="http://h/2"),
    ]
    found = counted(*rows, a="text", b="text").columns
    assert (found["a"].filled, found["b"].filled, found["b"].blank_at) == (2, 1, "http://h/2")


def test_notes_are_counted_by_cell_those_of_carried_fields_too():
    notes = '[["a","not-a-number","x"],["a","control-characters",""],["b","missing",""]]'
    found = counted(stored('{"a": "x"}', notes, None, '[["c","not-a-date","y"]]'), a="int", b="text", c="date").columns
    notes = {name: (column.noted, column.note) for name, column in found.items()}
    assert notes == {"a": (1, "not-a-number"), "b": (0, ""), "c": (1, "not-a-date")}
    assert found["c"].noted_at == "http://h/1"


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=50))
def test_the_most_frequent_value(values):
    found = counted(*(stored(json.dumps({"v": value})) for value in values), v="text").columns["v"]
    counts = [values.count(value) for value in {*values} - {None}]
    assert found.most == max(counts, default=0)


def test_a_frequent_value_is_found_among_very_many():
    rows = (stored(f'{{"v": "{"same" if n % 3 == 0 else n}"}}') for n in range(30_000))
    assert 9_900 <= counted(*rows, v="text").columns["v"].most <= 10_000


def test_figures_survive_being_kept():
    whole = Figures({"t": counted(stored('{"a": "x"}'), a="text")}, {"done": 1}, {"k": 1}, 0.5, "http://h/", {"l": 2})
    assert Figures.load(json.loads(whole.dump())) == whole
