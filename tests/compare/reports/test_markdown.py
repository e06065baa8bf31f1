"""report.md: the same order and the same figures as the page."""

from itertools import pairwise

from crawler.compare.reports.markdown import as_markdown
from tests.compare.test_outcome import FAST, NEAR, SLOW, comparison, entrant


def test_the_verdict_is_first_then_what_is_wrong_and_the_setting_last():
    wrong = entrant("asyncio", [0.1] * 5)
    wrong.verdict, wrong.why = "wrong", "it lacks 3 rows"
    text = as_markdown(comparison(SLOW, FAST, wrong, notes=["A note."]))
    parts = ["**threads/4", "## Not ranked", "asyncio/4 is wrong: it lacks 3 rows.", "## Times the best", "> A note."]
    order = [text.index(part) for part in [*parts, "## What limits it", "## Figures", "## Setting"]]
    assert order == sorted(order)
    assert "| asyncio" not in text


def test_tables_are_whole():
    lines = as_markdown(comparison(SLOW, FAST, NEAR)).splitlines()
    tables = [line for line in lines if line.startswith("|")]
    assert sum(line.startswith("| combination") for line in tables) == 3
    assert sum(line.startswith("| serial/1") for line in tables) == 3
    for first, second in pairwise(tables):
        if not second.startswith("| combination"):
            assert first.count("|") == second.count("|")


def test_there_is_no_mean_in_it():
    assert "mean " not in as_markdown(comparison(SLOW, FAST, NEAR))
