"""What `crawler compare` prints: the verdict first, in a window of any width."""

import pytest

from crawler.cli.compare_text import compare_text
from crawler.compare.records import Difference
from tests.compare.test_outcome import FAST, NEAR, SLOW, comparison, entrant


def text_of(found, monkeypatch, columns=80):
    monkeypatch.setenv("COLUMNS", str(columns))
    return "\n".join(compare_text(found))


def test_the_verdict_is_first_then_what_is_wrong(monkeypatch):
    wrong = entrant("asyncio", [0.1] * 5)
    wrong.verdict, wrong.why, wrong.difference = "wrong", "it lacks 3 rows", Difference(1, example="missing: Book 7")
    text = text_of(comparison(SLOW, FAST, wrong, notes=["A note."]), monkeypatch)
    assert text.startswith("threads/4")
    order = [text.index(part) for part in ("asyncio/4 is wrong: it lacks 3 rows.", "pages/s", "A note.", "What limits")]
    assert order == sorted(order)
    assert text.count("asyncio/4") == 1


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_it_fits_and_drops_columns_before_it_cuts_names(columns, monkeypatch):
    long = entrant("processes-asyncio", [1.5, 1.51, 1.52, 1.53, 1.54], 128)
    text = text_of(comparison(FAST, SLOW, NEAR, long), monkeypatch, columns)
    assert max(map(len, text.splitlines())) <= columns
    assert "processes-asyncio/128 " in text
    assert "..." not in text


def test_at_80_columns_the_three_intervals_are_there(monkeypatch):
    row = next(line for line in text_of(comparison(FAST, SLOW), monkeypatch).splitlines() if "serial/1  " in line)
    assert row.count("(") == 3


def test_marks_are_explained_where_they_are_used(monkeypatch):
    assert "? not told apart" in text_of(comparison(FAST, entrant("queue", [1.0, 1.4, 0.8])), monkeypatch)
    assert "? not told apart" not in text_of(comparison(FAST, SLOW), monkeypatch)


def test_unknown_cpu_leaves_its_column_out(monkeypatch):
    one = entrant("threads", [1.0, 1.1])
    one.runs = [type(run)(**{name: getattr(run, name) for name in run.__slots__} | {"cpu": None}) for run in one.runs]
    head = next(line for line in text_of(comparison(one), monkeypatch).splitlines() if "pages/s" in line)
    assert "CPU" not in head
    assert "crawl" in head
