"""The demo site as a child process of whoever needs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType

from crawler.demo.options import DemoOptions
from crawler.errors import ConfigError

__all__ = ["DemoServer"]

START_SECONDS = 20.0
STOP_SECONDS = 2.0


class DemoServer:
    """Runs the demo site in a process of its own while the `with` block lasts.

    The child ignores Ctrl-C, and ends by itself when this process dies in any way.

    Args:
        options: see DemoOptions; where the port is busy, one of the next 20 is taken.

    Raises:
        ConfigError: on entering, the site could not be started.
    """

    def __init__(self, options: DemoOptions | None = None) -> None:
        options = options or DemoOptions()
        # the child may run in another folder
        self.options = replace(options, log=os.path.abspath(options.log)) if options.log else options
        self._process: subprocess.Popen[bytes] | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """Where the site is, as `http://127.0.0.1:8765`; "" while it does not run."""
        return self._url

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while it does not run."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the child and wait until it takes requests."""
        try:
            self._process = _launch(self.options)
            self._url = _first_word(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the child; may be called twice."""
        process, self._process, self._url = self._process, None, ""
        if process is None:
            return
        try:
            process.terminate()
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()

    def __enter__(self) -> DemoServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _launch(options: DemoOptions) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "crawler.demo", json.dumps(asdict(options)), str(os.getpid())]
    return subprocess.Popen(  # noqa: S603  # our own module, no shell
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],  # where `crawler` is importable from, wherever we were started
        start_new_session=True,  # Ctrl-C of the terminal does not reach it, not even while it starts
    )


def _first_word(process: subprocess.Popen[bytes]) -> str:
    """The URL that the child reports; a child that says nothing in time is killed, which ends the waiting."""
    assert process.stdout  # asked for in _launch
    watch = threading.Timer(START_SECONDS, process.kill)
    watch.start()
    try:
        line = process.stdout.readline()
    finally:
        watch.cancel()
    if not line:
        raise ConfigError(f"demo: the site did not start (exit code {process.wait()})")
    said = json.loads(line)
    if "error" in said:
        raise ConfigError(said["error"])
    return str(said["url"])
