"""Crawls that ask with more than a URL: POST, values of rows, several hops, secrets, redirects."""

from __future__ import annotations

import gzip
import json
import os

import pytest

import crawler
from crawler.config.diagnostics import BadConfig
from crawler.crawl.inbox import Stopper
from tests.support.api import api, crawl_api, crawl_served, write_job
from tests.support.usable import USABLE

STRATEGIES = [
    name for name in ("serial", "threads", "asyncio", "curl", "processes", "processes-curl", "auto") if name in USABLE
]

CITIES = """HOST/cities
pages:
  cities: {format: json, follow: [{each: "[]", carry: {city: name, id: {json: id, hidden: true}}, to: shops}]}
  shops:
    format: json
    request: {url: /shops, json: {city: "{id:int}", size: 2}}
    each: shops
    where: {live: true}
    fields: {name: name, live: {json: live, hidden: true}, slug: {json: slug, hidden: true}}
    follow: [{from: row, carry: [slug, city], to: shop}]
  shop:
    request: {url: "/shop/{slug}"}
    fields: {name: h1, where: {value: "{slug} in {city}"}}
"""


def cities(seen):
    if seen.path == "/cities":
        return [{"id": "1", "name": "Oakton"}, {"id": 2, "name": "Élm"}]
    if seen.path == "/shops":
        city = json.loads(seen.body)["city"]
        return {"shops": [{"name": f"S{city}{n}", "slug": f"s-{n}", "live": n != 3} for n in (1, 2, 3)]}
    return f"<h1>{seen.path}</h1>"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_values_of_rows_fill_requests_over_several_hops(tmp_path, strategy):
    found = crawl_api(tmp_path, cities, CITIES, strategy)
    assert found.rows["shops"] == [
        {"name": f"S{id}{n}", "city": city} for id, city in ((1, "Oakton"), (2, "Élm")) for n in (1, 2)
    ]
    # Both cities have a shop s-1: its row says the city, so it is two pages.
    assert [row["where"] for row in found.rows["shop"]] == [
        "s-1 in Oakton",
        "s-2 in Oakton",
        "s-1 in Élm",
        "s-2 in Élm",
    ]
    posts = sorted(body for method, _, body in found.sent() if method == "POST")
    assert posts == ['{"city":1,"size":2}', '{"city":2,"size":2}']
    assert found.problems == []


def test_what_is_only_a_column_makes_no_second_page(tmp_path):
    config = CITIES.replace(', where: {value: "{slug} in {city}"}', "")
    found = crawl_api(tmp_path, cities, config)
    assert [(row["name"], row["city"]) for row in found.rows["shop"]] == [
        ("/shop/s-1", "Oakton"),
        ("/shop/s-2", "Oakton"),
    ]
    assert [code for _, code, _ in found.problems] == ["other-values", "other-values"]


@pytest.mark.parametrize("seed", range(6))
def test_two_rows_that_lead_to_one_url_give_the_same_rows_whoever_was_faster(tmp_path, seed):
    config = """HOST/
pages:
  list: {format: json, follow: [{each: "[]", carry: {id: id}, to: item}]}
  item: {format: json, request: {url: /item, form: {id: "{id}"}}, fields: {got: id, said: {value: "{id}"}}}
"""

    def reply(seen):
        if seen.path == "/":
            return [{"id": n} for n in (seed, 3, 1, 3, 2)]
        return {"id": seen.body.decode()}

    found = crawl_api(tmp_path, reply, config, STRATEGIES[seed % len(STRATEGIES)])
    wanted = list(dict.fromkeys((seed, 3, 1, 2)))
    assert [(row["got"], row["said"]) for row in found.rows["item"]] == [(f"id={n}", n) for n in wanted]


