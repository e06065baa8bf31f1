"""What every report of a comparison says in the same words and digits: labels, figures, verdicts, columns."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from crawler.compare.outcome import Comparison, Entrant
from crawler.compare.significance import Pair
from crawler.compare.task import Combination
from crawler.trace.timeline import PARSED

__all__ = [
    "COSTS",
    "OUTCOMES",
    "QUANTITIES",
    "TIMES",
    "Column",
    "Quantity",
    "Standing",
    "apart",
    "bounded",
    "bounds",
    "columns_of",
    "family",
    "figure",
    "headline",
    "how",
    "in_words",
    "interval",
    "labels",
    "parsed_where",
    "ratio",
    "setting",
    "speed_interval",
    "standings",
    "started",
    "typical",
]

PLACES = {
    "worker": "in the worker that fetched it",
    "callback": "in the callback of the fetch, in the main process",
    "pool": "in a second pool, of processes",
    "barrier": "when all pages in flight have come, one after another",
}
"""For each parse stage what it means."""


def figure(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, never with an exponent; integers without decimals."""
    if not math.isfinite(value):
        return str(value)
    if float(value).is_integer():
        return f"{value:,.0f}"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}"


def ratio(value: float) -> str:
    """How many times: with two decimals below 10, one below 100, so that 1.00 and 1.03 differ."""
    if not math.isfinite(value):
        return "any"
    return f"{value:,.{2 if value < 9.995 else 1 if value < 99.95 else 0}f}"


NO_BOUND = 10.0
"""How many times the ratio a bound may be before it says nothing, where two are not told apart."""


def bounds(pair: Pair) -> tuple[float, float] | None:
    """The confidence interval; None where the runs are so few that it says nothing."""
    says_nothing = pair.outcome == "open" and pair.high > NO_BOUND * pair.ratio
    return None if says_nothing or not 0 < pair.low <= pair.high < math.inf else (pair.low, pair.high)


def interval(pair: Pair, dash: str = " to ") -> str:
    """`6.10 (5.81 to 6.40)`, with the bounds where there are any."""
    found = bounds(pair)
    return f"{ratio(pair.ratio)} ({dash.join(map(ratio, found))})" if found else ratio(pair.ratio)


# ---- names


def labels(found: Comparison) -> dict[str, str]:
    """For each name of a combination what a reader sees: `threads/16`, and where it parses where that is compared."""
    return _labels([one.combination for one in found.entrants])


def _labels(combinations: Sequence[Combination]) -> dict[str, str]:
    places: dict[str, set[str]] = {}
    for one in combinations:
        places.setdefault(one.strategy, set()).add(one.parse)
    return {one.name: _label(one, places) for one in combinations}


def _label(one: Combination, places: Mapping[str, set[str]]) -> str:
    more = one.name.removeprefix(f"{one.strategy}/{one.workers}/{one.parse}")  # what else tells it from others
    short = f"{one.strategy}/{one.workers}{more}"
    return f"{short} ({PARSED[one.parse]})" if len(places[one.strategy]) > 1 else short


_NAME = re.compile(rf"([\w.:-]+/\d+)/(?:{'|'.join(PLACES)})\b")


def in_words(found: Comparison, text: str) -> str:
    """A sentence with the labels in place of the names."""
    named = [found.baseline, *(one.combination for one in found.entrants)]
    if found.advice is not None and found.advice.combination is not None:
        named.append(found.advice.combination)
    for name, label in sorted(_labels(named).items(), key=lambda pair: -len(pair[0])):
        text = text.replace(name, label)
    return _NAME.sub(r"\1", text)  # of one that was measured for the advice alone


def family(found: Comparison, one: Entrant) -> str:
    """What combinations have in common that differ in their workers only: a series of a plot."""
    label = labels(found)[one.name]
    return label.replace(f"/{one.combination.workers}", "", 1)


