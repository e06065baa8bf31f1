"""Two threads need the same two locks. The timeout is there for the lesson only: without it, they wait for ever."""

import json
import sys
import threading
import time

TIMEOUT = 0.5


def worker(first: threading.Lock, second: threading.Lock, both_try: threading.Barrier | None, got: list[bool]) -> None:
    with first:
        if both_try:
            both_try.wait()  # each has its first lock now
        has_second = second.acquire(timeout=TIMEOUT)
        got.append(has_second)
        if both_try:
            both_try.wait()  # neither lets go of its first lock before both have tried
        if has_second:
            second.release()


def two_threads(*, is_same_order: bool) -> dict[str, object]:
    a, b = threading.Lock(), threading.Lock()
    both_try = None if is_same_order else threading.Barrier(2)
    got: list[bool] = []
    threads = [
        threading.Thread(target=worker, args=(a, b, both_try, got)),
        threading.Thread(target=worker, args=(a, b, both_try, got) if is_same_order else (b, a, both_try, got)),
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"had_both": sum(got), "waited": time.perf_counter() - began}


CASES = {
    "opposite order": lambda: two_threads(is_same_order=False),
    "same order": lambda: two_threads(is_same_order=True),
}

if __name__ == "__main__":
    print(json.dumps(CASES[sys.argv[1]]()))
