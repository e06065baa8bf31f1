"""URLs: the WHATWG vectors where they are at hand, our own tables, and properties that hold for any text."""

from __future__ import annotations

import json
import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import urls
from crawler.urls import BadUrl, host, identity, origin, resolve, same_site
from tests.support.sites import need_site

BASE = "http://example.com/a/b/c.html?x=1"


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("d.html", "http://example.com/a/b/d.html"),
        ("../d", "http://example.com/a/d"),
        ("../../../../d", "http://example.com/d"),
        ("./", "http://example.com/a/b/"),
        ("..", "http://example.com/a/"),
        ("%2e%2E/d", "http://example.com/a/d"),
        ("?page=2", "http://example.com/a/b/c.html?page=2"),
        ("/x/../y/./z", "http://example.com/y/z"),
        ("//other.org/x", "http://other.org/x"),
        ("///other.org/x", "http://other.org/x"),
        ("\\\\other.org\\x", "http://other.org/x"),
        ("https:other.org", "https://other.org/"),
        ("http:d", "http://example.com/a/b/d"),
        ("http:/x", "http://example.com/x"),
        ("HTTP://EXAMPLE.com:80/", "http://example.com/"),
        ("https://example.com:443", "https://example.com/"),
        ("https://example.com:80/", "https://example.com:80/"),
        ("http://example.com:0008080/", "http://example.com:8080/"),
        (" \t\nd\n.html \x00", "http://example.com/a/b/d.html"),
        ("a b", "http://example.com/a/b/a%20b"),
        ("ü?q=ü", "http://example.com/a/b/%C3%BC?q=%C3%BC"),
        ("a%zz%2f", "http://example.com/a/b/a%zz%2f"),
        ("d#top", "http://example.com/a/b/d"),
        ("http://user:pa@ss@example.com/", "http://example.com/"),
        ("a//b", "http://example.com/a/b/a//b"),
        ("x\\y?a\\b", "http://example.com/a/b/x/y?a\\b"),
        ("x\ud800y", "http://example.com/a/b/x%EF%BF%BDy"),
        ("http://[::1]:8000/", "http://[::1]:8000/"),
        ("http://[::FFFF:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
    ],
)
def test_resolve(href: str, url: str) -> None:
    assert resolve(BASE, href) == url


@pytest.mark.parametrize("spelling", ["0x7f000001", "2130706433", "127.1", "0177.0.0.1", "１２７.0.0.1", "%3127.1"])
def test_fault_50_spellings_of_an_address_become_one(spelling: str) -> None:
    assert resolve("", f"http://{spelling}/") == "http://127.0.0.1/"


@pytest.mark.parametrize(
    "href",
    [
        "http://a..b/", "http://" + "a" * 64 + ".com/", "http://exa mple/", "http://", "http:///", "//",
        "http://example.com:99999/", "http://example.com:x/", "http://[", "http://[::1", "http://[::1]x/",
        "http://[fe80::1%25eth0]/", "http://1.2.3.4.5/", "http://256.1.1.1/", "http://a%00b/", "http://a<b/",
        "http://ex^ample/", "http://xn--a/", "http://\u00ad/", "http://\ud800/", "http://" + "a." * 130 + "com/",
        "/" + "x" * 9_000, "http://example.com/" + "x" * 100_000, "ü" * 3_000,
    ],
)  # fmt: skip
def test_fault_59_bad_urls(href: str) -> None:
    with pytest.raises(BadUrl) as caught:
        resolve("https://example.com/", href)
    assert caught.value.code == "bad-url"
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    ("href", "code"),
    [
        ("javascript:alert(1)", "scheme"), ("mailto:a@b.c", "scheme"), ("tel:+49", "scheme"), ("blob:x", "scheme"),
        ("data:text/html,x", "scheme"), ("file:///etc/passwd", "scheme"), ("ftp://x/", "scheme"),
        ("java\nscript:x", "scheme"), ("", "empty"), ("  \n", "empty"), ("#", "empty"), ("#top", "empty"),
    ],
)  # fmt: skip
def test_fault_100_links_that_are_not_for_the_web(href: str, code: str) -> None:
    with pytest.raises(BadUrl) as caught:
        resolve(BASE, href)
    assert caught.value.code == code


def test_relative_without_a_base() -> None:
    for href in ("page.html", "/x", "//example.com/", "www.example.com"):
        with pytest.raises(BadUrl, match="no http"):
            resolve("", href)


