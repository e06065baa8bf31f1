"""The pictures of the lessons as SVG. Names stand above their bars, so that all of it can be read on a phone as well.

Colours are CSS classes, `k0` and so on, whose style stands in the file or the page around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import NamedTuple

from crawler.compare.reports import svg
from crawler.compare.reports.figures import figure

__all__ = ["STYLE", "Row", "Span", "as_file", "curves", "spans", "stacked"]

STYLE = """
:root { --ink: #1c2127; --soft: #5b6570; --line: #dfe3e8; --card: #fff;
  --k0: #2a6fbb; --k1: #7d8995; --k2: #2e8b57; --k3: #c2560a; --k4: #9c3d87; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --soft: #9aa5b1; --line: #343b44; --card: #1d2127;
    --k0: #6aaaf0; --k1: #7d8995; --k2: #63c58f; --k3: #f59e50; --k4: #df84cc; }
}
svg { font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg text.axis, svg text.value { fill: var(--soft); }
svg .grid { stroke: var(--line); }
svg .k0 { fill: var(--k0); } svg .k1 { fill: var(--k1); } svg .k2 { fill: var(--k2); }
svg .k3 { fill: var(--k3); } svg .k4 { fill: var(--k4); }
svg .s0 { stroke: var(--k0); } svg .s3 { stroke: var(--k3); }
svg .curve { fill: none; stroke-width: 2; }
"""
"""Of all pictures."""

_LETTER, _LINE, _BAR, _GAP = 6.7, 16, 14, 8  # pixels: mean width of a letter, height of a line and of a bar
_SIDE = 8


class Row(NamedTuple):
    """A bar of several parts that stand behind one another."""

    name: str
    parts: Sequence[float]


class Span(NamedTuple):
    """A part of a row from one point of the axis to another; `kind` is its colour."""

    start: float
    end: float
    kind: int


def stacked(rows: Sequence[Row], parts: Sequence[str], title: str, unit: str, width: int) -> str:
    """Horizontal bars with their sum behind them; `parts` names what is stacked."""
    most = max((sum(row.parts) for row in rows), default=0.0) or 1.0
    scale = (width - 2 * _SIDE - 60) / most
    body, top = _legend(parts, width)
    body.append(svg.text(_SIDE, top + 8, unit, css="axis"))
    top += _LINE
    for row in rows:
        body.append(svg.text(_SIDE, top + 12, row.name))
        x = float(_SIDE)
        for kind, value in enumerate(row.parts):
            if value > 0:
                about = f"{row.name}, {parts[kind]}: {figure(value)} {unit}"
                body.append(_box(x, top + _LINE, max(value * scale, 0.5), kind, about))
                x += max(value * scale, 0.5)
        body.append(svg.text(x + 6, top + _LINE + 11, _short(sum(row.parts)), css="value"))
        top += _LINE + _BAR + _GAP
    return svg.drawing(body, width, top, f"{title}, {unit}")


def spans(rows: Mapping[str, Sequence[Span]], kinds: Sequence[str], title: str, unit: str, width: int) -> str:
    """What each row was when; `kinds` names the colours."""
    body, top = _legend(kinds, width)
    first = top
    ticks = svg.ticks(max((span.end for row in rows.values() for span in row), default=1.0))
    scale = (width - 2 * _SIDE - 20) / ticks[-1]
    bottom = top + len(rows) * (_LINE + _BAR + _GAP)
    for tick in ticks:
        x = _SIDE + tick * scale
        body.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{first}" y2="{bottom}"/>')
        body.append(svg.text(x, bottom + 14, figure(tick, 2), "start" if tick == 0 else "middle", "axis"))
    for name, row in rows.items():
        body.append(svg.text(_SIDE, top + 12, name))
        for span in row:
            about = f"{name}: {kinds[span.kind]} from {span.start:.2f} to {span.end:.2f} {unit}"
            length = max((span.end - span.start) * scale, 1.0)
            body.append(_box(_SIDE + span.start * scale, top + _LINE, length, span.kind, about))
        top += _LINE + _BAR + _GAP
    body.append(svg.text(width - _SIDE, bottom + 28, unit, "end", "axis"))
    return svg.drawing(body, width, bottom + 34, title)


Points = Sequence[tuple[float, float]]


def curves(series: Mapping[str, Points], title: str, axes: tuple[str, str], width: int, *, steps: bool = False) -> str:
    """Two lines at most over one pair of axes, named in a legend; with `steps` each value holds until the next."""
    kinds = (0, 3)
    body, top = _legend(list(series), width, kinds)
    points = [point for one in series.values() for point in one]
    xs, ys = svg.ticks(max(x for x, _ in points)), svg.ticks(max(y for _, y in points))
    left, right, height = _SIDE + 34, width - _SIDE - 14, 200
    top += _LINE + 4
    bottom = top + height

    def at(x: float, y: float) -> tuple[float, float]:
        return left + (right - left) * x / xs[-1], bottom - height * y / ys[-1]

    body.append(svg.text(_SIDE, top - 12, axes[1], css="axis"))
    for tick in ys:
        _, y = at(0, tick)
        body.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        body.append(svg.text(left - 6, y + 4, figure(tick, 2), "end", "axis"))
    body += [svg.text(at(tick, 0)[0], bottom + 15, figure(tick, 2), "middle", "axis") for tick in xs]
    body.append(svg.text(right, bottom + 30, axes[0], "end", "axis"))
    for kind, found in zip(kinds, series.values(), strict=False):
        path = " ".join("{:.1f},{:.1f}".format(*at(*point)) for point in (_stepped(found) if steps else found))
        body.append(f'<polyline class="curve s{kind}" points="{path}"/>')
        if not steps:
            body += ['<circle class="k{}" cx="{:.1f}" cy="{:.1f}" r="4"/>'.format(kind, *at(*point)) for point in found]
    return svg.drawing(body, width, bottom + 36, title)


def as_file(drawing: str, width: int) -> str:
    """A picture as a file of its own."""
    head, _, body = drawing.partition(">")
    named = head.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" ', 1)
    return f"{named}>\n<style>{STYLE}svg {{ background: var(--card); }}</style>\n{body.lstrip()}\n"


def _stepped(points: Points) -> Iterable[tuple[float, float]]:
    held = 0.0
    for x, y in points:
        yield x, held
        yield x, y
        held = y


def _short(value: float) -> str:
    return figure(value) if value >= 0.01 or not value else "less than 0.01"


def _legend(names: Sequence[str], width: int, kinds: Sequence[int] | None = None) -> tuple[list[str], int]:
    """In as many lines as it needs; also how high it is."""
    body, x, y = [], _SIDE, 4
    for place, name in enumerate(names):
        room = round(30 + _LETTER * len(name))
        if x > _SIDE and x + room > width:
            x, y = _SIDE, y + _LINE + 2
        body.append(f'<rect class="k{(kinds or range(len(names)))[place]}" x="{x}" y="{y}" width="11" height="11"/>')
        body.append(svg.text(x + 16, y + 10, name))
        x += room
    return body, y + _LINE + 6 if names else _GAP


def _box(x: float, y: float, length: float, kind: int, about: str) -> str:
    return (
        f'<rect class="k{kind}" x="{x:.1f}" y="{y}" width="{length:.1f}" height="{_BAR}">'
        f"<title>{escape(about)}</title></rect>"
    )
