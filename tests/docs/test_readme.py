import os
import re
import subprocess
import sys

from tests.support.markdown import ROOT, blocks

README = ROOT / "README.md"
VARIES = ("  time", "  file")  # how long it took, and where the test writes


def commands():
    return [block.text.strip() for block in blocks(README) if block.language == "sh"]


def test_the_first_command_is_all_the_set_up_and_the_main_job():
    first, second = commands()[:2]
    set_up = "python3 -m venv .venv && .venv/bin/pip install -q -e "
    assert first == f"{set_up}. && .venv/bin/python -m crawler run configs/demo.yaml"
    assert second == f"{set_up}'.[dev]' && .venv/bin/python -m pytest"


def test_the_output_shown_is_what_the_command_prints(tmp_path):
    shown = next(block.text for block in blocks(README) if block.language == "text")
    job = ["configs/demo.yaml", "--set", "demo.port=0", "--set", f"output={tmp_path / 'demo.xlsx'}"]
    done = subprocess.run(
        [sys.executable, "-m", "crawler", "run", *job],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "120", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert [comparable(line) for line in shown.splitlines()] == [comparable(line) for line in done.stdout.splitlines()]


def comparable(line):
    return line[:6] if line.startswith(VARIES) else line


def test_ci_runs_the_test_command_word_for_word():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text()
    assert text.rstrip().endswith('bash -c "$command"')
    extract = re.search(r"sed -n '[^']+' \"\$root/README.md\" \| sed [^\n]+", text)[0]
    found = subprocess.run(["bash", "-c", f"root={ROOT}; {extract}"], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == commands()[1]
