"""`crawler strategies`."""

from __future__ import annotations

import click

from crawler.cli.helping import Command
from crawler.cli.terminal import echo, echo_json, width


@click.command(
    "strategies",
    cls=Command,
    short_help="List the concurrency models and which of them are installed.",
    sections={"What to print": ("as_json",)},
    codes=(0, 2),
    meanings={0: "listed"},
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")
def command(as_json: bool) -> None:
    """List the concurrency models for `run --strategy`, when to choose each, and what it requires.

    \b
    Example:
      crawler strategies
      crawler run books.yaml --strategy asyncio --workers 64
    """
    from crawler.cli.terminal import wrapped
    from crawler.extras import install
    from crawler.strategies.registry import STRATEGIES, absent, missing

    if as_json:
        found = {name: {"about": entry.about, "missing": missing(name)} for name, entry in STRATEGIES.items()}
        echo_json({"schema": 1, "strategies": found})
        return
    indent = " " * (max(map(len, STRATEGIES)) + 2)
    for name, entry in STRATEGIES.items():
        wanting = f" ({what})" if (what := missing(name)) else ""
        echo(name.ljust(len(indent)) + wrapped(entry.about + wanting, width(), indent))
    if extras := absent():
        echo(f"To install what is missing: {install(','.join(extras))}")
    echo("To use a concurrent.futures.Executor of your own: --strategy module:Class")
