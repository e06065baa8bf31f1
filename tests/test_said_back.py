"""Secrets that a server says back, in every place of an answer: they are kept nowhere, and pages are still found."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from crawler.cli.main import main
from crawler.crawl.hiding import Hiding
from tests.support.api import api, crawl_served, write_job
from tests.support.usable import USABLE

SECRETS = {
    "CANARY_KEY": "k3y/CANARY+one=é",
    "CANARY_BODY": "b0dy CANARY two",
    "CANARY_OWN": "0wn-CANARY-three",
}
SPELLINGS = [*SECRETS.values(), "k3y%2FCANARY", "k3y%2fCANARY", "k3y/CANARY", "b0dy%20CANARY", "b0dy+CANARY"]
CONFIG = """HOST/list
pages:
  list:
    format: json
    request: {query: {key: "${CANARY_KEY}", near: {deep: ["x ${CANARY_KEY}"]}}}
    expect: {json: status, allow: ^ok$}
    follow: [{json: next, next: true, to: list}, {json: items, to: item, same_site: false}]
  item:
    request: {headers: {X-Key: "Bearer ${CANARY_KEY}"}, form: {pass: "${CANARY_BODY}", all: ["a ${CANARY_BODY} b"]}}
    fields: {title: h1}
"""
FETCH = ', headers: {X-Own: "${CANARY_OWN}"}'


def command_lines():
    return b"".join(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())


def reply_with(seen, sights, folder):
    """Say every secret back; look at files and processes while the crawl is at work."""
    sights += [path.read_bytes() for path in folder.rglob("*sqlite*")]
    key, body, own = SECRETS.values()
    path, _, query = seen.path.partition("?")
    match path:
        case "/list":
            assert "CANARY" in query
            if "n=2" not in query:
                there = ["/reason", "/moved", "/lower", "/path", "/bad", "/host", "/strange", "/twice", "/tls"]
                linked = f"/linked?k={key}&b={body}".replace("+", "%2B")
                further = f"/list?{query.replace('%2F', '%2f')}&n=2"
                return {"status": "ok", "next": further, "items": [*there, linked]}
            return {"status": f"no {key} {body} {own}"}
        case "/reason":
            return f"404 {own} {body}", {}, ""
        case "/moved":
            return 307, {"Location": "/to?key=k3y%2FCANARY%2Bone%3D%C3%A9#x"}, ""
        case "/lower":
            return 308, {"Location": "/to?other=k3y%2fCANARY%2bone%3d%c3%a9"}, ""
        case "/path":
            return 307, {"Location": "/to/b0dy%20CANARY%20two/x"}, ""
        case "/bad":
            return 302, {"Location": "http://[b0dy CANARY two/"}, ""
        case "/host":
            return 302, {"Location": "http://0wn-CANARY-three.test/?b=b0dy+CANARY+two"}, ""
        case "/strange":
            return 307, {"Location": f"{STRANGE[0]}/got?b=b0dy%20CANARY%20two"}, ""
        case "/twice":
            return 307, {"Location": "/to/<${CANARY_KEY}>/${CANARY_KEY}?k=${CANARY_KEY}"}, ""
        case "/tls":
            return 307, {"Location": f"https://{seen.header('host')}/?b=b0dy%20CANARY%20two"}, ""
    return "<h1>page</h1>"


STRANGE = [""]


@pytest.mark.parametrize("strategy", [name for name in ("threads", "processes", "curl", "asyncio") if name in USABLE])
def test_what_a_server_says_back_is_kept_nowhere(tmp_path, monkeypatch, capfd, strategy):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    sights: list[bytes] = []

    def reply(seen):
        sights.append(command_lines())
        return reply_with(seen, sights, tmp_path)

    with api(lambda seen: "<h1>strange</h1>") as other:
        STRANGE[0] = other.origin.replace("127.0.0.1", "localhost")
        with api(reply) as server:
            path = write_job(tmp_path, server.origin, CONFIG, strategy, f", allow_private: true, timeout: 5{FETCH}")
            path.write_text(path.read_text().replace("retries: 2", "retries: 0"))
            recorded = ["--record", str(tmp_path / "recording")]
            main(["run", str(path), "--json", *recorded, "--set", "output=[o.xlsx, o.csv]"])
            main(["run", str(path), "--json", "--fresh"])
            main(["run", str(path), "--fresh"])
            main(["status", str(path)])
            main(["check", str(path)])
            for one in ("/path", "/reason", "/bad", "/host"):
                main(["try", str(path), f"{server.origin}{one}", "--kind", "item"])
            sent = sorted(seen.path for seen in server.requests if seen.path.startswith(("/to", "/linked")))
    printed = capfd.readouterr()
    # The pages behind the redirects are asked for with the secrets in their places, and nothing is a template twice.
    assert {"/to?key=k3y%2FCANARY%2Bone%3D%C3%A9", "/to?other=k3y%2FCANARY%2Bone%3D%C3%A9"} <= set(sent)
    assert "/to/b0dy%20CANARY%20two/x" in sent
    assert "/to/%3C$%7BCANARY_KEY%7D%3E/$%7BCANARY_KEY%7D?k=${CANARY_KEY}" in sent
    assert any(one.startswith("/linked?k=k3y%2FCANARY%2Bone%3D%C3%A9") for one in sent)
    assert [seen.path for seen in other.requests] == []
    kept = {"printed": (printed.out + printed.err).encode(), "seen on the way": b"".join(sights)}
    for file in tmp_path.rglob("*"):
        if file.is_file() and file != path:
            kept[file.name] = unpacked(file)
    for place, content in kept.items():
        if b'{"status": "' not in content:  # what a page shows is not changed, in a recording either
            for spelling in SPELLINGS:
                assert spelling.encode() not in content, f"{spelling} in {place}"
    assert sum(b'{"status": "' in content for content in kept.values()) == 2


def unpacked(file):
    if file.suffix == ".xlsx":
        with zipfile.ZipFile(file) as book:
            return b"".join(map(book.read, book.namelist()))
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


def test_a_term_of_a_search_is_a_variable_too(tmp_path, monkeypatch):
    monkeypatch.setenv("TERM_ASKED", "hammer")
    config = """HOST/search
