"""`crawler compare --lessons`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli import exit_codes
from crawler.cli.terminal import echo, echo_json, is_terminal, paint, short, width

if TYPE_CHECKING:
    from crawler.cli.terminal import Cell
    from crawler.lessons.model import Lesson, Lessons

__all__ = ["add_lessons", "lessons_text"]

HELP = "Run the experiments of the notes on the demo site instead, and write lessons.md. Takes five minutes, no CONFIG."
FOLDER = Path("output") / "lessons"
_MAX_COLUMNS = 100
_COLOURS = {"reproduced": "green", "not clear": "yellow", "not reproduced": "red", "no result": "red"}


def add_lessons(command: click.Command) -> None:
    """Give a command with CONFIG, --out, --quiet and --json the flag --lessons, which needs no CONFIG."""
    config = next(each for each in command.params if each.name == "config")
    config.required = False
    command.params.append(click.Option(["--lessons"], is_flag=True, help=HELP))
    command.callback = _either(command.callback)


def _either(callback: Callable[..., Any] | None) -> Callable[..., Any]:
    assert callback is not None

    @functools.wraps(callback)
    def command(*, lessons: bool, **given: Any) -> Any:
        if not lessons:
            if given["config"] is None:
                raise click.MissingParameter(param_hint="'CONFIG'", param_type="argument")
            return callback(**given)
        if given["config"] is not None:
            raise click.UsageError("--lessons crawls the demo site with jobs of its own; leave out CONFIG")
        return _lessons(given["out"], quiet=given["quiet"], as_json=given["as_json"])

    return command


def _lessons(out: str | None, *, quiet: bool, as_json: bool) -> int:
    from crawler.lessons.report import write_lessons
    from crawler.lessons.run import run_lessons, the_lessons

    shows = not quiet and is_terminal(sys.stderr)
    found = run_lessons(the_lessons(), _say if shows else lambda text: None)
    if shows:
        _say("")
    files = write_lessons(found, Path(out) if out else FOLDER)
    if as_json:
        echo_json(found.as_json())
    else:
        for line in [*lessons_text(found), *(f"  {short(file.absolute())}" for file in files)]:
            echo(line)
    return exit_codes.OK if found.is_complete else exit_codes.INCOMPLETE


def _say(text: str) -> None:
    sys.stderr.write(f"\r\x1b[K{text}")
    sys.stderr.flush()


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
