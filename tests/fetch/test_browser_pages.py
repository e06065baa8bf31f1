"""Pages under a real Chromium: what is read of them, what they are not allowed, and when they end."""

from __future__ import annotations

import gzip
import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

import psutil
import pytest

from crawler.fetch.browser import BrowserOptions, BrowserRule
from crawler.fetch.client import ClientSettings
from crawler.model import Failure, Moved, Request, Response
from tests.support.browser import Answer, Pages, browsers, needs_chromium, site

pytestmark = needs_chromium

LIST = "<ul id=l></ul><script>function add(n){for(let i=0;i<n;i++){let e=document.createElement('li');l.append(e)}}"
PAGES: Pages = {
    "/js": f"<!DOCTYPE html><title>t</title>{LIST}add(10)</script>",
    "/delayed": f"{LIST}setTimeout(()=>add(10),1200)</script>",
    "/load": f"{LIST}fetch('/api').then(r=>r.json()).then(d=>add(d.length))</script>",
    "/api": (200, {"Content-Type": "application/json"}, json.dumps([{"id": n} for n in range(7)]).encode()),
    "/more": f"<button>m</button>{LIST}let n=0;document.querySelector('button').onclick=function(){{"
    "setTimeout(()=>{add(10);if(++n==5)this.remove()},300)}</script>",
    "/stuck": f"<button>m</button>{LIST}add(3)</script>",
    "/hidden": f"<button style='display:none'>m</button>{LIST}add(3);"
    "document.querySelector('button').onclick=()=>add(10)</script>",
    "/next": f"<a class=n href=/js>next</a>{LIST}add(3)</script>",
    "/scroll": f"<style>li{{height:90px}}</style>{LIST}let n=1;add(20);addEventListener('scroll',()=>{{"
    "if(innerHeight+scrollY>=document.documentElement.scrollHeight-5&&n<4){n++;setTimeout(()=>add(20),200)}})</script>",
    "/endless": f"<style>li{{height:900px}}</style>{LIST}add(2);addEventListener('scroll',()=>add(2))</script>",
    "/alert": "<p>a</p><script>while(true)alert(1)</script>",
    "/busy": "<p>a</p><script>while(true);</script>",
    "/windows": f"{LIST}add(2);setInterval(()=>window.open('/js'),5)</script>",
    "/never": f"{LIST}add(4)</script><script src=/hang></script>",
    "/polls": f"{LIST}add(4);setInterval(()=>fetch('/api'),100)</script>",
    "/hang": None,
    "/silent": None,
    "/moved": (302, {"Location": "/js", "Set-Cookie": "a=1; HttpOnly\nb=2; Path=/"}, b""),
    "/cookies": (200, {"Set-Cookie": "c=3"}, b"<p></p><script>document.querySelector('p').textContent="
                 b"document.cookie</script>"),
    "/script-moves": "<p>a</p><script>location.href='/js'</script>",
    "/reloads": "<p>a</p><script>location.reload()</script>",
    "/opens-once": f"{LIST}if(document.cookie)add(5);else{{document.cookie='seen=1';location.reload()}}</script>",
    "/gone": (410, {}, b"<p>gone</p>"),
    "/login": (401, {"WWW-Authenticate": 'Basic realm="x"'}, b"<p>who?</p>"),
    "/bomb": (200, {"Content-Encoding": "gzip"}, gzip.compress(b"<p>" + b"x" * 80_000_000)),
    "/pdf-bomb": (200, {"Content-Type": "application/pdf"}, b"x" * 20_000_000),
    "/empty": (204, {}, b""),
    "/large": f"{LIST}document.title='x'.repeat(3e6)</script>",
    "/feed": (200, {"Content-Type": "application/rss+xml"}, b"<rss><item/></rss>"),
    "/file": (200, {"Content-Type": "text/html", "Content-Disposition": "attachment; filename=x"}, b"<p>saved</p>"),
    "/pdf": (200, {"Content-Type": "application/pdf"}, b"%PDF-1.7"),
    "/worker": f"{LIST}navigator.serviceWorker?.register('/sw.js').then(()=>add(9));add(1)</script>",
    "/sw.js": (200, {"Content-Type": "text/javascript"}, b""),
    "/crash": "<p>a</p><script>setTimeout(()=>{let a=[];while(true)a.push(new ArrayBuffer(1e9).slice())},0)</script>",
}  # fmt: skip
RULES = {
    "page": BrowserRule(),
    "li": BrowserRule(wait="#l li"),
    "click": BrowserRule(click="button"),
    "link": BrowserRule(click="a.n"),
    "scroll": BrowserRule(scroll=True),
    "few": BrowserRule(scroll=True, steps=2),
    "done": BrowserRule(wait="p.done"),
    "bad": BrowserRule(wait="p:has-not("),
}
LIMIT = 20.0  # seconds; a busy machine gives the processes of a browser little time
Result = Response | Moved | Failure


