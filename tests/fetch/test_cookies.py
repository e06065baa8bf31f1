"""The jar, held against the examples of RFC 6265 and, where both should agree, against `http.cookiejar`."""

from __future__ import annotations

import time
from email.message import Message
from http.cookiejar import CookieJar
from typing import Any
from urllib.request import Request

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.fetch.client import ClientSettings
from crawler.fetch.cookies import (
    GONE,
    MAX_AGE,
    MAX_HOSTS,
    MAX_PER_HOST,
    Cookie,
    Jar,
    SetCookie,
    empty_jar,
    read_set_cookie,
)

HOST = "www.shop.example"
URL = f"https://{HOST}/a/b/page.html?q=/x"
NOW = 1_445_412_480.0  # Wed, 21 Oct 2015 07:28:00 GMT


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


def jar(*lines: str, url: str = URL, **options: Any) -> Jar:
    made = Jar(now=Clock(), **options)
    made.take(url, lines)
    return made


def sent(made: Jar, path: str = "/a/b/page.html", scheme: str = "https", host: str = HOST) -> str:
    return made.header(host, f"{scheme}://{host}{path}")


def read(line: str, url: str = URL) -> SetCookie | None:
    return read_set_cookie(line, url, NOW)


# ---- what a line says


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("SID=31d4d96e407aad42", "SID", "31d4d96e407aad42"),  # RFC 6265, section 3.1
        (" \ta\t=\t b c \t; x", "a", "b c"),
        ('q="1; 2"', "q", '"1'),
        ("a==b=", "a", "=b="),
        ("a=", "a", ""),
        ("a=b,c=d", "a", "b,c=d"),
    ],
)
def test_name_and_value(line: str, name: str, value: str) -> None:
    said = read(line)
    assert said is not None
    assert said[:2] == (name, value)


@pytest.mark.parametrize(
    "line",
    ["", "a", "=b", " =b", "a\x00=b", "a=b\x1f", "a=b\n", "n=" + "x" * 5_000, "a=\xff\xfe"],
)
def test_lines_that_set_nothing(line: str) -> None:
    assert read(line) is None


