"""A server as a child process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from crawler.errors import ConfigError

__all__ = ["ServerProcess", "child_main"]


START_SECONDS = 20.0
STOP_SECONDS = 2.0


class ServerProcess:
    """Runs a server in a process of its own while the `with` block lasts.

    The child ignores Ctrl-C, and ends by itself when this process dies in any way.

    Args:
        module: package whose `__main__` calls `child_main`.
        options: for the child, plain enough for JSON.
        stats: path, and host where it is not its own, at which it says what it has counted.

    Raises:
        ConfigError: on entering, the server could not be started.
    """

    def __init__(self, module: str, options: Mapping[str, Any], stats: tuple[str, str | None]) -> None:
        self._module, self._options, self._stats = module, options, stats
        self._process: subprocess.Popen[bytes] | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """Where the server is, as `http://127.0.0.1:8765`; "" while it does not run."""
        return self._url

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while it does not run."""
        return self._process.pid if self._process else None

    def stats(self, *, anew: bool = False) -> dict[str, Any]:
        """What it has counted: `requests`, `statuses`, `most_waiting` and what else it knows.

        Args:
            anew: from here on it counts from 0 again.

        Raises:
            OSError: it does not answer.
        """
        from http.client import HTTPConnection  # most runs do not ask

        path, host = self._stats
        connection = HTTPConnection(self._url.removeprefix("http://"), timeout=10)
        try:
            connection.request("POST" if anew else "GET", path, headers={"Host": host} if host else {})
            found: dict[str, Any] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return found

    def start(self) -> None:
        """Start the child and wait until it takes requests."""
        try:
            self._process = _launch(self._module, self._options)
            self._url = _first_word(self._process, self._module)
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

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def child_main(arguments: list[str], serve: Callable[..., None]) -> int:
    """What the child does: `python -m MODULE [OPTIONS AS JSON [PROCESS ID OF THE OWNER]]`.

    The first line on standard output is JSON: the URL, or why there is none.

    Args:
        serve: takes the options as keywords, `ready` and `parent` (see `crawler.serving.server.serve`).
    """
    try:
        parent = int(arguments[1]) if len(arguments) > 1 else None
        if parent is not None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the owner decides when it ends
        options = json.loads(arguments[0]) if arguments else {}
        serve(**options, ready=lambda url: _say(url=url), parent=parent)
    except ConfigError as error:
        _say(error=str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


def _say(**what: str) -> None:
    print(json.dumps(what), flush=True)


def _launch(module: str, options: Mapping[str, Any]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", module, json.dumps(options), str(os.getpid())]
    return subprocess.Popen(  # noqa: S603  # our own module, no shell
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],  # where `crawler` is importable from, wherever we were started
        start_new_session=True,  # Ctrl-C of the terminal does not reach it, not even while it starts
    )


def _first_word(process: subprocess.Popen[bytes], module: str) -> str:
    """The URL that the child reports; a child that says nothing in time is killed, which ends the waiting."""
    assert process.stdout  # asked for in _launch
    watch = threading.Timer(START_SECONDS, process.kill)
    watch.start()
    try:
        line = process.stdout.readline()
    finally:
        watch.cancel()
    if not line:
        raise ConfigError(f"{module}: the server did not start (exit code {process.wait()})")
    said = json.loads(line)
    if "error" in said:
        raise ConfigError(said["error"])
    return str(said["url"])
