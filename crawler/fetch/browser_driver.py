"""The process by which playwright drives a browser: started, watched, ended, and nothing left of it or its browser.

It may die as any process may. What playwright tells of that differs between its versions: calls fail in many ways, or
never return, and the browser may still count as connected. So the process itself is watched here, and each call has a
deadline.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from playwright.async_api import Playwright, async_playwright

__all__ = ["Driver", "DriverDied", "limited", "remove_abandoned"]

PREFIX = "crawler-browser-"  # of the folder of its temporary files; our process id follows
STARTING = 30.0  # seconds
CLOSING = 5.0
TICK = 0.05
MAX_TEMPORARY = 28

T = TypeVar("T")


class DriverDied(Exception):
    """The driver ended while something was asked of it."""


async def limited(work: Awaitable[T], seconds: float) -> T:
    """Wait for something; unlike `asyncio.wait_for`, do not wait until it has been cancelled either.

    Raises:
        TimeoutError: it took longer.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            return task.result()
    finally:
        task.cancel()
    raise TimeoutError


class Driver:
    """Playwright, the process of its driver, and a folder for the temporary files of both it and its browser."""

    def __init__(self) -> None:
        remove_abandoned()
        self.folder = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=_temporary())
        self._playwright: Playwright | None = None
        self._process: asyncio.SubprocessTransport | None = None

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.get_returncode() is None

    async def start(self) -> Playwright:
        """Start it.

        Raises:
            DriverDied: it ended again.
            TimeoutError: it takes too long.
            Exception: it cannot be started; playwright says why.
        """
        loop: Any = asyncio.get_running_loop()
        spawn = loop.subprocess_exec

        async def spawned(*arguments: Any, env: Any = None, **options: Any) -> Any:
            found = {**(os.environ if env is None else env), "TMPDIR": self.folder}
            made = await spawn(*arguments, env=found, **options)
            self._process = made[0]
            return made

        loop.subprocess_exec = spawned  # playwright lets nobody choose the environment of its driver
        try:
            self._playwright = await limited(async_playwright().start(), STARTING)
        finally:
            loop.subprocess_exec = spawn
        return self._playwright

    async def answer(self, work: Awaitable[T], seconds: float) -> T:
        """Wait for what is asked of the driver.

        Raises:
            DriverDied: it ended meanwhile, so that the answer may never come.
            TimeoutError: it took longer than so many seconds.
        """
        task, until = asyncio.ensure_future(work), time.monotonic() + seconds
        try:
            while True:
                left = until - time.monotonic()
                await asyncio.wait({task}, timeout=max(0.0, min(left, 4 * TICK)))
                if task.done():
                    return task.result()
                if not self.runs:
                    raise DriverDied
                if left <= 0:
                    raise TimeoutError
        finally:
            task.cancel()

    async def end(self) -> None:
        """End it, and kill what does not end, also of its browser; remove the temporary files."""
        if self._playwright is not None:
            with suppress(Exception):  # also a plain one, where it has died
                await limited(self._playwright.stop(), CLOSING if self.runs else TICK)
        if self._process is not None:
            self._process.close()  # kills it, if need be
        until = time.monotonic() + CLOSING
        while (left := _working_in(self.folder)) and time.monotonic() < until:
            for pid in left:
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(TICK)
        shutil.rmtree(self.folder, ignore_errors=True)


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


def _working_in(folder: str) -> list[int]:
    """The processes of a browser that has its profile in this folder; known on Linux only."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline") if sys.platform == "linux" else ():
        with suppress(OSError):
            if os.fsencode(f"={folder}/") in path.read_bytes():
                found.append(int(path.parent.name))
    return found
