"""`crawler demo`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from crawler.cli.helping import Command
from crawler.cli.options import latency, share, size
from crawler.cli.terminal import echo

if TYPE_CHECKING:
    from crawler.serving.latency import Latency


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
@click.option(
    "--latency",
    callback=latency,
    default="0s",
    show_default=True,
    metavar="TIME",
    help="How long answers wait: 200ms for all; 50ms..400ms for any time between; 'p50 100ms p95 800ms' for half "
    "within the first, 95 % within the second.",
)
@click.option(
    "--errors",
    callback=share,
    default="0%",
    show_default=True,
    metavar="SHARE",
    help="Share of pages that fail when first asked for: 5%.",
)
@click.option("--seed", default=1, show_default=True, help="Another seed gives another shop.")
@click.option("--port", default=8765, show_default=True, help="TCP port on this machine; 0 takes any free one.")
@click.option(
    "--page-weight",
    callback=size,
    default="0B",
    show_default=True,
    metavar="SIZE",
    help="Fill pages with text up to this size: 50kB.",
)
@click.option("--log", metavar="FILE", help="Write a line of JSON for every request.")
def command(
    books: int, latency: float | Latency, errors: float, seed: int, port: int, page_weight: int, log: str | None
) -> None:
    """Serve the demo bookshop until Ctrl-C, to look at it in a browser or to crawl it again and again.

    \b
    Examples:
      crawler demo
      crawler demo --books 1000 --latency 200ms --port 0
      crawler demo --latency "p50 100ms p95 800ms" --errors 5% --page-weight 50kB
    """
    from crawler.demo.options import DemoOptions
    from crawler.demo.server import serve

    def ready(url: str) -> None:
        echo(url)
        echo("the demo bookshop is open; Ctrl-C closes it", sys.stderr)

    serve(DemoOptions(books, latency, errors, seed, port, page_weight, log), ready)
