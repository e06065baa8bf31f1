"""Lists that go on by number, offset or cursor: when they end, what they cost, and what their rows are given."""

from __future__ import annotations

import json
import threading
from functools import partial
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

import crawler
from tests.support.api import api, crawl_api, crawl_served, write_job
from tests.support.usable import USABLE
from tests.test_requests import stopped_after

STRATEGIES = [name for name in ("serial", "threads", "processes", "asyncio", "curl") if name in USABLE]
PAGES = [[1, 2, 3], [4, 5, 6], [7]]


def query(seen):
    return {name: values[0] for name, values in parse_qs(urlsplit(seen.path).query).items()}


def listing(paginate, request='query: {page: "{page}"}', more=""):
    return f"""HOST/list
pages:
  list:
    format: json
    request: {{{request}}}
    paginate: {paginate}
    each: items
    fields: {{id: id}}{more}
"""


def items(ids, **more):
    return {"items": [{"id": one} for one in ids], **more}


def by_page(seen):
    number = int(query(seen).get("page", 1))
    return items(PAGES[number - 1] if number <= len(PAGES) else [])


def ids(found):
    return [row["id"] for row in found.rows["list"]]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_pages_are_asked_for_until_one_has_no_rows(tmp_path, strategy):
    found = crawl_api(tmp_path, by_page, listing("{page: 1}"), strategy)
    assert ids(found) == [1, 2, 3, 4, 5, 6, 7]
    assert [seen.path for seen in found.requests] == [f"/list?page={number}" for number in (1, 2, 3, 4)]
    assert found.problems == []


def test_the_number_may_stand_in_a_path_or_a_body(tmp_path):
    def reply(seen):
        number = json.loads(seen.body)["p"] if seen.body else int(seen.path.rpartition("/")[2])
        return items(PAGES[int(number)] if int(number) < len(PAGES) else [])

    in_body = crawl_api(tmp_path, reply, listing("{page: 0}", 'json: {p: "{page}"}'))
    assert ids(in_body) == [1, 2, 3, 4, 5, 6, 7]
    assert [seen.body for seen in in_body.requests] == [f'{{"p":{number}}}'.encode() for number in range(4)]
    other = tmp_path / "other"
    other.mkdir()
    in_path = crawl_api(other, reply, listing("{page: 0}", 'url: "/list/{page}"').replace("HOST/list", "HOST/list/0"))
    assert ids(in_path) == [1, 2, 3, 4, 5, 6, 7]


def test_the_number_may_stand_in_the_start_url(tmp_path):
    config = listing("{page: 1}").replace("HOST/list", '"HOST/list?shelf=a&page={page}"', 1)
    found = crawl_api(tmp_path, by_page, config.replace('    request: {query: {page: "{page}"}}\n', ""))
    assert ids(found) == [1, 2, 3, 4, 5, 6, 7]
    assert [seen.path for seen in found.requests] == [f"/list?shelf=a&page={number}" for number in (1, 2, 3, 4)]


def test_a_start_may_be_a_page_kind_with_an_address(tmp_path):
    config = listing("{page: 1}", 'url: "HOST/list", query: {page: "{page}"}').replace("HOST/list", "{kind: list}", 1)
    assert ids(crawl_api(tmp_path, by_page, config)) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("paginate", "request_", "more"),
    [
        ("{page: 1, page_count: pages}", 'query: {page: "{page}"}', {"pages": 3}),
        ("{page: 1, total: count, step: 3}", 'query: {page: "{page}"}', {"count": "7"}),
        ("{offset: 0, total: count, step: 3}", 'query: {offset: "{offset}"}', {"count": 7}),
    ],
)
def test_with_a_known_end_all_pages_are_asked_for_at_once(tmp_path, paginate, request_, more):
    together = threading.Barrier(2, timeout=20)

    def reply(seen):
        asked = query(seen)
        number = int(asked["page"]) if "page" in asked else int(asked["offset"]) // 3 + 1
        return items(PAGES[number - 1], **more)

    with api(reply, before=lambda conn: conn.number and together.wait()) as server:
        found = crawl_served(tmp_path, server, listing(paginate, request_))
    assert ids(found) == [1, 2, 3, 4, 5, 6, 7]
    assert len(found.requests) == 3


