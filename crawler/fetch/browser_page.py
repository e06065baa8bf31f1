"""One page in the browser: opened, waited for, clicked, scrolled, read. It has a context and a guard of its own.

The document's request and its answer are seen through the Fetch domain of the DevTools protocol
(https://chromedevtools.github.io/devtools-protocol/tot/Fetch/), so a redirect ends the page as `Moved`, a status that
is no page as a failure, and secrets are put only into requests to the job's own origins. Whatever else the page asks
for goes through the guard. Scripts of ours run in a world of their own, where the page's scripts cannot change what
they call.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from playwright.async_api import Error

from crawler import urls
from crawler.errors import FetchError, one_line
from crawler.fetch.browser import BrowserRule
from crawler.fetch.browser_driver import CLOSING, Driver, limited
from crawler.fetch.browser_guard import Guard
from crawler.fetch.client import ClientSettings
from crawler.fetch.cookies import usable_cookies
from crawler.fetch.outcome import GOOD, KEPT, classify
from crawler.fetch.prepare import request_headers
from crawler.model import Failure, Moved, Request, Response

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, CDPSession, Page
    from playwright.async_api import Request as PageRequest
    from playwright.async_api import Response as PageResponse

__all__ = ["DIED", "DRESSING", "Heard", "PageVisit", "Result", "answers", "from_browser"]

Result = Response | Moved | Failure
Event = dict[str, Any]

LOAD_FACTOR = 5  # times `page_bytes` that a page may load, scripts and data together
QUIET = 0.5  # seconds without a request after which a page has loaded
MAX_NOISE = 5.0  # seconds after the event `load` that are waited for that
EFFECT = 2.0  # seconds in which a click or a scroll must show an effect
SETTLE = 10.0  # seconds that what it began may take
TICK = 0.05
DRESSING = 10.0
ANSWERING = 5.0
WORLDS = 40  # times that a script is tried in a document which goes away under it
MAX_RELOADS = 3
MAX_HEARD = 50
DIED = Failure("browser-died", "the browser ended while it had the page")
_SILENT = frozenset({"eventsource", "websocket", "media", "ping", "image", "font"})
"""Requests that a page has done with when it shows its content."""
_HTML = frozenset({"", "text/html", "application/xhtml+xml"})
_SIZE = (
    '[document.getElementsByTagName("*").length, document.documentElement ? document.documentElement.scrollHeight : 0]'
)
_LOADED = 'document.readyState === "complete"'
_SCROLL = 'window.scrollTo({top: document.documentElement.scrollHeight, behavior: "instant"})'
_CLICK = """(() => {
    const found = document.querySelector(%s);
    if (!found || found.disabled || found.ariaDisabled === "true") return false;
    if (!found.checkVisibility({visibilityProperty: true})) return false;
    found.scrollIntoView({behavior: "instant"});
    found.click();
    return true;
})()"""
_READ = """(() => {
    const root = document.documentElement;
    const html = root ? root.outerHTML : "";
    if (html.length > %d) return null;
    return (document.doctype ? new XMLSerializer().serializeToString(document.doctype) : "") + html;
})()"""


class Heard(NamedTuple):
    """JSON that a page fetched by itself."""

    method: str
    url: str
    response: Response


class _Answer(NamedTuple):
    """The head of the document's answer."""

    status: int
    reason: str
    fields: dict[str, str]
    cookies: tuple[str, ...]


