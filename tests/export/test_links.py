import pytest

from crawler.export.package import target


@pytest.mark.parametrize(
    ("url", "made"),
    [("http://h/p?q=1&r=%20#f", "http://h/p?q=1&r=%20#f"), ("https://h", "https://h"),
     ("http://h/a b", "http://h/a%20b"), ('http://h/"<x>[1]{}|^`\\', "http://h/%22%3Cx%3E%5B1%5D%7B%7D%7C%5E%60%5C"),
     ("http://h/100%", "http://h/100%25"), ("http://h/%zz", "http://h/%25zz"), ("http://h/#a#b", "http://h/#a%23b"),
     ("http://h/é", "http://h/%C3%A9"), ("HTTP://H/x", "HTTP://H/x"), ("http://h:80/x", "http://h:80/x")],
)  # fmt: skip
def test_links_are_quoted(url, made):
    assert target(url, 2079) == made


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "file:///etc/passwd", "", "x", "http://", "http://h h/", "http://\ud800/", "http://h/\nx",
     "mailto:a@b", "=HYPERLINK()", "http://[/x",
     "http://h/\ud800", "http://h/?\udfff#x", "http://h:123456/",
     "http://a:b:c/", "http://é.org/", "http://h/" + "x" * 2079],
)  # fmt: skip
def test_anything_else_is_no_link(url):
    assert target(url, 2079) == ""