class Shown:
    """Pages in a browser of their own.

    Args:
        settings: the client's settings for the origin of the site.
    """

    def __init__(
        self,
        pages: Pages = PAGES,
        rules: Mapping[str, BrowserRule] = RULES,
        settings: Callable[[ClientSettings, str], ClientSettings] = lambda usual, base: usual,
    ) -> None:
        from crawler.fetch.browser_client import BrowserFetch

        self.context = site(pages)
        self.base, self.seen = self.context.__enter__()
        host = self.base.removeprefix("http://")
        usual = ClientSettings("test/1", private_hosts=frozenset({host}), page_bytes=1_000_000)
        self.fetch = BrowserFetch(settings(usual, self.base), rules, BrowserOptions(timeout=LIMIT), listen=True)

    def __call__(self, path: str, kind: str = "page", cookies: str = "") -> Result:
        url = path if path.startswith("http") else self.base + path
        return self.fetch(Request(1, url, kind, cookies=cookies))

    def close(self) -> None:
        self.fetch.close()
        self.context.__exit__(None, None, None)


@pytest.fixture(scope="module")
def shown() -> Iterator[Shown]:
    with closing(Shown()) as made:
        yield made


def items(result: Result) -> int:
    assert isinstance(result, Response), result
    return result.body.count(b"<li>")


@pytest.mark.parametrize(
    ("path", "kind", "number"),
    [
        ("/js", "page", 10),
        ("/delayed", "li", 10),
        ("/load", "page", 7),
        ("/more", "click", 50),
        ("/stuck", "click", 3),
        ("/hidden", "click", 3),
        ("/next", "link", 3),
        ("/scroll", "scroll", 80),
        ("/endless", "few", 6),
        ("/never", "li", 4),
        ("/opens-once", "page", 5),
    ],
)
def test_a_page_is_read_as_it_shows_itself_in_the_end(shown: Shown, path: str, kind: str, number: int) -> None:
    assert items(shown(path, kind)) == number


@pytest.mark.parametrize(("path", "number"), [("/polls", 4), ("/windows", 2)])
def test_a_page_that_is_never_quiet_is_read_after_a_while(
    shown: Shown, monkeypatch: pytest.MonkeyPatch, path: str, number: int
) -> None:
    monkeypatch.setattr("crawler.fetch.browser_page.MAX_NOISE", 1.0)
    assert items(shown(path)) == number


def test_the_document_is_utf8_html_with_its_doctype_and_its_headers(shown: Shown) -> None:
    found = shown("/js")
    assert isinstance(found, Response)
    assert found.body.startswith(b"<!DOCTYPE html><html><head><title>t</title>")
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert (found.status, found.url) == (200, f"{shown.base}/js")
    assert found.fetched > 0


@pytest.mark.long
@pytest.mark.parametrize(
    ("path", "kind", "code"),
    [
        ("/alert", "page", "deadline"),
        ("/busy", "page", "deadline"),
        ("/never", "page", "deadline"),
        ("/endless", "scroll", "deadline"),
        ("/silent", "page", "timeout"),
        ("/gone", "page", "http-410"),
        ("/login", "page", "http-401"),
        ("/bomb", "page", "too-large"),
        ("/pdf-bomb", "page", "too-large"),
        ("/reloads", "page", "redirect-loop"),
        ("/large", "page", "too-large"),
        ("/js", "bad", "browser-script"),
    ],
)
def test_what_does_not_come_to_an_end_does_within_the_deadline(shown: Shown, path: str, kind: str, code: str) -> None:
    began = time.monotonic()
    found = shown(path, kind)
    assert time.monotonic() - began < LIMIT + 10, "a busy machine, and the time to close it"
    assert isinstance(found, Failure)
    assert found.code == code


@pytest.mark.long
@pytest.mark.parametrize("path", ["/js?q='{}'|^&r=%2f", "/js?\u00e4=\u00e4%E4", "/js?a b"])
def test_an_address_that_the_browser_spells_in_its_own_way_is_no_redirect(path: str) -> None:
    with closing(Shown(lambda asked: "<p>odd</p>")) as shown:
        found = shown(path)
    assert isinstance(found, Response)
    assert b"odd" in found.body


