"""Resolve a host name to addresses to which connections are allowed.

A page may link or redirect to http://169.254.169.254/ or to a name that resolves to 127.0.0.1, and so make the
crawler fetch what only this machine can reach. Names are resolved once and the connection goes to the very address
that was checked: a second answer of the name server can change nothing.
"""

from __future__ import annotations

import socket
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Thread
from typing import Any, NamedTuple

from crawler.errors import FetchError
from crawler.fetch.client import ClientSettings

__all__ = ["Address", "allowed", "begin_look_up", "check_for_proxy", "check_literal", "is_public", "look_up"]

IP = IPv4Address | IPv6Address
_NAT64 = IPv6Network("64:ff9b::/96")


class Address(NamedTuple):
    """Where to connect to."""

    ip: IP
    family: int
    sockaddr: tuple[Any, ...]


def is_public(ip: IP) -> bool:
    """Tell whether an address is one of the open internet, also the IPv4 address that an IPv6 one may carry."""
    if isinstance(ip, IPv6Address):
        carried = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            carried = IPv4Address(int(ip) & 0xFFFFFFFF)
        if carried is not None:
            return is_public(carried)
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def allowed(addresses: list[Address], host: str, port: int, settings: ClientSettings) -> list[Address]:
    """Return the addresses that the settings let us connect to.

    Raises:
        FetchError: `address-blocked` when none is left.
    """
    host = host.removesuffix(".")
    name = f"[{host}]" if ":" in host else host
    if settings.allow_private or not settings.private_hosts.isdisjoint((name, host, f"{name}:{port}")):
        return addresses
    public = [address for address in addresses if is_public(address.ip)]
    if not public:
        raise FetchError("address-blocked", f"{host} is a private address ({addresses[0].ip})")
    return public


def check_for_proxy(host: str, port: int, settings: ClientSettings) -> None:
    """Refuse what a proxy must not be asked for. It resolves names itself, so only plain cases can be seen here.

    Raises:
        FetchError: `address-blocked`.
    """
    local = f".{host}".rstrip(".").endswith(".localhost")
    if local or _literal(host) is not None:
        allowed(look_up("127.0.0.1" if local else host, port, 0.0), host.strip("[]"), port, settings)


def check_literal(host: str, port: int, settings: ClientSettings) -> None:
    """Refuse a host that is itself an address which may not be connected to; say nothing of names.

    Raises:
        FetchError: `address-blocked`.
    """
    if _literal(host) is not None:
        allowed(look_up(host, port, 0.0), host, port, settings)


def look_up(host: str, port: int, timeout: float) -> list[Address]:
    """Return the addresses of a host in the order of preference.

    Raises:
        FetchError: `dns` when there is none, or no answer after `timeout` seconds.
    """
    try:
        return begin_look_up(host, port).result(timeout)
    except TimeoutError:
        raise FetchError("dns", f"no DNS answer for {host} within {timeout:.0f} s") from None


def begin_look_up(host: str, port: int) -> Future[list[Address]]:
    """Return the future of `look_up`; an address is its own answer at once."""
    future: Future[list[Address]] = Future()
    literal = _literal(host)
    if literal is not None:
        v4 = literal.version == 4
        family = socket.AF_INET if v4 else socket.AF_INET6
        future.set_result([Address(literal, family, (str(literal), port) if v4 else (str(literal), port, 0, 0))])
        return future
    # getaddrinfo cannot be interrupted, and a name server that is down holds it for half a minute and more.
    try:
        Thread(target=_resolve, args=(host, port, future), name="dns", daemon=True).start()
    except RuntimeError:  # no more threads to be had
        _resolve(host, port, future)
    return future


def _literal(host: str) -> IP | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def _resolve(host: str, port: int, future: Future[list[Address]]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(_addresses(host, port))
    except FetchError as exc:
        future.set_exception(exc)
    except Exception as exc:  # the waiting thread must hear of it, whatever it is
        future.set_exception(FetchError("dns", f"{host}: {type(exc).__name__}"))


def _addresses(host: str, port: int) -> list[Address]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as exc:
        temporary = exc.errno == socket.EAI_AGAIN
        text = "the name server does not respond" if temporary else "no such host"
        raise FetchError("dns", f"{host}: {text}") from None
    found = [
        Address(ip_address(str(sockaddr[0]).partition("%")[0]), family, sockaddr)
        for family, _, _, _, sockaddr in answers
        if family in (socket.AF_INET, socket.AF_INET6)
    ]
    if not found:
        raise FetchError("dns", f"{host}: the host has no address")
    return found
