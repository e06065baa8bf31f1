"""What is measured goes to the terminal and into its place in a document."""

import json
import subprocess
import sys

import pytest

from benchmarks.show import Result, as_json, as_text, replace_section
from tests.support.markdown import ROOT

FOUND = Result("race", "Setting.", ("system", "CPU"), [["a", "1.50"], ["longer", "12.00"]], ["A note."], [{"x": 1}])
SECTIONS = ("race", "race on two cores", "growth", "real pages", "latency", "known", "parts")


def test_a_terminal_gets_names_left_and_numbers_right():
    assert as_text(FOUND).splitlines() == ["Setting.", "", "system    CPU", "a        1.50", "longer  12.00", "A note."]


def test_a_program_gets_every_figure():
    assert json.loads(as_json(FOUND))["data"] == [{"x": 1}]


def test_a_document_gets_the_table_in_its_place_and_nothing_else_changes(tmp_path):
    path = tmp_path / "doc.md"
    path.write_text("# A\n<!-- race -->\nold\n<!-- end race -->\nB\n")
    replace_section(path, FOUND)
    replace_section(path, FOUND)
    text = path.read_text()
    assert text.startswith("# A\n<!-- race -->\nSetting.\n\n| system | CPU |\n| --- | ---: |\n| a | 1.50 |\n")
    assert text.endswith("\nA note.\n<!-- end race -->\nB\n")
    assert "old" not in text


def test_a_document_without_the_place_is_left_alone(tmp_path):
    path = tmp_path / "doc.md"
    path.write_text("nothing")
    with pytest.raises(SystemExit, match="no section"):
        replace_section(path, FOUND)
    assert path.read_text() == "nothing"


@pytest.mark.parametrize("name", SECTIONS)
def test_the_document_has_a_place_for_every_table(name):
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert text.count(f"<!-- {name} -->") == text.count(f"<!-- end {name} -->") == 1


@pytest.mark.parametrize("command", ["peers", "parts"])
def test_every_option_is_documented(command):
    shown = subprocess.run(
        [sys.executable, "-m", "benchmarks", command, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    options = {word for line in shown.splitlines() for word in line.split()[:1] if word.startswith("--")}
    assert len(options) > 5
    assert {option for option in options if f"`{option}" not in text and f" {option}" not in text} == set()
