"""The options of a handle of libcurl that never change."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import pycurl

from crawler.fetch.settings import ClientSettings

__all__ = ["set_constant", "set_trusted"]

# Options that pycurl has no name for; their numbers are fixed in curl.h.
_SUPPRESS_CONNECT_HEADERS = 265
_QUICK_EXIT = 322


def set_constant(handle: Any, settings: ClientSettings) -> None:
    """Set what is the same for every request."""
    setopt = handle.setopt
    setopt(pycurl.NOSIGNAL, 1)  # signals and threads do not mix
    setopt(_QUICK_EXIT, 1)  # do not wait for a name server that hangs
    setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    setopt(pycurl.FOLLOWLOCATION, 0)
    setopt(pycurl.HTTP_CONTENT_DECODING, 0)  # our own code does it, with its cap
    setopt(pycurl.TIMEOUT_MS, _milliseconds(settings.timeout))
    setopt(pycurl.CONNECTTIMEOUT_MS, _milliseconds(settings.connect_timeout))
    setopt(pycurl.MAXCONNECTS, settings.connections)
    setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2)
    setopt(pycurl.NOPROXY, "")
    setopt(pycurl.PROXY, "")  # not even the one of the environment
    if settings.proxy:
        _set_proxy(setopt, settings.proxy)
        set_trusted(handle)


def set_trusted(handle: Any) -> None:
    """Set the root certificates, as those of every client here."""
    import certifi  # late: many jobs need none

    handle.setopt(pycurl.CAINFO, certifi.where())


def _set_proxy(setopt: Any, proxy: str) -> None:
    parts = urlsplit(proxy)
    setopt(pycurl.PROXY, f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")
    setopt(_SUPPRESS_CONNECT_HEADERS, 1)
    if parts.username is not None:
        setopt(pycurl.PROXYUSERNAME, unquote(parts.username).encode())
        setopt(pycurl.PROXYPASSWORD, unquote(parts.password or "").encode())


def _milliseconds(seconds: float) -> int:
    return max(1, round(1_000 * seconds))
