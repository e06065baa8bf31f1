"""A terminal of a given size for a program under test, and what was shown on it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from typing import NamedTuple

from tests.support.jobs import FIXED, ROOT, command

ESCAPE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
_DRAWN_OVER = re.compile(rb"\r\n|\r\x1b\[2?K|\r|\n")


class Shown(NamedTuple):
    """What a program left on its terminal: exit code, all bytes, and seconds it took."""

    code: int
    raw: bytes
    seconds: float

    @property
    def text(self) -> str:
        """Without colours and cursor movements."""
        return ESCAPE.sub(b"", self.raw).decode()

    @property
    def lines(self) -> list[str]:
        """Every line that was ever visible, those that were drawn over too."""
        return [ESCAPE.sub(b"", piece).decode() for piece in _DRAWN_OVER.split(self.raw)]


def on_terminal(
    *arguments: object,
    columns: int = 100,
    env: dict[str, str] | None = None,
    act: Callable[[bytes, subprocess.Popen[bytes]], bool] = lambda seen, process: False,
) -> Shown:
    """Run `crawler ...` on a terminal.

    Args:
        act: is called with what was shown so far until it returns True; it may send keys or signals.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    environment = {**os.environ, **FIXED, "TERM": "xterm-256color", **(env or {})}
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        if name not in (env or {}):
            environment.pop(name, None)
    began = time.monotonic()
    process = subprocess.Popen(
        command(*arguments), cwd=ROOT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    seen, acted = b"", False
    try:
        while time.monotonic() - began < 60:
            if select.select([ours], [], [], 0.05)[0]:
                try:
                    piece = os.read(ours, 65_536)
                except OSError:  # Linux says so when the last program has closed its end
                    break
                if not piece:
                    break
                seen += piece
            acted = acted or act(seen, process)
        return Shown(process.wait(10), seen, time.monotonic() - began)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        os.close(ours)
