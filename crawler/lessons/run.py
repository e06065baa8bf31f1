"""Run the experiments of the course notes on Python concurrency with this crawler, against the demo site.

All experiments are run once, then once more, and so on: so a disturbance does not hit all runs of one of them. What
does not fit the time any more is left out, never the first run.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from crawler import __version__, clock
from crawler.compare.hooks import burn_steps
from crawler.compare.launch import launch, why_it_ended
from crawler.compare.pythons import free_threaded
from crawler.compare.records import read_evidence
from crawler.compare.task import RESULT, RunSource, Task
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.lessons.experiments import experiments
from crawler.lessons.lessons import Lessons
from crawler.lessons.model import Experiment, Lesson, Timed, Variant
from crawler.lessons.program import Program, ProgramLesson
from crawler.lessons.program_lessons import programs
from crawler.process import cores, interpreter_lock, module_command
from crawler.strategies.registry import missing

__all__ = [
    "NoResult",
    "config_of",
    "run_lessons",
    "run_program",
    "setting",
    "steps_a_second",
    "the_lessons",
]


CALIBRATION = 1_000_000


def setting() -> dict[str, str]:
    """What a reader must know to judge the figures, as label and value."""
    return {
        "crawler": __version__,
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "interpreter lock": _lock(),
        "system": f"{platform.system()} {platform.machine()}, {cores()} cores",
    }


def _lock() -> str:
    if interpreter_lock() == "off":
        return "off"
    if name := free_threaded():
        return f"on; without it: `{name} -m crawler lessons`, once crawler is installed there"
    return "on; no free-threaded Python (python3.14t) is at hand, so nothing was measured without it"


def steps_a_second() -> float:
    """Turns of the loop of `burn` in a second of CPU, the best of three."""
    return CALIBRATION / min(_calibrate() for _ in range(3))


def _calibrate() -> float:
    began = time.thread_time()
    burn_steps(CALIBRATION)
    return time.thread_time() - began


Tell = Callable[[str], None]

SECONDS = 330.0
"""No further run is begun that would end later than this; all of it is to stay under six minutes."""

BOOKS_A_PAGE = 20  # of a listing of the demo site
RUN_SECONDS = 120.0
PROGRAM_SECONDS = 60.0


def the_lessons() -> list[Experiment | Program]:
    """The experiments, scaled for this machine, and the small programs."""
    steps = max(int(round(steps_a_second(), -5)), 100_000)
    has_asyncio = not missing("asyncio")
    crawls = experiments(cores=cores(), steps=steps, has_asyncio=has_asyncio, lock=interpreter_lock())
    return [*crawls, *programs()]


def run_lessons(chosen: Sequence[Experiment | Program], tell: Tell, seconds: float = SECONDS) -> Lessons:
    """Run the experiments; `tell` is given a line before each run.

    Raises:
        ConfigError: the demo site could not be started.
    """
    with tempfile.TemporaryDirectory(prefix="crawler-lessons-") as folder, ExitStack() as sites:
        return _Running(chosen, tell, seconds, Path(folder), sites).all()


class _Running:
    def __init__(
        self, chosen: Sequence[Experiment | Program], tell: Tell, seconds: float, folder: Path, sites: ExitStack
    ) -> None:
        self._tell, self._folder, self._sites = tell, folder, sites
        self._began = time.monotonic()
        self._seconds = seconds
        lessons = [ProgramLesson(one) if isinstance(one, Program) else Lesson(one) for one in chosen]
        self._found = Lessons(clock.now().isoformat(timespec="seconds"), setting(), lessons)
        self._servers: dict[DemoOptions, DemoServer] = {}
        self._digests: dict[str, str] = {}
        self._left_out = 0

    def all(self) -> Lessons:
        for turn in range(max((one.experiment.repeat for one in self._found.lessons), default=0)):
            for lesson in self._found.lessons:
                if turn >= lesson.experiment.repeat:
                    continue
                if isinstance(lesson, ProgramLesson):
                    self._program(lesson, turn)
                else:
                    self._turn(lesson, turn)
        self._found.seconds = time.monotonic() - self._began
        if self._left_out:
            self._found.notes.append(
                f"{self._left_out} rounds of runs were left out, because they would have ended after "
                f"{clock.duration(self._seconds)}; the column `runs` tells how many there were."
            )
        return self._found

    def _turn(self, lesson: Lesson, turn: int) -> None:
        """All variants of an experiment once, if there is time for it."""
        before = sum(runs[-1].whole for runs in lesson.runs.values())
        if turn and time.monotonic() - self._began + before > self._seconds:
            self._left_out += 1
            return
        for variant in lesson.experiment.variants:
            if variant.name not in lesson.faults:
                self._tell(f"lesson {lesson.experiment.number}, run {turn + 1}: {variant.name}")
                self._once(lesson, variant)

    def _program(self, lesson: ProgramLesson, turn: int) -> None:
        """All cases of a program once, if there is time for it."""
        if turn and time.monotonic() - self._began > self._seconds:
            self._left_out += 1
            return
        for case in lesson.experiment.cases:
            if case in lesson.faults or lesson.skipped:
                continue
            self._tell(f"lesson {lesson.experiment.number}, run {turn + 1}: {case}")
            try:
                printed = run_program(lesson.experiment.module, case)
            except NoResult as error:
                lesson.faults[case] = str(error)
                continue
            if "skipped" in printed:
                lesson.skipped = printed["skipped"]
            else:
                lesson.runs.setdefault(case, []).append(printed)

    def _once(self, lesson: Lesson, variant: Variant) -> None:
        folder = self._folder / "run"
        folder.mkdir()
        try:
            timed = self._timed(lesson.experiment, variant, folder)
        except NoResult as error:
            lesson.faults[variant.name] = str(error)
        else:
            lesson.runs.setdefault(variant.name, []).append(timed)
        finally:
            shutil.rmtree(folder)

    def _timed(self, experiment: Experiment, variant: Variant, folder: Path) -> Timed:
        source = RunSource(str(self._config(experiment)))
        site = self._site(experiment)
        task = Task(source, variant.combination, site.url, str(folder))
        measured = launch("crawler.compare.run_child", task, RUN_SECONDS, [site.pid] if site.pid else [])
        others = measured.noise.others if measured.noise else None
        try:
            report = json.loads((folder / RESULT).read_text(encoding="utf-8"))["report"]
        except (OSError, ValueError):
            raise NoResult(why_it_ended(measured, folder, RUN_SECONDS)) from None
        latency = self._check(experiment, task, report["pages"]["done"])
        crawl, close = report["timing"]["crawl"], report["timing"]["close"]
        start_up = max(0.0, measured.wall - crawl - close)
        return Timed(measured.wall, start_up, crawl, close, measured.cpu, others, latency)

    def _check(self, experiment: Experiment, task: Task, done: int) -> float:
        """A variant that finds other records than the first one of its experiment does another work.

        Returns the median latency of its pages.
        """
        if done != experiment.pages:
            raise NoResult(f"{done} of {experiment.pages} pages were read")
        found = read_evidence(task.job(), Path(task.folder), task.base)
        if self._digests.setdefault(experiment.number, found.digest) != found.digest:
            raise NoResult("its records differ from those of the others")
        return found.latency[len(found.latency) // 2]

    def _config(self, experiment: Experiment) -> Path:
        path = self._folder / f"lesson-{experiment.number}.yaml"
        if not path.exists():
            path.write_text(config_of(experiment), encoding="utf-8")
        return path

    def _site(self, experiment: Experiment) -> DemoServer:
        """The demo site as the experiment wants it; one that nobody asks costs nothing while others are measured."""
        options = _site_of(experiment)
        if options not in self._servers:
            self._servers[options] = self._sites.enter_context(DemoServer(options))
        return self._servers[options]


class NoResult(Exception):
    """A run that cannot be counted; the text says why."""


def run_program(module: str, case: str, seconds: float = PROGRAM_SECONDS) -> dict[str, Any]:
    """Run a case of a program of `crawler.lessons.programs` in a fresh process; what it printed.

    Raises:
        NoResult: it failed, or took longer than `seconds` and was killed with all that it started.
    """
    process = subprocess.Popen(  # noqa: S603  # our own module, no shell
        [*module_command(f"crawler.lessons.programs.{module}"), case],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C of the terminal is for us; and so the whole tree can be killed
    )
    try:
        printed, complaint = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        _kill_all(process)
        raise NoResult(f"it took longer than {clock.duration(seconds)} and was stopped") from None
    except BaseException:
        _kill_all(process)
        raise
    if process.returncode:
        last = complaint.decode(errors="replace").strip().splitlines()[-1:]
        raise NoResult(f"exit code {process.returncode}: {''.join(last)}")
    found: dict[str, Any] = json.loads(printed)
    return found


def _kill_all(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        with suppress(OSError):  # all of them have ended
            os.killpg(process.pid, signal.SIGKILL)
    else:  # Windows
        process.kill()
    process.communicate()


def config_of(experiment: Experiment) -> str:
    """The config of an experiment; JSON, which is YAML as well."""
    site = _site_of(experiment)
    demo = {"books": site.books, "latency": site.latency, "page_weight": site.page_weight, "capacity": site.capacity}
    config = {
        "name": f"lesson-{experiment.number}",
        "demo": {key: value for key, value in demo.items() if value},
        "start": f"/catalogue/page-{{1..{experiment.pages}}}.html{experiment.query}",
        "pages": {"page": dict(experiment.page)},
        "fetch": {"engine": experiment.engine},
        "polite": {"robots": False, "delay": 0, "per_host": 64},
        "output": "lesson.jsonl",
    }
    return json.dumps(config, indent=2)


def _site_of(experiment: Experiment) -> DemoOptions:
    return DemoOptions(
        books=BOOKS_A_PAGE * experiment.pages,
        latency=experiment.latency,
        page_weight=experiment.weight,
        capacity=experiment.capacity,
        port=0,
    )
