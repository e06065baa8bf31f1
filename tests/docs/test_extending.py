"""The strategy of docs/extending.md, put into a copy of the repository as it says there, passes what all others do."""

import re
import shutil
import subprocess
import sys

import pytest

from crawler.crawl.parse_stage import PARSE_STAGES
from tests.support.markdown import ROOT, apply, blocks, copy_crawler

MAX_LINES = 60
NAME = "thread-each"


@pytest.fixture
def copy(tmp_path):
    """The package, its tests of all strategies, and in it the two blocks of the document."""
    file, line = list(blocks(ROOT / "docs" / "extending.md"))[:2]
    assert len(file.text.splitlines()) < MAX_LINES
    assert len(re.findall(r"^\+ ", line.text, flags=re.M)) == 1
    copy_crawler(tmp_path)
    (tmp_path / "crawler" / "strategies" / file.file).write_text(file.text)
    apply(line.text, tmp_path)
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("configs", "tests/support"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for name in ("tests/test_conformance.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_a_new_strategy_is_one_file_and_one_line_and_conformance_picks_it_up(copy):
    command = [sys.executable, "-m", "pytest", "-n", "0", "-vv", "tests/test_conformance.py"]
    chosen = ["-k", f"{NAME} and (whatever_runs_it or stays_behind)"]  # the delay is kept by the loop
    done = subprocess.run([*command, *chosen], cwd=copy, capture_output=True, text=True, timeout=500, check=False)
    passed = set(re.findall(r"::(\w+\[\S+\]) PASSED", done.stdout))
    assert done.returncode == 0, done.stdout
    assert passed == {
        *(f"test_the_same_whatever_runs_it[{NAME}-{place}]" for place in PARSE_STAGES),
        f"test_no_thread_and_no_child_stays_behind[{NAME}]",
    }
