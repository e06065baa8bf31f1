"""What a page shows of why nothing is found on it."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ExtractError
from crawler.extract.explain import explain
from crawler.extract.no_match import clues, login_address, password_field
from crawler.extract.page import open_page
from crawler.model import Failure
from tests.support.pages import FieldRule, FollowRule, analyse, recipe, response

TEXT = "<p>A page with enough text that nobody takes it for an empty one.</p>"


def found(html, *selectors, **options):
    return {clue.topic: clue.text for clue in clues(open_page(response(html, **options)), selectors)}


# ---- data in a script


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ('<script id="__NEXT_DATA__" type="application/json">{"a": {"b": 1}}</script>', '<script id="__NEXT_DATA__">'),
        ('<SCRIPT id=state type=\'application/json\'>[{"a": "b"}]</SCRIPT>', '<script id="state">'),
        ('<script type="application/json">{"a": {"b": 1}}</script>', '<script type="application/json">'),
        ('<script type="application/ld+json">{"@type": "Product", "name": "x"}</script>', "(Product)"),
        ('<script type=application/ld+json>[{"@type":["Book", "Thing"]}]</script>', "(Book)"),
        ("<script>var books = [{title: 'x', price: 5}]</script>", "the variable books"),
        ('<script>let book = {"title": "x"};</script>', "the variable book"),
        ("<script>const shop =\n {'title': 'x'};</script>", "the variable shop"),
        ('<script>x();window.__INITIAL_STATE__ = {"a": 1}</script>', "the variable __INITIAL_STATE__"),
        ("<script>window.__NUXT__=JSON.parse('{}')</script>", "the variable __NUXT__"),
        ('<script>self.__next_f.push([1,"a"])</script>', "self.__next_f"),
        ('<script type="text/javascript">var items=[{"a":1}]</script>', "the variable items"),
    ],
)
def test_data_in_a_script_is_named(script, name):
    assert name in found(TEXT + script)["script"]


@pytest.mark.parametrize(
    "script",
    [
        "<script src=/app.js></script>",
        "<script>document.write('x')</script>",
        "<script>window.dataLayer = [{a: 1}]; var _gaq = {'a': 1}</script>",
        "<script>function f() { var n = {}; var s = 'x' }</script>",
        '<script type="application/ld+json">{"@type": "BreadcrumbList"}</script>',
        '<script type="application/ld+json">{"@type": "WebSite", "act": {"@type": "SearchAction"}}</script>',
        "<script type=text/template><b>x</b></script>",
        "<script>var books = [{title: 'never closed'",
    ],
)
def test_what_is_no_data_is_not_named(script):
    assert "script" not in found(TEXT + script)


def test_the_likeliest_scripts_come_first():
    page = TEXT + '<script>var a1 = {b: 1}</script><script id=data type=application/json>{"a":"b"}</script>'
    assert found(page)["script"] == 'data is in a script: <script id="data">, the variable a1'


# ---- built in the browser


def test_an_empty_page_with_scripts_may_need_javascript():
    assert found("<script src=a.js></script>")["javascript"].endswith("it may need JavaScript")
    page = '<noscript>Please switch it on.</noscript><div class=x id="root"> </div><script src=a.js></script>'
    assert found(page)["javascript"].endswith('it may need JavaScript to fill the empty <div id="root">')


def test_a_page_with_text_needs_none():
    assert "javascript" not in found(f"{TEXT}<div id=root></div><script src=a.js></script>")


def test_frames():
    assert "frames" in found("<frameset><frame src=a></frameset>")


# ---- comments


def test_rows_in_a_comment_are_found_by_the_rules_own_selector():
    page = f"{TEXT}<!-- <table id=t><tr><td>Ann</table> --><!--[if IE]><i>x</i><![endif]-->"
    text = "what '#t td' looks for is in an HTML comment, which is not part of the page (1 match)"
    assert found(page, "h1", "#t td") == {"comment": text}
    assert found(page, "i") == found(page) == {"comment": "most table rows of the page's HTML are inside comments"}


def test_a_selector_of_a_browser_is_understood_too():
    page = f"{TEXT}<!-- <table id=t><tr><td>Ann</table> -->"
    assert "tbody" in found(page, "#t > tbody > tr")["comment"]


@pytest.mark.parametrize(
    "comment", ["<!-- a note -->", "<!-- <b>x</b> -->", "<!-- <li>old</li> --><li>a<li>b", "<!-- <li>"]
)
def test_other_comments_say_nothing(comment):
    assert found(TEXT + comment, "li") == {} or "<li>old" in comment
    assert "most rows" not in str(found(TEXT + comment))


# ---- login


def test_a_form_for_a_password_may_be_a_login():
    page = f"{TEXT}<form><INPUT name=p TYPE='password'></form>"
    assert found(page) == {"login": "the page asks for a password: it may be a login page"}
    assert found(page, url="http://a.example/login?next=/x")["login"].endswith(": it is a login page")


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/login",
        "http://a.example/login?next=%2Fbooks",
        "https://a.example/users/sign_in",
        "https://a.example/Account/LogOn/",
        "https://a.example/wp-login.php?redirect_to=x",
        "https://a.example/de/anmelden",
        "https://a.example/user-login",
        "https://login.a.example/",
        "https://sso.a.example/start",
        "https://a.example/auth/realms/a/protocol/openid-connect/auth?x=1",
        "https://a.example/oauth2/authorize",
        "http://127.0.0.1:80/signin;jsessionid=1",
    ],
)
def test_addresses_of_logins(url):
    assert login_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/",
        "http://a.example/sign-in-the-sky",
        "http://a.example/blog/login-tips.html",
        "http://login.example/books/1",
        "http://a.example/authors/1",
        "http://a.example/books?back=/login",
        "http://a.example/books#/login",
        "http://blogin.a.example/x",
    ],
)
def test_other_addresses(url):
    assert not login_address(url)


def test_other_fields_are_no_password():
    assert not password_field("<input type=text name=password>")


# ---- what becomes of it


def test_a_page_without_a_match_says_what_it_shows():
    page = f'{TEXT}<script id="__NEXT_DATA__" type="application/json">{{"a": {{"b": 1}}}}</script>'
    outcome = analyse(page, FieldRule("t", "h1"))
    assert isinstance(outcome, Failure)
    assert outcome.detail == "nothing matches 'h1'; data is in a script: <script id=\"__NEXT_DATA__\">"


def test_xml_names_its_elements():
    outcome = analyse(
        "<?xml version='1.0'?><rss><item><title>x</title></item></rss>", FieldRule("t", "h1"), kind="text/xml"
    )
    assert outcome.detail.endswith("the page is XML, not HTML; its elements are rss, item, title")


def test_where_rules_find_something_only_the_rest_is_looked_for():
    page = (
        f"<h1>Blue</h1>{TEXT}<input type=password><!-- <i class=price>5</i> --><!-- <h1>old</h1> -->"
        "<script>var book = {price: 5}</script>"
    )
    rules = recipe(FieldRule("t", "h1"), FieldRule("p", ".price"), FieldRule("u", page_url=True))
    clue = [finding for finding in explain(rules, "book", response(page)) if finding.what == "clue"]
    assert [finding.rule for finding in clue] == ["comment", "script"]
    assert "'.price'" in clue[0].raw
    whole = recipe(FieldRule("t", "h1"), follow=(FollowRule("a.next", "book"),))
    assert [finding for finding in explain(whole, "book", response(page)) if finding.what == "clue"] == []


@given(st.lists(st.sampled_from(["<!--", "-->", "<script", ">", "</script", "<li>", "İ", "var a=", "{a:", " ", "x"])))
def test_no_page_breaks_it(parts):
    html = "".join(parts)
    if html.strip():
        found(html, "li", "a > tbody")


@pytest.mark.parametrize(
    "hostile",
    [
        "<!--" * 200_000,
        "<!-- <li>" * 100_000 + "-->",
        "<script>" * 100_000,
        "<script>var aa =" + " " * 400_000,
        "<script>" + "var aa = [" * 40_000 + "</script>",
        "<div id=" * 100_000,
        "<div id=a" + " id=a" * 100_000 + "><script>",
        "<input type" + " " * 500_000,
        "<input type=a " * 50_000,
        '<script type="application/ld+json">' + '"@type"' * 40_000 + "</script>",
    ],
    ids=lambda text: text[:24],
)
def test_hostile_pages_take_no_long_time(hostile):
    page = open_page(response("<p>" + hostile))
    began = time.process_time()
    with suppress(ExtractError):  # too much for the parser
        clues(page, ["li", ".x"])
    assert time.process_time() - began < 6
