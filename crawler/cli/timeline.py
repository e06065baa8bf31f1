"""`crawler timeline`."""

from __future__ import annotations

from pathlib import Path

import click

from crawler.cli.helping import Command
from crawler.cli.terminal import echo

__all__ = ["command"]


@click.command("timeline", cls=Command, short_help="Draw what `crawler run --trace` wrote.", codes=(0, 2, 4))
@click.argument("traces", metavar="TRACE...", nargs=-1, required=True)
@click.option("-o", "--output", metavar="FILE", help="An .html or .svg file. Default: that of the first TRACE, .html.")
def command(traces: tuple[str, ...], output: str | None) -> int:
    """Draw TRACE, a file that `crawler run --trace` wrote: what each worker did and when.

    Several traces are drawn below one another with one scale of time.

    \b
    Examples:
      crawler run books.yaml --trace threads.json
      crawler timeline threads.json processes.json -o both.html
    """
    path = Path(output) if output else Path(traces[0]).with_suffix(".html")
    if path.suffix.lower() not in (".html", ".svg"):
        raise click.UsageError(f"{path}: the picture is an .html or an .svg file; give it one of these endings")
    if path.resolve() in {Path(name).resolve() for name in traces}:
        raise click.UsageError(f"{path}: the picture would replace the trace; give another name with -o")
    from crawler.export.atomic import replacing
    from crawler.trace.read import read
    from crawler.trace.timeline import timeline_page, timeline_svg

    found = [read(Path(name)) for name in traces]
    draw = timeline_page if path.suffix.lower() == ".html" else timeline_svg
    with replacing(path) as file:
        file.write(draw(*found).encode())
    for name, trace in zip(traces, found, strict=True):
        echo(f"{name}: {trace.sentence()}")
    echo(f"drawn in {path}")
    return 0
