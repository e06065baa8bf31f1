"""`python -m benchmarks parts`: measure the parts, show the ratios, compare them with the baseline."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from benchmarks.parts import book, extract, fetch, loop, start
from benchmarks.parts.suite import Part, Setup, Timed, measure
from benchmarks.show import Result, setting

BASELINE = Path(__file__).with_name("baseline.json")
ALLOWED = 1.25
HEADER = ("part", "reference", "ours us", "reference us", "ratio", "baseline")

PARTS: dict[str, Callable[[Setup], Part]] = {
    "extract-book": extract.book,
    "extract-listing": extract.listing,
    "url": extract.url,
    "fetch": fetch.fetch,
    "loop": loop.loop,
    "xlsx": book.xlsx,
    "start-help": start.show_help,
    "start-check": start.check,
    "start-import": start.api,
}


def run(options: argparse.Namespace) -> tuple[Result, list[str]]:
    """Measure; returns what is to be shown and, with --check, the complaints."""
    baseline = load_baseline()
    names = [name for name in PARTS if name.startswith(tuple(options.only.split(",")))]
    if not names:
        raise SystemExit(f"--only: no such part; there are {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory(prefix="crawler-parts-") as folder, ExitStack() as stack:
        setup = Setup(Path(folder), stack, options.rows)
        timed = [Timed(PARTS[name](setup)) for name in names]
        measure(timed, options.rounds)
        if options.check and (doubtful := worse(timed, baseline)):
            print(f"measured again: {', '.join(each.part.name for each in doubtful)}", file=sys.stderr)
            measure(doubtful, 2 * options.rounds)
    if options.save:
        save(timed, baseline)
    found = table(timed, baseline, options.rounds)
    return found, complaints(timed, baseline) if options.check else []


def load_baseline(path: Path = BASELINE) -> dict[str, float]:
    """Ratios by part; {} where there is no baseline yet."""
    ratios: dict[str, float] = json.loads(path.read_text("utf-8"))["ratios"] if path.exists() else {}
    return ratios


def save(timed: list[Timed], old: Mapping[str, float], path: Path = BASELINE) -> None:
    """Make these ratios the baseline; parts that were not measured keep theirs."""
    ratios = {**old, **{each.part.name: round(each.ratio, 3) for each in timed}}
    kept = {name: ratios[name] for name in PARTS if name in ratios}
    path.write_text(json.dumps({"python": platform.python_version(), "ratios": kept}, indent=2) + "\n", "utf-8")


def worse(timed: list[Timed], baseline: Mapping[str, float]) -> list[Timed]:
    """Those whose ratio is more than a quarter above the baseline."""
    return [each for each in timed if each.ratio > ALLOWED * baseline.get(each.part.name, float("inf"))]


def complaints(timed: list[Timed], baseline: Mapping[str, float]) -> list[str]:
    """What is worse, or has no baseline; [] where all is well."""
    lines = [f"{each.part.name}: there is no baseline for it" for each in timed if each.part.name not in baseline]
    for each in worse(timed, baseline):
        was = baseline[each.part.name]
        more = 100 * (each.ratio / was - 1)
        lines.append(f"{each.part.name}: {more:.0f} % worse: ratio {each.ratio:.2f}, baseline {was:.2f}")
    if lines:
        lines.append("25 % is allowed. Where it is meant to be so: python -m benchmarks parts --save")
    return lines


def table(timed: list[Timed], baseline: Mapping[str, float], rounds: int) -> Result:
    """All parts; times are for one page, row, URL or start."""
    about = (
        f"CPU time for one page, row, URL or start of a program, the least of {rounds} interleaved rounds. "
        "The ratio is what counts: less is better."
    )
    rows = [_row(each, baseline) for each in timed]
    return Result("parts", setting(about), HEADER, rows, data=[_data(each) for each in timed])


def _row(each: Timed, baseline: Mapping[str, float]) -> list[str]:
    part, was = each.part, baseline.get(each.part.name)
    micro = 1e6 / part.per
    times = (f"{micro * each.ours:,.1f}", f"{micro * each.bare:,.1f}")
    return [part.name, part.reference, *times, f"{each.ratio:.2f}", f"{was:.2f}" if was else ""]


def _data(each: Timed) -> dict[str, object]:
    figures = {"ratio": each.ratio, "ours": each.ours, "reference": each.bare}
    return {"part": each.part.name, "per": each.part.per, **figures}
