"""Draws traces: a line for each worker, requests in flight, and where the time went. Plain SVG without scripts.

Only the plots stretch with the width; texts keep their size and stand at a share of it. So the same picture can be read
on a phone and on a desk. Its colours are told apart by all kinds of colour blindness, and have a contrast of 3:1 to the
page, light or dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from textwrap import wrap

from crawler.numbers import short_number
from crawler.trace.read import Slice, Trace, Track

__all__ = ["timeline_page", "timeline_svg"]

_LEFT = 20  # percent of the width for what stands before a line
_EDGE = 96  # percent from which on the name of a tick would be cut off
_BINS = 240
_STACK = ("parse", "lock", "core", "other", "commit", "fetch")  # from the bottom of a line upwards
_LEGEND = 40  # letters of a line of the legend: on a phone no more can be seen
_UNIT = 100  # height of a line within its own plot

_STYLE = """
.timeline { --page: #ffffff; --ink: #1c2127; --soft: #5b6570; --empty: #eceff3; --edge: #7b8590;
  --fetch: #3f8fd0; --parse: #0b5d4b; --lock: #d55e00; --core: #b07aa8; --commit: #4b4b8f; --other: #6f7780;
  font: 13px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) {
  .timeline { --page: #1d2127; --ink: #e6e9ed; --soft: #9aa5b1; --empty: #2b3138; --edge: #7d8894;
    --fetch: #5fc3f2; --parse: #cfeeb0; --lock: #f2711c; --core: #b8628f; --commit: #6f6fe0; --other: #8d97a1; }
}
.timeline text { fill: var(--ink); }
.timeline text.soft { fill: var(--soft); font-size: 12px; }
.timeline text.label { font-size: 11.5px; }
.timeline text.head { font-weight: 600; font-size: 14px; }
.timeline .page { fill: var(--page); }
.timeline .idle { fill: var(--empty); }
.timeline .flights { fill: var(--soft); }
.timeline .key { stroke: var(--edge); }
"""
_STYLE += "".join(f".timeline .{state} {{ fill: var(--{state}); }}\n" for state in _STACK)


def timeline_svg(*traces: Trace, max_rows: int = 64) -> str:
    """One picture of one run, or of several below one another with one scale of time; in a page or as a file.

    Args:
        max_rows: workers of each that are drawn. A row takes up to 6 kB.
    """
    longest = max((trace.window[1] - trace.window[0] for trace in traces), default=0) or 1
    parts, y = [], 0
    for trace in traces:
        drawn, y = _panel(trace, longest, y, max_rows)
        parts += drawn
    says = "; ".join(trace.sentence() for trace in traces)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="timeline" width="100%" height="{y}" role="img" '
        f'aria-label="{escape(says)}">',
        f"<style>{_STYLE}</style>",
        '<rect class="page" width="100%" height="100%"/>',
        *parts,
        "</svg>\n",
    ])  # fmt: skip


def timeline_page(*traces: Trace) -> str:
    """The same as a page of HTML, with the sentences."""
    sentences = "".join(f"<p><b>{escape(_title(trace))}</b>: {escape(trace.sentence())}.</p>\n" for trace in traces)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><title>Where the time went</title>\n'
        "<style>body { max-width: 1000px; margin: 0 auto; padding: 12px; font: 15px/1.5 system-ui, sans-serif; }"
        "h1 { font-size: 22px; } svg { display: block; }</style></head>\n"
        f"<body><h1>Where the time went</h1>\n{sentences}{timeline_svg(*traces)}</body></html>\n"
    )


def _title(trace: Trace) -> str:
    about = trace.about
    return f"{about.get('strategy', '')}, {about.get('workers', '')} at once"


def _panel(trace: Trace, longest: int, y: int, max_rows: int) -> tuple[list[str], int]:
    """A run from `y` down; returns where it ends."""
    begin = trace.window[0]
    parts = [_text(1, y + 22, _title(trace), css="head"), _text(1, y + 40, _length(trace), css="soft")]
    y += 52
    most = max((number for _, number in trace.in_flight), default=0)
    parts += [*_label(y + 14, "in flight"), *_label(y + 30, f"up to {most}", css="soft"), *_flights(trace, longest, y)]
    y += 50
    rows = _rows(trace, max_rows)
    height = max(5, min(20, 320 // len(rows))) if rows else 0
    every = -(-15 // height) if height else 1
    for number, (name, tracks) in enumerate(rows):
        if number % every == 0:
            parts += _label(y + min(14, height + 7), name)
        parts += _line(tracks, begin, longest, y, height - 1)
        y += height
    if len(trace.rows) > max_rows:
        parts += [_text(_LEFT, y + 14, f"and {len(trace.rows) - max_rows} more", css="soft")]
        y += 18
    parts += _axis(longest, y)
    return _legend(trace, parts, y + 34)


def _length(trace: Trace) -> str:
    begin, end = trace.window
    left = f" of {trace.about['requests'] + trace.about['left_out']:,}" if trace.about.get("left_out") else ""
    requests = f"{trace.about.get('requests', 0):,} requests{left} in {_seconds((end - begin) / 1e6)}"
    return f"{requests}, parsed in the {trace.about.get('parse', '')}"


def _rows(trace: Trace, most: int) -> list[tuple[str, Sequence[Track]]]:
    """The loop's thread first, where it is no worker; then the workers, numbered."""
    loop = [("main", [trace.tracks[0]])] if trace.tracks and not trace.tracks[0].works else []
    named = [(f"{trace.worker} {number}", row) for number, row in enumerate(trace.rows[:most], 1)]
    return [*loop, *named]


def _line(tracks: Sequence[Track], begin: int, longest: int, y: int, height: int) -> Iterable[str]:
    """What the workers of one line did: in each column, the shares of the time upon one another."""
    columns = _columns((each for track in tracks for each in track.slices), begin, longest)
    yield _open_plot(y, height, _UNIT)
    yield f'<rect class="idle" width="{_BINS}" height="{_UNIT}"/>'
    below = [0.0] * _BINS
    tops = []
    for state in _STACK:
        if state in columns:
            below = [low + share for low, share in zip(below, columns[state], strict=True)]
            tops.append((state, below))
    for state, top in reversed(tops):  # each hides the lower part of the one before
        yield f'<path class="{state}" d="{_steps(top)}"/>'
    yield "</svg>"


def _columns(slices: Iterable[Slice], begin: int, longest: int) -> dict[str, list[float]]:
    """For each state, its share of the time of each column of the plot."""
    width = longest / _BINS
    columns: dict[str, list[float]] = {}
    for start, end, shares in slices:
        first, last = (start - begin) / width, (end - begin) / width
        for place in range(max(0, int(first)), min(_BINS - 1, int(last)) + 1):
            part = min(last, place + 1) - max(first, place)
            for state, share in shares.items():
                columns.setdefault(state, [0.0] * _BINS)[place] += max(0.0, part) * share
    return columns


def _steps(tops: Sequence[float]) -> str:
    """The area below a line that goes up and down in steps, from the bottom of the plot."""
    heights = [_UNIT - round(_UNIT * min(top, 1.0)) for top in tops]
    steps = "".join(f"V{height}h{len(list(alike))}" for height, alike in groupby(heights))
    return f"M0 {_UNIT}{steps}V{_UNIT}z"


def _flights(trace: Trace, longest: int, y: int) -> Iterable[str]:
    """Requests in flight: the mean of each column."""
    most = max((number for _, number in trace.in_flight), default=0) or 1
    begin, end = trace.window
    later = [at for at, _ in trace.in_flight[1:]]
    steps = [
        Slice(at, until, {"flights": number / most})
        for (at, number), until in zip(trace.in_flight, [*later, end], strict=False)
        if number and until > at
    ]
    shares = _columns(steps, begin, longest).get("flights", [0.0] * _BINS)
    yield _open_plot(y, 40, _UNIT)
    yield f'<rect class="idle" width="{_BINS}" height="{_UNIT}"/>'
    yield f'<path class="flights" d="{_steps(shares)}"/></svg>'


def _axis(longest: int, y: int) -> Iterable[str]:
    step = _step(longest / 1e6 / 4)
    for number in range(int(longest / 1e6 / step) + 1):
        at = _LEFT + (99 - _LEFT) * 1e6 * number * step / longest
        yield f'<line x1="{at:.2f}%" x2="{at:.2f}%" y1="{y}" y2="{y + 4}" stroke="var(--edge)"/>'
        yield _text(
            at, y + 17, _seconds(number * step), "start" if number == 0 else "end" if at > _EDGE else "middle", "soft"
        )


def _step(rough: float) -> float:
    power = 1.0
    while power > rough:
        power /= 10
    while power * 10 <= rough:
        power *= 10
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)


