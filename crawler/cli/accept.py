"""`crawler accept`."""

from __future__ import annotations

import sys

import click

from crawler.cli import exit_codes
from crawler.cli.helping import Command
from crawler.cli.options import CONFIG_OPTIONS, job_options, load_job
from crawler.cli.terminal import echo, short


@click.command(
    "accept",
    cls=Command,
    short_help="Publish the result of a suspect crawl.",
    sections={"Which job": CONFIG_OPTIONS},
    codes=(0, 2, 4, 5, 6, 130, 143),
    meanings={
        0: "the files are published",
        2: "there is nothing to accept, or the config is wrong",
        130: "stopped by Ctrl-C",
        143: "stopped by SIGTERM",
    },
)
@job_options
def command(config: str, overrides: tuple[str, ...], starts: tuple[str, ...]) -> int:
    """Publish the result of the newest suspect crawl of CONFIG.

    Its files replace the published ones, and it becomes the last good crawl, with which later crawls are compared.
    Nothing is fetched.

    \b
    Example:
      crawler accept books.yaml
    """
    from crawler.api import accept
    from crawler.cli.show import state_lines

    report = accept(load_job(config, overrides, starts, asks=False))
    for why in report.unwritten.values():
        echo(why, sys.stderr)
    if report.unwritten:
        return exit_codes.OUTPUT
    echo(f"{report.name}: accepted; later crawls are compared with this one")
    for line in state_lines(report):
        echo(line)
    for path in report.files:
        echo(f"  file        {short(path)}")
    return exit_codes.OK
