import pytest

from crawler.extract import follow
from crawler.model import Failure, Page
from tests.support.pages import FieldRule, FollowRule, analyse

BOTH = pytest.mark.parametrize("engine", ["auto", "bs4", "lexbor"])


def taken(html, *rules, engine="auto"):
    page = analyse(html, follow=rules or (FollowRule("a", "book"),), engine=engine)
    assert isinstance(page, Page), page
    return [link.url.removeprefix("http://shop.test") for link in page.links], dict(page.dropped)


@BOTH
def test_links_come_in_document_order_each_once(engine):
    html = "<a href=b>1</a><a href=a>2</a><a href='b#x'>3</a><a href='/b?q=1'>4</a>"
    assert taken(html, engine=engine) == (["/books/b", "/books/a", "/b?q=1"], {})


@BOTH
def test_fault_100_101_links_that_are_not_followed_are_counted(engine):
    html = (
        "<a href='javascript:x'>1</a><a href='mailto:a@b'>2</a><a href='tel:1'>3</a>"
        "<a href='data:,x'>4</a>"
        "<a href='#'>5</a><a href=''>6</a><a>7</a><a href='http://['>8</a><a href='http://b.test/'>9</a>"
        "<a href='/a\n\tb'>10</a>"
        f"<a href='/{'x' * 100_000}'>11</a><a href='//'>12</a><a href='http://www.shop.test/w'>13</a>"
    )
    urls, dropped = taken(html, engine=engine)
    assert urls == ["/ab", "http://www.shop.test/w"]
    assert dropped == {"scheme": 4, "empty": 3, "bad-url": 3, "off-site": 1}


def test_other_sites_when_the_rule_lets_them():
    rule = FollowRule("a", "book", same_site=False)
    page = analyse("<a href='http://b.test/'>x</a>", follow=(rule,))
    assert isinstance(page, Page)
    assert [(link.url, link.anywhere, link.next) for link in page.links] == [("http://b.test/", True, False)]


def test_links_to_hosts_that_the_rule_names_are_followed_too():
    html = "<a href=http://cdn.test/1>x</a><a href=http://cdn.test:81/2>x</a><a href=http://evil.test/3>x</a>"
    page = analyse(html, follow=(FollowRule("a", "book", hosts=("cdn.test",)),))
    assert isinstance(page, Page)
    assert [(link.url, link.anywhere) for link in page.links] == [
        ("http://cdn.test/1", False),
        ("http://cdn.test:81/2", False),
    ]
    assert page.dropped == {"off-site": 1}


def test_allow_and_deny():
    html = "<a href=/book/1>1</a><a href=/book/2?print>2</a><a href=/about>3</a>"
    rule = FollowRule("a", "book", allow=("/book/", "/x/"), deny=("print",))
    assert taken(html, rule) == (["/book/1"], {"denied": 2})


def test_other_attributes_and_kinds():
    html = "<div data-u=/a>x</div><a href=/a>y</a>"
    rules = FollowRule("div", "book", attr="data-u"), FollowRule("a", "listing", next=True), FollowRule("a", "book")
    page = analyse(html, follow=rules)
    assert isinstance(page, Page)
    assert [(link.kind, link.next) for link in page.links] == [("book", False), ("listing", True)]


@BOTH
@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("<base href='/other/'>", "/other/x"),
        ("<base href='javascript:x'><base href='/second/'>", "/second/x"),
        ("<base href='sub/'><base href='/second/'>", "/books/sub/x"),
        ("<base target=q><base href='http://['>", "/books/x"),
        ("<base href='http://b.test/'>", None),
        ("", "/books/x"),
    ],
)
def test_fault_99_base(engine, base, expected):
    urls, dropped = taken(f"<head>{base}</head><a href=x>1</a>", engine=engine)
    assert (urls, dropped) == (([expected], {}) if expected else ([], {"off-site": 1}))


