"""The gate must never let a selector through on which the engines differ; a refusal costs only time."""

import random
import subprocess
import sys

import pytest

from crawler.extract.gate import delicate, fast
from crawler.extract.lexbor import Lexbor
from crawler.extract.page import PageView
from crawler.extract.text import tidy

AGREED = """h1; li.next a; article.product_pod h3 a; p.price_color; p.star-rating; .views-field-title > span; a[href]
    a[href^="/b"]; a[rel~=next]; [data-id='3']; [type=checkbox i]; #main p; h2 + p; dt + dd; h2 ~ .x; ul > li
    li:first-child; li:nth-child(2n + 1); td:nth-child(2); p:not(.x); div:has(p); p:is(.a, .b); div.x:has(a, b)
    h1, a, h1; th, td, dt; body > div; .md\\:flex; table caption; thead > tr; p:not(div p); .été; input:required"""
REFUSED = """*; div *; table > tr; tbody tr; tr:first-child; .x:first-child; .a > .b; tr + tr; :not(.x); p:empty; a:link
    :any-link; input:enabled; input:disabled; option:checked; svg|a; *|a; p:contains("x"); p:-soup-contains("x"); head
    p:lang(en); :root; html; body; a[href=""]; a[class!=x]; colgroup; colgroup > col; table > col; body:first-child
    template p; p::text; > a; p:has(> a)
    p:has(a b); p:has(i:has(b)); p:is(); :is(h1, :bogus); [xlink\\:href]; [lang]; p:blank; a:visited; noscript p
    p /* x */ a; p,; p..x; a[b; p); (p; p:nth-child(2 of .x); div || p; p >> a; >a; a >; svg a; frame; p:scope"""


def listed(text):
    return [css.strip() for line in text.splitlines() for css in line.split("; ") if css.strip()]


@pytest.mark.parametrize("css", listed(AGREED))
def test_agreed_selectors_are_fast(css):
    assert fast(css)


@pytest.mark.parametrize("css", [*listed(REFUSED), "", "a" * 600, "p:not(" * 9 + "a" + ")" * 9])
def test_others_are_not(css):
    assert not fast(css)


@pytest.mark.parametrize(
    ("css", "expected"), [("a[href]", True), ("a > b", True), ("p:nth-child(2)", True), ("a.x b", False)]
)
def test_delicate(css, expected):
    assert delicate(css) is expected


