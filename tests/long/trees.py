"""What selectors find on real pages, against a second reader of HTML: `python -m tests.long.trees FOLDER...`

The referee is html5lib, which builds the tree of the HTML standard in Python, with soupsieve for the selectors. It is
needed for this command only: `python -m pip install html5lib`, best in an environment of its own. Each page (`*.html`
and `*.htm`, at any depth) is read by `auto`, by `bs4` and by the referee. Compared are the elements that each of
SELECTORS finds, by their place, attributes and text, and the texts that a field takes from them.

A line of the table is a selector: pages on which it finds something, elements, and pages on which our engines find
something else than the referee. Then comes each page with a difference, the first of each, and how the trees differ.

html5lib is older than today's standard in two places: it takes the content of a `template` for part of the page, and
drops elements inside of an `option`. lexbor in turn drops `<?php ... ?>`, where html5lib makes a comment. So the exit
code is 1 only where something else is found in the same tree. One such difference is soupsieve's: on a page without a
doctype no browser heeds the case of classes and ids, and it does. A page takes a second of CPU time.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from bs4 import BeautifulSoup, Comment, FeatureNotFound, Tag
from bs4.element import PreformattedString

from crawler.errors import ExtractError
from crawler.extract.engine import Document
from crawler.extract.fields import raised
from crawler.extract.page import open_page
from crawler.extract.parser import Parser
from crawler.extract.rules import FieldRule, PageRule, Recipe, TableRule
from crawler.extract.soup import Xml, hook_soup
from crawler.extract.text import collapse_whitespace
from crawler.model import Failure, Response

SELECTORS = (
    # as a browser's inspector writes them
    "body > div:nth-child(2) > div:nth-child(1) > a",
    "body > table > tbody > tr > td:nth-child(1)",
    "#content > div > h1",
    "#main > div:nth-child(1) > p:nth-child(2)",
    "html > head > title",
    "div > p:first-child",
    # tables
    "table tbody tr td:nth-of-type(2)",
    "table > tr",
    "table tr:not(:first-child) td:first-child",
    "tr:nth-child(even) > td:last-child",
    "td[align=right], td[align=center]",
    "th + td",
    "table table td > a",
    "td > font > b",
    # lists and pagers
    "ul.pager > li.next a",
    "a[href*=page]",
    "a[rel=next], link[rel=next]",
    ".pagination a:last-child",
    "li:nth-child(2n+1)",
    "li:nth-last-child(-n+2) > a",
    "ul > li:first-of-type ~ li",
    "li.active + li > a",
    "ul:not([class]) > li",
    "ol li, ul li",
    "dl > dt + dd",
    # text of a page
    "h1, h2",
    "h1 + p, h2 + p, h3 + p",
    "article p, .post p, .entry-content > p",
    ".price",
    "[class*=price]",
    "p:not([class]):not([id])",
    "blockquote > p:only-of-type",
    "p:last-of-type > a:only-child",
    "p > b:first-child, p > strong:first-child",
    "em, i, b, strong",
    "font",
    "center > table",
    "p p",
    "a a",
    "form table input",
    # attributes
    'meta[property="og:title"]',
    "meta[name=description i]",
    'meta[http-equiv="content-type"]',
    "a[href^='http']:not([href*='#'])",
    'img[src$=".jpg" i]',
    "a[title]",
    "[href]",
    "input[type=hidden]",
    '[itemprop="name"], [itemtype$="Person" i]',
    "[data-id], [id|=post]",
    "[style*=none]",
    "a[target=_BLANK]",
    # what CSS 4 adds
    "div:has(> h2) > p",
    "li:has(a > img)",
    ":is(h1, h2, h3) a",
    ":where(nav, .nav, #nav) a",
    "div:not(:has(div)):not(:has(p))",
    "section :not(p, a, div)",
    "li:nth-child(1 of [class])",
    # what lexbor does not know, or does by halves
    "p:empty, td:empty",
    "option:checked, input:checked",
    "a:link",
    "input:disabled, input:enabled",
    'a:-soup-contains("Next")',
    ":root > body > :not(script, style, div)",
    # what is read by rules of its own
    "noscript img",
    "template *",
    "svg *",
    "svg title, svg > path",
    "select > option:nth-child(2)",
    "button, textarea, iframe",
    "script[type='application/ld+json']",
    "header nav ul li a, footer a",
)

SAID_OTHERWISE = {"li:has(a > img)": "li:has(:is(a > img))"}
"""What soupsieve does not take, and what says the same."""
Element = tuple[str, tuple[tuple[str, str], ...], str]


class Referee(Xml):
    """A page as html5lib reads it, asked as our own documents are."""

    def __init__(self, text: str) -> None:
        self._tree = BeautifulSoup(text, "html5lib", multi_valued_attributes=None)

    @property
    def soup(self) -> BeautifulSoup:
        """The tree."""
        return self._tree

    def select(self, scope: Tag | None, css: str) -> list[Tag]:
        """See Document; soupsieve takes an element with white space for empty, no browser does."""
        found = super().select(scope, css)
        if ":empty" in css:
            found = [tag for tag in found if all(isinstance(child, Comment) for child in tag.contents)]
        return found


class Difference(NamedTuple):
    """What one of our engines finds otherwise.

    Attributes:
        where: `auto`, `bs4`, or `field` for the texts of a field.
        tree: the first difference of the trees; "" where they are equal.
    """

    css: str
    where: str
    ours: str
    theirs: str
    tree: str


class Result(NamedTuple):
    """A page: why it was not read, the differences of trees, elements that each selector finds, and differences."""

    page: str
    failure: str = ""
    tree: str = ""
    found: tuple[int, ...] = ()
    differences: tuple[Difference, ...] = ()


def elements(document: Document, css: str) -> list[Element]:
    """What a selector finds: the names of each element and those around it, its attributes, and its text."""
    found = []
    for node in document.select(None, css):
        path = "/".join(tag.lower() for _, _, tag, _ in document.around(node))
        names = sorted(document.attributes(node))
        attributes = tuple((name, document.attr(node, name) or "") for name in names)
        found.append((path, attributes, collapse_whitespace(raised(document.text(node)))[0]))
    return found


def lines(soup: BeautifulSoup) -> Iterator[str]:
    """A tree, a line for each element, text and comment; what stands behind `</body>` is where a browser has it."""
    stack: list[tuple[int, Any]] = [(0, child) for child in reversed(soup.contents)]
    text, at = "", 0
    while stack:
        depth, node = stack.pop()
        if not isinstance(node, Tag) and not isinstance(node, PreformattedString):
            text, at = text + str(node), depth
            continue
        if text:
            yield f"{at} {text!r}"
            text = ""
        if isinstance(node, Tag):
            attributes = sorted((str(name), _joined(value)) for name, value in node.attrs.items())
            yield f"{depth} <{node.name}> {attributes}"
            stack += [(depth + 1, child) for child in reversed(node.contents)]
        elif isinstance(node, Comment):
            yield f"{depth} <!--{node}-->"
    if text:
        yield f"{at} {text!r}"


def _joined(value: str | list[str]) -> str:
    """The value of an attribute; of several words, each with one space after it, as of `class`."""
    return " ".join(value.split() if isinstance(value, str) else value)


def compare(path: Path) -> Result:
    """Read one page three times."""
    warnings.simplefilter("ignore")
    response = Response("http://site.test/", 200, {"content-type": "text/html"}, path.read_bytes())
    try:
        page, bs4 = open_page(response), open_page(response, engine="bs4")
        ours = {"auto": page.document, "bs4": bs4.document}
    except ExtractError as error:
        return Result(str(path), f"{error.code}: {error.detail}")
    if page.xml:
        return Result(str(path), "it is XML")
    referee = Referee(page.text)
    pairs = zip_longest(lines(hook_soup(page.document.root())), lines(referee.soup), fillvalue="nothing")
    tree = next((_shown(one, other) for one, other in pairs if one != other), "")
    fields = _fields(response)
    counts, differences = [], []
    for number, css in enumerate(SELECTORS):
        theirs = elements(referee, SAID_OTHERWISE.get(css, css))
        counts.append(len(theirs))
        for where, document in ours.items():
            found = elements(document, css)
            if found != theirs:
                differences.append(Difference(css, where, *_first(found, theirs), tree))
        texts = [text for _, _, text in theirs if text]
        if fields[number] != texts:
            differences.append(Difference(css, "field", *_first(fields[number], texts), tree))
    return Result(str(path), "", tree, tuple(counts), tuple(differences))


def _fields(response: Response) -> list[list[str]]:
    """What a field for each selector takes from the page."""
    rules = tuple(FieldRule(str(number), css, all=True) for number, css in enumerate(SELECTORS))
    outcome = Parser(Recipe({"page": PageRule("page", (TableRule("t", rules),))}))("page", response)
    if isinstance(outcome, Failure):
        return [[] if outcome.code == "no-match" else [outcome.detail]] * len(SELECTORS)
    values = outcome.records[0].values
    return [[str(text) for text in values[str(number)] or ()] for number in range(len(SELECTORS))]


def _first(ours: list[Any], theirs: list[Any]) -> tuple[str, str]:
    pairs = zip_longest(ours, theirs, fillvalue="nothing")
    one, other = next((one, other) for one, other in pairs if one != other)
    return f"{len(ours)}: {str(one)[:300]}", f"{len(theirs)}: {str(other)[:300]}"


def _shown(one: str, other: str) -> str:
    return f"{one[:200]} | {other[:200]}"


def main(folders: list[str]) -> int:
    """Print the tables; return the exit code."""
    try:
        BeautifulSoup("", "html5lib")
    except FeatureNotFound:
        print("html5lib is missing; install it with: python -m pip install html5lib", file=sys.stderr)
        return 2
    pages = sorted(path for name in folders for path in Path(name).rglob("*.htm*") if path.is_file())
    if not pages:
        print("no pages: name folders that hold *.html", file=sys.stderr)
        return 2
    results = []
    with ProcessPoolExecutor() as pool:
        for result in pool.map(compare, pages):
            results.append(result)
            if len(results) % 100 == 0:
                print(f"{len(results)} of {len(pages)} pages", file=sys.stderr)
    return _report(results)


def _report(results: list[Result]) -> int:
    read = [result for result in results if not result.failure]
    print(f"{len(results)} pages, {len(read)} read; {sum(not r.tree for r in read)} with the same tree\n")
    print(f"{'selector':60} {'pages':>6} {'found':>7} {'auto':>5} {'bs4':>5} {'field':>5}")
    for number, css in enumerate(SELECTORS):
        found = [result.found[number] for result in read]
        other = Counter(each.where for result in read for each in result.differences if each.css == css)
        cells = [sum(map(bool, found)), sum(found), other["auto"], other["bs4"], other["field"]]
        print(f"{css[:60]:60} {cells[0]:6} {cells[1]:7} {cells[2]:5} {cells[3]:5} {cells[4]:5}")
    for result in results:
        if result.failure:
            print(f"\n{result.page}\n  not read: {result.failure}")
        elif result.tree or result.differences:
            print(f"\n{result.page}\n  tree: {result.tree or 'the same'}")
            for each in result.differences:
                print(f"  {each.css}  {each.where}\n    ours     {each.ours}\n    referee  {each.theirs}")
    return 1 if any(not each.tree for result in read for each in result.differences) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
