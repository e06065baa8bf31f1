"""The client that renders pages: one Chromium for all of them, driven by one event loop in a thread of its own.

Each page has its own context, as a private window has: nothing passes from one to the next but what the crawl itself
hands on. A browser that died, or that does not let a page be closed, is replaced by a new one for the next page.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Error, Playwright, async_playwright

from crawler.errors import ConfigError, CrawlerError, one_line
from crawler.fetch.browser import BrowserOptions, BrowserRule, browser_path, browser_refusal
from crawler.fetch.browser_page import Heard, PageVisit, Result
from crawler.fetch.client import ClientSettings
from crawler.fetch.failures import to_fetch_error
from crawler.model import Failure, Request

__all__ = ["BrowserFetch"]

PREFIX = "crawler-browser-"  # of the folder of its temporary files; our process id follows
STARTING = 30.0  # seconds
OPENING = 10.0  # a call to a driver that has died may never return
CLOSING = 5.0
MAX_TEMPORARY = 28
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
_DIED = Failure("browser-died", "the browser ended while it had the page")


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
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._pid = 0
        self._folder: str | None = None
        self._profile: str | None = None
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
            return _DIED
        waiting = asyncio.run_coroutine_threadsafe(self._visit(request), loop)
        try:
            return waiting.result()
        except CancelledError:
            return _DIED
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
        rule = self._rules.get(request.kind, BrowserRule())
        self._pages.add(page)
        result: Result | Exception
        try:
            result = await page.run(request, rule, self._options.timeout)
        except CrawlerError:
            raise
        except Exception as error:  # also a plain one, where what drives the browser has died
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
        if isinstance(result, Error) and page.healthy and page.browser.is_connected():
            return Failure("browser-failed", one_line(result.message.partition("\n")[0]))
        return _DIED

    async def _open_page(self) -> PageVisit | Failure:
        """A page that waits for a request, or a new one."""
        while self._ready_pages:
            page = self._ready_pages.pop()
            if page.browser is self._browser and page.browser.is_connected():
                return page
            await page.close()
        browser = await self._ready()
        if isinstance(browser, Failure):
            return browser
        page = PageVisit(browser, self._settings, listen=self._listen)
        try:
            await asyncio.wait_for(page.open(), OPENING)
        except Exception:  # not even an empty page: this browser is of no use any more
            await page.close()
            if self._browser is browser:
                await self._end_browser()
            return _DIED
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
            if self._browser is not None and self._browser.is_connected():
                return self._browser
            await self._end_browser()
            try:
                return await asyncio.wait_for(self._start(), 2 * STARTING)
            except Exception as error:  # whatever keeps it from starting, down to a missing library of the system
                await self._end_browser()
                return Failure("browser-failed", f"the browser does not start: {_reason(error)}")

    async def _start(self) -> Browser:
        self._playwright = await asyncio.wait_for(async_playwright().start(), STARTING)
        remove_abandoned()
        self._folder = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=_temporary())
        self._browser = await self._playwright.chromium.launch(
            executable_path=browser_path(self._options.path),
            env={**os.environ, "TMPDIR": self._folder},  # one that is killed leaves files there
            args=_ARGS,
            ignore_default_args=["--disable-popup-blocking"],
            chromium_sandbox=self._options.sandbox and not _is_root(),
            proxy={"server": _NOWHERE},
            handle_sigint=False,  # the first Ctrl-C lets pages in flight be finished
            handle_sigterm=False,
            handle_sighup=False,
            timeout=1000 * STARTING,
        )
        self._browser.on("disconnected", self._on_death)
        session = await self._browser.new_browser_cdp_session()
        for process in (await session.send("SystemInfo.getProcessInfo"))["processInfo"]:
            if process["type"] == "browser":
                self._pid = process["id"]
                self._profile = _profile(self._pid)
        return self._browser

    def _on_death(self, browser: Any) -> None:
        if browser is self._browser:
            for page in self._pages:
                page.stop(_DIED)

    async def _end_browser(self) -> None:
        """Close the browser and what drives it; kill it where it does not close. Its profile goes with it."""
        browser, playwright, pid = self._browser, self._playwright, self._pid
        folders, self._folder, self._profile = (self._folder, self._profile), None, None
        self._browser = self._playwright = None
        self._pid = 0
        for page in self._pages:
            page.stop(_DIED)
        if browser is not None and browser.is_connected() and not await _ends(browser.close()) and pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if playwright is not None:
            await _ends(playwright.stop())
        for folder in filter(None, folders):
            shutil.rmtree(folder, ignore_errors=True)

    async def _stop(self) -> None:
        mine = asyncio.current_task()
        visits = [task for task in (*self._visits, *self._behind) if task is not mine]
        for page in self._pages:
            page.stop(_DIED)
        if visits:
            await asyncio.wait(visits, timeout=CLOSING)
        for task in visits:
            task.cancel()
        await self._end_browser()
        for page in self._ready_pages:
            await page.close()


def remove_abandoned() -> None:
    """Remove the temporary files of browsers whose crawler was killed."""
    if not hasattr(os, "getuid"):
        return
    for folder in Path(_temporary()).glob(f"{PREFIX}*"):
        number = folder.name.removeprefix(PREFIX).partition("-")[0]
        with suppress(OSError, ValueError):
            if folder.stat(follow_symlinks=False).st_uid == os.getuid() and not _lives(int(number)):
                shutil.rmtree(folder, ignore_errors=True)


def _temporary() -> str:
    """Where the browser may have its temporary files: the path of a socket in them has 107 characters at most."""
    usual = tempfile.gettempdir()
    return "/tmp" if len(usual) > MAX_TEMPORARY and os.access("/tmp", os.W_OK) else usual  # noqa: S108 - by mkdtemp


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def _ends(work: Any) -> bool:
    try:
        await asyncio.wait_for(work, CLOSING)
    except Exception:  # also a plain one, where what drives the browser has died
        return False
    return True


def _profile(pid: int) -> str | None:
    """The profile of a browser, which nobody removes where what drives it is killed; known on Linux only."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return None
    found = [one.partition("=")[2] for one in arguments if one.startswith("--user-data-dir=")]
    return next((path for path in found if Path(path).name.startswith("playwright_")), None)


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
