"""A cookie jar by RFC 6265, stricter in one thing: a cookie goes back only to the host that set it.

Clients keep no cookies: they send what the request says and hand back the Set-Cookie lines of the answer. Whoever makes
the requests holds the jar.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from crawler import urls
from crawler.fetch.client import ClientSettings

__all__ = ["Cookie", "Jar", "SetCookie", "empty_jar", "read_set_cookie", "usable_cookies"]


MAX_LENGTH = 4_096  # of name and value together; RFC 6265, section 6.1, asks for no more
MAX_AGE = 400 * 86_400.0  # seconds: no cookie lives longer, as in browsers
GONE = 0.0

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]").search
_AGE = re.compile(r"(-?)([0-9]{1,12})[0-9]*", re.ASCII).fullmatch
_WORDS = re.compile(r"[\x21-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e\t ]+")  # what parts a date, RFC 6265, 5.1.1
_TIME = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D.*)?", re.ASCII).fullmatch
_DAY = re.compile(r"(\d{1,2})(?:\D.*)?", re.ASCII).fullmatch
_YEAR = re.compile(r"(\d{2,4})(?:\D.*)?", re.ASCII).fullmatch
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class SetCookie(NamedTuple):
    """What a server wants to set.

    Attributes:
        path: "" where the line names none: then it is the folder of the page.
        expires: seconds since 1970, `GONE` for a cookie to be deleted; None for one that lasts as long as the crawl.
        moving: `expires` was given as a time from now, so the same line means another time with each answer.
    """

    name: str
    value: str
    path: str
    secure: bool
    expires: float | None
    moving: bool


def read_set_cookie(line: str, url: str, now: float) -> SetCookie | None:
    """Return what a line sets; None where it sets nothing, or something that is not this host's to set.

    Args:
        line: the header's value, as latin-1.
        url: of the answer; absolute and clean.
        now: seconds since 1970.
    """
    pair, _, rest = line.partition(";")
    name, equals, value = pair.partition("=")
    name, value = name.strip(" \t"), value.strip(" \t")
    if not (equals and name) or len(name) + len(value) > MAX_LENGTH or not _can_be_sent(pair):
        return None
    path, secure, date, age = "", False, None, None
    for part in rest.split(";") if rest else ():
        key, _, said = part.partition("=")
        key, said = key.strip(" \t").lower(), said.strip(" \t")
        if key == "path":
            path = said if said.startswith("/") and not _CONTROL(said) else ""
        elif key == "secure":
            secure = True
        elif key == "max-age":
            age = _age(said, age)
        elif key == "expires":
            date = _date(said, date)
        elif key == "domain" and said and not _is_within(url, said):
            return None
    if age is None:
        expires = None if date is None else min(date, now + MAX_AGE)
    else:
        expires = now + min(age, MAX_AGE) if age > 0 else GONE
    return SetCookie(name, value, path, secure, expires, age is not None)


def _can_be_sent(pair: str) -> bool:
    """No control characters; and UTF-8, or not every client could send it as it came."""
    if _CONTROL(pair):
        return False
    if pair.isascii():
        return True
    try:
        pair.encode("latin-1").decode()
    except UnicodeError:
        return False
    return True


def _is_within(url: str, domain: str) -> bool:
    """Whether the host is of that domain. One without a dot, as `com`, has no cookies of its own."""
    host, domain = urlsplit(url).hostname or "", domain.lower().removeprefix(".")
    within = host.endswith("." + domain) and "." in domain and not host[-1].isdigit()  # no address ends in a letter
    return host == domain or within


def _age(text: str, before: float | None) -> float | None:
    match = _AGE(text)
    if match is None:
        return before
    return -float(match[2]) if match[1] else float(match[2])


def _date(text: str, before: float | None) -> float | None:
    """Read a date by RFC 6265, section 5.1.1; what is none leaves the one before as it is."""
    time = day = month = year = None
    for word in _WORDS.split(text):
        if time is None and (found := _TIME(word)):
            time = int(found[1]), int(found[2]), int(found[3])
        elif day is None and (found := _DAY(word)):
            day = int(found[1])
        elif month is None and word[:3].lower() in _MONTHS:
            month = _MONTHS.index(word[:3].lower()) + 1
        elif year is None and (found := _YEAR(word)):
            year = int(found[1])
    if time is None or day is None or month is None or year is None:
        return before
    year += 1900 if 70 <= year <= 99 else 2000 if year < 70 else 0
    try:
        return max(GONE, datetime(year, month, day, *time, tzinfo=UTC).timestamp()) if year >= 1601 else before
    except ValueError:
        return before


MAX_PER_HOST = 20
MAX_HOSTS = 100
MAX_LINE = 6_144
DRIFT = 0.1  # share of its life by which an expiry may move before that is reported


@dataclass(slots=True)
class Cookie:
    """A cookie that a host has set.

    Attributes:
        secure: sent over https only.
        expires: seconds since 1970; None for one that lasts as long as the crawl.
        created, changed: version of the jar at which it came, and at which it last got another value.
        saved: `expires` as it was last reported for saving.
        line: the Set-Cookie line that would set it to what it is, "" where that depends on the page.
        life: seconds from now that this line gives it each time; None where `expires` is no such time.
    """

    name: str
    value: str
    path: str
    secure: bool
    expires: float | None
    created: int
    changed: int
    saved: float | None = None
    line: str = ""
    life: float | None = None

    def is_over(self, now: float) -> bool:
        """Tell whether it has expired."""
        return self.expires is not None and self.expires <= now

    def goes_to(self, path: str, secure: bool) -> bool:
        """Tell whether it is sent with a request (RFC 6265, section 5.4)."""
        own = self.path
        if (self.secure and not secure) or not path.startswith(own):
            return False
        return len(own) == len(path) or own[-1] == "/" or path[len(own)] == "/"


class _Host:
    """Cookies of one host.

    Attributes:
        cookies: by name and path, in the order in which they are sent.
        known: by their lines.
        everywhere: the header, where it is the same for every page at any time; else None.
        removed: version of the jar at which a cookie was last deleted.
    """

    __slots__ = ("cookies", "everywhere", "known", "removed")

    def __init__(self) -> None:
        self.cookies: dict[tuple[str, str], Cookie] = {}
        self.known: dict[str, Cookie] = {}
        self.everywhere: str | None = ""
        self.removed = 0

    def remove(self, key: tuple[str, str]) -> None:
        self.known.pop(self.cookies.pop(key).line, None)

    def make_room(self, now: float) -> None:
        """Remove one where there are too many: one that is over, else the oldest."""
        if len(self.cookies) >= MAX_PER_HOST:
            self.remove(min(self.cookies, key=lambda k: (not self.cookies[k].is_over(now), self.cookies[k].created)))

    def arrange(self) -> None:
        """Longer paths first, then older cookies."""
        self.cookies = dict(sorted(self.cookies.items(), key=lambda item: (-len(item[1].path), item[1].created)))
        plain = all(each.path == "/" and not each.secure and each.expires is None for each in self.cookies.values())
        self.everywhere = _joined(self.cookies.values()) if plain else None


class Jar:
    """The cookies of many hosts; used by one thread.

    Args:
        fixed_hosts, fixed_names: hosts that get cookies of the config with every request, and the names of these. What
            such a host sets under such a name is not taken: the config's cookie stays the only one.
        now: seconds since 1970.

    Attributes:
        version: counts the changes, so that it can be told whether a request went out before a cookie came.
        unsaved: hosts whose cookies have changed since this set was last emptied.
    """

    def __init__(
        self,
        fixed_hosts: Collection[str] = (),
        fixed_names: Collection[str] = (),
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._fixed_hosts, self._fixed_names, self._now = fixed_hosts, fixed_names, now
        self._hosts: dict[str, _Host] = {}
        self.version = 0
        self.unsaved: set[str] = set()

    def header(self, host: str, url: str) -> str:
        """Return the value of the header Cookie for a URL; "" when there is none to send.

        Args:
            host: as `urls.host` gives it for the URL.
        """
        kept = self._hosts.get(host)
        if kept is None:
            return ""
        return _joined(self._sent(kept, url)) if kept.everywhere is None else kept.everywhere

    def is_new(self, host: str, url: str, version: int) -> bool:
        """Tell whether a cookie of a new name has come for a URL since that version of the jar."""
        kept = self._hosts.get(host)
        return kept is not None and any(cookie.created > version for cookie in self._sent(kept, url))

    def is_changed(self, host: str, url: str, version: int) -> bool:
        """Tell whether other cookies are sent with a URL than at that version of the jar."""
        kept = self._hosts.get(host)
        if kept is None:
            return False
        return kept.removed > version or any(cookie.changed > version for cookie in self._sent(kept, url))

    def take(self, url: str, lines: Sequence[str], version: int | None = None) -> None:
        """Read what the server at this URL has set, as far as it may.

        Args:
            url: absolute and clean.
            lines: values of the headers Set-Cookie, as latin-1.
            version: of the jar when the request went out. What other answers have set since then stays as it is: of
                several requests without a session each is given a new one, and the first to come is kept.
        """
        if not lines:
            return

        name, now = urls.host(url), self._now()
        host = self._hosts.get(name) or _Host()
        since = range(self.version if version is None else version, self.version)
        for line in lines:
            known = host.known.get(line)
            if known is not None:
                if known.life is not None:
                    self._expire(name, known, now + known.life, now)
                continue
            said = read_set_cookie(line, url, now)
            if said is not None and not (said.name in self._fixed_names and name in self._fixed_hosts):
                self._put(name, host, line, said, said.path or _folder(url), now, since)
        if host.cookies and name not in self._hosts:
            self._hosts[name] = host
            if len(self._hosts) > MAX_HOSTS:
                oldest = next(iter(self._hosts))
                del self._hosts[oldest]
                self.unsaved.add(oldest)

    def cookies(self, host: str) -> list[Cookie]:
        """Return the cookies of a host."""
        kept = self._hosts.get(host)
        return [*kept.cookies.values()] if kept else []

    def restore(self, host: str, cookies: Iterable[Cookie]) -> None:
        """Take back what `cookies` gave."""
        kept = self._hosts[host] = _Host()
        for cookie in cookies:
            kept.cookies[cookie.name, cookie.path] = cookie
            self.version = max(self.version, cookie.changed)
        kept.arrange()

    def _sent(self, host: _Host, url: str) -> Iterator[Cookie]:
        path, secure, now = _path(url), url.startswith("https:"), self._now()
        return (each for each in host.cookies.values() if each.goes_to(path, secure) and not each.is_over(now))

    def _put(self, name: str, host: _Host, line: str, said: SetCookie, path: str, now: float, since: range) -> None:
        key = (said.name, path)
        cookie = host.cookies.get(key)
        if cookie is not None and cookie.changed - 1 in since:
            return
        over = said.expires is not None and said.expires <= now
        if cookie is not None and (over or cookie.is_over(now)):
            host.remove(key)
            host.removed = self._change(name)
            cookie = None
        if over:
            host.arrange()
            return
        if cookie is None:
            host.make_room(now)
            created = self._change(name)
            cookie = Cookie(said.name, said.value, path, said.secure, said.expires, created, created, said.expires)
            host.cookies[key] = cookie
        else:
            host.known.pop(cookie.line, None)
            if (cookie.value, cookie.secure) != (said.value, said.secure):
                cookie.value, cookie.secure, cookie.changed = said.value, said.secure, self._change(name)
        if said.path:
            cookie.line = line
            host.known[line] = cookie
        else:
            cookie.line = ""
        cookie.life = said.expires - now if said.moving and said.expires is not None else None
        self._expire(name, cookie, said.expires, now)
        host.arrange()

    def _expire(self, name: str, cookie: Cookie, expires: float | None, now: float) -> None:
        """Set when it expires. A small step is not reported: with many sites the time moves with every answer."""
        cookie.expires = expires
        if expires is None or cookie.saved is None:
            moved = expires is not cookie.saved
        else:
            moved = abs(expires - cookie.saved) > DRIFT * (expires - now)
        if moved:
            cookie.saved = expires
            self.unsaved.add(name)

    def _change(self, name: str) -> int:
        self.unsaved.add(name)
        self.version += 1
        return self.version


def usable_cookies(lines: list[str]) -> tuple[str, ...]:
    """Return the Set-Cookie lines that are worth handing on: a page may bring a megabyte of them."""
    return tuple(line for line in lines[:MAX_PER_HOST] if len(line) <= MAX_LINE)


def empty_jar(settings: ClientSettings) -> Jar:
    """Return a jar for what clients with these settings bring back."""
    names = set(settings.cookies)
    for name, value in settings.headers.items():
        if name.lower() == "cookie":
            names.update(pair.partition("=")[0].strip() for pair in value.split(";"))
    return Jar({urls.host(origin) for origin in settings.origins}, names)


def _path(url: str) -> str:
    return url[url.index("/", 8) :].partition("?")[0]


def _folder(url: str) -> str:
    """The path of a cookie that names none (RFC 6265, section 5.1.4)."""
    path = _path(url)
    return path[: path.rfind("/")] or "/"


def _joined(cookies: Iterable[Cookie]) -> str:
    return "; ".join([f"{cookie.name}={cookie.value}" for cookie in cookies])
