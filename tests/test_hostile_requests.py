"""Values of pages that are made to break a request: none changes host or folder, and each refusal has a name."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

import crawler
from crawler import urls
from crawler.cli.main import main
from crawler.config.diagnostics import BadConfig
from crawler.errors import ConfigError, ExtractError
from crawler.extract.request import MAX_HANDED, CompiledRequest
from crawler.extract.rules import RequestRule
from crawler.model import Ask
from tests.support.api import crawl_api, write_job

CONFIG = """HOST/
pages:
  list: {format: json, follow: [{each: "[]", carry: {v: {json: v, keep_space: true}}, to: page}]}
  page: {format: json, request: REQUEST, fields: {ok: ok}}
"""


def crawl(tmp_path, values, request):
    def reply(seen):
        return [{"v": value} for value in values] if seen.path == "/" else {"ok": 1}

    return crawl_api(tmp_path, reply, CONFIG.replace("REQUEST", request), "serial")


@pytest.mark.parametrize(
    ("request_", "refused"),
    [
        ("{url: /p, query: {a: '{v}'}}", {"bad-url": 1}),
        ("{url: '/p?a=x{v}'}", {"bad-url": 1}),
        ("{url: '/p/{v}'}", {"bad-url": 1}),
        ("{url: '{v}'}", {"bad-url": 1}),
        ("{url: /p, json: {a: '{v}'}}", {"long-value": 1}),
        ("{url: /p, form: {a: 'x{v}'}}", {"long-value": 1}),
        ("{url: /p, headers: {X-V: '{v}'}}", {"long-value": 1}),
    ],
)
def test_a_huge_value_stops_its_own_request_only(tmp_path, request_, refused):
    found = crawl(tmp_path, ["a", "x" * 2_000_000, "b"], request_)
    assert found.report.dropped == refused
    assert len(found.rows["page"]) == 2
    assert found.problems == []


def test_a_header_has_a_most(tmp_path):
    found = crawl(tmp_path, ["a", "x" * 10_000], "{url: /p, headers: {X-V: '{v}'}}")
    assert [seen.header("x-v") for seen in found.requests] == [None, "a"]
    assert found.problems == [("failed", "bad-header", "")]


def test_values_that_look_like_templates_or_addresses_stay_values(tmp_path, monkeypatch):
    monkeypatch.setenv("KEY", "s3cr3t")
    values = [
        "${KEY}",
        "{session.x}",
        "{v}",
        "{{v}}",
        "%2e%2e",
        "//evil.test/",
        "javascript:1",
        "a\r\nX-E: 1",
        "\\..\\x",
    ]
    found = crawl(tmp_path, values, "{url: '/p/{v}/e', json: {a: 'x{v}', k: '${KEY}'}}")
    assert [json.loads(seen.body) for seen in found.requests[1:]] == [{"a": f"x{v}", "k": "s3cr3t"} for v in values]
    assert {seen.header("x-e") for seen in found.requests} == {None}
    assert [seen.path for seen in found.requests[1:]] == [
        "/p/%24%7BKEY%7D/e", "/p/%7Bsession.x%7D/e", "/p/%7Bv%7D/e", "/p/%7B%7Bv%7D%7D/e", "/p/%252e%252e/e",
        "/p/%2F%2Fevil.test%2F/e", "/p/javascript%3A1/e", "/p/a%0D%0AX-E%3A%201/e", "/p/%5C..%5Cx/e",
    ]  # fmt: skip


def test_a_whole_address_stays_on_the_site(tmp_path):
    values = ["//evil.test/", "http://evil.test/", "javascript:1", "file:///etc/passwd", "/p", "\\\\evil.test\\"]
    found = crawl(tmp_path, values, "{url: '{v}'}")
    assert [seen.path for seen in found.requests] == ["/", "/p"]
    assert found.report.dropped == {"off-site": 3, "scheme": 2}


@pytest.mark.parametrize(
    ("template", "values", "wanted"),
    [
        ("/a/{x}/b", {"x": ".."}, None),
        ("/a/{x}{y}/b", {"x": ".", "y": "."}, None),
        ("/a/.{x}", {"x": "."}, None),
        ("/a/%2E{x}", {"x": "."}, None),
        ("../a/{x}", {"x": "v1.0"}, "http://o.test/a/v1.0"),
        ("/a/{x}", {"x": "..."}, "http://o.test/a/..."),
    ],
)
def test_no_value_changes_the_folder(template, values, wanted):
    request = CompiledRequest(RequestRule(url=template, uses=tuple(values)))
    assert request.address(None, "http://o.test/p/q", values) == wanted


def test_numbers_truths_and_texts_are_values_of_their_own(tmp_path):
    found = crawl(tmp_path, [1, True, "1", 1], "{url: /p, json: {a: '{v}'}}")
    assert [seen.body for seen in found.requests[1:]] == [b'{"a":1}', b'{"a":true}', b'{"a":"1"}']
    assert len(found.rows["page"]) == 3


@pytest.mark.parametrize("text", ["1E+400", "1E-400", "0.12345678901234567890123456789", "9" * 5_000, "1.50", "-0"])
def test_a_number_in_json_keeps_all_its_digits(text):
    request = CompiledRequest(RequestRule(method="POST", json=({"a": "{v}"},), uses=("v",)))
    message = request.message("http://o.test/", Ask({"v": Decimal(text)}), {}, trusted=True)
    assert message.body == b'{"a":%s}' % text.encode()


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity"])
def test_what_is_no_number_in_json_is_sent_as_text(text):
    request = CompiledRequest(RequestRule(method="POST", json=(["{v}"],), uses=("v",)))
    message = request.message("http://o.test/", Ask({"v": Decimal(text)}), {}, trusted=True)
    assert json.loads(message.body) == [text]


def test_the_bounds_hold_for_whoever_asks():
    request = CompiledRequest(RequestRule(query=(("a", "{v}"),), uses=("v",)))
    with pytest.raises(urls.BadUrl, match="longer than"):
        request.address("http://o.test/", "http://o.test/", {"v": "é" * 2_000})
    with pytest.raises(ExtractError, match="long-value"):
        request.ask({"v": ("x" * MAX_HANDED,) * 2})


def test_pages_of_a_sitemap_begin_with_the_first_page_of_their_list(tmp_path):
    config = """{sitemap: HOST/sitemap.xml, kind: list}
