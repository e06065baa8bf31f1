"""Plots as inline SVG: plain text without scripts; colours are CSS variables, so that dark mode can change them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from crawler.compare.markdown import figure

__all__ = ["COLOURS", "Bar", "Line", "Range", "bars", "lines", "ranges"]

COLOURS = 8
"""How many colours there are; a ninth series gets the first again, dashed."""

_ROW, _LETTER = 24, 6.7  # pixels: height of a row, mean width of a letter


class Bar(NamedTuple):
    """A row: one part, or several that stand behind one another."""

    name: str
    parts: Sequence[float]
    colour: int = 0


class Line(NamedTuple):
    """A series: y and its error by x."""

    name: str
    points: Mapping[int, tuple[float, float]]
    colour: int


class Range(NamedTuple):
    """A row: 5 %, 25 %, 50 %, 75 %, 95 % and 99 % of the values lie below these."""

    name: str
    steps: Sequence[float]
    colour: int


def bars(rows: Sequence[Bar], title: str, unit: str, width: int = 460, parts: Sequence[str] = ()) -> str:
    """Horizontal bars with their value behind them; with `parts`, the names of what is stacked, and a legend."""
    left = _label_room([row.name for row in rows])
    top = 26 if parts else 4
    most = max((sum(row.parts) for row in rows), default=0.0) or 1.0
    scale = (width - left - 70) / most
    body = []
    for place, name in enumerate(parts):
        at = left + 100 * place
        body.append(f'<rect class="part{place}" x="{at}" y="4" width="11" height="11" rx="2"/>')
        body.append(_text(at + 16, 14, name))
    for number, row in enumerate(rows):
        y, x = top + number * _ROW, float(left)
        body.append(_text(left - 8, y + 15, row.name, "end"))
        for place, value in enumerate(row.parts):
            look = f'class="part{place}"' if parts else f'fill="var(--c{row.colour % COLOURS})"'
            length = max(value * scale, 0.5)
            body.append(
                f'<rect {look} x="{x:.1f}" y="{y + 3}" width="{length:.1f}" height="{_ROW - 8}" rx="2">'
                f"<title>{escape(row.name)}: {figure(value)} {escape(unit)}</title></rect>"
            )
            x += length
        body.append(_text(x + 6, y + 15, figure(sum(row.parts)), css="value"))
    return _svg(body, width, top + len(rows) * _ROW + 4, f"{title}, {unit}")


def lines(series: Sequence[Line], title: str, x_title: str, y_title: str, width: int = 940, height: int = 360) -> str:
    """Lines over a logarithmic x axis, error bars, and each name at its end."""
    numbers = sorted({x for one in series for x in one.points})
    right = 26 + _LETTER * max(len(one.name) for one in series)
    left, top, bottom = 58, 24, height - 42
    ticks = _ticks(max(y + error for one in series for y, error in one.points.values()))
    spread = math.log2(numbers[-1] / numbers[0]) or 1.0

    def at_x(x: int) -> float:
        return (
            left + 14 + (width - left - right - 28) * (math.log2(x / numbers[0]) / spread if len(numbers) > 1 else 0.5)
        )

    def at_y(y: float) -> float:
        return bottom - (bottom - top) * y / ticks[-1]

    body = [
        _text(left, 12, y_title, css="axis"),
        _text((left + width - right) / 2, height - 6, x_title, "middle", "axis"),
    ]
    for tick in ticks:
        y = at_y(tick)
        body.append(f'<line class="grid" x1="{left}" x2="{width - right:.0f}" y1="{y:.1f}" y2="{y:.1f}"/>')
        body.append(_text(left - 8, y + 4, figure(tick, 2), "end", "axis"))
    body += [_text(at_x(x), bottom + 18, str(x), "middle", "axis") for x in numbers]
    for one in series:
        body += _one_line(one, at_x, at_y)
    ends = {one.name: at_y(one.points[max(one.points)][0]) for one in series}
    for name, y in _apart(ends, 15.0, bottom + 4).items():
        colour = next(one.colour for one in series if one.name == name) % COLOURS
        x = width - right + 22
        body.append(f'<circle cx="{x - 8:.0f}" cy="{y:.1f}" r="4" fill="var(--c{colour})"/>' + _text(x, y + 4, name))
    return _svg(body, width, height, title)


def _one_line(one: Line, at_x: object, at_y: object) -> list[str]:
    assert callable(at_x)
    assert callable(at_y)
    colour = f"var(--c{one.colour % COLOURS})"
    dash = ' stroke-dasharray="6 4"' if one.colour >= COLOURS else ""
    points = [(x, at_x(x), *value) for x, value in sorted(one.points.items())]
    path = " ".join(f"{x:.1f},{at_y(y):.1f}" for _, x, y, _ in points)
    body = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>']
    for workers, x, y, error in points:
        low, high = at_y(max(y - error, 0)), at_y(y + error)
        body.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}" stroke="{colour}"/>')
        body.append(
            f'<circle cx="{x:.1f}" cy="{at_y(y):.1f}" r="4" fill="{colour}"><title>{escape(one.name)}, {workers}: '
            f"{figure(y)} ± {figure(error, 2)}</title></circle>"
        )
    return body


def ranges(rows: Sequence[Range], title: str, unit: str, width: int = 940) -> str:
    """A thin line from 5 % to 95 %, a thick one from 25 % to 75 %, a dot at the median, a stroke at 99 %."""
    left, top = _label_room([row.name for row in rows]), 4
    ticks = _ticks(max((row.steps[-1] for row in rows), default=1.0) or 1.0)
    bottom = top + len(rows) * _ROW

    def at(value: float) -> float:
        return left + (width - left - 30) * value / ticks[-1]

    body = []
    for tick in ticks:
        x = at(tick)
        body.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>')
        body.append(_text(x, bottom + 16, figure(tick, 2), "middle", "axis"))
    for number, row in enumerate(rows):
        y, colour = top + number * _ROW + 11, f"var(--c{row.colour % COLOURS})"
        p5, p25, p50, p75, p95, p99 = map(at, row.steps)
        shown = ", ".join(f"{name} {figure(value)}" for name, value in zip(("5", "25", "50", "75", "95", "99"), row.steps, strict=True))  # fmt: skip  # noqa: E501
        body.append(_text(left - 8, y + 4, row.name, "end"))
        body.append(
            f'<g stroke="{colour}"><title>{escape(row.name)} ({escape(unit)} at %: {shown})</title>'
            f'<line x1="{p5:.1f}" x2="{p95:.1f}" y1="{y}" y2="{y}" stroke-width="2"/>'
            f'<line x1="{p25:.1f}" x2="{max(p75, p25 + 1):.1f}" y1="{y}" y2="{y}" stroke-width="9"/>'
            f'<line x1="{p99:.1f}" x2="{p99:.1f}" y1="{y - 6}" y2="{y + 6}" stroke-width="2"/>'
            f'<circle class="median" cx="{p50:.1f}" cy="{y}" r="4" stroke-width="2"/></g>'
        )
    return _svg(body, width, bottom + 24, f"{title}, {unit}")


def _svg(body: Sequence[str], width: int, height: float, title: str) -> str:
    head = f'<svg viewBox="0 0 {width} {height:.0f}" role="img" aria-label="{escape(title)}">'
    return "\n".join([head, *body, "</svg>"])


def _text(x: float, y: float, text: str, anchor: str = "start", css: str = "") -> str:
    kind = f' class="{css}"' if css else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{escape(text)}</text>'


def _label_room(names: Sequence[str]) -> int:
    return round(14 + _LETTER * max(map(len, names), default=0))


def _ticks(most: float) -> list[float]:
    """From 0 to at least `most` in 3 to 6 steps of 1, 2 or 5 times a power of ten."""
    rough = (most or 1.0) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    return [step * number for number in range(math.ceil(most / step - 1e-9) + 1)]


def _apart(places: Mapping[str, float], gap: float, bottom: float) -> dict[str, float]:
    """Labels in their order, at least `gap` apart, pushed up where they would fall below `bottom`."""
    order = sorted(places, key=lambda name: places[name])
    ys = [places[name] for name in order]
    for number, _ in enumerate(pairwise(ys), 1):
        ys[number] = max(ys[number], ys[number - 1] + gap)
    if ys:
        ys[-1] = min(ys[-1], bottom)
    for number in range(len(ys) - 2, -1, -1):
        ys[number] = min(ys[number], ys[number + 1] - gap)
    return dict(zip(order, ys, strict=True))
