from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.errors import ConfigError
from tests.demo.raw import get

ROOT = Path(__file__).parents[2]


def gone(pid: int, seconds: float = 5) -> bool:
    """A process that has ended but was not yet collected by init counts as gone."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.01)
    return False


def test_it_runs_while_the_block_lasts() -> None:
    with DemoServer(DemoOptions(port=0)) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert server.pid
        pid = server.pid
        assert get(server, "/").status == 200
    assert not psutil.pid_exists(pid)
    assert server.url == ""
    server.stop()


def test_an_error_in_the_block_stops_it_too() -> None:
    pids = []

    def fail() -> None:
        with DemoServer(DemoOptions(port=0)) as server:
            pids.append(server.pid)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not psutil.pid_exists(pids[0])


def test_a_busy_port_is_replaced_by_one_of_the_next() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = min(taken.getsockname()[1], 65_500)
        with DemoServer(DemoOptions(port=port)) as server:
            assert port < int(server.url.rpartition(":")[2]) <= port + 20


def test_a_log_that_cannot_be_written_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"demo\.log: cannot be written"):
        DemoServer(DemoOptions(port=0, log=str(tmp_path / "no" / "log"))).start()


def test_a_relative_log_is_relative_to_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with DemoServer(DemoOptions(port=0, log="log.jsonl")) as server:
        get(server, "/")
    assert (tmp_path / "log.jsonl").read_text().count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_it_ignores_ctrl_c_and_has_a_session_of_its_own() -> None:
    with DemoServer(DemoOptions(port=0)) as server:
        assert server.pid
        os.kill(server.pid, signal.SIGINT)
        assert get(server, "/").status == 200
        assert os.getsid(server.pid) != os.getsid(0)


OWNER = """
import os, sys, time
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
server = DemoServer(DemoOptions(port=0))
server.start()
if sys.argv[1] == "fork" and os.fork() == 0:
    time.sleep(30)
    os._exit(0)
print(server.pid, flush=True)
time.sleep(30)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 and fork")
@pytest.mark.parametrize("how", ["alone", "fork"])
def test_it_ends_when_its_owner_is_killed(how: str) -> None:
    """With a fork of the owner that lives on and holds the pipe, too."""
    command = [sys.executable, "-c", OWNER, how]
    owner = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert owner.stdout
        pid = int(owner.stdout.readline())
        assert psutil.pid_exists(pid)
        owner.kill()
        owner.wait()
        assert gone(pid)
    finally:
        os.killpg(owner.pid, signal.SIGKILL) if how == "fork" else None
        owner.wait()
        owner.stdout.close() if owner.stdout else None


def test_a_suspended_child_is_ended_too() -> None:
    with DemoServer(DemoOptions(port=0)) as server:
        assert server.pid
        pid = server.pid
        os.kill(pid, signal.SIGSTOP)
        start = time.monotonic()
    assert not psutil.pid_exists(pid)
    assert time.monotonic() - start < 30


def test_the_child_loads_nothing_heavy() -> None:
    code = "import sys, crawler.demo.__main__; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {"click", "requests", "bs4", "lxml", "openpyxl", "ruamel", "sqlite3"}
    assert not heavy & set(done.stdout.split())


def test_by_hand_it_serves_until_ctrl_c() -> None:
    command = [sys.executable, "-m", "crawler.demo", '{"port": 0}']
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout
    assert "http://127.0.0.1:" in child.stdout.readline()
    child.send_signal(signal.SIGINT)
    _, error = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "Traceback" not in error
