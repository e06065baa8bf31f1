"""The client that renders pages: one Chromium for all of them, driven by one event loop in a thread of its own.

Each page has its own context, as a private window has: nothing passes from one to the next but what the crawl itself
hands on. A browser that died, or that does not let a page be closed, is replaced by a new one for the next page.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

from playwright.async_api import Browser, Error, Playwright

from crawler.errors import ConfigError, CrawlerError, one_line
from crawler.fetch.browser import BrowserOptions, BrowserRule, browser_path, browser_refusal
from crawler.fetch.browser_driver import CLOSING, STARTING, Driver, limited
from crawler.fetch.browser_page import DIED, DRESSING, Heard, PageVisit, Result, answers
from crawler.fetch.client import ClientSettings
from crawler.fetch.failures import to_fetch_error
from crawler.model import Failure, Request

__all__ = ["BrowserFetch"]

OPENING = 10.0  # seconds
SLACK = 5.0  # that a page may take beyond its own deadlines
_ARGS = (
    "--blink-settings=imagesEnabled=false",  # their addresses are in the page all the same
    "--disable-quic",
    "--dns-prefetch-disable",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",  # UDP would pass by the guard
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",  # its older name
    "--mute-audio",
)
_NOWHERE = "http://127.0.0.1:9"  # for what the browser asks for by itself, outside of pages
_BUSY = Failure("busy", "the browser had other pages until its time slot expired")


class BrowserFetch:
    """See `crawler.fetch.client.Fetch`; takes `options.timeout` seconds at most for a page, after the browser started.

    Args:
        rules: by page kind; one that is not there is only waited for.
        listen: keep the JSON that pages fetch by themselves.

    Attributes:
        heard: the JSON of the last page.
    """

    def __init__(
        self,
        settings: ClientSettings,
        rules: Mapping[str, BrowserRule],
        options: BrowserOptions | None = None,
        *,
        listen: bool = False,
    ) -> None:
        self._settings, self._rules, self._listen = settings, rules, listen
        self._options = options or BrowserOptions()
        if why := browser_refusal(self._options.path):
            raise ConfigError(why)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self._driver: Driver | None = None
        self._browser: Browser | None = None
        self._pid = 0
        self._starting: asyncio.Lock | None = None
        self._visits: set[asyncio.Task[Result]] = set()
        self._pages: set[PageVisit] = set()
        self._ready_pages: list[PageVisit] = []
        self._behind: set[asyncio.Task[None]] = set()
        self.heard: list[Heard] = []

    def __call__(self, request: Request) -> Result:
        """Render a page once; whatever happens is returned."""
        loop = self._running()
        if loop is None:
            return DIED
        waiting = asyncio.run_coroutine_threadsafe(self._visit(request), loop)
        try:
            return waiting.result()
        except CancelledError:
            return DIED
        except CrawlerError as exc:
            error = to_fetch_error(exc)
            return Failure(error.code, error.detail)
        except Exception as exc:  # a page that breaks a library must not break the run
            return Failure("browser-failed", one_line(f"{type(exc).__name__}: {exc}".partition("\n")[0]))

    def close(self) -> None:
        """End the browser and its thread; a page that is under way ends as `browser-died`."""
        with self._lock:
            self._closed = True
            loop, self._loop = self._loop, None
        if loop is None or self._thread is None:
            return
        stopping = asyncio.run_coroutine_threadsafe(self._stop(), loop)
        with suppress(Exception):
            stopping.result(6 * CLOSING)
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join(CLOSING)

    def _running(self) -> asyncio.AbstractEventLoop | None:
        """The event loop, which is started with the first page; None after `close`."""
        with self._lock:
            if self._loop is None and not self._closed:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=_run, args=(self._loop,), name="browser", daemon=True)
                self._thread.start()
            return self._loop

    async def _visit(self, request: Request) -> Result:
        task = asyncio.current_task()
        assert task is not None
        self._visits.add(task)
        try:
            if time.monotonic() > request.not_after:
                return _BUSY
            page = await self._open_page()
            if isinstance(page, Failure):
                return page
            if time.monotonic() > request.not_after:  # it is ready for the next one
                self._ready_pages.append(page)
                return _BUSY
            return await self._in(page, request)
        finally:
            self._visits.discard(task)

    async def _in(self, page: PageVisit, request: Request) -> Result:
        rule, timeout = self._rules.get(request.kind, BrowserRule()), self._options.timeout
        most = max(0.0, request.not_before - time.monotonic()) + 2 * DRESSING + timeout + SLACK
        self._pages.add(page)
        result: Result | Exception
        try:
            result = await page.driver.answer(page.run(request, rule, timeout), most)
        except CrawlerError:
            raise
        except Exception as error:  # of playwright, or of what drives the browser: it may have died
            page.used = True
            result = error
        finally:
            self._pages.discard(page)
            if page.used:
                await self._close_page(page)
                self._prepare_next()
            else:  # it came too late, and is ready for the next one
                self._ready_pages.append(page)
        self.heard = page.heard
        if not isinstance(result, Exception):
            return result
        if isinstance(result, Error) and page.healthy and await answers(page.browser):
            return Failure("browser-failed", one_line(result.message.partition("\n")[0]))
        return DIED

    async def _open_page(self) -> PageVisit | Failure:
        """A page that waits for a request, or a new one."""
        while self._ready_pages:
            page = self._ready_pages.pop()
            if page.browser is self._browser and self._is_alive():
                return page
            await page.close()
        browser = await self._ready()
        if isinstance(browser, Failure) or self._driver is None:
            return browser if isinstance(browser, Failure) else DIED
        page = PageVisit(browser, self._driver, self._settings, listen=self._listen)
        try:
            await page.driver.answer(page.open(), OPENING)
        except Exception:  # not even an empty page: this browser is of no use any more
            await page.close()
            if self._browser is browser:
                await self._end_browser()
            return DIED
        return page

    async def _close_page(self, page: PageVisit) -> None:
        await page.close()
        if not page.healthy and self._browser is page.browser:
            await self._end_browser()

    def _prepare_next(self) -> None:
        """Open a page for the next request while nobody waits: its time slot may be short."""
        if self._closed or len(self._pages) + len(self._ready_pages) + len(self._behind) >= self._options.pages:
            return

        async def prepare() -> None:
            page = await self._open_page()
            if not isinstance(page, Failure):
                self._ready_pages.append(page)

        task = asyncio.ensure_future(prepare())
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    async def _ready(self) -> Browser | Failure:
        """The browser, started where there is none, or none that lives."""
        self._starting = self._starting or asyncio.Lock()
        async with self._starting:
            if self._browser is not None and self._is_alive():
                return self._browser
            await self._end_browser()
            try:
                return await limited(self._start(), 3 * STARTING)
            except Exception as error:  # whatever keeps it from starting, down to a missing library of the system
                await self._end_browser()
                return Failure("browser-failed", f"the browser does not start: {_reason(error)}")

    def _is_alive(self) -> bool:
        return (
            self._browser is not None
            and self._browser.is_connected()
            and self._driver is not None
            and self._driver.runs  # a browser whose driver died may still count as connected
        )

    async def _start(self) -> Browser:
        self._driver = driver = Driver()
        playwright = await driver.start()
        return await driver.answer(self._launch(playwright, driver.folder), 2 * STARTING)

    async def _launch(self, playwright: Playwright, folder: str) -> Browser:
        self._browser = browser = await playwright.chromium.launch(
            executable_path=browser_path(self._options.path),
            env={**os.environ, "TMPDIR": folder},  # one that is killed leaves files there
            args=_ARGS,
            ignore_default_args=["--disable-popup-blocking"],
            chromium_sandbox=self._options.sandbox and not _is_root(),
            proxy={"server": _NOWHERE},
            handle_sigint=False,  # the first Ctrl-C lets pages in flight be finished
            handle_sigterm=False,
            handle_sighup=False,
            timeout=1000 * STARTING,
        )
        browser.on("disconnected", self._on_death)
        session = await browser.new_browser_cdp_session()
        for process in (await session.send("SystemInfo.getProcessInfo"))["processInfo"]:
            if process["type"] == "browser":
                self._pid = process["id"]
        return browser

    def _on_death(self, browser: Any) -> None:
        if browser is self._browser:
            for page in self._pages:
                page.stop(DIED)

    async def _end_browser(self) -> None:
        """Close the browser and what drives it; kill it where it does not close."""
        browser, driver, pid = self._browser, self._driver, self._pid
        is_alive = self._is_alive()
        self._browser, self._driver, self._pid = None, None, 0
        for page in self._pages:
            page.stop(DIED)
        if browser is not None and is_alive and not await _ends(browser.close()) and pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if driver is not None:
            await driver.end()

    async def _stop(self) -> None:
        mine = asyncio.current_task()
        visits = [task for task in (*self._visits, *self._behind) if task is not mine]
        for page in self._pages:
            page.stop(DIED)
        if visits:
            await asyncio.wait(visits, timeout=CLOSING)
        for task in visits:
            task.cancel()
        await self._end_browser()
        for page in self._ready_pages:
            await page.close()


async def _ends(work: Any) -> bool:
    try:
        await limited(work, CLOSING)
    except Exception:  # also a plain one, where what drives the browser has died
        return False
    return True


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.set_exception_handler(lambda loop, context: None)  # of futures that the driver leaves behind when it dies
    loop.run_forever()
    loop.close()


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _reason(error: Exception) -> str:
    text = str(error)
    if "No usable sandbox" in text:
        return "its sandbox cannot be used on this system; browser.sandbox: false runs it without"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = (line for line in lines if "FATAL" in line or "error while loading" in line)
    return one_line(next(told, lines[0] if lines else type(error).__name__))
