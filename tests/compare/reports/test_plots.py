"""Plots: well-formed, inside their frame on a screen and on a phone, with a dot for each run."""

import xml.etree.ElementTree as ET

import pytest

from crawler.compare.reports.palette import look
from crawler.compare.reports.plots import Dots, Line, Point, Range, Ratios, Runs, dots, lines, ranges, ratios
from crawler.compare.reports.svg import Bar, apart, bars, ticks
from crawler.compare.significance import Pair

LETTER = 7.0  # pixels: the mean width of a letter at 12.5 pixels
NAMES = ["processes-asyncio/128 (parsed in the callback)", "a <&>", *(f"series {n}" for n in range(28))]
PAIR = Pair(12.0, 11.0, 13.0, "slower")
PLOTS = {
    "dots": lambda width: dots(
        [Dots(name, Runs([10, 11, 400], [8], [5]), 100 + n, (90, 10_000), look(n)) for n, name in enumerate(NAMES)],
        "t", "pages/s", width,
    ),
    "ratios": lambda width: ratios(
        [Ratios(name, [PAIR, None, Pair(1.0, 0.0, float("inf"), "open")]) for name in NAMES],
        "t", ["crawl", "whole run with its start", "CPU a page"], [look(n) for n in range(3)], width,
    ),
    "lines": lambda width: lines(
        [
            Line(name, {x: Point(x + n, Runs([x * n, x * n + 2]), (x * n, x * n + 9)) for x in (1, 4, 128)}, look(n))
            for n, name in enumerate(["processes-asyncio (parsed in the callback)", *NAMES[1:]])
        ],
        "t", "requests in flight at most", "pages/s", width,
    ),
    "one width": lambda width: lines([Line("a", {4: Point(1.0, Runs([1.0]), None)}, look(0))], "t", "x", "y", width),
    "ranges": lambda width: ranges(
        [Range(name, [1, 2, 3, 4, 5, 600], look(n)) for n, name in enumerate(NAMES)], "t", "ms", width
    ),
    "bars": lambda width: bars(
        [Bar(name, [1, 2, 300.0], 302) for name in NAMES], "t", "s", width, ["crawl", "start-up", "close"]
    ),
}  # fmt: skip


@pytest.mark.parametrize("width", [340, 940])
@pytest.mark.parametrize("kind", PLOTS)
def test_plots_are_well_formed_and_inside_their_frame(kind, width):
    root = ET.fromstring(PLOTS[kind](width))
    wide, height = map(float, root.attrib["viewBox"].split()[2:])
    assert wide == width
    for each in root.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= float(each.attrib.get(name, 0)) <= width, ET.tostring(each)
        for name in ("y", "y1", "y2", "cy"):
            assert 0 <= float(each.attrib.get(name, 0)) <= height, ET.tostring(each)
        if each.tag == "text":
            length, x = LETTER * len(each.text), float(each.attrib["x"])
            start = x - length * {"start": 0, "middle": 0.5, "end": 1}[each.attrib["text-anchor"]]
            assert start >= -3, each.text
            assert start + length <= width + 3, each.text


def marks(drawing, css):
    return [each for each in ET.fromstring(drawing).iter() if css in each.attrib.get("class", "").split()]


def test_each_run_is_a_dot_and_those_set_aside_are_hollow():
    drawn = dots([Dots("a", Runs([1, 2, 3], [], [4, 5]), 2, (1.5, 2.5), look(0))], "t", "pages/s", 940)
    assert len(marks(drawn, "run")) == 3
    assert len(marks(drawn, "hollow")) == 2
    assert all(each.find("title").text.endswith("set aside") for each in marks(drawn, "hollow"))


def test_an_outlier_has_a_ring_beside_other_numbers_of_workers_too():
    points = {1: Point(3, Runs([3, 3.1]), None), 4: Point(9, Runs([9, 9.1], [2], [5]), None)}
    drawn = lines([Line("a", points, look(0))], "t", "x", "y", 940)
    assert len(marks(drawn, "run")) == 4
    (ring,), (dot,), (hollow,) = (marks(drawn, css) for css in ("ring", "outlier", "hollow"))
    assert (ring.attrib["cx"], ring.attrib["cy"]) == (dot.attrib["cx"], dot.attrib["cy"])
    assert dot.find("title").text == "a, 4 workers: 2, outlier"
    assert hollow.find("title").text == "a, 4 workers: 5, set aside"


def test_each_line_is_named_at_its_end_or_by_a_number_below():
    series = [
        Line(name, {1: Point(1, Runs([1]), None), 4: Point(9, Runs([9]), None)}, look(n)) for n, name in enumerate("ab")
    ]
    wide = [each.text for each in ET.fromstring(lines(series, "t", "x", "y", 940)).iter("text")]
    assert {"a", "b"} <= set(wide)
    narrow = [each.text for each in ET.fromstring(lines(series, "t", "x", "y", 340)).iter("text")]
    assert {"1", "2", "1 a", "2 b"} <= set(narrow)


def test_an_unknown_ratio_is_left_out():
    drawn = ratios([Ratios("a", [PAIR, None])], "t", ["crawl", "CPU"], [look(0), look(1)], 940)
    assert len(marks(drawn, "mark")) == 1 + 2  # and the two of the legend


@pytest.mark.parametrize("most", [0.0, 1e-9, 0.3, 1, 7, 99.5, 12345])
def test_ticks_reach_the_largest_value(most):
    found = ticks(most)
    assert found[0] == 0
    assert found[-1] >= most
    assert len(found) <= 7


def test_labels_keep_apart():
    found = apart({"a": 100.0, "b": 101.0, "c": 102.0}, 15.0, 110.0)
    assert list(found) == ["a", "b", "c"]
    assert found["c"] <= 110
    assert found["b"] - found["a"] >= 15 <= found["c"] - found["b"]


def test_values_that_are_all_nothing_can_be_drawn():
    for drawn in (
        dots([Dots("a", Runs([0.0]), 0.0, None, look(0))], "t", "MB", 940),
        ranges([Range("a", [0.0] * 6, look(0))], "t", "ms", 940),
    ):
        ET.fromstring(drawn)