def _legend(trace: Trace, parts: list[str], y: int) -> tuple[list[str], int]:
    """What the colours mean, with the share of the workers' time, most first."""
    order = sorted(trace.shares.items(), key=lambda item: -item[1])
    for state, share in order:
        if share >= 0.0005 or state == "idle":
            parts.append(f'<rect class="key {state}" x="1%" y="{y}" width="13" height="13" rx="2"/>')
            for line in wrap(f"{100 * share:.0f} % {trace.says(state)}", _LEGEND):
                parts.append(f'<text x="1%" y="{y + 11}" dx="20">{escape(line)}</text>')
                y += 16
            y += 4
    return parts, y + 8


def _open_plot(y: int, height: int, unit: int) -> str:
    return (
        f'<svg x="{_LEFT}%" y="{y}" width="{99 - _LEFT}%" height="{height}" viewBox="0 0 {_BINS} {unit}" '
        'preserveAspectRatio="none">'
    )


def _text(x: float, y: float, text: str, anchor: str = "start", css: str = "") -> str:
    kind = f' class="{css}"' if css else ""
    return f'<text x="{x:.2f}%" y="{y}" text-anchor="{anchor}"{kind}>{escape(text)}</text>'


def _label(y: float, text: str, css: str = "") -> list[str]:
    return [_text(_LEFT - 1, y, text, "end", css or "label")]


def _seconds(seconds: float) -> str:
    if seconds and seconds < 0.9995:
        return f"{short_number(1000 * seconds)} ms"
    return f"{short_number(seconds)} s"
