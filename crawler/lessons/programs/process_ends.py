"""How processes end, seen from outside: their states in /proc/PID/stat of Linux, looked at every 10 ms."""

import json
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

NAP, SHORT, SAMPLE = 0.8, 0.2, 0.01  # seconds
# `fork`, so that each process is the child of the one that starts it; Windows has no `fork`, and no states to look at
fork = multiprocessing.get_context("fork" if hasattr(os, "fork") else None)


def look(pid: int) -> tuple[str, int]:
    """State and parent of a process: `S` sleeping, `R` running, `Z` zombie; `""` and 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            state, parent = file.read().rpartition(")")[2].split()[:2]
    except OSError:
        return "", 0
    return state, int(parent)


class Watch(threading.Thread):
    """Looks at processes until `stop`."""

    def __init__(self, **pids: int | None) -> None:
        super().__init__(daemon=True)
        self.pids = pids
        self.seen: dict[str, list[tuple[float, str, int]]] = {name: [] for name in pids}
        self.over = threading.Event()
        self.start()

    def run(self) -> None:
        began = time.monotonic()
        while not self.over.wait(SAMPLE):
            for name, pid in self.pids.items():
                self.seen[name].append((time.monotonic() - began, *look(pid or 0)))

    def stop(self) -> None:
        self.over.set()
        self.join()


def nap(pipe: Connection, seconds: float = NAP) -> None:
    try:
        time.sleep(seconds)
    finally:
        pipe.send("my finally ran")


def start_child_and_end(pipe: Connection, is_daemon: bool, leaves_it: bool) -> None:
    child = fork.Process(target=nap, args=(pipe,), daemon=is_daemon)
    child.start()
    pipe.send(child.pid)
    time.sleep(SHORT)
    if leaves_it:
        os._exit(0)  # at once; else multiprocessing terminates daemons here, and waits for other children


def with_parent(*, is_daemon: bool = False, leaves_it: bool = False) -> dict[str, object]:
    ours, theirs = fork.Pipe(duplex=False)
    parent = fork.Process(target=start_child_and_end, args=(theirs, is_daemon, leaves_it))
    parent.start()
    watch = Watch(parent=parent.pid, child=ours.recv())
    parent.join()
    time.sleep(NAP)
    return found(watch, ours)


def not_waited_for() -> dict[str, object]:
    ours, theirs = fork.Pipe(duplex=False)
    child = fork.Process(target=nap, args=(theirs, SHORT))
    child.start()
    watch = Watch(child=child.pid)
    time.sleep(NAP)
    child.join()  # asks for the exit code, and so the system can forget the process
    time.sleep(SHORT)
    return found(watch, ours, child.exitcode)


def ended_by(how: str) -> dict[str, object]:
    ours, theirs = fork.Pipe(duplex=False)
    child = fork.Process(target=nap, args=(theirs,))
    child.start()
    watch = Watch(child=child.pid)
    time.sleep(SHORT)
    child.terminate() if how == "terminate" else child.kill()
    child.join()
    time.sleep(SHORT)
    return found(watch, ours, child.exitcode)


def found(watch: Watch, pipe: Connection, code: int | None = None) -> dict[str, object]:
    watch.stop()
    alive = [(now, state, parent) for now, state, parent in watch.seen["child"] if state]
    return {
        "lasted": max(now for now, state, _ in alive if state != "Z"),
        "was_zombie": any(state == "Z" for _, state, _ in alive),
        "was_orphan": len({parent for _, state, parent in alive if state != "Z"}) > 1,
        "finally_ran": has_word(pipe),
        "code": code,
        "seen": watch.seen,
    }


def has_word(pipe: Connection) -> bool:
    with suppress(EOFError):
        return pipe.poll() and pipe.recv() == "my finally ran"
    return False


CASES: dict[str, Callable[[], dict[str, object]]] = {
    "daemon": lambda: with_parent(is_daemon=True),
    "not a daemon": with_parent,
    "orphan": lambda: with_parent(leaves_it=True),
    "zombie": not_waited_for,
    "terminate()": lambda: ended_by("terminate"),
    "kill()": lambda: ended_by("kill"),
}

if __name__ == "__main__":
    has_states = os.path.exists("/proc/self/stat")
    print(json.dumps(CASES[sys.argv[1]]() if has_states else {"skipped": "this system has no /proc/PID/stat"}))
