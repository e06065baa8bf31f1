import pytest

from crawler.extract.selectors import check_selector

RIGHT = [
    "h1",
    "li.next a",
    "article.product_pod h3 a",
    ":scope > td",
    "p:-soup-contains('x')",
    "dc|creator",
    "a[href*='/b']",
]


@pytest.mark.parametrize("css", RIGHT)
def test_right_selectors_have_no_complaint(css):
    assert check_selector(css) is None


@pytest.mark.parametrize(
    ("css", "place", "hint"),
    [
        ("h1::text", "position 3", "takes the text by itself"),
        ("a.x::attr(href)", "position 4", "attr: href"),
        ("a::attr(data-id)", "position 2", "attr: data-id"),
        ("> td", "position 1", ":scope > ..."),
        ("  + td", "position 3", ":scope + ..."),
        ("a[href=/b.pdf]", "position 2", '[href="/b.pdf"]'),
        ("div a[href^=http://x]", "position 6", '[href^="http://x"]'),
        ("p:bogus", "position 2", "':bogus' is not a pseudo-class"),
        ("p::before", "position 2", "pseudo-elements"),
        ("p,,a", "position 3", ""),
        ("div\n  p:bogus", "position 8", "':bogus'"),
        ("a[", "position 2", ""),
        ("", "", "empty"),
        ("   ", "", "empty"),
        ("a" * 3000, "", "at most"),
    ],
)
def test_wrong_selectors_are_told_with_place_and_help(css, place, hint):
    complaint = check_selector(css)
    assert complaint is not None
    assert "\n" not in complaint
    assert place in complaint
    assert hint in complaint