def test_a_count_that_is_missing_is_noted_and_the_list_goes_on_page_by_page(tmp_path):
    found = crawl_api(tmp_path, by_page, listing("{page: 1, page_count: pages}"))
    assert ids(found) == [1, 2, 3, 4, 5, 6, 7]
    assert found.problems == [("noted", "no-count", "")]


def test_a_list_goes_on_as_long_as_more_is_not_false(tmp_path):
    def reply(seen):
        number = int(query(seen)["page"])
        return items(PAGES[number - 1], more=number < 2)

    found = crawl_api(tmp_path, reply, listing("{page: 1, more: more}"))
    assert ids(found) == [1, 2, 3, 4, 5, 6]
    assert len(found.requests) == 2


@pytest.mark.parametrize("end", [None, "", False, "same"])
def test_a_cursor_is_left_out_at_first_and_ends_the_list(tmp_path, end):
    after = {None: "a", "a": "b", "b": "b" if end == "same" else end}

    def reply(seen):
        cursor = json.loads(seen.body).get("after")
        return items(PAGES[[None, "a", "b"].index(cursor)], next=after[cursor])

    found = crawl_api(tmp_path, reply, listing("{cursor: next}", 'json: {q: list, after: "{cursor}"}'))
    assert ids(found) == [1, 2, 3, 4, 5, 6, 7]
    assert [json.loads(seen.body).get("after") for seen in found.requests] == [None, "a", "b"]


def test_a_cursor_that_is_nowhere_on_the_first_page_is_noted(tmp_path):
    def reply(seen):
        return items([1, 2, 3], next="a")

    found = crawl_api(tmp_path, reply, listing("{cursor: nxt}", 'json: {after: "{cursor}"}'))
    assert ids(found) == [1, 2, 3]
    assert found.problems == [("noted", "no-cursor", "")]


def test_max_pages_is_the_most_of_one_list(tmp_path):
    found = crawl_api(tmp_path, by_page, listing("{page: 1, max_pages: 2}"))
    assert (ids(found), len(found.requests)) == ([1, 2, 3, 4, 5, 6], 2)


@pytest.mark.parametrize("last", [[4, 5], [4]])
def test_a_site_that_shows_its_last_page_again_ends_the_list_with_a_note(tmp_path, last):
    def reply(seen):
        return items([1, 2, 3] if int(query(seen)["page"]) == 1 else last)

    found = crawl_api(tmp_path, reply, listing("{page: 1}"))
    assert ids(found) == [1, 2, 3, *last]
    assert found.problems == [("noted", "page-repeats", "")]
    assert len(found.requests) <= 4


@pytest.mark.parametrize(
    ("strategy", "last"), [*((name, [4, 5]) for name in STRATEGIES), ("threads", [4, 5, 6]), ("threads", [4])]
)
@pytest.mark.parametrize("paginate", ["{page: 1, total: count, step: 3}", "{page: 1, page_count: pages}"])
def test_a_site_that_says_more_than_it_shows_gives_each_row_once(tmp_path, strategy, paginate, last):
    def reply(seen):
        number = int(query(seen)["page"])
        return items([1, 2, 3] if number == 1 else last, count=18, pages=6)

    found = crawl_api(tmp_path, reply, listing(paginate), strategy)
    assert ids(found) == [1, 2, 3, *last]
    assert found.problems == [("noted", "page-repeats", "")] * 4
    assert found.report.records == {"list": 3 + len(last)}


def test_of_pages_that_are_the_same_the_first_of_the_list_counts_whichever_comes_first(tmp_path):
    """Pages 4 and 6 repeat page 3, and 4 and 6 are there before it."""
    later = threading.Event()
    seen_by = []

    def before(conn):
        number = int(query(conn.server.requests[conn.number])["page"])
        if number == 3:
            later.wait(timeout=20)
        seen_by.append(number)
        if {4, 6} <= set(seen_by):
            later.set()

    shown = {1: [1, 2, 3], 2: [4, 5, 6], 3: [7, 8, 9], 4: [7, 8, 9], 5: [10, 11, 12], 6: [7, 8, 9]}
    with api(lambda seen: items(shown[int(query(seen)["page"])], pages=6), before) as server:
        found = crawl_served(tmp_path, server, listing("{page: 1, page_count: pages}"))
    assert ids(found) == list(range(1, 13))
    assert found.problems == [("noted", "page-repeats", "")] * 2


