import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.errors import OutputError
from crawler.export import FORMATS, check_target, export
from tests.support.result import one_table

ROOT = os.geteuid() == 0


def tree(folder):
    return sorted(str(path) for path in folder.rglob("*"))


def complaint(path, folder):
    before = tree(folder)
    said = check_target(path)
    assert tree(folder) == before, "a check leaves nothing behind"
    assert said is None or "\n" not in said
    return said


@pytest.mark.parametrize("name", ["o.xlsx", "o.CSV", "o.jsonl", "new/deep/o.xlsx", "x" * 250 + ".xlsx"])
def test_good_targets(tmp_path, name):
    assert complaint(tmp_path / name, tmp_path) is None


def test_an_existing_file_and_a_link_to_one_are_good_and_stay_untouched(tmp_path):
    path, link = tmp_path / "o.xlsx", tmp_path / "l.xlsx"
    path.write_bytes(b"old")
    link.symlink_to(path)
    stamp = path.stat().st_mtime_ns
    assert complaint(path, tmp_path) is None
    assert complaint(link, tmp_path) is None
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (b"old", stamp)


@pytest.mark.parametrize(
    ("name", "said"),
    [("o.txt", "unknown format"), ("o", "unknown format"), ("x" * 260 + ".xlsx", "name too long"), ("a\0.xlsx", "NUL"),
     ("CON.xlsx", "reserved"), ("lpt1.a.csv", "reserved"), ("file/o.xlsx", "not a directory"),
     ("new/" + "x" * 260 + "/o.xlsx", "name too long"), ("folder.xlsx", "is a directory"),
     ("pipe.xlsx", "a pipe"), ("dangling.xlsx", "symbolic link"), ("readonly.xlsx", "read-only"),
     ("loop.xlsx", "symbolic link")],
)  # fmt: skip
def test_fault_146_bad_targets_are_found_before_fetching(tmp_path, name, said):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder.xlsx").mkdir()
    (tmp_path / "dangling.xlsx").symlink_to(tmp_path / "nothing")
    (tmp_path / "loop.xlsx").symlink_to(tmp_path / "loop.xlsx")
    (tmp_path / "readonly.xlsx").write_bytes(b"")
    (tmp_path / "readonly.xlsx").chmod(0o444)
    os.mkfifo(tmp_path / "pipe.xlsx")
    assert said.lower() in (complaint(tmp_path / name, tmp_path) or "").lower()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_fault_146_a_device(tmp_path):
    link = tmp_path / "o.xlsx"
    link.symlink_to("/dev/full")
    assert "device" in (complaint(link, tmp_path) or "")


@pytest.mark.skipif(ROOT, reason="root may write everywhere")
def test_fault_146_a_directory_without_the_right_to_write(tmp_path):
    tmp_path.chmod(0o555)
    try:
        assert "not writable" in (complaint(tmp_path / "o.xlsx", tmp_path) or "")
    finally:
        tmp_path.chmod(0o755)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no /proc on this system")
def test_fault_146_a_directory_where_even_root_cannot_write():
    assert check_target(Path("/proc/self/o.xlsx")) is not None


def test_fault_146_a_disk_that_takes_no_file(tmp_path, monkeypatch):
    def read_only(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("crawler.export.atomic.open", read_only, raising=False)
    assert "Read-only file system" in (complaint(tmp_path / "o.xlsx", tmp_path) or "")


def test_unknown_formats_are_refused_by_export_too(tmp_path):
    with pytest.raises(OutputError, match=re.escape(f"unknown format '.xls'; use one of {', '.join(sorted(FORMATS))}")):
        export(one_table(1), tmp_path / "o.xls", now=datetime.now(UTC))
