"""robots.txt: RFC 9309 line by line, and the files that real servers send."""

from __future__ import annotations

import pytest

from crawler.crawl.robots import parse, product_token
from tests.support.sites import need_site

AGENT = "crawler/0.1 (+https://example.org/bot)"
SITE = "http://example.com"


def allows(text: str | bytes, path: str, agent: str = AGENT) -> bool:
    body = text if isinstance(text, bytes) else text.encode()
    return parse(body, agent).allows(SITE + path)


def test_fault_117_half_a_line_is_no_line() -> None:
    filler = b"User-agent: *\n" + b"#" * (512_000 - 14 - 1 - 11) + b"\n"
    text = filler + b"Disallow: /very-private\n"
    assert text[511_999:512_000] == b"/"
    assert allows(text, "/public")
    assert parse(text[:512_000], AGENT).allows(SITE + "/public")


RULES = "User-agent: *\nDisallow: /private\n"


@pytest.mark.parametrize(
    "body",
    [
        RULES.encode("utf-8-sig"),
        b"\xef\xbb\xbf\xef\xbb\xbf" + RULES.encode(),
        RULES.encode("utf-16"),
        b"\xfe\xff" + RULES.encode("utf-16-be"),
        RULES.encode("utf-16-le"),
        RULES.replace("\n", "\r").encode(),
        RULES.replace("\n", "\r\n").encode(),
        b"\x00" + RULES.replace("\n", "\x00\n").encode(),
        b"\xff\xfe\xfa\x80 junk\n".replace(b"\xff\xfe", b"") + RULES.encode(),
        b"<html>\n<body>not found: x</body>\n" + RULES.encode(),
        RULES.replace("\n", "\n\n\n").encode(),
        RULES.replace(":", " : ").replace("Dis", "\t DIS").encode(),
        RULES.replace("\n", " # note\n").encode(),
        RULES.replace(":", "").encode(),
    ],
)
def test_fault_118_odd_files(body: bytes) -> None:
    assert not allows(body, "/private")
    assert allows(body, "/public")


@pytest.mark.parametrize("body", [b"", b"\xff" * 1_000, b"<html><h1>404</h1></html>", b"\x00" * 99, b":\n::\n: :\n"])
def test_fault_118_nothing_in_it(body: bytes) -> None:
    assert allows(body, "/")


# Pattern of a Disallow (or Allow) rule, path, allowed?
MATCHES = [
    ("Disallow: /", "/", False),
    ("Disallow: /", "/x", False),
    ("Disallow:", "/x", True),
    ("Disallow: /x", "/x", False),
    ("Disallow: /x", "/xyz", False),
    ("Disallow: /x", "/X", True),
    ("Disallow: /x/", "/x", True),
    ("Disallow: /*.php", "/a/b.php?c", False),
    ("Disallow: /*.php", "/a/b.PHP", True),
    ("Disallow: /*.php$", "/a.php", False),
    ("Disallow: /*.php$", "/a.php?x", True),
    ("Disallow: /x$", "/x", False),
    ("Disallow: /x$", "/x/", True),
    ("Disallow: /a*b*c", "/a1b2c3", False),
    ("Disallow: /a**c", "/abc", False),
    ("Disallow: *", "/any", False),
    ("Disallow: *x", "/ax", False),
    ("Disallow: /?", "/?q", False),
    ("Disallow: /x?y=", "/x?y=1", False),
    ("Disallow: /x?y=", "/x", True),
    ("Disallow: /ü", "/%C3%BC", False),
    ("Disallow: /%C3%BC", "/ü", False),
    ("Disallow: /%c3%bc", "/%C3%BC", False),
    ("Disallow: /%7Eme", "/~me", False),
    ("Disallow: /~me", "/%7eme", False),
    ("Disallow: /a%2Fb", "/a/b", True),
    ("Disallow: /x", "/robots.txt", True),
    ("Disallow: /", "/robots.txt", True),
    ("Disallow: /x\nAllow: /x/y", "/x/y/z", True),
    ("Allow: /x/y\nDisallow: /x", "/x/y/z", True),
    ("Allow: /x\nDisallow: /x/y", "/x/y", False),
    ("Allow: /x\nDisallow: /x", "/x", True),
    ("Disallow: /x\nAllow: /x", "/x", True),
    ("Allow: /p\nDisallow: /", "/page", True),
    ("Allow: /folder\nDisallow: /*.htm", "/folder.htm", True),
    ("Allow: /$\nDisallow: /", "/", True),
    ("Allow: /$\nDisallow: /", "/page", False),
    ("Dissallow: /x", "/x", False),
    ("Allow: /x/index.html\nDisallow: /", "/x/", True),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "path", "allowed"), MATCHES)
