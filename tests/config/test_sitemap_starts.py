"""Sitemaps under `start`: what they become, and every mistake with its place and what to do."""

from __future__ import annotations

import re

import pytest

from crawler.config import load
from crawler.config.diagnostics import BadConfig
from crawler.extract.rules import SitemapRule

PAGES = "pages:\n  listing: {fields: {a: h1}, follow: [{css: a, to: book}]}\n  book: {fields: {title: h1}}\n"
URL = "https://shop.example/robots.txt"
ROOT = "https://shop.example/"


def job(folder, start, more="", pages=PAGES):
    path = folder / "job.yaml"
    path.write_text(f"name: books\nstart: {start}\n{pages}{more}")
    return load(path)


def test_all_keys(tmp_path):
    found = job(tmp_path, f"{{sitemap: '{URL}', sitemaps: a, allow: [b, c], deny: '\\d$', since: 30d, kind: book}}")
    assert [(one.url, one.kind) for one in found.start_pages()] == [(URL, "(sitemap)")]
    assert found.sitemaps == {"(sitemap)": SitemapRule("book", (ROOT,), ("a",), ("b", "c"), (r"\d$",), 30 * 86_400.0)}
    assert found.recipe.kinds["(sitemap)"].sitemap == found.sitemaps["(sitemap)"]
    assert list(found.pages) == ["listing", "book"]


def test_only_a_sitemap(tmp_path):
    found = job(tmp_path, f"{{sitemap: '{URL}'}}")
    assert found.sitemaps == {"(sitemap)": SitemapRule("listing", (ROOT,))}


def test_several(tmp_path):
    start = f"""
  - {{sitemap: ['{URL}', 'https://shop.example/map-{{1..2}}.xml']}}
  - https://shop.example/
  - {{sitemap: 'https://a.example/m.xml', kind: listing}}
  - {{sitemap: 'https://a.example/m.xml', kind: book}}
"""
    found = job(tmp_path, start)
    assert [(one.url, one.kind) for one in found.start_pages()] == [
        (URL, "(sitemap)"),
        ("https://shop.example/map-1.xml", "(sitemap)"),
        ("https://shop.example/map-2.xml", "(sitemap)"),
        ("https://shop.example/", "listing"),
        ("https://a.example/m.xml", "(sitemap)"),
        ("https://a.example/m.xml", "(sitemap 2)"),
    ]
    assert found.sitemaps["(sitemap)"].hosts == (ROOT, "https://a.example/")
    assert found.sitemaps["(sitemap 2)"].to == "book"


def test_a_range_in_the_host(tmp_path):
    found = job(tmp_path, "{sitemap: 'https://shop{1..2}.example/{1..9}.xml'}")
    assert found.sitemaps["(sitemap)"].hosts == ("https://shop1.example/", "https://shop2.example/")
    assert len(list(found.start_pages())) == 18


def test_a_path_on_the_demo_site(tmp_path):
    found = job(tmp_path, "{sitemap: /sitemap.xml}", "demo: {}\n")
    assert [(one.url, one.kind) for one in found.start_pages("http://127.0.0.1:1")] == [
        ("http://127.0.0.1:1/sitemap.xml", "(sitemap)")
    ]


def test_what_a_sitemap_leads_to_is_reached(tmp_path):
    assert not [one for one in job(tmp_path, f"{{sitemap: '{URL}'}}").warnings if "polite" not in one]
    found = job(tmp_path, f"{{sitemap: '{URL}', kind: book}}").warnings
    assert any("pages.listing: no follow rule leads to this page kind" in one for one in found)


def test_the_crawl_is_another_one_when_the_rule_is(tmp_path):
    starts = [URL, f"{{sitemap: '{URL}'}}", f"{{sitemap: '{URL}', allow: x}}", f"{{sitemap: '{URL}', since: 1d}}"]
    assert len({job(tmp_path, start).what_hash for start in starts}) == 4


def test_a_config_without_a_sitemap_is_still_the_same_crawl(tmp_path):
    known = "19e3eaaa47ba9695cb784aa8955b1a16d8a569830a20f1e270a5a8fd1a2d63fc"
    assert job(tmp_path, "https://shop.example/").what_hash == known


