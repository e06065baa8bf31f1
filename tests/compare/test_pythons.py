"""crawler compare --pythons: interpreters are asked first, run what is measured, and are named in every figure."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from crawler import process
from crawler.cli.commands import cli
from crawler.compare import pythons
from crawler.compare.outcome import Entrant
from crawler.compare.pythons import Interpreter, find_interpreters, lock_notes
from crawler.compare.task import Combination, RunSource, Task, combinations, find
from crawler.errors import ConfigError
from tests.compare.test_outcome import RUN
from tests.support.jobs import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="interpreters here are shell scripts")
TWO = [("/a/python3.11", "py3.11"), ("/b/python3.14", "py3.14")]


@pytest.fixture
def python(tmp_path: Path) -> Any:
    """Writes an interpreter: this one, behind a line of a shell script that may stop it or change what it says."""

    def write(name: str, line: str = "") -> str:
        path = tmp_path / name
        path.write_text(f'#!/bin/sh\n{line}\nexec {shlex.quote(sys.executable)} "$@"\n')
        path.chmod(0o755)
        return str(path)

    return write


def test_an_interpreter_is_named_by_its_version(python: Any) -> None:
    path = python("other")
    (found,) = find_interpreters([path], ["threads"])
    assert found.path == path
    assert found.label == f"py{sys.version_info.major}.{sys.version_info.minor}" + found.label.partition("t")[1]
    assert found.about.endswith(f"interpreter lock {process.interpreter_lock()}")


@pytest.mark.parametrize("name", ["nowhere/python3", "/", "./pyproject.toml"])
def test_a_path_that_is_no_program_is_not_said_to_be_missing_on_the_path(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is no program that can be run; give the path of a Python"):
        find_interpreters([name], ["threads"])


def test_one_that_is_not_there_is_named_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match=r"there is no python3\.999 on the PATH; install it, or give the path"):
        find_interpreters(["python3.999"], [])


def test_one_without_crawler_is_told_the_command_that_installs_it(python: Any) -> None:
    path = python("bare", "echo \"ModuleNotFoundError: No module named 'crawler'\" >&2; exit 1")
    with pytest.raises(
        ConfigError, match=r"does not run under \S*bare \(ModuleNotFoundError: .*pip install -e "
    ) as error:
        find_interpreters([path], [])
    assert shutil.which(str(error.value).split("install it there: ")[1].split()[0])


def test_what_is_no_interpreter_is_refused() -> None:
    with pytest.raises(ConfigError, match="echo does not run as a Python interpreter: it prints something else"):
        find_interpreters(["echo"], [])


def test_one_with_another_crawler_is_refused(python: Any) -> None:
    said = {"name": "CPython", "version": "3.14.0", "suffix": "", "lock": "on", "crawler": "0.0.1", "missing": {}}
    path = python("old", f"echo {shlex.quote(json.dumps(said))}; exit 0")
    with pytest.raises(ConfigError, match=r"has crawler 0\.0\.1, and this is"):
        find_interpreters([path], [])


def test_one_that_lacks_what_a_strategy_needs_is_refused(python: Any) -> None:
    said = {"name": "CPython", "version": "3.14.0", "suffix": "", "lock": "on", "crawler": pythons.__version__}
    path = python("poor", f"echo {shlex.quote(json.dumps({**said, 'missing': {'curl': 'install pycurl'}}))}; exit 0")
    with pytest.raises(ConfigError, match=r"curl does not run under .*poor: install pycurl"):
        find_interpreters([path], ["curl"])


def test_the_same_version_twice_is_refused(python: Any) -> None:
    with pytest.raises(ConfigError, match="the same version of Python twice"):
        find_interpreters([python("one"), python("two")], [])


def test_each_combination_is_there_for_each_interpreter() -> None:
    among = combinations(["threads", "serial"], [4], ["worker"], TWO)
    assert [one.name for one in among] == [
        "threads/4/worker/py3.11",
        "threads/4/worker/py3.14",
        "serial/1/worker/py3.11",
        "serial/1/worker/py3.14",
    ]
    assert find("serial/1/worker", among) == among[2]
    assert find("threads/4/worker/py3.14", among) == among[1]
    assert Combination("threads", 4, "worker").name == "threads/4/worker"


def test_a_measured_process_is_told_its_interpreter() -> None:
    task = Task(RunSource("a.yaml"), Combination("threads", 4, "worker", *TWO[1]), "", "/tmp/x")
    assert Task.of(json.loads(json.dumps(task.plain()))) == task


def test_the_lock_is_said_to_be_on_only_where_all_had_it(monkeypatch: pytest.MonkeyPatch) -> None:
    on, off = (Interpreter("p", "py3.14", f"CPython 3.14.0, interpreter lock {lock}") for lock in ("on", "off"))
    monkeypatch.setattr(pythons, "interpreter_lock", lambda: "on")
    monkeypatch.setattr(pythons, "free_threaded", lambda: "")
    assert lock_notes([on], [])[0].endswith("no free-threaded Python (python3.14t) is at hand.")
    monkeypatch.setattr(pythons, "free_threaded", lambda: "python3.14t")
    assert lock_notes([on], [])[0].endswith("python3.14t is at hand; compare it too (pythons).")
    assert lock_notes([on, off], []) == lock_notes([], []) == []


def test_who_ran_with_the_lock_in_a_python_that_starts_without_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    free = Interpreter("/t", "py3.14t", "CPython 3.14.0, interpreter lock off")
    usual = Interpreter("/p", "py3.14", "CPython 3.14.0, interpreter lock on")
    ran = [ran_with("on", "threads", free), ran_with("off", "curl", free), ran_with("on", "threads", usual)]
    (note,) = lock_notes([usual, free], ran)
    assert note.startswith(
        "With the interpreter lock, although that Python starts without it: threads/2/callback/py3.14t;"
    )
    monkeypatch.setattr(pythons, "interpreter_lock", lambda: "off")
    assert lock_notes([], [ran_with("off", "threads", None)]) == []
    assert ": threads/2/callback;" in lock_notes([], [ran_with("on", "threads", None)])[0]


def ran_with(lock: str, strategy: str, python: Interpreter | None) -> Entrant:
    where = (python.path, python.label) if python else ()
    return Entrant(Combination(strategy, 2, "callback", *where), runs=[replace(RUN, lock=lock)])


def test_runs_are_made_by_the_interpreter_that_was_asked_for(
    python: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.compare.noise.MAX_SHARE", 99.0)  # no round is repeated, however busy this machine is
    path = python("logged", f'echo "$*" >> {shlex.quote(str(tmp_path / "runs"))}')
    arguments = [
        "compare",
        str(ROOT / "configs" / "demo.yaml"),
        "--set",
        f"output={tmp_path}/x.jsonl",
        "--pythons",
        path,
    ]
    arguments += ["--strategies", "serial", "--repeat", "1", "--json", "-q", "--out", str(tmp_path)]
    arguments += ["--books", "12", "--latency", "50ms"]  # more than half a second: a run is one crawl
    arguments += ["--budget", "1s"]  # none is left to check the advice
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    found = json.loads(result.stdout)
    assert [one["name"].rpartition("/")[2][:3] for one in found["combinations"]] == ["py3"]
    assert found["setting"]["interpreter lock"] == process.interpreter_lock()
    assert (tmp_path / "runs").read_text().count("crawler.compare.measure") >= 2  # the baseline and a round


# ---- the command that runs a module of ours


def test_modules_are_looked_for_in_the_current_folder_only_where_we_look_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["/opt/bin", "/opt/site-packages"])
    assert process.module_command("crawler.demo") == [sys.executable, "-P", "-m", "crawler.demo"]
    for here in ("", os.getcwd()):
        monkeypatch.setattr(sys, "path", [here, "/opt/site-packages"])
        assert process.module_command("crawler.demo", "python3") == ["python3", "-m", "crawler.demo"]


def test_without_free_threading_the_lock_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    assert process.interpreter_lock() == "off"
    monkeypatch.delattr(sys, "_is_gil_enabled")
    assert process.interpreter_lock() == "on"


def test_another_interpreter_finds_modules_of_the_user_and_nothing_that_is_installed_here(
    python: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, plain = tmp_path / "own", tmp_path / "packages"
    installed = [str(plain), str(tmp_path / "lib/python3.11/site-packages"), str(tmp_path / "dist-packages/more")]
    known = {**sysconfig.get_paths(), "purelib": str(plain)}
    monkeypatch.setattr(sysconfig, "get_path", known.__getitem__)
    monkeypatch.setattr(sys, "path", [*sys.path, str(own), *installed])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(own), *installed]))
    find_interpreters([python("other", f'echo "$PYTHONPATH" > {tmp_path}/seen')], [])
    seen = (tmp_path / "seen").read_text().strip().split(os.pathsep)
    assert str(own) in seen
    assert not set(installed) & set(seen)
    assert not [folder for folder in seen if "site-packages" in folder or folder == known["stdlib"]]
