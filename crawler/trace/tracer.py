"""Writes a trace while a run goes on: a file in the Trace Event Format of Chrome, which Perfetto and speedscope open.

The format: "Trace Event Format", Google, document CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU. Times are microseconds
since the tracer was made. One event stands on one line, in the order of their times. The phases that are used:

    M  names of processes and threads
    X  fetch, network, parse: what a worker did; commit: a turn of the loop. None of a thread overlaps another in part
    b, e  fetch: the same of a worker that has many requests in flight, which would overlap; request: one of which only
       the loop knows
    C  in flight: requests that were sent and not yet answered

Events go to the file as soon as nothing earlier can still come, that is, up to the time at which the oldest request
that is not back was handed out. So a long run needs no more memory than a short one. After MAX_REQUESTS no more
requests are written, because programs that show a trace load all of it; how many were left out stands in the file.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from json.encoder import encode_basestring_ascii as quoted
from operator import itemgetter
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO, NamedTuple

from crawler.errors import ConfigError, OutputError
from crawler.export.atomic import reason, replacing
from crawler.fetch.trail import here
from crawler.model import Failure, Outcome, Page, Request, Trail, Worker
from crawler.trace.read import Track, traced

__all__ = ["MAX_REQUESTS", "Tracer"]

MAX_REQUESTS = 100_000
_NEVER = float("inf")
_MANY = 4_000  # events that are kept before any are written: to sort them costs less then

Entry = tuple[int, str]
"""Twice its time, and JSON. One more than twice the time, and "": one more request is in flight; "" alone: one less.