def parsed_where(found: Comparison) -> str:
    """What the number of a label means, by the example of one, and where each strategy parses its pages."""
    by_place: dict[str, list[str]] = {}
    for one in found.entrants:
        names = by_place.setdefault(one.combination.parse, [])
        if one.combination.strategy not in names:
            names.append(one.combination.strategy)
    where = "; ".join(f"{PLACES[place]} ({', '.join(names)})" for place, names in by_place.items())
    widest = max((one.combination for one in found.entrants), key=lambda one: one.workers)
    at_most = f"{widest.workers} requests in flight at most" if widest.workers > 1 else "one request after another"
    return f"{widest.strategy}/{widest.workers} means {at_most}. A page is parsed {where}."


def setting(found: Comparison) -> dict[str, str]:
    """Label and value; the interpreter that compares is left out where each combination has one of its own."""
    own = {one.combination.python for one in found.entrants} - {""}
    return {label: value for label, value in found.setting.items() if not own or label not in _MINE}


_MINE = ("Python", "interpreter lock")


def started(found: Comparison) -> str:
    """`2026-11-29 23:58 UTC`."""
    try:
        return f"{datetime.fromisoformat(found.started).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return found.started


def headline(found: Comparison, one: Entrant) -> str:
    """Of one that is not ranked: `threads/16 is wrong: ` and the cause, which ends with a full stop."""
    verb = "failed" if one.verdict == "failed" else f"is {one.verdict}"
    return f"{labels(found)[one.name]} {verb}: {one.why.rstrip('.')}."


# ---- verdicts


class Quantity(NamedTuple):
    """A quantity that combinations are judged by."""

    what: str
    head: str
    short: str
    best: str
    unit: str


QUANTITIES = (
    Quantity("crawl", "crawl", "crawl", "fastest", "ms a page"),
    Quantity("whole", "whole run with its start", "whole run", "fastest", "ms a page"),
    Quantity("cpu", "CPU a page", "CPU", "least", "ms a page"),
)
OUTCOMES = {
    "slower": "",
    "faster": "",
    "equal": "equal",
    "open": "not told apart",
}


class Standing(NamedTuple):
    """How a combination stands in one quantity: beside the first, and in ms a page.

    Attributes:
        pair: beside the first in the order; None for the first itself.
        is_best: it is told apart from all others.
        is_alone: there are no others.
    """

    quantity: Quantity
    milliseconds: float
    pair: Pair | None
    is_best: bool
    is_alone: bool

    @property
    def text(self) -> str:
        """`fastest: 4.59 ms a page`, or `6.10 (5.81 to 6.40)` times that, with a word where they are no different."""
        if self.pair is None:
            return f"{self.word}: {figure(self.milliseconds)} {self.quantity.unit}".removeprefix(": ")
        word = OUTCOMES[self.pair.outcome]
        return f"{interval(self.pair)}{', ' if word else ''}{word}"

    @property
    def word(self) -> str:
        """What the first is: only one that is told apart from all others is called the fastest."""
        return "" if self.is_alone else self.quantity.best if self.is_best else "first"


def standings(found: Comparison, one: Entrant) -> list[Standing | None]:
    """For each of QUANTITIES."""
    made: list[Standing | None] = []
    for quantity in QUANTITIES:
        judgement = found.judgement(quantity.what)
        if one.name not in judgement.typical:
            made.append(None)
            continue
        pair = judgement.pairs.get((one.name, judgement.order[0]))
        is_alone = len(judgement.order) == 1
        is_best = judgement.leaders == (one.name,) and not is_alone
        made.append(Standing(quantity, 1000 * judgement.typical[one.name], pair, is_best, is_alone))
    return made


def bounded(found: Comparison, text: str) -> str:
    """A text about intervals, where there is one that says something; "" after so few rounds that there is none."""
    every = [standing.pair for one in found.ranked for standing in standings(found, one) if standing and standing.pair]
    return text if any(map(bounds, every)) else ""


def speed_interval(found: Comparison, one: Entrant) -> tuple[float, float] | None:
    """Pages a second that are as far from the first as its interval reaches; None for the first, and for few runs.

    All these intervals hold at once. They are narrower than the runs are spread where rounds were slow as a whole.
    """
    judgement = found.judgement("crawl")
    pair = judgement.pairs.get((one.name, judgement.order[0]))
    reach = bounds(pair) if pair else None
    if reach is None:
        return None
    best = 1 / judgement.typical[judgement.order[0]]
    return best / reach[1], best / reach[0]


