"""A comparison as a table and a few sentences, within 100 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.cli.columns import Cell, aligned, wrapped
from crawler.cli.terminal import clean, paint, width
from crawler.compare.figures import figure

if TYPE_CHECKING:
    from crawler.compare.outcome import Comparison, Entrant

__all__ = ["compare_text"]

_MOST_COLUMNS = 100
_HEADS = ("pages/s", "relative", "p50/95 ms", "CPU ms", "MB", "start s", "crawl s", "close s")
_DROPPED = ("p50/95 ms", "close s", "MB", "start s")  # in this order, where the window is narrow; the files have all
_GAP = 2


def compare_text(found: Comparison) -> list[str]:
    """All of it, a line each."""
    columns = min(width(), _MOST_COLUMNS)
    lines = [_line(f"{found.job}: {found.site}; {found.runs_each}; {found.setting['system']}", columns, "bold"), ""]
    if found.ranked:
        lines += [*_table(found, columns), ""]
    for one in found.unranked:
        lines.append(_line(f"{one.name}: {one.verdict}, {one.why}", columns, "red"))
        if one.difference is not None:
            lines.append(_line(f"  {clean(one.difference.example)}", columns))
    lines += [""] * bool(found.unranked)
    first, *rest = found.verdict()
    lines.append(_line(first, columns, "green" if len(found.leaders) == 1 else "yellow"))
    lines += [_line(f"  {text}", columns) for text in dict.fromkeys([*rest[:1], *rest[-1:]])]
    lines += [_line(text, columns, "yellow") for text in found.notes]
    return lines + _advice(found, columns)


def _table(found: Comparison, columns: int) -> list[str]:
    rows = [_figures(found, one) for one in found.ranked]
    names = [Cell(one.name, "green" if one.name in found.leaders else "") for one in found.ranked]
    sizes = {head: max(map(len, [head, *(row[head] for row in rows)])) for head in _HEADS}
    heads = [head for head in _HEADS if any(row[head] for row in rows)]
    room = columns - _GAP - max(len(name.text) for name in names)
    for head in _DROPPED:
        if sum(sizes[kept] + _GAP for kept in heads) > room and head in heads:
            heads.remove(head)
    table: list[list[str | Cell]] = [
        [name, *(row[head].rjust(sizes[head]) for head in heads)] for name, row in zip(names, rows, strict=True)
    ]
    return aligned(["combination", *(head.rjust(sizes[head]) for head in heads)], table, columns)


def _figures(found: Comparison, one: Entrant) -> dict[str, str]:
    speed = one.spread("pages_a_second")
    assert speed is not None
    memory, ratio = one.median("memory"), found.relative(one)
    p50, p95 = one.median("p50") or 0.0, one.median("p95") or 0.0
    return {
        "pages/s": figure(speed.mean) + (f" ± {figure(speed.deviation, 2)}" if speed.runs > 1 else ""),
        "relative": "1.00" if one is found.ranked[0] else str(ratio) if speed.runs > 1 else f"{ratio.value:.2f}",
        "p50/95 ms": f"{figure(1000 * p50)}/{figure(1000 * p95)}",
        "CPU ms": figure(1000 * cpu) if (cpu := one.median("cpu_a_page")) is not None else "",
        "MB": f"{memory / 1e6:.0f}" if memory else "",
        "start s": figure(one.median("start_up") or 0.0),
        "crawl s": figure(one.median("crawl") or 0.0),
        "close s": figure(one.median("close") or 0.0),
    }


def _advice(found: Comparison, columns: int) -> list[str]:
    advice = found.advice
    if advice is None:
        return []
    lines = ["", paint("What limits you", "bold"), _line(advice.says, columns)]
    lines += [_line(f"  {text}", columns, "dim") for text in advice.sums]
    others = f"  (as well: {', '.join(advice.others)})" if advice.others else ""
    return [*lines, f"  use: {paint(advice.flags, 'bold')}{others}"]


def _line(text: str, columns: int, colour: str = "") -> str:
    indent = " " * (2 + len(text) - len(text.lstrip()))
    lines = indent[2:] + wrapped(text.lstrip(), columns, indent)
    return paint(lines, colour) if colour else lines
