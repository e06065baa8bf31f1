"""Draws traces: a line for each worker, requests in flight, and where the time went. HTML and SVG without scripts.

Only the plots stretch with the width; texts keep their size and stand at a share of it. So the same picture can be read
on a phone and on a desk. Its colours are told apart by all kinds of colour blindness, and have a contrast of 3:1 to the
page, light or dark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby
from textwrap import wrap

from crawler.numbers import short_number
from crawler.trace.read import Slice, Trace, Track

__all__ = ["PARSED", "STYLE", "timeline_html", "timeline_page", "timeline_svg"]

PARSED: Mapping[str, str] = {
    "worker": "parsed in the worker",
    "callback": "parsed in the callback",
    "pool": "parsed in a pool",
    "barrier": "parsed in waves",
}
"""For each parse stage how that is said."""

_LEFT = 20  # percent of the width for what stands before a line
_EDGE = 96  # percent from which on the name of a tick would be cut off
_BINS = 240
_STACK = ("parse", "lock", "core", "other", "commit", "fetch")  # from the bottom of a line upwards
_LEGEND = 40  # letters of a line of the legend: on a phone no more can be seen
_UNIT = 100  # height of a line within its own plot

_SEEN, _SAID = 0.0005, 0.005  # share from which on a colour can be seen, and from which on the sentence has it

STYLE = """
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
.timeline .idle { fill: var(--empty); background: var(--empty); }
.timeline .flights { fill: var(--soft); }
.timeline .key { stroke: var(--edge); }
.timeline svg { display: block; font: 13px system-ui, sans-serif; }
.timeline p { margin: 0 0 10px; font: 15px/1.5 system-ui, sans-serif; }
.timeline p span { white-space: nowrap; }
.timeline i { display: inline-block; width: 13px; height: 13px; margin-right: 5px; vertical-align: -1px; }
.timeline i { border: 1px solid var(--edge); border-radius: 2px; }
"""
STYLE += "".join(f".timeline .{state} {{ fill: var(--{state}); background: var(--{state}); }}\n" for state in _STACK)
"""Of a page with `timeline_html` in it."""


def timeline_svg(*traces: Trace, max_rows: int = 64) -> str:
    """A file of its own: one picture of one run, or of several below one another with one scale of time.

    Args:
        max_rows: workers of each that are drawn. A row takes up to 6 kB.
    """
    parts, y = [], 0
    for trace in traces:
        parts.append(_text(1, y + 22, _title(trace), css="head"))
        drawn, y = _panel(trace, _longest(traces), y + 26, max_rows)
        keys, y = _legend(trace, y)
        parts += [*drawn, *keys]
    says = "; ".join(trace.sentence() for trace in traces)
    more = f'xmlns="http://www.w3.org/2000/svg" class="timeline" {_size(y, says)}'
    return f'<svg {more}>\n<style>{STYLE}</style>\n<rect class="page" width="100%" height="100%"/>\n' + (
        "\n".join([*parts, "</svg>\n"])
    )


def timeline_html(trace: Trace, longest: int = 0, max_rows: int = 64) -> str:
    """A part of a page that has STYLE: the sentence, which explains the colours as well, and the picture.

    Args:
        longest: microseconds from the left to the right; 0 for those of the run.
        max_rows: as for timeline_svg.
    """
    drawn, height = _panel(trace, longest or _longest([trace]), 0, max_rows)
    picture = "\n".join([f"<svg {_size(height, trace.sentence())}>", *drawn, "</svg>"])
    return f'<div class="timeline"><p>{_sentence(trace)}</p>\n{picture}</div>\n'


def timeline_page(*traces: Trace) -> str:
    """A page of HTML with one scale of time."""
    longest = _longest(traces)
    parts = (f"<h2>{escape(_title(trace))}</h2>\n{timeline_html(trace, longest)}" for trace in traces)
    jobs = {str(trace.about["job"]) for trace in traces if trace.about.get("job")}
    title = f"{escape(', '.join(sorted(jobs)))}: where the time went" if jobs else "Where the time went"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{title}</title>\n'
        "<style>body { max-width: 1000px; margin: 0 auto; padding: 12px; font: 15px/1.5 system-ui, sans-serif; }"
        f"h1 {{ font-size: 22px; }} h2 {{ font-size: 17px; margin: 24px 0 4px; }}\n{STYLE}</style></head>\n"
        f"<body><h1>{title}</h1>\n{''.join(parts)}</body></html>\n"
    )


def _title(trace: Trace) -> str:
    about = trace.about
    return f"{about.get('strategy', '')}, {about.get('workers', '')} at once"


def _longest(traces: Sequence[Trace]) -> int:
    """Microseconds."""
    return max((trace.window[1] - trace.window[0] for trace in traces), default=0) or 1


def _size(height: int, says: str) -> str:
    return f'width="100%" height="{height}" role="img" aria-label="{escape(says)}"'


def _sentence(trace: Trace) -> str:
    """Where the time went, each share with its colour; at the end what is too little for a number, but to be seen."""
    order = sorted(trace.shares.items(), key=lambda item: -item[1])
    said = (state for state, share in order if share >= _SAID)
    sentence = trace.sentence()
    text = re.sub(
        r"\d+ %",
        lambda found: f"<span>{_key(next(said))}{found[0]}</span>",
        escape(sentence[:1].upper() + sentence[1:], quote=False),
    )
    little = [f"{_key(state)}{escape(trace.says(state))}" for state, share in order if _SEEN <= share < _SAID]
    more = f"; very little {', '.join(little)}" if little else ""
    main = _main(trace)
    writes = f" The main thread spent <span>{_key('commit')}{main}</span> of its time writing to the store."
    return f"{text}{more}.{writes if main else ''}"


def _main(trace: Trace) -> str:
    """Share of the time in which the loop's thread wrote to the store, where it has a line and is no worker."""
    begin, end = trace.window
    if not trace.tracks or trace.tracks[0].works or end <= begin:
        return ""
    share = sum(ended - began for began, ended in trace.tracks[0].commits) / (end - begin)
    return _percent(share) if share >= _SEEN else ""


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= _SAID else "very little"


