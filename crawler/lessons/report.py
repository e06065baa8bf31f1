"""The results of the experiments as lessons.md, with plots and figures, in one folder."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path

from crawler.clock import duration
from crawler.compare.svg import Bar, bars
from crawler.export.atomic import replacing
from crawler.lessons.model import Lesson, Lessons, Variant

__all__ = ["HEADS", "as_markdown", "cells", "plot", "seconds", "setting_of", "steps_of", "write_lessons"]


WIDTH = 760
PARTS = ("crawl", "start-up", "writing", "course notes")
STYLE = """<style>
:root { --ink: #1c2127; --soft: #5b6570; --p0: #2a6fbb; --p1: #b4bdc7; --p2: #2e8b57; --p3: #d9730d; --page: #fff; }
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6e9ed; --soft: #9aa5b1; --page: #1d2127;
    --p0: #6aaaf0; --p1: #6b7683; --p2: #63c58f; --p3: #f59e50;
  }
}
svg { font: 12px system-ui, sans-serif; background: var(--page); }
text { fill: var(--ink); } text.value { fill: var(--soft); }
.part0 { fill: var(--p0); } .part1 { fill: var(--p1); } .part2 { fill: var(--p2); } .part3 { fill: var(--p3); }
</style>"""


def plot(lesson: Lesson) -> str:
    """A bar for each variant, the median of its runs, and one for each figure of the course notes.

    The crawl stands first, though the start-up comes before it, so that crawls can be compared by their length.
    """
    rows: list[Bar] = []
    for one in lesson.experiment.variants:
        times = [lesson.median(one.name, what) or 0.0 for what in ("crawl", "start_up", "close")]
        rows.append(Bar(one.name, times))
        if one.notes is not None:
            rows.append(Bar("course notes", [0.0, 0.0, 0.0, one.notes]))
    has_notes = any(one.notes is not None for one in lesson.experiment.variants)
    inline = bars(rows, lesson.experiment.heading, "seconds", WIDTH, PARTS if has_notes else PARTS[:3])
    head, _, body = inline.partition(">")
    named = head.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" ', 1)
    return f"{named}>\n{STYLE}\n{body.lstrip()}\n"


HEADS = ("variant", "runs", "course notes", "by arithmetic", "crawl", "start-up", "whole run", "CPU")

INTRODUCTION = """\
The experiments of the course notes on Python concurrency, repeated with this crawler on its demo site.

This page is generated: `crawler lessons --out docs` writes it again, in less than five minutes. Every figure is in
`lessons/results.json`.

How to read the tables:

- All times are in seconds: the median of the runs (the column `runs` says how many), with the fastest and the slowest
  in brackets. Every run is a new process.
- **crawl** is the time from the first request until all pages are read and the workers have ended. **start-up** is the
  time before it, the start of Python and of the workers included. **whole run** is both, and writing the output.
- **by arithmetic** is what the crawl would take if only the given latency and parsing took time.
- **course notes** is the time that the course notes report. They timed the pool alone, on another machine, so only the
  direction can be compared, not the seconds.
- A verdict is computed from the times. It is *reproduced* where the slower way takes longer by at least the factor that
  follows from the course notes, *not clear* where it does but its fastest run was no slower than the slowest run of the
  other, else *not reproduced*.
- **CPU** is the CPU time of all processes of a run. Where the machine had other work to do meanwhile, the page says how
  much.
"""


def as_markdown(found: Lessons, folder: str) -> str:
    """The whole page; `folder` is where the plots are, as seen from it."""
    lines = ["# The experiments of the course notes, repeated", "", INTRODUCTION]
    lines += [f"- {label}: {value}" for label, value in setting_of(found).items()]
    lines += ["", *(f"> {note}\n" for note in found.notes)]
    lines += ["## In short", "", *_in_short(found.lessons), ""]
    for lesson in found.lessons:
        lines += _lesson(lesson, folder)
    return "\n".join(lines)


def setting_of(found: Lessons) -> dict[str, str]:
    """What a reader must know to judge the figures, as label and value."""
    known = [one.others for one in found.lessons if one.others is not None]
    others = {"other work": f"{statistics.fmean(known):.1f} cores on average, the demo site included"} if known else {}
    return {**found.setting, **others, "started": found.started, "took": duration(found.seconds)}


def _in_short(lessons: Sequence[Lesson]) -> list[str]:
    rows = [f"| {one.experiment.number} | {one.experiment.title} | {one.outcome} |" for one in lessons]
    return ["| | experiment | the course notes' direction |", "|---|---|---|", *rows]


def _lesson(lesson: Lesson, folder: str) -> list[str]:
    it = lesson.experiment
    table = ["| " + " | ".join(HEADS) + " |", "|---|" + "---:|" * (len(HEADS) - 1)]
    table += ["| " + " | ".join(cells(lesson, one)) + " |" for one in it.variants]
    return [
        f"## {it.heading}",
        "",
        it.setup,
        "",
        *table,
        "",
        f"![{it.heading}]({folder}/{it.number}.svg)",
        "",
        f"**Why:** {it.why}",
        "",
        f"**Here and in the course notes:** {it.unlike}",
        "",
        "**Verdict:** " + _emphasised(lesson),
        "",
    ]


def _emphasised(lesson: Lesson) -> str:
    head, _, rest = lesson.verdict().partition(". ")
    return f"*{head}.* {rest}"


def cells(lesson: Lesson, variant: Variant, *, ranges: bool = True) -> list[str]:
    """A row of the table below HEADS; with `ranges`, the fastest and the slowest run in brackets."""
    notes = "" if variant.notes is None else f"{variant.notes:.4g}"
    ideal = "" if variant.ideal is None else steps_of(variant)
    runs = len(lesson.runs.get(variant.name, []))
    times = [seconds(lesson.values(variant.name, what), ranges) for what in ("crawl", "start_up", "whole")]
    return [variant.name, str(runs), notes, ideal, *times, seconds(lesson.values(variant.name, "cpu"), ranges=False)]


def steps_of(variant: Variant) -> str:
    """`2 + 10 x 1 = 12`, or `1` alone."""
    result = f"{variant.ideal:.3g}"
    return result if variant.sum == result else f"{variant.sum} = {result}"


def seconds(values: Sequence[float], ranges: bool = True) -> str:
    """The median, and the range where there are several; an empty text for no values."""
    if not values:
        return ""
    span = f" ({min(values):.2f} to {max(values):.2f})" if ranges and len(values) > 1 else ""
    return f"{statistics.median(values):.2f}{span}"


FOLDER = "lessons"


def write_lessons(found: Lessons, folder: Path) -> list[Path]:
    """Write lessons.md, and below `lessons` an SVG file for each experiment and results.json; gives their paths.

    Raises:
        OutputError: one cannot be written; an older one is intact.
    """
    contents = {"lessons.md": as_markdown(found, FOLDER)}
    contents |= {f"{FOLDER}/{one.experiment.number}.svg": plot(one) for one in found.lessons}
    contents[f"{FOLDER}/results.json"] = json.dumps(found.as_json(), indent=2) + "\n"
    for name, text in contents.items():
        with replacing(folder / name) as file:
            file.write(text.encode())
    return [folder / name for name in contents]
