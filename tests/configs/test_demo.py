from __future__ import annotations

import re

import pytest

from crawler.config import Job
from crawler.demo.catalogue import DEAD
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.demo.site import Site
from tests.configs.small_crawl import Found, crawl, load


def crawled(options: DemoOptions) -> Found:
    with DemoServer(options) as server:
        found = crawl(load("demo.yaml"), server.url, skip="/staff/")  # as robots.txt says
    for rows in found.tables.values():
        for row in rows:
            row["url"] = re.sub(r"^http://127.0.0.1:\d+", "", row["url"])
    return found


@pytest.mark.parametrize("books", [1, 60, 150])
def test_the_records_are_the_truth_in_its_order(books: int) -> None:
    options = DemoOptions(port=0, books=books, seed=books)
    found = crawled(options)
    truth = list(Site(options).truth())
    for table in ("books", "authors"):
        expected = [{key: row[key] for key in row if key != "table"} for row in truth if row["table"] == table]
        assert found.tables[table] == expected


def test_the_records_do_not_change_with_the_weight_of_the_pages() -> None:
    heavy, light = (crawled(DemoOptions(port=0, page_weight=weight)) for weight in (30_000, 0))
    assert (heavy.tables, heavy.notes, heavy.visits) == (light.tables, light.notes, light.visits)


def test_only_the_dead_link_fails_and_authors_are_visited_once() -> None:
    found = crawled(DemoOptions(port=0))
    assert found.failures == {DEAD: "http-404"}
    assert set(found.visits.values()) == {1}
    assert len(found.tables["books"]) == 60
    assert len(found.tables["authors"]) == 24


def test_the_price_on_request_is_the_only_value_with_a_note() -> None:
    found = crawled(DemoOptions(port=0))
    assert found.notes == [("books", "price", "not-money")]


def test_the_config_is_without_warnings_and_has_every_column_of_the_truth() -> None:
    job: Job = load("demo.yaml")
    assert job.warnings == ()
    truth = {row["table"]: list(row)[1:] for row in Site().truth()}
    for table in job.tables:
        assert sorted(column.name for column in table.columns) == sorted(truth[table.name])
    assert job.demo is not None
    assert [path.name for path in job.outputs] == ["demo.xlsx"]
    assert job.outputs[0].parent.name == "output"
