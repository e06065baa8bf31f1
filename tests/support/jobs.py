"""Jobs for end-to-end tests: the shipped demo config with changes, and the command line as a user calls it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
FIXED = {"SOURCE_DATE_EPOCH": "1750000000"}


def write_job(folder: Path, base: str, **changes: Any) -> Path:
    """The demo config without its own demo site, starting at `base`; `changes` are merged into its sections."""
    yaml = YAML()
    job = yaml.load((ROOT / "configs" / "demo.yaml").read_text())
    del job["demo"]
    job["start"] = f"{base}/catalogue/page-1.html"
    job["output"] = ["out/demo.xlsx", "out/demo.jsonl"]
    for key, value in changes.items():
        if isinstance(value, dict):
            job[key] = {**job.get(key, {}), **value}
        else:
            job[key] = value
    path = folder / "job.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        yaml.dump(job, file)
    return path


def command(*arguments: str | Path, module: str = "crawler") -> list[str]:
    return [sys.executable, "-m", module, *map(str, arguments)]


def crawl(*arguments: str | Path, timeout: float = 120, **options: Any) -> subprocess.CompletedProcess[str]:
    """`crawler ...`, to its end."""
    env = {**os.environ, **FIXED, **options.pop("env", {})}
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, cwd=ROOT, env=env, timeout=timeout, check=False, **options
    )


def crawl_here(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """`crawler ...`, to its end, in the process of the test: it spares the start where no process is needed."""
    from crawler.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name, value in FIXED.items():
            patch.setenv(name, value)
        code = main([str(argument) for argument in arguments])
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def start(
    *arguments: str | Path, env: Mapping[str, str] = MappingProxyType({}), module: str = "crawler"
) -> subprocess.Popen[bytes]:
    """`crawler ...`, going on beside the test."""
    return subprocess.Popen(
        command(*arguments, module=module),
        cwd=ROOT,
        env={**os.environ, **FIXED, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def kill(process: subprocess.Popen[bytes]) -> bool:
    """`kill -9`; tells whether it was still running."""
    running = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return running


def digest(folder: Path, *suffixes: str) -> str:
    """Of tables, rows and order: the .jsonl files; and of the workbook's bytes, unless other suffixes are named."""
    found = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.suffix in (suffixes or (".jsonl", ".xlsx"))):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


def log_lines(path: Path, skip: int = 0) -> list[dict[str, Any]]:
    """The demo site's access log."""
    whole, _, _ = path.read_text().rpartition("\n")  # a line that is being written ends later
    return [json.loads(line) for line in whole.splitlines()[skip:]]


def fetched(lines: Iterable[dict[str, Any]]) -> list[str]:
    """What was asked for: paths, and behind them the body of a POST."""
    return [line["path"] + line.get("body", "") for line in lines if line["path"] != "/robots.txt"]