class PageVisit:
    """Renders one page.

    Attributes:
        heard: JSON that the page fetched by itself, where that was asked for.
        used: it cannot take another request.
        healthy: the browser let the page be closed.
    """

    def __init__(self, browser: Browser, driver: Driver, settings: ClientSettings, *, listen: bool = False) -> None:
        self.browser, self.driver = browser, driver
        self._settings = settings
        self._most = LOAD_FACTOR * settings.page_bytes
        self._guard = Guard(settings, self._most)
        self._guard.on_full = lambda: self.stop(self._too_much())
        self._listen, self._responses = listen, list["PageResponse"]()
        self._under_way: set[PageRequest] = set()
        self._begun, self._last_change = 0, time.monotonic()
        self._extra: dict[str, list[str]] = {}
        self._tasks: set[asyncio.Future[Any]] = set()
        self._verdict: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._answer: _Answer | None = None
        self._opens, self._reading = 0, False
        self._phase = ("timeout", "no response")
        self._world: int | None = None
        self._started = time.monotonic()
        self._url, self._spelled, self._rule = "", "", BrowserRule()
        self._headers: dict[str, str] = {}
        self._secrets: dict[str, str] = {}
        self._context: BrowserContext | None = None
        self._page: Page
        self._cdp: CDPSession
        self._main = ""
        self.heard: list[Heard] = []
        self.used = False
        self.healthy = True

    async def open(self) -> None:
        """Make the page ready, so that a request can go out at once.

        Raises:
            Error: of playwright, as when the browser has died.
        """
        await self._guard.start()
        self._context = context = await self.browser.new_context(
            user_agent=self._settings.user_agent,
            proxy={"server": self._guard.address},
            accept_downloads=False,
            service_workers="block",
        )
        self._page = page = await context.new_page()
        context.on("page", lambda other: self._begin(other.close()))
        page.on("crash", lambda _: self.stop(Failure("browser-died", "the page crashed in the browser")))
        page.on("request", self._on_request)
        page.on("requestfinished", self._on_end)
        page.on("requestfailed", self._on_end)
        if self._listen:
            page.on("response", lambda response: self._responses.append(response))
        self._cdp = cdp = await context.new_cdp_session(page)
        self._main = (await cdp.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        cdp.on("Network.responseReceivedExtraInfo", self._on_extra)
        cdp.on("Network.dataReceived", self._on_data)
        cdp.on("Fetch.requestPaused", lambda event: self._begin(self._on_paused(event)))
        await cdp.send("Network.enable")

    async def run(self, request: Request, rule: BrowserRule, timeout: float) -> Result:
        """Return what came of a request, after `timeout` seconds at most.

        Raises:
            BadUrl: it is no URL of http or https.
            Error: of playwright, as when the browser has died.
        """
        self._url, self._rule = urls.resolve("", request.url), rule
        self._good = GOOD | request.message.statuses if request.message is not None else GOOD
        await limited(self._dress(request), DRESSING)
        await asyncio.sleep(max(0.0, request.not_before - time.monotonic()))
        if time.monotonic() > request.not_after:
            await limited(self._undress(), DRESSING)
            return Failure("late", "its time slot expired before it could be sent")
        self.used = True
        return await self._within(timeout)

    def stop(self, why: Result) -> None:
        """End the page with this result, unless it has one."""
        if not self._verdict.done():
            self._verdict.set_result(why)

    async def close(self) -> None:
        """Take the page away, and cut all that it has open."""
        await self._guard.close()
        for task in self._tasks:
            task.cancel()
        if self._context is None:
            return
        try:
            await limited(self._context.close(), CLOSING)
        except Exception:  # also a plain one, where what drives the browser has died
            self.healthy = False

    # ---- before the request

    async def _dress(self, request: Request) -> None:
        """Give the page the cookies and headers of its request."""
        settings, origins = self._settings, self._settings.origins
        self._headers = dict(request.message.headers) if request.message is not None else {}
        cookies = request.cookies
        patterns = [{"resourceType": "Document", "requestStage": stage} for stage in ("Request", "Response")]
        if urls.origin(self._url) in origins:
            public, private = request_headers(settings)
            cookies = "; ".join(filter(None, (private.pop("Cookie", ""), cookies)))
            self._secrets = {name: value for name, value in private.items() if public.get(name) != value}
        if self._secrets:
            patterns += [{"urlPattern": f"{origin}/*", "requestStage": "Request"} for origin in origins]
        if cookies:
            await self._set_cookies(cookies)
        host = urls.host(self._url)
        if not settings.insecure_hosts.isdisjoint((host, host.rpartition(":")[0])):
            await self._cdp.send("Security.setIgnoreCertificateErrors", {"ignore": True})
        await self._cdp.send("Fetch.enable", {"patterns": patterns})

    async def _undress(self) -> None:
        assert self._context is not None
        self._secrets = {}
        await self._context.clear_cookies()
        await self._cdp.send("Security.setIgnoreCertificateErrors", {"ignore": False})

    async def _set_cookies(self, header: str) -> None:
        pairs = [pair.partition("=") for pair in header.split("; ") if pair]
        cookies: list[Any] = [{"name": name, "value": value, "url": self._url} for name, _, value in pairs]
        assert self._context is not None
        try:
            await self._context.add_cookies(cookies)
        except Error:  # one that the browser does not take is not sent
            for cookie in cookies:
                with suppress(Error):
                    await self._context.add_cookies([cookie])

    def _begin(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run something beside; what fails because the page has gone is of no interest."""

        async def quietly() -> None:
            with suppress(Exception):
                await work

        task = asyncio.ensure_future(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ---- requests of the page

    def _on_request(self, request: PageRequest) -> None:
        if request.resource_type not in _SILENT and not request.is_navigation_request():
            self._under_way.add(request)
            self._begun += 1
            self._last_change = time.monotonic()

    def _on_end(self, request: PageRequest) -> None:
        self._under_way.discard(request)
        self._last_change = time.monotonic()

    def _on_extra(self, event: Event) -> None:
        lines = [value for name, value in event["headers"].items() if name.lower() == "set-cookie"]
        self._extra.setdefault(event["requestId"], []).extend(line for value in lines for line in value.split("\n"))

    def _on_data(self, event: Event) -> None:
        """Count bytes after unpacking; the guard sees them packed."""
        self._most -= event["dataLength"]
        if self._most < 0 and not self._guard.full:
            self._guard.cut()

    async def _on_paused(self, event: Event) -> None:
        main = event["resourceType"] == "Document" and event["frameId"] == self._main
        if "responseStatusCode" in event and main:
            await self._on_document(event)
        elif "responseStatusCode" in event or "responseErrorReason" in event:
            await self._go_on(event)
        elif main and not self._may_open(event["request"]["url"]):
            await self._cdp.send("Fetch.failRequest", {"requestId": event["requestId"], "errorReason": "Aborted"})
        else:
            await self._go_on(event, self._added(event["request"]["url"], main=main))

    async def _go_on(self, event: Event, more: dict[str, str] | None = None) -> None:
        told: dict[str, Any] = {"requestId": event["requestId"]}
        if more:
            headers = {name.lower(): (name, value) for name, value in event["request"]["headers"].items()}
            headers |= {name.lower(): (name, value) for name, value in more.items()}
            told["headers"] = [{"name": name, "value": value} for name, value in headers.values()]
        await self._cdp.send("Fetch.continueRequest", told)

    def _added(self, url: str, *, main: bool) -> dict[str, str]:
        """Headers that a request gets; they do not go on to where it may be redirected."""
        secrets = self._secrets if _origin(url) in self._settings.origins else {}
        return {**secrets, **(self._headers if main else {})}

    def _may_open(self, url: str) -> bool:
        """Whether the page itself may be asked for at this URL: as it was asked for, and again a few times.

        Where its scripts lead to another page, that is a redirect while it loads, and not wanted afterwards.
        """
        if self._reading:
            return False
        url = url.partition("#")[0]
        if self._opens == 0:
            self._spelled = url  # the browser may write it in another way
        if url in (self._url, self._spelled):
            self._opens += 1
            if self._opens > 1 + MAX_RELOADS:
                self.stop(Failure("redirect-loop", f"the page loaded itself more than {MAX_RELOADS} times"))
            return self._opens <= 1 + MAX_RELOADS
        cookies = self._answer.cookies if self._answer else ()
        self.stop(classify(self._url, 302, "", {"location": url}, b"", self._elapsed, cookies))
        return False

    async def _on_document(self, event: Event) -> None:
        """Judge the answer as the other clients do, and let the browser have it only when it is a page of HTML."""
        fields: dict[str, str] = {}
        for header in event["responseHeaders"]:
            name = header["name"].lower()
            fields[name] = f"{fields[name]}, {header['value']}" if name in fields else header["value"]
        cookies = usable_cookies(await self._cookies_of(event.get("networkId", "")))
        status, reason = event["responseStatusCode"], event.get("responseStatusText", "")
        host = event["request"]["url"].split("/", 3)[2]
        if status == 502 and (error := self._connection_error(host)) is not None:
            self.stop(Failure(error.code, error.detail, elapsed=self._elapsed))
        elif status not in self._good:
            self.stop(classify(self._url, status, reason, fields, b"", self._elapsed, cookies, self._kept))
        elif not _is_shown(fields):
            self._begin(self._take_as_it_is(event, _Answer(status, reason, fields, cookies)))
            return
        else:
            self._answer = _Answer(status, reason, fields, cookies)
            self._world = None
            await self._go_on(event)
            return
        await self._cdp.send("Fetch.failRequest", {"requestId": event["requestId"], "errorReason": "Aborted"})

    async def _take_as_it_is(self, event: Event, answer: _Answer) -> None:
        """What is no HTML is read as if there were no browser."""
        try:
            found = await self._cdp.send("Fetch.getResponseBody", {"requestId": event["requestId"]})
        except Error:
            cut = Failure("truncated", "the response is incomplete", elapsed=self._elapsed)
            self.stop(cut if await answers(self.browser) else DIED)
            return
        text = found["body"]
        if found["base64Encoded"]:
            from base64 import b64decode

            body = b64decode(text)
        else:
            body = text.encode("utf-8", "replace")
        self.stop(self._response(answer, body, answer.fields))

    async def _cookies_of(self, network_id: str) -> list[str]:
        """The Set-Cookie lines of an answer; they come beside it, mostly before."""
        until = time.monotonic() + 1.0
        while network_id not in self._extra and time.monotonic() < until:
            await asyncio.sleep(0.01)
        return self._extra.pop(network_id, [])

    def _connection_error(self, host: str) -> FetchError | None:
        port = host.rpartition(":")[2] if ":" in host.rpartition("]")[2] else ""
        name = host.removesuffix(f":{port}").strip("[]")
        secure = self._url.startswith("https:")
        return self._guard.failed.get(f"{name}:{port or (443 if secure else 80)}")

    # ---- the page

    async def _within(self, timeout: float) -> Result:
        self._started = time.monotonic()
        reading = asyncio.ensure_future(self._read())
        try:
            await asyncio.wait({reading, self._verdict}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if self._verdict.done():
                return self._verdict.result()
            if reading.done():
                return await self._read_or_failed(reading)
            return self._too_late(timeout)
        finally:
            reading.cancel()
            with suppress(BaseException):
                await asyncio.wait({reading}, timeout=1.0)

    async def _read_or_failed(self, reading: asyncio.Future[Result]) -> Result:
        try:
            return reading.result()
        except FetchError as error:
            return Failure(error.code, error.detail, elapsed=self._elapsed)
        except Error as error:
            if not await answers(self.browser):
                raise
            known = self._connection_error(self._url.split("/", 3)[2]) or from_browser(error.message)
            return Failure(known.code, known.detail, elapsed=self._elapsed)

    def _too_late(self, timeout: float) -> Failure:
        code, what = self._phase
        cookies = self._answer.cookies if self._answer else ()
        return Failure(code, f"{what} within {timeout:g} s", 0, None, self._elapsed, cookies)

    def _too_much(self) -> Failure:
        detail = f"the page loads more than {LOAD_FACTOR} times limits.page_bytes"
        return Failure("too-large", detail, elapsed=self._elapsed)

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._started

    @property
    def _kept(self) -> frozenset[str]:
        return KEPT | self._settings.kept_headers

    async def _read(self) -> Result:
        await self._go()
        await self._wait()
        self._reading = True
        if self._rule.click or self._rule.scroll:
            self._phase = ("deadline", "clicking and scrolling did not come to an end")
            await self._act()
        self._phase = ("deadline", "the content of the page could not be read")
        most = self._settings.page_bytes
        html = await self._run(_READ % most)
        body = b"" if html is None else html.encode("utf-8", "replace")
        if html is None or len(body) > most:
            raise FetchError("too-large", f"what the page shows is more than {most} bytes")
        if self._listen:
            await self._hear()
        assert self._answer is not None, "the document was seen before it was committed"
        return self._response(self._answer, body, self._answer.fields | {"content-type": "text/html; charset=utf-8"})

    async def _go(self) -> None:
        try:
            await self._page.goto(self._url, wait_until="commit", timeout=0)
        except Error as error:
            # A script that opens the page again, or another one, may be quicker than the word that it is there.
            if "interrupted by another navigation" not in error.message and "ERR_ABORTED" not in error.message:
                raise
            while self._answer is None:
                await asyncio.sleep(TICK)

    def _response(self, answer: _Answer, body: bytes, fields: dict[str, str]) -> Result:
        if len(body) > self._settings.page_bytes:
            return Failure("too-large", f"{len(body)} bytes; the limit is {self._settings.page_bytes}")
        return classify(
            *(self._url, answer.status, answer.reason, fields, body, self._elapsed, answer.cookies),
            kept=self._kept,
            good=self._good,
        )

    async def _wait(self) -> None:
        if self._rule.wait:
            self._phase = ("not-rendered", f"browser.wait matched nothing ({one_line(self._rule.wait, 80)})")
            while not await self._run(f"!!document.querySelector({json.dumps(self._rule.wait)})"):
                await asyncio.sleep(TICK)
            return
        self._phase = ("deadline", "the page did not finish loading")
        while not await self._run(_LOADED):
            await asyncio.sleep(TICK)
        await self._quiet(QUIET, MAX_NOISE)

    async def _quiet(self, seconds: float, most: float) -> None:
        """Wait until no request has been under way for some seconds."""
        until = time.monotonic() + most
        while (now := time.monotonic()) < until:
            if not self._under_way and now - self._last_change >= seconds:
                return
            await asyncio.sleep(TICK)

    async def _act(self) -> None:
        """Click and scroll until nothing more comes of it."""
        idle = 0
        for _ in range(self._rule.steps):
            if self._rule.click and await self._has_effect(_CLICK % json.dumps(self._rule.click)):
                idle = 0 if self._effect else idle + 1
                if idle < 2:
                    continue
            if not (self._rule.scroll and await self._has_effect(_SCROLL) and self._effect):
                return

    _effect = False

    async def _has_effect(self, script: str) -> bool:
        """Do something; tell whether it could be done. `_effect` says then whether the page grew or asked for more."""
        before, begun = await self._run(_SIZE), self._begun
        if await self._run(script) is False:
            return False
        until = time.monotonic() + EFFECT
        self._effect = False
        while not self._effect and time.monotonic() < until:
            await asyncio.sleep(TICK)
            self._effect = self._begun > begun or await self._run(_SIZE) != before
        if self._effect:
            await self._quiet(0.2, SETTLE)
            self._effect = self._begun > begun or await self._run(_SIZE) != before
        return True

    async def _run(self, script: str) -> Any:
        """Evaluate an expression of ours in the page's document.

        Raises:
            FetchError: the browser refuses it.
            Error: of playwright.
        """
        for left in range(WORLDS, -1, -1):
            try:
                if self._world is None:
                    asked = {"frameId": self._main, "worldName": "crawler"}
                    self._world = (await self._cdp.send("Page.createIsolatedWorld", asked))["executionContextId"]
                told = {"expression": script, "contextId": self._world, "returnByValue": True}
                found = await self._cdp.send("Runtime.evaluate", told)
            except Error:
                self._world = None  # the page is loading itself again
                if not left or not self.browser.is_connected():
                    raise
                await asyncio.sleep(TICK)
                continue
            if "exceptionDetails" in found:
                what = found["exceptionDetails"].get("exception", {}).get("description", "")
                raise FetchError("browser-script", one_line(what.partition("\n")[0], 120))
            return found["result"].get("value")
        raise AssertionError("the last try returns or raises")

    async def _hear(self) -> None:
        """Keep the JSON among what the page has fetched by itself."""
        for response in self._responses:
            kind = response.headers.get("content-type", "")
            if response.request.resource_type not in ("xhr", "fetch") or "json" not in kind:
                continue
            if len(self.heard) < MAX_HEARD:
                with suppress(Error, TimeoutError):
                    body = await limited(response.body(), 2.0)
                    if len(body) <= self._settings.page_bytes:
                        found = Response(response.url, response.status, {"content-type": kind}, body)
                        self.heard.append(Heard(response.request.method, response.url, found))


async def answers(browser: Browser) -> bool:
    """Tell whether a browser, and what drives it, still answer: what an error says of that is not to be relied on."""
    try:
        session = await limited(browser.new_browser_cdp_session(), ANSWERING)
        await limited(session.detach(), ANSWERING)
    except Exception:  # also a plain one, where what drives the browser has died
        return False
    return browser.is_connected()


def _is_shown(fields: dict[str, str]) -> bool:
    """Whether the browser would show it as HTML, and not save it or show it in a viewer of its own."""
    kind = fields.get("content-type", "").partition(";")[0].strip().lower()
    return kind in _HTML and not fields.get("content-disposition", "").lower().startswith("attachment")


def _origin(url: str) -> str:
    try:
        return urls.origin(url)
    except urls.BadUrl:
        return ""


_NET: tuple[tuple[str, str, str], ...] = (
    ("ERR_CERT", "tls", "the certificate is not valid"),
    ("ERR_SSL", "tls", "the TLS handshake failed"),
    ("ERR_EMPTY_RESPONSE", "closed", "the server closed the connection without a response"),
    ("ERR_CONNECTION_CLOSED", "closed", "the server closed the connection without a response"),
    ("ERR_CONNECTION_RESET", "reset", "the connection was reset"),
    ("ERR_CONTENT_LENGTH_MISMATCH", "truncated", "the page is incomplete"),
    ("ERR_INCOMPLETE_CHUNKED", "truncated", "the page is incomplete"),
    ("ERR_CONTENT_DECODING", "bad-encoding", "the page cannot be decompressed"),
    ("ERR_RESPONSE_HEADERS", "bad-headers", "the headers contradict each other"),
    ("ERR_INVALID_HTTP_RESPONSE", "bad-response", "the response is not HTTP"),
)


def from_browser(message: str) -> FetchError:
    """What an error of the browser means (https://source.chromium.org, net_error_list.h)."""
    for name, code, detail in _NET:
        if name in message:
            return FetchError(code, detail)
    start = message.find("net::ERR_")
    words = message[start + 5 :].split()
    what = words[0] if start >= 0 and words else one_line(message.partition("\n")[0], 100)
    return FetchError("bad-response", f"the browser cannot open the page: {what}")
