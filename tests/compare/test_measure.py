"""The whole tree is counted, and none of it stays behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crawler.compare.launch import launch, why_it_ended
from crawler.compare.measure import IS_WHOLE, Measured
from crawler.compare.task import Combination, RunSource, Task
from tests.support.stray import CPU, MEGABYTES

pytestmark = pytest.mark.skipif(not IS_WHOLE, reason="only Linux can tell")


def task(folder: Path) -> Task:
    return Task(RunSource("job.yaml"), Combination("threads", 1, "worker"), "", str(folder))


def is_there(pid: int) -> bool:
    try:
        return b") Z" not in Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False


def test_the_work_of_an_orphan_is_counted(tmp_path):
    found = launch("tests.support.stray", task(tmp_path), None)
    assert (found.code, found.left_behind) == (0, ())
    assert CPU <= found.cpu < CPU + 2
    assert MEGABYTES <= found.memory / 1e6 < MEGABYTES + 100
    assert not is_there(int((tmp_path / "pid").read_text()))


def test_one_that_hangs_is_stopped_with_its_orphans(tmp_path):
    found = launch("tests.support.stray_hangs", task(tmp_path), 1.0)
    assert found.code is None
    assert why_it_ended(found, tmp_path, 1.0) == "hung: it took longer than 1 s and was stopped"
    assert not is_there(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_when_the_owner_ends_the_tree_ends(tmp_path, number):
    code = (
        "from crawler.compare.launch import launch; "
        "from crawler.compare.task import Combination, RunSource, Task; "
        f"launch('tests.support.stray_hangs', Task(RunSource(''), Combination('', 1, ''), '', {str(tmp_path)!r}), None)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) as owner:
        wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
        pid = int((tmp_path / "pid").read_text())
        assert is_there(pid)
        owner.send_signal(number)
        assert b"BrokenPipeError" not in owner.communicate()[1]
    wait_for(lambda: not is_there(pid))


def wait_for(condition, seconds=20.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_the_reason_is_the_last_line_it_printed(tmp_path):
    (tmp_path / "log.txt").write_text("first\nno such file\n\n")
    found = launch("tests.support.no_such_module", task(tmp_path), None)
    assert found.code == 1
    assert "No module named" in why_it_ended(found, tmp_path, None)
    assert os.listdir(tmp_path) == ["log.txt"]


@pytest.mark.parametrize(
    ("code", "is_over", "why"),
    [
        (7, False, "exit code 7: the last words"),
        (0, False, "its process ended before its crawl did, with exit code 0: the last words"),
        (-11, False, "killed by signal 11: the last words"),
        (-11, True, "after its crawl: killed by signal 11: the last words"),
        (3, True, "after its crawl: exit code 3: the last words"),
        (None, True, "hung after its crawl: its process did not end within 1 s and was stopped"),
    ],
)
def test_a_process_that_ends_badly_is_told_from_a_crawl_that_does(tmp_path, code, is_over, why):
    (tmp_path / "log.txt").write_text("x" * 100_000 + "\nthe last words\n \n")
    if is_over:
        (tmp_path / "result.json").write_text("{}")
    assert why_it_ended(Measured(code, 1.0, None, None), tmp_path, 1.0) == why
