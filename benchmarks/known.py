"""`--known N`: what a state with N known URLs costs: memory, the next URL, and a link to a page that is known already.

`python -m benchmarks.known fill|ask FILE N` is what the command starts; `ask` prints JSON.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from benchmarks.measure import measure
from benchmarks.show import Result, setting
from crawler.crawl.admission import Admission
from crawler.crawl.frontier import Frontier, Politeness
from crawler.model import Link, Page
from crawler.store import runs
from crawler.store.pages import Pages
from crawler.store.schema import open_database

ASKED = 5_000  # pages that are visited
TURN = 32  # pages in a transaction
HEADER = ("known URLs", "MB", "MB more", "open s", "next URL ms", "page with 20 known links ms", "state MB")


def fill_and_ask(number: int, work: Path) -> Result:
    """Fill one state with 1,000 URLs and one with `number`, then visit pages of each."""
    data = [_one(size, work / f"{size}.sqlite") for size in (1_000, number)]
    rows = [
        [
            f"{each['known']:,.0f}",
            f"{each['peak_mb']:.0f}",
            f"{each['peak_mb'] - data[0]['peak_mb']:.0f}",
            f"{each['open_s']:.2f}",
            f"{each['next_ms']:.3f}",
            f"{each['page_ms']:.3f}",
            f"{each['state_mb']:.0f}",
        ]
        for each in data
    ]
    about = (
        f"A state filled with URLs, all of them queued; then {ASKED:,} of them are visited (of 1,000, all). "
        "CPU time; memory is that of frontier and store alone, without client, parser and export."
    )
    return Result("known", setting(about), HEADER, rows, data=data)


def _one(number: int, path: Path) -> dict[str, float]:
    print(f"filling a state with {number:,} URLs ...", file=sys.stderr)
    for what in ("fill", "ask"):
        run = measure([sys.executable, "-m", "benchmarks.known", what, str(path), str(number)], timeout=1800)
        if run.error:
            raise SystemExit(f"--known: {run.error}")
    found: dict[str, float] = json.loads(run.output)
    return {"known": number, "state_mb": path.stat().st_size / 1e6, **found}


def _fill(path: Path, number: int) -> None:
    with closing(open_database(path)) as db:
        pages = _pages(db)
        with pages.transaction():
            pages.add_starts(Link(_url(count), "page") for count in range(number))


def _ask(path: Path, number: int) -> None:
    """Visit pages as the loop does; each has twenty links to pages that are known."""
    began = time.process_time()
    with closing(open_database(path)) as db:
        pages = _pages(db)
        frontier = Frontier(pages, Politeness(False, 0.0, 1_000, 1.0), lambda origin: None)
        with pages.transaction():
            frontier.load(0.0, 0.0)
        pages.counts(), pages.asked_for()
        opened = time.process_time() - began
        asked = spent = 0.0
        while asked < min(ASKED, number):
            with pages.transaction():
                before = time.process_time()
                popped = [each for _ in range(TURN) if (each := frontier.pop(0.0, idle_worker=True))]
                spent += time.process_time() - before
                for page, _ in popped:
                    links = tuple(Link(_url((page.id * 7_919 + step * 104_729) % number), "page") for step in range(20))
                    frontier.release(page, 0.0)
                    frontier.add(pages.done(page, Page(200, 20_000, 0.1, links=links)), 0.0)
            asked += len(popped)
        total = time.process_time() - began - opened
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024)
    times = {"open_s": opened, "next_ms": 1000 * spent / asked, "page_ms": 1000 * total / asked}
    print(json.dumps({"peak_mb": peak, **times}))


def _pages(db: sqlite3.Connection) -> Pages:
    crawl = runs.begin(db, "known", fresh=False, pid=1, now=0.0).crawl
    return Pages(db, crawl, lanes={"page": 0}, admission=Admission(traps=False), now=time.time)


def _url(number: int) -> str:
    return f"http://example.org/catalogue/section-{number % 997}/page-{number}.html"


if __name__ == "__main__":
    {"fill": _fill, "ask": _ask}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