@pytest.mark.parametrize("end", ["{page: 1, max_pages: 3}", "{page: 1, more: more}"])
def test_the_last_page_of_a_list_may_be_the_one_that_repeats(tmp_path, end):
    def reply(seen):
        number = int(query(seen)["page"])
        return items([1, 2, 3] if number == 1 else [4, 5], more=number < 3)

    found = crawl_api(tmp_path, reply, listing(end))
    assert ids(found) == [1, 2, 3, 4, 5]
    assert found.problems == [("noted", "page-repeats", "")]


def test_pages_of_one_row_that_look_the_same_are_kept_with_a_note(tmp_path):
    """Each page has one row, and what the config takes of it says too little to tell rows apart."""
    config = listing("{page: 1, page_count: pages}").replace("{id: id}", "{id: stars}")
    stars = [5, 4, 5, 5]

    def reply(seen):
        number = int(query(seen)["page"])
        return {"items": [{"id": number, "stars": stars[number - 1]}], "pages": 4}

    found = crawl_api(tmp_path, reply, config)
    assert ids(found) == stars
    assert found.problems == [("noted", "page-repeats", "")] * 2
    other = tmp_path / "other"
    other.mkdir()
    assert crawl_api(other, reply, config, traps=False).problems == []


@pytest.mark.parametrize("status", [400, 404, 410, 416])
def test_a_page_too_many_ends_the_list_and_is_no_failure(tmp_path, status):
    def reply(seen):
        number = int(query(seen)["page"])
        return items(PAGES[number - 1]) if number <= 3 else (status, {}, "no such page")

    found = crawl_api(tmp_path, reply, listing("{page: 1}"))
    assert ids(found) == [1, 2, 3, 4, 5, 6, 7]
    assert found.problems == [("noted", "paging-ended", "")]
    assert found.report.exit_code == 0
    first = tmp_path / "first"
    first.mkdir()
    failed = crawl_api(first, lambda seen: (status, {}, "no"), listing("{page: 1}"))
    assert ("failed", f"http-{status}", "") in failed.problems


def test_rows_that_where_leaves_out_do_not_end_the_list(tmp_path):
    found = crawl_api(tmp_path, by_page, listing("{page: 1}", more="\n    where: {id: {min: 7}}"))
    assert ids(found) == [7]


def test_what_a_list_was_given_goes_along_with_its_pages(tmp_path):
    config = """HOST/menu
pages:
  menu: {follow: [{each: a, attr: href, carry: {shelf: {}}, to: list}]}
  list:
    format: json
    request: {query: {page: "{page}"}}
    paginate: {page: 1}
    each: items
    fields: {id: id}
"""

    def reply(seen):
        if seen.path == "/menu":
            return "<a href=/one>One</a><a href=/two>Two</a>"
        number, shelf = int(query(seen)["page"]), seen.path[1:4]
        return items([f"{shelf}{number}a", f"{shelf}{number}b"] if number < 3 else [])

    found = crawl_api(tmp_path, reply, config)
    assert sorted((row["shelf"], row["id"]) for row in found.rows["list"]) == [
        (name.title(), f"{name}{number}{letter}") for name in ("one", "two") for number in (1, 2) for letter in "ab"
    ]


