"""robots.txt by RFC 9309: fetched beside the crawl, cleaned line by line, matched by Protego.

Which answer means what (RFC 9309, section 2.3.1):

    200                                         its rules
    400 to 499, except 429                      there are none: all is allowed; 401 and 403 too, as the RFC says
    too many redirects, or to nowhere           the same
    429, 500 and more, no answer, a broken one  unreachable: nothing is allowed for now
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from crawler import urls
from crawler.crawl.inbox import Inbox
from crawler.fetch.client import ROBOTS, ROBOTS_BYTES, Fetch
from crawler.fetch.cookies import Jar
from crawler.model import Failure, Request, Response

if TYPE_CHECKING:
    from protego import Protego

__all__ = ["Robots", "RobotsFetcher", "parse", "product_token", "read_robots"]


MAX_HOPS = 5

_NAMES = {
    **dict.fromkeys(("user-agent", "useragent", "user agent"), "User-agent"),
    **dict.fromkeys(("disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"), "Disallow"),
    "allow": "Allow",
    **dict.fromkeys(("crawl-delay", "crawl delay", "crawldelay"), "Crawl-delay"),
    **dict.fromkeys(("request-rate", "request rate"), "Request-rate"),
}
_PACE = ("Crawl-delay:", "Request-rate:")
_SPACED = re.compile(r"(user[- ]agent|[a-z-]+)\s+(\S.*)", re.I).fullmatch
_TOKEN = re.compile(r"[A-Za-z_-]+").match
_END = re.compile(r"\r\n|\r|\n")
_ODD_ENDS = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
NOBODY = "another-robot"  # shares no beginning with our token: Protego compares beginnings


@dataclass(frozen=True, slots=True)
class Robots:
    """What the robots.txt of one origin says to us.

    Attributes:
        delay: seconds between two requests that it asks for; None when it does not say.
        unreachable: why it could not be read; nothing is allowed then, for now.
    """

    delay: float | None = None
    unreachable: Failure | None = None
    _rules: Protego | None = None
    _agent: str = "*"

    def allows(self, url: str) -> bool:
        """Tell whether the URL may be fetched."""
        if self.unreachable is not None:
            return False
        return self._rules is None or bool(self._rules.can_fetch(url, self._agent))


def read_robots(fetch: Fetch, origin: str, *, user_agent: str, pause: Callable[[], None], proxy: int = 0) -> Robots:
    """Fetch and parse `origin/robots.txt`; up to five redirects are followed, to other hosts too.

    Cookies that come on the way are sent with the next redirect, and then forgotten.

    Args:
        origin: scheme://host, as of `urls.origin`.
        user_agent: ours, whole; its first product token is the name that groups are looked up by.
        proxy: number of the proxy to go through.
        pause: called before each further request, to keep the gap between requests.
    """
    url, jar = f"{origin}/robots.txt", Jar()
    for hop in range(MAX_HOPS + 1):
        if hop:
            pause()
        answer = fetch(Request(0, url, ROBOTS, cookies=jar.header(urls.host(url), url), proxy=proxy))
        jar.take(url, answer.set_cookies)
        if isinstance(answer, Response):
            return parse(answer.body, user_agent)
        if isinstance(answer, Failure):
            return Robots() if _is_absent(answer) else Robots(unreachable=answer)
        url = answer.location
    return Robots()


def _is_absent(failure: Failure) -> bool:
    if failure.code in ("bad-redirect", "scheme-blocked"):
        return True
    return 400 <= failure.status < 500 and failure.status != 429


def product_token(user_agent: str) -> str:
    """Return the name by which a robots.txt may address us, in lower case (RFC 9309, section 2.2.1)."""
    match = _TOKEN(user_agent)
    return match[0].lower() if match else "*"


def parse(body: bytes, user_agent: str) -> Robots:
    """Return the rules in a robots.txt. Lines that are none are ignored, whatever they are."""
    from protego import Protego  # late: many sites have no robots.txt, and some jobs do not ask

    agent = product_token(user_agent)
    lines = list(_clean_lines(_text(body), agent))
    paced = [line for line in lines if line.startswith(_PACE)]
    # A Crawl-delay must not end a group of rules (RFC 9309, section 2.2.4), as it does for Protego.
    rules = Protego.parse("\n".join(line for line in lines if not line.startswith(_PACE)))
    return Robots(_delay(Protego.parse("\n".join(lines)), agent) if paced else None, None, rules, agent)


def _delay(pace: Protego, agent: str) -> float | None:
    delay: float | None = pace.crawl_delay(agent)
    rate = pace.request_rate(agent)
    return rate.seconds / rate.requests if delay is None and rate is not None else delay


def _text(body: bytes) -> str:
    if len(body) >= ROBOTS_BYTES:
        cut = max(body.rfind(b"\n", 0, ROBOTS_BYTES), body.rfind(b"\r", 0, ROBOTS_BYTES))
        body = body[: cut + 1]  # half a line could say something else than the whole
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    return body.replace(b"\x00", b"").decode("utf-8-sig", "replace")


def _clean_lines(text: str, agent: str) -> Iterator[str]:
    """Keep only lines that make or fill a group: RFC 9309 lets no other line end one."""
    for line in _END.split(text):
        name, value = _split(_ODD_ENDS.sub(" ", line).partition("#")[0].strip("\ufeff \t"))
        if name == "User-agent":
            value = _addressed(value, agent)
        if name:
            yield f"{name}: {value}"


def _split(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    known = _NAMES.get(name.strip().lower(), "")
    if colon and known:
        return known, value.strip()
    spaced = _SPACED(line)  # "Disallow /x", without the colon
    return (_NAMES.get(spaced[1].lower(), ""), spaced[2].strip()) if spaced else ("", "")


def _addressed(value: str, agent: str) -> str:
    """Protego takes a group for ours when its name begins our token; the RFC wants the whole token."""
    if value[:1] == "*" and not value[1:2].strip():
        return "*"
    match = _TOKEN(value)
    return agent if match and match[0].lower() == agent else NOBODY


READERS = 4
TRIES = 3
MAX_WAIT = 30.0


class RobotsFetcher:
    """Threads of its own: a robots.txt is needed before its host can be asked for anything, whatever the strategy.

    Args:
        delay: seconds between two requests to a host, by its name.
        proxy: gives the number of a proxy that is likely to answer; called from any thread.
    """

    def __init__(
        self,
        fetch: Fetch,
        user_agent: str,
        delay: Callable[[str], float],
        inbox: Inbox,
        proxy: Callable[[], int] = lambda: 0,
    ) -> None:
        self._fetch, self._agent, self._delay, self._inbox, self._proxy = fetch, user_agent, delay, inbox, proxy
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="robots")
        self._closing = threading.Event()

    def ask(self, origin: str) -> None:
        """Read the robots.txt of an origin; the inbox gets (origin, Robots)."""
        reading = self._pool.submit(self._read, origin)
        reading.add_done_callback(partial(self._answered, origin))

    def close(self) -> None:
        """Stop waiting; a request in flight ends by itself."""
        self._closing.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._fetch.close()

    def _read(self, origin: str) -> Robots:
        delay = self._delay(urls.host(origin))
        pause = partial(self._pause, delay)
        for tried in range(1, TRIES + 1):
            proxy = self._proxy() + tried - 1  # the next one, where one fails
            robots = read_robots(self._fetch, origin, user_agent=self._agent, pause=pause, proxy=proxy)
            if robots.unreachable is None or tried == TRIES:
                break
            asked = min(robots.unreachable.retry_after or 0.0, MAX_WAIT)
            self._closing.wait(max(delay, 2.0**tried / 2, asked))
            if self._closing.is_set():
                break
        return robots

    def _pause(self, seconds: float) -> None:
        self._closing.wait(seconds)

    def _answered(self, origin: str, reading: Future[Robots]) -> None:
        if reading.cancelled():
            return
        error = reading.exception()  # raised here it would be logged and the host would wait for ever
        broken = Robots(unreachable=Failure("internal", f"{type(error).__name__}: {error}"))
        self._inbox.put((origin, broken if error else reading.result()))
