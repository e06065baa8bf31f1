"""Sites that go on for ever end, and it is said where; honest lists that look like them are read whole."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

import crawler
from crawler.crawl.inbox import Stopper
from crawler.store.result import StoredResult
from crawler.store.schema import open_database
from tests.support.badserver import answer, keep_alive, serve
from tests.support.usable import USABLE

LISTS = """
  list:
    table: books
    each: div.b
    fields: {{title: h3}}
    follow: [{{css: a.on, to: list{flag}}}]
"""
SOME = [name for name in ("serial", "threads", "asyncio", "curl", "processes-curl") if name in USABLE]


@pytest.fixture
def site(tmp_path):
    """Crawl a site given as a function from path to HTML; returns rows, causes by path, and what was asked for."""

    def run(page: Callable[[str], str | None], start: str, kinds: str, strategy: str = "curl", **keys):
        def reply(path: str, number: int) -> bytes:
            html = page(path)
            return answer(b"", status=b"404 Not Found") if html is None else answer(html.encode())

        path = tmp_path / f"{len(list(tmp_path.iterdir()))}" / "job.yaml"
        path.parent.mkdir()
        with serve(keep_alive(reply)) as server:
            path.write_text(
                f"name: job\nstart: {server.origin}{start}\npages:{kinds}\n"
                f"fetch: {{strategy: {strategy if strategy in USABLE else 'threads'}, workers: 4}}\n"
                "polite: {delay: 0, robots: false}\noutput: out.jsonl\n"
                f"limits: {json.dumps({'pages': 3000, **keys})}\n"
            )
            job = crawler.load(path)
            report = crawler.run(job)
            rows = {table.name: list(report.rows(table.name)) for table in job.tables}
            db = open_database(job.state_path)
            problems = list(StoredResult(db, 1, job.tables, job.keys).problems())
            db.close()
        asked = [seen.path for seen in server.requests]
        return rows, problems, asked, report

    return run


def _number(path: str) -> int:
    return int("".join(c for c in path if c.isdigit()) or 1)


def _books(*titles: str) -> str:
    return "".join(f"<div class=b><h3>{title}</h3></div>" for title in titles)


def _next(n: int, form: str = "/list?page={}") -> str:
    return f"<a class='on next' href='{form.format(n)}'>on</a>"


def _titles(rows) -> list[str]:
    return [row["title"] for row in rows["books"]]


@pytest.mark.parametrize("strategy", SOME)
@pytest.mark.parametrize("flag", ["", ", next: true"], ids=["guessed", "next"])
def test_the_last_page_again_and_again(site, strategy, flag):
    def page(path):
        shown = min(_number(path), 5)
        ad = f"<p>It is {_number(path)} o'clock</p>"
        return ad + _books(f"{shown}a", f"{shown}b") + _next(_number(path) + 1)

    rows, problems, asked, _ = site(page, "/list?page=1", LISTS.format(flag=flag), strategy)
    assert _titles(rows) == [f"{n}{c}" for n in range(1, 6) for c in "ab"]
    assert len(asked) == 6
    assert [(each.state, each.code, each.url[-7:]) for each in problems] == [("noted", "page-repeats", "?page=6")]


@pytest.mark.parametrize("form", ["/list?start={}0", "/list/page/{}", "/page-{}.html", "/list?page={}&sort=up"])
@pytest.mark.parametrize("flag", ["", ", next: true"], ids=["guessed", "next"])
def test_a_list_that_begins_again_behind_its_end(site, form, flag):
    def page(path):
        n = _number(path) // (10 if "start" in path else 1)
        shown = (n - 1) % 7 + 1
        return _books(f"{shown}a", f"{shown}b", f"{shown}c") + _next(n + 1, form)

    rows, problems, asked, _ = site(page, form.format(1), LISTS.format(flag=flag))
    assert len(_titles(rows)) == len(set(_titles(rows))) == 21
    assert len(asked) == 8
    assert [each.code for each in problems] == ["page-repeats"]


def test_a_pager_of_many_links_behind_whose_end_the_last_page_comes_again(site):
    def page(path):
        n, shown = _number(path), min(_number(path), 9)
        return _books(f"{shown}a", f"{shown}b") + "".join(_next(k) for k in range(max(1, n - 2), n + 4))

    rows, problems, asked, _ = site(page, "/list?page=1", LISTS.format(flag=""))
    assert sorted(_titles(rows)) == sorted(f"{n}{c}" for n in range(1, 10) for c in "ab")
    assert {each.code for each in problems} == {"page-repeats"}
    assert len(asked) < 60


def test_the_address_of_the_page_in_each_row_hides_no_repeat(site):
    kinds = LISTS.format(flag="").replace("title: h3", "title: h3, page: {url: true}")
    rows, _, asked, _ = site(lambda path: _books("x", "y") + _next(_number(path) + 1), "/list?page=1", kinds)
    assert (_titles(rows), len(asked)) == (["x", "y"], 2)


def test_pages_with_nothing_on_them_end_after_a_hundred(site):
    def page(path):
        n = _number(path)
        return (_books(f"{n}a", f"{n}b") if n <= 3 else "<p>nothing here</p>") + _next(n + 1)

    rows, problems, asked, _ = site(page, "/list?page=1", LISTS.format(flag=", next: true"))
    assert len(_titles(rows)) == 6
    assert len(asked) == 3 + 101
    assert problems[-1].code.split(", ")[-1] == "page-repeats"


@pytest.mark.parametrize(("strategy", "flag"), [*((name, "") for name in SOME), ("threads", ", next: true")])
def test_honest_lists_are_read_whole(site, strategy, flag):
    """A gap of thirty empty pages; rows of little choice; the same headlines above other links."""

    def gap(path):
        n = _number(path)
        books = "" if 10 < n < 41 else _books(f"{n}a", f"{n}b")
        return books + (_next(n + 1) if n < 60 else "")

    def weather(path):
        n = _number(path)
        return _books("sun", "sun", "rain", "rain") + (_next(n + 1) if n < 60 else "")

    def headlines(path):
        n = _number(path)
        if "item" in path:
            return f"<h3>{n}</h3>"
        links = "".join(f"<a class=item href='/item/{2 * n + k}'>x</a>" for k in (0, 1))
        return _books("top story", "second story") + links + (_next(n + 1) if n < 30 else "")

    assert len(_titles(site(gap, "/list?page=1", LISTS.format(flag=flag), strategy)[0])) == 60
    assert len(_titles(site(weather, "/list?page=1", LISTS.format(flag=flag), strategy)[0])) == 240
    kinds = LISTS.format(flag=flag).rstrip().removesuffix("]") + ", {css: a.item, to: item}]"
    rows = site(headlines, "/list?page=1", kinds + "\n  item: {table: items, fields: {title: h3}}\n", strategy)[0]
    assert len(rows["items"]) == 60


def test_a_tree_of_categories_with_the_same_box_on_each_is_read_whole(site):
    """All show the same two books, and other subcategories."""
    children = {1: [2, 3], 3: [4, 5], 5: [6, 7], 7: [8, 9], 9: [10, 11], 11: [12, 13]}

    def page(path):
        return _books("bestseller", "other") + "".join(
            f"<a class=on href='/c/{n}'>{n}</a>" for n in children.get(_number(path), [])
        )

    for flag in ("", ", next: true"):
        _, problems, asked, _ = site(page, "/c/1", LISTS.format(flag=flag))
        assert sorted(map(_number, asked)) == list(range(1, 14)), problems
        assert not problems


CALENDAR = """
  month:
    table: events
    fields: {title: h1}
    follow: [{css: a.next, to: month}, {css: a.day, to: day}]
  day: {table: days, fields: {title: h1}}
