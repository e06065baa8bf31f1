"""`crawler demo`."""

from __future__ import annotations

import sys

import click

from crawler.cli.helping import Command
from crawler.cli.terminal import echo


@click.command(
    "demo",
    cls=Command,
    short_help="Serve the demo bookshop until Ctrl-C.",
    sections={
        "The shop": ("books", "seed", "page_weight"),
        "How it answers": ("latency", "errors", "port", "log"),
    },
    codes=(2, 130, 143),
    meanings={2: "the command line is wrong, or the port is not free", 130: "closed by Ctrl-C", 143: "by SIGTERM"},
)
@click.option("--books", default=60, show_default=True, help="How many books the shop has.")
@click.option("--latency", default=0.0, show_default=True, help="Seconds that every answer waits.")
@click.option("--errors", default=0.0, show_default=True, help="Share of pages that fail when first asked for.")
@click.option("--seed", default=1, show_default=True, help="Another seed gives another shop.")
@click.option("--port", default=8765, show_default=True, help="TCP port on this machine; 0 takes any free one.")
@click.option("--page-weight", default=0, show_default=True, help="Bytes of filler added to every page.")
@click.option("--log", metavar="FILE", help="Write a line of JSON for every request.")
def command(books: int, latency: float, errors: float, seed: int, port: int, page_weight: int, log: str | None) -> None:
    """Serve the demo bookshop until Ctrl-C, to look at it in a browser or to crawl it again and again.

    \b
    Examples:
      crawler demo
      crawler demo --books 1000 --latency 0.2 --port 0
    """
    from crawler.demo.options import DemoOptions
    from crawler.demo.server import serve

    def ready(url: str) -> None:
        echo(url)
        echo("the demo bookshop is open; Ctrl-C closes it", sys.stderr)

    serve(DemoOptions(books, latency, errors, seed, port, page_weight, log), ready)
