"""Sitemaps of all makes, and hostile ones: which links they give, and how each refusal is named."""

from __future__ import annotations

import gzip
import pickle
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract import sitemap
from crawler.extract.parser import Parser
from crawler.extract.rules import PageRule, Recipe, SitemapRule
from crawler.extract.sitemap import ADDRESS_LIMIT, changed, is_sitemap
from crawler.model import Failure, Response

HOST = "https://shop.example"
KIND = "(sitemap)"
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NOW = 1_790_000_000.0  # 2026-09-21T14:13:20Z


def read(body, path="/sitemap.xml", headers=None, *, url=None, **rule):
    body = body.encode() if isinstance(body, str) else body
    rules = {KIND: PageRule(KIND, sitemap=SitemapRule("store", **rule)), "store": PageRule("store")}
    response = Response(url or HOST + path, 200, headers or {"content-type": "application/xml"}, body)
    return Parser(Recipe(rules, began=NOW))(KIND, response)


def paths(page, kind="store"):
    assert not isinstance(page, Failure), page
    return [link.url.removeprefix(HOST) for link in page.links if link.kind == kind]


def urlset(*entries, head='<?xml version="1.0" encoding="UTF-8"?>', ns=NS):
    return f"{head}<urlset {ns}>{''.join(f'<url>{entry}</url>' for entry in entries)}</urlset>"


def loc(path, date=""):
    return f"<loc>{HOST}{path}</loc>" + (f"<lastmod>{date}</lastmod>" if date else "")


INDEX = (
    f"<sitemapindex {NS}><sitemap>{loc('/stores.xml')}</sitemap><sitemap>{loc('/news.xml')}</sitemap></sitemapindex>"
)
ITEM = f"<item><title>x</title><link>\n{HOST}/store/1\n</link></item>"
ATOM_LINK = f"<link rel='alternate' type='text/html' href='{HOST}/store/1'/>"
ONE = ["/store/1"]