"""


@pytest.mark.parametrize("form", ["/cal?month={}-{:02}", "/cal/{}/{:02}", "/cal?year={}&month={}", "/cal-{}{:02}.html"])
@pytest.mark.parametrize("strategy", ["curl", "threads"])
def test_fault_104_an_endless_calendar(site, form, strategy):
    def page(path):
        digits = [int(part) for part in "".join(c if c.isdigit() else " " for c in path).split()]
        year, month = digits if len(digits) == 2 else divmod(digits[0], 100)
        after = divmod(12 * year + month, 12)
        return f"<h1>{year} {month}</h1>" + _next(0, form.format(after[0], after[1] + 1))

    rows, problems, asked, _ = site(page, form.format(2026, 1), CALENDAR, strategy)
    assert 60 < len(asked) < 90
    assert len(rows["events"]) == len(asked)
    assert [(each.state, each.code) for each in problems] == [("skipped", "trap")]
    assert "calendar" in problems[0].detail
    assert "a rule of month leads to month" in problems[0].detail


def test_fault_104_an_endless_calendar_of_days(site):
    from datetime import date, timedelta

    def page(path):
        day = date.fromisoformat(path[-10:])
        return _next(0, f"/cal?day={day + timedelta(1)}")

    kinds = "\n  day: {table: days, each: .event, fields: {title: h3}, follow: [{css: a.next, to: day, next: true}]}"
    _, problems, asked, _ = site(page, "/cal?day=2026-11-01", kinds)
    assert len(asked) == 101
    assert problems[-1].code.endswith("page-repeats")


def test_products_with_numbers_like_dates_are_read(site):
    def page(path):
        n = _number(path)
        return (
            "".join(f"<a class=next href='/p/{2040 + k}-{(k % 12) + 1:02}'>x</a>" for k in range(50)) + f"<h1>{n}</h1>"
        )

    kinds = "\n  p: {table: events, fields: {title: h1}, follow: [{css: a.next, to: p}]}"
    rows, problems, _, _ = site(page, "/", kinds)
    assert (len(rows["events"]), problems) == (51, [])


@pytest.mark.parametrize(
    "grow",
    [
        lambda path: path + "/a",
        lambda path: path.rstrip("/") + "/x/y",
        lambda path: path + ("&" if "?" in path else "?") + "tag=red",
        lambda path: "/login?next=" + path.replace("%", "%25").replace("?", "%3F").replace("=", "%3D"),
    ],
    ids=["path", "two parts", "parameter", "nested"],
)
def test_fault_105_growing_addresses(site, grow):
    kinds = "\n  p: {table: events, fields: {title: h1}, follow: [{css: a.next, to: p}]}"
    _, problems, asked, _ = site(lambda path: f"<h1>{path}</h1>" + _next(0, grow(path)), "/a", kinds)
    assert len(asked) < 10
    assert [(each.state, each.code) for each in problems] == [("skipped", "trap")]
    assert "keeps growing" in problems[0].detail


@pytest.mark.parametrize("strategy", ["curl", "threads"])
@pytest.mark.parametrize("name", ["sid", "x", "PHPSESSID"])
def test_fault_103_a_session_that_changes_with_every_page(site, name, strategy):
    given = iter(range(1, 100_000))

    def page(path):
        base, new = path.partition("?")[0], f"?{name}=k{next(given)}"
        if base.startswith("/book"):
            return f"<h1>{base}</h1>"
        n = _number(base)
        pager = "".join(f"<a class=next href='/list/{k}{new}'>{k}</a>" for k in range(1, 7))
        return pager + "".join(f"<a class=book href='/book/{n}{c}{new}'>x</a>" for c in "abc")

    kinds = (
        "\n  list: {follow: [{css: a.next, to: list}, {css: a.book, to: book}]}"
        "\n  book: {table: books, key: title, fields: {title: h1}}"
    )
    rows, problems, asked, report = site(page, "/list/1", kinds, strategy)
    assert len(rows["books"]) == 18
    assert len(asked) < 500
    assert report.ending == "finished"
    if name == "x":  # a session by its name is one address
        assert {(each.state, each.code) for each in problems} == {("skipped", "trap")}


def test_it_can_be_switched_off(site):
    rows, problems, _, _ = site(
        lambda path: _books("x", "y") + _next(_number(path) + 1),
        "/list?page=1",
        LISTS.format(flag=", next: true"),
        pages=20,
        traps=False,
    )
    assert len(_titles(rows)) == 40
    assert [each.code for each in problems] == ["limit"]


@pytest.mark.parametrize("after", [2, 5, 9, 40, 90])
def test_a_run_that_is_resumed_goes_on_counting(tmp_path, after):
    """Five pages, then nothing: whenever the run is stopped, the crawl ends at the same page."""

    def reply(path: str, number: int) -> bytes:
        n = _number(path)
        return answer(((_books(f"{n}a", f"{n}b") if n <= 5 else "") + _next(n + 1)).encode())

    path = tmp_path / "job.yaml"
    with serve(keep_alive(reply)) as server:
        kinds = LISTS.format(flag="")
        path.write_text(
            f"name: job\nstart: {server.origin}/list?page=1\npages:{kinds}\noutput: out.jsonl\n"
            "polite: {delay: 0, robots: false}\nlimits: {pages: 1000}\n"
        )
        job = crawler.load(path)
        stopper = Stopper()

        def stop(tally):
            if tally.done >= after:
                stopper.stop("interrupted")

        assert crawler.run(job, observe=stop, stopper=stopper).ending == "interrupted"
        report = crawler.run(job)
    assert (report.ending, report.resumed) == ("finished", True)
    assert [_number(seen.path) for seen in server.requests] == list(range(1, 107))
