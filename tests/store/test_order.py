import random

import pytest

from crawler.model import Link, Moved, Note, Page, Record
from crawler.store.result import StoredResult
from tests.support.shop import (
    BOOKS,
    book,
    failure,
    listing,
    open_pages,
    open_state,
    queued,
    take,
    titles,
    to_book,
    to_listing,
    url,
)

SITE = {
    "1": listing(to_listing("2", next=True), to_book("a", badge="new"), to_book("old-b"), to_book("c")),
    "2": listing(to_book("d"), to_book("a", badge="late"), to_book("gone")),
    "a": book("A"),
    "old-b": Moved(301, url("b")),
    "b": book("B"),
    "c": book("C"),
    "d": book("D"),
    "gone": failure(),
}


def crawl(db, choose):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("1"), "listing")])
    while todo := sorted(queued(pages)):
        path = choose(todo)
        with pages.transaction():
            page, found = take(pages, path), SITE[path]
            if isinstance(found, Page):
                pages.done(page, found)
            elif isinstance(found, Moved):
                pages.moved(page, found)
            else:
                pages.failed(page, found)


@pytest.mark.parametrize("seed", range(8))
def test_rows_come_in_the_sites_own_order_whoever_was_faster(db, seed):
    crawl(db, random.Random(seed).choice)
    assert titles(db) == ["A", "B", "C", "D"]


def test_a_redirected_page_stands_where_the_link_stands(db):
    crawl(db, lambda todo: todo[-1])
    assert titles(db)[1] == "B"


def test_the_first_link_that_carries_something_wins(db):
    crawl(db, lambda todo: todo[-1])
    rows = list(StoredResult(db, 1, BOOKS, {}).rows("books"))
    assert [row.values.get("badge") for row in rows] == ["new", None, None, None]


def test_problems_name_the_page_they_were_found_on(db):
    crawl(db, lambda todo: todo[0])
    problem, noted = StoredResult(db, 1, BOOKS, {}).problems()
    assert (noted.code, noted.url, noted.found_on) == ("other-values", url("a"), url("1"))
    assert (problem.state, problem.code, problem.url, problem.found_on) == ("failed", "http-404", url("gone"), url("2"))


def test_fault_143_records_with_one_key_are_one_row_with_blanks_filled(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url(name), "book") for name in "bacd"])
        pages.done(take(pages, "c"), book("Emma", "3"))
        pages.done(take(pages, "a"), book("Emma", "2"))
        pages.done(take(pages, "b"), book("Emma", None))
        pages.done(take(pages, "d"), book("Persuasion"))
    result = StoredResult(db, 1, BOOKS, {"books": ("title",)})
    assert [dict(row.values) for row in result.rows("books")] == [
        {"title": "Emma", "price": "2"},
        {"title": "Persuasion", "price": None},
    ]
    assert (result.joined, len(list(result.rows("books")))) == (2, 2)


def test_a_carried_field_may_be_the_key_and_fills_blanks_of_the_row_it_joins(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("list"), "listing")])
        links = (to_book("a", title="Emma", badge="new"), to_book("b", title="Persuasion"), to_book("c"))
        rows = tuple(Record("books", {"title": title}) for title in ("Persuasion", "Emma"))
        pages.done(take(pages, "list"), listing(*links)._replace(records=rows))
        pages.done(take(pages, "a"), book(None, "2"))
        pages.done(take(pages, "b"), book(None, "3"))
        pages.done(take(pages, "c"), book(None, "4"))
    result = StoredResult(db, 1, BOOKS, {"books": ("title",)})
    assert [dict(row.values) for row in result.rows("books")] == [
        {"title": "Persuasion", "price": "3"},
        {"title": "Emma", "price": "2", "badge": "new"},
        {"title": None, "price": "4"},
    ]
    assert result.joined == 2


def test_a_record_without_its_key_is_a_row_of_its_own(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("b"), "book"), Link(url("a"), "book")])
        pages.done(take(pages, "a"), book(None))
        pages.done(take(pages, "b"), book(None))
    assert titles(db, keys=["title"]) == [None, None]


def test_records_of_one_page_keep_their_order(db):
    pages = open_pages(db)
    many = Page(200, 1, 0.1, records=tuple(Record("books", {"title": str(n)}) for n in range(20)))
    with pages.transaction():
        pages.add_starts([Link(url("b"), "book")])
        pages.done(take(pages, "b"), many)
    assert titles(db) == [str(n) for n in range(20)]


def test_notes_on_carried_fields_reach_the_problems(db):
    pages = open_pages(db)
    link = Link(url("a"), "book", carry={"badge": "?"}, notes=(Note("badge", "not-in-map", "?"),))
    with pages.transaction():
        pages.add_starts([Link(url("1"), "listing")])
        pages.done(take(pages, "1"), listing(link))
        pages.done(take(pages, "a"), book("A"))
    (problem,) = StoredResult(db, 1, BOOKS, {}).problems()
    assert (problem.state, problem.code, problem.where) == ("cell", "not-in-map", "books.badge")


