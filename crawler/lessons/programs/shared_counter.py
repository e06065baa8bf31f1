"""Four processes add 250 to the same counter, one by one. What of it arrives depends on how the counter is shared."""

import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from multiprocessing.connection import Connection
from typing import Any

PROCESSES, TURNS = 4, 250
PAUSE = 0.0001  # seconds; lets another process run between the reading and the writing

counter = 0


def add_to_global() -> None:
    global counter
    for _ in range(TURNS):
        counter += 1


def add_to_value(value: Any, lock: Any) -> None:
    for _ in range(TURNS):
        with lock or nullcontext():
            read = value.value
            time.sleep(PAUSE)
            value.value = read + 1


def send_sum(pipe: Connection) -> None:
    pipe.send(sum(1 for _ in range(TURNS)))
    pipe.close()


def at_once(target: Callable[..., None], *args: Any) -> None:
    processes = [multiprocessing.Process(target=target, args=args) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def global_variable() -> int:
    at_once(add_to_global)
    return counter  # of this process; each child added to a copy of its own


def value_without_lock() -> int:
    value = multiprocessing.Value("i", 0)
    at_once(add_to_value, value, None)
    return int(value.value)


def value_with_lock() -> int:
    value = multiprocessing.Value("i", 0)
    at_once(add_to_value, value, value.get_lock())
    return int(value.value)


def manager_with_lock() -> int:
    with multiprocessing.Manager() as manager:  # a process of its own that holds the value and the lock
        value = manager.Value("i", 0)
        at_once(add_to_value, value, manager.Lock())
        return int(value.value)


def pipe() -> int:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    at_once(send_sum, theirs)
    theirs.close()  # the last writing end is closed now
    total = 0
    while True:
        try:
            total += ours.recv()
        except EOFError:  # nothing is left, and nobody can write any more
            return total


def timed(count: Callable[[], int]) -> dict[str, object]:
    began = time.perf_counter()
    found = count()
    return {"added": PROCESSES * TURNS, "found": found, "seconds": time.perf_counter() - began}


CASES = {
    "global variable": global_variable,
    "Value, no lock": value_without_lock,
    "Value, its lock": value_with_lock,
    "Manager, a lock": manager_with_lock,
    "Pipe": pipe,
}

if __name__ == "__main__":
    print(json.dumps(timed(CASES[sys.argv[1]])))
