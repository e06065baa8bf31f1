"""Ctrl-C keeps what was measured."""

import json

import pytest

from crawler.cli.main import main

ARGUMENTS = ["compare", "configs/demo.yaml", "--books", "12", "--latency", "150ms", "--workers", "4", "--repeat", "9"]


@pytest.fixture
def compare(tmp_path, monkeypatch, capsys):
    """A comparison that is interrupted at a line of its progress; exit code, reports, and what was printed."""

    def compare(line, strategies):
        class Line:
            def __enter__(self):
                return tell

            def __exit__(self, *error):
                pass

        def tell(text):
            if text.startswith(line):
                raise KeyboardInterrupt

        monkeypatch.setattr("crawler.cli.compare.status_line", lambda quiet: Line())
        monkeypatch.setattr("crawler.compare.noise.MAX_SHARE", 99.0)  # however busy this machine is
        code = main([*ARGUMENTS, "--strategies", strategies, "--baseline", "threads", "--out", str(tmp_path)])
        return code, {path.name: path for path in tmp_path.iterdir()}, capsys.readouterr()

    return compare


def test_the_rounds_that_were_complete_are_judged_and_written(compare):
    code, reports, said = compare("round 2", "threads,curl")
    assert code == 130
    assert {"results.json", "report.md", "report.html"} <= set(reports)
    found = json.loads(reports["results.json"].read_text())
    assert (found["stopped"], found["rounds"]) == ("Ctrl-C", 1)
    assert [len(one["runs"]) for one in found["combinations"]] == [1, 1]
    assert "Stopped before the end: 1 round was complete." in found["notes"]
    assert "Stopped before the end: 1 round was complete." in said.out
    assert said.err.rstrip().endswith("interrupted")


def test_before_the_first_round_is_complete_there_is_nothing_to_write(compare):
    code, reports, said = compare("round 1", "threads")
    assert (code, reports, said.out) == (130, {}, "")


def test_who_stops_it_while_reports_are_written_has_every_run(compare, monkeypatch):
    def stopped(found):
        raise KeyboardInterrupt

    monkeypatch.setattr("crawler.compare.reports.write.as_markdown", stopped)
    code, reports, _ = compare("round 2", "threads,curl")
    assert (code, set(reports)) == (130, {"results.json"})
    assert json.loads(reports["results.json"].read_text())["rounds"] == 1


@pytest.mark.parametrize("out", ["file", "file/folder"])
def test_a_folder_that_cannot_be_written_is_refused_before_any_run(tmp_path, capsys, out):
    (tmp_path / "file").write_text("")
    assert main([*ARGUMENTS, "--out", str(tmp_path / out)]) == 2
    said = capsys.readouterr().err
    assert "is not a directory" in said
    assert "crawler export" not in said