@BOTH
def test_carry_takes_fields_of_the_row(engine):
    html = "<ul><li><a href=1>t</a><i>5</i><li><a href=2>u</a><i>x</i></ul>"
    rule = FollowRule("a", "book", each="li", carry=(FieldRule("rank", "i", type="int"),))
    page = analyse(html, follow=(rule,), engine=engine)
    assert isinstance(page, Page)
    assert [dict(link.carry) for link in page.links] == [{"rank": 5}, {"rank": "x"}]
    assert [[note.code for note in link.notes] for link in page.links] == [[], ["not-a-number"]]


def test_fault_84_links_are_capped_and_counted(monkeypatch):
    monkeypatch.setattr(follow, "LINK_LIMIT", 10)
    urls, dropped = taken("".join(f"<a href={n}>x</a>" for n in range(15)))
    assert len(urls) == 10
    assert dropped == {"too-many-links": 5}


def test_fault_111_a_page_whose_rules_match_nothing_says_so():
    page = analyse("<p>x</p><script>app()</script>", follow=(FollowRule("a.item", "book"),))
    assert isinstance(page, Page)
    assert page.notes[0].code == "no-match"
    assert "a.item" in page.notes[0].detail
    assert "JavaScript" in page.notes[0].detail
    last = analyse("<p>x</p>", follow=(FollowRule("li.next a", "listing", next=True),))
    assert isinstance(last, Page)
    assert last.notes == ()


def test_a_table_page_without_records_lives_when_it_has_links():
    page = analyse(
        "<a href=x>y</a>", FieldRule("t", "h1"), FieldRule("u", page_url=True), follow=(FollowRule("a", "book"),)
    )
    assert isinstance(page, Page)
    assert page.records == ()
    assert [note.code for note in page.notes] == ["no-match"]
    assert isinstance(analyse("<p>y", FieldRule("t", "h1"), follow=(FollowRule("a", "book"),)), Failure)


OFFERS = FollowRule(".l", "book", each="li", carry=(FieldRule("seller", "i"), FieldRule("price", "b")))


@BOTH
def test_rows_that_carry_other_values_to_the_same_page_are_links_of_their_own(engine):
    html = (
        "<a href=/1>plain</a>"
        "<li><a class=l href=/1>x</a><a class=l href=/1>y</a><i>Ann</i><b>8</b>"
        "<li><a class=l href=/1>x</a><i>Ben</i><b>7</b>"
        "<li><a class=l href=/1>x</a><i>Ann</i><b>8</b>"
    )
    page = analyse(f"<ul>{html}</ul>", follow=(FollowRule("a", "book"), OFFERS), engine=engine)
    assert isinstance(page, Page)
    assert [dict(link.carry) for link in page.links] == [
        {},
        {"seller": "Ann", "price": "8"},
        {"seller": "Ben", "price": "7"},
    ]
    assert {link.url for link in page.links} == {"http://shop.test/1"}


@BOTH
def test_rows_with_something_to_carry_but_without_a_link_are_counted(engine):
    html = (
        "<ul><li>heading<li><a class=l href=/1>x</a><i>Ann</i><li><i>Ben</i><li><b>7</b>"
        "<li><a class=l href='javascript:x'>x</a><i>Cy</i></ul>"
    )
    assert taken(html, OFFERS, engine=engine) == (["/1"], {"no-link": 2, "scheme": 1})
    assert taken(html, FollowRule(".l", "book", each="li"), engine=engine) == (["/1"], {"scheme": 1})


def test_very_many_links_to_one_page_with_other_values_take_linear_time():
    rows = "".join(f"<li><a class=l href=/1>x</a><i>{number}</i></li>" for number in range(follow.LINK_LIMIT))
    page = analyse(f"<ul>{rows}</ul>", follow=(OFFERS,))
    assert isinstance(page, Page)
    assert len(page.links) == follow.LINK_LIMIT