@pytest.mark.parametrize(
    ("typed", "ascii_form"),
    [
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://BÜCHER.example/", "http://xn--bcher-kva.example/"),
        ("http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/"),
        ("http://b%C3%BCcher.example/", "http://xn--bcher-kva.example/"),
        ("http://faß.de/", "http://xn--fa-hia.de/"),
        ("http://中文。com/", "http://xn--fiq228c.com/"),
        ("http://☃.net/", "http://xn--n3h.net/"),
    ],
)
def test_fault_60_unicode_hosts(typed: str, ascii_form: str) -> None:
    assert resolve("", typed) == ascii_form
    assert identity(typed) == ascii_form


SAME = [
    ("HTTP://Example.COM:80/a/../b/", "http://example.com/b/"),
    ("http://example.com./x", "http://example.com/x"),
    ("http://example.com.:8080/x", "http://example.com:8080/x"),
    ("http://example.com/%7euser/%c3%bc", "http://example.com/~user/%C3%BC"),
    ("http://example.com/x#y", "http://example.com/x"),
    ("http://example.com/x?b=2&a=1", "http://example.com/x?a=1&b=2"),
    ("http://example.com/x?utm_source=n&UTM_x=1&gclid=1&fbclid=2&a=1", "http://example.com/x?a=1"),
    ("http://example.com/x?utm_source=n", "http://example.com/x"),
    ("http://example.com/x?", "http://example.com/x"),
    ("http://example.com/x?&a=1&&", "http://example.com/x?a=1"),
    ("http://example.com/x?a=b%20c", "http://example.com/x?a=b+c"),
]