READ = {
    "plain": urlset(loc("/store/1")),
    "no_declaration": urlset(loc("/store/1"), head=""),
    "no_namespace": urlset(loc("/store/1"), ns=""),
    "google_namespace": urlset(loc("/store/1"), ns='xmlns="http://www.google.com/schemas/sitemap/0.84"'),
    "https_namespace": urlset(loc("/store/1"), ns='xmlns="https://www.sitemaps.org/schemas/sitemap/0.9/"'),
    "prefix": f'<sm:urlset xmlns:sm="x"><sm:url><sm:loc>{HOST}/store/1</sm:loc></sm:url></sm:urlset>',
    "white_space": urlset(f"<loc>\n\t  {HOST}/store/1 \r\n</loc>"),
    "cdata": urlset(f"<loc><![CDATA[{HOST}/store/1]]></loc>"),
    "cdata_with_space": urlset(f"<loc>\n <![CDATA[ {HOST}/store/1 ]]>\n</loc>"),
    "cdata_in_text": urlset(f"<loc>{HOST}/<![CDATA[store/]]>1</loc>"),
    "bom": "\ufeff" + urlset(loc("/store/1")),
    "blank_lines_first": "\n\n  " + urlset(loc("/store/1")),
    "upper_case": urlset(loc("/store/1")).upper().replace("HTTPS://SHOP.EXAMPLE/STORE", f"{HOST}/store"),
    "attributes": urlset(f"<loc a=\"1\" b='2'>{HOST}/store/1</loc>"),
    "utf_16": urlset(loc("/store/1"), head='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16"),
    "utf_16_without_bom": urlset(loc("/store/1"), head="").encode("utf-16-be"),
    "gzip": gzip.compress(urlset(loc("/store/1")).encode()),
    "gzip_of_two_members": gzip.compress(b"<urlset>")
    + gzip.compress(f"<url>{loc('/store/1')}</url></urlset>".encode()),
    "gzip_and_rubbish": gzip.compress(urlset(loc("/store/1")).encode()) + b"\0\0\0",
    "stylesheet": urlset(loc("/store/1"), head='<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="/s.xsl"?>'),
    "pictures": urlset(
        loc("/store/1") + "<image:image><image:loc>https://shop.example/p.jpg</image:loc></image:image>"
    ),
    "pictures_without_prefix": urlset(loc("/store/1") + f'<image xmlns="i"><loc>{HOST}/p.jpg</loc></image>'),
    "languages": urlset(loc("/store/1") + f'<xhtml:link rel="alternate" hreflang="de" href="{HOST}/de/1"/>'),
    "comment": urlset(loc("/store/1")).replace("<url>", f"<!-- <url>{loc('/old')}</url> --><url>", 1),
    "comment_first": f"<!-- made by <urlset> -->{urlset(loc('/store/1'))}",
    "doctype": urlset(loc("/store/1"), head="<!DOCTYPE urlset>"),
    "cut_short": urlset(loc("/store/1"))[:-15],
    "cut_in_an_address": urlset(loc("/store/1"), loc("/store/2"))[:-25],
    "end_tag_missing": f"<urlset><url><loc>{HOST}/store/1<lastmod>2026-01-01</lastmod></url></urlset>",
    "no_entries_around": f"<urlset>{loc('/store/1')}</urlset>",
    "no_root": f"<url>{loc('/store/1')}</url>",
    "relative": urlset("<loc>/store/1</loc>"),
    "warning_first": "Warning: include() in /x.php<br />\n" + urlset(loc("/store/1")),
    "other_port_of_the_host": urlset("<loc>https://www.shop.example/store/1</loc>").replace("www.", ""),
    "repeated": urlset(loc("/store/1"), loc("/store/1"), loc("/store/1#top")),
    "text": f"{HOST}/store/1\n",
    "text_with_bom": f"\ufeff\r\n{HOST}/store/1\r\n\r\n",
    "text_with_comment": f"# stores\n{HOST}/store/1",
    "rss": f"<rss version='2.0'><channel><link>{HOST}/</link>{ITEM}</channel></rss>",
    "rss_with_self": f"<rss><channel><atom:link href='{HOST}/feed' rel='self'/>{ITEM}</channel></rss>",
    "rss_1": f"<rdf:RDF xmlns='r'><channel><link>{HOST}</link></channel>{ITEM}</rdf:RDF>",
    "atom": f"<feed xmlns='a'><link href='{HOST}/'/><entry><link rel='edit' href='/e'/>{ATOM_LINK}</entry></feed>",
    "atom_without_rel": f'<feed><entry><id>1</id><link href="{HOST}/store/1"/></entry></feed>',
    "atom_prefix": f'<a:feed><a:entry><a:link href="{HOST}/store/1"/></a:entry></a:feed>',
}


@pytest.mark.parametrize("name", READ)
def test_what_is_read(name):
    for kind in ("application/xml", "text/html; charset=utf-8", "text/plain", "application/octet-stream"):
        assert paths(read(READ[name], headers={"content-type": kind})) == ONE


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("/s?a=1&amp;b=2", "/s?a=1&b=2"),
        ("/s?a=1&b=2", "/s?a=1&b=2"),
        ("/s?a=1&copy=2", "/s?a=1&copy=2"),
        ("/s?a=1&#38;b=&#x41;", "/s?a=1&b=A"),
        ("/caf\u00e9", "/caf%C3%A9"),
        ("/it&apos;s", "/it's"),
        ("/s?a[]=1", "/s?a[]=1"),
    ],
)
def test_how_addresses_are_written(written, url):
    assert paths(read(urlset(loc(written)))) == [url]


def test_an_address_in_another_encoding():
    body = urlset(loc("/caf\u00e9"), head='<?xml version="1.0" encoding="ISO-8859-1"?>').encode("latin-1")
    assert paths(read(body)) == ["/caf%C3%A9"]


# ---- what is taken


def test_addresses_are_starts_at_no_depth():
    page = read(urlset(loc("/a"), loc("/b")))
    assert [(link.kind, link.next, link.anywhere) for link in page.links] == [("store", True, False)] * 2
    assert not page.dropped
    assert not page.notes


def test_allow_and_deny():
    page = read(urlset(loc("/store/1"), loc("/store/2"), loc("/x")), allow=("/store/",), deny=("2$",))
    assert paths(page) == ["/store/1"]
    assert page.dropped == {"denied": 2}


def test_an_index_gives_sitemaps():
    page = read(INDEX)
    assert paths(page, KIND) == ["/stores.xml", "/news.xml"]
    assert paths(page) == []
    assert paths(read(INDEX, sitemaps=("stores", "shops")), KIND) == ["/stores.xml"]
    assert read(INDEX, sitemaps=("stores",)).dropped == {"denied": 1}


def test_allow_is_not_for_the_sitemaps_of_an_index():
    assert paths(read(INDEX, allow=("/store/",)), KIND) == ["/stores.xml", "/news.xml"]


def test_an_index_under_the_name_of_a_sitemap_and_the_other_way_round():
    assert paths(read(f"<urlset><sitemap>{loc('/a.xml')}</sitemap></urlset>"), KIND) == ["/a.xml"]
    assert paths(read(f"<sitemapindex><url>{loc('/a')}</url></sitemapindex>")) == ["/a"]
    assert paths(read(f"<sitemapindex>{loc('/a.xml')}</sitemapindex>"), KIND) == ["/a.xml"]


