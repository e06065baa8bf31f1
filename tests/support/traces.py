"""The rules of the Trace Event Format, as far as our traces use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

REQUIRED = {
    "M": {"name", "pid", "tid", "args"},
    "X": {"name", "cat", "ts", "dur", "pid", "tid", "args"},
    "b": {"name", "cat", "id", "ts", "pid", "tid"},
    "e": {"name", "cat", "id", "ts", "pid", "tid"},
    "C": {"name", "ts", "pid", "args"},
}


def load(path: Path) -> dict[str, Any]:
    """The trace, as any reader of JSON sees it; checked."""
    trace: dict[str, Any] = json.loads(path.read_bytes())
    events = trace["traceEvents"]
    for event in events:
        assert event["ph"] in REQUIRED, event
        assert REQUIRED[event["ph"]] <= event.keys(), event
        assert all(isinstance(event[key], int) and event[key] >= 0 for key in ("ts", "dur", "tdur") if key in event)
    check_names(events)
    check_order(events)
    check_nesting(events)
    check_pairs(events)
    check_counter(events)
    return trace


def check_names(events: list[dict[str, Any]]) -> None:
    """Each thread and each process has a name, once."""
    for what, key in (("thread_name", ("pid", "tid")), ("process_name", ("pid",))):
        named = [tuple(event[part] for part in key) for event in events if event["name"] == what]
        used = {tuple(event[part] for part in key) for event in events if event["ph"] != "C"}
        assert sorted(named) == sorted(used)


def check_order(events: list[dict[str, Any]]) -> None:
    """Events stand in the order of their times: for each thread, and all in all."""
    times = [event["ts"] for event in events if event["ph"] != "M"]
    assert times == sorted(times)


def check_nesting(events: list[dict[str, Any]]) -> None:
    """What one thread does lies within, or beside, what else it does."""
    open_ends: dict[tuple[int, int], list[int]] = {}
    for event in events:
        if event["ph"] == "X":
            ends = open_ends.setdefault((event["pid"], event["tid"]), [])
            while ends and ends[-1] <= event["ts"]:
                ends.pop()
            assert not ends or event["ts"] + event["dur"] <= ends[-1], event
            ends.append(event["ts"] + event["dur"])
            assert event.get("tdur", 0) <= event["dur"]


def check_pairs(events: list[dict[str, Any]]) -> None:
    """Each begin has its end."""
    begun: dict[tuple[str, int], int] = {}
    for event in events:
        key = event.get("cat"), event.get("id")
        if event["ph"] == "b":
            assert key not in begun
            begun[key] = event["ts"]
        elif event["ph"] == "e":
            assert begun.pop(key) <= event["ts"]
    assert not begun


def check_counter(events: list[dict[str, Any]]) -> None:
    """Requests in flight are none at the end, and never less."""
    counts = [event["args"]["requests"] for event in events if event["ph"] == "C"]
    assert all(count >= 0 for count in counts)
    assert not counts or counts[-1] == 0


def fetches(trace: dict[str, Any]) -> list[dict[str, Any]]:
    """What stands of each request that a worker took."""
    return [event for event in trace["traceEvents"] if event["name"] == "fetch" and event["ph"] in "Xb"]


def named(trace: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [event for event in trace["traceEvents"] if event["name"] == name and event["ph"] in "XbC"]
