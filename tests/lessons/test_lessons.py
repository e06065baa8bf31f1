"""crawler lessons: the experiments, what is said of their figures, the page, and one small real run."""

import json
import os
import time
import xml.etree.ElementTree as ET
from datetime import datetime

import psutil
import pytest
from click.testing import CliRunner

from crawler.cli.commands import cli
from crawler.cli.lessons import lessons_text
from crawler.compare import hooks
from crawler.compare.task import Combination
from crawler.config import load
from crawler.lessons.experiments import experiments, hooked
from crawler.lessons.lessons import Lessons
from crawler.lessons.model import Claim, Experiment, Lesson, Timed, Variant
from crawler.lessons.report import write_lessons
from crawler.lessons.run import config_of, run_lessons
from crawler.strategies.registry import STRATEGIES

SLOW, FAST = "threads, barrier", "threads, worker"


def experiment(**changes):
    variants = (
        Variant(Combination("threads", 4, "barrier"), 12.2, "2 + 10 x 1", 12.0),
        Variant(Combination("threads", 4, "worker")),
    )
    usual = {
        "number": "4a",
        "title": "Ten pages",
        "setup": "What is done.",
        "why": "The reason.",
        "pages": 4,
        "latency": 0.05,
        "variants": variants,
        "claims": (Claim("The barrier needs longer", SLOW, FAST),),
        "query": "?wait=0.3",
        "page": hooked("wait"),
        "unlike": "Another machine.",
        "doubt": "The machine was busy.",
        "repeat": 1,
    }
    return Experiment(**{**usual, **changes})


def runs(*crawls):
    return [Timed(whole=crawl + 1, start_up=0.9, crawl=crawl, close=0.1) for crawl in crawls]


def lesson(slow, fast, **changes):
    return Lesson(experiment(**changes), {SLOW: runs(*slow), FAST: runs(*fast)})


ALIKE = Claim("Both need the same", SLOW, FAST, least=0.75, most=1.3)
BY_THE_WHOLE = Claim("The barrier needs longer", SLOW, FAST, "whole")


@pytest.mark.parametrize(
    ("slow", "fast", "claim", "outcome"),
    [
        ((12.0,), (3.0,), None, "reproduced"),
        ((12.0, 12.1, 12.2), (3.0, 3.1, 3.2), None, "reproduced"),
        ((3.0,), (3.0,), None, "not reproduced"),
        ((3.0,), (12.0,), None, "not reproduced"),
        ((2.0, 12.0, 12.1), (3.0, 3.1, 3.2), None, "not clear"),
        ((3.0, 3.4), (3.1, 3.2), ALIKE, "reproduced"),
        ((5.0,), (3.1,), ALIKE, "not reproduced"),
        ((2.0,), (1.0,), BY_THE_WHOLE, "reproduced"),
        ((0.2,), (0.1,), BY_THE_WHOLE, "not reproduced"),
        ((), (1.0,), None, "no result"),
    ],
)
def test_the_outcome_is_computed_from_the_figures(slow, fast, claim, outcome):
    changes = {"claims": (claim,)} if claim else {}
    assert lesson(slow, fast, **changes).outcome == outcome


def test_the_verdict_tells_expectation_and_measurement():
    assert lesson((12.0,), (3.0,)).verdict() == "Reproduced. The barrier needs longer: yes (4.00 times, by the crawl)."
    verdict = lesson((3.0,), (3.0,)).verdict()
    assert "no (1.00 times, by the crawl; 1.2 or more was expected)" in verdict
    assert "threads, barrier took 0.00 s longer: +0.00 s of start-up, +0.00 s of crawl, +0.00 s of writing." in verdict
    assert verdict.endswith("The machine was busy.")


def test_the_verdict_tells_of_other_work_only_where_it_may_be_the_reason():
    busy = [Timed(4.0, 0.9, 3.0, 0.1, 2.0, others=0.8)]
    one = Lesson(experiment(), {SLOW: busy, FAST: busy})
    assert one.verdict().endswith("The machine was busy. Other work took 0.8 cores meanwhile.")
    assert "threads, barrier kept 0.5 cores busy." in one.verdict()  # 2 s of CPU in 4 s
    assert "Other work" not in Lesson(experiment(claims=(ALIKE,)), one.runs).verdict()
    assert "Other work" not in lesson((3.0,), (3.0,)).verdict()


