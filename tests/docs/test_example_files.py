"""The files in examples/ run as a user runs them, from the folder of the repository."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.support.markdown import ROOT

FOLDER = ROOT / "examples"
SAYS = {
    "cheapest_books.py": r"(?: *\d+\.\d\d \S{1,3}  \S.*\n){5}",
    "own_strategy.py": r"threads +\d+ rows in .+ s\nown_strategy:HalfAsMany +\d+ rows in .+ s\n",
    "stop_early.py": r"seen enough with \d+ rows; \d+ pages are left\n",
}
"""What each script prints."""


@pytest.fixture
def repository(tmp_path):
    """The parts of the repository that the examples use: their outputs stay out of the real one."""
    for name in ("examples", "configs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", SAYS)
def test_a_script_runs(name, repository):
    done = run(repository, f"examples/{name}")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(SAYS[name], done.stdout), done.stdout


def test_the_config_runs(repository):
    (repository / "output").mkdir()
    done = run(repository, "-m", "crawler", "run", "examples/python_hook.yaml", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert (repository / "output" / "hook.xlsx").is_file()


def test_every_example_is_tested_and_in_the_readme():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    names = {path.name for path in FOLDER.iterdir() if path.suffix in (".py", ".yaml")}
    assert names - {"python_hook.py", "python_hook.yaml"} == set(SAYS)
    assert all(name in readme for name in names)