def test_next_pages_by_a_link_are_given_the_same(tmp_path):
    config = """HOST/menu
pages:
  menu: {follow: [{each: a, attr: href, carry: {shelf: {}}, to: list}]}
  list: {each: p, fields: {id: b}, follow: [{css: a.next, to: list}]}
"""

    def reply(seen):
        if seen.path == "/menu":
            return "<a href=/one/1>One</a><a href=/two/1>Two</a>"
        shelf, number = seen.path[1:4], int(seen.path[-1])
        return f"<p><b>{shelf}{number}</b></p>" + (f"<a class=next href=/{shelf}/{number + 1}>" if number < 3 else "")

    found = crawl_api(tmp_path, reply, config)
    assert sorted((row["shelf"], row["id"]) for row in found.rows["list"]) == [
        (name.title(), f"{name}{number}") for name in ("one", "two") for number in (1, 2, 3)
    ]


def test_a_crawl_that_was_stopped_goes_on_in_the_middle_of_a_list(tmp_path):
    with api(by_page) as server:
        crawler.run(crawler.load(write_job(tmp_path, server.origin, listing("{page: 1}"))), **stopped_after(1))
        found = crawl_served(tmp_path, server, listing("{page: 1}"))
    assert ids(found) == [1, 2, 3, 4, 5, 6, 7]
    assert len(found.requests) == 4


EXPECT = """HOST/
pages:
  p: {format: json, expect: {json: status, allow: ^ok$}, each: items, fields: {id: id}}
"""


def test_an_answer_without_what_is_expected_is_asked_for_again_then_failed(tmp_path):
    answers = iter([items([1], status="busy"), items([1, 2], status="ok")])
    assert [row["id"] for row in crawl_api(tmp_path, lambda seen: next(answers), EXPECT).rows["p"]] == [1, 2]
    other = tmp_path / "other"
    other.mkdir()
    failed = crawl_api(other, lambda seen: items([1], status="busy"), EXPECT.replace("HOST/\n", "HOST/\n", 1))
    assert failed.rows["p"] == []
    assert any(code == "unexpected" for _, code, _ in failed.problems)


@pytest.mark.parametrize("copies", ["rows", "collect"])
def test_further_links_to_a_page_give_rows_or_lists(tmp_path, copies):
    config = f"""HOST/
pages:
  list: {{follow: [{{each: li, css: a, carry: {{shelf: b}}, duplicates: {copies}, to: book}}]}}
  book: {{fields: {{title: h1}}}}
"""

    def reply(seen):
        if seen.path == "/":
            shelves = (("1", "Sea"), ("2", "Art"), ("1", "Old"))
            return "".join(f"<li><a href=/{book}>x</a><b>{shelf}</b></li>" for book, shelf in shelves)
        return f"<h1>Book {seen.path[1:]}</h1>"

    found = crawl_api(tmp_path, reply, config)
    rows = [(row["title"], row["shelf"]) for row in found.rows["book"]]
    if copies == "rows":
        assert rows == [("Book 1", "Sea"), ("Book 1", "Old"), ("Book 2", "Art")]
    else:
        assert rows == [("Book 1", ("Sea", "Old")), ("Book 2", ("Art",))]
    assert found.problems == []


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_cursor_that_has_run_out_is_no_end_of_the_list(tmp_path, status):
    def reply(seen):
        number = int(query(seen).get("cursor", 0))
        return items([number], next=number + 1) if number < 3 else (status, {}, {"error": "expired"})

    found = crawl_api(tmp_path, reply, listing("{cursor: next}", 'query: {cursor: "{cursor}"}'))
    assert ids(found) == [0, 1, 2]
    assert found.problems == [("failed", f"http-{status}", "")]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(("status", "body"), [(301, ""), (303, ", json: {a: 1}"), (307, ", json: {a: 1}")])
def test_a_list_that_repeats_itself_behind_redirects_ends(tmp_path, strategy, status, body):
    def reply(seen):
        number = int(seen.path.rpartition("/")[2])
        if seen.path.startswith("/list/"):
            return status, {"Location": f"/result/{number}"}, ""
        return items([10 * min(number, 3), 5])

    config = listing("{page: 1}", f'url: "/list/{{page}}"{body}').replace("HOST/list", "HOST/list/1")
    found = crawl_api(tmp_path, reply, config, strategy, pages=40)
    assert ids(found) == [10, 5, 20, 5, 30, 5]
    assert [code for _, code, _ in found.problems] == ["page-repeats"]


