"""Exports that are killed, or run out of disk, in real processes."""

import os
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.errors import OutputError
from crawler.export import export
from tests.support.result import one_table
from tests.support.workbook import assert_whole

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 1, 2, tzinfo=UTC)

SAVING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from crawler.export import export
from tests.support.result import one_table
path, now, rows = Path(sys.argv[1]), datetime(2026, 1, 2, tzinfo=UTC), int(sys.argv[2])
export(one_table("warm"), path.with_name("warm.xlsx"), now=now)
print("saving", flush=True)
while True:
    for version in ("old", "new"):
        export(one_table(*([version] * rows)), path, now=now)
"""

FULL = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from crawler.errors import OutputError
from crawler.export import export
from tests.support.result import one_table
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    export(one_table(*map(str, range(9000))), Path(sys.argv[1]), now=datetime(2026, 1, 2, tzinfo=UTC))
except OutputError as error:
    raise SystemExit(error.exit_code)
"""


def kills(tmp_path, times, rows=400):
    path = tmp_path / "o.xlsx"
    versions = set()
    for version in ("old", "new"):
        export(one_table(*([version] * rows)), path, now=NOW)
        versions.add(path.read_bytes())
    chance = random.Random(148)
    for _ in range(times):
        child = subprocess.Popen([sys.executable, "-c", SAVING, path, str(rows)], cwd=ROOT, stdout=subprocess.PIPE)
        with child:
            assert child.stdout is not None
            child.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                child.wait(chance.uniform(0, 0.08))  # the random moment is the test
            child.kill()
        assert path.read_bytes() in versions
        assert len(list(tmp_path.glob(".o.xlsx.tmp-*"))) <= 1
    assert_whole(path)
    export(one_table("last"), path, now=NOW)
    assert list(tmp_path.glob(".*")) == []


def test_fault_148_killed_while_saving_the_workbook_is_old_or_new(tmp_path):
    kills(tmp_path, 6)


@pytest.mark.long
def test_fault_148_killed_while_saving_50_times(tmp_path):
    kills(tmp_path, 50)


@pytest.mark.parametrize("limit", [0, 10, 1000, 8000, 20_000])
@pytest.mark.parametrize("suffix", ["xlsx", "csv", "jsonl"])
def test_fault_147_disk_full_leaves_the_old_file_and_says_only_so(tmp_path, limit, suffix):
    path = tmp_path / f"o.{suffix}"
    path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", FULL, path, str(limit)], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr, done.stdout) == (4, "", "")
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX only")
def test_fault_146_a_directory_that_vanished_is_an_output_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        export(one_table("x"), tmp_path / "file" / "o.xlsx", now=NOW)
