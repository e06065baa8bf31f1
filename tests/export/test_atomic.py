import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.errors import OutputError
from crawler.export import atomic

STALE = ".o.xlsx.tmp-0123abcd"


def replace(path, data=b"new"):
    with atomic.replacing(path) as file:
        file.write(data)


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_the_file_appears_only_when_it_is_whole(tmp_path):
    path = tmp_path / "o.xlsx"
    path.write_bytes(b"old")
    with atomic.replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
        assert len(names(tmp_path)) == 2
    assert (path.read_bytes(), names(tmp_path)) == (b"new", ["o.xlsx"])


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_after_an_error_the_old_file_stands_alone(tmp_path, error):
    path = tmp_path / "o.xlsx"
    path.write_bytes(b"old")
    with pytest.raises(error), atomic.replacing(path) as file:  # noqa: PT012  # the block is the subject
        file.write(b"half")
        raise error
    assert (path.read_bytes(), names(tmp_path)) == (b"old", ["o.xlsx"])


def test_an_oserror_becomes_an_output_error_with_path_and_reason(tmp_path):
    said = r"o\.xlsx: cannot be written: No space left.*free some space"
    with pytest.raises(OutputError, match=said), atomic.replacing(tmp_path / "o.xlsx"):
        raise OSError(28, "No space left on device")
    assert names(tmp_path) == []


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_fault_147_a_failing_system_call_leaves_the_old_file(tmp_path, monkeypatch, call):
    path = tmp_path / "o.xlsx"
    path.write_bytes(b"old")

    def fail(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OutputError, match="Input/output error"):
        replace(path)
    assert (path.read_bytes(), names(tmp_path)) == (b"old", ["o.xlsx"])


def test_file_and_directory_are_flushed_in_this_order(tmp_path, monkeypatch):
    calls = []
    fsync, rename = os.fsync, os.replace

    def seen_fsync(descriptor):
        calls.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def seen_replace(*paths):
        calls.append("replace")
        rename(*paths)

    monkeypatch.setattr(os, "fsync", seen_fsync)
    monkeypatch.setattr(os, "replace", seen_replace)
    replace(tmp_path / "o.xlsx")
    assert calls == ["file", "replace", "directory"]


def test_the_mode_of_the_old_file_is_kept_and_a_new_one_follows_umask(tmp_path):
    path = tmp_path / "o.xlsx"
    old = os.umask(0o027)
    try:
        replace(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o604)
        replace(path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_a_symbolic_link_stays_one(tmp_path):
    real, link = tmp_path / "real.xlsx", tmp_path / "o.xlsx"
    real.write_bytes(b"old")
    link.symlink_to(real)
    replace(link)
    assert (link.is_symlink(), real.read_bytes()) == (True, b"new")


def test_missing_directories_are_made(tmp_path):
    replace(tmp_path / "a" / "b" / "o.xlsx")
    assert (tmp_path / "a" / "b" / "o.xlsx").read_bytes() == b"new"


def test_fault_148_stale_files_of_this_target_are_removed_and_no_others(tmp_path):
    others = [".o.xlsx.tmp-0123abc", ".o.xlsx.tmp-0123ABCD", ".o.xlsx.tmp-0123abcd.bak", ".p.xlsx.tmp-0123abcd",
              "o.xlsx.tmp-0123abcd", ".oxxlsx.tmp-0123abcd"]  # fmt: skip
    for name in [STALE, *others]:
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / ".o.xlsx.tmp-00000000").mkdir()
    (tmp_path / ".o.xlsx.tmp-11111111").symlink_to(tmp_path / "elsewhere")
    replace(tmp_path / "o.xlsx")
    assert names(tmp_path) == sorted([*others, ".o.xlsx.tmp-00000000", ".o.xlsx.tmp-11111111", "o.xlsx"])


def test_fault_150_the_temporary_file_of_a_live_export_is_left_alone(tmp_path):
    path = tmp_path / "o.xlsx"
    with atomic.replacing(path) as first:
        first.write(b"first")
        replace(path, b"second")
        assert path.read_bytes() == b"second"
    assert path.read_bytes() == b"first"


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127, "x" * 250 + ".csv"])
def test_long_names_that_the_system_allows_work(tmp_path, name):
    replace(tmp_path / name)
    assert names(tmp_path) == [name]


KILLED = """
import os, signal, sys
from pathlib import Path
from crawler.export import atomic
with atomic.replacing(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_fault_148_a_killed_export_is_cleaned_up_by_the_next(tmp_path):
    path = tmp_path / "o.xlsx"
    path.write_bytes(b"old")
    subprocess.run([sys.executable, "-c", KILLED, path], cwd=Path(__file__).parents[2])
    assert (path.read_bytes(), len(names(tmp_path))) == (b"old", 2)
    replace(path)
    assert (path.read_bytes(), names(tmp_path)) == (b"new", ["o.xlsx"])
