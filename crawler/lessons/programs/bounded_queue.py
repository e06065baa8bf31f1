"""A producer makes 40 things, one every 5 ms; a consumer needs 15 ms for each. A queue stands between them."""

import json
import queue
import sys
import threading
import time

THINGS, MAKING, USING = 40, 0.005, 0.015


class Watched:
    """A queue that notes when it was how full, and how long the producer stood before it."""

    def __init__(self, places: int) -> None:
        self.queue: queue.Queue[int] = queue.Queue(maxsize=places)
        self.fill: list[tuple[float, int]] = []
        self.waited = self.made_all_at = 0.0
        self.began = time.perf_counter()

    @property
    def now(self) -> float:
        return time.perf_counter() - self.began

    def put(self, thing: int) -> None:
        asked = self.now
        self.queue.put(thing)  # waits while the queue is full: that is the back-pressure
        self.waited += self.now - asked
        self.fill.append((self.now, self.queue.qsize()))

    def get(self) -> int:
        thing = self.queue.get()  # waits while it is empty
        self.fill.append((self.now, self.queue.qsize()))
        return thing


def produce(things: Watched) -> None:
    for thing in range(THINGS):
        time.sleep(MAKING)
        things.put(thing)
    things.made_all_at = things.now


def consume(things: Watched) -> None:
    while True:
        things.get()
        time.sleep(USING)
        things.queue.task_done()


def run(places: int) -> dict[str, object]:
    things = Watched(places)
    producer = threading.Thread(target=produce, args=(things,))
    threading.Thread(target=consume, args=(things,), daemon=True).start()
    producer.start()
    producer.join()
    things.queue.join()  # until each thing is used
    most = max(count for _, count in things.fill)
    return {
        "most": most,
        "waited": things.waited,
        "made_all_at": things.made_all_at,
        "seconds": things.now,
        "fill": sorted(things.fill),
    }


CASES = {"8 places": lambda: run(8), "no limit": lambda: run(0)}

if __name__ == "__main__":
    print(json.dumps(CASES[sys.argv[1]]()))
