"""URLs made absolute, normalized and comparable.

`resolve` follows the WHATWG URL Standard (https://url.spec.whatwg.org/) for http and https, as browsers do,
but is more careful: the fragment, user names and passwords are dropped, host names must fit DNS (parts of 1
to 63 characters, 253 in all), and nothing longer than 8,192 characters is a URL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from operator import itemgetter
from typing import TypeVar
from urllib.parse import unquote

from crawler.errors import BadUrl

__all__ = [
    "MAX_LENGTH", "PORTS", "BadUrl", "host", "host_port", "identity", "of_host", "origin", "resolve", "same_site",
]  # fmt: skip


T = TypeVar("T")


PORTS = {"http": "80", "https": "443"}
"""Schemes that are visited, and the port that need not be written."""

_HOST = re.compile(r"""[!"$&'()*+,\-.0-9;=A-Z_`a-z{}~]+""").fullmatch
_NAME_PORT = re.compile(r"(\[[^]%]*\]|[^[:][^:]*|)(?::(.*))?", re.S).fullmatch
_PORT = re.compile(r":\d+$").search
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
        raise BadUrl("bad-url", "an IPv6 address must be in [ ]")
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


MAX_LENGTH = 8_192
_TRIM = "".join(map(chr, range(0x21)))
_DROP = {ord(c): None for c in "\t\n\r"}
_PLAIN = re.compile(r"[!$%&()*+,\-./0-9:;=?@A-Z\[\]_a-z|~#]*").fullmatch
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):").match
_PATH_UNSAFE = re.compile(r"""[^!$%&'()*+,\-./0-9:;=@A-Z\[\]_a-z|~\\]""").sub
_QUERY_UNSAFE = re.compile(r"""[^!$%&()*+,\-./0-9:;=?@A-Z\[\]_a-z|~\\^`{}]""").sub

# Short ways for clean links. No group is possessive: that goes wrong in Python before 3.11.5 (gh-106052).
_NAME = r"[A-Za-z0-9_~\-][A-Za-z0-9_~.\-]*+"
_CLEAN = re.compile(rf"(https?)://([a-z0-9\-]++(?:\.[a-z0-9\-]++)*(?::[1-9][0-9]*+)?)(?:/(?:{_NAME})?)+").fullmatch
_CLEAN_PATH = re.compile(rf"(/|(?:\.\./)*)({_NAME}(?:/(?:{_NAME})?)*(?:\?[A-Za-z0-9_~.=&\-]*+)?)").fullmatch
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?").sub
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PATH_PARAMETER = re.compile(r";([^/;=]*)=[^/;]*").sub
_TRACKER = re.compile(
    r"(?i)utm_.*|gclid|fbclid|gclsrc|dclid|msclkid|yclid|gbraid|wbraid|igshid|mc_[ce]id|_ga"
    r"|jsessionid|phpsessid|aspsessionid.*|cfid|cftoken"
).fullmatch
_SESSION = re.compile(r"(?i)jsessionid|phpsessid").fullmatch
_NONE: frozenset[str] = frozenset()

Parts = tuple[str, str, str, str | None]  # scheme, host with port, path, query


def resolve(base: str, href: str) -> str:
    """Return the absolute, clean URL that `href` means on a page at `base`; "" as base when there is none.

    Raises:
        BadUrl: see there. Nothing else, whatever the text is.
    """
    plain = _CLEAN_PATH(href) if len(href) <= MAX_LENGTH else None
    if plain and len(url := _folder(base, plain[1] or "./") + plain[2]) <= MAX_LENGTH:
        return url
    if _is_clean(href):
        return href
    scheme, authority, path, query = _parse(base, href)
    url = f"{scheme}://{authority}{path}" if query is None else f"{scheme}://{authority}{path}?{query}"
    if len(url) > MAX_LENGTH:
        raise BadUrl("bad-url", f"longer than {MAX_LENGTH} characters")
    return url


_folder = lru_cache(maxsize=1024)(resolve)


def identity(url: str, ignore: frozenset[str] = _NONE, keep: frozenset[str] = _NONE) -> str:
    """Return the key that all spellings of one page share. A key only, not to be fetched.

    On top of `resolve`: a dot after the host is dropped, needless percent-encoding is undone, the rest of it
    is in upper case, parameters are sorted by name, those of trackers (utm_source, gclid, ...) and those that
    can only be a session (jsessionid, ...) are dropped. `%2F`, letter case of the path and `//` in it tell
    pages apart and stay. docs/state.md has the whole list.

    Args:
        ignore: more parameters that are dropped, in the query and behind a `;` in the path; names in lower case.
        keep: parameters that stay, whatever else is said of them.

    Raises:
        BadUrl: not an absolute http(s) URL.
    """
    if _is_clean(url):
        return url
    scheme, authority, path, query = _parse("", url)
    if "%" in path:
        path = _ESCAPE(_unescape, path)
    if ";" in path:
        path = _remove_dots(_PATH_PARAMETER(lambda found: _path_parameter(found, ignore, keep), path))
    query = _sorted(query, ignore, keep) if query else ""
    return f"{scheme}://{_no_dot(authority)}{path}{'?' if query else ''}{query}"


