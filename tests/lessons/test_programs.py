"""The small programs of the lessons: each shows in every run what it is to show, ends in time, and leaves nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil
import pytest
from click.testing import CliRunner

from crawler.cli.commands import cli
from crawler.cli.lessons import lessons_text
from crawler.lessons.experiments import experiments
from crawler.lessons.html_page import as_page
from crawler.lessons.lessons import Lessons
from crawler.lessons.listing import listings
from crawler.lessons.model import Lesson
from crawler.lessons.pictures import pictures
from crawler.lessons.program import Check, ProgramLesson
from crawler.lessons.program_lessons import programs
from crawler.lessons.report import write_lessons
from crawler.lessons.run import NoResult, run_lessons, run_program
from tests.support.markdown import all_blocks

PROGRAMS = {one.number: one for one in programs()}


@pytest.fixture(scope="module")
def once() -> Callable[[str], ProgramLesson]:
    """A lesson, run once."""
    known: dict[str, ProgramLesson] = {}

    def once(number: str) -> ProgramLesson:
        if number not in known:
            lesson = ProgramLesson(PROGRAMS[number])
            for case in lesson.experiment.cases:
                lesson.runs[case] = [run_program(lesson.experiment.module, case)]
            known[number] = lesson
        return known[number]

    return once


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", PROGRAMS)
def test_every_lesson_shows_what_the_course_notes_teach(number: str, once: Any) -> None:
    lesson = once(number)
    checks = [claim for claim in lesson.experiment.claims if isinstance(claim, Check)]
    said = [claim.judged(lesson.runs[claim.case]).text for claim in checks]  # no times: other tests use the machine
    assert [text for text in said if ": yes (" not in text] == []
    assert lesson.outcome != "no result"


@pytest.mark.parametrize("number", PROGRAMS)
def test_a_lesson_has_a_claim_and_a_picture_that_fits_a_phone(number: str, once: Any) -> None:
    lesson = once(number)
    assert lesson.experiment.claims
    for width in (330, 760):
        for drawing in pictures(lesson, width).values():
            root = ET.fromstring(drawing)
            assert root.get("viewBox", "").split()[2] == str(width)
            for box in root.iter("rect"):
                assert float(box.get("x", "0")) + float(box.get("width", "0")) <= width


def test_the_code_shown_is_the_code_that_runs(once: Any) -> None:
    """Run as it is printed on the page, as a student would who copies it."""
    text = listings(once("9"))[0].text
    done = subprocess.run([sys.executable, "-c", text, "lock"], capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout)["sold"] == 200


def test_the_code_in_the_document_is_that_of_today() -> None:
    """Else the document must be written again, for its figures are those of another program."""
    shown = [block.text.strip() for block in all_blocks("python") if block.path.name == "lessons.md"]
    crawls = [Lesson(one) for one in experiments(cores=2, steps=1, has_asyncio=True)]
    every = [*crawls, *map(ProgramLesson, PROGRAMS.values())]
    today = {each.text for lesson in every for each in listings(lesson) if each.language == "python"}
    assert set(shown) <= today


def test_no_figure_of_the_course_notes_is_invented(once: Any) -> None:
    page = as_page(Lessons("now", {}, [once("9")]))
    assert '<td data-head="course notes"></td>' in page


def test_a_check_that_holds_in_some_runs_only_is_not_clear() -> None:
    check = Check("It is so", "a", lambda run: bool(run["x"]), "x is {x}")
    assert check.judged([{"x": 1}, {"x": 0}]).text == "It is so: in 1 of 2 runs (x is 1)."
    assert [check.judged([{"x": x}] * 2).holds for x in (1, 0)] == [True, False]
    assert check.judged([{"x": 1}, {"x": 0}]).holds is None
    assert check.judged([]).holds is None


def test_a_lesson_whose_lock_does_not_hold_is_not_reproduced() -> None:
    lesson = ProgramLesson(PROGRAMS["9"])
    for case in lesson.experiment.cases:
        lesson.runs[case] = [{"tickets": 200, "sold": 300, "lost": 100, "seconds": 0.1}]
    assert lesson.outcome == "not reproduced"
    assert "With a lock each is sold once: no (300 sold of 200)." in lesson.verdict()


def test_what_this_system_cannot_do_is_said_and_is_no_failure() -> None:
    lesson = ProgramLesson(PROGRAMS["13"], skipped="this system has no /proc/PID/stat")
    assert (lesson.outcome, pictures(lesson, 330)) == ("not possible here", {})
    assert lesson.verdict() == "Not possible here. This system has no /proc/PID/stat."
    assert Lessons("now", {}, [lesson]).is_complete


def test_a_program_that_hangs_is_ended_with_all_that_it_started(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = uuid.uuid4().hex
    monkeypatch.setenv("LESSON_OF_THIS_TEST", mark)
    with pytest.raises(NoResult, match=r"it took longer than 0\.5 s and was stopped"):
        run_program("process_ends", "not a daemon", seconds=0.5)
    assert _alive(mark) == []


def _alive(mark: str) -> list[int]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("LESSON_OF_THIS_TEST") == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


def test_a_program_that_fails_is_a_fault_with_its_last_line() -> None:
    with pytest.raises(NoResult, match="exit code 1: KeyError: 'no such case'"):
        run_program("tickets", "no such case")


def test_the_reports_show_table_verdict_and_code(once: Any, tmp_path: Any) -> None:
    found = Lessons("now", {"Python": "x"}, [once("9"), once("14")])
    files = write_lessons(found, tmp_path)
    assert [path.name for path in files] == ["lessons.html", "lessons.md", "9.svg", "14.svg", "results.json"]
    markdown = files[1].read_text()
    assert "| lock | 1 |  | 200 | 200 | 0 |" in markdown
    assert "office.left = left - 1  # write" in markdown
    page = files[0].read_text()
    assert "office.left = left - 1  # write" in page
    assert "<script" not in page
    plain = json.loads(files[4].read_text())
    assert plain["lessons"][0]["cases"][1]["runs"][0]["sold"] == 200
    lines = "\n".join(lessons_text(found)).splitlines()
    assert max(map(len, lines)) <= 100


def test_a_program_is_run_among_the_lessons() -> None:
    says: list[str] = []
    found = run_lessons([PROGRAMS["10a"]], says.append)
    assert found.lessons[0].repeat == PROGRAMS["10a"].repeat
    assert says[:2] == ["lesson 10a, run 1: Lock", "lesson 10a, run 1: RLock"]
    assert found.setting["interpreter lock"].startswith(("on", "off"))


def test_lessons_are_chosen_by_number(tmp_path: Any) -> None:
    result = CliRunner().invoke(cli, ["lessons", "--only", "10a", "--out", str(tmp_path), "--json", "-q"])
    assert [one["number"] for one in json.loads(result.stdout)["lessons"]] == ["10a"]
    result = CliRunner().invoke(cli, ["lessons", "--only", "99", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "there is no lesson '99'; there are 1, 2, 3, 4a" in result.output


def test_a_folder_that_cannot_be_written_is_told_before_the_runs(tmp_path: Any) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(cli, ["lessons", "--out", str(tmp_path / "file")], standalone_mode=False)
    assert "is not a directory" in str(result.exception)
