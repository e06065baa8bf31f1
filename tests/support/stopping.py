"""A run of a demo shop to which something happens while it is at work, and how it ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from tests.support.family import Family, family
from tests.support.jobs import crawl, write_job

PATIENCE = 120.0  # seconds for what must come: a busy machine is no mistake


@dataclass(frozen=True)
class Shop:
    """A running demo site.

    Attributes:
        log: its access log.
        expected: folder of the outputs that a whole crawl of it gives.
    """

    url: str
    log: Path
    expected: Path


@contextmanager
def open_shop(folder: Path, **options: Any) -> Iterator[Shop]:
    """A shop that was crawled once."""
    log = folder / "log.jsonl"
    with DemoServer(DemoOptions(port=0, log=str(log), **options)) as server:
        job = write_job(folder / "reference", server.url)
        assert crawl("run", job, "--quiet").returncode == 0
        yield Shop(server.url, log, job.parent / "out")


@dataclass(frozen=True)
class End:
    """What came of a run.

    Attributes:
        code: exit code.
        seconds: from the deed to the end of the main process.
        report: what it printed, with `--json`.
        err: what it said beside that.
        inside: threads, children and zombies that it had in the end.
        left: its processes, semaphores and temporary files that were there a while after.
    """

    code: int
    seconds: float
    report: dict[str, Any]
    err: bytes
    inside: list[str]
    left: list[str]

    @property
    def clean(self) -> bool:
        """Whether nothing stayed behind, and nothing went wrong aloud."""
        return not (self.inside or self.left or b"Traceback" in self.err or b"resource_tracker" in self.err)


def ended(job: Path, deed: Callable[[Family], None] = lambda run: None) -> End:
    """Run a job, do something to it, and wait for its end."""
    with family("run", job, "--json", module="tests.support.insider") as run:
        deed(run)
        began = time.monotonic()
        out, err = run.process.communicate(timeout=PATIENCE)
        seconds = time.monotonic() - began
        files = run.files()  # no helper removes them later: it must have done so itself
        *said, inside = err.splitlines()
        left = [*files, *run.left()]
        return End(run.process.returncode, seconds, json.loads(out), b"\n".join(said), json.loads(inside), left)


def stopped(job: Path, log: Path, number: int, requests: int = 20) -> End:
    """Run a job and send it a signal after so many requests to the site that keeps `log`."""

    def deed(run: Family) -> None:
        when_requests(log, requests, run.process)
        run.note_semaphores()
        run.process.send_signal(number)

    return ended(job, deed)


def interrupted_at_the_start(job: Path) -> End:
    """Run a job and press Ctrl-C as soon as it has begun to start its workers."""

    def deed(run: Family) -> None:
        while not run.starting():
            assert run.process.poll() is None, run.process.communicate()
        run.send_to_all(signal.SIGINT)

    return ended(job, deed)


def stopped_as_a_service(job: Path, log: Path) -> End:
    """Run a job, and end it as a service manager does, which sends SIGTERM to every process."""

    def deed(run: Family) -> None:
        when_requests(log, 20, run.process)
        run.note_semaphores()
        run.send_to_all(signal.SIGTERM)

    return ended(job, deed)


def robbed(job: Path, log: Path) -> End:
    """Run a job and kill two of its workers, one after the other."""

    def deed(run: Family) -> None:
        killed = 0
        for _ in range(2):
            when_requests(log, 5, run.process)
            killed += run.kill_a_worker()
        run.note_semaphores()
        assert killed, "no worker was found"

    return ended(job, deed)


def when_requests(log: Path, more: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the site has had so many more requests."""
    until = time.monotonic() + PATIENCE
    with log.open("rb") as lines:
        lines.seek(0, os.SEEK_END)
        while more > 0:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until, f"{more} requests are missing after {PATIENCE} s"
            time.sleep(0.01)  # a poll, not a guess
            more -= lines.read().count(b"\n")
