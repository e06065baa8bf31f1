"""What `crawler compare` prints: the verdict, what is wrong, the table, notes, and the advice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from crawler.cli.terminal import Cell, aligned, clean, paint, width, wrapped

if TYPE_CHECKING:
    from crawler.compare.outcome import Comparison, Entrant

__all__ = ["compare_text"]

_MAX_COLUMNS = 100
_EXTRAS = ("start s", "MB", "p50/95 ms")  # left out, the last first, where the window is narrow; the files have all
_GAP = 2
_MOST_LEADERS = 3  # of those that cannot be told apart, for which it is said where their time went
_MARKS = {"equal": "=", "open": "?"}
_WORDS = {"=": "= equal", "?": "? not told apart"}


def compare_text(found: Comparison) -> list[str]:
    """All of it, a line each."""
    from crawler.compare.reports.figures import headline, in_words, parsed_where  # late, so that --help is quick

    columns = min(width(), _MAX_COLUMNS)
    first, *rest = (in_words(found, sentence) for sentence in found.verdict())
    lines = [_line(first, columns, "green" if found.ranked else "red")]
    lines += [_line(f"  {sentence}", columns) for sentence in rest]
    for one in found.unranked:
        lines.append(_line(headline(found, one), columns, "red"))
        if one.difference is not None:
            lines.append(_line(f"  {clean(one.difference.example)}", columns))
    about = f"{found.job}: {found.site}; {found.runs_each}; {found.setting['system']}"
    lines += ["", _line(about, columns, "dim"), ""]
    if found.ranked:
        lines += [*_table(found, columns), "", _line(parsed_where(found), columns, "dim")]
    lines += [_line(in_words(found, note), columns, "yellow") for note in found.notes]
    return lines + _where(found, columns) + _advice(found, columns)


def _table(found: Comparison, columns: int) -> list[str]:
    from crawler.compare.reports.figures import labels

    named = labels(found)
    rows = _without_margin([_figures(found, one) for one in found.ranked])
    names = [Cell(named[one.name], "green" if [one.name] == found.leaders else "") for one in found.ranked]
    room = columns - _GAP - max(len(name) for name in ("combination", *(name.text for name in names)))
    heads = _fitting({head: _size(head, rows) for head in rows[0]}, room)
    table: list[list[str | Cell]] = [
        [name, *(row[head].rjust(_size(head, rows)) for head in heads)] for name, row in zip(names, rows, strict=True)
    ]
    titles = [head.partition(",")[0].rjust(_size(head, rows)) for head in heads]
    shown = [row[head] for row in rows for head in heads]
    used = sorted({cell[-1] for cell in shown if cell[-1:] in _WORDS})
    bounds = ", with 95 % confidence intervals" if any("(" in cell for cell in shown) else ""
    about = "; ".join([f"Times the best{bounds}", *(_WORDS[mark] for mark in used)])
    return [*aligned(["combination", *titles], table, columns), _line(f"  {about}", columns, "dim")]


def _without_margin(rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Without the room for a mark in columns that have none."""
    bare = [head for head in rows[0] if all(row[head][-1:] in (" ", "") for row in rows)]
    return [{head: cell.rstrip() if head in bare else cell for head, cell in row.items()} for row in rows]


def _size(head: str, rows: Sequence[Mapping[str, str]]) -> int:
    values = [len(row[head]) for row in rows]
    return max([len(head.partition(",")[0]), *values]) if any(values) else 0


def _fitting(sizes: Mapping[str, int], room: int) -> list[str]:
    """The columns that fit: extras go first, then the intervals of CPU and of the whole run."""
    heads = [head for head, size in sizes.items() if size and not head.endswith(", short")]
    steps = [(extra, "") for extra in reversed(_EXTRAS)]
    steps += [(head, f"{head}, short") for head in ("CPU", "whole run", "crawl")]
    for head, instead in steps:
        if sum(sizes[kept] + _GAP for kept in heads) <= room:
            break
        if head in heads:
            heads[heads.index(head) : heads.index(head) + 1] = [instead] * bool(instead)
    return heads


def _figures(found: Comparison, one: Entrant) -> dict[str, str]:
    from crawler.compare.reports.figures import QUANTITIES, figure, interval, ratio, standings

    cells = {"pages/s": figure(found.speed(one))}
    for quantity, standing in zip(QUANTITIES, standings(found, one), strict=True):
        head = quantity.short
        pair = standing and standing.pair
        mark = _MARKS.get(pair.outcome, " ") if pair else " "
        first = "" if standing is None else "1.00 "
        cells[head] = interval(pair, "-") + mark if pair else first
        cells[f"{head}, short"] = ratio(pair.ratio) + mark if pair else first
    memory, p50, p95 = one.median("memory"), one.median("p50") or 0.0, one.median("p95") or 0.0
    return cells | {
        "start s": figure(one.median("start_up") or 0.0),
        "MB": f"{memory / 1e6:.0f}" if memory else "",
        "p50/95 ms": f"{figure(1000 * p50)}/{figure(1000 * p95)}",
    }


def _advice(found: Comparison, columns: int) -> list[str]:
    from crawler.compare.reports.figures import in_words

    advice = found.advice
    if advice is None:
        return []
    lines = ["", paint("What limits you", "bold"), _line(in_words(found, advice.says), columns)]
    lines.append(f"  use: {paint(advice.flags, 'bold')}")
    lines += [_line(f"  as well: {', '.join(advice.others)}", columns)] if advice.others else []
    return lines + [_line(f"  {in_words(found, text)}", columns, "dim") for text in advice.sums]


def _where(found: Comparison, columns: int) -> list[str]:
    from crawler.compare.reports.figures import labels

    named = labels(found)
    best = [one for one in found.ranked if one.name in found.leaders and one.where][:_MOST_LEADERS]
    went = [f"  {named[one.name]}: {one.where.short}" for one in best if one.where]
    return ["", paint("What the workers did", "bold"), *(_line(text, columns) for text in went)] if went else []


def _line(text: str, columns: int, colour: str = "") -> str:
    indent = " " * (2 + len(text) - len(text.lstrip()))
    lines = indent[2:] + wrapped(text.lstrip(), columns, indent)
    return paint(lines, colour) if colour else lines
