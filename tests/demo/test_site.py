from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup

from crawler.demo.catalogue import DEAD, MOVED_FROM, STAFF
from crawler.demo.options import DemoOptions
from crawler.demo.pages import _pager_numbers
from crawler.demo.site import Site

LINK = re.compile(r'<a [^>]*href="([^"]+)"')


def links(site: Site, path: str) -> list[str]:
    html = site.page(path).body.decode()
    found = [urljoin(path, href.replace("&amp;", "&")) for href in LINK.findall(html)]
    return [link for link in found if not link.startswith("https://example.org/")]


def crawl(site: Site) -> dict[str, int]:
    """Every path that can be reached, with its status."""
    seen: dict[str, int] = {}
    todo = ["/"]
    while todo:
        path = todo.pop()
        if path not in seen:
            answer = site.page(path)
            seen[path] = answer.status
            todo += links(site, path) if answer.status == 200 else []
            todo += [answer.headers["Location"]] if answer.status == 301 else []
    return seen


def test_every_link_leads_somewhere_except_the_dead_one() -> None:
    site = Site()
    seen = crawl(site)
    assert [path for path, status in seen.items() if status == 404] == [DEAD]
    assert [path for path, status in seen.items() if status == 301] == [MOVED_FROM]
    assert {row["url"] for row in site.truth()} <= {path for path, status in seen.items() if status == 200}
    assert len(seen) == 1 + 3 + 60 + 24 + 3, "home, listings, books, authors, and dead, moved, staff"


def test_the_staff_room_is_linked_and_forbidden_and_would_answer() -> None:
    site = Site()
    assert STAFF in links(site, "/catalogue/page-1.html")
    assert b"Disallow: /staff/" in site.page("/robots.txt").body
    assert site.page(STAFF).status == 200


def test_the_moved_book_redirects_to_its_page() -> None:
    site = Site()
    answer = site.page(MOVED_FROM)
    assert answer.status == 301
    assert b"The Book That Moved House" in site.page(answer.headers["Location"]).body


def test_a_shop_without_book_7_has_no_redirect() -> None:
    assert Site(DemoOptions(books=6)).page(MOVED_FROM).status == 404


def test_special_characters_are_escaped() -> None:
    body = Site().page("/catalogue/salt-vinegar-and-other-facts_5/index.html").body.decode()
    assert "Salt &amp; Vinegar &lt;and&gt; Other" in body
    assert "<and>" not in body


def test_truth_names_each_book_and_author_once() -> None:
    rows = list(Site(DemoOptions(books=500)).truth())
    assert len([row for row in rows if row["table"] == "books"]) == 500
    assert len([row for row in rows if row["table"] == "authors"]) == 100
    assert len({row["url"] for row in rows}) == 600


def test_authors_come_in_the_order_of_the_books() -> None:
    rows = list(Site().truth())
    met = list(dict.fromkeys(name for row in rows if row["table"] == "books" for name in row["authors"]))
    assert [row["name"] for row in rows if row["table"] == "authors"] == met


def digest(site: Site) -> str:
    paths = sorted(crawl(site))
    return hashlib.sha256(b"".join(site.page(path).body for path in paths)).hexdigest()


def test_another_process_makes_the_same_bytes() -> None:
    code = (
        "import hashlib; from crawler.demo.site import Site; s = Site();"
        "rows = sorted(r['url'] for r in s.truth());"
        "print(hashlib.sha256(b''.join(s.page(p).body for p in rows)).hexdigest())"
    )
    env = os.environ | {"PYTHONHASHSEED": "99", "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", code]
    other = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=True)
    site = Site()
    paths = sorted(row["url"] for row in site.truth())
    ours = hashlib.sha256(b"".join(site.page(path).body for path in paths)).hexdigest()
    assert other.stdout.strip() == ours


def test_another_seed_makes_another_site() -> None:
    assert digest(Site(DemoOptions(books=30))) != digest(Site(DemoOptions(books=30, seed=2)))


