"""Crawls that ask by POST, page by page and over several hops: killed at any request, twice too, and gone on with."""

from __future__ import annotations

import json

import pytest

from tests.support.api import api, write_job
from tests.support.killing import Requests, resumed_exactly
from tests.support.usable import USABLE

STRATEGIES = [name for name in ("threads", "processes", "asyncio", "curl") if name in USABLE]
LISTS = 6
PAGES = 5


def body(seen):
    return json.loads(seen.body) if seen.body else {}


def posts(seen):
    """Pages of a POST until one has no rows; each row leads to a page of its own."""
    asked = body(seen)
    if "page" in asked:
        number = asked["page"]
        return {"items": [{"id": f"{number}-{n}"} for n in range(4)] if number <= PAGES else []}
    return {"name": f"item {asked['id']}"}


POSTS = """HOST/items
pages:
  list:
    format: json
    request: {json: {page: "{page}"}}
    paginate: {page: 1}
    each: items
    fields: {id: id}
    follow: [{from: row, carry: [id], to: item}]
  item: {format: json, request: {url: /item, json: {id: "{id}"}}, fields: {name: name}}
"""


def cursors(seen):
    """Several lists by cursor, from one menu."""
    asked = body(seen)
    if not asked:
        return [{"list": n} for n in range(LISTS)]
    number = int(asked.get("after", "0"))
    rows = [{"id": f"{asked['list']}-{number}-{n}"} for n in range(3)]
    return {"items": rows, "next": str(number + 1) if number + 1 < PAGES else None}


CURSORS = """HOST/menu
pages:
  menu: {format: json, follow: [{each: "[]", carry: {list: list}, to: list}]}
  list:
    format: json
    request: {url: /list, json: {list: "{list}", after: "{cursor}"}}
    paginate: {cursor: next}
    each: items
    fields: {id: id}
"""


def hops(seen):
    """Three hops: regions, their cities, and the shops of each, of which several cities have the same."""
    if seen.path == "/regions":
        return [{"region": f"R{n}"} for n in range(4)]
    asked = body(seen)
    if seen.path == "/cities":
        return [{"city": f"{asked['region']}-C{n}"} for n in range(4)]
    return {"shops": [{"name": f"{asked['city']}-S{n}"} for n in range(2)]}


HOPS = """HOST/regions
pages:
  regions: {format: json, follow: [{each: "[]", carry: {region: region}, to: cities}]}
  cities:
    format: json
    request: {url: /cities, json: {region: "{region}"}}
    follow: [{each: "[]", carry: {city: city}, to: shops}]
  shops: {format: json, request: {url: /shops, json: {city: "{city}"}}, each: shops, fields: {name: name}}
"""
SITES = {"posts": (posts, POSTS), "cursors": (cursors, CURSORS), "hops": (hops, HOPS)}


def rows(folder):
    return {file.name: file.read_text() for file in sorted(folder.glob("out*.jsonl"))}


def check(folder, name, strategy, seeds):
    reply, config = SITES[name]
    requests = Requests()
    with api(reply, before=requests) as server:
        resumed_exactly(folder, requests, lambda part: write_job(part, server.origin, config, strategy), rows, seeds)
    assert sum(text.count("\n") for text in rows(folder / "whole").values()) >= 20


@pytest.mark.parametrize("name", SITES)
def test_a_killed_crawl_is_gone_on_with_exactly(tmp_path, name):
    check(tmp_path, name, "threads", range(1, 2))


@pytest.mark.long
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", SITES)
def test_many_killed_crawls_are_gone_on_with_exactly(tmp_path, name, strategy):
    check(tmp_path, name, strategy, range(25))
