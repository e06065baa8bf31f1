"""`crawler lessons`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli import exit_codes
from crawler.cli.helping import Command
from crawler.cli.progress import status_line
from crawler.cli.terminal import echo, echo_json, paint, short, width

if TYPE_CHECKING:
    from crawler.cli.terminal import Cell
    from crawler.lessons.model import Lesson, Lessons

__all__ = ["command", "lessons_text"]

FOLDER = Path("output") / "lessons"
_MAX_COLUMNS = 100
_COLOURS = {"reproduced": "green", "not clear": "yellow", "not reproduced": "red", "no result": "red"}


@click.command(
    "lessons",
    cls=Command,
    short_help="Repeat the course notes' experiments on Python concurrency.",
    sections={"What to write": ("out", "as_json", "quiet")},
    codes=(0, 2, 3, 4, 130, 143),
    meanings={
        0: "complete: every experiment gave a result, whether or not it agrees with the course notes",
        3: "a variant of an experiment gave no result",
        4: "a report could not be written",
        130: "stopped by Ctrl-C; nothing was written",
        143: "stopped by SIGTERM; nothing was written",
    },
)
@click.option("--out", metavar="FOLDER", help=f"Folder for the report. Default: {FOLDER}.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing while the runs are in progress.")
@click.option("--json", "as_json", is_flag=True, help="Print results.json on stdout instead of the tables.")
def command(out: str | None, quiet: bool, as_json: bool) -> int:
    """Repeat the experiments of the course notes on Python concurrency, on the demo site.

    Each experiment compares threads, processes, callbacks, semaphores or a second pool. Its times are shown beside
    those of the course notes, with a verdict: does the faster way win here, too? It takes about five minutes, needs
    no config and no network, and writes lessons.md with plots.

    \b
    Examples:
      crawler lessons
      crawler lessons --out docs --quiet
    """
    from crawler.lessons.report import write_lessons
    from crawler.lessons.run import run_lessons, the_lessons

    with status_line(quiet=quiet) as tell:
        found = run_lessons(the_lessons(), tell)
    files = write_lessons(found, Path(out) if out else FOLDER)
    if as_json:
        echo_json(found.as_json())
    else:
        for line in [*lessons_text(found), *(f"  {short(file.absolute())}" for file in files)]:
            echo(line)
    return exit_codes.OK if found.is_complete else exit_codes.INCOMPLETE


def lessons_text(found: Lessons) -> list[str]:
    """A table and a verdict for each experiment, a line each."""
    from crawler.cli.terminal import wrapped
    from crawler.lessons.report import setting_of

    columns = min(width(), _MAX_COLUMNS)
    setting = "; ".join(f"{label} {value}" for label, value in setting_of(found).items())
    lines = [wrapped(f"{setting}; times are medians in seconds", columns, "  "), ""]
    for lesson in found.lessons:
        lines += [*_lesson(lesson, columns), ""]
    return [*lines, *(paint(wrapped(note, columns, "  "), "yellow") for note in found.notes)]


def _lesson(lesson: Lesson, columns: int) -> list[str]:
    from crawler.cli.terminal import aligned, wrapped
    from crawler.lessons.report import HEADS, cells

    it = lesson.experiment
    rows: list[list[str | Cell]] = [list(cells(lesson, one, ranges=False)) for one in it.variants]
    return [
        paint(wrapped(it.heading, columns, "  "), "bold"),
        "  " + wrapped(it.setup, columns - 2, "  "),
        *aligned(HEADS, rows, columns),
        "  " + wrapped(f"Why: {it.why}", columns - 2, "  "),
        "  " + paint(wrapped(lesson.verdict(), columns - 2, "  "), _COLOURS[lesson.outcome]),
    ]
