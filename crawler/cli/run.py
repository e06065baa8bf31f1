"""`crawler run`."""

from __future__ import annotations

import json
import sys

import click

from crawler.cli.options import job_options, load_job
from crawler.cli.signals import stopping
from crawler.cli.terminal import echo


@click.command("run", short_help="Crawl what a config describes and write its workbook.")
@job_options
@click.option("--strategy", metavar="NAME", help="How requests are executed: serial, threads, processes.")
@click.option("--workers", metavar="N", help="Requests at once.")
@click.option("--parse", metavar="PLACE", help="Where pages are analysed: auto, worker, callback, pool, barrier.")
@click.option("--fresh", is_flag=True, help="Begin anew, even if an unfinished crawl could be gone on with.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing unless something is wrong.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on stdout.")
def command(
    config: str,
    overrides: tuple[str, ...],
    starts: tuple[str, ...],
    strategy: str | None,
    workers: str | None,
    parse: str | None,
    fresh: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Crawl what CONFIG describes and write its outputs.

    A run that was stopped or killed is gone on with by the next; after a finished one the next begins anew.

    \b
    Examples:
      crawler run configs/demo.yaml
      crawler run books.yaml --strategy processes --workers 4
      crawler run books.yaml --set limits.pages=50 --set polite.delay=1s
    """
    flags = {"fetch.strategy": strategy, "fetch.workers": workers, "fetch.parse": parse}
    more = tuple(f"{key}={value}" for key, value in flags.items() if value is not None)
    job = load_job(config, overrides + more, starts)
    from crawler.api import run
    from crawler.cli.progress import progress
    from crawler.cli.show import end_summary

    if not quiet:
        for warning in job.warnings:
            echo(f"warning: {warning}", sys.stderr)
    with stopping(quiet=quiet) as stopper, progress(job, quiet=quiet) as observe:
        report = run(job, fresh=fresh, observe=observe, stopper=stopper)
    if as_json:
        echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
    elif not quiet:
        echo(end_summary(report, config))
    elif report.exit_code:
        echo(end_summary(report, config), sys.stderr)
    return report.exit_code