def test_hosts():
    body = urlset(loc("/1"), "<loc>https://www.shop.example/2</loc>", "<loc>https://other.example/3</loc>")
    page = read(body)
    assert paths(page) == ["/1", "https://www.shop.example/2"]
    assert page.dropped == {"off-site": 1}


def test_a_sitemap_on_another_host_lists_pages_of_the_host_in_the_config():
    body = urlset(loc("/1"), "<loc>https://cdn.example/2</loc>", "<loc>https://evil.example/3</loc>")
    page = read(body, url="https://cdn.example/map.xml", hosts=(f"{HOST}/",))
    assert [link.url for link in page.links] == [f"{HOST}/1", "https://cdn.example/2"]


def robots(text, **rule):
    return read(text, "/robots.txt", {"content-type": "text/plain"}, **rule)


def test_robots():
    text = f"User-agent: *\r\nDisallow: /x\r\nSITEMAP : {HOST}/a.xml # main\r\n\tsitemap:/b.xml\r"
    text += "Sitemap: https://cdn.example/c.xml"
    page = robots(text)
    assert [link.url for link in page.links] == [f"{HOST}/a.xml", f"{HOST}/b.xml", "https://cdn.example/c.xml"]
    assert all(link.kind == KIND and link.anywhere and link.next for link in page.links)


def test_which_sitemaps_of_a_robots_txt_are_read():
    text = f"Sitemap: {HOST}/stores.xml\nSitemap: {HOST}/news.xml\n"
    assert paths(robots(text, sitemaps=("stores",)), KIND) == ["/stores.xml"]
    assert paths(robots(text, sitemaps=("shops",)), KIND) == ["/stores.xml", "/news.xml"]


def test_a_robots_txt_by_its_lines_whatever_its_address():
    assert paths(read(f"Sitemap: {HOST}/a.xml", "/robots"), KIND) == ["/a.xml"]


# ---- since


DAY = 86_400.0


@pytest.mark.parametrize(
    ("date", "taken"),
    [
        ("2026-09-21", True),
        ("2026-09-11", True),  # until the end of that day
        ("2026-09-10", False),
        ("2026-09-11T14:13:20Z", True),
        ("2026-09-11T14:13:19Z", False),
        ("2026-09-11T16:13:20+02:00", True),
        ("2026-09-11T16:13:19+02:00", False),
        ("2026-09-11T14:13:20.000+00:00", True),
        ("2026-09-11 10:13:20 -0400", True),
        ("2026-09-11T14:13", False),
        ("2026-09", True),
        ("2026-08", False),
        ("2026", True),
        ("2025", False),
        ("2099-01-01", True),
        ("yesterday", True),
        ("2026-02-31", True),
        ("0000-00-00", True),
        ("9999-12-31", True),
        ("", True),
    ],
)
def test_since(date, taken):
    page = read(urlset(loc("/a", date)), since=10 * DAY)
    assert paths(page) == (["/a"] if taken else [])
    assert page.dropped == ({} if taken else {"unchanged": 1})


def test_since_in_feeds():
    item = "<item><link>/{0}</link><pubDate>{1}</pubDate></item>"
    rss = (
        "<rss>"
        + item.format("a", "Mon, 21 Sep 2026 10:00:00 GMT")
        + item.format("b", "1 Sep 2026 10:00 +0200")
        + "</rss>"
    )
    assert paths(read(rss, since=10 * DAY)) == ["/a"]
    entry = "<entry><link href='/{0}'/><published>2020-01-01T00:00:00Z</published><updated>{1}</updated></entry>"
    atom = "<feed>" + entry.format("a", "2026-09-21T00:00:00Z") + entry.format("b", "2026-09-01T00:00:00Z") + "</feed>"
    assert paths(read(atom, since=10 * DAY)) == ["/a"]


def test_without_since_no_date_matters():
    assert paths(read(urlset(loc("/a", "1999-01-01")))) == ["/a"]


