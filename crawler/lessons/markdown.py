"""lessons.md, and what every report of the lessons says first."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from crawler.clock import duration
from crawler.lessons.lessons import Lessons
from crawler.lessons.listing import listings
from crawler.lessons.model import Lesson
from crawler.lessons.pictures import pictures
from crawler.lessons.program import ProgramLesson
from crawler.lessons.tables import heads, rows

__all__ = ["INTRODUCTION", "TITLE", "WIDTH", "as_markdown", "setting_of"]


WIDTH = 760
TITLE = "The lessons of the course notes, repeated"

INTRODUCTION = """\
What the course notes on Python concurrency teach, repeated here: crawls of this crawler on its demo site (1 to 8), and
small programs (9 to 14).

How to read the tables:

- All times are in seconds: the median of the runs (the column `runs` says how many), with the fastest and the slowest
  in brackets. Every run is a new process.
- **crawl** is the time from the first request until all pages are read and the workers have ended. **start-up** is the
  time before it, the start of Python and of the workers included. **whole run** is both, and writing the output.
- **by arithmetic** is what the crawl would take if only the given latency and parsing took time.
- **course notes** is the time that the course notes report; it is empty where they report none. They timed the pool
  alone, on another machine, so only the direction can be compared, not the seconds.
- A verdict is computed from the figures. It is *reproduced* where the slower way takes longer by at least the factor
  that follows from the course notes, and where every run of a program did what they teach. It is *not clear* where the
  slower way's fastest run was no slower than the slowest run of the other, where only some runs of a program did so, or
  where one core cannot show it; else *not reproduced*, and then the measured facts that explain it follow.
- **CPU** is the CPU time of all processes of a run. Where the machine had other work to do meanwhile, the page says how
  much.
"""


def as_markdown(found: Lessons, folder: str) -> str:
    """The whole page; `folder` is where the plots are, as seen from it."""
    again = f"This page is generated: `crawler lessons --out docs` writes it again, in about {duration(found.seconds)}."
    lines = [f"# {TITLE}", "", INTRODUCTION, again, f"Every figure is in `{folder}/results.json`.", ""]
    lines += [f"- {label}: {value}" for label, value in setting_of(found).items()]
    lines += ["", *(f"> {note}\n" for note in found.notes)]
    lines += ["## In short", "", *_in_short(found.lessons), ""]
    for lesson in found.lessons:
        lines += _lesson(lesson, folder)
    return "\n".join(lines)


def setting_of(found: Lessons) -> dict[str, str]:
    """What a reader must know to judge the figures, as label and value."""
    known = [one.others for one in found.lessons if one.others is not None]
    others = {"other work": f"{statistics.fmean(known):.1f} cores on average, beside the demo site"} if known else {}
    return {**found.setting, **others, "started": found.started, "took": duration(found.seconds)}


def _in_short(lessons: Sequence[Lesson | ProgramLesson]) -> list[str]:
    found = [f"| {one.experiment.number} | {one.experiment.title} | {one.outcome} |" for one in lessons]
    return ["| | lesson | what the course notes teach is |", "|---|---|---|", *found]


def _lesson(lesson: Lesson | ProgramLesson, folder: str) -> list[str]:
    it = lesson.experiment
    head = heads(lesson)
    table = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    table += ["| " + " | ".join(row) + " |" for row in rows(lesson)]
    code = [
        line for each in listings(lesson) for line in (f"{each.caption}:", "", *_fenced(each.language, each.text), "")
    ]
    return [
        f"## {it.heading}",
        "",
        it.setup,
        "",
        *table,
        "",
        *(f"![{it.heading}]({folder}/{name}.svg)\n" for name in pictures(lesson, WIDTH)),
        f"**Why:** {it.why}",
        "",
        f"**Here and in the course notes:** {it.unlike}",
        "",
        "**Verdict:** " + _emphasised(lesson),
        "",
        "<details><summary>The code that ran</summary>",
        "",
        *code,
        "</details>",
        "",
    ]


def _fenced(language: str, text: str) -> list[str]:
    return [f"```{language}", *text.splitlines(), "```"]


def _emphasised(lesson: Lesson | ProgramLesson) -> str:
    head, _, rest = lesson.verdict().partition(". ")
    return f"*{head}.* {rest}"