# ---- columns


class Column(NamedTuple):
    """A column of a table of figures: the value is a plain number, None where it is not known."""

    head: str
    value: Callable[[Comparison, Entrant], float | None]


def _median(what: str, scale: float = 1.0) -> Callable[[Comparison, Entrant], float | None]:
    def value(found: Comparison, one: Entrant) -> float | None:
        median = one.median(what)
        return None if median is None else median * scale

    return value


def typical(found: Comparison, one: Entrant, what: str) -> float | None:
    """Seconds a page in a typical round, by which combinations are judged; None where it is not known."""
    return found.judgement(what).typical.get(one.name)


def _typical(what: str, scale: float = 1.0, *, a_page: bool = False) -> Callable[[Comparison, Entrant], float | None]:
    """In a typical round, of the whole run or of a page: the figure of the verdict, and not a second one beside it."""

    def value(found: Comparison, one: Entrant) -> float | None:
        seconds = typical(found, one, what)
        return None if seconds is None else seconds * scale * (1 if a_page else one.median("pages") or 1)

    return value


def _bound(place: int) -> Callable[[Comparison, Entrant], float | None]:
    def value(found: Comparison, one: Entrant) -> float | None:
        bounds = speed_interval(found, one)
        return None if bounds is None else bounds[place]

    return value


def _polite(found: Comparison, one: Entrant) -> float | None:
    return 100 * found.polite_share(one.runs[0]) if one.runs and found.gap else None


TIMES = (
    Column("pages/s", Comparison.speed),
    Column("from", _bound(0)),
    Column("to", _bound(1)),
    Column("crawl s", _typical("crawl")),
    Column("start-up s", _median("start_up")),
    Column("close s", _median("close")),
    Column("whole run s", _typical("whole")),
    Column("CPU ms/page", _typical("cpu", 1000, a_page=True)),
    Column("memory MB", _median("memory", 1e-6)),
)
COSTS = (
    Column("latency p50 ms", _median("p50", 1000)),
    Column("p95 ms", _median("p95", 1000)),
    Column("p99 ms", _median("p99", 1000)),
    Column("politeness %", _polite),
    Column("pages", _median("pages")),
    Column("requests", _median("requests")),
    Column("failed", _median("failed")),
    Column("retries", _median("retries")),
    Column("bytes", _median("bytes")),
)


def columns_of(found: Comparison, columns: tuple[Column, ...]) -> list[Column]:
    """Those of which something is known."""
    return [each for each in columns if any(each.value(found, one) is not None for one in found.ranked)]


def apart(found: Comparison, columns: tuple[Column, ...]) -> tuple[list[Column], str]:
    """Those in which combinations differ; and the others in a sentence, "" where there are none."""
    known = columns_of(found, columns)
    values = {each.head: {each.value(found, one) for one in found.ranked} for each in known}
    if len(found.ranked) == 1:
        return known, ""
    alike = [f"{head} {figure(value)}" for head, (value, *others) in values.items() if not others and value is not None]
    rest = [each for each in known if len(values[each.head]) > 1]
    return rest, f"The same for all: {', '.join(alike)}." if alike else ""


def how(found: Comparison) -> str:
    """How the figures came about."""
    return _HOW + bounded(found, _BOUNDS) + _OTHERS


_HOW = (
    "Every run was a fresh process; the first of each combination did not count; within a round every combination ran "
    "once, in random order. Pages/s, the crawl, the whole run and CPU are those of a typical round: an estimate that a "
    "run far off the others does not move. "
)
_BOUNDS = (
    "The columns 'from' and 'to' are the bounds of the speed when the first is held fixed. All confidence intervals of "
    "one quantity hold at once with 95 %. "
)
_OTHERS = (
    "CPU is of all processes of a run, start-up and outputs included; memory is the highest sum of their proportional "
    "set sizes. All other figures are medians of the runs, so the parts of a run need not add up to it exactly."
)
