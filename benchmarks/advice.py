"""`advice`: whether the advice of `crawler compare` holds, and `auto` with it, on five servers that limit differently.

For each server: what is advised after one number of workers was compared; then a sweep of numbers of workers, what was
advised among them, and `auto`, in shuffled rounds.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks.show import Result, setting
from crawler.compare.advice import Advice
from crawler.compare.outcome import Comparison
from crawler.compare.runner import Aim, compare
from crawler.compare.sites import Demo, open_site
from crawler.compare.task import Combination, RunSource

STRATEGY, PARSE, FIRST = "threads", "callback", 16
WIDTHS = (2, 4, 6, 8, 12, 16, 24, 32, 64)
BASELINE = Combination("serial", 1, "worker")
AUTO = Combination("auto", 64, "worker")
HEADER = (
    "server",
    "best pages/s",
    "at",
    "advised",
    "pages/s",
    "of best",
    "predicted",
    "measured",
    "off",
    "auto",
    "of best",
)
ADVISED, OFF, NEAR = 0.9, 0.15, 1 / 1.2  # what is asked of them

LISTINGS = """
name: {name}
demo: {{books: {books}}}
polite: {{{polite}}}
start: {start}
pages:
  listing:
    follow:
      - {{css: '{books_css}', to: book}}
      - {{css: 'li.next a', to: listing, next: true}}
  book:
    table: books
    fields: {{title: h1, isbn: {{label: ISBN}}}}
"""


@dataclass(frozen=True)
class Server:
    """A server.

    Attributes:
        chain: books that are read of each listing, where only the first is a start page; 0 where all listings are.
        polite: the politeness of the job.
        first: number of workers that is compared before the advice is given.
    """

    name: str
    demo: Demo
    chain: int = 0
    polite: str = "delay: 0, per_host: 64"
    first: int = FIRST


SERVERS = (
    Server("latency only", Demo(latency=0.1)),
    Server("4 slots", Demo(latency=0.05, capacity=4)),
    Server("slows beyond 8", Demo(latency=0.1, slows_beyond=8)),
    Server("429 above 60/s", Demo(latency=0.1, rate=60)),
    Server("listing chain", Demo(latency=0.1), chain=1),
)
MORE = (
    Server("20 ms", Demo(latency=0.02)),
    Server("500 ms", Demo(latency=0.5), first=64),
    Server("1 slot", Demo(latency=0.05, capacity=1)),
    Server("6 slots", Demo(latency=0.05, capacity=6), first=4),
    Server("12 slots", Demo(latency=0.05, capacity=12), first=64),
    Server("slows beyond 3", Demo(latency=0.1, slows_beyond=3)),
    Server("slows beyond 16", Demo(latency=0.1, slows_beyond=16), first=4),
    Server("slows beyond 32", Demo(latency=0.1, slows_beyond=32)),
    Server("429 above 20/s", Demo(latency=0.1, rate=20)),
    Server("429 above 20/s, quick", Demo(latency=0.02, rate=20)),
    Server("429 above 150/s", Demo(latency=0.1, rate=150)),
    Server("429 above 60/s, slows beyond 8", Demo(latency=0.1, rate=60, slows_beyond=8)),
    Server("listing chain, 4 books each", Demo(latency=0.1), chain=4),
    Server("listing chain, 6 slots", Demo(latency=0.05, capacity=6), chain=8),
    Server("4 at once", Demo(latency=0.1), polite="delay: 0, per_host: 4", first=4),
    Server("a delay, 1 slot", Demo(latency=0.1, capacity=1), polite="delay: 20ms, per_host: 64", first=4),
)


class Figures(NamedTuple):
    """Pages a second of one server, and what was advised."""

    server: str
    best: float
    at: str
    advice: Advice
    advised: float
    auto: float


def check(options: argparse.Namespace, work: Path) -> Result:
    """Measure all servers, or those that are named."""
    wanted = [
        one
        for one in (MORE if options.more else SERVERS)
        if not options.only or any(one.name.startswith(name) for name in options.only)
    ]
    found = [_figures(server, options, work) for server in wanted]
    notes = [
        "Advised: at least 90 % of the best. Off: what was measured beside what was predicted, at most 15 %. "
        "auto: at least 83 % of the best (a factor of 1.2).",
        *(f"{one.server}: {one.advice.says}" for one in found),
    ]
    about = (
        f"{options.books} books; advice after one number of threads was compared (mostly {FIRST}); then "
        f"{len(WIDTHS)} numbers of threads from "
        f"{WIDTHS[0]} to {WIDTHS[-1]}, what was advised and auto, {options.repeat} shuffled rounds."
    )
    return Result("Advice", setting(about), HEADER, [_row(one) for one in found], notes)


def complaints(result: Result) -> list[str]:
    """What does not hold."""
    return [f"{row[0]}: {name}" for row in result.rows for name, cell in zip(HEADER, row, strict=True) if "!" in cell]


def _figures(server: Server, options: argparse.Namespace, work: Path) -> Figures:
    config = work / f"{re.sub('[^a-z0-9]+', '-', server.name)}.yaml"
    listings = -(-options.books // 20)
    start = "/catalogue/page-1.html" if server.chain else f"'/catalogue/page-{{1..{listings}}}.html'"
    css = f"article.book:nth-of-type(-n+{server.chain}) h3 a" if server.chain else "h3 a"
    books = 5 * options.books if server.chain else options.books
    config.write_text(
        LISTINGS.format(name=config.stem, books=books, start=start, books_css=css, polite=server.polite)
        + f"output: {work / 'out.csv'}\nstate: {work / 'state.sqlite'}\n"
    )
    advice = _compared(config, server, [Combination(STRATEGY, server.first, PARSE)], 1).advice
    if advice is None or advice.combination is None:
        raise SystemExit(f"{server.name}: there was no advice")
    sweep = [Combination(STRATEGY, workers, PARSE) for workers in WIDTHS]
    found = _compared(config, server, list(dict.fromkeys([*sweep, advice.combination, AUTO])), options.repeat)
    speeds = {one.combination: found.speed(one) for one in found.ranked}
    at = max((one for one in speeds if one != AUTO), key=lambda one: speeds[one])
    return Figures(server.name, speeds[at], at.name, advice, speeds.get(advice.combination, 0.0), speeds.get(AUTO, 0.0))


def _compared(config: Path, server: Server, combinations: Sequence[Combination], repeat: int) -> Comparison:
    source = RunSource(str(config))
    aim = Aim(source, source.load(), tuple(combinations), BASELINE, repeat)
    with open_site(aim.job, server.demo) as site:
        return compare(aim, site, lambda text: print(f"{server.name}: {text}", flush=True))


def _row(one: Figures) -> list[str]:
    assert one.advice.combination is not None
    predicted, checked = one.advice.predicted, one.advice.checked
    measured = checked.pages_a_second if checked else None
    off = measured / predicted - 1 if predicted and measured else None
    return [
        one.server,
        f"{one.best:.1f}",
        one.at,
        one.advice.combination.name,
        f"{one.advised:.1f}",
        _judged(one.advised / one.best, one.advised / one.best >= ADVISED),
        f"{predicted:.1f}" if predicted else "none!",
        f"{measured:.1f}" if measured else "none!",
        "" if off is None else _judged(off, abs(off) <= OFF),
        f"{one.auto:.1f}",
        _judged(one.auto / one.best, one.auto / one.best >= NEAR),
    ]


def _judged(share: float, holds: bool) -> str:
    return f"{share:.0%}" + ("" if holds else "!")
