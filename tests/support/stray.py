"""A program for `compare` to measure: its work is done by an orphan, as that of a fork server's worker is.

Standard input is JSON with `task`, of which `folder` is used: the pid of the orphan is written there.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

MEGABYTES, CPU = 80, 0.3


def main(*, hangs: bool = False) -> None:
    folder = Path(json.load(sys.stdin)["folder"])
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            work(folder, writer, hangs=hangs)
        os._exit(0)
    os.close(writer)
    os.read(reader, 1)  # until the orphan has begun
    if hangs:
        time.sleep(600)


def work(folder: Path, writer: int, *, hangs: bool) -> None:
    (folder / "pid").write_text(str(os.getpid()))
    kept = bytearray(os.urandom(1_000_000) * MEGABYTES)
    os.write(writer, b"x")
    while hangs:
        time.sleep(600)
    while time.process_time() < CPU:
        sum(range(1000))
    os._exit(len(kept) and 0)


if __name__ == "__main__":
    main()
