"""Eight tasks in a pool of four processes; one of them may fail. What comes back, and when?"""

import json
import multiprocessing
import sys
import time
from functools import partial
from typing import Any

SECONDS = (0.4, 0.1, 0.3, 0.1, 0.2, 0.4, 0.1, 0.3)  # what each task takes
FAILS = 2  # the number of the task that fails


def task(fails: bool, began: float, number: int) -> tuple[int, float]:
    time.sleep(SECONDS[number])
    if fails and number == FAILS:
        raise ValueError(f"task {number} failed")
    return number, time.monotonic() - began


class Results:
    """Which task was done when, and when its result was here."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.done: list[tuple[int, float, float]] = []
        self.errors: list[str] = []

    def take(self, result: tuple[int, float]) -> None:
        self.done.append((*result, time.monotonic() - self.began))

    def fail(self, error: BaseException) -> None:
        self.errors.append(str(error))


def with_map(pool: Any, results: Results, fails: bool) -> None:
    do = partial(task, fails, results.began)
    try:
        for result in pool.map(do, range(len(SECONDS))):  # it returns when all are done, in the order of the tasks
            results.take(result)
    except ValueError as error:  # the results of all the others are gone
        results.fail(error)


def with_apply_async(pool: Any, results: Results, fails: bool) -> None:
    for number in range(len(SECONDS)):
        pool.apply_async(task, (fails, results.began, number), callback=results.take, error_callback=results.fail)
    pool.close()
    pool.join()


def run(ask: Any, *, fails: bool) -> dict[str, object]:
    with multiprocessing.Pool(4) as pool:
        pool.map(time.sleep, [0.1] * 4)  # the processes are up
        results = Results()
        ask(pool, results, fails)
        seconds = time.monotonic() - results.began
    return {
        "results": len(results.done),
        "errors": len(results.errors),
        "first": min((here for _, _, here in results.done), default=None),
        "seconds": seconds,
        "order": [number for number, _, _ in results.done],
        "done": results.done,
    }


CASES = {
    "map": lambda: run(with_map, fails=False),
    "apply_async": lambda: run(with_apply_async, fails=False),
    "map, 1 fails": lambda: run(with_map, fails=True),
    "apply_async, 1 fails": lambda: run(with_apply_async, fails=True),
}

if __name__ == "__main__":
    print(json.dumps(CASES[sys.argv[1]]()))
