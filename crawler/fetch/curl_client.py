"""The client on libcurl: one handle a thread, with its own connections. It costs a tenth of what requests does."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import cast

import pycurl

from crawler.fetch.asking import Asking
from crawler.fetch.curl_transfer import Transfer
from crawler.fetch.settings import ClientSettings
from crawler.model import Failure, Moved, Request, Response

__all__ = ["CurlFetch"]


class _Own(threading.local):
    transfer: Transfer | None = None
    asking: Asking


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
        self._own.asking = Asking(self._settings)
        with self._lock:
            self._transfers.append(transfer)
        return transfer


def _perform(transfer: Transfer) -> tuple[int, str]:
    try:
        transfer.handle.perform()
    except pycurl.error as exc:
        return cast(tuple[int, str], exc.args)
    return 0, ""
