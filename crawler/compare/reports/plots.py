"""The plots of a comparison: single runs with their interval, speed by workers, ratios, latency.

Each is drawn for a width, since text of a drawing that is shrunk to a phone cannot be read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import NamedTuple

from crawler.compare.reports.figures import bounds, figure, interval
from crawler.compare.reports.palette import Look
from crawler.compare.reports.svg import NARROW, Rows, apart, drawing, legend, marker, room, rule, text, ticks
from crawler.compare.significance import Pair

__all__ = ["Dots", "Line", "Point", "Range", "Ratios", "Runs", "dots", "lines", "ranges", "ratios"]


_STEPS = (0.2, 0.5, 1, 1.1, 1.2, 1.5, 2, 3, 5, 10, 20, 50, 100)  # of an axis of ratios
_TENS = (0.01, 0.1, 1, 10, 100, 1000, 10_000)  # of a long one


class Runs(NamedTuple):
    """A value for each run: those of usual ones, of outliers, and of those that were set aside."""

    usual: Sequence[float]
    outliers: Sequence[float] = ()
    set_aside: Sequence[float] = ()

    @property
    def most(self) -> float:
        """The largest; 0 without any."""
        return max([*self.usual, *self.outliers, *self.set_aside], default=0.0)


class Dots(NamedTuple):
    """A row: a value for each run, the value of all, and its interval."""

    name: str
    runs: Runs
    middle: float
    interval: tuple[float, float] | None
    look: Look


class Point(NamedTuple):
    """The speed at a number of workers: of all runs, and of each."""

    speed: float
    runs: Runs
    interval: tuple[float, float] | None


class Line(NamedTuple):
    """A series: points by number of workers."""

    name: str
    points: Mapping[int, Point]
    look: Look


class Ratios(NamedTuple):
    """A row: how many times the best it takes, for each quantity; None where that is not known."""

    name: str
    pairs: Sequence[Pair | None]


class Range(NamedTuple):
    """A row: 5 %, 25 %, 50 %, 75 %, 95 % and 99 % of the values lie below these."""

    name: str
    steps: Sequence[float]
    look: Look


def dots(rows: Sequence[Dots], title: str, unit: str, width: int) -> str:
    """A dot for each run, ringed for an outlier, hollow where set aside; a stroke at the middle; a line: interval."""
    most = max(max(row.runs.most, row.middle) for row in rows)
    marks = ticks(most, 5 if width >= NARROW else 4)
    frame = Rows([row.name for row in rows], [figure(row.middle) for row in rows], width)

    def at(value: float) -> float:
        return frame.left + (frame.right - frame.left) * value / marks[-1]

    body = frame.grid({figure(mark, 2): at(mark) for mark in marks}) + frame.labels([row.look for row in rows])
    for number, row in enumerate(rows):
        y = frame.middle(number)
        body += _marks(row, at, y, unit)
        colour = f'stroke="var(--c{row.look.colour})"'
        if row.interval:
            words = f"{row.name}: {figure(row.middle)} ({' to '.join(map(figure, row.interval))}) {unit}"
            low, high = (at(min(bound, marks[-1])) for bound in row.interval)
            body += [f"<g><title>{escape(words)}</title>", rule(low, high, y + 9, y + 9, f'{colour} stroke-width="2"')]
            ends = [at(bound) for bound in row.interval if bound < marks[-1]]  # without an end it goes on
            body += [*(rule(x, x, y + 6, y + 12, f'{colour} stroke-width="2"') for x in ends), "</g>"]
        body.append(rule(at(row.middle), at(row.middle), y - 9, y + 9, f'{colour} stroke-width="2.5"'))
    return drawing(body, width, frame.bottom + 24, f"{title}, {unit}")


def _marks(row: Dots, at: Callable[[float], float], y: float, unit: str) -> list[str]:
    """The runs of a row, each a little above or below the one before."""
    body = []
    for css, what, values in _kinds(row.runs):
        for number, value in enumerate(values):
            words = f"{row.name}: {figure(value)} {unit}{what}"
            body += _run(row.look, (at(value), y + (0, -3, 3)[number % 3]), 3.5, words, css)
    return body


def _kinds(runs: Runs) -> Sequence[tuple[str, str, Sequence[float]]]:
    """Of each kind the class of its marks, what is said of them, and the values."""
    return ("run", "", runs.usual), ("outlier", ", outlier", runs.outliers), ("hollow", ", set aside", runs.set_aside)


def _run(look: Look, place: tuple[float, float], size: float, words: str, css: str) -> list[str]:
    """The mark of a run, in a ring where it is an outlier."""
    x, y = place
    ring = f'<circle class="ring" cx="{x:.1f}" cy="{y:.1f}" r="{2 * size:.0f}"/>'
    return [ring] * (css == "outlier") + [marker(look, x, y, size, words, css)]


def ratios(rows: Sequence[Ratios], title: str, quantities: Sequence[str], looks: Sequence[Look], width: int) -> str:
    """Over a logarithmic axis how many times the best each takes: a marker and an interval for each quantity."""
    step = 11.0
    entries = [(marker(look, 0, 0), name) for look, name in zip(looks, quantities, strict=True)]
    key, top = legend(entries, 0, 10, width)
    frame = Rows([row.name for row in rows], [""] * len(rows), width, top, step * len(quantities) + 12)
    known = [(pair.ratio, *(bounds(pair) or ())) for row in rows for pair in row.pairs if pair]
    low, high = min(1.0, *(min(each) for each in known)), max(1.25, *(max(each) for each in known))
    span = math.log(high / low)

    def at(value: float) -> float:
        share = math.log(value / low) / span
        return frame.left + 6 + (frame.right - frame.left - 20) * share

    steps = [each for each in (_TENS if high > 100 * low else _STEPS) if low <= each <= high]
    body = key + frame.bands() + frame.grid(_with_room({f"{each:g}": at(each) for each in steps})) + frame.labels()
    for number, row in enumerate(rows):
        start = frame.middle(number) - step * (len(quantities) - 1) / 2
        for place, pair in enumerate(row.pairs):
            if pair is None:
                continue
            y, colour = start + step * place, f'stroke="var(--c{looks[place].colour})"'
            words = f"{row.name}, {quantities[place]}: {interval(pair)} times the best"
            if reach := bounds(pair):
                body.append(rule(at(reach[0]), at(reach[1]), y, y, f'{colour} stroke-width="2"'))
            body.append(marker(looks[place], at(pair.ratio), y, 4, words))
    return drawing(body, width, frame.bottom + 24, f"{title}, times the best")


def _with_room(places: Mapping[str, float]) -> dict[str, float]:
    """Those that are far enough from the one before, so that their names do not touch."""
    kept: dict[str, float] = {}
    for name, x in places.items():
        if not kept or x - list(kept.values())[-1] >= 26:
            kept[name] = x
    return kept


def lines(series: Sequence[Line], title: str, x_title: str, y_title: str, width: int) -> str:
    """Lines over a logarithmic x axis, a dot for each run; each line is named at its end, on a phone by a number."""
    plot = _Lines(series, width)
    body = plot.axes(x_title, y_title)
    for one in series:
        body += plot.line(one)
    key, bottom = plot.names()
    return drawing([*body, *key], width, bottom, title)


class _Lines:
    def __init__(self, series: Sequence[Line], width: int) -> None:
        self._series, self._width = series, width
        self._wide = width >= NARROW
        self._workers = sorted({workers for one in series for workers in one.points})
        self._left, self._top = 46, 24
        height = max(360 if self._wide else 260, 80 + 15 * len(series))  # each has its name at the right
        self._right = width - (room([one.name for one in series]) + 22 if self._wide else 34)
        self._bottom = height - 42
        values = [max(point.speed, point.runs.most) for one in series for point in one.points.values()]
        self._ticks = ticks(max(values))

    def _x(self, workers: int) -> float:
        first, last = self._workers[0], self._workers[-1]
        share = math.log(workers / first) / math.log(last / first) if last > first else 0.5
        return self._left + 14 + (self._right - self._left - 28) * share

    def _y(self, speed: float) -> float:
        return self._bottom - (self._bottom - self._top) * min(speed, self._ticks[-1]) / self._ticks[-1]

    def axes(self, x_title: str, y_title: str) -> list[str]:
        body = [text(0, 12, y_title, css="axis")]
        body.append(text((self._left + self._right) / 2, self._bottom + 36, x_title, "middle", "axis"))
        for tick in self._ticks:
            y = self._y(tick)
            body.append(rule(self._left, self._right, y, y, 'class="grid"'))
            body.append(text(self._left - 8, y + 4, figure(tick, 2), "end", "axis"))
        named = _with_room({str(workers): self._x(workers) for workers in self._workers})
        return body + [text(x, self._bottom + 18, name, "middle", "axis") for name, x in named.items()]

    def line(self, one: Line) -> list[str]:
        colour = f'stroke="var(--c{one.look.colour})"'
        beside = (self._series.index(one) - (len(self._series) - 1) / 2) * min(4.0, 20 / len(self._series))
        points = [(workers, self._x(workers) + beside, point) for workers, point in sorted(one.points.items())]
        path = " ".join(f"{x:.1f},{self._y(point.speed):.1f}" for _, x, point in points)
        body = [f'<polyline points="{path}" fill="none" {colour} stroke-width="1.5"/>']
        for workers, x, point in points:
            if point.interval:
                low, high = map(self._y, point.interval)
                body.append(rule(x, x, low, high, f'{colour} stroke-width="2"'))
            name = f"{one.name}, {workers} workers"
            for css, what, values in _kinds(point.runs):
                for value in values:
                    body += _run(one.look, (x, self._y(value)), 2.5, f"{name}: {figure(value)}{what}", css)
            body.append(marker(one.look, x, self._y(point.speed), 5, f"{name}: {figure(point.speed)}"))
        return body

    def names(self) -> tuple[list[str], float]:
        """Names at the ends of the lines; where there is no room, numbers there and the names below."""
        ends = {one.name: self._y(one.points[max(one.points)].speed) for one in self._series}
        placed = apart(ends, 15.0, self._bottom + 4)
        x = self._right + 14
        if self._wide:
            body = [marker(one.look, x, placed[one.name]) for one in self._series]
            body += [text(x + 11, placed[one.name] + 4, one.name) for one in self._series]
            return body, self._bottom + 42
        body = [text(x - 8, placed[one.name] + 4, str(n)) for n, one in enumerate(self._series, 1)]
        entries = [(marker(one.look, 0, 0), f"{n} {one.name}") for n, one in enumerate(self._series, 1)]
        key, bottom = legend(entries, 0, self._bottom + 58, self._width)
        return body + key, bottom


def ranges(rows: Sequence[Range], title: str, unit: str, width: int) -> str:
    """A thin line from 5 % to 95 %, a thick one from 25 % to 75 %, a dot at the median, a stroke at 99 %."""
    marks = ticks(max(row.steps[-1] for row in rows), 5 if width >= NARROW else 4)
    frame = Rows([row.name for row in rows], [""] * len(rows), width)

    def at(value: float) -> float:
        return frame.left + (frame.right - frame.left - 10) * value / marks[-1]

    body = frame.grid({figure(mark, 2): at(mark) for mark in marks}) + frame.labels([row.look for row in rows])
    for number, row in enumerate(rows):
        y = frame.middle(number)
        p5, p25, p50, p75, p95, p99 = map(at, row.steps)
        names = ("5", "25", "50", "75", "95", "99")
        shown = ", ".join(f"{name} {figure(value)}" for name, value in zip(names, row.steps, strict=True))
        body.append(
            f'<g stroke="var(--c{row.look.colour})"><title>{escape(row.name)} ({escape(unit)} at %: {shown})</title>'
            + rule(p5, p95, y, y, 'stroke-width="2"')
            + rule(p25, max(p75, p25 + 1), y, y, 'stroke-width="9"')
            + rule(p99, p99, y - 6, y + 6, 'stroke-width="2"')
            + f'<circle class="median" cx="{p50:.1f}" cy="{y:.1f}" r="4" stroke-width="2"/></g>'
        )
    return drawing(body, width, frame.bottom + 24, f"{title}, {unit}")
