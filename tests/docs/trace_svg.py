"""Draw the picture of docs/trace.md again: `python -m tests.docs.trace_svg`, on a machine that does nothing else.

As many threads, then as many processes as there are cores parse the same 48 pages of the demo site with BeautifulSoup.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import crawler
from crawler.process import cores
from crawler.trace.read import Trace, read
from crawler.trace.timeline import timeline_svg
from tests.support.jobs import ROOT

PAGES = 48


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = [traced(Path(folder), strategy) for strategy in ("threads", "processes")]
    for trace in found:
        print(trace.sentence())
    (ROOT / "docs" / "trace.svg").write_text(timeline_svg(*found), encoding="utf-8")


def traced(folder: Path, strategy: str) -> Trace:
    """Run the job under a strategy."""
    page = {"table": "books", "each": "article.book", "fields": {"title": "h3 a", "price": ".price"}}
    config = {
        "name": strategy,
        "demo": {"books": 20 * PAGES, "latency": "20ms", "page_weight": "200kB"},
        "start": f"/catalogue/page-{{1..{PAGES}}}.html",
        "pages": {"page": page},
        "fetch": {"strategy": strategy, "workers": cores(), "engine": "bs4"},
        "polite": {"robots": False, "delay": 0},
        "output": f"{strategy}.jsonl",
    }
    job = folder / f"{strategy}.yaml"
    job.write_text(json.dumps(config), encoding="utf-8")
    crawler.run(crawler.load(job), trace=folder / f"{strategy}.json")
    return read(folder / f"{strategy}.json")


if __name__ == "__main__":
    main()
