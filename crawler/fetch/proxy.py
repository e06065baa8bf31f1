"""What proxies say: SOCKS version 5, as a client speaks it (RFC 1928, with a password by RFC 1929), refused tunnels.

So the client requests can use such a proxy on our own sockets, with their deadlines, and needs no library for it; curl
has its own.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from crawler.errors import FetchError, one_line

if TYPE_CHECKING:
    import socket

__all__ = ["address_of", "connect_through", "is_socks", "looks_up", "refused_socks", "refused_tunnel"]

_PORT = 1080
_NONE, _PASSWORD, _NO_METHOD = 0, 2, 0xFF
_REFUSALS = {
    1: "it failed", 2: "its rules do not allow it", 3: "there is no way to the network", 4: "the host is unreachable",
    5: "the host refused the connection", 6: "it took too long", 7: "it cannot connect", 8: "not this kind of address",
}  # fmt: skip


_REFUSAL = re.compile(r"\b([45]\d\d)\b")


def refused_tunnel(said: str) -> FetchError:
    """Return what it means that a proxy did not let us through to a server; `said` has its status."""
    found = _REFUSAL.search(said)
    if found is None or found[1] == "407":
        return FetchError("proxy", "the proxy requires a password" if found else one_line(said))
    return FetchError("proxy-refused", f"the proxy answered {found[1]} in place of the server")


def is_socks(proxy: str) -> bool:
    """Tell whether the URL of a proxy is one of SOCKS."""
    return proxy[:5].lower() == "socks"


def looks_up(proxy: str) -> bool:
    """Tell whether the proxy looks names up (`socks5h`), or this machine (`socks5`)."""
    return proxy[:8].lower() == "socks5h:"


def address_of(proxy: str) -> tuple[str, int]:
    """Return host and port of the URL of a proxy of SOCKS."""
    parts = urlsplit(proxy)
    return parts.hostname or "", parts.port or _PORT


def refused_socks(reply: int) -> FetchError:
    """Return what it means that a proxy does not connect to a server; `reply` as RFC 1928, section 6, numbers it."""
    return FetchError("proxy-refused", f"the proxy did not connect: {_REFUSALS.get(reply, f'reply {reply}')}")


def connect_through(sock: socket.socket, proxy: str, host: str, port: int) -> None:
    """Let a proxy connect to a server, over a connection to the proxy.

    Args:
        host: a name or an address, without brackets.

    Raises:
        FetchError: `proxy`: it is none, or wants another password; `proxy-refused`: it did not connect. Others are
            those of the socket.
    """
    parts = urlsplit(proxy)
    user, password = (unquote(part or "").encode() for part in (parts.username, parts.password))
    methods = bytes([_NONE, _PASSWORD]) if user else bytes([_NONE])
    sock.sendall(bytes([5, len(methods)]) + methods)
    version, method = _read(sock, 2)
    if version != 5 or method not in (*methods, _NO_METHOD):
        raise FetchError("proxy", "its answer is not SOCKS version 5")
    if method == _NO_METHOD:
        raise FetchError("proxy", "the proxy requires a password")
    if method == _PASSWORD:
        if max(len(user), len(password)) > 255:
            raise FetchError("proxy", "user and password may have 255 bytes")
        sock.sendall(bytes([1, len(user)]) + user + bytes([len(password)]) + password)
        if _read(sock, 2)[1]:
            raise FetchError("proxy", "the proxy requires another password")
    sock.sendall(b"\x05\x01\x00" + _address(host) + port.to_bytes(2, "big"))
    version, reply, _, kind = _read(sock, 4)
    if version != 5:
        raise FetchError("proxy", "its answer is not SOCKS version 5")
    if reply:
        raise refused_socks(reply)
    _read(sock, {1: 4, 4: 16}.get(kind) or _read(sock, 1)[0])
    _read(sock, 2)


def _address(host: str) -> bytes:
    try:
        ip = ip_address(host)
    except ValueError:
        name = host.encode("ascii", "replace")[:255]
        return bytes([3, len(name)]) + name
    return bytes([1 if ip.version == 4 else 4]) + ip.packed


def _read(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            raise FetchError("closed", "the proxy closed the connection")
        data += piece
    return data
