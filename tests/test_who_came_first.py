"""Random sites: kinds that hand values over, over hops, redirects and pages of lists. Whatever the order of the
answers and the strategy, the rows are the same."""

from __future__ import annotations

import json
import random
import threading

import pytest

from tests.support.api import api, crawl_served
from tests.support.usable import USABLE

STRATEGIES = [name for name in ("threads", "asyncio", "curl", "processes", "processes-curl") if name in USABLE]
VALUES = [1, 2, 3, "1", "é", 1.5, True, None, "x y"]
CONFIG = """HOST/start
pages:
  root:
    format: json
    follow:
      - {each: "[]", carry: {n: n, c: c}, to: group}
      - {each: "[]", where: {c: [a, b]}, carry: {n: {json: n, hidden: true}, c: c}, to: shared, duplicates: DUPLICATES}
  group:
    format: json
    request: {url: /group, json: {n: "{n}", page: "{page}"}}
    paginate: {page: 1MORE}
    each: rows
    fields: {v: v, m: {json: m, hidden: true}}
    follow: [{from: row, carry: [m, c], to: item}]
  item:
    format: json
    request: {url: "/item/{m}"}
    fields: {got: x, both: {value: "{m}-{c}"}}
    follow: [{each: links, carry: {n: n, c: c}, to: group}, {each: links, carry: {c: c}, json: u, to: plain}]
  shared: {format: json, request: {url: /shared, form: {n: "{n}"}}, fields: {got: x}}
  plain: {format: json, fields: {got: x}}
"""


class Site:
    """A site of a seed; its answers come in an order of another one."""

    def __init__(self, seed):
        chance = random.Random(seed)
        self.start = [self.link(chance) for _ in range(6)]
        self.lists = {}
        self.items = {n: [self.link(chance) for _ in range(chance.randrange(3))] for n in range(6)}
        self.moved = {n: chance.randrange(6) for n in range(6) if chance.random() < 0.3}
        for value in VALUES:
            many = chance.randrange(3)
            self.lists[json.dumps(value)] = [
                [{"v": f"{value}-{page}-{row}", "m": chance.randrange(6)} for row in range(3)] for page in range(many)
            ]

    @staticmethod
    def link(chance):
        return {"n": chance.choice(VALUES), "c": chance.choice("abc"), "u": f"/plain/{chance.randrange(3)}"}

    def reply(self, seen):
        match seen.path.split("/")[1:]:
            case ["start"]:
                return self.start
            case ["group"]:
                asked = json.loads(seen.body)
                pages = self.lists[json.dumps(asked.get("n"))]
                number = asked["page"]
                return {"rows": pages[number - 1] if number <= len(pages) else [], "pages": len(pages)}
            case ["item", number]:
                target = self.moved.get(int(number))
                if target is not None and target != int(number):
                    return 302, {"Location": f"/item/{target}"}, ""
                return {"x": f"item {number}", "links": self.items[int(number)]}
            case ["shared"]:
                return {"x": f"shared {seen.body.decode()}"}
        return {"x": seen.path}


def shuffling(seed):
    """Hold an answer back until a few others have been asked for, or until none comes."""
    chance, arrived, asked = random.Random(seed), threading.Condition(), [0]

    def before(conn):
        with arrived:
            asked[0] += 1
            arrived.notify_all()
            wanted = asked[0] + chance.randrange(4)
            arrived.wait_for(lambda: asked[0] >= wanted, timeout=0.01)

    return before


@pytest.mark.parametrize("seed", range(20))
def test_rows_do_not_depend_on_who_came_first(tmp_path, seed):
    site = Site(seed)
    config = CONFIG.replace("DUPLICATES", ("first", "rows", "collect")[seed % 3])
    config = config.replace("MORE", ", page_count: pages" if seed % 2 else "")
    limits = {"depth": 3} if seed % 4 > 1 else {}
    wanted = None
    for turn, strategy in enumerate(["serial", *random.Random(seed).sample(STRATEGIES, 3)]):
        folder = tmp_path / str(turn)
        folder.mkdir()
        with api(site.reply, shuffling(seed + 100 * turn) if turn else lambda conn: None) as server:
            found = crawl_served(folder, server, config, strategy, **limits)
            known = ([(name, [{**row} for row in rows]) for name, rows in found.rows.items()], sorted(found.problems))
            asked = sorted((method, path, body) for method, path, body in found.sent())
        wanted = wanted or (known, asked)
        assert known[0] == wanted[0][0], strategy
        assert known[1] == wanted[0][1], strategy
        assert asked == wanted[1], strategy
    assert sum(len(rows) for _, rows in wanted[0][0]) > 5


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("first", ["stays", "leaves"])
@pytest.mark.parametrize("hops", [1, 2])
def test_a_redirect_to_another_site_does_not_depend_on_which_link_came_first(tmp_path, strategy, first, hops):
    config = """HOST/
pages:
  root: {follow: [{css: .stays, to: stays}, {css: .leaves, to: leaves}]}
  stays: {follow: [{css: a, to: item}]}
  leaves: {follow: [{css: a, to: item, same_site: false}]}
  item: {fields: {title: h1}}
"""
    moved = threading.Event()

    def before(conn):
        path = conn.server.requests[conn.number].path
        if path == f"/{'leaves' if first == 'stays' else 'stays'}":  # the link of the other page comes later
            moved.wait(20)

    with api(lambda seen: "<h1>there</h1>", lambda conn: None) as other:

        def reply(seen):
            if seen.path == "/":
                return '<a class=stays href="/stays">1</a><a class=leaves href="/leaves">2</a>'
            if seen.path in ("/stays", "/leaves"):
                return '<a href="/item1">x</a>'
            if seen.path == f"/item{hops}":
                moved.set()
                return 302, {"Location": f"{other.origin}/there"}, ""
            return 302, {"Location": "/item2"}, ""

        with api(reply, before) as server:
            found = crawl_served(tmp_path, server, config, strategy, ", allow_private: true")
    assert [row["title"] for row in found.rows["item"]] == ["there"]
    assert found.problems == []
