"""`crawler demo`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from crawler.cli.helping import Command
from crawler.cli.options import latency, load_options, share, size
from crawler.cli.terminal import echo

if TYPE_CHECKING:
    from crawler.serving.latency import Latency


@click.command(
    "demo",
    cls=Command,
    short_help="Serve the demo bookshop until Ctrl-C.",
    sections={
        "The shop": ("books", "seed", "page_weight"),
        "How it answers": ("latency", "errors", "capacity", "rate", "slows_beyond", "port", "log"),
    },
    codes=(2, 130, 143),
    meanings={2: "wrong command line, or the port is not free", 130: "closed by Ctrl-C", 143: "closed by SIGTERM"},
)
@click.option("--books", default=60, show_default=True, help="Number of books in the shop.")
@click.option(
    "--latency",
    callback=latency,
    default="0s",
    show_default=True,
    metavar="TIME",
    help="Latency of the responses: 200ms for all; 50ms..400ms for a random time between; 'p50 100ms p95 800ms' for "
    "50 % within the first time and 95 % within the second.",
)
@click.option(
    "--errors",
    callback=share,
    default="0%",
    show_default=True,
    metavar="SHARE",
    help="Share of pages that fail on the first request, for example 5%.",
)
@click.option("--seed", default=1, show_default=True, help="Random seed: the same seed always gives the same shop.")
@click.option("--port", default=8765, show_default=True, help="TCP port on this machine; 0 picks a free one.")
@click.option(
    "--page-weight",
    callback=size,
    default="0B",
    show_default=True,
    metavar="SIZE",
    help="Pad pages with text to this size, for example 50kB.",
)
@load_options
@click.option("--log", metavar="FILE", help="Append one line of JSON to FILE for every request.")
def command(
    books: int,
    latency: float | Latency,
    errors: float,
    seed: int,
    port: int,
    page_weight: int,
    capacity: int | None,
    rate: int | None,
    slows_beyond: int | None,
    log: str | None,
) -> None:
    """Serve the demo bookshop until Ctrl-C, to look at in a browser or to crawl.

    Beside its pages, the shop has the same catalogue in other forms, which no page links to:

    \b
      /api/books?page=1     a JSON API
      /api/stock?offset=20  counts of books, by offset
      /api/search           books by page and genre, asked by POST
      /api/shelves          the shelves, with their ids
      /api/shelf            the books of a shelf, asked by POST with its id
      /graphql              GraphQL, asked by POST with a cursor
      /schema/book/1.html   schema.org data: JSON-LD on odd pages, microdata on even ones
      /shelves.html         data in scripts and in an attribute
      /prices.html          a table with merged cells
      /feed.xml             an RSS feed
      /stock.csv            a CSV file
      /stock.xlsx           an Excel file
      /sitemap.xml          an index of sitemaps
      /js                   a list that a script makes
      /delayed              a list that a script makes 1.5 seconds later
      /scroll               a list that grows when it is scrolled
      /more                 a list that grows at each click

    \b
    Examples:
      crawler demo
      crawler demo --books 1000 --latency 200ms --port 0
      crawler demo --latency "p50 100ms p95 800ms" --errors 5% --page-weight 50kB
      crawler demo --latency 50ms --capacity 4
    """
    from crawler.demo.options import DemoOptions
    from crawler.demo.server import serve

    def ready(url: str) -> None:
        echo(url)
        echo("the demo bookshop is open; Ctrl-C closes it", sys.stderr)

    load = (capacity or 0, rate or 0, slows_beyond or 0)
    serve(DemoOptions(books, latency, errors, seed, port, page_weight, *load, log), ready)