def results_of_a_post(status, seen):
    """A search that is posted to, and shows its results at an address of their own."""
    if seen.method == "POST":
        asked = json.loads(seen.body) if seen.body.startswith(b"{") else dict(parse_qsl(seen.body.decode()))
        number = int(asked.get("page", asked.get("after", 0)) or 1)
        return status, {"Location": f"/results/{number}"}, ""
    number = int(seen.path.rpartition("/")[2])
    return items(PAGES[number - 1] if number <= len(PAGES) else [], count=7, next=number + 1 if number < 3 else None)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("status", [301, 302, 303])
def test_the_next_page_of_a_post_that_led_to_its_results_is_posted_again(tmp_path, strategy, status):
    config = listing("{page: 1}", 'form: {q: lamp, page: "{page}"}')
    found = crawl_api(tmp_path, partial(results_of_a_post, status), config, strategy)
    assert ids(found) == [1, 2, 3, 4, 5, 6, 7]
    assert found.problems == []
    asked = [(method, path) for method, path, _ in found.sent()]
    assert asked == [one for number in (1, 2, 3, 4) for one in (("POST", "/list"), ("GET", f"/results/{number}"))]


@pytest.mark.parametrize(
    ("paginate", "request_"),
    [
        ("{page: 1}", 'url: /list, json: {page: "{page}"}'),
        ("{page: 1, total: count, step: 3}", 'json: {page: "{page}"}'),
        ("{cursor: next}", 'json: {after: "{cursor}"}'),
        ("{page: 1}", 'query: {page: "{page}"}, form: {page: "{page}"}'),
    ],
)
def test_however_the_pages_are_counted_all_are_posted_to_the_address_of_the_first(tmp_path, paginate, request_):
    found = crawl_api(tmp_path, partial(results_of_a_post, 303), listing(paginate, request_))
    assert ids(found) == [1, 2, 3, 4, 5, 6, 7]
    assert {urlsplit(path).path for method, path, _ in found.sent() if method == "POST"} == {"/list"}
    assert found.problems == []


def test_the_address_of_a_start_goes_before_that_of_the_page_kind(tmp_path):
    config = listing("{page: 1}", 'url: /never, json: {page: "{page}"}')
    found = crawl_api(tmp_path, partial(results_of_a_post, 303), config)
    assert ids(found) == [1, 2, 3, 4, 5, 6, 7]
    assert {path for method, path, _ in found.sent() if method == "POST"} == {"/list"}


def test_a_crawl_that_was_stopped_behind_a_redirect_posts_to_the_first_address(tmp_path):
    config = listing("{page: 1}", 'form: {page: "{page}"}')
    with api(partial(results_of_a_post, 303)) as server:
        crawler.run(crawler.load(write_job(tmp_path, server.origin, config)), **stopped_after(1))
        found = crawl_served(tmp_path, server, config)
    assert ids(found) == [1, 2, 3, 4, 5, 6, 7]
    assert {path for method, path, _ in found.sent() if method == "POST"} == {"/list"}


def test_a_list_whose_pages_get_an_address_without_a_number_is_asked_for_where_it_begins(tmp_path):
    def reply(seen):
        if seen.path.startswith("/list"):
            return 302, {"Location": f"/shelf-{query(seen)['page']}"}, ""
        number = int(seen.path.partition("?")[0][-1])
        return items(PAGES[number - 1] if number <= len(PAGES) else [])

    found = crawl_api(tmp_path, reply, listing("{page: 1}"))
    assert ids(found) == [1, 2, 3, 4, 5, 6, 7]
    assert found.problems == []


def test_a_list_that_has_moved_is_asked_for_at_its_new_address(tmp_path):
    def reply(seen):
        if seen.path.startswith("/list"):
            return 301, {"Location": seen.path.replace("/list", "/shelf")}, ""
        return by_page(seen)

    found = crawl_api(tmp_path, reply, listing("{page: 1}"))
    assert ids(found) == [1, 2, 3, 4, 5, 6, 7]
    assert [path for _, path, _ in found.sent()] == ["/list?page=1", *(f"/shelf?page={n}" for n in (1, 2, 3, 4))]