def chain(db, length):
    """Listings of which each names the next one, with links to a book, a book known twice, one that moved, one gone."""
    pages = open_pages(db)
    outcomes = {}
    for n in range(length):
        following = [to_listing(f"list{n + 1}", next=True)] if n + 1 < length else []
        links = [to_book(f"{sort}{n}", badge="new") for sort in ("book", "twin", "old", "gone")]
        outcomes |= {
            f"list{n}": listing(*following, *links),
            f"old{n}": Moved(301, url(f"new{n}")),
            f"gone{n}": failure(),
        }
        outcomes |= {f"book{n}": book(f"T{n}"), f"twin{n}": book(f"T{n}", "1"), f"new{n}": book(f"N{n}")}
    with pages.transaction():
        pages.add_starts([Link(url("list0"), "listing")])
        todo = [take(pages, "list0")]
        while todo:
            page = todo.pop()
            found = outcomes[page.url.removeprefix(url(""))]
            if isinstance(found, Page):
                todo += pages.done(page, found)
            elif isinstance(found, Moved):
                todo += pages.moved(page, found)
            else:
                pages.failed(page, found)


def steps_to_read(db):
    """Instructions of SQLite's machine, in hundreds, that all of an export's questions take."""
    steps = 0

    def count():
        nonlocal steps
        steps += 1

    db.set_progress_handler(count, 100)
    result = StoredResult(db, 1, BOOKS, {"books": ("title",)})
    found = len(list(result.rows("books"))), len(list(result.problems())), result.joined
    db.set_progress_handler(None, 0)
    return steps, found


def test_the_work_grows_with_the_site_and_not_with_its_square(tmp_path):
    steps = {}
    for length in (50, 200):
        db = open_state(tmp_path / str(length))
        chain(db, length)
        steps[length], found = steps_to_read(db)
        db.close()
        assert found == (2 * length, length, length)
    assert steps[200] < 5 * steps[50]  # it was 13 times, by a query that read all links again for each listing


OFFERS = {
    "1": listing(
        to_listing("2", next=True),
        to_book("a", seller="Ann", price="8.50"),
        to_book("a", seller="Ben", price="7.90"),
        to_book("old-b", seller="Cy"),
        to_book("c", seller="Cy"),
        to_book("d", seller="Dee", price="1.00"),
    ),
    "2": listing(to_book("b", seller="Eve"), to_book("c", seller="Cy"), to_book("a", seller="Ann", price="7.50")),
    "a": book("A"),
    "old-b": Moved(301, url("b")),
    "b": book("B"),
    "c": book("C"),
    "d": book("D"),
}


@pytest.mark.parametrize("seed", range(8))
def test_what_later_links_carry_is_noted_whoever_was_faster(db, monkeypatch, seed):
    monkeypatch.setitem(SITE, "1", OFFERS["1"])
    monkeypatch.setitem(SITE, "2", OFFERS["2"])
    crawl(db, random.Random(seed).choice)
    result = StoredResult(db, 1, BOOKS, {})
    rows = {row.values["title"]: row for row in result.rows("books")}
    assert {title: row.values["seller"] for title, row in rows.items()} == {
        "A": "Ann",
        "B": "Cy",
        "C": "Cy",
        "D": "Dee",
    }
    assert [(problem.code, problem.where, problem.url, problem.detail) for problem in result.problems()] == [
        (
            "other-values",
            "books.seller",
            url("a"),
            "2 more links to this page carried other values: seller: Ben; price: 7.90, 7.50",
        ),
        ("other-values", "books.seller", url("b"), "1 more link to this page carried other values: seller: Eve"),
    ]
    assert result.noted() == 2


def test_notes_on_carried_fields_stay_beside_the_note_on_other_values(db):
    pages = open_pages(db)
    noted = Link(url("a"), "book", carry={"seller": "?"}, notes=(Note("seller", "not-a-number", "?"),))
    with pages.transaction():
        pages.add_starts([Link(url("1"), "listing")])
        many = [to_book("a", seller=str(number)) for number in range(20)]
        pages.done(take(pages, "1"), listing(noted, *many))
        pages.done(take(pages, "a"), book("A"))
    (row,) = StoredResult(db, 1, BOOKS, {}).rows("books")
    assert [note.code for note in row.notes] == ["not-a-number", "other-values"]
    assert row.notes[1].detail.endswith("seller: 0, 1, 2, 3, 4, ...")


def test_a_blank_in_a_later_link_leaves_nothing_out(db):
    pages = open_pages(db)
    blank = Link(url("a"), "book", carry={"seller": None})
    with pages.transaction():
        pages.add_starts([Link(url("1"), "listing")])
        pages.done(take(pages, "1"), listing(to_book("a", seller="Ann"), blank))
        pages.done(take(pages, "a"), book("A"))
    (row,) = StoredResult(db, 1, BOOKS, {}).rows("books")
    assert row.notes == ()
