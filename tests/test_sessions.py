"""Sites that write a session into their URLs, and sites whose `sid` is a story: whole runs on loopback."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from crawler import api
from crawler.extract.page import PageView
from crawler.extract.parser import sessions_on
from crawler.runner.report import Report
from crawler.url_parameters import is_token, suspects
from tests.support.badserver import answer, keep_alive, serve

Site = Callable[[str, int], str]
"""Markup of a path; the number is that of the request."""

NAV = ("/", "/about", "/help", "/terms")


def token(of: object) -> str:
    return hashlib.md5(str(of).encode()).hexdigest()


def crawled(folder: Path, site: Site, *, start: str = "/", **fetch: Any) -> tuple[Report, list[str], list[str]]:
    """The report, the titles in order, and the paths that were asked for."""

    def reply(path: str, number: int) -> bytes:
        found = site(path, number)
        if found.startswith("->"):
            return answer(b"", b"Location: " + found[2:].encode(), status=b"302 Found")
        return answer(found.encode())

    with serve(keep_alive(reply)) as server:
        config = {
            "name": "sessions",
            "start": server.origin + start,
            "pages": {
                "list": {"follow": [{"css": "a.next", "to": "list"}, {"css": "a.item", "to": "item"}]},
                "item": {"table": "items", "fields": {"title": "h1"}, "follow": [{"css": "a.back", "to": "list"}]},
            },
            "fetch": {"workers": 2, **fetch},
            "polite": {"delay": 0, "robots": False},
            "limits": {"pages": 60},
            "output": ["out.jsonl"],
        }
        with (folder / "job.yaml").open("w") as file:
            YAML().dump(config, file)
        job = api.load(folder / "job.yaml")
        report = api.run(job)
        return report, [str(row["title"]) for row in api.rows(job, "items")], server.paths


def shop(path: str, number: int) -> str:
    """Each answer has a session of its own in all its links: three listings of four items."""
    session = f"sid={token(number)}"
    nav = "".join(f"<a href='{page}?{session}'>x</a>" for page in NAV)
    query = dict(pair.split("=") for pair in path.partition("?")[2].split("&") if pair)
    if path.startswith("/item"):
        back = f"<a class=back href='/list?p=1&{session}'>back</a>"
        return f"<h1>{query['id']}</h1>{back}{nav}"
    at = int(query["p"])
    items = "".join(f"<a class=item href='/item?{session}&id={at * 10 + n}'>x</a>" for n in range(4))
    return f"{items}<a class=next href='/list?p={at % 3 + 1}&{session}'>next</a>{nav}"


ITEMS = [str(page * 10 + n) for page in (1, 2, 3) for n in range(4)]


@pytest.mark.parametrize("strategy", ["threads", "asyncio", "curl"])
def test_a_session_that_changes_with_every_answer_makes_no_page_twice(tmp_path: Path, strategy: str) -> None:
    report, titles, paths = crawled(tmp_path, shop, start="/list?p=1", strategy=strategy)
    assert titles == ITEMS
    assert len(paths) == 15
    assert report.dropped == {"session": 13}  # 12 times back, and from the last listing to the first


def test_a_start_url_with_a_session_is_the_page_that_links_without_it_lead_to(tmp_path: Path) -> None:
    _, titles, paths = crawled(tmp_path, shop, start=f"/list?sid={token('old')}&p=1")
    assert (titles, len(paths)) == (ITEMS, 15)


def test_a_session_that_a_redirect_gives_is_no_circle(tmp_path: Path) -> None:
    def redirecting(path: str, number: int) -> str:
        if "sid=" in path:  # one link on each page is without it
            return re.sub(r"\?sid=\w+&(id=\d1)", r"?\1", shop(path, number))
        return f"->{path}{'&' if '?' in path else '?'}sid={token(number)}"

    report, titles, paths = crawled(tmp_path, redirecting, start="/list?p=1")
    assert (titles, len(paths)) == (ITEMS, 19)
    assert report.causes == {}


def test_old_ids_in_what_visitors_wrote_are_the_session_too(tmp_path: Path) -> None:
    def forum(path: str, number: int) -> str:
        pasted = "".join(f"<a class=next href='/list?p={n}&sid={token(n)}'>see</a>" for n in (2, 3))
        return shop(path, number) + ("" if path.startswith("/item") else pasted)

    _, titles, paths = crawled(tmp_path, forum, start="/list?p=1")
    assert (sorted(titles), len(paths)) == (ITEMS, 15)


def stories(number_of: Callable[[int], str], name: str = "sid") -> Site:
    """A list of four stories; a story links to its comments, by its own number."""

    def site(path: str, number: int) -> str:
        if path.startswith("/article"):
            own = path.partition("?")[2]
            return f"<h1>{own}</h1>" + "".join(f"<a class=back href='/comments?{own}&c={n}'>x</a>" for n in range(3))
        if path.startswith("/comments"):
            return "<p>comments"
        nav = "".join(f"<a href='{page}'>x</a>" for page in NAV)
        return nav + "".join(f"<a class=item href='/article?{name}={number_of(n)}'>x</a>" for n in range(4))

    return site


@pytest.mark.parametrize(
    ("number_of", "name"),
    [
        (lambda n: f"26/07/0{n}/041521{n}", "sid"),
        (lambda n: f"1234567890123456789{n}", "sid"),
        (lambda n: f"abc12{n}", "SID"),
        (lambda n: f"summer-2024-morning-a{n}", "session"),
        (token, "session_id"),
        (lambda n: f"8c7f0aac-97d9-4dcf-8e7e-0000000000f{n}", "sessionid"),
    ],
)
def test_numbers_of_stories_are_no_sessions(tmp_path: Path, number_of: Callable[[int], str], name: str) -> None:
    report, titles, paths = crawled(tmp_path, stories(number_of, name))
    assert titles == [f"{name}={number_of(n)}" for n in range(4)]
    assert len(paths) == 1 + 4 + 4 * 3
    assert report.dropped == {}


def test_a_story_that_looked_like_a_session_does_not_hide_the_others(tmp_path: Path) -> None:
    """The first story stands alone, and all links on it have its number; then comes the list of all of them."""
    all_of_them = stories(token)

    def site(path: str, number: int) -> str:
        if path == "/":
            return f"<a class=item href='/article?sid={token(0)}'>x</a>"
        if path.startswith("/article"):
            return all_of_them(path, number) + "<a class=back href='/archive'>x</a>"
        return all_of_them(path, number)

    _, titles, _ = crawled(tmp_path, site)
    assert titles == [f"sid={token(n)}" for n in range(4)]


def test_the_config_has_the_last_word(tmp_path: Path) -> None:
    _, titles, _ = crawled(tmp_path, stories(lambda n: str(n)), ignore_parameters=["SID"])
    assert titles == ["sid=0"]
    (tmp_path / "kept").mkdir()
    _, titles, paths = crawled(tmp_path / "kept", shop, start="/list?p=1", keep_parameters="sid")
    assert len(paths) == 60
    assert set(titles) <= set(ITEMS)


def test_a_change_of_the_parameters_is_another_crawl(tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text("{name: a, start: http://h.example/, pages: {p: {fields: {t: h1}}}, output: a.csv}")
    plain = api.load(path).what_hash
    changed = {
        api.load(path, overrides=[f"fetch.{key}=[{name}]"]).what_hash
        for key in ("ignore_parameters", "keep_parameters")
        for name in ("a", "b")
    }
    assert len({plain, *changed}) == 5
    assert api.load(path, overrides=["fetch.ignore_parameters=[]", "fetch.retries=1"]).what_hash == plain


@pytest.mark.parametrize(
    ("value", "random"),
    [
        ("9f86d081884c7d659a2feaa0c55ad015", True),
        ("q0r8mk1u3v7bk2p1l5a9nqt4c6", True),
        ("dXNlcjE3Zm9vYmFyMTIz", True),
        ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", True),
        ("26/07/01/0415211", False),
        ("12345678901234567890", False),
        ("abc123", False),
        ("summer-2024-morning-a1", False),
        ("summer2024morninga1", False),
        ("SummerSchoolMorning2024", False),
        ("internationalisation", False),
        ("2024-01-31T12:00:00", False),
        ("", False),
    ],
)
def test_what_looks_random(value: str, random: bool) -> None:
    assert is_token(value) is random


def test_names_of_sessions() -> None:
    names = ("sid", "SID", "osCsid", "PHPSESSID", "session", "session_id", "sess-key", "user_session", "s", "zenid")
    for name in names:
        assert suspects(f"http://h/x?a=1&{name}={token(1)}") == {name.lower(): token(1)}
        assert suspects(f"http://h/x;{name}={token(1)}/y?a=1") == {name.lower(): token(1)}
    for name in ("side", "id", "page", "q", "hash", "key", "ss"):
        assert suspects(f"http://h/x?{name}={token(1)}") == {}


@pytest.mark.parametrize(
    ("carrying", "others", "value", "session"),
    [
        (4, 2, token(1), True),
        (4, 3, token(1), None),
        (1, 0, token(1), None),
        (4, 0, "abc123", None),
    ],
)
def test_how_many_links_must_carry_it(carrying: int, others: int, value: str, session: bool | None) -> None:
    links = [f"<a href='/a{n}?sid={value}'>x</a>" for n in range(carrying)]
    links += [f"<a href='/b{n}'>x</a>" for n in range(others)]
    links += [f"<a href='http://other.test/{n}'>x</a>" for n in range(9)]
    page = PageView("http://shop.test/", "".join(links))
    found = sessions_on(page, [f"http://shop.test/a?sid={token(1)}"])
    assert found == ({} if session is None else {"sid": session})
