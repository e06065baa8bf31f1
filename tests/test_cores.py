"""A run that may use one CPU of several starts one process for it, whatever the machine has."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from crawler.process import cores
from tests.support.jobs import ROOT

HOOK = """\
import os, time
def look(page, url):
    time.sleep(0.05)
    return [{"process": str(os.getpid()), "page": url}]
"""
BOUND = pytest.mark.skipif(not shutil.which("taskset"), reason="there is no taskset")


@pytest.fixture
def processes_of(tmp_path):
    """How many processes analysed the pages of a run that is bound to one CPU."""
    (tmp_path / "own.py").write_text(HOOK)
    config = {
        "name": "bound",
        "demo": {"books": 160},
        "start": "/catalogue/page-{1..8}.html",
        "pages": {
            "page": {
                "table": "pages",
                "python": "own:look",
                "fields": {name: {"type": "text"} for name in ("process", "page")},
            }
        },
        "polite": {"robots": False, "delay": 0, "per_host": 8},
        "output": "out.jsonl",
    }
    (tmp_path / "job.yaml").write_text(json.dumps(config))

    def run(*flags):
        cpu = str(min(os.sched_getaffinity(0)))
        command = ["taskset", "-c", cpu, sys.executable, "-m", "crawler", "run", str(tmp_path / "job.yaml"), "-q"]
        subprocess.run([*command, "--workers", "8", *flags], check=True, cwd=ROOT, timeout=120)
        lines = (tmp_path / "out.jsonl").read_text().splitlines()
        assert len(lines) == 8
        return len({json.loads(line)["process"] for line in lines})

    return run


@BOUND
@pytest.mark.parametrize("flags", [("--strategy", "threads", "--parse", "pool"), ("--strategy", "processes-threads")])
def test_one_process_for_one_cpu(processes_of, flags):
    assert processes_of(*flags) == 1


def test_cpus_are_those_that_this_process_may_use():
    if hasattr(os, "sched_getaffinity"):
        assert cores() == len(os.sched_getaffinity(0))
    else:
        assert cores() == os.cpu_count()