def test_a_difference_of_the_whole_run_is_explained_beside_that_of_the_notes():
    """The figures of lesson 2 of an idle machine: the direction is that of the notes, the factor is not."""
    variants = (
        Variant(Combination("processes", 20, "worker"), 1.979),
        Variant(Combination("threads", 20, "worker"), 1.107),
    )
    claim = Claim("Processes need longer", "processes, worker", "threads, worker", "whole")
    slow = [Timed(whole=1.53, start_up=0.47, crawl=1.06, close=0.0)]
    fast = [Timed(whole=1.33, start_up=0.30, crawl=1.02, close=0.01)]
    runs = {"processes, worker": slow, "threads, worker": fast}
    verdict = Lesson(experiment(variants=variants, claims=(claim,)), runs).verdict()
    assert verdict.startswith("Not reproduced.")
    assert "0.20 s longer: +0.17 s of start-up, +0.04 s of crawl, -0.01 s of writing" in verdict
    assert "That is 10 ms for each of 20 workers; in the course notes it was 44 ms." in verdict


def test_a_variant_with_a_fault_gives_no_result_and_no_figures():
    one = lesson((12.0,), (3.0,))
    one.faults[SLOW] = "its records differ from those of the others"
    assert one.outcome == "no result"
    assert one.median(SLOW, "crawl") is None
    assert "threads, barrier: its records differ" in one.verdict()
    assert not Lessons("now", {}, [one]).is_complete


def test_what_this_machine_cannot_show_is_not_reproduced_by_accident():
    cannot = Claim("The barrier needs longer", SLOW, FAST, cannot="But there is one core.")
    assert (
        lesson((12.0,), (3.0,), claims=(cannot,))
        .verdict()
        .startswith("Not clear. The barrier needs longer: yes (4.00 times, by the crawl). But there is one core.")
    )
    assert lesson((3.0,), (3.0,), claims=(cannot,)).outcome == "not reproduced"


# ---- the experiments of the notes


def all_of_them(**changes):
    return experiments(**{"cores": 2, "steps": 1000, "has_asyncio": True, **changes})


@pytest.mark.parametrize(("cores", "numbers"), [(1, ["3", "4b"]), (2, [])])
def test_on_one_core_processes_cannot_be_shown_to_compute_at_once(cores, numbers):
    assert [one.number for one in all_of_them(cores=cores) if any(claim.cannot for claim in one.claims)] == numbers


def test_all_experiments_of_the_notes_are_there_with_their_figures():
    found = all_of_them()
    assert [one.number for one in found] == ["1", "2", "3", "4a", "4b", "5", "6a", "6b", "7", "8"]
    notes = {one.number: [each.notes for each in one.variants if each.notes] for one in found}
    assert notes["1"] == [1.009, 3.01]
    assert notes["2"] == [1.107, 1.979]
    assert notes["3"] == [6.29, 2.37]
    assert notes["4a"] == [12.2]


@pytest.mark.parametrize("one", all_of_them(), ids=lambda one: one.number)
def test_an_experiment_is_a_valid_job_of_exactly_its_pages(one, tmp_path):
    path = tmp_path / "lesson.yaml"
    path.write_text(config_of(one))
    job = load(str(path), known_strategies=STRATEGIES)
    assert len(list(job.start_pages("http://127.0.0.1:1"))) == one.pages
    assert not job.warnings


@pytest.mark.parametrize("one", all_of_them(), ids=lambda one: one.number)
def test_an_experiment_claims_something_of_its_own_variants(one):
    names = [each.name for each in one.variants]
    assert len(set(names)) == len(names)
    assert one.claims
    assert {name for claim in one.claims for name in (claim.slow, claim.fast)} <= set(names)
    assert {each.combination.strategy for each in one.variants} <= set(STRATEGIES)


def test_without_asyncio_its_variants_and_claims_are_left_out():
    last = all_of_them(has_asyncio=False)[-2]
    assert all("asyncio" not in each.name for each in last.variants)
    assert len(last.claims) == 1


# ---- the hooks


def test_burn_takes_cpu_of_its_own_thread_and_wait_takes_none():
    before = time.thread_time()
    hooks.burn(None, "http://h/p.html?cpu=0.05")
    burnt = time.thread_time() - before
    assert 0.05 <= burnt < 0.2
    began = time.perf_counter()
    before = time.thread_time()
    found = hooks.wait(None, "http://h/p.html?wait=0.05")
    assert time.perf_counter() - began >= 0.05
    assert time.thread_time() - before < 0.02
    assert found == {"records": [{"page": "/p.html"}]}


def test_burn_takes_steps():
    assert hooks.burn_steps(4) == 6
    assert hooks.burn(None, "http://h/p.html?steps=10") == {"records": [{"page": "/p.html"}]}


# ---- a real one


@pytest.fixture(scope="module")
def real():
    says = []
    chosen = [experiment(), experiment(number="7", query="", page=hooked("look_up"))]
    return run_lessons(chosen, says.append), says


