"""What docs/extending.md adds, put into a copy of the repository as it says there, passes what all others do."""

import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from crawler import plugins
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
    for name in ("configs", "tests/support", "tests/conformance"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for name in ("tests/test_conformance.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_a_new_strategy_is_one_file_and_one_line_and_conformance_picks_it_up(copy):
    command = [sys.executable, "-m", "pytest", "-n", "0", "-vv", "tests/test_conformance.py"]
    chosen = ["-k", f"{NAME} and whatever_runs_it"]  # the delay is kept by the loop
    done = subprocess.run([*command, *chosen], cwd=copy, capture_output=True, text=True, timeout=500, check=False)
    passed = set(re.findall(r"::(\w+\[\S+\]) PASSED", done.stdout))
    assert done.returncode == 0, done.stdout
    assert passed == {f"test_the_same_whatever_runs_it[{NAME}-{place}]" for place in PARSE_STAGES}


PLACES = {"folder_client.py": "crawler/fetch/folder_client.py"}


def test_a_client_a_field_type_and_an_export_are_one_file_and_one_line_and_conformance_picks_them_up(copy):
    found = list(blocks(ROOT / "docs" / "extending.md"))[2:]
    for block in found:
        if block.file in PLACES or "/" in block.file:
            (copy / PLACES.get(block.file, block.file)).write_text(block.text)
        elif "apply" in block.marks:
            lines = block.text.split("+++ b/")[-1]  # the registry is the last file of each patch
            assert len(re.findall(r"^\+ ", lines, flags=re.M)) == 1
            apply(block.text, copy)
    chosen = ["-k", f"{NAME} or folder or isbn or .md"]
    command = [sys.executable, "-m", "pytest", "-n", "0", "-vv", "tests/conformance", *chosen]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout
    tested = set(re.findall(r"/test_(\w+)\.py::\w+\[(\S+?)\] (?:PASSED|SKIPPED)", done.stdout))
    assert {("strategies", NAME), ("field_types", "isbn"), ("field_types", "isbn-.md"), ("exports", ".md")} <= tested
    assert ("clients", "folder") in tested


def test_the_groups_of_entry_points_are_those_that_are_read():
    (block,) = [block for block in blocks(ROOT / "docs" / "extending.md") if block.language == "toml"]
    groups = tomllib.loads(block.text)["project"]["entry-points"]
    assert set(groups) == {plugins.STRATEGIES, plugins.CLIENTS, plugins.FIELD_TYPES, plugins.EXPORTS}
