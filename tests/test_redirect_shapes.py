"""Redirects of a POST that holds a secret: 45 shapes; the method, the body and the headers are right, and no other
host hears the secret."""

from __future__ import annotations

import pytest

from tests.support.api import api, crawl_served
from tests.support.usable import USABLE

KEY, BODY = "k3y-canary-1", "b0dy-canary-2"
CONFIG = """{url: HOST/start, kind: page}
pages:
  page:
    request:
      headers: {X-Key: "${SHAPE_KEY}", X-Plain: p, Content-Language: en}
      form: {pass: "${SHAPE_BODY}", plain: x}
    follow: [{css: .none, to: page, same_site: false}]
    fields: {title: h1}
  named: {request: {url: "KNOWN/never"}, fields: {title: h1}}
"""
SENT = f"pass={BODY}&plain=x".encode()
STATUSES = [301, 302, 303, 307, 308]
STRATEGIES = [name for name in ("threads", "curl", "asyncio", "processes", "processes-curl") if name in USABLE]


class Hosts:
    """One host of the config's start, one that it names elsewhere, and one that it does not know."""

    def __init__(self, tmp_path, status, shape):
        self.tmp_path, self.status, self.shape = tmp_path, status, shape

    def reply(self, seen):
        if seen.path == "/start" or (self.shape == "chain" and seen.path.startswith("/hop")):
            return self.redirect(seen)
        if self.shape == "cookie" and seen.path == "/door" and not seen.header("cookie"):
            return self.status, {"Location": "/door", "Set-Cookie": "open=1"}, ""
        return "<h1>page</h1>"

    def redirect(self, seen):
        chain = {"/start": (self.status, "/hop1"), "/hop1": (307, "/hop2"), "/hop2": (308, "/end")}
        match self.shape:
            case "chain":
                status, location = chain[seen.path]
                return status, {"Location": location}, ""
            case "relative":
                location = "sub/../next?a=1"
            case "fragment":
                location = "/next#part?x=1"
            case "itself":
                location = "/start"
            case "cookie":
                location = "/door"
            case "secret":
                location = f"/next?said={BODY}&k={KEY}"
            case "known":
                location = f"{self.known}/next"
            case "strange":
                location = f"{self.strange}/next?said={BODY}"
            case "tls":
                location = f"https://{seen.header('host')}/next"
        return self.status, {"Location": location}, ""

    def crawl(self, strategy):
        with (
            api(lambda seen: "<h1>page</h1>") as known,
            api(lambda seen: "<h1>page</h1>") as strange,
            api(self.reply) as home,
        ):
            self.known, self.strange = known.origin, strange.origin
            # A start may be redirected to its own site only, but a port of its own makes another one: so a page leads.
            config = CONFIG.replace("KNOWN", known.origin)
            found = crawl_served(self.tmp_path, home, config, strategy, ", allow_private: true")
            return found, list(home.requests), list(known.requests), list(strange.requests)


def asked(seen):
    return seen.method, seen.path, seen.body, seen.header("x-key"), seen.header("x-plain")


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("shape", ["relative", "fragment", "itself", "cookie", "secret", "known", "strange", "chain"])
def test_a_post_goes_on_by_the_book(tmp_path, monkeypatch, status, shape):
    monkeypatch.setenv("SHAPE_KEY", KEY)
    monkeypatch.setenv("SHAPE_BODY", BODY)
    place = (STATUSES.index(status) + len(shape)) % len(STRATEGIES)
    found, home, known, strange = Hosts(tmp_path, status, shape).crawl(STRATEGIES[place])
    method, body = ("POST", SENT) if status in (307, 308) else ("GET", b"")
    first, codes = ("POST", "/start", SENT, KEY, "p"), [code for _, code, _ in found.problems]
    further = {
        "relative": ["/next?a=1"],
        "fragment": ["/next"],
        "itself": [] if method == "POST" else ["/start"],
        "cookie": ["/door", "/door"],
        "secret": [f"/next?said={BODY}&k={KEY}"],
        "chain": ["/hop1", "/hop2", "/end"],
    }.get(shape, [])
    assert [asked(seen) for seen in home] == [first, *((method, path, body, KEY, "p") for path in further)]
    for seen in home[1:]:
        kind = "application/x-www-form-urlencoded" if body else None
        assert (seen.header("content-type"), seen.header("content-language")) == (kind, "en" if body else None)
        assert (seen.header("content-length") or "0") == str(len(body))
    assert known == strange == []
    if shape in ("known", "strange"):
        assert codes == ["off-site"]
    else:
        assert codes == (["redirect-loop"] if shape == "itself" else [])
    for file in tmp_path.rglob("*"):
        if file.is_file() and file.suffix != ".yaml":
            assert KEY.encode() not in file.read_bytes()
            assert BODY.encode() not in file.read_bytes()


@pytest.mark.parametrize("status", [307, 308])
def test_another_scheme_is_another_host_for_secrets(tmp_path, monkeypatch, status):
    monkeypatch.setenv("SHAPE_KEY", KEY)
    monkeypatch.setenv("SHAPE_BODY", BODY)
    found, home, *_ = Hosts(tmp_path, status, "tls").crawl("threads")
    assert [seen.path for seen in home] == ["/start"]
    assert [code for _, code, _ in found.problems] == ["secret-host"]


LINKED = """{url: HOST/links, kind: list}
pages:
  list: {format: json, follow: [{json: "[]", to: page, same_site: false}]}
"""


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("shape", ["known", "strange"])
def test_only_a_host_of_the_config_is_sent_the_secret_on(tmp_path, monkeypatch, status, shape):
    monkeypatch.setenv("SHAPE_KEY", KEY)
    monkeypatch.setenv("SHAPE_BODY", BODY)
    hosts = Hosts(tmp_path, status, shape)
    hosts.reply = lambda seen: ["/start"] if seen.path == "/links" else Hosts.reply(hosts, seen)
    monkeypatch.setitem(globals(), "CONFIG", LINKED + CONFIG.partition("pages:\n")[2])
    place = (STATUSES.index(status) + len(shape)) % len(STRATEGIES)
    found, _, known, strange = hosts.crawl(STRATEGIES[place])
    method, body = ("POST", SENT) if status in (307, 308) else ("GET", b"")
    codes = [code for _, code, _ in found.problems]
    if shape == "known":
        assert [asked(seen) for seen in known] == [(method, "/next", body, KEY, "p")]
        assert codes == []
    else:
        assert strange == []
        assert codes == ["secret-host"]
