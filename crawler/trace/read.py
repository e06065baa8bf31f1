"""Reads a trace that `crawler.trace.tracer` wrote, and says where the workers of its run spent their time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from crawler.errors import ConfigError

__all__ = ["STATES", "Parsing", "Slice", "Span", "Trace", "Track", "read", "traced"]

STATES: Mapping[str, str] = {
    "parse": "parsing",
    "lock": "waiting for the interpreter lock",
    "core": "waiting for a core",
    "fetch": "fetching",
    "other": "waiting for something else",
    "commit": "writing to the store",
    "idle": "idle",
}
"""What a worker may be doing, and how that is said.

fetch: from the moment at which it takes a request until it has the whole answer, decoded: connecting, waiting for the
server, reading. A worker with many requests in flight fetches while it has one and does nothing else.
parse: CPU time of its thread while it parses a page.
core: the time that it could parse and had no core, because others had all of them. Linux counts it for each thread, and
is asked for some of the pages; the others are taken to have waited for a core in the same proportion.
lock: the rest of the time that it parses, in a process whose threads share an interpreter lock. What `python:`
functions of a job wait for by themselves, such as a disk, is in it, too; see `Trace.says`.
other: the same in a process with one thread, which has the lock for itself.

A system that is not Linux does not say what a thread waits for. Then all that parsing took beyond its CPU time is
`lock` in a process with several threads, and `core` in one with a single thread.
"""

Key = tuple[int, int]  # process, and thread in the file


# Plain tuples, because a run may have a hundred thousand of each.
Span = tuple[int, int]
"""When something began and ended, microseconds."""

Parsing = tuple[int, int, int, int | None]
"""The same of a page that was parsed, then the CPU time of its thread, and how long it had no core; None where that is
not known."""


class Slice(NamedTuple):
    """What a worker did from one time to another; the shares of STATES in it sum up to 1."""

    begin: int
    end: int
    shares: Mapping[str, float]


@dataclass
class Track:
    """One worker: a thread, a greenlet, or a process with one thread.

    Attributes:
        native: the system's number of its thread; greenlets of one thread share it.
        alone: it does one thing at a time, as a thread does.
        crowded: it shares an interpreter lock with other threads.
    """

    key: Key
    name: str
    native: int
    alone: bool = True
    crowded: bool = False

    def __post_init__(self) -> None:
        self.fetches: list[Span] = []
        self.parses: list[Parsing] = []
        self.commits: list[Span] = []

    def spent(self) -> dict[str, float]:
        """Microseconds in each of STATES but `idle`."""
        cpu = sum(each[2] for each in self.parses)
        core = sum(self._without_core(*each) for each in self.parses)
        fetching = _length(_without(_merged(self.fetches), sorted([*self.commits, *_times(self.parses)])))
        commit = _length(self.commits)
        found = {"parse": cpu, "core": core, "fetch": fetching, "commit": commit}
        return {**found, self._rest: _length(self.parses) - cpu - core}

    @property
    def works(self) -> bool:
        """Whether it fetched or parsed anything."""
        return bool(self.fetches or self.parses)

    @cached_property
    def life(self) -> tuple[int, int]:
        """From the first to the last thing that it did."""
        spans = [*self.fetches, *_times(self.parses), *self.commits]
        return min((begin for begin, _ in spans), default=0), max((end for _, end in spans), default=0)

    @cached_property
    def slices(self) -> list[Slice]:
        """What it did, in order; it was idle between them."""
        busy = [Slice(begin, end, {"commit": 1.0}) for begin, end in self.commits]
        busy += [Slice(*each[:2], self._parsing(*each)) for each in self.parses if each[1] > each[0]]
        busy.sort(key=lambda each: each.begin)
        fetching = _without(_merged(self.fetches), [(each.begin, each.end) for each in busy])
        return sorted([*busy, *(Slice(begin, end, {"fetch": 1.0}) for begin, end in fetching)], key=lambda one: one[:2])

    def _parsing(self, begin: int, end: int, cpu: int, without_core: int | None) -> Mapping[str, float]:
        whole, core = end - begin, self._without_core(begin, end, cpu, without_core)
        return {"parse": cpu / whole, "core": core / whole, self._rest: (whole - cpu - core) / whole}

    def _without_core(self, begin: int, end: int, cpu: int, known: int | None) -> float:
        return self._share * (end - begin - cpu) if known is None else known

    @cached_property
    def _share(self) -> float:
        """Of the time that parsing took beyond its CPU time: how much of it was without a core, where that is known."""
        known = [each for each in self.parses if each[3] is not None]
        if not known:  # the system does not say it
            return 0.0 if self.crowded else 1.0
        waited = sum(end - begin - cpu for begin, end, cpu, _ in known)
        return sum(each[3] or 0 for each in known) / waited if waited else 0.0

    @property
    def _rest(self) -> str:
        """What the rest of that time is."""
        return "lock" if self.crowded else "other"


def _times(parses: Iterable[Parsing]) -> Iterator[Span]:
    return ((begin, end) for begin, end, _, _ in parses)


def _length(spans: Iterable[Span] | Iterable[Parsing]) -> int:
    return sum(each[1] - each[0] for each in spans)


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """The times at which at least one span lasts."""
    last_begin = last_end = -1
    for begin, end in sorted(spans):
        if begin > last_end:
            if last_end > last_begin:
                yield last_begin, last_end
            last_begin, last_end = begin, end
        elif end > last_end:
            last_end = end
    if last_end > last_begin:
        yield last_begin, last_end


def _without(times: Iterable[Span], busy: Sequence[Span]) -> Iterator[Span]:
    """The times without those of `busy`, which are in order and do not overlap."""
    place = 0
    for begin, end in times:
        while place and busy[place - 1][1] > begin:
            place -= 1
        while place < len(busy) and busy[place][0] < end:
            busy_begin, busy_end = busy[place]
            if busy_begin > begin:
                yield begin, busy_begin
            begin = max(begin, busy_end)
            place += 1
        if begin < end:
            yield begin, end


@dataclass
class Trace:
    """What a trace holds.

    Attributes:
        about: of the run: `job`, `strategy`, `workers`, `parse`, `requests`, `left_out` and others.
        tracks: every thread that did something, in the order of its appearance; the first is that of the loop.
        in_flight: requests that were sent and not yet answered, from each of these microseconds on.
    """

    about: Mapping[str, Any]
    tracks: Sequence[Track]
    in_flight: Sequence[tuple[int, int]]

    @cached_property
    def workers(self) -> list[Track]:
        """Those that fetched or parsed."""
        return [track for track in self.tracks if track.works]

    def says(self, state: str) -> str:
        """What a worker in one of STATES does. Of functions of the job nobody knows what they wait for."""
        or_else = " or in a python: function" if state == "lock" and self.about.get("python_functions") else ""
        return STATES[state] + or_else

    @cached_property
    def window(self) -> tuple[int, int]:
        """From the first to the last thing that anybody did, microseconds."""
        begin = min((track.life[0] for track in self.workers), default=0)
        return begin, max((track.life[1] for track in self.tracks), default=begin)

    @cached_property
    def rows(self) -> list[list[Track]]:
        """The workers as they are drawn: one in a row. Where each request has its own, some in turn in one row."""
        if len(self.workers) <= self.about.get("workers", 1):
            return [[track] for track in self.workers]
        rows: list[list[Track]] = []
        for track in sorted(self.workers, key=lambda each: each.life):
            free = (row for row in rows if row[-1].life[1] <= track.life[0])
            row = next(free, None)
            rows.append([track]) if row is None else row.append(track)
        return rows

    @cached_property
    def shares(self) -> dict[str, float]:
        """Share of each of STATES in the time of all workers, from the begin to the end of the window."""
        spent = [track.spent() for track in self.workers]
        begin, end = self.window
        whole = len(self.rows) * (end - begin) or 1
        shares = {state: sum(each.get(state, 0) for each in spent) / whole for state in STATES}
        return {**shares, "idle": max(0.0, 1.0 - sum(shares.values()))}

    @cached_property
    def worker(self) -> str:
        """What a worker is: `thread`, `process` or `greenlet`."""
        processes = {track.key[0] for track in self.workers}
        threads = {(track.key[0], track.native) for track in self.workers}
        if self.about.get("strategy") == "gevent":
            return "greenlet"
        return "process" if len(processes) == len(threads) > 1 else "thread"

    @property
    def subject(self) -> str:
        """Who worked, as `16 threads`."""
        processes = {track.key[0] for track in self.workers}
        several = len(processes) > 1 and self.worker == "thread"
        return _number(len(self.rows), self.worker) + (f" in {_number(len(processes), 'process')}" if several else "")

    def sentence(self, most: int = len(STATES)) -> str:
        """Where the time went: the states that took most of it, at most so many."""
        if not self.workers:
            return "no request was traced"
        order = sorted(self.shares.items(), key=lambda item: -item[1])
        (largest, first), *others = [
            (f"{100 * share:.0f} %", self.says(state)) for state, share in order if share >= 0.005
        ][:most]
        whose = "its" if self.subject.startswith("one ") else "their"
        rest = "".join(f", {share} {what}" for share, what in others)
        left = self.about.get("left_out", 0)
        only = (
            f"; the trace ends after {self.about['requests']:,} requests, {left:,} more are not in it" if left else ""
        )
        return f"{self.subject} spent {largest} of {whose} time {first}{rest}{only}"


def _number(count: int, what: str) -> str:
    if count == 1:
        return f"one {what}"
    return f"{count} {what}{'es' if what.endswith('s') else 's'}"


def read(path: Path) -> Trace:
    """Read a trace, event by event: a large one would take ten times its size in memory as a whole.

    Raises:
        ConfigError: there is no such file, or it is not a trace of ours.
    """
    try:
        with path.open(encoding="utf-8") as file:
            return _read(file)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise ConfigError(f"{path}: this is no trace that `crawler run --trace` wrote") from None


def _read(lines: Iterator[str]) -> Trace:
    if not next(lines, "").startswith('{"displayTimeUnit"'):
        raise ValueError("not one of ours")
    tracks: dict[Key, Track] = {}
    begun: dict[int, Mapping[str, Any]] = {}
    in_flight: list[tuple[int, int]] = []
    for line in lines:
        if line.startswith("]"):
            about = json.loads("{" + line[2:])["otherData"]
            return traced(about, tracks.values(), in_flight)
        event = json.loads(line.rstrip(",\n"))
        match event["ph"], event["name"]:
            case "M", "thread_name":
                key = event["pid"], event["tid"]
                tracks[key] = Track(key, event["args"]["name"], event["args"]["native"])
            case "C", _:
                in_flight.append((event["ts"], event["args"]["requests"]))
            case "X", "fetch" | "parse" | "commit" as name:
                _add(tracks[event["pid"], event["tid"]], name, event["ts"], event["dur"], event["args"])
            case "b", "fetch":
                begun[event["id"]] = event
            case "e", "fetch":
                track = tracks[event["pid"], event["tid"]]
                track.alone = False
                track.fetches.append((begun.pop(event["id"])["ts"], event["ts"]))
    raise ValueError("it ends too early")


def _add(track: Track, what: str, begin: int, took: int, facts: Mapping[str, Any]) -> None:
    if what == "parse":
        track.parses.append((begin, begin + took, facts["cpu"], facts.get("without_core")))
    else:
        (track.fetches if what == "fetch" else track.commits).append((begin, begin + took))


def traced(about: Mapping[str, Any], tracks: Iterable[Track], in_flight: Sequence[tuple[int, int]]) -> Trace:
    """A trace of what is known of a run.

    Args:
        tracks: their `crowded` is found out here.
    """
    tracks = list(tracks)
    # Each interpreter of `interpreters` has a lock of its own, and a Python without the lock has none.
    shared = about.get("interpreter_lock", True) and about.get("strategy") != "interpreters"
    threads = Counter(process for process, _ in {(track.key[0], track.native) for track in tracks})
    for track in tracks:
        track.crowded = shared and threads[track.key[0]] > 1
    return Trace(about, tracks, in_flight)