DIFFERENT = [
    ("http://example.com/a%2Fb", "http://example.com/a/b"),
    ("http://example.com/A", "http://example.com/a"),
    ("http://example.com/a//b", "http://example.com/a/b"),
    ("http://example.com/a/", "http://example.com/a"),
    ("http://example.com/", "https://example.com/"),
    ("http://example.com/", "http://example.com:8080/"),
    ("http://example.com/?a=1&a=2", "http://example.com/?a=2&a=1"),
    ("http://example.com/?a=b%26c", "http://example.com/?a=b&c"),
    ("http://example.com/?a=b%2Bc", "http://example.com/?a=b+c"),
    ("http://example.com/?sid=12", "http://example.com/?sid=13"),
    ("http://example.com/?sid=25/07/01/0415211", "http://example.com/?sid=25/07/01/0415212"),
    ("http://example.com/?sid=abc123", "http://example.com/"),
    ("http://example.com/?session=summer-2024-morning-a1", "http://example.com/?session=summer-2024-morning-a2"),
    ("http://example.com/?sid=12345678901234567890", "http://example.com/?sid=12345678901234567891"),
    ("http://example.com/?sid=9f86d081884c7d659a2feaa0c55ad015", "http://example.com/"),
    ("http://example.com/x;sid=2", "http://example.com/x"),
    ("http://example.com/story;2", "http://example.com/story;3"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_fault_102_one_page_many_spellings(one: str, other: str) -> None:
    assert identity(one) == identity(other) == other


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_fault_102_pages_that_stay_apart(one: str, other: str) -> None:
    assert identity(one) != identity(other)


@pytest.mark.parametrize(
    "session",
    ["x;jsessionid=AB12?a=1", "x?a=1&PHPSESSID=abc", "x;jsessionid=1;PhpSessId=2?a=1", "x?ASPSESSIONIDQQ=z&a=1"],
)
def test_fault_103_session_ids(session: str) -> None:
    assert identity("http://example.com/" + session) == "http://example.com/x?a=1"


def test_what_is_ignored_and_what_is_kept() -> None:
    url = "http://example.com/x;SID=2;v=1/y?b=1&Sid=3&sid&utm_source=n&PHPSESSID=4"
    assert identity(url) == "http://example.com/x;SID=2;v=1/y?Sid=3&b=1&sid"
    assert identity(url, frozenset({"sid", "b"})) == "http://example.com/x;v=1/y"
    kept = identity(url, frozenset({"sid"}), frozenset({"phpsessid", "sid", "utm_source"}))
    assert kept == "http://example.com/x;SID=2;v=1/y?PHPSESSID=4&Sid=3&b=1&sid&utm_source=n"


def test_host_origin_same_site() -> None:
    assert host("HTTPS://Example.com.:443/x") == "example.com"
    assert host("http://example.com:8080/") == "example.com:8080"
    assert host("http://[::1]:81/") == "[::1]:81"
    assert origin("https://user@example.com:443/x?y") == "https://example.com"
    assert origin("http://example.com:443/") == "http://example.com:443"
    assert same_site("http://www.example.com/a", "https://example.com/b")
    assert same_site("http://WWW.Example.com.:80/", "https://example.com:443/")
    assert same_site("http://www.B\u00dcCHER.example/", "http://xn--bcher-kva.example./")
    assert same_site("http://127.0.0.1:8000/", "http://0x7f000001:08000/")
    assert not same_site("http://wwwexample.com/", "http://example.com/")
    assert not same_site("http://www2.example.com/", "http://www.example.com/")
    assert not same_site("http://example.com/", "http://example.com:81/")
    assert not same_site("http://shop.example.com/", "http://example.com/")


def test_bad_url_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(BadUrl("scheme", "ftp: is not http or https")))
    assert (error.code, error.detail) == ("scheme", "ftp: is not http or https")


TEXT = st.one_of(
    st.text(),
    st.text(alphabet="ht:p/\\?#[]@.%2eE7Fab;&=+ \t\nü0x1"),
    st.builds("http://{}/{}?{}".format, st.text(max_size=20), st.text(), st.text()),
    st.builds("http://h/{}".format, st.text(alphabet="./%2eE7E5;jsid=?&+ab")),
)


@given(TEXT, st.sampled_from(["", BASE, "https://xn--bcher-kva.example/"]))
def test_whatever_comes_only_bad_url_is_raised_and_resolve_is_idempotent(text: str, base: str) -> None:
    try:
        url = resolve(base, text)
    except BadUrl:
        return
    assert url.isascii()
    assert not re.search(r"[\x00-\x20#]", url)
    assert resolve(base, url) == url
    assert resolve("", url) == url
    key = identity(url)
    assert identity(key) == key
    assert resolve("", key) == key
    assert host(url)
    assert url.startswith(("http://", "https://"))


HOSTS = [
    "h",
    "a.b",
    "A.b",
    "a..b",
    "a.b.",
    "-",
    "1",
    "127.1",
    "0x7f",
    "x" * 64,
    "xn--a",
    "",
    "a:80",
    "a:443",
    "a:0",
    "a:65536",
]
NAMES = st.text(alphabet="aZ9-_~.%2/?=&;: ", max_size=12)
LINKS = st.one_of(
    TEXT,
    st.builds(
        "{}{}/{}".format, st.sampled_from(["http://", "https://", "HTTP://", "//"]), st.sampled_from(HOSTS), NAMES
    ),
    st.builds("{}{}".format, st.sampled_from(["", "/", "./", "../", "../../", "..", "//", "/../", "x" * 8200]), NAMES),
)
FOLDERS = st.one_of(st.sampled_from(["", BASE, "mailto:x", "http://h", "http://h/../a/%2e/b?c/d", "x" * 9000]), LINKS)


def outcome(href: str, base: str) -> tuple[str, ...]:
    try:
        url = resolve(base, href)
    except BadUrl as error:
        return error.code, error.detail
    return url, identity(url)


@given(LINKS, FOLDERS)
def test_the_short_ways_give_what_the_long_ways_give(href: str, base: str) -> None:
    short = outcome(href, base)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(urls, "_CLEAN", lambda _: None)
        patch.setattr(urls, "_CLEAN_PATH", lambda _: None)
        assert outcome(href, base) == short


def vectors() -> list[dict[str, str]]:
    text = (need_site("url_tests") / "tests/wpt/urltestdata.json").read_text(encoding="utf-8")
    return [case for case in json.loads(text) if isinstance(case, dict)]


OURS = {"", "#"}  # an address without a target is `empty` here; a browser reloads the page
STRICTER = ("http://./", "http://../", "http://foo.09..", "https://xn--/", "http:")


def deliberate(case: dict[str, str]) -> bool:
    text = case["input"].strip()
    return text[:1] in OURS or text in STRICTER or "xn--pokxncvks" in text.lower()


def test_whatwg_vectors() -> None:
    wrong = []
    for case in vectors():
        base = case.get("base") or ""
        try:
            got = resolve(base, case["input"])
        except BadUrl:
            got = "failure"
        web = case.get("protocol") in ("http:", "https:")
        want = re.sub(r"^(https?://)[^/?#]*@", r"\1", case["href"]).partition("#")[0] if web else "failure"
        if got != want and not deliberate(case):
            wrong.append((case["input"], base, want, got))
    assert wrong == []
