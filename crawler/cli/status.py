"""`crawler status`."""

from __future__ import annotations

import json

import click

from crawler.cli.options import job_options, load_job
from crawler.cli.show import state_lines
from crawler.cli.terminal import echo
from crawler.summary import ENDINGS


@click.command("status", short_help="Show what is done, left and failed.")
@job_options
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(config: str, overrides: tuple[str, ...], starts: tuple[str, ...], as_json: bool) -> None:
    """Show how the newest crawl of CONFIG stands; works while a run is under way."""
    from crawler.api import status

    report = status(load_job(config, overrides, starts))
    if as_json:
        echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
        return
    echo(f"{report.name}: last run {report.started:%Y-%m-%d %H:%M}, {ENDINGS[report.ending]}")
    for line in state_lines(report):
        echo(line)
    if report.pages["left"]:
        echo(f"next: crawler run {config}")
