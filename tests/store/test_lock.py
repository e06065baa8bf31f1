import os
import signal
import subprocess
import sys

import pytest

from crawler.errors import LockedError
from crawler.store.lock import owned

HOLD = """
import sys, pathlib
from crawler.store.lock import owned
with owned(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    state = tmp_path / "a.sqlite"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield state, process
    process.kill()
    process.communicate()


def test_fault_194_a_second_owner_is_refused_and_told_of_the_first(holder):
    state, process = holder
    with pytest.raises(LockedError, match=rf"process {process.pid}, since \d{{4}}-"), owned(state):
        pass


def test_fault_195_the_kernel_frees_the_lock_of_a_killed_owner(holder):
    state, process = holder
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with owned(state):
        pass


def test_fault_195_a_stale_lock_file_is_no_lock(tmp_path):
    (tmp_path / "a.sqlite.lock").write_text('{"pid": 1, "started": 1}')
    with owned(tmp_path / "a.sqlite"):
        pass


def test_the_lock_is_free_after_use(tmp_path):
    for _ in range(2):
        with owned(tmp_path / "a.sqlite"):
            pass