def test_fault_119_matching(rules: str, path: str, allowed: bool) -> None:
    assert allows(f"User-agent: *\n{rules}\n", path) is allowed
    assert allows(f"User-agent: Crawler\n{rules}\n", path) is allowed


# File, path, allowed?
GROUPS = [
    ("User-agent: *\nDisallow: /\n\nUser-agent: crawler\nDisallow: /x", "/y", True),
    ("User-agent: crawler\nDisallow: /x\n\nUser-agent: *\nDisallow: /", "/y", True),
    ("User-agent: crawler\n\nUser-agent: *\nDisallow: /", "/x", False),
    ("User-agent: *\nDisallow: /\n\nUser-agent: crawler\nDisallow:", "/x", True),
    ("User-agent: *\nDisallow: /x\nUser-agent: other\nDisallow: /", "/y", True),
    ("User-agent: other\nUser-agent: crawler\nDisallow: /x", "/x", False),
    ("User-agent: crawler\nUser-agent: other\nDisallow: /x", "/x", False),
    ("User-agent: crawler\nDisallow: /a\n\nUser-agent: other\nDisallow: /b\n\nUser-agent: crawler\nDisallow: /c",
     "/a", False),
    ("User-agent: crawler\nDisallow: /a\n\nUser-agent: other\nDisallow: /b\n\nUser-agent: crawler\nDisallow: /c",
     "/b", True),
    ("User-agent: crawler\nDisallow: /a\n\nUser-agent: other\nDisallow: /b\n\nUser-agent: crawler\nDisallow: /c",
     "/c", False),
    ("User-agent: *\nDisallow: /a\n\nUser-agent: *\nDisallow: /c", "/c", False),
    ("User-agent: CRAWLER/2.0 (bot)\nDisallow: /x", "/x", False),
    ("User-agent: craw\nDisallow: /x", "/x", True),
    ("User-agent: crawl\nDisallow: /x", "/x", True),
    ("User-agent: crawlerbot\nDisallow: /x", "/x", True),
    ("User-agent: my-crawler\nDisallow: /x", "/x", True),
    ("User-agent: crawler-images\nDisallow: /x", "/x", True),
    ("User-agent: crawler*\nDisallow: /x", "/x", False),
    ("User-agent: c*\nDisallow: /x", "/x", True),
    ("User-agent:\nDisallow: /x", "/x", True),
    ("User-agent: * \nDisallow: /x", "/x", False),
    ("User-agent: * all\nDisallow: /x", "/x", False),
    ("User-agent: *bot\nDisallow: /x", "/x", True),
    ("Disallow: /x", "/x", True),
    ("Disallow: /x\nUser-agent: *\nDisallow: /y", "/x", True),
    ("User-agent: crawler\nSitemap: /s\nUnknown: z\nUser-agent: other\nDisallow: /x", "/x", False),
    ("User-agent: *\n\n\nDisallow: /x", "/x", False),
    ("useragent: *\ndisallow: /x", "/x", False),
    ("User-agent: crawler\nCrawl-delay: 1\nUser-agent: other\nDisallow: /x", "/x", False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path", "allowed"), GROUPS)
def test_fault_120_groups(text: str, path: str, allowed: bool) -> None:
    assert allows(text, path) is allowed
    assert allows(text.replace("\n", "\r\n"), path) is allowed


@pytest.mark.parametrize(
    ("line", "delay"),
    [
        ("Crawl-delay: 2", 2.0), ("Crawl-delay: 0.5", 0.5), ("Crawl-delay: 86400", 86400.0), ("Crawl-delay: -1", None),
        ("Crawl-delay: x", None), ("Crawl-delay: nan", None), ("Crawl-delay: inf", None), ("Crawl-delay:", None),
        ("Request-rate: 1/5", 5.0), ("Request-rate: 10/1m", 6.0), ("Request-rate: 0/1", None), ("", None),
        ("Crawl-delay: 3\nRequest-rate: 1/5", 3.0),
    ],
)  # fmt: skip
def test_fault_121_delay(line: str, delay: float | None) -> None:
    assert parse(f"User-agent: *\n{line}\nDisallow: /x\n".encode(), AGENT).delay == delay
    assert parse(f"User-agent: other\n{line}\n".encode(), AGENT).delay is None
    assert parse(f"User-agent: other\n{line}\nUser-agent: crawler\nDisallow: /x".encode(), AGENT).delay is None


@pytest.mark.parametrize(
    ("agent", "token"),
    [("crawler/0.1 (+x)", "crawler"), ("Crawler", "crawler"), ("my-bot_x/2", "my-bot_x"), ("", "*"), ("1", "*")],
)
def test_product_token(agent: str, token: str) -> None:
    assert product_token(agent) == token


def test_other_names_than_crawler_are_matched_whole_too() -> None:
    assert not allows("User-agent: shopbot\nDisallow: /x", "/x", "ShopBot/3.1 crawler/1")
    assert allows("User-agent: crawler\nDisallow: /x", "/x", "ShopBot/3.1 crawler/1")
    assert allows("User-agent: shop\nDisallow: /x", "/x", "ShopBot/3.1")


def test_a_huge_or_nasty_file_takes_no_time() -> None:
    text = "User-agent: *\n" + "Disallow: /" + "*a" * 200_000 + "\n"
    assert allows(text, "/" + "a" * 5_000)
    many = "User-agent: *\n" + "".join(f"Disallow: /{n}*x$\n" for n in range(15_000))
    robots = parse(many.encode(), AGENT)
    assert not robots.allows(SITE + "/14999yx")


# File, agent, path, allowed?
REAL = [
    ("rfc9309-example-simple-robots.txt", "other", "/example/x", False),
    ("rfc9309-example-simple-robots.txt", "other", "/publications/", True),
    ("rfc9309-example-simple-robots.txt", "other", "/a.gif", False),
    ("rfc9309-example-simple-robots.txt", "foobot", "/example/page.html", True),
    ("rfc9309-example-simple-robots.txt", "foobot", "/other", False),
    ("rfc9309-example-simple-robots.txt", "bazbot", "/example/page.html", False),
    ("rfc9309-example-simple-robots.txt", "quxbot", "/example/page.html", True),
    ("rfc9309-example-longest-match-robots.txt", "foobot", "/example/page/x", True),
    ("rfc9309-example-longest-match-robots.txt", "foobot", "/example/page/disallowed.gif", False),
    ("rfc9309-example-rule-group-merging.txt", "examplebot", "/foo", False),
    ("rfc9309-example-rule-group-merging.txt", "examplebot", "/baz", False),
    ("rfc9309-example-rule-group-merging.txt", "bazbot", "/foo", True),
    ("crawl-delay-group-merging.txt", "mybot", "/private/", False),
    ("crawl-delay-group-merging.txt", "yourbot", "/private/", False),
    ("crawl-delay-group-merging.txt", "yourbot", "/login/", False),
    ("extensions-group-merging.txt", "mybot", "/private/", False),
    ("extensions-group-merging.txt", "mybot", "/login/", False),
    ("robots-with-utf16le-bom.txt", "crawler", "/x", True),
    ("wildcards.txt", "crawler", "/gp/registry/wishlist/abc/reserve", False),
    ("wildcards.txt", "crawler", "/wishlist/universal-x", True),
]


def test_real_files() -> None:
    folder = need_site("crawler_commons_tests") / "src/test/resources/robots"
    wrong = [case for case in REAL if allows((folder / case[0]).read_bytes(), case[2], case[1]) is not case[3]]
    assert wrong == []
    merged = (folder / "crawl-delay-group-merging.txt").read_bytes()
    assert [parse(merged, agent).delay for agent in ("mybot", "yourbot", "other")] == [10.0, None, 30.0]
    for file in folder.iterdir():
        parse(file.read_bytes(), AGENT).allows(SITE + "/x")
