"""`--latency SECONDS`: how near a crawler comes to the ideal, where every answer takes that long.

The ideal crawler spends no time of its own. It always asks for the next listing first, for each listing names only the
one after it: with L listings no crawler ends before L + 1 latencies. Books take the other places.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from benchmarks.competitors import Competitor
from benchmarks.line import Line
from benchmarks.race import lines_of, run_all
from benchmarks.serve import serving
from benchmarks.show import Result, setting
from benchmarks.sites import Site, prepare
from benchmarks.static import SPAN

HEADER = ("system", "at once", "seconds", "ideal", "% of ideal", "CPU ms/page")


def rounds(listings: int, books: int, width: int) -> int:
    """How many latencies the ideal crawler takes with `width` requests at once."""
    each, found, waiting, number = math.ceil(books / listings), 0, 0, 0
    while listings or waiting:
        number += 1
        asked = 1 if listings else 0
        waiting -= min(waiting, width - asked)
        if asked:
            listings -= 1
            new = min(each, books - found)
            found, waiting = found + new, waiting + new
    return number


def wait(options: argparse.Namespace, field: Sequence[Competitor], mirror: Path | None, work: Path) -> Result:
    """Run everyone against a slow server, with each number of requests at once."""
    site = prepare(mirror, work / "site")
    found: list[tuple[int, Line]] = []
    with serving(site.folder, options.latency) as (base, server):
        for workers in options.workers:
            lines = lines_of(field, [site], options.cores)
            run_all(lines, base, work, options.repeat, workers, lambda: _span(base))
            found += [(line.who.at_once or workers, line) for line in lines]
    return table(setting(_about(site, server, options)), found, options.latency)


def _about(site: Site, server: str, options: argparse.Namespace) -> str:
    return (
        f"{site.pages:,} pages of the {site.name} site, each answered after {1000 * options.latency:.0f} ms "
        f"by {server}. Seconds are from the first request to the last answer, as the server saw them; medians of "
        f"{options.repeat} interleaved runs. Ideal: one after another the {site.listings} listings, beside them the "
        f"{site.books:,} books, and no time between an answer and the next request."
    )


def _span(base: str) -> float:
    with urlopen(base + SPAN) as answer:
        return float(json.load(answer))


def table(about: str, found: list[tuple[int, Line]], latency: float) -> Result:
    """By number at once, the nearest to the ideal first."""
    found = sorted(found, key=lambda each: (each[0], _seconds(each[1])))
    rows = [_row(line, at_once, latency) for at_once, line in found]
    notes = [f"Wrong: {line.who.name}: {line.wrong}." for _, line in found if line.wrong]
    data = [line.data() | {"at_once": at_once} for at_once, line in found]
    return Result("latency", about, HEADER, rows, notes, data)


def _seconds(line: Line) -> float:
    return math.inf if line.wrong else median(run.span for run in line.runs)


def _row(line: Line, at_once: int, latency: float) -> list[str]:
    if line.wrong:
        return [line.who.name, str(at_once), "wrong", "", "", ""]
    best, seconds = rounds(line.site.listings, line.site.books, at_once) * latency, _seconds(line)
    figures = (f"{seconds:.2f}", f"{best:.2f}", f"{100 * best / seconds:.0f}", f"{line.cpu():.2f}")
    return [line.who.name, str(at_once), *figures]
