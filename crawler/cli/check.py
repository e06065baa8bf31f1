"""`crawler check`."""

from __future__ import annotations

import click

from crawler.cli.helping import Command
from crawler.cli.options import CONFIG_OPTIONS, job_options, load_job
from crawler.cli.terminal import echo, echo_json, width


@click.command(
    "check",
    cls=Command,
    short_help="Check a config and show the plan; nothing is fetched.",
    sections={"What to crawl": CONFIG_OPTIONS, "What to print": ("as_json",)},
    codes=(0, 2, 6),
    meanings={0: "a run would start", 2: "the config is wrong, or an output cannot be written"},
)
@job_options
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON on stdout.")
def command(config: str, overrides: tuple[str, ...], starts: tuple[str, ...], as_json: bool) -> int:
    """Check CONFIG and show what a run would do. Nothing is fetched, written or changed.

    \b
    Examples:
      crawler check books.yaml
      crawler check books.yaml --set polite.delay=1s
    """
    job = load_job(config, overrides, starts)
    from crawler.cli.plan import make_plan

    plan = make_plan(job, config)
    if as_json:
        echo_json(plan)
    else:
        from crawler.cli.plan_text import plan_text

        for line in plan_text(plan, width()):
            echo(line)
    code: int = plan["exit_code"]
    return code
