"""Answers made to cost time or memory: each has a named outcome, within the deadline, and within 100 MB."""

import json
import re
import subprocess
import sys

import pytest
from lxml import etree

from crawler.extract.parser import Parser
from crawler.extract.xpath import guarded
from crawler.model import Page, Response
from tests.support.hostile import CASES, DEADLINE, recipe_of
from tests.support.jobs import ROOT

MORE = 100_000_000
ALLOWED = 300_000_000
"""Of an answer as large as `limits.page_bytes` that is nothing but the shortest rows."""
SOON = 5.5
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the memory at the peak")


def measured(*options: str) -> dict[str, dict]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.hostile", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=len(CASES) * DEADLINE,
        check=True,
    )
    return {found["name"]: found for found in map(json.loads, done.stdout.splitlines())}


QUICK = list(CASES)[::5]
"""Of all cases; each costs a process of its own, and all of them half a minute, in the long tests."""


@pytest.fixture(scope="module")
def quick():
    return measured(*QUICK)


@pytest.fixture(scope="module")
def small():
    return measured()


@pytest.fixture(scope="module")
def large():
    return measured("--large")


@needs_linux
@pytest.mark.parametrize("name", QUICK)
def test_an_evil_answer_has_a_named_outcome_soon_and_takes_little_memory(name, quick):
    is_bounded(name, quick[name])


@needs_linux
@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_every_evil_answer(name, small):
    is_bounded(name, small[name])


def is_bounded(name, found):
    assert found["outcome"] == CASES[name].outcome, found
    assert found["seconds"] < SOON, found
    assert found["peak"] < MORE, found


@needs_linux
@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_a_large_evil_answer_too(name, large):
    found = large[name]
    assert re.fullmatch(r"page|[a-z-]+", found["outcome"]), found
    assert found["outcome"] not in ("parse-error", "ended"), found
    assert found["seconds"] < 30 + SOON, found
    assert found["peak"] < ALLOWED, found


def parse(rules, body, kind):
    recipe, name = recipe_of(rules)
    return Parser(recipe)(name, Response("http://h.test/", 200, {"content-type": kind}, body))


def test_each_table_and_each_link_of_a_sheet_is_read():
    rules = "{format: csv, tables: {a: {fields: {x: Name}}, b: {fields: {y: Price}}}, follow: [{column: Url, to: p}]}"
    found = parse(rules, b"Name,Price,Url\na,1,/x\nb,2,/y\n", "text/csv")
    assert isinstance(found, Page)
    assert [dict(record.values) for record in found.records] == [{"x": "a"}, {"x": "b"}, {"y": "1"}, {"y": "2"}]
    assert [link.url for link in found.links] == ["http://h.test/x", "http://h.test/y"]


PATHS = [
    "//p[b]/following::b[1]",
    "//p[@class='c']//b[last()]",
    "//li[count(preceding-sibling::li)>1]",
    "//div//following::p/preceding::b[2]",
    "//p/ancestor::div[p]",
    "//a[contains(., '//x[')]|//p[.//b]//b",
    "//p/descendant-or-self::*/@class",
    "//*[name()='p'][position()<3]//b",
    "//p[//b]//.",
    "//div//..",
    "//div//child::p[1]",
    "//p//@class",
    "//p [1] //b [ 1 ]",
    "//p[string-length(.)>1][2]/following-sibling::p[1]",
    "count(//p//b) + count(//li)",
    "//processing-instruction('x')//a",
    "//p[b and //li]//node()",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_look_at_the_clock_changes_nothing_that_an_xpath_finds(path):
    page = etree.HTML("<div><p>a<b>x</b><p class=c>b<b>y</b><b>z</b></p><ul><li>1<li>2<li>3</ul><p>tail</p></div>" * 3)
    watched = etree.XPath(guarded(path), smart_strings=False, extensions={(None, "look-at-clock"): lambda _: True})
    assert watched(page) == etree.XPath(path, smart_strings=False)(page)


@pytest.mark.parametrize(
    "path", ["//p[count(../p) > 1]", "//p[count(following::p) > 1]", "//p/following::p/preceding::p"]
)
def test_the_clock_is_looked_at_in_an_xpath_of_many_passes(path):
    assert "[look-at-clock()]" in guarded(path)


@pytest.mark.parametrize("path", ["//p", "//p[1]", "p/b", "string(.)", "//p[last()]", ".//b"])
def test_an_xpath_of_one_pass_is_left_as_it_is(path):
    assert guarded(path) == path
