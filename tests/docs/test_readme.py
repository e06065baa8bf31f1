import os
import shlex
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


def found_by(function):
    """What a function of .ci/tree.sh finds in the documents."""
    line = f"root={shlex.quote(str(ROOT))}; . {shlex.quote(str(ROOT / '.ci' / 'tree.sh'))}; {function}"
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout.strip()


def test_ci_runs_the_commands_of_the_documents_word_for_word():
    demo, tests = commands()[:2]
    assert (found_by("demo_command"), found_by("test_command")) == (demo, tests)
    assert f"\n{found_by('cron_line')}\n" in (ROOT / "docs" / "cron.md").read_text(encoding="utf-8")
    assert found_by("cron_line").startswith("30 6 * * *  /home/you/crawler/")
    for name in ("run", "machines"):
        assert os.access(ROOT / ".ci" / name, os.X_OK)
    text = (ROOT / ".ci" / "run").read_text()
    assert "command=$(test_command)\n" in text
    assert text.rstrip().endswith('bash -c "$command"')