@pytest.mark.parametrize(
    ("attributes", "path", "secure", "expires", "moving"),
    [
        ("", "", False, None, False),
        ("; HttpOnly; SameSite=Lax; Priority=High", "", False, None, False),
        ("; Path=/; Secure", "/", True, None, False),
        ("; pAtH = /x ; SECURE=no", "/x", True, None, False),
        ("; Path=/x; Path=y", "", False, None, False),
        ("; Max-Age=60", "", False, NOW + 60, True),
        ("; Max-Age=0", "", False, GONE, True),
        ("; Max-Age=-1", "", False, GONE, True),
        ("; Max-Age=1.5", "", False, None, False),
        ("; Max-Age=6e1", "", False, None, False),
        ("; Max-Age=" + "9" * 900, "", False, NOW + MAX_AGE, True),
        ("; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "", False, NOW + 60, True),
        ("; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "", False, GONE, False),
        ("; Expires=Sat, 01 Jan 1601 00:00:00 GMT", "", False, GONE, False),
        ("; Expires=Wed, 21 Oct 2015 07:29:00 GMT", "", False, NOW + 60, False),
        ("; Expires=Wed, 21-Oct-15 07:29:00 GMT", "", False, NOW + 60, False),
        ("; Expires=Wed Oct 21 07:29:00 2015", "", False, NOW + 60, False),
        ("; Expires=Wed, 21 Oct 9999 07:29:00 GMT", "", False, NOW + MAX_AGE, False),
        ("; Expires=Wed, 21 Oct 1500 07:29:00 GMT", "", False, None, False),
        ("; Expires=Wed, 32 Oct 2015 07:29:00 GMT", "", False, None, False),
        ("; Expires=Wed, 21 Oct 2015 25:29:00 GMT", "", False, None, False),
        ("; Expires=soon", "", False, None, False),
        ("; Expires=Wed, 21 Oct 2015 07:29:00 GMT; Expires=soon", "", False, NOW + 60, False),
    ],
)
def test_attributes(attributes: str, path: str, secure: bool, expires: float | None, moving: bool) -> None:
    assert read("a=b" + attributes) == SetCookie("a", "b", path, secure, expires, moving)


@pytest.mark.parametrize(
    ("domain", "host", "taken"),
    [
        ("shop.example", HOST, True),
        (".Shop.Example", HOST, True),
        (HOST, HOST, True),
        ("", HOST, True),
        ("localhost", "localhost:8000", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("0.0.1", "127.0.0.1", False),
        ("example", HOST, False),
        ("hop.example", HOST, False),
        ("other.example", HOST, False),
        ("deep." + HOST, HOST, False),
    ],
)
def test_domains(domain: str, host: str, taken: bool) -> None:
    """A cookie for a domain that the host is not of is refused; one for its domain goes back to the host alone."""
    made = jar(f"a=1; Path=/; Domain={domain}", url=f"https://{host}/")
    assert sent(made, host=host) == ("a=1" if taken else "")
    assert sent(made, host="shop.example") == ""
    assert sent(made, host="deep." + HOST) == ""


# ---- what is sent


def test_paths() -> None:
    made = jar("root=1; Path=/", "here=2", "deep=3; Path=/a/b/c", "slash=4; Path=/a/", "exact=5; Path=/a/b/page.html")
    assert sent(made) == "exact=5; here=2; slash=4; root=1"  # longer paths first
    assert sent(made, "/a/b/c/d?x") == "deep=3; here=2; slash=4; root=1"
    assert sent(made, "/a/bc") == "slash=4; root=1"
    assert sent(made, "/a") == "root=1"


def test_older_cookies_come_first_and_a_new_value_keeps_the_place() -> None:
    made = jar("a=1; Path=/", "b=2; Path=/", "a=3; Path=/", "a=4; Path=/")
    assert sent(made) == "a=4; b=2"


def test_secure_cookies_go_over_https_only_and_ports_are_hosts_of_their_own() -> None:
    made = jar("a=1; Path=/; Secure", "b=2; Path=/")
    assert (sent(made), sent(made, scheme="http")) == ("a=1; b=2", "b=2")
    assert sent(made, host=HOST + ":8080") == ""


def test_cookies_expire_are_prolonged_and_deleted() -> None:
    clock = Clock()
    made = Jar(now=clock)
    line = "a=1; Path=/; Max-Age=60"
    made.take(URL, [line, "b=2; Path=/"])
    clock.now += 59
    assert sent(made) == "a=1; b=2"
    made.take(URL, [line])
    clock.now += 59
    assert sent(made) == "a=1; b=2"
    clock.now += 2
    assert sent(made) == "b=2"
    made.take(URL, ["b=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "unknown=; Path=/; Max-Age=0"])
    assert sent(made) == ""
    made.take(URL, [line, line])
    assert sent(made) == "a=1"


def test_floods_are_cut() -> None:
    made = jar(*(f"c{n}=v; Path=/" for n in range(100)))
    assert sent(made) == "; ".join(f"c{n}=v" for n in range(100 - MAX_PER_HOST, 100))
    for n in range(MAX_HOSTS + 10):
        made.take(f"https://h{n}.example/", ["a=1"])
    kept = [n for n in range(MAX_HOSTS + 10) if sent(made, "/", host=f"h{n}.example")]
    assert kept == list(range(10, MAX_HOSTS + 10))
    assert sent(made) == ""


def test_an_expired_cookie_makes_room_first() -> None:
    clock = Clock()
    made = Jar(now=clock)
    made.take(URL, [f"c{n}=v; Path=/{'; Max-Age=5' if n == 7 else ''}" for n in range(MAX_PER_HOST)])
    clock.now += 10
    made.take(URL, ["new=1; Path=/"])
    assert sent(made).startswith("c0=v; ")
    assert sent(made).endswith("; new=1")


def test_names_of_the_config_are_left_to_the_config() -> None:
    settings = ClientSettings(
        "test", origins=frozenset({f"https://{HOST}"}), cookies={"sid": "x"}, headers={"cookie": "one=1; two=2"}
    )
    made = empty_jar(settings)
    made.take(URL, ["sid=echo; Path=/", "two=echo; Path=/", "three=3; Path=/"])
    made.take("https://other.example/", ["sid=1; Path=/"])
    assert sent(made) == "three=3"
    assert sent(made, host="other.example") == "sid=1"


# ---- what came since a request went out


def test_versions_tell_what_a_request_could_not_know() -> None:
    made = jar("a=1; Path=/")
    version = made.version
    assert not made.is_new(HOST, URL, version)
    assert not made.is_changed(HOST, URL, version)
    made.take(URL, ["a=1; Path=/", "a=1; Path=/; HttpOnly"])
    assert made.version == version
    made.take(URL, ["a=2; Path=/"])
    assert made.is_changed(HOST, URL, version)
    assert not made.is_new(HOST, URL, version)
    made.take(URL, ["b=2; Path=/elsewhere"])
    assert not made.is_new(HOST, URL, version)
    made.take(URL, ["b=2; Path=/a"])
    assert made.is_new(HOST, URL, version)


def test_a_deleted_cookie_is_a_change() -> None:
    made = jar("a=1; Path=/")
    version = made.version
    made.take(URL, ["a=; Path=/; Max-Age=0"])
    assert made.is_changed(HOST, URL, version)
    assert not made.is_new(HOST, URL, version)


def test_of_several_new_sessions_the_first_to_come_is_kept() -> None:
    """Each request went out without a session, so each was given one of its own."""
    made = Jar()
    for number in (1, 2, 3):
        made.take(URL, [f"sid={number}; Path=/", f"n{number}=1; Path=/"], 0)
    assert sent(made) == "sid=1; n1=1; n2=1; n3=1"
    made.take(URL, ["sid=4; Path=/", "sid=5; Path=/"], made.version)
    assert sent(made).startswith("sid=5; ")


# ---- laws


NAMES = st.sampled_from(["a", "b", "sid"])
PATHS = st.sampled_from(["/", "/a", "/a/", "/a/b", "/x", "/a/b/page.html"])
LINES = st.builds(
    lambda name, value, path, age, secure: f"{name}={value}{path}{age}{secure}",
    NAMES,
    st.text("abc0%=.", max_size=4),
    st.one_of(st.just(""), PATHS.map("; Path={}".format)),
    st.sampled_from(["", "", "; Max-Age=60", "; Max-Age=0", "; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]),
    st.sampled_from(["", "; Secure", "; HttpOnly"]),
)
URLS = st.builds(lambda scheme, path: f"{scheme}://{HOST}{path}", st.sampled_from(["http", "https"]), PATHS)
ANSWERS = st.lists(st.tuples(URLS, st.lists(LINES, max_size=3)), max_size=6)


class Answer:
    def __init__(self, lines: list[str]) -> None:
        self.message = Message()
        for line in lines:
            self.message["Set-Cookie"] = line

    def info(self) -> Message:
        return self.message


def pairs(header: str | None) -> list[str]:
    return sorted(header.split("; ")) if header else []


@given(ANSWERS, URLS)
@example([(URL, ["a=1", "a=2; Path=/a"])], URL)
def test_the_same_cookies_as_http_cookiejar(answers: list[tuple[str, list[str]]], url: str) -> None:
    ours, theirs = Jar(), CookieJar()
    for at, lines in answers:
        for line in lines:  # one by one: of two lines for one cookie the standard library does not take the last
            ours.take(at, [line])
            stand_in: Any = Answer([line])
            theirs.extract_cookies(stand_in, Request(at))
    request = Request(url)
    theirs.add_cookie_header(request)
    assert pairs(ours.header(HOST, url)) == pairs(request.get_header("Cookie"))


@given(ANSWERS, URLS)
def test_a_restored_jar_is_the_same(answers: list[tuple[str, list[str]]], url: str) -> None:
    """What `unsaved` names is all that must be written down."""
    made, saved = Jar(now=Clock()), dict[str, list[Cookie]]()
    for at, lines in answers:
        made.take(at, lines)
        for host in made.unsaved:
            saved[host] = made.cookies(host)
        made.unsaved.clear()
    again = Jar(now=Clock())
    for host, cookies in saved.items():
        again.restore(host, cookies)
    assert again.header(HOST, url) == made.header(HOST, url)
    for version in range(again.version):
        assert again.is_new(HOST, url, version) == made.is_new(HOST, url, version)


@given(st.text(st.characters(max_codepoint=255), max_size=80), URLS)
def test_no_line_breaks_it_nor_gets_into_another_header(line: str, url: str) -> None:
    made = jar(line, url=url)
    header = made.header(HOST, url)
    assert header.isascii() or header.encode("latin-1").decode()
    assert not set(header) & {"\r", "\n", "\x00"}


@given(st.integers(0, 3_155_759_999), st.sampled_from(["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%c"]))
def test_dates_in_all_three_forms(seconds: int, form: str) -> None:
    """Until 2069: a year of two digits says no more."""
    said = read_set_cookie(f"a=b; Expires={time.strftime(form, time.gmtime(seconds))}", URL, seconds - 1_000.0)
    assert said is not None
    assert said.expires == seconds