WRONG = [
    ("{sitemap: 'shop.example/m.xml'}", 2, 18, "start.sitemap", "write https://shop.example/m.xml"),
    ("{sitemap: /m.xml}", 2, 18, "start.sitemap", "only the demo site accepts paths"),
    ("{sitemap: ['https://a.example/', 'htp://b.example/']}", 2, 41, "start.sitemap[1]", "write http://b.example/"),
    ("{sitemap: []}", 2, 18, "start.sitemap", "write at least one"),
    ("{sitemap: }", 2, 18, "start.sitemap", "write at least one"),
    ("{sitemap: 5}", 2, 18, "start.sitemap", "write it as https://example.com/page"),
    ("{sitemap: {url: x}}", 2, 18, "start.sitemap", "expected a URL"),
    ("{sitemap: 'https://a.example/', sitemap_s: x}", 2, 40, "start.sitemap_s", "did you mean 'sitemaps'?"),
    ("{sitemap: 'https://a.example/', alow: x}", 2, 40, "start.alow", "did you mean 'allow'?"),
    ("{sitemap: 'https://a.example/', workers: 5}", 2, 40, "start.workers", "it belongs under fetch: fetch.workers"),
    ("{sitemap: 'https://a.example/', allow: '(store'}", 2, 54, "start.allow", "put a \\ before a special character"),
    ("{sitemap: 'https://a.example/', deny: [a, '*b']}", 2, 51, "start.deny[1]", "put a \\ before a special"),
    ("{sitemap: 'https://a.example/', sitemaps: '['}", 2, 52, "start.sitemaps", "not a regular expression"),
    ("{sitemap: 'https://a.example/', allow: ''}", 2, 47, "start.allow", "write a pattern or remove the key"),
    ("{sitemap: 'https://a.example/', since: soon}", 2, 47, "start.since", "duration"),
    ("{sitemap: 'https://a.example/', since: 0}", 2, 47, "start.since", "more than 0"),
    ("{sitemap: 'https://a.example/', since: -1d}", 2, 47, "start.since", "duration"),
    ("{sitemap: 'https://a.example/', kind: bok}", 2, 46, "start.kind", "did you mean 'book'?"),
    ("{sitemap: 'https://a.example/', kind: (sitemap)}", 2, 46, "start.kind", "reserved for sitemaps"),
    ("{sitemap: 'https://a.example/', file: a.txt}", 2, 40, "start.file", "keep one"),
    ("{url: 'https://a.example/', sitemap: 'https://a.example/m'}", 2, 36, "start.sitemap", "keep one"),
    ("{url: 'https://a.example/', file: a.txt}", 2, 36, "start.file", "keep one"),
    ("{url: 'https://a.example/', allow: x}", 2, 36, "start.allow", "write sitemap: with its URL, or remove this key"),
    ("{sitemaps: x, kind: book}", 2, 9, "start.sitemaps", "only a sitemap has 'sitemaps'"),
    ("{site_map: 'https://a.example/'}", 2, 9, "start.site_map", "did you mean 'sitemap'?"),
    ("{kind: book}", 2, 8, "start", "does not say where the pages are, and page kind 'book' has no request.url"),
    ("[{sitemap: 'https://a.example/${KEY}'}]", 2, 19, "start[0].sitemap", "secrets go into fetch.headers"),
    ("[{sitemap: 'https://a.example/{1..x}'}]", 2, 19, "start[0].sitemap", "write for example {1..50}"),
]


@pytest.mark.parametrize(("start", "line", "column", "key", "said"), WRONG, ids=lambda value: str(value)[:50])
def test_mistakes(tmp_path, start, line, column, key, said):
    (tmp_path / "a.txt").write_text("https://a.example/\n")
    with pytest.raises(BadConfig) as caught:
        job(tmp_path, start)
    places = re.findall(r"job\.yaml:(\d+):(\d+): (\S+?): ", str(caught.value))
    assert (str(line), str(column), key) in places, str(caught.value)
    assert said in str(caught.value)


def test_no_page_kind_may_have_the_name_of_one_of_sitemaps(tmp_path):
    pages = "pages:\n  (sitemap): {fields: {a: h1}}\n"
    with pytest.raises(BadConfig, match="reserved for sitemaps"):
        job(tmp_path, "https://a.example/", pages=pages)
    assert job(tmp_path, "https://a.example/", pages=pages.replace("(sitemap)", "(other)")).pages
