"""Four threads sell the same tickets. Who reads, pauses and writes sells a ticket that another has sold meanwhile."""

import json
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

SELLERS = 4
PAUSE = 0.0002  # seconds; lets another thread run between the reading and the writing


class Office:
    def __init__(self, tickets: int, lock: AbstractContextManager[object]) -> None:
        self.left = tickets
        self.lock = lock


def sell_with_pause(office: Office) -> int:
    sold = 0
    while True:
        with office.lock:
            left = office.left  # read
            if left <= 0:
                return sold
            time.sleep(PAUSE)  # whoever runs now reads the same number
            office.left = left - 1  # write
        sold += 1


def sell_without_pause(office: Office) -> int:
    sold = 0
    while office.left > 0:
        office.left -= 1
        sold += 1
    return sold


def all_sell(sell: Callable[[Office], int], tickets: int, lock: AbstractContextManager[object]) -> dict[str, float]:
    office = Office(tickets, lock)
    sold: list[int] = []
    sellers = [threading.Thread(target=lambda: sold.append(sell(office))) for _ in range(SELLERS)]
    began = time.perf_counter()
    for seller in sellers:
        seller.start()
    for seller in sellers:
        seller.join()
    seconds = time.perf_counter() - began
    lost = sum(sold) - (tickets - office.left)  # sales that the number of tickets left does not know of
    return {"tickets": tickets, "sold": sum(sold), "lost": lost, "seconds": seconds}


CASES = {
    "no lock": lambda: all_sell(sell_with_pause, 200, nullcontext()),
    "lock": lambda: all_sell(sell_with_pause, 200, threading.Lock()),
    "left -= 1, no lock": lambda: all_sell(sell_without_pause, 1_000_000, nullcontext()),
}

if __name__ == "__main__":
    print(json.dumps(CASES[sys.argv[1]]()))