@given(st.datetimes(), st.sampled_from(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m"]))
def test_a_date_ends_when_all_that_it_can_mean_is_over(when, form):
    if 1000 <= when.year < 9999:
        found = changed(when.strftime(form))
        assert found is not None
        assert found >= (when.replace(microsecond=0) - type(when)(1970, 1, 1)).total_seconds()


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_none(text):
    assert changed(text) is None or isinstance(changed(text), float)


# ---- hostile


def entity_bomb():
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY l0 "lol">{lines}]><urlset><url><loc>&l9;</loc></url></urlset>'


EXTERNAL = '<!DOCTYPE z [<!ENTITY x SYSTEM "file:///etc/passwd">]><urlset><url><loc>&x;</loc></url></urlset>'
REFUSED = {
    "nothing": (b"", "empty"),
    "blank": (b" \n\0 ", "empty"),
    "empty_gzip": (gzip.compress(b""), "empty"),
    "soft_404": (b"<!DOCTYPE html><title>Not found</title>", "not-sitemap"),
    "html": (b"<html><body><urlset>", "not-sitemap"),
    "html_with_comment": (b"<!-- <urlset> --><html lang=de>", "not-sitemap"),
    "robots_as_html": (b"<html>Sitemap: https://shop.example/a.xml", "not-sitemap"),
    "other_xml": (b"<?xml version='1.0'?><kml><Placemark/></kml>", "not-sitemap"),
    "svg": (b"<svg><path d=''/></svg>", "not-sitemap"),
    "json": (b'{"urls": ["https://shop.example/a"]}', "not-sitemap"),
    "prose": (b"Service unavailable", "not-sitemap"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not-sitemap"),
    "zip": (b"PK\x03\x04" + bytes(100), "not-sitemap"),
    "gzip_of_html": (gzip.compress(b"<html>"), "not-sitemap"),
    "gzip_of_gzip": (gzip.compress(gzip.compress(b"<urlset/>")), "not-sitemap"),
    "cut_gzip": (gzip.compress(urlset(*map(loc, map(str, range(999)))).encode())[:-20], "bad-encoding"),
    "broken_gzip": (b"\x1f\x8b\x08\0" + bytes(range(200)), "bad-encoding"),
    "only_the_mark_of_gzip": (b"\x1f\x8b", "bad-encoding"),
    "entity_bomb": (entity_bomb().encode(), "unparsable"),
    "external_entity": (EXTERNAL.encode(), "unparsable"),
    "no_tag_in_brackets": (b"<" * 5_000_000, "not-sitemap"),
    "no_end_of_a_comment": (b"<!--" * 1_000_000, "not-sitemap"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_has_a_name(name):
    body, code = REFUSED[name]
    found = read(body)
    assert isinstance(found, Failure)
    assert found.code == code, found
    assert found.detail


def test_a_robots_txt_without_a_sitemap():
    found = robots("User-agent: *\nDisallow:\n# Sitemap: /x\n")
    assert isinstance(found, Failure)
    assert (found.code, found.detail) == ("not-sitemap", "the robots.txt names no sitemap")
    assert robots("nothing here").code == "not-sitemap"


LONG = 1_000_000
HOSTILE = {
    "1_MB_without_an_end_of_a_tag": "<urlset><url><loc " + "a" * LONG,
    "1_MB_of_begun_tags": "<urlset>" + "<loc " * (LONG // 5),
    "1_MB_of_begun_entries": "<urlset>" + "<url" * (LONG // 4),
    "1_MB_in_an_address": f"<urlset><url><loc>{'a' * LONG}</loc></url></urlset>",
    "1_MB_of_white_space": f"<urlset><url><loc>{' ' * LONG}</loc></url></urlset>",
    "1_MB_of_white_space_in_a_tag": f"<urlset><url><loc{' ' * LONG}</loc></url></urlset>",
    "1_MB_of_begun_CDATA": "<urlset><url>" + "<loc><![CDATA[" * (LONG // 14),
    "1_MB_in_a_date": f"<urlset><url><loc>/a</loc><lastmod>{'1' * LONG}</lastmod></url></urlset>",
    "1_MB_of_entities": f"<urlset><url><loc>{'&amp;' * (LONG // 5)}</loc></url></urlset>",
    "1_MB_of_comments": "<urlset>" + "<!---->" * (LONG // 7),
    "deep_nesting": "<urlset>" + "<url>" * (LONG // 5),
    "deep_nesting_of_others": "<urlset>" + "<a>" * (LONG // 3),
    "many_roots": "<urlset>" * (LONG // 8),
    "a_feed_of_attributes": "<feed><entry><link " + "href " * (LONG // 5) + ">",
    "a_feed_of_open_quotes": "<feed><entry>" + "<link href='" * (LONG // 12) + ">",
    "robots_of_1_MB": "Sitemap: " * (LONG // 9),
    "robots_in_lines": "Sitemap:\n" * (LONG // 9),
    "text_in_1_MB_of_spaces": "https://shop.example/a\n" + " " * LONG,
    "addresses_that_are_none": urlset(*["<loc>http://[</loc>"] * 10_000),
    "other_schemes": urlset(*["<loc>javascript:alert(1)</loc>", "<loc>file:///etc/passwd</loc>"] * 5_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sitemaps_cost_little(name):
    began = time.process_time()
    found = read(HOSTILE[name], since=DAY, allow=("a$",))
    assert time.process_time() - began < 5
    assert isinstance(found, Failure) or not found.links or name in ("1_MB_in_a_date", "text_in_1_MB_of_spaces")
    if isinstance(found, Failure):
        assert found.code != "parse-error", found


def test_hostile_patterns_are_stopped():
    found = read(urlset(loc("/" + "a" * 60 + "!")), allow=("(a+)+$",))
    assert isinstance(found, Failure) or found.dropped == {"denied": 1}


@pytest.mark.long
def test_a_gzip_bomb_is_not_unpacked():
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packing.compress(bytes(1_000_000)) for _ in range(2_000)) + packing.flush()
    tracemalloc.start()
    found = read(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(found, Failure)
    assert found.code == "too-large"
    assert peak < 100_000_000


def test_a_bomb_of_many_members():
    assert read(gzip.compress(bytes(1_000_000)) * 100).code == "too-large"
    began = time.process_time()
    assert read(gzip.compress(b"") * 100_000).code == "bad-encoding"  # more parts than any file has
    assert time.process_time() - began < 5


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_by_name(body):
    for part in (body, b"<urlset><url><loc>" + body, b"Sitemap: " + body, gzip.compress(body)):
        found = read(part)
        assert not isinstance(found, Failure) or found.code != "parse-error"


# ---- large


@pytest.mark.parametrize("many", [10_000, pytest.param(50_000, marks=pytest.mark.long)])
def test_all_addresses_of_a_large_sitemap(many):
    """The protocol allows 50,000."""
    page = read(urlset(*(loc(f"/store/{n}", "2026-09-20") for n in range(many))), since=30 * DAY, allow=("/store/",))
    assert paths(page) == [f"/store/{n}" for n in range(many)]
    assert pickle.loads(pickle.dumps(page)) == page  # as it comes from a worker process


@pytest.mark.long
def test_a_million_addresses_are_cut_and_it_is_said():
    many = 1_000_000
    body = gzip.compress(
        b"<urlset>" + b"".join(b"<url><loc>/s/%d</loc></url>" % n for n in range(many)) + b"</urlset>", 1
    )
    page = read(body)
    assert len(page.links) == ADDRESS_LIMIT
    assert page.links[-1].url == f"{HOST}/s/{ADDRESS_LIMIT - 1}"
    assert page.dropped == {"too-many-links": many - ADDRESS_LIMIT}
    assert [note.code for note in page.notes] == ["too-many-links"]
    assert "900,000 more addresses" in page.notes[0].detail


def test_what_a_pattern_excludes_does_not_count_as_too_many(monkeypatch):
    monkeypatch.setattr(sitemap, "ADDRESS_LIMIT", 3)
    page = read(urlset(*map(loc, ("/a1", "/b1", "/a2", "/b2", "/a3", "/a3"))), allow=("/a",))
    assert paths(page) == ["/a1", "/a2", "/a3"]
    assert page.dropped == {"denied": 2}


def test_a_sitemap_that_takes_too_long(monkeypatch):
    monkeypatch.setattr(sitemap, "TIME_LIMIT", -1.0)
    found = read(urlset(loc("/a")))
    assert isinstance(found, Failure)
    assert found.code == "parse-timeout"


# ---- the rest


@pytest.mark.parametrize("body", ["<urlset></urlset>", "<sitemapindex/>", "<rss><channel/></rss>"])
def test_an_empty_sitemap_is_read_with_a_doubt(body):
    page = read(body)
    assert [note.code for note in page.notes] == ["no-match"]


def test_only_indexes_have_a_sign():
    assert read(INDEX).sign == read(INDEX.replace("news", "more")).sign != ""
    assert read(urlset(loc("/a"))).sign == ""


def test_an_entry_without_an_address_is_counted():
    assert read(urlset("<lastmod>2026-01-01</lastmod>", loc("/a"))).dropped == {"empty": 1}


def test_which_responses_are_sitemaps():
    def response(body):
        return Response(HOST, 200, {}, body if isinstance(body, bytes) else body.encode())

    assert is_sitemap(response(READ["gzip"]))
    assert is_sitemap(response(INDEX))
    assert not is_sitemap(response("<html>"))
    assert not is_sitemap(response(READ["rss"]))
    assert not is_sitemap(response(b"\x1f\x8b\0"))