def host(url: str) -> str:
    """Return the host in lower case, with `:port` when it is not the default of the scheme.

    Raises:
        BadUrl: not an absolute http(s) URL.
    """
    return _no_dot(_base(url)[1])


def origin(url: str) -> str:
    """Return `scheme://host`, with `:port` when it is not the default (RFC 6454): the border for secrets.

    Raises:
        BadUrl: not an absolute http(s) URL.
    """
    return f"{_base(url)[0]}://{host(url)}"


def of_host(values: Mapping[str, T], name: str) -> T | None:
    """Return the value given for a host: under its name with the port, or under its name alone; None for neither.

    Args:
        name: as of `host`.
    """
    found = values.get(name)
    return values.get(name[: -len(port[0])]) if found is None and (port := _PORT(name)) else found


def same_site(a: str, b: str) -> bool:
    """Tell whether two URLs have the same host and port; a leading `www.` does not matter."""
    return host(a).removeprefix("www.") == host(b).removeprefix("www.")


def _is_clean(url: str) -> bool:
    found = _CLEAN(url)
    return found is not None and len(url) <= MAX_LENGTH and host_port(found[1], found[2]) == found[2]


def _parse(base: str, href: str) -> Parts:
    text = (href if _PLAIN(href) else _clean(href)).partition("#")[0]
    if len(text) > MAX_LENGTH:
        raise BadUrl("bad-url", f"longer than {MAX_LENGTH} characters")
    named = _SCHEME(text)
    if named is None:
        return _relative(base, text)
    scheme, rest = named[1].lower(), text[named.end() :]
    if scheme not in PORTS:
        raise BadUrl("scheme", f"{scheme[:20]}: is not http or https")
    if not rest.startswith("//") and base and _base(base)[0] == scheme:
        return _relative(base, rest)
    return _absolute(scheme, rest)


@lru_cache(maxsize=1024)
def _base(url: str) -> Parts:
    return _parse("", url)


def _clean(href: str) -> str:
    text = href.strip(_TRIM).translate(_DROP)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _absolute(scheme: str, rest: str) -> Parts:
    front, mark, query = rest.lstrip("/\\").partition("?")
    authority, _, path = front.replace("\\", "/").partition("/")
    path = _remove_dots(_PATH_UNSAFE(_escape, "/" + path))
    return scheme, host_port(scheme, authority), path, _QUERY_UNSAFE(_escape, query) if mark else None


def _relative(base: str, text: str) -> Parts:
    if not text:
        raise BadUrl("empty", "no address")
    if not base:
        raise BadUrl("bad-url", "no http:// or https:// in front")
    scheme, authority, path, _ = _base(base)
    front, mark, query = text.partition("?")
    front = front.replace("\\", "/")
    if front.startswith("//"):
        return _absolute(scheme, text)
    if front:
        path = front if front[0] == "/" else path[: path.rindex("/") + 1] + front
        path = _remove_dots(_PATH_UNSAFE(_escape, path))
    return scheme, authority, path, _QUERY_UNSAFE(_escape, query) if mark else None


def _escape(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


def _remove_dots(path: str) -> str:
    if "/." not in path and "/%2" not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for number, segment in enumerate(segments, 1):
        plain = segment.replace("%2e", ".").replace("%2E", ".")
        if plain not in (".", ".."):
            kept.append(segment)
            continue
        if plain == "..":
            del kept[-1:]
        if number == len(segments):
            kept.append("")
    return "/" + "/".join(kept)


def _no_dot(authority: str) -> str:
    name, colon, port = authority.partition(".:")
    return f"{name}:{port}" if colon else authority.removesuffix(".")


def _unescape(match: re.Match[str]) -> str:
    if match[1] is None:  # a stray % is written %25, so that undoing an escape never makes a new one
        return "%25"
    char = chr(int(match[1], 16))
    return char if char in _UNRESERVED else match[0].upper()


def _path_parameter(found: re.Match[str], ignore: frozenset[str], keep: frozenset[str]) -> str:
    name = found[1].lower()
    return "" if name not in keep and (name in ignore or _SESSION(name)) else found[0]


def _sorted(query: str, ignore: frozenset[str], keep: frozenset[str]) -> str:
    if "%" in query:
        query = _ESCAPE(_unescape, query).replace("%20", "+")
    pairs = [(pair.partition("=")[0], pair) for pair in query.split("&") if pair]
    if ignore or keep:
        kept = [each for each in pairs if _tells_apart(each[0].lower(), ignore, keep)]
    else:
        kept = [each for each in pairs if not _TRACKER(each[0])]
    kept.sort(key=_name)
    return "&".join([pair for _, pair in kept])


_name = itemgetter(0)


def _tells_apart(name: str, ignore: frozenset[str], keep: frozenset[str]) -> bool:
    return name in keep or not (name in ignore or _TRACKER(name))
