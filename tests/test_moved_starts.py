"""Start pages and linked pages that redirect to another site: which of them `same_site` lets go there."""

from __future__ import annotations

import pytest

from tests.support.api import api, crawl_served
from tests.support.usable import USABLE

STRATEGIES = [name for name in ("threads", "processes", "asyncio", "curl") if name in USABLE]
PAGES = """
pages:
  list: {follow: [{css: a, to: book}]}
  book: {fields: {title: h1}}
"""


def new_site(seen):
    return "<a href=/b1>x</a>" if seen.path == "/" else "<h1>Riverbank</h1>"


def crawl(tmp_path, start, strategy="threads", pages=PAGES, status=301):
    """Crawl a site that has moved: `OLD` redirects each page to `NEW`, which has the pages."""
    with api(new_site) as new, api(lambda seen: (status, {"Location": f"{new.origin}{seen.path}"}, "")) as old:
        config = f"{start}{pages}".replace("OLD", old.origin).replace("NEW", new.origin.removeprefix("http://"))
        return crawl_served(tmp_path, old, config, strategy, ", allow_private: true"), list(new.requests)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("allowed", ["false", "[NEW]"])
def test_a_start_page_may_move_where_the_config_lets_it(tmp_path, strategy, allowed):
    found, asked = crawl(tmp_path, f'{{url: "OLD/", same_site: {allowed}}}', strategy)
    assert [row["title"] for row in found.rows["book"]] == ["Riverbank"]
    assert [one.path for one in asked] == ["/", "/b1"]
    assert found.problems == []


@pytest.mark.parametrize(
    "start", ['"OLD/"', '{url: "OLD/", same_site: true}', '{url: "OLD/", same_site: [other.example]}']
)
def test_else_the_run_says_that_it_has_moved_and_what_to_do(tmp_path, start):
    found, asked = crawl(tmp_path, start)
    assert (found.rows["book"], asked) == ([], [])
    assert "off-site" in [code for _, code, _ in found.problems]
    assert found.report.exit_code == 3
    assert any("same_site: false" in str(line) for line in found.report.doubts)


def test_each_line_of_a_file_may_move(tmp_path):
    with api(new_site) as new, api(lambda seen: (302, {"Location": f"{new.origin}/b1"}, "")) as old:
        (tmp_path / "shops.csv").write_text(f"url,shop\n{old.origin}/a,Ann\n{new.origin}/b2,Ben\n")
        config = "{file: shops.csv, carry: [shop], same_site: false}\npages:\n  shop: {fields: {title: h1}}"
        found = crawl_served(tmp_path, old, config, "threads", ", allow_private: true")
    assert [(row["shop"], row["title"]) for row in found.rows["shop"]] == [("Ann", "Riverbank"), ("Ben", "Riverbank")]


def test_a_linked_page_may_be_redirected_to_a_host_that_its_rule_names(tmp_path):
    with api(new_site) as new:

        def reply(seen):
            return "<a href=/b1>x</a>" if seen.path == "/" else (302, {"Location": f"{new.origin}/b1"}, "")

        with api(reply) as old:
            named = new.origin.removeprefix("http://")
            pages = PAGES.replace("to: book}", f"to: book, same_site: ['{named}']}}")
            found = crawl_served(tmp_path, old, f"{old.origin}/{pages}", "threads", ", allow_private: true")
    assert [row["title"] for row in found.rows["book"]] == ["Riverbank"]


def test_a_secret_does_not_go_where_a_start_has_moved(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_KEY", "k3y-canary-9")
    pages = PAGES.replace("list: {", 'list: {request: {headers: {X-Key: "${SHOP_KEY}"}}, ')
    found, asked = crawl(tmp_path, '{url: "OLD/", same_site: false}', pages=pages)
    assert [row["title"] for row in found.rows["book"]] == ["Riverbank"]
    assert [one.header("x-key") for one in asked] == [None, None]
    assert found.requests[0].header("x-key") == "k3y-canary-9"


def test_a_key_of_a_wrong_type_is_said(tmp_path):
    with pytest.raises(Exception, match="same_site"):
        crawl(tmp_path, '{url: "OLD/", same_site: 7}')
