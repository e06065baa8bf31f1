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
    from crawler.lessons.lessons import Lessons
    from crawler.lessons.model import Experiment, Lesson
    from crawler.lessons.program import Program, ProgramLesson

__all__ = ["command", "lessons_text"]

FOLDER = Path("output") / "lessons"
_MAX_COLUMNS = 100
_COLOURS = {"reproduced": "green", "not reproduced": "red", "no result": "red"}


@click.command(
    "lessons",
    cls=Command,
    short_help="Repeat the course notes' experiments on Python concurrency.",
    sections={"What to run": ("only",), "What to write": ("out", "as_json", "quiet")},
    codes=(0, 2, 3, 4, 130, 143),
    meanings={
        0: "complete: every experiment gave a result, whether or not it agrees with the course notes",
        3: "a variant of an experiment gave no result",
        4: "a report could not be written",
        130: "stopped by Ctrl-C; nothing was written",
        143: "stopped by SIGTERM; nothing was written",
    },
)
@click.option("--only", metavar="NUMBERS", help="Lessons to run, as 3,8,10a. Default: all of them.")
@click.option("--out", metavar="FOLDER", help=f"Folder for the report. Default: {FOLDER}.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing while the runs are in progress.")
@click.option("--json", "as_json", is_flag=True, help="Print results.json on stdout instead of the tables.")
def command(only: str | None, out: str | None, quiet: bool, as_json: bool) -> int:
    """Repeat what the course notes on Python concurrency teach: crawls of the demo site, and small programs.

    The crawls compare threads, processes, callbacks, semaphores or a second pool; the programs show locks, queues,
    sharing between processes, and how processes end. Figures are shown beside those of the course notes, with a
    verdict: is it so here, too? It takes about six minutes, needs no config and no network, and writes lessons.html
    and lessons.md with plots and the code that ran.

    \b
    Examples:
      crawler lessons
      crawler lessons --only 3,9,11
      crawler lessons --out docs --quiet
    """
    from crawler.lessons.report import PAGE, write_lessons
    from crawler.lessons.run import run_lessons, the_lessons

    folder = Path(out) if out else FOLDER
    _check_folder(folder / PAGE)
    chosen = _chosen(only, the_lessons())
    with status_line(quiet=quiet) as tell:
        found = run_lessons(chosen, tell)
    files = write_lessons(found, folder)
    if as_json:
        echo_json(found.as_json())
    else:
        for line in [*lessons_text(found), *(f"  {short(file.absolute())}" for file in files)]:
            echo(line)
    return exit_codes.OK if found.is_complete else exit_codes.INCOMPLETE


def _check_folder(page: Path) -> None:
    """Complain now, not after six minutes, about a folder that cannot be written."""
    from crawler.errors import OutputError
    from crawler.export.preflight import check

    if complaint := check(page):
        raise OutputError(f"{page}: {complaint}")


def _chosen(only: str | None, every: list[Experiment | Program]) -> list[Experiment | Program]:
    if only is None:
        return every
    known = {one.number: one for one in every}
    asked = [number.strip() for number in only.split(",")]
    for number in asked:
        if number not in known:
            raise click.BadParameter(
                f"there is no lesson {number!r}; there are {', '.join(known)}", param_hint="--only"
            )
    return [one for one in every if one.number in asked]


def lessons_text(found: Lessons) -> list[str]:
    """A table and a verdict for each experiment, a line each."""
    from crawler.cli.terminal import wrapped
    from crawler.lessons.markdown import setting_of

    columns = min(width(), _MAX_COLUMNS)
    setting = "; ".join(f"{label} {value}" for label, value in setting_of(found).items())
    lines = [wrapped(f"{setting}; times are medians in seconds", columns, "  "), ""]
    for lesson in found.lessons:
        lines += [*_lesson(lesson, columns), ""]
    return [*lines, *(paint(wrapped(note, columns, "  "), "yellow") for note in found.notes)]


def _lesson(lesson: Lesson | ProgramLesson, columns: int) -> list[str]:
    from crawler.cli.terminal import aligned, wrapped
    from crawler.lessons import tables

    it = lesson.experiment
    rows: list[list[str | Cell]] = [list(row) for row in tables.rows(lesson, ranges=False)]
    return [
        paint(wrapped(it.heading, columns, "  "), "bold"),
        "  " + wrapped(it.setup, columns - 2, "  "),
        *aligned(tables.heads(lesson), rows, columns),
        "  " + wrapped(f"Why: {it.why}", columns - 2, "  "),
        "  " + paint(wrapped(lesson.verdict(), columns - 2, "  "), _COLOURS.get(lesson.outcome, "yellow")),
    ]