pages:
  list:
    format: json
    request: {json: {p: "{page}"}, query: {q: "QUERY"}}
    paginate: {page: 1}
    each: items
    fields: {id: id}
""".replace("QUERY", "é" * 1_000)
    long = "/" + "x" * 4_000

    def reply(seen):
        if seen.path == "/sitemap.xml":
            there = "".join(f"<url><loc>http://{seen.header('host')}{path}</loc></url>" for path in ("/a", long))
            return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{there}</urlset>'
        return {"items": [{"id": f"{json.loads(seen.body)['p']}{n}"} for n in "ab"] if b'"p":1' in seen.body else []}

    found = crawl_api(tmp_path, reply, config)
    assert [row["id"] for row in found.rows["list"]] == ["1a", "1b"]
    assert [seen.body for seen in found.requests[1:]] == [b'{"p":1}', b'{"p":2}']
    assert found.report.dropped == {"bad-url": 1}


@pytest.mark.parametrize("value", ["x" * 9_000, "x" * 200_000])
def test_a_start_that_cannot_be_asked_for_is_said_before_the_crawl(tmp_path, value, capsys):
    config = """{url: HOST/p, kind: page, with: {v: VALUES}}
pages: {page: {request: {query: {v: "{v}"}}, fields: {title: h1}}}
"""
    path = write_job(tmp_path, "http://127.0.0.1:9", config.replace("VALUES", json.dumps([value])))
    with pytest.raises(ConfigError, match="cannot be asked for"):
        crawler.run(crawler.load(path))
    assert main(["try", str(path), "--kind", "page", "--with", f"v={value}"]) == 2
    assert "cannot be asked" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("part", "number"),
    [("json", ".nan"), ("json", ".inf"), ("json", "1e400"), ("json", "[{b: -.inf}]"), ("query", "[.nan]")],
)
def test_a_number_that_json_cannot_hold_is_refused_in_the_config(tmp_path, number, part):
    config = f"HOST/\npages: {{page: {{request: {{{part}: {{a: {number}}}}}, fields: {{title: h1}}}}}}"
    with pytest.raises(BadConfig, match="JSON cannot hold"):
        crawler.load(write_job(tmp_path, "http://127.0.0.1:9", config))
