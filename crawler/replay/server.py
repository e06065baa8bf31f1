"""The replay server and its process."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from crawler.errors import ConfigError
from crawler.model import Failure, Moved, Response
from crawler.replay.cassette import Fetched, Recorded, read
from crawler.serving.http import HttpRequest, HttpResponse, plain
from crawler.serving.process import ServerProcess
from crawler.serving.server import HOST, Handler, RenderedResponse, listen
from crawler.serving.server import serve as serve_desk

__all__ = ["MARK", "STATS_HOST", "ReplayHandler", "ReplayServer", "serve", "which"]


MARK = 599
"""Status that stands for a failure which no HTTP answer can be: no such host, timeout, broken page. The reason
phrase says which of the recorded ones, see `which`."""

STATS_HOST = "replay.invalid"
"""A host name that no site can have (RFC 2606)."""

CACHE_BYTES = 256_000_000
LOCAL = 0.0015
"""Seconds that a request over the loopback takes by itself."""

MAX_LENGTH = 3600.0
MAX_UNKNOWN = 20
_OWN = frozenset({"connection", "content-encoding", "content-length", "server", "transfer-encoding"})
_LAST = "replay last"


class ReplayHandler(Handler):
    """Answers with what was recorded.

    Args:
        latency: seconds that every answer waits; None for those recorded, times `scale`.
        errors: the failures before the last answer come first.
    """

    most_body = 100_000_000

    def __init__(self, folder: Path, latency: float | None, scale: float, *, errors: bool) -> None:
        super().__init__()
        self._folder, self._latency, self._scale, self._errors = folder, latency, scale, errors
        self._cache: dict[str, list[RenderedResponse]] = {}
        self._cached_bytes = 0
        self._asked: Counter[str] = Counter()
        self._requests = 0
        self._statuses: Counter[int] = Counter()
        self._unknown: Counter[str] = Counter()

    def answer(self, ask: HttpRequest) -> RenderedResponse:
        """The next answer that was recorded of a URL; 404 where there is none."""
        if ask.host == STATS_HOST:
            shown = self.ready(HttpResponse(200, {"Content-Type": "application/json"}, self._stats()))
            if ask.method == "POST":
                self.count_anew()
            return shown
        self._requests += 1
        url = f"{ask.scheme}://{ask.host}{ask.target}"
        key = f"{ask.mark} {url}"
        answers = self._cache.get(key) or self._load(url, ask.mark, key)
        if not answers:
            self._unknown[url if url in self._unknown or len(self._unknown) < MAX_UNKNOWN else "others"] += 1
            self._statuses[404] += 1
            return self.ready(plain(404))
        turn = min(self._asked[key], len(answers) - 1)
        if turn < len(answers) - 1:
            self._asked[key] += 1
        self._statuses[answers[turn].status] += 1
        return answers[turn]

    def delay(self, ask: HttpRequest, ready: RenderedResponse) -> float:
        """As recorded."""
        return ready.delay

    def date(self) -> bytes:
        """Nothing: the recorded Date is among the headers, where there was one."""
        return b""

    def _load(self, url: str, mark: str, key: str) -> list[RenderedResponse]:
        recorded = read(self._folder, url, mark)
        if recorded is None:
            return []
        tries = list(enumerate(recorded.tries)) if self._errors else []
        answers = [self._made(failure, f"replay {number}") for number, failure in tries]
        answers.append(self._made(recorded.answer, _LAST))
        self._keep(key, answers)
        return answers

    def _made(self, fetched: Fetched, mark: str) -> RenderedResponse:
        return self.ready(_answer(fetched, mark), delay=self._wait(fetched.elapsed))

    def _wait(self, elapsed: float) -> float:
        wait = elapsed * self._scale if self._latency is None else self._latency
        return min(wait - LOCAL, MAX_LENGTH) if wait > LOCAL else 0.0  # nan waits not at all

    def _keep(self, key: str, answers: list[RenderedResponse]) -> None:
        size = _size(answers)
        if size > CACHE_BYTES:
            return
        self._cache[key] = answers
        self._cached_bytes += size
        while self._cached_bytes > CACHE_BYTES:
            self._cached_bytes -= _size(self._cache.pop(next(iter(self._cache))))

    def count_anew(self) -> None:
        """Forget how many requests there were; what was answered before stays."""
        super().count_anew()
        self._requests = 0
        self._statuses.clear()

    def _stats(self) -> bytes:
        stats = {
            "requests": self._requests,
            "statuses": {str(status): count for status, count in sorted(self._statuses.items())},
            "unknown": self._unknown.total(),
            "unknown_urls": list(self._unknown),
            "most_waiting": self.most_waiting,
        }
        return json.dumps(stats).encode() + b"\n"


def which(recorded: Recorded, reason: str) -> Fetched:
    """The answer that the reason phrase of a MARK names."""
    number = reason.removeprefix("replay ")
    if number.isdecimal() and len(number) < 4 and int(number) < len(recorded.tries):
        return recorded.tries[int(number)]
    return recorded.answer


def _answer(fetched: Fetched, mark: str) -> HttpResponse:
    match fetched:
        case Response() if not 200 <= fetched.status < 600 or fetched.status == MARK:  # never recorded so
            return HttpResponse(MARK, {}, b"", mark)
        case Response():
            return HttpResponse(fetched.status, _headers(fetched), fetched.body)
        case Moved() if not 300 <= fetched.status < 400:
            return HttpResponse(MARK, {}, b"", mark)
        case Moved():
            return HttpResponse(fetched.status, {"Location": _line(fetched.location)}, b"")
        case Failure():
            if fetched.code != f"http-{fetched.status}" or not 300 <= fetched.status < 600 or fetched.status == MARK:
                return HttpResponse(MARK, {}, b"", mark)
            asked = {} if fetched.retry_after is None else {"Retry-After": _line(str(fetched.retry_after))}
            return HttpResponse(fetched.status, asked, b"", _line(fetched.detail))


def _headers(response: Response) -> dict[str, str]:
    return {_line(name): _line(value) for name, value in response.headers.items() if name.lower() not in _OWN}


def _line(text: str) -> str:
    """The text as a part of one line, whatever the file of the recording holds."""
    return "".join(character for character in text if character.isprintable())


def _size(answers: list[RenderedResponse]) -> int:
    return sum(len(answer.body) + 1_000 for answer in answers)


class ReplayServer(ServerProcess):
    """Plays a recording back while the `with` block lasts, for `ClientSettings.connect_to`; see Child.

    Args:
        folder: of the recording.
        latency: seconds that every answer waits; None for as long as it took when it was recorded.
        scale: factor of the recorded waits.
        errors: failures that went away when a page was tried again come again, too.

    Raises:
        ConfigError: latency or scale is not a number of seconds, or a factor, of 0 or more.
    """

    def __init__(self, folder: Path, latency: float | None = None, scale: float = 1.0, *, errors: bool = False) -> None:
        for name, value in (("latency", latency or 0.0), ("scale", scale)):
            if not 0 <= value <= 3600:  # also refuses nan
                raise ConfigError(f"replay: {name} must be from 0 to 3600, not {value}")
        options = {"folder": str(folder.absolute()), "latency": latency, "scale": scale, "errors": errors}
        super().__init__("crawler.replay", options, stats=("/", STATS_HOST))

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, while it runs."""
        return HOST, int(self.url.rpartition(":")[2])


def serve(
    folder: str,
    latency: float | None,
    scale: float,
    errors: bool,
    *,
    ready: Callable[[str], None],
    parent: int | None,
) -> None:
    """What the child process does."""
    serve_desk(ReplayHandler(Path(folder), latency, scale, errors=errors), listen(0, "replay"), ready, parent=parent)