def test_a_value_that_is_missing_leaves_out_a_parameter_and_stops_a_url(tmp_path):
    config = """HOST/
pages:
  list:
    format: json
    follow:
      - {each: "[]", carry: {a: a, b: b}, to: query}
      - {each: "[]", carry: {a: a}, to: path}
  query:
    format: json
    request: {url: /q, query: {a: "{a}", b: "{b}", c: "x{b}"}, json: {a: "{a}", deep: [{b: "{b}"}], k: "{{a}}"}}
    fields: {ok: ok}
  path: {format: json, request: {url: "/p/{a}?again={a}"}, fields: {ok: ok}}
"""
    rows = [{"a": "x/y ?&é", "b": None}, {"a": "..", "b": 7}, {"b": True}]
    found = crawl_api(tmp_path, lambda seen: rows if seen.path == "/" else {"ok": 1}, config, "serial")
    assert found.sent()[1:] == [
        ("POST", "/q?a=x%2Fy%20%3F%26%C3%A9", '{"a":"x/y ?&é","deep":[{}],"k":"{a}"}'),
        ("POST", "/q?a=..&b=7&c=x7", '{"a":"..","deep":[{"b":7}],"k":"{a}"}'),
        ("POST", "/q?b=true&c=xtrue", '{"deep":[{"b":true}],"k":"{a}"}'),
        ("GET", "/p/x%2Fy%20%3F%26%C3%A9?again=x%2Fy%20%3F%26%C3%A9", ""),
    ]
    assert found.report.dropped == {"no-value": 2}


@pytest.mark.parametrize(("status", "method", "body"), [(303, "GET", ""), (302, "GET", ""), (307, "POST", '{"a":1}')])
def test_a_post_is_redirected_by_the_book(tmp_path, status, method, body):
    config = "HOST/old\npages: {p: {format: json, request: {json: {a: 1}}, fields: {ok: ok}}}"

    def reply(seen):
        return (status, {"Location": "/new"}, "") if seen.path == "/old" else {"ok": seen.method}

    found = crawl_api(tmp_path, reply, config)
    assert found.sent() == [("POST", "/old", '{"a":1}'), (method, "/new", body)]
    assert found.rows["p"] == [{"ok": method}]


def test_an_allowed_status_is_a_page(tmp_path):
    config = "HOST/\npages: {p: {format: json, request: {allow_status: 404}, fields: {error: error}}}"
    found = crawl_api(tmp_path, lambda seen: (404, {}, {"error": "none"}), config)
    assert found.rows["p"] == [{"error": "none"}]
    assert found.problems == []


SECRET = """HOST/
pages:
  list:
    format: json
    request: {query: {key: "${CANARY_QUERY}"}, headers: {X-Key: "${CANARY_HEADER}"}}
    follow: [{json: links, to: page, same_site: false}, {json: links, to: other, same_site: false}]
  page:
    request: {headers: {X-Key: "a ${CANARY_HEADER}", X-Plain: p}, form: {pass: "${CANARY_BODY}", plain: x}}
    fields: {title: h1, where: {url: true}}
  other: {request: {headers: {X-Key: "${CANARY_HEADER}", X-Plain: p}}, fields: {title: h1}}
"""
CANARIES = {name: f"s3cr3t-{name.lower()}" for name in ("CANARY_QUERY", "CANARY_HEADER", "CANARY_BODY")}


def test_secrets_go_to_hosts_of_the_config_only_and_are_written_nowhere(tmp_path, monkeypatch, capfd):
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)

    def elsewhere(seen):
        return "<h1>elsewhere</h1>"

    with api(elsewhere) as other:
        strange = other.origin.replace("127.0.0.1", "localhost")

        def reply(seen):
            if seen.path.startswith("/?key="):
                return 302, {"Location": f"/again{seen.path[1:]}"}, ""  # it says the secret back
            if seen.path.startswith("/again"):
                return {"links": ["/own", f"{strange}/theirs"]}
            return "<h1>own</h1>"

        with api(reply) as server:
            found = crawl_served(tmp_path, server, SECRET, fetch=", allow_private: true")
    assert [seen.path for seen in server.requests if "key=" in seen.path] == [
        f"/?key={CANARIES['CANARY_QUERY']}", f"/again?key={CANARIES['CANARY_QUERY']}"
    ]  # fmt: skip
    own = [seen for seen in server.requests if seen.path == "/own"]
    assert sorted((seen.method, seen.header("x-key"), seen.body) for seen in own) == [
        ("GET", CANARIES["CANARY_HEADER"], b""),
        ("POST", f"a {CANARIES['CANARY_HEADER']}", b"pass=s3cr3t-canary_body&plain=x"),
    ]
    assert [(seen.method, seen.header("x-key"), seen.header("x-plain")) for seen in other.requests] == [
        ("GET", None, "p")
    ]
    assert found.problems == [("failed", "secret-host", "")]
    printed = capfd.readouterr()
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file() and file.suffix != ".yaml")
    for value in CANARIES.values():
        assert value.encode() not in kept
        assert value not in printed.out + printed.err + repr(found.report)


