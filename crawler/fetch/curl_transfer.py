"""One transfer of libcurl: its options, its data, its result, and the meaning of libcurl errors.

The handle is used again and again, its constant options are set once. libcurl calls back for each line of the head and
each piece of the body; a callback that returns STOP ends the transfer.
"""

from __future__ import annotations

import errno
import os
import re
import select
import socket
from ipaddress import ip_address
from socket import socket as new_socket
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit

import pycurl

from crawler.errors import FetchError, one_line
from crawler.fetch.addresses import Address, allowed
from crawler.fetch.client import ClientSettings
from crawler.fetch.cookies import usable_cookies
from crawler.fetch.failures import by_proxy, to_fetch_error
from crawler.fetch.outcome import (
    LEFTOVER_SECONDS,
    MAX_LEFTOVER,
    broken,
    check_length,
    classify,
    is_short,
    read_capped,
)
from crawler.fetch.prepare import PreparedRequest, RequestPreparer
from crawler.fetch.proxy import refused_socks, refused_tunnel
from crawler.fetch.response_head import HeaderFields, HeadParser
from crawler.fetch.trail import with_trail
from crawler.model import Failure, Moved, Request, Response, Trail

__all__ = ["Transfer", "curl_failure", "set_constant", "set_trusted"]


_TLS = frozenset({
    pycurl.E_SSL_CONNECT_ERROR, pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CERTPROBLEM, pycurl.E_SSL_CIPHER,
    pycurl.E_SSL_CACERT_BADFILE, pycurl.E_SSL_CRL_BADFILE, pycurl.E_SSL_ISSUER_ERROR, pycurl.E_SSL_ENGINE_INITFAILED,
})  # fmt: skip
# Codes that pycurl has no names for.
_WEIRD_REPLY = 8
_PROXY = 97
_SOCKS_REPLY = re.compile(r"SOCKS5 connection .*\((\d{1,3})\)$")
_TOO_LARGE = 100
_PLAIN = {
    pycurl.E_COULDNT_RESOLVE_HOST: ("dns", "no such host, or the name server does not respond"),
    pycurl.E_COULDNT_RESOLVE_PROXY: ("proxy", "no such host"),
    _PROXY: ("proxy", "the proxy refused the request"),
    pycurl.E_URL_MALFORMAT: ("dns", "curl cannot resolve this kind of name"),  # all else in a URL is clean
    pycurl.E_PARTIAL_FILE: ("truncated", "the page is incomplete"),
    pycurl.E_GOT_NOTHING: ("closed", "the server closed the connection without a response"),
    pycurl.E_SEND_ERROR: ("reset", "the server reset the connection"),
    pycurl.E_FILESIZE_EXCEEDED: ("too-large", "the Content-Length is too large to be valid"),
    _TOO_LARGE: ("headers-too-large", "larger than curl accepts"),
}
_SYSTEM = {
    errno.ECONNREFUSED: ("refused", "the server refused the connection"),
    errno.ECONNRESET: ("reset", "the server reset the connection while it was being established"),
    errno.ETIMEDOUT: ("connect-timeout", "could not connect in time"),
}


def curl_failure(number: int, text: str, system: int) -> FetchError:
    """Return what an error stands for.

    Args:
        number: CURLE_...
        text: what libcurl says.
        system: errno of the operating system, 0 when there was none.
    """
    if number in _TLS:
        return FetchError("tls", _tls(text))
    if number == _PROXY and (found := _SOCKS_REPLY.search(text)):
        return refused_socks(int(found[1]))
    if number in _PLAIN:
        return FetchError(*_PLAIN[number])
    if number == pycurl.E_COULDNT_CONNECT and "tunnel" in text:
        return refused_tunnel(text)
    if number == pycurl.E_COULDNT_CONNECT:
        return FetchError(*_SYSTEM.get(system, ("network", os.strerror(system) if system else "no connection")))
    if number == pycurl.E_RECV_ERROR:
        return _receiving(text)
    if number == _WEIRD_REPLY:
        return FetchError("bad-headers", one_line(text))
    return FetchError("bad-response", one_line(text, 80))


