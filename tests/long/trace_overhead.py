"""What a trace costs: `python -m tests.long.trace_overhead [--other PYTHON] [--rounds N] [STRATEGY...]`.

CPU seconds of whole runs, all processes together, over the demo site in a process of its own: without a trace, with
one, and, where the Python of another checkout is named, there without one. Rounds are interleaved; the table has the
median of the ratios within each round, and the lowest and highest. For a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile

from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from tests.support.jobs import ROOT

STRATEGIES = ["curl", "threads", "asyncio", "processes-curl"]
BOOKS = 2_000
MEASURE = """
import json, sys, tempfile
from crawler.compare.launch import launch
from crawler.compare.task import Combination, RunSource, Task
config, base, strategy, trace = json.loads(sys.argv[1])
with tempfile.TemporaryDirectory() as folder:
    more = {"trace": f"{folder}/trace.json"} if trace else {}
    source = RunSource(config, ("output=out.csv",))
    measured = launch("crawler.compare.run_child", Task(source, Combination(strategy, 16, "auto"), base, folder, **more), 300)
    assert measured.code == 0, measured
    print(measured.cpu)
"""  # noqa: E501 - runs as one statement under another Python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("strategies", nargs="*", default=STRATEGIES)
    parser.add_argument(
        "--other", metavar="PYTHON", help="of a checkout to compare with, such as main/.venv/bin/python"
    )
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    kinds = {"traced": (sys.executable, True)}
    if options.other:
        kinds["other checkout"] = (options.other, False)
    with DemoServer(DemoOptions(books=BOOKS, port=0)) as server:
        print(f"{'strategy':16} {'':16} CPU seconds untraced, and times as much: median (lowest to highest)")
        for strategy in options.strategies:
            plain, ratios = [], {kind: [] for kind in kinds}
            for _ in range(options.rounds):
                plain.append(measured(sys.executable, server.url, strategy, trace=False))
                for kind, (python, trace) in kinds.items():
                    ratios[kind].append(measured(python, server.url, strategy, trace=trace) / plain[-1])
            for kind, found in ratios.items():
                low, middle, high = min(found), statistics.median(found), max(found)
                print(
                    f"{strategy:16} {kind:16} {statistics.median(plain):.2f}  {middle:.3f} ({low:.3f} to {high:.3f})",
                    flush=True,
                )


def measured(python: str, base: str, strategy: str, *, trace: bool) -> float:
    """CPU seconds of one run."""
    what = json.dumps([str(ROOT / "configs" / "demo.yaml"), base, strategy, trace])
    with tempfile.TemporaryDirectory() as nowhere:  # each Python imports the crawler of its own checkout
        said = subprocess.run([python, "-c", MEASURE, what], capture_output=True, text=True, check=True, cwd=nowhere)
    return float(said.stdout)


if __name__ == "__main__":
    main()
