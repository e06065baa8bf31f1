"""A thread that has a lock asks for it again. Without the timeout, which is for the lesson only, it waits for ever."""

import json
import sys
import threading
import time
from typing import Any

TIMEOUT = 0.5


def asked_twice(lock: Any) -> dict[str, object]:
    with lock:
        began = time.perf_counter()
        got_it = lock.acquire(timeout=TIMEOUT)
        waited = time.perf_counter() - began
        if got_it:
            lock.release()
    return {"got_it": got_it, "waited": waited}


CASES = {
    "Lock": lambda: asked_twice(threading.Lock()),
    "RLock": lambda: asked_twice(threading.RLock()),
}

if __name__ == "__main__":
    print(json.dumps(CASES[sys.argv[1]]()))
