"""`crawler status`."""

from __future__ import annotations

import click

from crawler.cli.helping import Command
from crawler.cli.options import CONFIG_OPTIONS, job_options, load_job
from crawler.cli.terminal import echo, echo_json


@click.command(
    "status",
    cls=Command,
    short_help="Show how many pages are done, left and failed.",
    sections={"Which job": CONFIG_OPTIONS, "What to print": ("as_json",)},
    codes=(0, 2, 6),
    meanings={0: "status shown", 6: "no state file yet, or it is damaged, from a newer version or not of crawler"},
)
@job_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")
def command(config: str, overrides: tuple[str, ...], starts: tuple[str, ...], as_json: bool) -> None:
    """Show the progress of the newest crawl of CONFIG, also while a run is in progress.

    \b
    Example:
      crawler status books.yaml
    """
    from crawler.api import status

    report = status(load_job(config, overrides, starts, asks=False))
    if as_json:
        echo_json(report.as_json())
        return
    from crawler.cli.show import field, next_steps, state_lines
    from crawler.runner.summary import outcome

    echo(f"{report.name}: last run {report.started:%Y-%m-%d %H:%M}, {outcome(report)}")
    for line in state_lines(report):
        echo(line)
    if report.doubts or (report.pages["left"] and report.verdict != "good"):
        for step in next_steps(report, config):
            echo(field("next", step))
