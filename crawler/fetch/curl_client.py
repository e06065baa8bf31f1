"""The client on libcurl: one transfer after another on each thread, or many at once on one thread."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, cast

import pycurl

from crawler.fetch.client import ClientSettings
from crawler.fetch.curl_transfer import Transfer
from crawler.fetch.prepare import RequestPreparer
from crawler.model import Failure, Moved, Request, Response

__all__ = ["CurlFetch", "Transfers"]


class _Own(threading.local):
    transfer: Transfer | None = None
    asking: RequestPreparer


class CurlFetch:
    """See `crawler.fetch.client.Fetch`."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._own = _Own()
        self._lock = threading.Lock()
        self._transfers: list[Transfer] = []

    def __call__(self, request: Request) -> Response | Moved | Failure:
        """Fetch once; whatever happens is returned."""
        early = request.not_before - time.monotonic()
        if early > 0:  # clocks of processes may differ by a little
            time.sleep(early)
        transfer = self._own.transfer or self._open()
        try:
            transfer.begin(self._own.asking, request)
        except Exception as exc:
            return transfer.failed(exc)
        while True:
            number, text = _perform(transfer)
            if not transfer.stopped():
                return transfer.end(number, text)

    def close(self) -> None:
        """Close the idle connections of all threads; a thread that is in a request closes its own with its end."""
        with self._lock:
            transfers, self._transfers = self._transfers, []
        for transfer in transfers:
            with suppress(pycurl.error):
                transfer.close()
        self._own = _Own()

    def _open(self) -> Transfer:
        transfer = self._own.transfer = Transfer(self._settings, {})
        self._own.asking = RequestPreparer(self._settings)
        with self._lock:
            self._transfers.append(transfer)
        return transfer


def _perform(transfer: Transfer) -> tuple[int, str]:
    try:
        transfer.handle.perform()
    except pycurl.error as exc:
        return cast(tuple[int, str], exc.args)
    return 0, ""


Done = Callable[[Response | Moved | Failure], None]

_EVENTS = {
    pycurl.POLL_IN: select.POLLIN,
    pycurl.POLL_OUT: select.POLLOUT,
    pycurl.POLL_INOUT: select.POLLIN | select.POLLOUT,
}


class Transfers:
    """See `crawler.fetch.client.Transfers`."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._asking = RequestPreparer(settings)
        self._sockets: dict[int, int] = {}
        self._idle: list[Transfer] = []
        self._under_way: dict[Any, tuple[Transfer, Done]] = {}
        self._early: list[tuple[Request, Done]] = []
        self._due: float | None = None  # when libcurl wants to be called
        self._other = -1  # see `listen`
        self._more = False  # something was done at once; no socket tells of it
        self._poll = select.poll()
        self._bell, self._ear = socket.socketpair()
        self._bell.setblocking(False)
        self._ear.setblocking(False)
        self._poll.register(self._ear, select.POLLIN)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, settings.connections)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)

    def __len__(self) -> int:
        """How many requests are in flight."""
        return len(self._under_way) + len(self._early)

    def add(self, request: Request, done: Done) -> None:
        """Begin a request; `done` is called with what came of it, mostly within `perform`."""
        if request.not_before > monotonic():
            self._early.append((request, done))
            return
        transfer = self._idle.pop() if self._idle else Transfer(self._settings, self._sockets)
        try:
            transfer.begin(self._asking, request)
        except Exception as exc:
            self._idle.append(transfer)
            done(transfer.failed(exc))
            return
        self._under_way[transfer.handle] = transfer, done
        self._multi.add_handle(transfer.handle)
        self._look_at_timer()  # send it now, before others begin

    def perform(self, timeout: float) -> None:
        """Wait until something moves, or is woken, `timeout` seconds at most; then do what can be done."""
        ready = self._poll.poll(0 if self._more else 1_000 * self._wait(timeout))
        for number, event in ready:
            if number == self._ear.fileno():
                with suppress(BlockingIOError):
                    self._ear.recv(4_096)
            elif number != self._other:
                self._multi.socket_action(number, _mask(event))
        self._look_at_timer()
        self._hand_out()
        if self._early:
            early, self._early = self._early, []
            for request, done in early:
                self.add(request, done)

    def wake(self) -> None:
        """Let `perform` return now, or the next time; from any thread."""
        with suppress(OSError):  # full: it is awake; closed: nobody waits
            self._bell.send(b"!")

    def listen(self, number: int) -> None:
        """Let `perform` return, too, when this socket can be read; its bytes are left to the caller."""
        self._other = number
        self._poll.register(number, select.POLLIN)

    def close(self) -> None:
        """Hang up; requests in flight are forgotten."""
        for transfer, _ in self._under_way.values():
            self._multi.remove_handle(transfer.handle)
            self._idle.append(transfer)
        self._under_way.clear()
        self._multi.close()
        for transfer in self._idle:
            transfer.close()
        self._bell.close()
        self._ear.close()

    def _wait(self, timeout: float) -> float:
        times = [request.not_before for request, _ in self._early]
        if self._due is not None:
            times.append(self._due)
        return max(0.0, min(timeout, min(times) - monotonic())) if times else timeout

    def _look_at_timer(self) -> None:
        if self._due is not None and monotonic() >= self._due:
            self._due = None
            _, running = self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
            self._more = self._more or running < len(self._under_way)

    def _hand_out(self) -> None:
        _, good, bad = self._multi.info_read()
        while good or bad:
            for handle in good:
                self._finish(handle, 0, "")
            for handle, number, text in bad:
                self._finish(handle, number, text)
            _, good, bad = self._multi.info_read()
        self._more = False

    def _finish(self, handle: Any, number: int, text: str) -> None:
        transfer, done = self._under_way[handle]
        if transfer.stopped():
            self._multi.remove_handle(handle)
            self._multi.add_handle(handle)
            return
        del self._under_way[handle]
        fetched = transfer.end(number, text)
        self._multi.remove_handle(handle)
        self._idle.append(transfer)
        done(fetched)

    # ---- libcurl calls

    def _on_socket(self, what: int, number: int, *_: Any) -> None:
        if what == pycurl.POLL_REMOVE:
            with suppress(KeyError):
                self._poll.unregister(number)
        else:
            self._poll.register(number, _EVENTS[what])

    def _on_timer(self, milliseconds: int) -> None:
        self._due = None if milliseconds < 0 else monotonic() + milliseconds / 1_000


def _mask(event: int) -> int:
    mask = 0
    if event & (select.POLLIN | select.POLLHUP):
        mask |= pycurl.CSELECT_IN
    if event & select.POLLOUT:
        mask |= pycurl.CSELECT_OUT
    if event & (select.POLLERR | select.POLLNVAL):
        mask |= pycurl.CSELECT_ERR
    return mask