pages:
  search: {request: {query: {q: "${TERM_ASKED}"}}, follow: [{css: a, to: item}]}
  item: {fields: {title: h1}}
"""

    def reply(seen):
        if seen.path.startswith("/search?"):
            return 302, {"Location": "/tools/hammer/all?q=hammer"}, ""
        if seen.path == "/tools/hammer/all?q=hammer":
            return '<a href="/hammer-1">1</a><a href="/item?name=hammer">2</a>'
        return f"<h1>{seen.path}</h1>"

    with api(reply) as server:
        found = crawl_served(tmp_path, server, config)
    assert [row["title"] for row in found.rows["item"]] == ["/hammer-1", "/item?name=hammer"]
    assert found.problems == []


def test_a_redirect_keeps_what_is_made_of_a_secret_and_a_value(tmp_path, monkeypatch):
    monkeypatch.setenv("CANARY_KEY", "s3cr3t-canary")
    config = """HOST/
pages:
  list: {format: json, follow: [{each: "[]", carry: {v: v}, to: page}]}
  page: {format: json, request: {url: /p, query: {sig: "${CANARY_KEY}-{v}"}}, fields: {ok: ok}}
"""

    def reply(seen):
        if seen.path == "/":
            return [{"v": 7}]
        if seen.path.startswith("/p"):
            return 302, {"Location": seen.path.replace("/p", "/q")}, ""
        return {"ok": seen.path}

    with api(reply) as server:
        found = crawl_served(tmp_path, server, config)
    assert [seen.path for seen in found.requests][1:] == ["/p?sig=s3cr3t-canary-7", "/q?sig=s3cr3t-canary-7"]


def test_hiding_knows_every_spelling_and_shows_nothing_of_itself():
    hiding = Hiding({"$KEY": "a/b c+é", "$SHORT": "abc"}, ("of the header",))
    for spelling in ("a/b c+é", "a%2Fb%20c%2B%C3%A9", "a%2fb+c+%c3%a9", "a/b c+é"):
        assert hiding.text(f"x {spelling} y") == "x ${KEY} y"
    assert hiding.text("abc of the header") == "abc ***"
    url = "http://o.test/p/a%2Fb%20c%2B%C3%A9?x=abc"
    assert hiding.url(url) == "http://o.test/p/<${KEY}>?x=abc"
    assert hiding.revealed(hiding.url(url)) == url
    assert hiding.parameters(f"{url}&k=a%2Fb+c%2B%C3%A9") == f"{url}&k=<${{KEY}}>"
    assert "a/b" not in repr(hiding)


def test_values_of_a_session_are_hidden_as_they_are_written():
    hiding = Hiding({"session.token": "t0ken-of-a-session"})
    assert hiding.url("http://o.test/x?t=t0ken-of-a-session") == "http://o.test/x?t=<{session.token}>"
    assert hiding.revealed("http://o.test/x?t=<{session.token}>") == "http://o.test/x?t=t0ken-of-a-session"
    assert hiding.revealed("http://o.test/x?t={session.token}") == "http://o.test/x?t={session.token}"
