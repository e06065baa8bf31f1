"""`crawler ...`, telling on its last line of stderr what is alive in it in the moment in which it leaves.

Not told are the server that children are forked from and the tracker of semaphores: they end after the main process.
"""

from __future__ import annotations

import json
import os
import runpy
import threading
from typing import NoReturn

import psutil

from crawler import process

HELPERS = ("multiprocessing.forkserver", "multiprocessing.resource_tracker")
_leave = process.exit_now


def look_and_leave(code: int) -> NoReturn:
    threads = [f"thread {each.name}" for each in threading.enumerate() if each is not threading.main_thread()]
    os.write(2, json.dumps([*threads, *_children()]).encode() + b"\n")
    _leave(code)


def _children() -> list[str]:
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            told = "zombie" if child.status() == psutil.STATUS_ZOMBIE else " ".join(child.cmdline())
        except psutil.NoSuchProcess:
            continue
        if not any(helper in told for helper in HELPERS):
            found.append(f"child {told}")
    return found


if __name__ == "__main__":
    process.exit_now = look_and_leave
    runpy.run_module("crawler", run_name="__main__", alter_sys=True)
