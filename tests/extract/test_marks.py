"""What in a page's source tells that the two engines would read it differently."""

import time

import pytest

from crawler.extract.marks import ALWAYS, marks


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (b"<p>a<b>c</b> d / > x: link:</p>", set()),
        (b"a</br>b<source src=a><keygen>", {b"</br", b"<source", b"<keygen"}),
        (b"<wbr><track>", {b"<wbr", b"<track"}),
        (b"<svg><a xlink:href=b>", {b"xlink:"}),
        (b"<br/><IMG alt='a' /><meta a=b/><hr  />", set()),
        (b'<meta name="a/>" content="b" />', set()),
        (b"<i class=a />", {b"/>"}),
        (b"<br/><i/><br/>", {b"/>"}),
        (b"<brx/>", {b"/>"}),
        (b"<br>x/>", {b"/>"}),
        (b"/><br/>", {b"/>"}),
        (b"< />", {b"/>"}),
    ],
)
def test_marks(page, expected):
    assert marks(page) == expected


def test_the_marks_that_always_tell():
    assert not ALWAYS.isdisjoint(marks(b"<i/>"))
    assert not ALWAYS.isdisjoint(marks(b"</br>"))
    assert ALWAYS.isdisjoint(marks(b"<source>"))


def test_fault_84_a_tag_with_a_million_ends_takes_linear_time():
    began = time.monotonic()
    assert marks(b"<br " + b"/>" * 400_000) == set()
    assert time.monotonic() - began < 5
