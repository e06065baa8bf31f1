"""`--prefixes N`: what a run over N copies of the site costs for each page, beside one over a single copy."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.competitors import Competitor
from benchmarks.line import Line
from benchmarks.race import lines_of, run_all
from benchmarks.serve import serving
from benchmarks.show import Result, setting
from benchmarks.sites import prepare

HEADER = ("system", "pages", "CPU ms/page", "ratio", "MB", "ratio")


def grow(options: argparse.Namespace, field: Sequence[Competitor], mirror: Path | None, work: Path) -> Result:
    """Run everyone on one copy and on many, in turn."""
    many = prepare(mirror, work / "site", options.prefixes)
    one = replace(many, prefixes=("",))
    lines = lines_of(field, [one, many], options.cores)
    with serving(many.folder) as (base, server):
        run_all(lines, base, work, options.repeat, options.workers[0])
    about = (
        f"{one.pages:,} and {many.pages:,} pages served by {server}: one copy of the {one.name} site, and "
        f"{options.prefixes} under prefixes. {options.workers[0]} requests at once, medians of {options.repeat} "
        "interleaved runs, state on disk, records checked."
    )
    return table(setting(about), list(zip(lines[::2], lines[1::2], strict=True)))


def table(about: str, pairs: list[tuple[Line, Line]]) -> Result:
    """Two lines for each competitor; ratios are of the second to the first."""
    rows = [row for one, many in pairs for row in (_row(one, one), _row(many, one))]
    lines = [line for pair in pairs for line in pair]
    notes = [f"Wrong: {line.who.name}, {line.site.pages:,} pages: {line.wrong}." for line in lines if line.wrong]
    return Result("growth", about, HEADER, rows, notes, [line.data() for line in lines])


def _row(line: Line, one: Line) -> list[str]:
    if line.wrong:
        return [line.who.name, f"{line.site.pages:,}", "wrong", "", "", ""]
    to_cpu, to_peak = ("", "") if one.wrong else (f"{line.cpu() / one.cpu():.2f}", f"{line.peak() / one.peak():.2f}")
    return [line.who.name, f"{line.site.pages:,}", f"{line.cpu():.2f}", to_cpu, f"{line.peak():.0f}", to_peak]
