"""What every strategy promises (crawler/strategies/port.py), and what one breaks of it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Future, wait
from typing import Any

import psutil

from crawler.fetch.client import ClientSettings
from crawler.model import Request
from crawler.strategies.port import Plan, Strategy
from tests.support.gate_server import HELD, GateServer, gate_server
from tests.support.insider import HELPERS
from tests.support.then import DIES, RAISES, Then

WIDTH = 3
MANY = 5 * WIDTH
PATIENCE = 60.0  # seconds for what must come; a busy machine is no mistake
GIVES_BACK = 20.0
LATE = 0.3  # seconds until an answer comes, with `close()` before it
AT_ONCE = 1.5  # `submit` hands over; `close(cancel=True)` may kill processes, but does not wait for a server
SPREADS = 20.0  # until as many requests are in flight as may be; less than a server of these tests holds them back

Make = Callable[[Plan[Any]], Strategy[Any]]


def plan_for(server: GateServer, width: int = WIDTH) -> Plan[Any]:
    settings = ClientSettings("crawler/0", timeout=HELD, connections=width, private_hosts=frozenset({"127.0.0.1"}))
    return Plan(width, "requests", settings, Then(os.getpid()))


def submit(strategy: Strategy[Any], server: GateServer, number: int, path: str) -> list[Future[Any]]:
    return [strategy.submit(Request(at, f"{server.origin}/{path}/{at}", "page")) for at in range(number)]


class Before:
    """What this process had before a strategy was built."""

    def __init__(self) -> None:
        self._threads = set(threading.enumerate())
        self._children = _children()

    def left(self, server: GateServer) -> list[str]:
        """What is still there although time was given to go away."""
        until = time.monotonic() + GIVES_BACK
        while (found := self._now(server)) and time.monotonic() < until:
            time.sleep(0.02)
        return found

    def _now(self, server: GateServer) -> list[str]:
        threads = {each for each in threading.enumerate() if "process_request_thread" not in each.name}
        found = [f"the thread {each.name}" for each in threads - self._threads]
        found += [f"the process {pid}" for pid in _children() - self._children]
        for link in psutil.Process().net_connections("tcp"):
            if link.raddr and link.raddr.port == server.port and link.status == psutil.CONN_ESTABLISHED:
                found.append("a connection")
        return found


def _children() -> set[int]:
    found = set()
    for child in psutil.Process().children(recursive=True):
        try:
            gone = child.status() == psutil.STATUS_ZOMBIE
            if not gone and not any(helper in " ".join(child.cmdline()) for helper in HELPERS):
                found.add(child.pid)
        except psutil.NoSuchProcess:
            continue
    return found


def complaints(make: Make, width: int = WIDTH) -> list[str]:
    """What is wrong with a strategy that has all the time it needs: a sentence each.

    Args:
        width: how many at once the registry allows for a plan of WIDTH.
    """
    with gate_server() as server:
        before, found = Before(), []
        strategy = make(plan_for(server))
        futures = submit(strategy, server, MANY, "page")
        wait(futures, PATIENCE)
        values = [future.result() if future.done() and not future.exception() else None for future in futures]
        if [value and value[:2] for value in values] != [(at, 200) for at in range(MANY)]:
            found.append(f"not every future has what its request brought: {values}")
        if server.most > width:
            found.append(f"{server.most} requests were in flight, the width is {width}")
        if twice := [path for path, times in server.asked.items() if times > 1]:
            found.append(f"asked twice: {twice}")
        found += _cannot_bear_an_error(strategy, server, width)
        found += _not_waited_for(strategy, server, width)
        found += [f"close() left {what}" for what in before.left(server)]
    return found


def _cannot_bear_an_error(strategy: Strategy[Any], server: GateServer, width: int) -> list[str]:
    """What is wrong when the step raises: its future shall have the error, and the worker do the next request."""
    futures = [strategy.submit(Request(at, server.origin + RAISES, "page")) for at in range(2 * width)]
    wait(futures, PATIENCE)
    errors = [future.exception() if future.done() else None for future in futures]
    found = [] if all(type(error) is LookupError for error in errors) else [f"a step raised, the futures have {errors}"]
    futures = submit(strategy, server, width, "after")
    wait(futures, PATIENCE)
    good = [future for future in futures if future.done() and not future.exception()]
    return found + ([] if len(good) == width else [f"of {width} requests after an error, {len(good)} were made"])


def _not_waited_for(strategy: Strategy[Any], server: GateServer, width: int) -> list[str]:
    """What is wrong with `close()` while requests are in flight, whose answers come a little later."""
    server.delay = LATE
    futures = submit(strategy, server, width, "late")
    if not all(future.done() for future in futures) and not server.wait_for(1, PATIENCE):
        return ["a request was not made"]
    strategy.close()
    open_ = [future for future in futures if not future.done()]
    failed = [future for future in futures if future.done() and (future.cancelled() or future.exception())]
    found = [f"close() did not wait for {len(open_)} requests in flight"] if open_ else []
    return found + ([f"close() gave up {len(failed)} requests in flight"] if failed else [])


def complaints_at_cancel(make: Make, width: int = WIDTH) -> list[str]:
    """What is wrong with `submit` and with `close(cancel=True)` while a server does not answer."""
    with gate_server() as server:
        before = Before()
        strategy = make(plan_for(server))
        (first,) = submit(strategy, server, 1, "page")
        if width == 1 and first.done():  # `serial` makes it in `submit`: nothing can be in flight
            strategy.close(cancel=True)
            return [f"close(cancel=True) left {what}" for what in before.left(server)]
        first.result(PATIENCE)
        began = time.monotonic()
        futures = submit(strategy, server, 2 * width, "held")
        took = time.monotonic() - began
        found = [f"submit() waited {took:.1f} s for a page; only at a width of 1 it may"] if took > AT_ONCE else []
        if not found and not server.wait_for(width, SPREADS):
            found.append(f"{server.most} requests were in flight, the width is {width}")
        began = time.monotonic()
        strategy.close(cancel=True)
        took = time.monotonic() - began
        found += [f"close(cancel=True) waited {took:.1f} s"] if took > AT_ONCE else []
        server.gate.set()
        found += [f"close(cancel=True) left {what}" for what in before.left(server)]
        found += _not_ended(futures)
        begun = sum(times for path, times in server.asked.items() if path.startswith("/held/"))
        return found + ([f"{begun} requests were made, the last after close(cancel=True)"] if begun > width else [])


def _not_ended(futures: list[Future[Any]]) -> list[str]:
    """What is wrong with futures some time after `close(cancel=True)`."""
    until = time.monotonic() + GIVES_BACK
    while not all(future.done() for future in futures) and time.monotonic() < until:
        time.sleep(0.02)
    open_ = [future for future in futures if not future.done()]
    errors = [future.exception() for future in futures if future.done() and not future.cancelled()]
    wrong = [error for error in errors if error is not None and not isinstance(error, BrokenExecutor | CancelledError)]
    found = [f"{len(open_)} futures are pending for ever after close(cancel=True)"] if open_ else []
    return found + [f"after close(cancel=True) a future has {error!r}, no BrokenExecutor" for error in wrong]


def complaints_at_death(make: Make) -> list[str]:
    """What is wrong when a worker process dies; nothing for a strategy without any."""
    with gate_server() as server:
        strategy = make(plan_for(server))
        try:
            (first,) = submit(strategy, server, 1, "page")
            if first.result(PATIENCE)[2] == os.getpid():
                return []
            future = strategy.submit(Request(1, server.origin + DIES, "page"))
            try:
                error = future.exception(PATIENCE)
            except TimeoutError:
                return ["the future of a dead worker never completes"]
            if not isinstance(error, BrokenExecutor):
                return [f"the future of a dead worker has {error!r}, no BrokenExecutor"]
            return [] if _works_again(strategy, server) else ["no request is made after a worker died"]
        finally:
            strategy.close(cancel=True)


def _works_again(strategy: Strategy[Any], server: GateServer) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            return bool(strategy.submit(Request(2, f"{server.origin}/again", "page")).result(PATIENCE)[1] == 200)
        except BrokenExecutor:  # what was handed out before the death is noticed may fail, too
            time.sleep(0.05)
    return False
