"""`--exported N`: what N rows of 8 columns cost when a crawl ends, and in each format.

`python -m benchmarks.exported CONFIG N` is what fills the state: a crawl whose pages are all read, and that has not
ended yet.
"""

from __future__ import annotations

import sys
import time
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from benchmarks.competitors import write_config
from benchmarks.measure import measure
from benchmarks.show import Result, setting
from benchmarks.sites import Site
from crawler import load
from crawler.crawl.admission import Admission
from crawler.export import FORMATS
from crawler.model import Link, Page, Record, Value
from crawler.store import runs
from crawler.store.pages import Pages
from crawler.store.schema import open_database

BASE = "http://example.org"
BOOKS = 20  # linked by a listing
HEADER = ("step", "CPU s", "us a row", "MB", "file MB")


def write_rows(number: int, work: Path) -> Result:
    """Fill a state with so many rows, end its crawl, and write them again in each format."""
    config = write_config(Site("demo", work, 1, number), BASE, work / "rows.yaml")
    config.write_text(config.read_text("utf-8").replace("books.xlsx", "ended.csv"), "utf-8")
    print(f"filling a state with {number:,} rows ...", file=sys.stderr)
    _run("benchmarks.exported", str(config), str(number))
    steps = {"end of the crawl: counted, compared, csv": (work / "ended.csv", ["run", str(config), "-q"])}
    for suffix in sorted(FORMATS):
        file = work / f"books{suffix}"
        steps[f"{suffix[1:]}, written again"] = (file, ["export", str(config), str(file)])
    data = []
    for name, (file, command) in steps.items():
        cpu, peak = _run("crawler", *command)
        data.append({"step": name, "cpu": cpu, "peak": peak, "file": file.stat().st_size / 1e6})
    rows = [
        [
            str(each["step"]),
            f"{each['cpu']:.1f}",
            f"{1e6 * float(each['cpu']) / number:.1f}",
            f"{each['peak']:.0f}",
            f"{each['file']:.0f}",
        ]
        for each in data
    ]
    about = f"{number:,} pages with a row of 8 columns each, {BOOKS} a listing. CPU time of the whole command."
    return Result("exported", setting(about), HEADER, rows, data=data)


def _run(module: str, *arguments: str) -> tuple[float, float]:
    run = measure([sys.executable, "-m", module, *arguments], timeout=3600)
    if run.error:
        raise SystemExit(f"--exported: {run.error}")
    return run.cpu, run.peak


def _fill(config: Path, number: int) -> None:
    job = load(config)
    with closing(open_database(job.state_path)) as db:
        crawl = runs.begin(db, f"{job.what_hash} ", fresh=True, pid=1, now=time.time()).crawl
        lanes, starts = {"listing": 0, "book": 1}, list(job.start_pages(None))
        pages = Pages(db, crawl, lanes=lanes, admission=Admission(traps=False), now=time.time)
        with pages.transaction():
            pages.add_starts(starts)
            (listing,) = pages.queued("example.org", 0, 1)
        for first in range(0, number, BOOKS):
            books = range(first, min(first + BOOKS, number))
            links = [Link(_book(book), "book") for book in books]
            if books.stop < number:
                links.append(Link(f"{BASE}/catalogue/page-{books.stop}.html", "listing", next=True))
            with pages.transaction():
                new = pages.done(listing, Page(200, 50_000, 0.1, links=tuple(links)))
                for book, page in zip(books, new, strict=False):
                    pages.done(page, Page(200, 20_000, 0.1, records=(Record("books", _values(book)),)))
                listing = new[-1]


def _book(number: int) -> str:
    return f"{BASE}/catalogue/a-book-of-many-words_{number}/index.html"


def _values(number: int) -> dict[str, Value]:
    values: dict[str, Value] = {"title": f"A book of many words, number {number}", "price": Decimal(number) / 100}
    values |= {"rating": number % 5 + 1, "stock": number % 23, "upc": f"{number * 2_654_435_761:016x}"}
    text = "A description that goes on for a sentence."
    return values | {"category": f"Category {number % 50}", "description": text, "url": _book(number)}


if __name__ == "__main__":
    _fill(Path(sys.argv[1]), int(sys.argv[2]))