def test_gate_and_lexbor_work_without_beautifulsoup():
    code = (
        "import sys; from crawler.extract.analyse import Analyser; from crawler.extract.gate import fast; fast('a b');"
        "from crawler.extract.recipe import *; from crawler.model import Response;"
        "r = Recipe({'k': KindRule('k', (TableRule('t', (FieldRule('f', 'h1'),)),))});"
        "p = Analyser(r)('k', Response('http://a/', 200, {}, b'<h1>x</h1>')); assert p.records[0].values == {'f': 'x'};"
        "print([m for m in ('bs4', 'soupsieve', 'lxml', 'babel', 'charset_normalizer') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


NASTY = {
    "quirks": '<p class=Foo id=A>quirk <b>x</b><p class="foo  bar\nbaz">y<p>z',
    "tables": """<!doctype html><title>T</title><div id=main class="box row"><h1>A</h1><h2>B</h2><p class=x>1<p>2</div>
        <table class=t><tr><th>K</th><td class=x>v</td></tr><tr class=row><th>L</th><td>w</td></tr></table>
        <table><thead><tr><th>h</th></tr></thead><tr><td>a</td></tr><tbody><tr><td>b</td></tr></tbody></table>
        <table><caption>c</caption><col><tr><td>1<td>2<tr><td>3<table><tr><td>n</table></table>""",
    "lists": """<ul><li class=next><a href="/a?x=1&copy=2" rel="NEXT nofollow">a</a><li><a href=b class="x  y">b</a>
        <li>c<ul><li>d</ul></ul><dl><dt>K<dd>v<dt>K2<dd>v2</dl>""",
    "forms": """<form><input type=checkbox checked><input TYPE=CHECKBOX disabled><input type=Text required>
        <select><option selected>1<option>2</select><fieldset disabled><legend><input></legend><button>q</button>
        </fieldset><textarea>\n t</textarea></form>""",
    "mixed": """<section><article class=x><h3><a title=q href=z>t</a></h3></article></section><a><div>blk</div></a>
        <template><p class=x>no</p></template><noscript><p class=x>ns</p></noscript><svg><a class=x>s</a></svg>
        <p>&notit; &copy2 &amp;amp; &nbsp;x</p><script>var a="<p class=x>";</script><!-- <p class=x>c</p> -->
        <pre>\n x</pre>
        <custom-el class=x data-a="b c">ce</custom-el><br/><img src=x alt="a > b"/><h1>one</h1><p>n1</p>""",
    "bare": "<html><body><div><p>a</p>text<p class=x>b</p></div><div class=x></div></body></html>",
    "nothing": "",
}
TYPES = [
    "p",
    "div",
    "a",
    "li",
    "ul",
    "span",
    "b",
    "h1",
    "h3",
    "td",
    "th",
    "tr",
    "table",
    "dl",
    "dt",
    "dd",
    "input",
    "select",
    "option",
    "form",
    "section",
    "caption",
    "body",
    "title",
]
SIMPLE = [
    ".x",
    ".y",
    ".foo",
    ".Foo",
    "#main",
    "#A",
    "[class]",
    "[data-a]",
    '[data-a="b c"]',
    "[class~=x]",
    '[class="x  y"]',
    "[rel=next]",
    "[rel~=next i]",
    "[type=checkbox]",
    "[type=TEXT s]",
    '[href$="b"]',
    "[title|=q]",
]
PLACES = [
    ":first-child",
    ":last-child",
    ":only-child",
    ":first-of-type",
    ":nth-child(2)",
    ":nth-last-child(odd)",
    ":nth-of-type(2n+1)",
    ":nth-last-of-type(-n + 2)",
    ":required",
    ":optional",
    ":empty",
    ":checked",
    ":root",
]


def random_selector(dice, depth=0):
    def compound():
        text = dice.choice(TYPES) if dice.random() < 0.7 else ""
        text += dice.choice(SIMPLE) if not text or dice.random() < 0.4 else ""
        text += dice.choice(PLACES) if dice.random() < 0.3 else ""
        if depth < 2 and dice.random() < 0.2:
            text += f":{dice.choice(['not', 'is', 'where', 'has'])}({random_selector(dice, depth + 1)})"
        return text

    def one():
        text = compound()
        for _ in range(dice.choice([0, 0, 1, 1, 2])):
            text += dice.choice([" ", " > ", " + ", " ~ ", ">"]) + compound()
        return text

    return ", ".join(one() for _ in range(dice.choice([1, 1, 2])))


def seen(document, nodes):
    return [
        (document.tag(n), document.attr(n, "class"), document.attr(n, "href"), tidy(document.text(n))[0]) for n in nodes
    ]


def compare(seed, rounds):
    from crawler.extract.soup import Soup

    dice = random.Random(seed)
    pairs = {name: (Soup(html), Lexbor(html.encode())) for name, html in NASTY.items()}
    tried = matched = 0
    for _ in range(rounds):
        css = random_selector(dice)
        if not fast(css):
            continue
        tried += 1
        for name, (soup, lexbor) in pairs.items():
            for scope in (None, "div", "ul", "td", "section"):
                left = None if scope is None else soup.first(None, scope)
                right = None if scope is None else lexbor.first(None, scope)
                if scope is not None and left is None:
                    continue
                expected = seen(soup, soup.select(left, css))
                assert seen(lexbor, lexbor.select(right, css)) == expected, (seed, name, scope, css)
                first = lexbor.first(right, css)
                assert ([] if first is None else seen(lexbor, [first])) == expected[:1], (seed, name, scope, css)
                matched += bool(expected)
    return tried, matched


def test_random_fast_selectors_find_the_same_elements_in_both_engines():
    tried, matched = compare(seed=7, rounds=1200)
    assert tried > 300
    assert matched > 300


@pytest.mark.long
def test_many_random_fast_selectors():
    for seed in range(100, 140):
        compare(seed, 3000)


@pytest.mark.parametrize("css", ["h1, a, h1", "a, .x", ".x, p, a"])
def test_groups_give_each_element_once_in_document_order(css):
    from crawler.extract.soup import Soup

    soup, lexbor = Soup(NASTY["mixed"]), Lexbor(NASTY["mixed"].encode())
    assert seen(lexbor, lexbor.select(None, css)) == seen(soup, soup.select(None, css))


@pytest.mark.parametrize(
    ("html", "engine", "expected"),
    [
        ("<p>x", "auto", "lexbor"),
        ("<div><i class=icon />x</div>", "auto", "bs4"),
        ("<div><br/><img src=x /></div>", "auto", "lexbor"),
        ("<p>a</br>b", "auto", "bs4"),
        ("<p>a<div>b</div></p>", "auto", "bs4"),
        ("<p></p><p>a</p>", "auto", "lexbor"),
        ("<svg><a xlink:href=x>y</a></svg>", "auto", "lexbor"),
        ("<svg><a xlink:href=x>y</a></svg>", "auto-strict", "bs4"),
        ("<picture><source srcset=a><img src=b></picture>", "auto-strict", "bs4"),
        ("<p>x", "auto-strict", "lexbor"),
        ("<p>x", "bs4", "bs4"),
        ("<i />x", "lexbor", "lexbor"),
    ],
)
def test_pages_that_the_engines_read_differently_go_to_beautifulsoup(html, engine, expected):
    assert PageView("http://a/", html).document(engine).name == expected