def test_a_million_books_cost_nothing_until_they_are_asked_for() -> None:
    site = Site(DemoOptions(books=1_000_000))
    assert site.page("/catalogue/page-50000.html").status == 200
    assert site.page("/catalogue/page-50001.html").status == 404
    last = next(link for link in links(site, "/catalogue/page-50000.html") if "_1000000/" in link)
    assert site.page(last).status == 200


def test_a_small_shop_links_every_page_from_every_page() -> None:
    assert _pager_numbers(100, 200) == list(range(1, 201))


@pytest.mark.parametrize("last", [201, 1_000, 50_000])
def test_a_huge_shop_is_two_clicks_deep_with_a_short_pager(last: int) -> None:
    first = _pager_numbers(1, last)
    reached = {page for step in first for page in _pager_numbers(step, last)}
    assert reached == set(range(1, last + 1))
    assert len(first) < 460


def test_the_pager_names_the_next_page() -> None:
    body = Site().page("/catalogue/page-2.html").body
    assert b'<li class="next"><a href="page-3.html">' in body
    assert b'class="next"' not in Site().page("/catalogue/page-3.html").body


@pytest.mark.parametrize("more", [0, 1, 40, 48, 49, 200, 50_000])
def test_a_page_is_filled_up_to_its_weight_exactly(more: int) -> None:
    light = Site().page("/").body
    heavy = Site(DemoOptions(page_weight=len(light) + more)).page("/").body
    assert len(heavy) == len(light) + more


def test_a_page_that_weighs_more_already_stays() -> None:
    assert Site(DemoOptions(page_weight=100)).page("/").body == Site().page("/").body


def test_only_pages_of_the_shop_are_filled() -> None:
    site = Site(DemoOptions(page_weight=50_000))
    assert all(len(site.page(path).body) < 5_000 for path in ("/robots.txt", MOVED_FROM, "/nothing"))


def test_what_fills_a_page_is_text_that_can_be_seen_outside_of_what_was_there() -> None:
    path = "/catalogue/page-1.html"
    pages = [Site(DemoOptions(page_weight=weight)).page(path).body for weight in (0, 50_000)]
    light, heavy = (BeautifulSoup(page, "lxml") for page in pages)
    [letters] = heavy.select("section.letters")
    assert len(letters.select("p em")) > 400
    assert not letters.select("a, [hidden], [style]")
    assert (letters.find_previous_sibling().name, letters.find_next_sibling().name) == ("main", "footer")
    letters.extract()
    assert heavy.get_text(" ", strip=True) == light.get_text(" ", strip=True)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "*",
        "//",
        "/catalogue/page-0.html",
        "/catalogue/page-01.html",
        "/catalogue/page-4.html",
        "/catalogue/page-99999999999999999999.html",
        "/catalogue/page-١.html",
        "/catalogue/wrong-title_1/index.html",
        "/catalogue/uncorrected-proof_0/index.html",
        "/authors/ada-penrose-24.html",
        "/../../etc/passwd",
        "/%00",
        "/%ff%fe",
        "/" + "a" * 100_000,
        "/catalogue/" + "_1" * 10_000 + "/index.html",
        "\ud800",
    ],
)
def test_what_is_not_there_is_404(path: str) -> None:
    assert Site().page(path).status == 404


def test_a_query_is_ignored() -> None:
    assert Site().page("/catalogue/page-1.html?sort=price").status == 200


def test_errors_hit_the_wanted_share_of_the_paths() -> None:
    site = Site(DemoOptions(errors=0.2))
    share = sum(site.fails_first(f"/catalogue/page-{number}.html") for number in range(5000)) / 5000
    assert 0.17 < share < 0.23
    assert not any(Site().fails_first(f"/{number}") for number in range(100))
    assert all(Site(DemoOptions(errors=1)).fails_first(f"/{number}") for number in range(100))