def test_a_small_lesson_is_run_and_its_direction_seen(real):
    found, says = real
    first = found.lessons[0]
    assert not first.faults
    assert first.outcome == "reproduced"
    assert 1.25 <= first.median(SLOW, "crawl") < 10  # 0.05 + 4 x 0.3
    assert all(run.cpu > 0.1 for each in first.runs.values() for run in each)
    assert first.others is None or 0 <= first.others <= os.cpu_count() + 0.1  # the system counts in 10 ms
    assert all(run.whole > run.crawl + run.close for each in first.runs.values() for run in each)
    assert says == [f"lesson {number}, run 1: {name}" for number in ("4a", "7") for name in (SLOW, FAST)]


def test_a_look_up_really_asks_the_site(real):
    assert real[0].lessons[1].median(SLOW, "crawl") >= 0.25  # 0.05 + 4 x 0.05


def test_no_server_and_no_run_is_left_behind(real):
    began = datetime.fromisoformat(real[0].started).timestamp()  # other tests may have a demo site of their own
    children = [child for child in psutil.Process().children(recursive=True) if child.create_time() >= began]
    commands = [" ".join(child.cmdline()) for child in children]
    assert not [one for one in commands if "crawler.demo" in one or "crawler.compare" in one]


def test_the_reports_are_written_and_complete(real, tmp_path):
    found = real[0]
    found.notes.append("A note.")
    files = write_lessons(found, tmp_path)
    assert [str(path.relative_to(tmp_path)) for path in files] == [
        "lessons.html",
        "lessons.md",
        "lessons/4a.svg",
        "lessons/7.svg",
        "lessons/results.json",
    ]
    page = files[1].read_text()
    assert "| 4a | Ten pages | reproduced |" in page
    assert "| threads, barrier | 1 | 12.2 | 2 + 10 x 1 = 12 |" in page
    assert "![4a. Ten pages](lessons/4a.svg)" in page
    assert "**Why:** The reason." in page
    assert "> A note." in page
    root = ET.fromstring(files[2].read_text())
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"threads, barrier", "threads, barrier: course notes", "12.2", "start-up", "crawl"} <= set(texts)
    plain = json.loads(files[4].read_text())
    assert plain["lessons"][0]["outcome"] == "reproduced"
    assert plain["lessons"][0]["variants"][0]["runs"][0]["crawl"] == pytest.approx(found.lessons[0].runs[SLOW][0].crawl)


def test_the_terminal_gets_a_table_for_each_lesson_within_100_columns(real):
    lines = "\n".join(lessons_text(real[0])).splitlines()
    assert max(map(len, lines)) <= 100
    assert any(line.split()[:4] == ["variant", "runs", "course", "notes"] for line in lines)
    assert sum("Why: The reason." in line for line in lines) == 2


def test_a_run_that_fails_is_a_fault_and_the_others_go_on():
    strange = (Variant(Combination("nonsense", 4, "worker")), experiment().variants[1])
    found = run_lessons([experiment(variants=strange, claims=())], lambda text: None)
    one = found.lessons[0]
    assert "nonsense" in one.faults["nonsense, worker"]
    assert one.runs.keys() == {FAST}
    assert one.outcome == "no result"


def test_a_second_run_that_does_not_fit_the_time_is_left_out_and_told():
    one = experiment(repeat=3, variants=experiment().variants[1:], claims=(), query="")
    found = run_lessons([one], lambda text: None, seconds=0.0)
    assert found.lessons[0].repeat == 1
    assert "2 rounds of runs were left out" in found.notes[0]


# ---- the command, and the flag of `compare` that was its name before


@pytest.fixture
def quick(real, monkeypatch):
    """The figures of the small run in place of all experiments."""
    monkeypatch.setattr("crawler.lessons.run.the_lessons", list)
    monkeypatch.setattr("crawler.lessons.run.run_lessons", lambda chosen, tell: real[0])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["lessons"], ""), (["compare", "--lessons"], "`crawler compare --lessons` is now `crawler lessons`\n")],
)
def test_the_lessons_are_run_and_written(quick, tmp_path, arguments, says):
    result = CliRunner().invoke(cli, [*arguments, "--out", str(tmp_path), "--json", "-q"], standalone_mode=False)
    assert json.loads(result.stdout)["lessons"][0]["number"] == "4a"
    assert result.stderr == says
    assert (tmp_path / "lessons.md").exists()
    assert result.return_value == 0


@pytest.mark.parametrize("arguments", [["lessons", "a.yaml"], ["compare", "a.yaml", "--lessons"]])
def test_the_lessons_take_no_config(quick, arguments):
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2
    assert "unexpected extra argument (a.yaml)" in result.output


def test_a_comparison_still_needs_a_config():
    result = CliRunner().invoke(cli, ["compare"])
    assert result.exit_code == 2
    assert "Missing argument 'CONFIG'" in result.output


def test_the_old_flag_is_not_in_the_help():
    assert "--lessons" not in CliRunner().invoke(cli, ["compare", "--help"]).output