@pytest.mark.long
def test_what_never_comes_is_named(shown: Shown) -> None:
    found = shown("/cookies", "li")
    assert isinstance(found, Failure)
    assert (found.code, found.detail) == ("not-rendered", f"browser.wait matched nothing (#l li) within {LIMIT:g} s")


def test_a_redirect_is_handed_back_with_its_cookies_and_not_followed(shown: Shown) -> None:
    shown.seen.requests.clear()
    found = shown("/moved")
    assert isinstance(found, Moved)
    assert (found.status, found.location) == (302, f"{shown.base}/js")
    assert found.set_cookies == ("a=1; HttpOnly", "b=2; Path=/")
    assert shown.seen.paths == ["/moved"]


def test_a_script_that_leads_elsewhere_is_a_redirect(shown: Shown) -> None:
    shown.seen.requests.clear()
    found = shown("/script-moves")
    assert isinstance(found, Moved)
    assert found.location == f"{shown.base}/js"
    assert shown.seen.paths == ["/script-moves"]


def test_cookies_of_the_request_go_in_and_those_of_the_answer_come_back(shown: Shown) -> None:
    found = shown("/cookies", cookies="x=1; y=two")
    assert isinstance(found, Response)
    assert shown.seen.headers("/cookies")["Cookie"] == "x=1; y=two"
    assert b"x=1; y=two; c=3" in found.body
    assert found.set_cookies == ("c=3",)


def test_a_page_has_no_service_worker(shown: Shown) -> None:
    shown("/worker")
    assert "/sw.js" not in shown.seen.paths


def test_nothing_passes_from_one_page_to_the_next(shown: Shown) -> None:
    shown("/opens-once")
    assert b"seen" not in getattr(shown("/cookies"), "body", b"seen")


@pytest.mark.parametrize(
    ("path", "body"), [("/feed", b"<rss><item/></rss>"), ("/file", b"<p>saved</p>"), ("/pdf", b"%PDF-1.7")]
)
def test_what_is_no_page_of_html_is_taken_as_it_is(shown: Shown, path: str, body: bytes) -> None:
    found = shown(path)
    assert isinstance(found, Response)
    assert found.body == body


def test_a_status_without_a_body_is_an_empty_page(shown: Shown) -> None:
    found = shown("/empty")
    assert isinstance(found, Response)
    assert (found.status, found.body) == (204, b"")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://169.254.169.254/latest/meta-data/", "address-blocked"),
        ("http://127.0.0.1:9/", "bad-response"),
        ("https://localhost:8443/", "address-blocked"),
        ("http://nobody.invalid/", "dns"),
    ],
)
def test_addresses_are_judged_as_by_the_other_clients(shown: Shown, url: str, code: str) -> None:
    found = shown(url)
    assert isinstance(found, Failure)
    assert found.code == code


def test_json_that_the_page_fetched_is_kept(shown: Shown) -> None:
    shown("/load")
    assert [(each.method, each.url, len(json.loads(each.response.body))) for each in shown.fetch.heard] == [
        ("GET", f"{shown.base}/api", 7)
    ]


ASKS = """<p></p><iframe src="{base}/frame"></iframe><script>
let left = 5;
const done = () => {{ if (!--left) document.querySelector("p").className = "done"; }};
fetch("{base}/fetched", {{mode: "no-cors"}}).finally(done).catch(() => 0);
fetch("/redirects").finally(done).catch(() => 0);
fetch("http://169.254.169.254/", {{mode: "no-cors"}}).finally(done).catch(() => 0);
new WebSocket("{base}/socket".replace("http", "ws")).onerror = done;
const script = document.createElement("script");
script.src = "{base}/script";
script.onerror = done;
document.head.append(script);
</script>"""


