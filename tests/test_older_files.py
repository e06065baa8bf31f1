"""Files of earlier commits still work: states (tests/data/before_0_2), configs, and names of options."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

import crawler
from tests.support.badserver import Server, serve
from tests.support.old_shop import BOOKS, CONFIG, reply

DATA = Path(__file__).parent / "data" / "before_0_2"


@pytest.fixture
def proxy() -> Iterator[Server]:
    with serve(reply()) as server:
        yield server


def load(folder: Path, proxy: Server, state: str) -> crawler.Job:
    (folder / "shop.state.sqlite").write_bytes(gzip.decompress((DATA / state).read_bytes()))
    (folder / "shop.yaml").write_text(CONFIG.replace("PROXY", proxy.origin))
    return crawler.load(folder / "shop.yaml")


def test_an_unfinished_crawl_of_before_is_resumed(tmp_path: Path, proxy: Server) -> None:
    report = crawler.run(load(tmp_path, proxy, "unfinished.sqlite.gz"))
    assert report.resumed
    assert (report.exit_code, report.ending, dict(report.records)) == (0, "finished", {"books": 12})
    asked = {seen.path.removeprefix("http://shop.example") for seen in proxy.requests}
    assert asked == {f"/book/{number}" for number in range(7, 13)}
    assert (tmp_path / "shop.csv").read_bytes() == (DATA / "shop.csv").read_bytes()


def test_what_was_crawled_before_is_read_exported_and_compared_with(tmp_path: Path, proxy: Server) -> None:
    job = load(tmp_path, proxy, "finished.sqlite.gz")
    assert dict(crawler.status(job).records) == {"books": 12}
    assert [row["title"] for row in crawler.rows(job, "books")] == BOOKS
    crawler.write_outputs(job)
    assert (tmp_path / "shop.csv").read_bytes() == (DATA / "shop.csv").read_bytes()
    assert proxy.requests == []
    report = crawler.run(job)
    assert (report.exit_code, report.verdict) == (0, "good")
    assert report.last is not None
    assert report.last.figures.tables["books"].rows == 12
