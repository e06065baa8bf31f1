"""The race: competitors in turn (A B C A B C ...), each run checked and measured, medians in a table."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.competitors import Competitor, command
from benchmarks.line import Line, compare
from benchmarks.measure import Measured, measure
from benchmarks.peers_env import missing, python_of_peers
from benchmarks.records import digest
from benchmarks.serve import cores, serving
from benchmarks.show import Result, setting
from benchmarks.sites import Site, prepare


def lines_of(field: Sequence[Competitor], sites: Sequence[Site], most_cores: int) -> list[Line]:
    """A line for each competitor and site."""
    every = max(1, len(cores()))
    return [Line(who, site, every if who.is_free else min(most_cores, every)) for who in field for site in sites]


def run_all(
    lines: list[Line],
    base: str,
    work: Path,
    repeat: int,
    workers: int,
    span: Callable[[], float] = lambda: 0.0,
    read: Callable[[Path], tuple[int, str]] = digest,
    compare: Callable[[list[Line]], None] = compare,
) -> None:
    """Run each once uncounted, then in `repeat` rounds.

    Args:
        span: says after each run how long the server saw it.
        read: how many records a file holds, and a digest of them.
        compare: marks the lines of a site that are wrong.
    """
    python = _peers_python(lines)
    for turn in range(repeat + 1):
        for line in lines:
            if line.wrong:
                continue
            run, found = _one(line, base, work / "run", python, workers, read)
            run = replace(run, span=span())
            if turn and not line.wrong:
                line.runs.append(run)
                line.found.append(found)
        print(f"round {turn} of {repeat} done" if turn else "warm-up done", file=sys.stderr)
    for site in {line.site for line in lines}:
        compare([line for line in lines if line.site == site])


def _peers_python(lines: list[Line]) -> Path | None:
    if not any(line.who.script for line in lines):
        return None
    python = python_of_peers()
    for line in lines:
        if line.who.script and (gone := missing(python, line.who.needs)):
            line.wrong = f"not installed: {', '.join(gone)}"
    return python


def _one(
    line: Line, base: str, folder: Path, python: Path | None, workers: int, read: Callable[[Path], tuple[int, str]]
) -> tuple[Measured, tuple[int, str]]:
    folder.mkdir()
    out = folder / f"records{line.who.suffix}"
    run = measure(command(line.who, line.site, base, out, python, workers), line.cores)
    found = (0, "")
    if run.error or not out.exists():
        line.wrong = f"failed: {run.error or 'wrote no file'}"
    else:
        found = read(out)
    shutil.rmtree(folder)
    return run, found


def race(options: argparse.Namespace, field: Sequence[Competitor], mirror: Path | None, work: Path) -> Result:
    """The plain race over one copy of the site."""
    site = prepare(mirror, work / "site")
    lines = lines_of(field, [site], options.cores)
    with serving(site.folder) as (base, server):
        run_all(lines, base, work, options.repeat, options.workers[0])
    about = (
        f"{site.pages:,} pages of the {site.name} site served by {server}, {options.workers[0]} requests at once, "
        f"medians of {options.repeat} interleaved runs, {site.records:,} records of each run compared; "
        "crawler keeps its state on disk."
    )
    return table("race" if options.cores == 1 else "race on two cores", setting(about), lines)


def table(name: str, about: str, lines: list[Line]) -> Result:
    """The cheapest first, those that are wrong last; ratios are to the first line given."""
    ranked = sorted((line for line in lines if not line.wrong), key=Line.cpu)
    first = next((line for line in lines if not line.wrong), None)
    rows = [_row(line, first.cpu() if first else 1.0) for line in ranked]
    bad = [line for line in lines if line.wrong]
    header = ("system", "cores", "CPU ms/page", "ratio", "pages/s", "MB")
    notes = [f"Ratio 1.00: {first.who.name}."] if first else []
    notes += [f"Wrong: {line.who.name}: {line.wrong}." for line in bad]
    rows += [[line.who.name, str(line.cores), "wrong", "", "", ""] for line in bad]
    return Result(name, about, header, rows, notes, [line.data() for line in lines])


def _row(line: Line, first: float) -> list[str]:
    figures = (f"{line.cpu():.2f}", f"{line.cpu() / first:.2f}", f"{line.speed():,.0f}", f"{line.peak():.0f}")
    return [line.who.name, str(line.cores), *figures]
