"""What docs/extending.md adds, put into a copy of the repository as it says there, passes what all others do."""

import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from crawler import plugins
from tests.support.markdown import ROOT, apply, blocks, copy_crawler

MAX_LINES = 60
NAME, STRATEGY = "thread-each", "thread_each.py"


PLACES = {"folder_client.py": "crawler/fetch/folder_client.py"}


@pytest.fixture(scope="module")
def tested(tmp_path_factory):
    """File, name, parameters and outcome of each test in a copy of the repository with all that the document adds."""
    copy = tmp_path_factory.mktemp("copy")
    copy_crawler(copy)
    temporary = shutil.ignore_patterns("*.pyc.*")  # of another test process, which writes its bytecode now
    for name in ("configs", "tests/support", "tests/conformance"):
        shutil.copytree(ROOT / name, copy / name, ignore=temporary)
    for name in ("tests/test_conformance.py", "pyproject.toml"):
        shutil.copy(ROOT / name, copy / name)
    for block in blocks(ROOT / "docs" / "extending.md"):
        if block.file in PLACES or "/" in block.file:
            (copy / PLACES.get(block.file, block.file)).write_text(block.text)
        elif block.file == STRATEGY:
            assert len(block.text.splitlines()) < MAX_LINES
            (copy / "crawler" / "strategies" / STRATEGY).write_text(block.text)
        elif "apply" in block.marks:
            lines = block.text.split("+++ b/")[-1]  # the registry is the last file of each patch
            assert len(re.findall(r"^\+ ", lines, flags=re.M)) == 1
            apply(block.text, copy)
    command = [sys.executable, "-m", "pytest", "-n", "0", "-vv", "tests/conformance", "tests/test_conformance.py"]
    chosen = ["-k", f"({NAME} and not delay) or folder or isbn or .md"]  # the delay is kept by the loop
    done = subprocess.run([*command, *chosen], cwd=copy, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout
    return re.findall(r"/test_(\w+)\.py::(\w+)\[(\S+?)\] (PASSED|SKIPPED)", done.stdout)


def test_a_new_strategy_is_one_file_and_one_line_and_conformance_picks_it_up(tested):
    passed = {(file, test, which) for file, test, which, outcome in tested if outcome == "PASSED"}
    same = {("conformance", "test_the_same_whatever_runs_it", f"{NAME}-{place}") for place in ("worker", "callback")}
    assert {one for one in passed if one[0] == "conformance"} == same
    assert ("strategies", NAME) in {(file, which) for file, _, which in passed}


def test_a_client_a_field_type_and_an_export_are_one_file_and_one_line_and_conformance_picks_them_up(tested):
    found = {(file, which) for file, _, which, _ in tested}
    assert {("clients", "folder"), ("field_types", "isbn"), ("field_types", "isbn-.md"), ("exports", ".md")} <= found


def test_the_groups_of_entry_points_are_those_that_are_read():
    (block,) = [block for block in blocks(ROOT / "docs" / "extending.md") if block.language == "toml"]
    groups = tomllib.loads(block.text)["project"]["entry-points"]
    assert set(groups) == {plugins.STRATEGIES, plugins.CLIENTS, plugins.FIELD_TYPES, plugins.EXPORTS}
