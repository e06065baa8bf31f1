import pytest

from crawler.cli.terminal import Cell, aligned, cut, wrapped
from crawler.text_width import columns

HEADS = ("", "field", "value")
ROWS = [["", "title", "A Light in the Attic"], [Cell("!", "red"), "price", "nothing found"]]


def test_columns_are_aligned():
    assert aligned(HEADS, ROWS, 80, indent=0) == [
        "   field  value",
        "   title  A Light in the Attic",
        "!  price  nothing found",
    ]


def test_columns_without_text_are_left_out():
    assert aligned(("", "a", "b"), [["", "1", ""]], 80) == ["  a", "  1"]


def test_wide_characters_take_two_columns():
    lines = aligned(("a", "b"), [["東京", "x"], ["abcd", "y"]], 80, indent=0)
    assert lines[1:] == ["東京  x", "abcd  y"]


@pytest.mark.parametrize("width", [30, 50, 79])
def test_no_line_is_longer_than_the_window(width):
    rows = [["x" * 40, "東京" * 30, "short"], ["a", "b", "c" * 100]]
    assert max(columns(line) for line in aligned(("one", "two", "three"), rows, width)) <= width


def test_the_widest_column_is_cut_and_the_others_are_whole():
    line = aligned(("a", "b"), [["short", "w" * 50]], 40, indent=0)[1]
    assert line == "short  " + "w" * 30 + "..."


def test_fault_197_below_one_another_where_columns_do_not_fit():
    assert aligned(HEADS, ROWS, 12, indent=0) == [
        "field: title",
        "  value: A Light in the\n    Attic",
        "! field: price",
        "  value: nothing found",
    ]


def test_hostile_text_stays_on_its_line():
    assert aligned(("a",), [["x\ny\x1b[2Jz"]], 80, indent=0)[1] == "x y [2Jz"


def test_cut():
    assert (cut("abcdef", 6), cut("abcdef", 5), cut("abcdef", 2)) == ("abcdef", "ab...", "..")


def test_wrapped_keeps_paths_whole():
    assert wrapped("see /a/very-long-path/that/does/not/fit now", 20, "  ") == (
        "see\n  /a/very-long-path/that/does/not/fit\n  now"
    )
