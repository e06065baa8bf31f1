"""The parts: each runs, ratios are taken from the least of each side, and a worse one fails the check."""

import argparse
import json
import sys
from contextlib import ExitStack

import pytest

from benchmarks.__main__ import main
from benchmarks.parts import command
from benchmarks.parts.suite import Part, Setup, Timed, measure

pytest.importorskip("pycurl")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the harness measures with os.wait4")


@pytest.mark.parametrize("name", command.PARTS)
def test_every_part_runs(name, tmp_path):
    with ExitStack() as stack:
        part = command.PARTS[name](Setup(tmp_path, stack, rows=20))
        assert part.name == name
        assert part.ours() > 0
        assert part.bare() > 0


def part(name, ours, bare=1.0):
    """A part whose sides take what the lists say; the first of each is the warm-up."""
    sides = [iter(each) if isinstance(each, list) else iter([each] * 99) for each in (ours, bare)]
    return Part(name, lambda: next(sides[0]), lambda: next(sides[1]), "nothing")


def test_noise_that_only_adds_time_does_not_change_the_ratio():
    noisy = Timed(part("a", [9.0, 2.0, 7.0, 3.0], [9.0, 5.0, 1.0, 8.0]))
    measure([noisy], rounds=3)
    assert noisy.ratio == 2.0


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Run the command on made-up parts; gives the table, the complaints, what it said and the baseline that is left."""

    def runs(baseline, ours, **options):
        path = tmp_path / "baseline.json"
        path.write_text(json.dumps({"ratios": baseline}))
        monkeypatch.setattr(
            command, "PARTS", {"slow": lambda setup: part("slow", ours), "b": lambda setup: part("b", 1.0)}
        )
        monkeypatch.setattr(command.load_baseline, "__defaults__", (path,))
        monkeypatch.setattr(command.save, "__defaults__", (path,))
        given = {"only": "", "rounds": 1, "rows": 5, "check": True, "save": False, **options}
        found, complaints = command.run(argparse.Namespace(**given))
        return found, complaints, capsys.readouterr().err, json.loads(path.read_text())

    return runs


def test_a_ratio_a_quarter_worse_than_the_baseline_is_allowed(run):
    assert run({"slow": 2.0, "b": 1.0}, 2.5)[1] == []


def test_a_worse_ratio_fails_the_check_and_is_named(run):
    found, complaints, _, _ = run({"slow": 2.0, "b": 1.0}, 2.6)
    assert complaints[0] == "slow: 30 % worse: ratio 2.60, baseline 2.00"
    assert complaints[1].endswith("python -m benchmarks parts --save")
    assert len(complaints) == 2
    assert found.rows[0][-2:] == ["2.60", "2.00"]


def test_a_part_that_was_slow_only_once_passes(run):
    _, complaints, said, _ = run({"slow": 2.0, "b": 1.0}, [9.0, 9.0, 2.0, 2.0, 2.0])
    assert complaints == []
    assert "measured again: slow" in said


def test_a_part_without_a_baseline_fails_the_check(run):
    assert run({"b": 1.0}, 2.0)[1][0] == "slow: there is no baseline for it"


def test_save_keeps_the_parts_that_were_not_measured_and_drops_those_that_are_gone(run):
    _, complaints, _, kept = run({"slow": 9.0, "b": 7.0, "gone": 1.0}, 3.0, check=False, save=True, only="slow")
    assert complaints == []
    assert kept["ratios"] == {"slow": 3.0, "b": 7.0}


@pytest.mark.parametrize(("baseline", "code"), [(1e9, 0), (1e-9, 1)])
def test_the_command_line_exits_1_on_a_worse_ratio(monkeypatch, capsys, baseline, code):
    monkeypatch.setattr(command, "load_baseline", lambda: {"url": baseline})
    monkeypatch.setattr(sys, "argv", ["benchmarks", "parts", "--check", "--only", "url", "--rounds", "1"])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    assert ended.value.code == code
    assert "urljoin" in shown.out
    assert ("No part is" in shown.err) == (code == 0)


def test_the_baseline_of_the_repository_has_every_part():
    assert set(command.load_baseline()) == set(command.PARTS)