def _key(state: str) -> str:
    return f'<i class="{state}"></i>'


def _panel(trace: Trace, longest: int, y: int, max_rows: int) -> tuple[list[str], int]:
    """A run from `y` down; returns where it ends."""
    parts = [_text(1, y + 14, _length(trace), css="soft")]
    y += 26
    most = max((number for _, number in trace.in_flight), default=0)
    parts += [*_label(y + 14, "in flight"), *_label(y + 30, f"up to {most}", css="soft"), *_flights(trace, longest, y)]
    y += 50
    rows = _rows(trace, max_rows)
    height = max(5, min(20, 320 // len(rows))) if rows else 0
    every = -(-15 // height) if height else 1
    for number, (name, tracks) in enumerate(rows):
        if number % every == 0:
            parts += _label(y + min(14, height + 7), name)
        parts += _line(tracks, trace.window, longest, y, height - 1)
        y += height
    if len(trace.rows) > max_rows:
        parts += [_text(_LEFT, y + 14, f"and {len(trace.rows) - max_rows} more", css="soft")]
        y += 18
    return [*parts, *_axis(longest, y)], y + 24


def _length(trace: Trace) -> str:
    begin, end = trace.window
    left = f" of {trace.about['requests'] + trace.about['left_out']:,}" if trace.about.get("left_out") else ""
    requests = f"{trace.about.get('requests', 0):,} requests{left} in {_seconds((end - begin) / 1e6)}"
    return ", ".join(filter(None, [requests, PARSED.get(trace.about.get("parse", ""))]))


def _rows(trace: Trace, most: int) -> list[tuple[str, Sequence[Track]]]:
    """The loop's thread first, where it is no worker; then the workers, numbered."""
    loop = [("main", [trace.tracks[0]])] if trace.tracks and not trace.tracks[0].works else []
    named = [(f"{trace.worker} {number}", row) for number, row in enumerate(trace.rows[:most], 1)]
    return [*loop, *named]


def _line(tracks: Sequence[Track], window: tuple[int, int], longest: int, y: int, height: int) -> Iterable[str]:
    """What the workers of one line did: in each column, the shares of the time upon one another."""
    columns = _columns((each for track in tracks for each in track.slices), window[0], longest)
    yield _open_plot(y, height, _UNIT)
    yield _idle(window, longest)
    below = [0.0] * _BINS
    tops = []
    for state in _STACK:
        if state in columns:
            below = [low + share for low, share in zip(below, columns[state], strict=True)]
            tops.append((state, below))
    for state, top in reversed(tops):  # each hides the lower part of the one before
        yield f'<path class="{state}" d="{_steps(top)}"/>'
    yield "</svg>"


def _idle(window: tuple[int, int], longest: int) -> str:
    """The background of a line: it ends where the run does."""
    return f'<rect class="idle" width="{_BINS * (window[1] - window[0]) / longest:.1f}" height="{_UNIT}"/>'


def _columns(slices: Iterable[Slice], begin: int, longest: int) -> dict[str, list[float]]:
    """For each state, its share of the time of each column of the plot."""
    width = longest / _BINS
    columns: dict[str, list[float]] = {}
    for start, end, shares in slices:
        first, last = (start - begin) / width, (end - begin) / width
        known = [(state, share) for state, share in shares.items() if share]
        for place in range(max(0, int(first)), min(_BINS - 1, int(last)) + 1):
            part = min(last, place + 1) - max(first, place)
            for state, share in known:
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
    yield _idle(trace.window, longest)
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


def _legend(trace: Trace, y: int) -> tuple[list[str], int]:
    """What the colours mean, with the share of the workers' time, most first; and where it ends."""
    order = sorted(trace.shares.items(), key=lambda item: -item[1])
    keys = [(state, f"{_percent(share)} {trace.says(state)}") for state, share in order if share >= _SEEN]
    if main := _main(trace):
        keys.append(("commit", f"{main} writing to the store (main)"))
    parts, y = [], y + 10
    for state, words in keys:
        parts.append(f'<rect class="key {state}" x="1%" y="{y}" width="13" height="13" rx="2"/>')
        for line in wrap(words, _LEGEND):
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
