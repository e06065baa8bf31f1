"""Parts of plots as inline SVG, and the plot of bars: plain text without scripts; colours are CSS variables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

from crawler.compare.reports.figures import figure
from crawler.compare.reports.palette import Look

__all__ = ["NARROW", "Bar", "Rows", "apart", "bars", "drawing", "legend", "marker", "room", "rule", "text", "ticks"]

NARROW = 600
"""Pixels: a drawing below this width has its labels above the rows and not beside them."""

_ROW, _LABEL, _LETTER = 24, 17, 7.2  # pixels: height of a row, of a label above it, mean width of a letter


class Bar(NamedTuple):
    """A row: parts behind one another, and the figure of all of it, which a median of each part need not add up to."""

    name: str
    parts: Sequence[float]
    whole: float


class Rows:
    """Where the rows of a plot are, each with its name.

    Args:
        values: what is written at the right of each row.
        height: of a row, without a label above it.
    """

    def __init__(
        self, names: Sequence[str], values: Sequence[str], width: int, top: float = 4, height: float = _ROW
    ) -> None:
        self._beside = width >= NARROW
        self._names, self._values, self._width, self._top = names, values, width, top
        self._above = 0 if self._beside else _LABEL
        self._height = height + self._above
        self.left = room(names) if self._beside else 8.0
        self.right = width - (room(values) if self._beside and any(values) else 12.0)
        self.bottom = top + len(names) * self._height

    def middle(self, number: int) -> float:
        """Of the row, its label left out."""
        return self._top + number * self._height + self._above + (self._height - self._above) / 2

    def labels(self, looks: Sequence[Look | None] = ()) -> list[str]:
        """Names and values, each with the marker of its row where it has a look."""
        body = []
        for number, (name, value) in enumerate(zip(self._names, self._values, strict=True)):
            y = self.middle(number) + 4 if self._beside else self._top + number * self._height + 13
            look = looks[number] if looks else None
            if look and not self._beside:
                body += [marker(look, 6, y - 4), text(17, y, name)]
            else:
                body.append(text(self.left - 12 if self._beside else 0, y, name, "end" if self._beside else "start"))
            if self._beside or room([name, value]) + room([value]) < self._width:
                body.append(text(self._width, y, value, "end", "value"))
        return body

    def bands(self) -> list[str]:
        """A background behind every other row, for rows of several lines."""
        return [
            f'<rect class="band" x="0" y="{self._top + number * self._height:.1f}" width="{self._width}" '
            f'height="{self._height:.1f}"/>'
            for number in range(0, len(self._names), 2)
        ]

    def grid(self, places: Mapping[str, float]) -> list[str]:
        """A line down all rows at each place, with its name below."""
        body = []
        for name, x in places.items():
            body.append(rule(x, x, self._top, self.bottom, 'class="grid"'))
            body.append(text(x, self.bottom + 16, name, "middle", "axis"))
        return body


def bars(rows: Sequence[Bar], title: str, unit: str, width: int, parts: Sequence[str]) -> str:
    """Horizontal bars of stacked parts, with the whole at the right; `parts` are the names in the legend."""
    frame = Rows([row.name for row in rows], [figure(row.whole) for row in rows], width, 26)
    marks = ticks(max(sum(row.parts) for row in rows), 5 if width >= NARROW else 4)
    scale = (frame.right - frame.left) / marks[-1]
    body = []
    for place, name in enumerate(parts):
        at = (frame.left if width >= NARROW else 0) + 100 * place
        body.append(f'<rect class="part{place}" x="{at:.1f}" y="4" width="11" height="11" rx="2"/>')
        body.append(text(at + 16, 14, name))
    body += frame.grid({figure(mark, 2): frame.left + mark * scale for mark in marks}) + frame.labels()
    for number, row in enumerate(rows):
        y, x = frame.middle(number) - 8, frame.left
        for place, value in enumerate(row.parts):
            length = max(value * scale, 0.5)
            body.append(
                f'<rect class="part{place}" x="{x:.1f}" y="{y:.1f}" width="{length:.1f}" height="16" rx="2">'
                f"<title>{escape(f'{row.name}, {parts[place]}')}: {figure(value)} {escape(unit)}</title></rect>"
            )
            x += length
    return drawing(body, width, frame.bottom + 24, f"{title}, {unit}")


# ---- parts


def drawing(body: Sequence[str], width: int, height: float, title: str) -> str:
    """The whole of it."""
    head = f'<svg viewBox="0 0 {width} {height:.0f}" role="img" aria-label="{escape(title)}">'
    return "\n".join([head, *body, "</svg>"])


def text(x: float, y: float, words: str, anchor: str = "start", css: str = "") -> str:
    """Words, with y at their base line."""
    kind = f' class="{css}"' if css else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{escape(words)}</text>' if words else ""


def rule(x1: float, x2: float, y1: float, y2: float, more: str) -> str:
    """A straight line."""
    return f'<line x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}" {more}/>'


def marker(look: Look, x: float, y: float, size: float = 4.5, title: str = "", css: str = "") -> str:
    """The marker of a series; `css`: `run` for a single one, `outlier`, `hollow` where set aside."""
    corners = {
        "square": ((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)),
        "triangle": ((0, -1.1), (1.1, 0.8), (-1.1, 0.8)),
        "wedge": ((0, 1.1), (1.1, -0.8), (-1.1, -0.8)),
        "diamond": ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
    }.get(look.marker)
    name = f"<title>{escape(title)}</title>" if title else ""
    style = f'style="--own: var(--c{look.colour})" class="{f"mark {css}".strip()}"'
    if corners is None:
        return f'<circle {style} cx="{x:.1f}" cy="{y:.1f}" r="{size}">{name}</circle>'
    points = " ".join(f"{x + size * across:.1f},{y + size * down:.1f}" for across, down in corners)
    return f'<polygon {style} points="{points}">{name}</polygon>'


def legend(entries: Sequence[tuple[str, str]], x: float, y: float, width: float) -> tuple[list[str], float]:
    """Pairs of a drawing around 0, 0 and its name, in as many lines as it takes; and where the next line would be."""
    body, at = [], x
    for drawn, name in entries:
        length = 24 + _LETTER * len(name)
        if at > x and at + length > width:
            at, y = x, y + 18
        body.append(f'<g transform="translate({at + 7:.1f} {y:.1f})">{drawn}</g>' + text(at + 18, y + 4, name))
        at += length + 6
    return body, y + 18


def room(names: Sequence[str]) -> float:
    """Pixels that the longest of them takes, with a gap."""
    return 18 + _LETTER * max(map(len, names), default=0)


def ticks(most: float, steps: int = 5) -> list[float]:
    """From 0 to at least `most`, and above 0, in steps of 1, 2 or 5 times a power of ten, about `steps`."""
    rough = (most or 1.0) / steps
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    return [step * number for number in range(max(1, math.ceil(most / step - 1e-9)) + 1)]


def apart(places: Mapping[str, float], gap: float, bottom: float) -> dict[str, float]:
    """Labels in their order, at least `gap` apart, pushed up where they would fall below `bottom`."""
    order = sorted(places, key=lambda name: places[name])
    ys = [places[name] for name in order]
    for number in range(1, len(ys)):
        ys[number] = max(ys[number], ys[number - 1] + gap)
    if ys:
        ys[-1] = min(ys[-1], bottom)
    for number in range(len(ys) - 2, -1, -1):
        ys[number] = min(ys[number], ys[number + 1] - gap)
    return dict(zip(order, ys, strict=True))
