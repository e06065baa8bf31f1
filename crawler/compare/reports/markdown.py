"""report.md."""

from __future__ import annotations

from collections.abc import Sequence

from crawler.compare.outcome import Comparison, Entrant, Where
from crawler.compare.reports.figures import (
    COSTS,
    QUANTITIES,
    TIMES,
    Column,
    apart,
    bounded,
    figure,
    headline,
    how,
    in_words,
    labels,
    parsed_where,
    setting,
    standings,
    started,
)
from crawler.trace.read import STATES

__all__ = ["as_markdown"]

_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\|*_`<>[]"})


def as_markdown(found: Comparison) -> str:
    """The whole report: the verdict first, then what is wrong, then the rest."""
    first, *rest = (in_words(found, sentence) for sentence in found.verdict())
    lines = [f"# {_text(found.job)}: which strategy?", "", f"**{_text(first)}**", ""]
    lines += [f"- {_text(text)}" for text in rest] + [""] * bool(rest)
    if found.unranked:
        lines += ["## Not ranked", "", *(_unranked(found, one) for one in found.unranked), ""]
    if len(found.ranked) > 1:
        lines += ["## Times the best", "", *_standings(found), ""]
        about = bounded(found, "With 95 % confidence intervals; those of a column hold all at once.")
        lines += [about, ""] * bool(about)
    for note in found.notes:
        lines += [f"> {_text(in_words(found, note))}", ""]
    lines += _advice(found) + _where(found)
    if found.ranked:
        lines += ["## Figures", "", *_figures(found, TIMES), *_figures(found, COSTS)]
        lines += [how(found), "", _text(parsed_where(found)), ""]
    return "\n".join([*lines, "## Setting", "", *_setting(found), ""])


def _setting(found: Comparison) -> list[str]:
    pairs = {"site": found.site, "runs": found.runs_each, "baseline": in_words(found, found.baseline.name)}
    return [
        f"- {label}: {_text(value)}" for label, value in {**pairs, **setting(found), "started": started(found)}.items()
    ]


def _standings(found: Comparison) -> list[str]:
    rows = [["" if one is None else one.text for one in standings(found, each)] for each in found.ranked]
    return _table(found.ranked, found, [quantity.head for quantity in QUANTITIES], rows)


def _figures(found: Comparison, columns: tuple[Column, ...]) -> list[str]:
    known, alike = apart(found, columns)
    values = [[each.value(found, one) for each in known] for one in found.ranked]
    rows = [["" if value is None else figure(value) for value in row] for row in values]
    table = [*_table(found.ranked, found, [each.head for each in known], rows), ""] if known else []
    return [*table, *[alike, ""] * bool(alike)]


def _table(
    entrants: Sequence[Entrant], found: Comparison, heads: Sequence[str], rows: Sequence[Sequence[str]]
) -> list[str]:
    lines = ["| combination | " + " | ".join(heads) + " |", "|---|" + "---:|" * len(heads)]
    named = labels(found)
    for one, cells in zip(entrants, rows, strict=True):
        lines.append(f"| {_text(named[one.name])} | " + " | ".join(cells) + " |")
    return lines


def _unranked(found: Comparison, one: Entrant) -> str:
    example = f" First: {_text(one.difference.example)}" if one.difference else ""
    return f"- **{_text(headline(found, one))}**{example}"


def _advice(found: Comparison) -> list[str]:
    if found.advice is None:
        return []
    advice = found.advice
    lines = ["## What limits it", "", _text(in_words(found, advice.says)), ""]
    lines += [*(f"- {_text(in_words(found, text))}" for text in advice.sums), ""]
    lines += ["Use:", "", "```", f"crawler run ... {advice.flags}", "```", ""]
    if advice.others:
        lines += [f"As well: {', '.join(advice.others)}.", ""]
    return lines


def _where(found: Comparison) -> list[str]:
    known = [(one, one.where) for one in found.ranked if one.where]
    if not known:
        return []
    states = [state for state in STATES if any(figure(_percent(where, state)) != "0" for _, where in known)]
    rows = [[figure(_percent(where, state)) for state in states] for _, where in known]
    table = _table([one for one, _ in known], found, [STATES[state] for state in states], rows)
    about = "Percent of their time, in the first run of each, which does not count; report.html draws it."
    return ["## What the workers did", "", *table, "", about, ""]


def _percent(where: Where, state: str) -> float:
    """Whole, as in the sentence."""
    return round(100 * where.shares[state])


def _text(text: str) -> str:
    return " ".join(text.split()).translate(_SPECIAL)
