"""report.md: the same order and the same figures as the page."""

from dataclasses import replace
from itertools import pairwise

from crawler.compare.outcome import Where
from crawler.compare.reports.markdown import as_markdown
from crawler.trace.read import STATES
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
    other = replace(SLOW, runs=[replace(run, bytes=2_000_000) for run in SLOW.runs])
    lines = as_markdown(comparison(other, FAST, NEAR)).splitlines()
    tables = [line for line in lines if line.startswith("|")]
    assert sum(line.startswith("| combination") for line in tables) == 3
    assert sum(line.startswith("| serial/1") for line in tables) == 3
    for first, second in pairwise(tables):
        if not second.startswith("| combination"):
            assert first.count("|") == second.count("|")


def test_what_holds_for_all_is_said_once():
    text = as_markdown(comparison(SLOW, FAST, NEAR))
    assert text.count("1,000,000") == 1
    assert "retries 1, bytes 1,000,000." in text
    assert text.count("| combination") == 2
    alone = as_markdown(comparison(FAST))
    assert "The same for all" not in alone
    assert "## Times the best" not in alone


def test_where_the_time_of_the_workers_went_is_a_table():
    one = replace(FAST, where=Where(dict.fromkeys(STATES, 0.0) | {"fetch": 0.754, "idle": 0.246}, "", "", ""))
    lines = as_markdown(comparison(SLOW, one)).splitlines()
    at = lines.index("| combination | fetching | idle |")
    assert lines[at + 2 : at + 4] == ["| threads/4 | 75 | 25 |", ""]


def test_there_is_no_mean_in_it():
    assert "mean " not in as_markdown(comparison(SLOW, FAST, NEAR))
