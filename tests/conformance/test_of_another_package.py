"""The conformance tests run by themselves on what another installed package brings."""

import os
import re
import subprocess
import sys

from tests.support.jobs import ROOT
from tests.support.plugin import install


def test_all_four_are_found_and_tested(tmp_path):
    names = "their-pool or fixed or kilos or count"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-vv", "tests/conformance", "-k", names],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(install(tmp_path))},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    passed = set(re.findall(r"/test_(\w+)\.py::\w+\[(\S+?)\] PASSED", done.stdout))
    assert {("strategies", "their-pool"), ("field_types", "kilos"), ("exports", ".count")} <= passed
    assert ("field_types", "kilos-.count") in passed
    assert "[fixed" in done.stdout
