"""`check` and `try` for pages that a browser renders."""

import json

import pytest

from crawler.fetch import browser
from tests.configs.small_crawl import CONFIGS
from tests.support.browser import needs_chromium

CONFIG = CONFIGS / "demo_browser.yaml"
FREE = ("--set", "demo.port=0")


@pytest.mark.parametrize("missing", ["find_spec", "browser_path"])
def test_check_says_what_is_missing_and_how_to_install_it(cli, monkeypatch, missing):
    monkeypatch.setattr(browser, "find_spec", lambda name: object())
    monkeypatch.setattr(browser, missing, lambda name="": None)
    done = cli("check", CONFIG)
    assert done.code == 2
    assert "a run would fail to start" in done.out
    assert ("pip install" if missing == "find_spec" else "playwright install") in " ".join(done.out.split())


def test_try_says_it_too_and_fetches_nothing(cli, monkeypatch):
    monkeypatch.setattr(browser, "find_spec", lambda name: None)
    done = cli("try", CONFIG, "/js", *FREE)
    assert done.code == 2
    assert "needs the extra browser" in done.err


def test_a_job_without_rendered_pages_needs_no_browser(cli, monkeypatch):
    monkeypatch.setattr(browser, "find_spec", lambda name: None)
    assert cli("check", CONFIGS / "demo.yaml").code == 0


def test_try_of_another_page_says_how_to_render_it(cli):
    done = cli("try", CONFIG, "/shelves.html", *FREE)
    assert "add --browser for a page of kind script or late or endless or button" in " ".join(done.err.split())


@needs_chromium
def test_try_renders_a_page_of_a_kind_with_browser_and_lists_the_api_behind_it(cli):
    done = cli("try", CONFIG, "/more", *FREE)
    assert done.code == 0
    assert "table by_clicking: 60 rows" in done.out
    assert "4 of 4 rules found something" in done.out
    assert "JSON that the page fetched by itself" in done.out
    assert "status 200, 15,791 bytes, 3 times: JSON: 21 rows at data.books[]" in done.out
    assert 'each: "data.books[]"' in done.out


@needs_chromium
def test_the_rule_that_is_offered_reads_the_api(cli, tmp_path, shop):
    done = cli("try", CONFIG, f"{shop}/scroll", "--browser", "--json", *FREE)
    (api,) = json.loads(done.out)["fetched"]
    assert (api["method"], api["url"], api["rows"]) == ("GET", f"{shop}/api/books", 21)
    job = tmp_path / "api.yaml"
    job.write_text(f"name: api\npolite: {{delay: 0}}\noutput: out.jsonl\n{api['config']}\n")
    assert cli("run", job, "-q").code == 0
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 31


@needs_chromium
def test_a_page_that_fetches_nothing_says_so(cli):
    assert "the page fetched no JSON by itself" in cli("try", CONFIG, "/js", *FREE).out
