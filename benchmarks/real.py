"""`--pages FOLDER ...`: the race over real pages, each program's fields held against the tree of the HTML standard."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.competitors import Competitor
from benchmarks.gather import RealPage, gather, write_site
from benchmarks.judge import Difference, Judge, judge
from benchmarks.line import Line
from benchmarks.peers_env import python_of_peers
from benchmarks.race import lines_of, run_all, table
from benchmarks.serve import serving
from benchmarks.show import Result, setting
from benchmarks.sites import Site

OURS = "curl.csv,asyncio.csv,threads.csv,processes-curl.csv"
PEERS = "scrapy,crawlee-parsel,requests-bs4.csv,pycurl-lexbor"
PAGES = 2_000  # about as many in a run, so that it is not mostly start-up
SHOWN = 40  # characters of a text that differs


def race_real(options: argparse.Namespace, field: Sequence[Competitor], work: Path) -> Result:
    """Run everyone over the pages, in as many copies as make a run long enough."""
    pages = gather(options.pages)
    site, paths = write_site(pages, work / "site", options.copies or max(1, round(PAGES / len(pages))))
    truth = judge(python_of_peers(), paths)
    lines = lines_of(field, [site], options.cores)
    with serving(site.folder, charsets={page.charset for page in pages}) as (base, server):
        run_all(lines, base, work, options.repeat, options.workers[0], read=truth.read, compare=truth.hold)
    return with_differences(
        table("real pages", setting(_about(pages, site, server, truth, options)), lines), lines, truth, paths
    )


def _about(pages: list[RealPage], site: Site, server: str, truth: Judge, options: argparse.Namespace) -> str:
    size = sum(page.file.stat().st_size for page in pages) / len(pages) / 1000
    return (
        f"{len(pages):,} real pages, mean {size:.0f} kB; in a run {site.pages:,}, with copies and indexes. Served by "
        f"{server}, {options.workers[0]} requests at once, medians of {options.repeat} interleaved runs; crawler keeps "
        f"its state on disk. Differs: of {truth.cells:,} cells, those that are not as in the tree of the HTML standard."
    )


def with_differences(result: Result, lines: list[Line], truth: Judge, paths: Mapping[str, RealPage]) -> Result:
    """Add a column for the cells that differ, a note for each line that has some, and all of them to the JSON."""
    found = {line.who.name: truth.differences[line.found[0][1]] for line in lines if not line.wrong}
    rows = [[*row, str(len(found[row[0]])) if row[0] in found else ""] for row in result.rows]
    notes = [_note(name, each, paths) for name, each in found.items() if each]
    data = [line.data() | {"differs": _data(found.get(line.who.name, []), paths)} for line in lines]
    return replace(result, header=(*result.header, "differs"), rows=rows, notes=[*result.notes, *notes], data=data)


def _note(name: str, found: list[Difference], paths: Mapping[str, RealPage]) -> str:
    first, pages = found[0], len({each.path for each in found})
    same = next((at for at, two in enumerate(zip(first.found, first.expected, strict=False)) if len(set(two)) > 1), 0)
    part = slice(max(0, same - SHOWN // 2), same + SHOWN // 2)
    return (
        f"Differs: {name}: {len(found)} cells of {pages} pages, as the {first.field} of {_source(paths[first.path])}: "
        f"{first.found[part]!r} where the tree has {first.expected[part]!r}."
    )


def _data(found: list[Difference], paths: Mapping[str, RealPage]) -> list[dict[str, str]]:
    return [each._asdict() | {"file": _source(paths[each.path])} for each in found]


def _source(page: RealPage) -> str:
    return f"{page.file.parent.name}/{page.file.name}"
