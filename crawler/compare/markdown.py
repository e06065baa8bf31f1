"""report.md, and the columns that every report shares."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from crawler.compare.outcome import Comparison, Entrant

__all__ = ["COLUMNS", "NOTE", "Column", "as_markdown", "figure"]


def figure(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, never with an exponent; a whole one whole."""
    if not math.isfinite(value):
        return str(value)
    if float(value).is_integer():
        return f"{value:,.0f}"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}"


class Column(NamedTuple):
    """A column of the table of results: the value is a plain number, None where it is not known."""

    head: str
    value: Callable[[Comparison, Entrant], float | None]


def _median(what: str, scale: float = 1.0) -> Callable[[Comparison, Entrant], float | None]:
    def value(found: Comparison, one: Entrant) -> float | None:
        median = one.median(what)
        return None if median is None else median * scale

    return value


def _polite(found: Comparison, one: Entrant) -> float | None:
    return 100 * found.polite_share(one.runs[0]) if one.runs and found.gap else None


COLUMNS = (
    Column("pages/s", Comparison.speed),
    Column("times slower", lambda found, one: found.relative(one).ratio),
    Column("from", lambda found, one: found.relative(one).low),
    Column("to", lambda found, one: found.relative(one).high),
    Column("p50 ms", _median("p50", 1000)),
    Column("p95 ms", _median("p95", 1000)),
    Column("p99 ms", _median("p99", 1000)),
    Column("CPU ms/page", _median("cpu_a_page", 1000)),
    Column("memory MB", _median("memory", 1e-6)),
    Column("wall s", _median("wall")),
    Column("start-up s", _median("start_up")),
    Column("crawl s", _median("crawl")),
    Column("close s", _median("close")),
    Column("pages", _median("pages")),
    Column("failed", _median("failed")),
    Column("retries", _median("retries")),
    Column("bytes", _median("bytes")),
    Column("politeness %", _polite),
)


NOTE = (
    "Every run was a fresh process, the first of each did not count, and the combinations took turns. Speed is that of "
    "the crawl phase. Times slower is the ratio of the mean times, with its standard error. Two combinations differ "
    "where the Mann-Whitney test says so at 5 %. CPU is of all processes of a run, start-up and outputs included; "
    "memory is the highest sum of their proportional set sizes. Other columns are medians."
)
_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\|*_`<>[]"})


def as_markdown(found: Comparison) -> str:
    """The whole report."""
    lines = [f"# {_text(found.job)}: which strategy?", "", *_setting(found), ""]
    first, *rest = found.verdict()
    lines += [f"**{_text(first)}**", "", *(f"- {_text(text)}" for text in rest), ""]
    lines += [f"> {_text(note)}" for note in found.notes] + [""] * bool(found.notes)
    if found.ranked:
        lines += ["## Figures", "", *_table(found), "", NOTE, ""]
    if found.unranked:
        lines += ["## Not ranked", "", *map(_unranked, found.unranked), ""]
    return "\n".join([*lines, *_advice(found)])


def _setting(found: Comparison) -> list[str]:
    pairs = {"site": found.site, "runs": found.runs_each, "baseline": found.baseline.name, **found.setting}
    return [f"- {label}: {_text(value)}" for label, value in {**pairs, "started": found.started}.items()]


def _table(found: Comparison) -> list[str]:
    columns = [each for each in COLUMNS if any(each.value(found, one) is not None for one in found.ranked)]
    lines = ["| combination | " + " | ".join(each.head for each in columns) + " |"]
    lines.append("|---|" + "---:|" * len(columns))
    for one in found.ranked:
        values = [each.value(found, one) for each in columns]
        cells = ["" if value is None else figure(value) for value in values]
        name = f"**{_text(one.name)}**" if one.name in found.leaders else _text(one.name)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _unranked(one: Entrant) -> str:
    example = f" First: {_text(one.difference.example)}" if one.difference else ""
    return f"- {_text(one.name)}: **{one.verdict}**, {_text(one.why)}.{example}"


def _advice(found: Comparison) -> list[str]:
    if found.advice is None:
        return []
    advice = found.advice
    lines = ["## What limits it", "", _text(advice.says), "", *(f"- {_text(text)}" for text in advice.sums), ""]
    lines += ["Use:", "", "```", f"crawler run ... {advice.flags}", "```", ""]
    if advice.others:
        lines += [f"As well: {', '.join(advice.others)}.", ""]
    return lines


def _text(text: str) -> str:
    return " ".join(text.split()).translate(_SPECIAL)