def test_a_page_cannot_reach_private_addresses_by_any_way_while_it_is_read_itself(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another port of this machine stands for the private network."""
    with site(lambda path: "<p>secret</p>") as (base, private):
        asks = ASKS.format(base=base, host=base.removeprefix("http://"))
        pages = {"/": asks, "/redirects": (302, {"Location": f"{base}/redirected"}, b"")}
        monkeypatch.setattr(shown.seen, "answer", lambda path: pages.get(path, (404, {}, b"")))
        found = shown("/", "done")
        assert isinstance(found, Response), found
        assert b'class="done"' in found.body
        assert private.requests == []


CALLS = """<p></p><script>
const urls = ["stun:127.0.0.1:{port}", "turn:127.0.0.1:{port}?transport=udp"];
const call = new RTCPeerConnection({{iceServers: [{{urls, username: "a", credential: "b"}}]}});
call.createDataChannel("x");
call.onicegatheringstatechange = () => {{
  if (call.iceGatheringState !== "complete") return;
  new WebTransport("https://127.0.0.1:{port}/").ready.catch(() => document.querySelector("p").className = "done");
}};
call.createOffer().then(offer => call.setLocalDescription(offer));
</script>"""


def test_no_datagram_passes_by_the_guard(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.setblocking(False)
        page = CALLS.format(port=listening.getsockname()[1])
        monkeypatch.setattr(shown.seen, "answer", lambda path: page)
        assert isinstance(shown("/", "done"), Response)
        with pytest.raises(BlockingIOError):
            listening.recv(2_000)


def test_secrets_go_to_the_origins_of_the_job_only() -> None:
    own = ""

    def foreign(path: str) -> Answer | str:
        return (302, {"Location": f"{own}/own"}, b"") if path == "/hop" else "<p></p>"

    def with_secrets(usual: ClientSettings, base: str) -> ClientSettings:
        private = usual.private_hosts | {theirs.removeprefix("http://")}
        return usual._replace(
            headers={"X-Key": "canary"},
            cookies={"k": "canary"},
            auth=("me", "canary"),
            origins=frozenset({base}),
            private_hosts=private,
        )

    with site(foreign) as (theirs, seen_there):
        script = f"fetch('/api');fetch('{theirs}/api',{{mode:'no-cors'}});fetch('{theirs}/hop',{{mode:'no-cors'}})"
        pages = {"/": f"<p></p><script>{script}</script>", "/api": "{}", "/own": "{}"}
        with closing(Shown(pages, settings=with_secrets)) as shown:
            own = shown.base
            assert isinstance(shown("/"), Response)
            assert isinstance(shown(f"{theirs}/page"), Response)
        for path in ("/", "/api"):
            told = {name.lower(): value for name, value in shown.seen.headers(path).items()}
            assert (told["x-key"], told["cookie"]) == ("canary", "k=canary")
            assert told["authorization"].startswith("Basic ")
        assert set(seen_there.paths) >= {"/api", "/hop", "/page"}
        assert "canary" not in repr(seen_there.requests)
        assert "Authorization" not in repr(seen_there.requests)


@pytest.mark.long
def test_a_page_may_not_load_without_end() -> None:
    def answer(path: str) -> str:
        return "<p></p><script>for(let i=0;i<40;i++)fetch('/big?'+i)</script>" if path == "/" else "x" * 500_000

    with closing(Shown(answer)) as shown:
        found = shown("/")
    assert isinstance(found, Failure)
    assert found.code == "too-large"


def test_a_page_that_waits_too_long_for_its_slot_is_handed_back(shown: Shown) -> None:
    shown.seen.requests.clear()
    found = shown.fetch(Request(1, f"{shown.base}/js", "page", not_after=time.monotonic() - 1))
    assert isinstance(found, Failure)
    assert found.code == "busy"
    assert shown.seen.paths == []


def test_a_browser_that_is_killed_fails_its_page_and_is_replaced() -> None:
    before = set(browsers())
    with closing(Shown()) as shown:
        results: list[Result] = []
        asking = threading.Thread(target=lambda: results.append(shown("/silent")))
        asking.start()
        assert shown.seen.hung.wait(20)
        (victim,) = set(browsers()) - before
        victim.kill()
        asking.join(20)
        assert [found.code for found in results if isinstance(found, Failure)] == ["browser-died"]
        assert items(shown("/js")) == 10


def test_nothing_is_left_after_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(psutil.Process().children(recursive=True))
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", None)
        with closing(Shown()) as shown:
            items(shown("/js"))
            asking = threading.Thread(target=lambda: shown("/silent"))
            asking.start()
            assert shown.seen.hung.wait(20)
            assert os.listdir(folder)
        assert os.listdir(folder) == []
    asking.join(20)
    assert not asking.is_alive()
    _, alive = psutil.wait_procs(set(psutil.Process().children(recursive=True)) - before, timeout=20)
    assert alive == []
    assert isinstance(shown("/js"), Failure), "a closed client renders nothing"
