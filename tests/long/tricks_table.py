"""Ways to end a page under every client, as a table: `python -m tests.long.tricks_table [STRATEGY...]`.

A line is one way, see `tests.support.tricks`; a cell is what a crawl made of that page: `whole`, or the cause of its
failure, each after one more try. `!` marks what is not as it should be; then the exit code is 1. Takes 20 seconds.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from tests.support.badserver import answer, pages, serve
from tests.support.jobs import crawl
from tests.support.tricks import TRICKS, open_tricks

STRATEGIES = ("threads", "processes", "asyncio", "gevent", "curl", "processes-curl")
JOB = """
name: tricks
start: {start}
pages:
  index: {{follow: [{{css: a, to: page, same_site: false}}]}}
  page: {{table: pages, fields: {{title: title}}}}
fetch: {{strategy: {strategy}, workers: 8, timeout: 2, retries: 1, allow_private: true, insecure_hosts: [127.0.0.1]}}
polite: {{robots: false, delay: 0}}
limits: {{failures: 100%}}
output: out/pages.jsonl
"""


def main(strategies: tuple[str, ...]) -> int:
    """Print the table; return the exit code."""
    with tempfile.TemporaryDirectory() as name, open_tricks(Path(name)) as tricks:
        links = "".join(f"<a href='{url}'>{trick}</a>" for trick, url in tricks.items())
        with serve(pages({"/": answer(links.encode())})) as index:
            found = {each: outcomes(Path(name) / each, each, index.url) for each in strategies}
    widths = [max(map(len, TRICKS)) + 2, 12, *(max(12, len(each) + 2) for each in strategies)]
    print(_line(["how the page ends", "right", *strategies], widths))
    right = True
    for trick, url in tricks.items():
        want = TRICKS[trick].want
        cells = [found[each].get(url, "missing") for each in strategies]
        right = right and all(cell == want for cell in cells)
        print(_line([trick, want, *(cell if cell == want else f"! {cell}" for cell in cells)], widths))
    return 0 if right else 1


def outcomes(folder: Path, strategy: str, start: str) -> dict[str, str]:
    """Crawl all of them under one strategy; what became of each address."""
    folder.mkdir()
    job = folder / "tricks.yaml"
    job.write_text(JOB.format(start=start, strategy=strategy))
    done = crawl("run", job, "--quiet")
    assert "Traceback" not in done.stderr, done.stderr
    with closing(sqlite3.connect(folder / "out" / "tricks.state.sqlite")) as db:
        rows = db.execute(
            "SELECT p.url, p.code, r.data, p.attempts FROM pages p LEFT JOIN records r ON r.page = p.id"
        ).fetchall()
    return {url: _told(code, data, attempts) for url, code, data, attempts in rows}


def _told(code: str | None, data: str | None, attempts: int) -> str:
    if data is not None:
        return "whole" if '"whole"' in data else f"half: {data}"
    return f"{code}" if attempts == 2 else f"{code}, {attempts} tries"


def _line(cells: list[str], widths: list[int]) -> str:
    return "".join(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or STRATEGIES))
