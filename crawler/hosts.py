"""The part of a URL that names a server: host and port, each in the one form that the WHATWG URL Standard gives it.

https://url.spec.whatwg.org/#host-parsing, but more careful: names must fit DNS (parts of 1 to 63 characters, 253 in
all).
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import unquote

from crawler.errors import BadUrl

__all__ = ["PORTS", "host_port"]

PORTS = {"http": "80", "https": "443"}
"""Schemes that are visited, and the port that need not be written."""

_HOST = re.compile(r"""[!"$&'()*+,\-.0-9;=A-Z_`a-z{}~]+""").fullmatch
_NAME_PORT = re.compile(r"(\[[^]%]*\]|[^[:][^:]*|)(?::(.*))?", re.S).fullmatch
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*").fullmatch


@lru_cache(maxsize=4096)
def host_port(scheme: str, text: str) -> str:
    """Return host and port of a URL, without user name and password, and without the port that the scheme has anyway.

    Args:
        scheme: one of PORTS.
        text: what stands between `//` and the path.

    Raises:
        BadUrl: it names no server.
    """
    match = _NAME_PORT(text.rpartition("@")[2])
    if match is None:
        raise BadUrl("bad-url", "an IPv6 address must stand in [ ]")
    name = _ipv6(match[1]) if match[1][:1] == "[" else _host_name(match[1])
    port = match[2] or ""
    port = port.lstrip("0") or port[:1]
    if port and (not (port.isascii() and port.isdecimal()) or len(port) > 5 or int(port) > 65_535):
        raise BadUrl("bad-url", "the port is not a number from 0 to 65535")
    return f"{name}:{port}" if port and port != PORTS[scheme] else name


def _ipv6(text: str) -> str:
    try:
        address = IPv6Address(text[1:-1])
    except ValueError:
        raise BadUrl("bad-url", "not an IPv6 address") from None
    if address.ipv4_mapped:  # spelled differently by newer versions of Python
        low = int(address) & 0xFFFFFFFF
        return f"[::ffff:{low >> 16:x}:{low & 0xFFFF:x}]"
    return f"[{address.compressed}]"


def _host_name(text: str) -> str:
    if len(text) > 1_000:
        raise BadUrl("bad-url", "the host name is too long")
    name = unquote(text, errors="replace") if "%" in text else text
    if name.isascii():  # what is not is mapped to small letters by UTS 46, which knows no final sigma
        name = name.lower()
    if not name.isascii() or "xn--" in name:
        name = _idna(name)
    labels = name.removesuffix(".").split(".")
    if not all(labels):
        raise BadUrl("bad-url", "a part of the host name is empty" if any(labels) else "no host name")
    if not _HOST(name):
        raise BadUrl("bad-url", "the host name has a character that is not allowed")
    if _NUMBER(labels[-1]):
        return _ipv4(labels)
    if len(name) > 254 or any(len(label) > 63 for label in labels):
        raise BadUrl("bad-url", "the host name is too long")
    return name


def _idna(name: str) -> str:
    """UTS 46 as browsers do it, without the rules for registries. Imported late: its tables are large."""
    import idna

    try:
        mapped = idna.uts46_remap(name, std3_rules=False, transitional=False)
        return ".".join(_idna_label(label) for label in mapped.split("."))
    except UnicodeError:
        raise BadUrl("bad-url", "not an international host name") from None


def _idna_label(label: str) -> str:
    import idna

    if not label.isascii():
        return "xn--" + label.encode("punycode").decode("ascii")
    if label.startswith("xn--"):
        decoded = label[4:].encode().decode("punycode")
        if decoded.isascii() or idna.uts46_remap(decoded, std3_rules=False, transitional=False) != decoded:
            raise UnicodeError("not a canonical label")
    return label


def _ipv4(labels: list[str]) -> str:
    """Read the number forms that browsers and resolvers accept: 127.1, 0x7f000001, 2130706433, 0177.0.0.1."""
    try:
        *front, last = map(_number, labels)
        if len(front) > 3 or any(n > 255 for n in front) or last >= 256 ** (4 - len(front)):
            raise ValueError
        return str(IPv4Address(sum(n << (24 - 8 * i) for i, n in enumerate(front)) + last))
    except ValueError:
        raise BadUrl("bad-url", "not an IPv4 address") from None


def _number(part: str) -> int:
    if not _NUMBER(part) or len(part) > 60:
        raise ValueError
    return int(part[2:] or "0", 16) if part.startswith("0x") else int(part, 8 if part[0] == "0" else 10)
