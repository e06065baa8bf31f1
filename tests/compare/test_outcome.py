"""Rankings, verdicts and reports of comparisons that are made up."""

import json
from dataclasses import replace

import pytest
from openpyxl import load_workbook

from crawler.cli.compare import compare_text
from crawler.compare.advice import Advice
from crawler.compare.outcome import Comparison, Entrant, Run
from crawler.compare.records import Difference
from crawler.compare.reports.write import write_reports
from crawler.compare.task import Combination

RUN = Run(
    wall=2.0, start_up=0.5, crawl=1.0, close=0.5, cpu=1.5, memory=60_000_000, pages=100, requests=101, retries=1,
    failed=1, bytes=1_000_000, records=90, digest="d" * 64, latency=tuple(n / 100 for n in range(21)), p99=0.21,
    mean_latency=0.1, hosts=1, asked=101, busiest=101, loop_cpu=0.3,
)  # fmt: skip
HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script> `x` | \x1b[31m \x07"


def entrant(strategy, seconds, workers=4, parse="worker"):
    return Entrant(
        Combination(strategy, workers, parse),
        runs=[replace(RUN, crawl=each, round=n) for n, each in enumerate(seconds, 1)],
    )


def comparison(*entrants, **more):
    setting = {"crawler": "0", "Python": "CPython 3", "system": "Linux, 2 cores", "placement": "together"}
    advice = Advice("cpu", "CPU limits you.", "--strategy threads", ("curl",), ("1 + 1",))
    base = Combination("serial", 1, "worker")
    return Comparison("job", "site", "now", setting, base, 5, entrants=list(entrants), advice=advice, **more)


FAST = entrant("threads", [1.0, 1.01, 1.02, 1.03, 1.04])
SLOW = entrant("serial", [2.0, 2.02, 2.04, 2.06, 2.08], 1)
NEAR = entrant("queue", [1.005, 1.015, 1.0, 1.05, 1.02])


def test_a_winner_that_is_clear():
    found = comparison(SLOW, FAST)
    assert [one.name for one in found.ranked] == ["threads/4/worker", "serial/1/worker"]
    assert found.verdict()[0] == "threads/4/worker is 2 times faster than serial/1/worker."
    assert found.leaders == ["threads/4/worker"]


def test_within_noise_nobody_wins():
    found = comparison(SLOW, NEAR, FAST)
    assert found.verdict()[0] == (
        "queue/4/worker and threads/4/worker are not told apart; both are 2 times faster than serial/1/worker."
    )
    assert set(found.leaders) == {"threads/4/worker", "queue/4/worker"}


def test_there_are_verdicts_apart_for_the_crawl_the_whole_run_and_cpu():
    slow_start = entrant("processes", [1.0, 1.01, 1.02, 1.03, 1.04])
    slow_start.runs = [replace(run, wall=4.0, cpu=3.0) for run in slow_start.runs]
    assert comparison(FAST, slow_start).verdict() == [
        "threads/4/worker and processes/4/worker are equal.",
        "Start-up and outputs included, threads/4/worker is 2 times faster than processes/4/worker.",
        "threads/4/worker takes the least CPU a page; processes/4/worker takes 2 times as much.",
    ]


def test_runs_of_the_same_round_are_compared_whatever_else_was_run():
    found = comparison(entrant("a", [1.0, 2.0, 3.0, 4.0, 5.0]), entrant("b", [1.1, 2.2, 3.3, 4.4, 5.5]))
    found.entrants[1].runs.reverse()
    pair = found.judgement("crawl").pairs["b/4/worker", "a/4/worker"]
    assert (pair.ratio, pair.outcome) == (pytest.approx(1.1), "slower")
    found.entrants[1].runs.pop()  # of a round that the other has
    assert found.judgement("crawl").rounds == 4


def test_every_figure_of_speed_is_the_one_by_which_they_are_ranked():
    found = comparison(SLOW, FAST, NEAR)
    best = found.ranked[0]
    plain = {each["name"]: each for each in found.as_json()["combinations"]}
    for one in found.ranked:
        assert found.relative(one).ratio == pytest.approx(found.speed(best) / found.speed(one))
        assert plain[one.name]["pages_a_second"] == found.speed(one)
    assert found.as_json()["judgements"]["crawl"]["order"] == tuple(one.name for one in found.ranked)


def test_results_are_json_also_after_a_single_round():
    text = json.dumps(comparison(entrant("a", [1.0]), entrant("b", [2.0])).as_json(), allow_nan=False)
    assert json.loads(text)["combinations"][1]["relative"]["high"] is None


def test_where_the_cpu_of_one_is_not_known_it_is_left_out_of_that_verdict():
    unknown = entrant("b", [2.0] * 5)
    unknown.runs = [replace(run, cpu=None) for run in unknown.runs]
    found = comparison(FAST, unknown)
    assert found.judgement("cpu").order == ("threads/4/worker",)
    assert len(found.verdict()) == 2


def test_the_fastest_is_not_ranked_when_it_is_wrong():
    wrong = entrant("asyncio", [0.1] * 5)
    wrong.verdict, wrong.why, wrong.difference = "wrong", "other records", Difference(1, example="missing: x")
    found = comparison(FAST, wrong)
    assert [one.name for one in found.ranked] == ["threads/4/worker"]
    assert "asyncio" not in found.verdict()[0]
    plain = found.as_json()["combinations"][-1]
    assert (plain["verdict"], plain["relative"], plain["pages_a_second"]) == ("wrong", None, None)


def test_the_share_of_politeness():
    found = comparison(FAST, gap=0.009)
    assert found.polite_share(RUN) == pytest.approx(0.9)
    assert found.polite_share(replace(RUN, crawl=0.1)) == 1.0
    assert comparison(FAST).polite_share(RUN) == 0


def test_hostile_text_stays_text_in_every_report(tmp_path):
    wrong = entrant("mine:<b>", [1.0])
    wrong.verdict, wrong.why, wrong.difference = "wrong", HOSTILE, Difference(1, example=HOSTILE)
    found = comparison(FAST, wrong, notes=[HOSTILE])
    write_reports(found, tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "<script" not in page
    assert "<b>mine:<b>" not in page
    assert "<script" not in (tmp_path / "report.md").read_text().replace("\\<", "")
    cells = [cell for row in load_workbook(tmp_path / "report.xlsx")["Summary"].iter_rows() for cell in row]
    assert any("calc" in str(cell.value) for cell in cells)
    assert all(cell.data_type != "f" for cell in cells)
    assert "\x1b[31m" not in "\n".join(compare_text(found))
    assert json.loads((tmp_path / "results.json").read_text())["notes"] == [HOSTILE]


def test_a_comparison_in_which_all_failed_still_has_reports(tmp_path):
    failed = Entrant(Combination("threads", 4, "worker"), "failed", "exit code 1")
    found = comparison(failed)
    write_reports(found, tmp_path)
    assert found.verdict() == ["No combination gave the records of the baseline."]
    assert "exit code 1" in (tmp_path / "report.html").read_text()


def test_unknown_cpu_and_memory_leave_their_columns_out(tmp_path):
    one = Entrant(FAST.combination, runs=[replace(run, cpu=None, memory=None) for run in FAST.runs])
    found = comparison(one)
    write_reports(found, tmp_path)
    assert "CPU ms/page" not in (tmp_path / "report.md").read_text()
    assert not any("CPU" in line and "pages/s" in line for line in compare_text(found))
