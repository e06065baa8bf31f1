"""The interpreters of `crawler compare --pythons`: found, and asked whether they can run the job.

`python -m crawler.compare.pythons STRATEGIES` prints as JSON what the interpreter that runs it has.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from crawler import __version__
from crawler.compare.launch import own_environment
from crawler.compare.outcome import Entrant
from crawler.errors import ConfigError
from crawler.extras import source
from crawler.process import interpreter_lock, module_command

__all__ = ["Interpreter", "find_interpreters", "free_threaded", "lock_notes"]

_PATIENCE = 60.0


class Interpreter(NamedTuple):
    """One of them.

    Attributes:
        path: of its program.
        label: ends the names of its combinations: `py3.14`, `py3.14t` for a free-threaded build.
        about: `CPython 3.14.2, interpreter lock on`.
    """

    path: str
    label: str
    about: str


def find_interpreters(names: Sequence[str], strategies: Sequence[str]) -> list[Interpreter]:
    """Those with these names on the PATH, or at these paths.

    Raises:
        ConfigError: one cannot be found, has no crawler or another version of it, or lacks what a strategy needs.
    """
    found = [(path, _asked(name, path, strategies)) for name in names for path in [_path(name)]]
    short = [".".join(said["version"].split(".")[:2]) + said["suffix"] for _, said in found]
    times = Counter(short)
    labels = [one if times[one] == 1 else said["version"] for one, (_, said) in zip(short, found, strict=True)]
    if len(set(labels)) < len(labels):
        raise ConfigError(f"pythons: {', '.join(names)} are the same version of Python twice; name each once")
    return [
        Interpreter(path, f"py{label}", f"{said['name']} {said['version']}, interpreter lock {said['lock']}")
        for label, (path, said) in zip(labels, found, strict=True)
    ]


def _path(name: str) -> str:
    if path := shutil.which(name):
        return path
    if os.path.dirname(name):
        raise ConfigError(f"pythons: {name} is no program that can be run; give the path of a Python interpreter")
    raise ConfigError(f"pythons: there is no {name} on the PATH; install it, or give the path of the interpreter")


def _asked(name: str, path: str, strategies: Sequence[str]) -> dict[str, Any]:
    command = [*module_command("crawler.compare.pythons", path), *strategies]
    try:
        done = subprocess.run(  # noqa: S603  # an interpreter that the user names, no shell
            command, capture_output=True, text=True, timeout=_PATIENCE, env=own_environment(), check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError(f"pythons: {name} does not run as a Python interpreter: {error}") from None
    there = f"install it there: {path} -m pip install {source()}"
    if done.returncode:
        raise ConfigError(f"pythons: crawler does not run under {name} ({_complaint(done.stderr)}); {there}")
    try:
        said: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise ConfigError(f"pythons: {name} does not run as a Python interpreter: it prints something else") from None
    if said["crawler"] != __version__:
        raise ConfigError(f"pythons: {name} has crawler {said['crawler']}, and this is {__version__}; {there}")
    for strategy, lacks in said["missing"].items():
        raise ConfigError(f"pythons: {strategy} does not run under {name}: {lacks}")
    return said


def _complaint(text: str) -> str:
    """The line of a traceback that says what is wrong; the first line of any other text."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it says nothing"]
    return lines[-1] if "Error" in lines[-1] else lines[0]


def free_threaded() -> str:
    """Name of a free-threaded build of Python on the PATH; "" for none."""
    return next(filter(shutil.which, ("python3.15t", "python3.14t", "python3.13t")), "")


def lock_notes(pythons: Sequence[Interpreter], entrants: Sequence[Entrant]) -> list[str]:
    """What a reader must know of the interpreter lock: who ran with it all the same, and where nobody was without it.

    A free-threaded Python turns its lock on when it imports a module in C that does not say it can do without: PEP 703.
    """
    free = {one.path for one in pythons if one.about.endswith("off")}
    if not pythons and interpreter_lock() == "off":
        free = {""}
    if free:
        ran = [one for one in entrants if one.runs and one.combination.python in free]
        had = ", ".join(one.name for one in ran if one.runs[-1].lock == "on")
        why = "a module that the run imported turned it on"
        return [f"With the interpreter lock, although that Python starts without it: {had}; {why}."] if had else []
    if not pythons:
        return []
    if name := free_threaded():
        return [f"All runs were with the interpreter lock; {name} is at hand; compare it too (pythons)."]
    return ["All runs were with the interpreter lock: no free-threaded Python (python3.14t) is at hand."]


def main() -> int:
    """Tell about this interpreter."""
    import crawler.api  # noqa: F401  # whether all that a run imports is there
    from crawler.strategies.registry import missing

    lacks = {name: why for name in sys.argv[1:] if (why := missing(name))}
    said = {
        "name": platform.python_implementation(),
        "version": platform.python_version(),
        "suffix": "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else "",
        "lock": interpreter_lock(),
        "crawler": __version__,
        "missing": lacks,
    }
    print(json.dumps(said))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