def _receiving(text: str) -> FetchError:
    words = text.lower()
    if "chunk" in words:
        return FetchError("bad-chunk", one_line(text))
    if "connect tunnel" in words or "proxy" in words:
        return refused_tunnel(text)
    if "unexpected eof" in words:
        return FetchError("truncated", "the page is incomplete")
    return FetchError("reset", "the server reset the connection")


def _tls(text: str) -> str:
    if "subject name" in text or "subjectAltName" in text:
        return "hostname mismatch: the certificate is for a different host"
    return one_line(text.rpartition("certificate problem: ")[2])


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
        set_trusted(handle)


def set_trusted(handle: Any) -> None:
    """Set the root certificates, as those of every client here."""
    import certifi  # late: many jobs need none

    handle.setopt(pycurl.CAINFO, certifi.where())


def _set_proxy(setopt: Any, proxy: str) -> None:
    parts = urlsplit(proxy)
    setopt(pycurl.PROXY, f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")
    setopt(_SUPPRESS_CONNECT_HEADERS, 1)
    setopt(pycurl.PROXYUSERNAME, unquote(parts.username or "").encode())
    setopt(pycurl.PROXYPASSWORD, unquote(parts.password or "").encode())


def _milliseconds(seconds: float) -> int:
    return max(1, round(1_000 * seconds))


STOP = -1


class Transfer:
    """A handle of libcurl, for one request after another.

    Args:
        sockets: of the connections that this handle may use again, by their port on this machine. Handles that share
            connections share it.
    """

    def __init__(self, settings: ClientSettings, sockets: dict[int, int]) -> None:
        self._settings, self._sockets = settings, sockets
        self._again = False
        self.handle = pycurl.Curl()
        set_constant(self.handle, settings)
        setopt = self.handle.setopt
        setopt(pycurl.HEADERFUNCTION, self._on_line)
        setopt(pycurl.WRITEFUNCTION, self._heard_body if settings.traced else self._on_body)
        setopt(pycurl.OPENSOCKETFUNCTION, self._on_open)
        setopt(pycurl.PREREQFUNCTION, self._on_ready)
        self._secure, self._trusts = True, False
        self._headers: list[bytes] | None = None
        self._posts = False
        self._proxy: str | None = None
        self._opened: list[socket.socket] = []
        self._guarded = not (settings.proxy or settings.connect_to)

    def begin(self, asking: RequestPreparer, request: Request) -> None:
        """Prepare the handle for a request; its clock runs from now.

        Raises:
            FetchError, BadUrl: as `Asking`.
        """
        self._start = monotonic()
        self._head = HeadParser()
        self._lines: list[bytes] = []
        self._fields: HeaderFields | None = None
        self._page = False
        self._parts: list[bytes] = []
        self._size = 0
        self._error: FetchError | None = None
        self._blocked: FetchError | None = None
        self._sent = False
        self._trail = Trail() if self._settings.traced else None
        self._asked = asked = asking(request)
        setopt = self.handle.setopt
        setopt(pycurl.URL, f"{asked.server}/")
        setopt(pycurl.REQUEST_TARGET, asked.target)  # as it is; libcurl writes the escapes of a URL in its own way
        if asked.lines is not self._headers:
            setopt(pycurl.HTTPHEADER, asked.lines)
            self._headers = asked.lines
        if asked.body or asked.method != "GET" or self._posts:
            self._set_body(asked)
        if asked.proxy and asked.proxy != self._proxy:
            self._proxy = asked.proxy
            _set_proxy(setopt, asked.proxy)
        if not self._trusts and asked.server.startswith("https:"):
            set_trusted(self.handle)
            self._trusts = True
        if asked.place.secure is not self._secure:
            self._secure = asked.place.secure
            setopt(pycurl.SSL_VERIFYPEER, int(self._secure))
            setopt(pycurl.SSL_VERIFYHOST, 2 * self._secure)

    def _set_body(self, asked: PreparedRequest) -> None:
        setopt = self.handle.setopt
        self._posts = bool(asked.body) or asked.method != "GET"
        if not self._posts:
            self.handle.unsetopt(pycurl.CUSTOMREQUEST)
            setopt(pycurl.HTTPGET, 1)
            return
        setopt(pycurl.POST, 1)
        setopt(pycurl.POSTFIELDSIZE_LARGE, len(asked.body))
        setopt(pycurl.POSTFIELDS, asked.body)
        setopt(pycurl.CUSTOMREQUEST, asked.method)
        setopt(pycurl.HTTPHEADER, [*asked.lines, b"Expect:"])  # the answer to a large body is not waited for twice
        self._headers = None

    def stopped(self) -> bool:
        """Tell whether it must be performed again, on another connection; asked before `end`."""
        again, self._again = self._again, False
        return again

    def end(self, number: int = 0, text: str = "") -> Response | Moved | Failure:
        """Return what came of it.

        Args:
            number: error of libcurl, 0 for none.
            text: what libcurl says about it.
        """
        if self._sent:
            self._sockets[self.handle.getinfo(pycurl.LOCAL_PORT)] = self.handle.getinfo(pycurl.ACTIVESOCKET)
        try:
            fetched = self._judged(number, text)
        except Exception as exc:  # a page that breaks a library must not break the run
            fetched = self.failed(exc)
        finally:
            self._parts = []
            self._close_opened()
        return with_trail(fetched, self._trail)

    def failed(self, exc: Exception) -> Failure:
        """Return the failure that an exception stands for."""
        error = to_fetch_error(exc)
        if self._settings.proxy and not self._received:
            error = by_proxy(error)
        return broken(error, self._head.status if self._fields is not None else 0, monotonic() - self._start)

    def close(self) -> None:
        """Give back the handle and the connections that are its own."""
        self._close_opened()
        self.handle.close()

    @property
    def _received(self) -> bool:
        return bool(self._lines or self._head.first) or self._fields is not None

    def _judged(self, number: int, text: str) -> Response | Moved | Failure:
        fields, asked = self._fields, self._asked
        if self._error is not None:
            raise self._error
        if number and (fields is None or (self._page and number != pycurl.E_WRITE_ERROR)):
            raise self._explained(number, text)
        if fields is None:
            raise self._cut()
        if fields.doubtful:
            self._hang_up()
        body = b""
        if self._page:
            body = read_capped(iter(self._parts), fields.values.get("content-encoding", ""), asked.most, asked.cut)
        elapsed = monotonic() - self._start
        cookies = usable_cookies(fields.cookies) if fields.cookies else ()
        return classify(
            asked.url,
            self._head.status,
            self._head.reason,
            fields.values,
            body,
            elapsed,
            cookies,
            asked.kept,
            asked.good,
        )

    def _cut(self) -> FetchError:
        """The answer ended within its head, and libcurl saw nothing wrong in that."""
        if self._take_lines() or self._head.first:
            _ = self._head.status  # raises what is wrong with it
        return FetchError("truncated", "the connection ended in the middle of the headers")

    def _explained(self, number: int, text: str) -> FetchError:
        if number == pycurl.E_OPERATION_TIMEDOUT:
            return self._late()
        if number == pycurl.E_COULDNT_CONNECT and self._blocked is not None and not self._opened:
            return self._blocked
        if number == 100 and self._fields is not None:
            return FetchError("too-large", "more trailer fields than curl accepts")
        error = curl_failure(number, text, self.handle.getinfo(pycurl.OS_ERRNO))
        if error.code == "truncated" and not self._received:
            return FetchError("closed", "the server closed the connection without a response")
        if error.code == "bad-headers" and self._fields is not None:
            return FetchError("bad-chunk", "the data after the last chunk is not a header")
        return error

    def _late(self) -> FetchError:
        getinfo, settings = self.handle.getinfo, self._settings
        if self._received:
            return FetchError("deadline", f"not complete within {settings.timeout:g} s")
        if not (self._sent or getinfo(pycurl.NAMELOOKUP_TIME)):
            return FetchError("dns", f"no DNS answer for {self._asked.place.host} in time")
        if not (self._sent or getinfo(pycurl.CONNECT_TIME)):
            return FetchError("connect-timeout", f"could not connect within {settings.connect_timeout:g} s")
        return FetchError("timeout", f"no response within {settings.timeout:g} s")

    def _hang_up(self) -> None:
        """See that the connection is not used again: libcurl looks whether it is open before it does so."""
        number = self.handle.getinfo(pycurl.ACTIVESOCKET)
        if number >= 0:
            sock = socket.socket(fileno=number)
            sock.shutdown(socket.SHUT_RDWR)
            sock.detach()  # libcurl closes it

    def _close_opened(self) -> None:
        """pycurl made copies of the sockets it was given; these are ours."""
        for sock in self._opened:
            sock.close()
        self._opened.clear()

    # ---- libcurl calls

    def _heard_body(self, data: bytes) -> int | None:
        if self._trail is not None:
            self._trail.last = monotonic()  # the head was the first that was heard
        return self._on_body(data)

    def _on_line(self, line: bytes) -> int | None:
        self._lines.append(line)
        if len(line) > 2 or self._fields is not None:  # those behind the head are trailers; libcurl counts them
            return None
        try:
            return self._head_came() if self._take_lines() else None
        except FetchError as error:
            self._error = error
            return STOP

    def _take_lines(self) -> bool:
        """Read what came of the head; tell whether it is whole."""
        if self._trail is not None:
            self._trail.heard()
        lines, self._lines = self._lines, []
        return self._head.take_all(lines)

    def _head_came(self) -> int | None:
        asked, status = self._asked, self._head.status
        fields = self._fields = HeaderFields(self._head.lines)  # libcurl has refused what is not usable
        self._page = status in asked.good
        if self._page:
            check_length(fields.length, asked.most, asked.cut)
        elif not is_short(fields.length, fields.chunked) and status not in (204, 304):
            return STOP  # hang up rather than read a body that nobody wants
        else:
            self._until = monotonic() + LEFTOVER_SECONDS
        return None

    def _on_body(self, data: bytes) -> int | None:
        self._size += len(data)
        if not self._page:
            return STOP if self._size > MAX_LEFTOVER or monotonic() > self._until else None
        self._parts.append(data)
        if self._size > self._asked.most:
            if not self._asked.cut:
                self._error = FetchError("too-large", f"more than {self._asked.most} bytes")
            return STOP
        return None

    def _on_open(self, purpose: int, address: Any) -> Any:
        """Make a socket for the very address that is connected to, or none."""
        try:
            if self._guarded:
                ip = ip_address(address.addr[0].partition("%")[0])
                place = self._asked.place
                allowed([Address(ip, address.family, address.addr)], place.host, place.port, self._settings)
            sock = new_socket(address.family, address.socktype, address.protocol)
        except FetchError as error:
            self._blocked = error
            return pycurl.SOCKET_BAD
        except OSError as exc:
            self._error = FetchError("network", exc.strerror or type(exc).__name__)
            return pycurl.SOCKET_BAD
        self._opened.append(sock)
        return sock

    def _on_ready(self, to: str, here: str, port: int, own_port: int) -> int:
        """Look a last time before the request is sent: at the clock, and whether the connection is as we left it."""
        now = monotonic()
        if now > self._asked.not_after:
            self._error = FetchError("late", "its time slot expired before it could be sent")
            return int(pycurl.PREREQFUNC_ABORT)
        if not self._opened and _is_readable(self._sockets.pop(own_port, -1)):
            self._again = True
            return int(pycurl.PREREQFUNC_ABORT)
        self._sent = True
        if self._trail is not None:
            self._trail.sent = now
        return int(pycurl.PREREQFUNC_OK)


def _is_readable(number: int) -> bool:
    """Tell whether bytes came that nobody asked for, or the end. libcurl looks only after a second without use."""
    if number < 0:
        return False
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(0))
