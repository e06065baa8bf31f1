"""`crawler export`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from crawler.cli import exit_codes
from crawler.cli.helping import Command
from crawler.cli.options import CONFIG_OPTIONS, job_options, load_job
from crawler.cli.terminal import echo, short


@click.command(
    "export",
    cls=Command,
    short_help="Write the output files again from the stored rows.",
    sections={"Which crawl": (*CONFIG_OPTIONS, "last_good")},
    codes=(0, 2, 4, 5, 6, 130, 143),
    meanings={0: "all files are written", 130: "stopped by Ctrl-C", 143: "stopped by SIGTERM"},
)
@job_options
@click.option("--last-good", is_flag=True, help="Export the last good crawl instead of the newest one.")
@click.argument("paths", nargs=-1, metavar="[FILE]...")
def command(
    config: str, overrides: tuple[str, ...], starts: tuple[str, ...], last_good: bool, paths: tuple[str, ...]
) -> int:
    """Write the output files of CONFIG again from the stored rows, or only the given FILEs (.xlsx, .csv, .jsonl).

    Nothing is fetched.

    \b
    Examples:
      crawler export books.yaml
      crawler export books.yaml books.csv books.jsonl
    """
    from crawler.api import write_outputs
    from crawler.cli.show import kept_lines

    targets = tuple(Path(os.path.abspath(path)) for path in paths)
    report = write_outputs(load_job(config, overrides, starts, asks=False), targets, last_good=last_good)
    for path in report.files:
        echo(short(path))
    for line in kept_lines(report):
        echo(line, sys.stderr)
    for why in report.unwritten.values():
        echo(why, sys.stderr)
    return exit_codes.OUTPUT if report.unwritten else exit_codes.OK
