"""Every strategy at every parse stage on two sites, as a table: `python -m tests.long.conformance_table [STRATEGY...]`.

Each cell is the beginning of a sha256 of all that a crawl leaves: tables, rows, order, workbook, failures and counts.
The exit code is 1 where one of a site differs from that of the baseline. Takes about ten minutes.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crawler.crawl.parse_stage import PARSE_STAGES
from crawler.demo.process import DemoServer
from tests.support.sites import VARIABLE, find_site
from tests.support.static_site import served
from tests.support.usable import USABLE, places
from tests.test_books_site import arguments
from tests.test_conformance import SITE, outcome, run_one

Run = Callable[[Path, str, str], Any]


def main(names: list[str]) -> int:
    strategies = names or USABLE
    with tempfile.TemporaryDirectory() as folder:
        right = [on_demo(Path(folder), strategies), on_books(Path(folder), strategies)]
    return 0 if all(right) else 1


def on_demo(folder: Path, strategies: list[str]) -> bool:
    with DemoServer(SITE) as server:
        return table("the demo site", folder, strategies, lambda out, *how: run_one(server.url, out, *how))


def on_books(folder: Path, strategies: list[str]) -> bool:
    pages = find_site("books_toscrape")
    if pages is None:
        print(f"books_toscrape: not found; set {VARIABLE} to the folder that holds it")
        return False
    with served(pages, folder / "log.jsonl") as url:

        def run(out: Path, strategy: str, place: str) -> Any:
            return outcome(out, *arguments(url, out, strategy), "--parse", place)

        return table("books_toscrape", folder, strategies, run)


def table(site: str, folder: Path, strategies: list[str], run: Run) -> bool:
    """Print the rows of one site as they come; tells whether all is as the baseline has it."""
    expected = sha256(run(folder / site / "baseline", "serial", "worker"))
    print(f"\n{site}: {expected}\n{'':20}" + "".join(f"{place:14}" for place in PARSE_STAGES))
    right = True
    for strategy in strategies:
        found = {each: sha256(run(folder / site / f"{strategy}-{each}", strategy, each)) for each in places(strategy)}
        print(f"{strategy:20}" + "".join(f"{found.get(each, 'cannot')[:12]:14}" for each in PARSE_STAGES), flush=True)
        right &= set(found.values()) == {expected}
    print("all the same" if right else "NOT all the same")
    return right


def sha256(result: Any) -> str:
    return hashlib.sha256(repr(result).encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