def test_a_variable_that_is_not_set_is_said_before_anything_is_asked(tmp_path):
    os.environ.pop("CANARY_QUERY", None)
    with pytest.raises(BadConfig, match="environment variable CANARY_"):
        crawler.load(write_job(tmp_path, "https://a.test", SECRET))


def test_a_value_with_a_line_break_goes_into_no_header(tmp_path):
    config = """HOST/
pages:
  list: {format: json, follow: [{each: "[]", carry: {v: v}, to: page}]}
  page: {request: {url: /page, headers: {X-Value: "{v}"}}, fields: {title: h1}}
"""
    rows = [{"v": "a\r\nX-Evil: 1"}, {"v": "日本"}, {"v": "good"}]
    found = crawl_api(tmp_path, lambda seen: rows if seen.path == "/" else "<h1>x</h1>", config, "serial")
    sent = [(seen.header("x-value"), seen.header("x-evil")) for seen in found.requests if seen.path == "/page"]
    assert sent == [("a X-Evil: 1", None), ("good", None)]
    assert found.problems == [("failed", "bad-header", "")]


@pytest.mark.parametrize("strategy", [name for name in ("threads", "curl") if name in USABLE])
def test_a_crawl_that_was_stopped_goes_on_with_the_same_requests(tmp_path, strategy):
    whole, part = tmp_path / "whole", tmp_path / "part"
    whole.mkdir()
    part.mkdir()
    wanted = crawl_api(whole, cities, CITIES, strategy).rows
    with api(cities) as server:
        for most in (1, 2, 1):
            crawler.run(crawler.load(write_job(part, server.origin, CITIES, strategy)), **stopped_after(most))
        found = crawl_served(part, server, CITIES, strategy)
    assert found.report.resumed
    assert found.rows == wanted


def stopped_after(requests):
    """Arguments of a run that is stopped when it has made so many requests."""
    stopper = Stopper()

    def observe(tally):
        if tally.requests >= requests:
            stopper.stop("interrupted")

    return {"stopper": stopper, "observe": observe}


@pytest.mark.parametrize("strategy", [name for name in ("threads", "curl", "processes") if name in USABLE])
def test_what_was_recorded_is_played_back_by_method_and_body(tmp_path, strategy, monkeypatch):
    monkeypatch.setenv("CANARY_BODY", "s3cr3t-body")
    config = CITIES.replace("size: 2}", 'size: 2, pass: "${CANARY_BODY}"}').replace("where: {value", "said: {value")
    with api(cities) as server:
        path = write_job(tmp_path, server.origin, config, strategy)
        crawler.run(crawler.load(path), record=tmp_path / "recording")
    wanted = sorted(one.read_text() for one in tmp_path.glob("*.jsonl"))
    assert [text.count("\n") for text in wanted] == [4, 4]
    monkeypatch.setenv("CANARY_BODY", "another")
    report = crawler.run(crawler.load(path), replay=tmp_path / "recording")
    assert report.ending == "finished"
    assert sorted(one.read_text() for one in (tmp_path / "recording").rglob("*.jsonl")) == wanted
    for file in (tmp_path / "recording").rglob("*.gz"):
        assert b"s3cr3t-body" not in gzip.decompress(file.read_bytes())