So at one time those that come to an end are counted before those that begin. Else entries of one time stay in the order
in which they were added: what lasts before what is a part of it.
"""
_place = itemgetter(0)


class _Line(NamedTuple):
    """A worker: how its place stands in an event, and what it did."""

    place: str
    track: Track


class Tracer:
    """Is told by the loop what happens (`crawler.crawl.loop.Watch`); all in one thread.

    Args:
        path: replaced as a whole by `close`.
        limit: most requests that are written.

    Attributes:
        why: why there is no file; "" where there is.

    Raises:
        ConfigError: the file cannot be written.
    """

    def __init__(self, path: Path, limit: int = MAX_REQUESTS) -> None:
        self._path, self._limit = path, limit
        self._zero = monotonic()
        self._main = here().worker
        self._open = ExitStack()
        try:
            self._file: BinaryIO | None = self._open.enter_context(replacing(path))
        except OutputError as error:
            raise ConfigError(f"{path}: the trace cannot be written: {_reason(error)}") from None
        self.why = ""
        self._written = 0
        self._out: dict[Future[Outcome], tuple[int, Request]] = {}  # when it was handed out
        self._back: list[tuple[int, Request, Outcome | BaseException]] = []  # in this turn
        self._entries: list[Entry] = []
        self._lines: dict[Worker, _Line] = {}  # a thread may get the number of one that has ended
        self._threads: dict[int, int] = {}  # of each process, how many
        self._turn = self._committed = self._now()
        self._in_flight = self._left_out = 0
        self._is_full = False
        self._kept = 0  # events that could not be written the last time
        self._about: dict[str, Any] = {}
        self._separator = b""
        self._write(b'{"displayTimeUnit":"ms","traceEvents":[\n')
        self._loop = self._line(self._main)

    def about(self, **facts: Any) -> None:
        """Say what run this is: plain values for `otherData`."""
        self._about.update(facts)

    # ---- what the loop tells

    def turn(self) -> None:
        """A turn begins to write down what has come back."""
        self._turn = self._now()

    def came_back(self, future: Future[Outcome], outcome: Outcome | BaseException) -> None:
        """A request came back, with an exception where its worker died."""
        self._back.append((*self._out.pop(future), outcome))

    def committed(self) -> None:
        """The turn is written."""
        self._committed = self._now()
        back, self._back = self._back, []
        for handed, request, outcome in back:
            self._add_request(handed, request, outcome)
        if back and not self._is_full:
            self._loop.track.commits.append((self._turn, self._committed))
            self._add_span(self._turn, self._committed, "commit", '"store"', self._loop, f'{{"requests":{len(back)}}}')
        if len(self._entries) > self._kept + _MANY:
            oldest = next(iter(self._out.values()), None)
            self._flush(self._turn if oldest is None else min(oldest[0], self._turn))

    def handed_out(self, future: Future[Outcome], request: Request) -> None:
        """A request was given to the strategy, after the last `committed`."""
        self._out[future] = self._committed, request

    def gave_up(self, future: Future[Outcome]) -> None:
        """It did not come back in time."""
        found = self._out.pop(future, None)
        if found is not None:
            self._add_unseen(self._number(), *found, "given up")

    def sentence(self) -> str:
        """Where the time went, once it is closed: what `read` says of the file, without reading it."""
        return traced(self._about, [line.track for line in self._lines.values()], ()).sentence()

    def close(self) -> None:
        """Write what is left, and put the file in its place; requests in flight are named as such."""
        if self._file is None:
            return
        for handed, request in self._out.values():
            self._add_unseen(self._number(), handed, request, "in flight at the end")
        self._out.clear()
        self._flush(None)
        self._about.update(requests=self._written, left_out=self._left_out)
        self._write(b'\n],"otherData":' + json.dumps(self._about).encode() + b"}\n")
        self._finish()

    # ---- one request

    def _number(self) -> int:
        """The number of the next request in the file; 0 where it has as many as it may."""
        if self._written == self._limit:
            self._is_full = True
            self._left_out += 1
            return 0
        self._written += 1
        return self._written

    def _add_request(self, handed: int, request: Request, outcome: Outcome | BaseException) -> None:
        number = self._number()
        if not number:
            return
        if isinstance(outcome, BaseException):
            self._add_unseen(number, handed, request, "worker died")
            return
        trail, kind = outcome.trail, quoted(request.kind)
        if trail is None or trail.worker is None or trail.taken is None or trail.landed is None:
            self._add_unseen(number, handed, request, _status(outcome))
        else:
            self._add_fetch(number, handed, request, kind, outcome, trail, trail.taken, trail.landed, trail.worker)
        if trail is not None and trail.parser is not None:
            self._add_parse(number, kind, trail, trail.parser)

    def _add_fetch(
        self,
        number: int,
        handed: int,
        request: Request,
        kind: str,
        outcome: Outcome,
        trail: Trail,
        began: float,
        ended: float,
        worker: Worker,
    ) -> None:
        line, zero, times = self._line(worker), self._zero, ""
        taken, landed = int(1e6 * (began - zero)), int(1e6 * (ended - zero))  # not `_at`: this is for every request
        begin, end = taken, landed  # of what was on the network
        if trail.sent is not None:
            begin = int(1e6 * (trail.sent - zero))
            times = f',"sent":{begin}'
        if trail.first is not None and trail.last is not None:
            end = int(1e6 * (trail.last - zero))
            times += f',"first_byte":{int(1e6 * (trail.first - zero))},"last_byte":{end}'
        if request.not_after != _NEVER:
            times += f',"slot_until":{self._at(request.not_after)}'
        facts = (
            f'{{"n":{number},"url":{quoted(request.url)},"kind":{kind},"attempt":{request.attempt},'
            f'"result":{quoted(_status(outcome))},"queued":{handed if handed < taken else taken}{times},'
            f'"committed":{self._committed}}}'
        )
        line.track.fetches.append((taken, landed))
        if trail.alone:
            self._add_span(taken, landed, "fetch", kind, line, facts)
        else:
            line.track.alone = False
            self._add_pair(taken, landed, "fetch", number, line, facts)
        if end <= begin or (trail.sent is None and isinstance(outcome, Failure)):
            return  # nothing was on the network, as far as anybody knows
        if trail.alone:
            self._add_span(begin, end, "network", kind, line)
        self._entries += (2 * begin + 1, ""), (2 * end, "")

    def _add_parse(self, number: int, kind: str, trail: Trail, parser: Worker) -> None:
        zero, line = self._zero, self._line(parser)
        began, ended = int(1e6 * (trail.parse_began - zero)), int(1e6 * (trail.parse_ended - zero))
        took = ended - began
        cpu, waited, said = min(took, round(1e6 * trail.parse_cpu)), None, ""
        if trail.without_core is not None:
            waited = min(took - cpu, round(1e6 * trail.without_core))
            said = f',"without_core":{waited}'
        line.track.parses.append((began, ended, cpu, waited))
        self._add_span(began, ended, "parse", kind, line, f'{{"n":{number},"cpu":{cpu}{said}}},"tdur":{cpu}')

    def _add_unseen(self, number: int, handed: int, request: Request, result: str) -> None:
        """Add a request of which only the loop knows when it went out, and when it came back."""
        if not number:
            return
        end = max(handed, self._now())
        facts = f'{{"n":{number},"url":{quoted(request.url)},"result":{quoted(result)},"queued":{handed}}}'
        self._add_pair(handed, end, "request", number, self._loop, facts)

    # ---- events

    def _add_span(self, begin: int, end: int, name: str, kind: str, line: _Line, facts: str = "{}") -> None:
        text = f'{{"name":"{name}","cat":{kind},"ph":"X","ts":{begin},"dur":{end - begin},{line.place},"args":{facts}}}'
        self._entries.append((2 * begin, text))

    def _add_pair(self, begin: int, end: int, name: str, number: int, line: _Line, facts: str) -> None:
        rest = f'{{"name":"{name}","cat":"{name}","id":{number},{line.place},"ph":'
        self._entries.append((2 * begin, f'{rest}"b","ts":{begin},"args":{facts}}}'))
        self._entries.append((2 * end, f'{rest}"e","ts":{end}}}'))

    def _line(self, worker: Worker) -> _Line:
        """The line of a worker; a new one gets a number: those of Python are too long for programs that show traces."""
        line = self._lines.get(worker)
        if line is None:
            pid, _, native, name = worker
            tid = self._threads[pid] = self._threads.get(pid, 0) + 1
            line = _Line(f'"pid":{pid},"tid":{tid}', Track((pid, tid), name, native))
            self._lines[worker] = line
            if tid == 1:
                processes = len(self._threads) - 1
                what = f"worker process {processes}" if processes else "crawler"
                self._name("process_name", line, {"name": what})
            self._name("thread_name", line, {"name": name, "native": native})
        return line

    def _name(self, what: str, line: _Line, facts: dict[str, Any]) -> None:
        args = json.dumps(facts, separators=(",", ":"))
        self._entries.append((-1, f'{{"name":"{what}","ph":"M",{line.place},"args":{args}}}'))

    def _now(self) -> int:
        return self._at(monotonic())

    def _at(self, time: float) -> int:
        return max(0, int(1e6 * (time - self._zero)))

    # ---- the file

    def _flush(self, until: int | None) -> None:
        """Write the events before a time, or all."""
        self._entries.sort(key=_place)
        if until is None:
            ready, self._entries = self._entries, []
        else:
            index = bisect_left(self._entries, 2 * until, key=_place)
            ready, self._entries = self._entries[:index], self._entries[index:]
        self._kept = len(self._entries)
        if not ready:
            return
        lines = [text or self._count(place) for place, text in ready]
        self._write(self._separator + ",\n".join(lines).encode())
        self._separator = b",\n"

    def _count(self, place: int) -> str:
        self._in_flight += 1 if place & 1 else -1
        return (
            f'{{"name":"in flight","ph":"C","ts":{place >> 1},"pid":{self._main[0]},"tid":1,'
            f'"args":{{"requests":{self._in_flight}}}}}'
        )

    def _write(self, data: bytes) -> None:
        if self._file is None:
            return
        try:
            self._file.write(data)
        except OSError as error:  # the crawl goes on without it
            self._give_up(error)

    def _finish(self) -> None:
        self._file = None
        try:
            self._open.close()
        except OutputError as error:
            self.why = f"{self._path}: the trace could not be written: {_reason(error)}"

    def _give_up(self, error: OSError) -> None:
        self._file, self._limit = None, self._written  # no more
        self.why = f"{self._path}: the trace could not be written: {reason(error)}"
        with suppress(OSError, OutputError):
            self._open.__exit__(type(error), error, error.__traceback__)


def _status(outcome: Outcome) -> str:
    if isinstance(outcome, Failure):
        return outcome.code
    return str(outcome.status) if isinstance(outcome, Page) else f"{outcome.status} redirect"


def _reason(error: OutputError) -> str:
    return reason(error.__cause__) if isinstance(error.__cause__, OSError) else str(error)
