"""Strategies that do not do what they say, for `compare`: each is wrong in one way."""

from __future__ import annotations

import atexit
import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from typing import Any

from crawler.model import Page
from crawler.strategies.threads import Threads

SOME = re.compile(r"_[37]\b")
LEFT_BEHIND = "import time; time.sleep(987)"


class Narrow(Threads[Any]):
    """One request after another, whatever the width."""

    def __init__(self, plan: Any) -> None:
        super().__init__(plan._replace(width=1))


class Half(Threads[Any]):
    """Half as many requests at once as it may have."""

    def __init__(self, plan: Any) -> None:
        super().__init__(plan._replace(width=plan.width // 2))


class Wide(Threads[Any]):
    """Twice as many requests at once as it may have."""

    def __init__(self, plan: Any) -> None:
        super().__init__(plan._replace(width=2 * plan.width))


class _Changed(Threads[Any]):
    """Changes what comes of some requests."""

    def __init__(self, plan: Any) -> None:
        super().__init__(plan._replace(then=self._changed(plan.then)))

    def _changed(self, then: Any) -> Any:
        def changed(request: Any, fetched: Any) -> Any:
            outcome = then(request, fetched)
            if isinstance(outcome, Page) and outcome.records and SOME.search(request.url):
                return self.change(outcome)
            return outcome

        return changed

    def change(self, page: Page) -> Page:
        raise NotImplementedError


class Drops(_Changed):
    """Loses records."""

    def change(self, page: Page) -> Page:
        return page._replace(records=page.records[1:])


class Doubles(_Changed):
    """Hands records in twice."""

    def change(self, page: Page) -> Page:
        return page._replace(records=(*page.records, *page.records))


class Raises(_Changed):
    """Breaks on some pages."""

    def change(self, page: Page) -> Page:
        raise ValueError("I do not like this page")


class Swaps(Threads[Any]):
    """Gives two pages each what came of the other."""

    def __init__(self, plan: Any) -> None:
        super().__init__(plan)
        self._first: tuple[Any, Future[Any]] | None = None

    def submit(self, request: Any) -> Future[Any]:
        if not SOME.search(request.url):
            return super().submit(request)
        future: Future[Any] = Future()
        if self._first is None:
            self._first = request, future
        else:
            first, waiting = self._first
            super().submit(first).add_done_callback(lambda done: future.set_result(done.result()))
            super().submit(request).add_done_callback(lambda done: waiting.set_result(done.result()))
        return future


class Reorders(Threads[Any]):
    """Turns the links of a page around, and with them the order of the rows."""

    def __init__(self, plan: Any) -> None:
        def turned(request: Any, fetched: Any) -> Any:
            outcome = plan.then(request, fetched)
            return outcome._replace(links=outcome.links[::-1]) if isinstance(outcome, Page) else outcome

        super().__init__(plan._replace(then=turned))


class AsksTwice(Threads[Any]):
    """Fetches each page twice and takes the second answer."""

    def __init__(self, plan: Any) -> None:
        super().__init__(plan)
        once = self._step
        fetch = once._fetch

        def twice(request: Any) -> Any:
            fetch(request)
            return once(request)

        self._twice = twice

    def submit(self, request: Any) -> Future[Any]:
        return self._pool.submit(self._twice, request)


class Hangs(Threads[Any]):
    """Some futures never end."""

    def submit(self, request: Any) -> Future[Any]:
        return Future() if SOME.search(request.url) else super().submit(request)


class LeavesProcess(Threads[Any]):
    """Starts a process and forgets it."""

    def __init__(self, plan: Any) -> None:
        super().__init__(plan)
        subprocess.Popen([sys.executable, "-c", LEFT_BEHIND], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Dies(Threads[Any]):
    """Fails when it is asked for a page, not through the future."""

    def submit(self, request: Any) -> Future[Any]:
        raise RuntimeError("no page is good enough")


class Exits(Threads[Any]):
    """Ends the process as if all were well."""

    def close(self, *, cancel: bool = False) -> None:
        super().close(cancel=cancel)
        raise SystemExit(0)


class CrashesAtExit(Threads[Any]):
    """Crashes when all is done."""

    def __init__(self, plan: Any) -> None:
        super().__init__(plan)
        atexit.register(os.kill, os.getpid(), signal.SIGSEGV)


class HangsAtExit(Threads[Any]):
    """Leaves a thread for which Python waits at its end."""

    def __init__(self, plan: Any) -> None:
        super().__init__(plan)
        threading.Thread(target=threading.Event().wait, args=(987,)).start()
