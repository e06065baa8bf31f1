"""All that belongs to one run: its processes, its temporary files, its semaphores; and what of it stays behind.

A run is given a folder of its own for temporary files. Whatever process has that folder in its environment is of the
run, even an orphan, or a child of the fork server.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.support.jobs import start

PATIENCE = 5.0  # seconds that the fork server and the resource tracker get to see that the main process is gone


class Family:
    """One run of a command.

    Attributes:
        process: the main process.
    """

    def __init__(self, folder: Path, *arguments: str | Path, module: str) -> None:
        self._folder = folder
        self._semaphores: set[Path] = set()
        self._since = time.time() - 30  # no process older than that is looked at: it takes long where there are many
        self.process: subprocess.Popen[bytes] = start(*arguments, env={"TMPDIR": str(folder)}, module=module)

    def processes(self) -> list[psutil.Process]:
        """Those that are alive."""
        return [each for each in psutil.process_iter() if self._is_ours(each)]

    def workers(self) -> list[psutil.Process]:
        """Processes that pages go to."""
        with suppress(psutil.Error):
            others = [each for each in self.processes() if each.pid != self.process.pid]
            return [each for each in others if each.ppid() != self.process.pid or "spawn_main" in _command(each)]
        return []  # one ended while it was looked at

    def starting(self) -> list[psutil.Process]:
        """Servers of workers, and workers that no server made: Pythons that the main process has started."""
        return [each for each in self.processes() if re.search("forkserver|spawn_main", _command(each))]

    def send_to_all(self, number: int) -> None:
        """Send a signal to every process, the main one first."""
        for process in sorted(self.processes(), key=lambda each: each.pid):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def kill_a_worker(self) -> bool:
        """`kill -9`; False where there was none, or it has just ended by itself."""
        for worker in self.workers()[:1]:
            with suppress(psutil.NoSuchProcess):
                worker.kill()
                return True
        return False

    def note_semaphores(self) -> None:
        """Remember the named semaphores that it has now, on Linux; `left` looks whether they are gone."""
        with suppress(OSError):
            maps = Path(f"/proc/{self.process.pid}/maps").read_text()
            self._semaphores |= {Path(name) for name in re.findall(r"/dev/shm/sem\.\S+", maps)}

    def files(self) -> list[str]:
        """What lies in its temporary folder."""
        return sorted(os.listdir(self._folder))

    def left(self) -> list[str]:
        """What is still there a while after its end, as text."""
        until = time.monotonic() + PATIENCE
        while (found := self._found()) and time.monotonic() < until:
            time.sleep(0.02)  # a poll, not a guess
        return found

    def _found(self) -> list[str]:
        semaphores = [str(path) for path in self._semaphores if path.exists()]
        return [*self.files(), *semaphores, *(_command(each) for each in self.processes())]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if process.create_time() < self._since:
                return False
            return process.environ().get("TMPDIR") == str(self._folder) and process.status() != psutil.STATUS_ZOMBIE
        except (psutil.Error, OSError):
            return False


@contextmanager
def family(*arguments: str | Path, module: str = "crawler") -> Iterator[Family]:
    """Start a command; what is left of it when the block ends is killed."""
    with tempfile.TemporaryDirectory(prefix="run-") as folder:  # short: a socket's path may have 107 bytes
        run = Family(Path(folder), *arguments, module=module)
        try:
            yield run
        finally:
            for process in run.processes():
                with suppress(psutil.Error):
                    process.kill()
            run.process.communicate()


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return "?"
