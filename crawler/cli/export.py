"""`crawler export`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from crawler.cli.options import job_options, load_job
from crawler.cli.terminal import echo, short


@click.command("export", short_help="Write the outputs again from what was crawled.")
@job_options
@click.argument("paths", nargs=-1, metavar="[FILE]...")
def command(config: str, overrides: tuple[str, ...], starts: tuple[str, ...], paths: tuple[str, ...]) -> int:
    """Write the outputs of CONFIG again from what was crawled, or the FILEs given (.xlsx, .csv, .jsonl).

    Nothing is fetched.
    """
    from crawler.api import export

    targets = tuple(Path(os.path.abspath(path)) for path in paths)
    report = export(load_job(config, overrides, starts), targets)
    for path in report.files:
        echo(short(path))
    for why in report.unwritten.values():
        click.echo(why, err=True)
    return 4 if report.unwritten else 0
