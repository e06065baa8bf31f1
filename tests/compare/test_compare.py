"""A whole comparison through the command line, with a strategy that is wrong and one that crashes."""

import json
import re

import pytest
from openpyxl import load_workbook

from crawler.cli.main import main

COMBINATIONS = "threads,tests.support.faulty:DropsOne,tests.support.faulty:Crashes,tests.support.liars:AsksTwice"


@pytest.fixture(scope="module")
def done(tmp_path_factory, request):
    """Exit code, what was printed, and the folder of the reports."""
    folder = tmp_path_factory.mktemp("compare")
    capture = request.config.pluginmanager.getplugin("capturemanager")
    arguments = ["compare", "configs/demo.yaml", "--books", "12", "--errors", "20%", "--strategies", COMBINATIONS]
    arguments += ["--latency", "5ms..40ms", "--page-weight", "20kB"]
    arguments += ["--workers", "4", "--parse", "worker", "--baseline", "threads", "--budget", "1s", "--set"]
    arguments += [f"output={folder}/mine.xlsx", "--out", str(folder / "out")]
    with pytest.MonkeyPatch.context() as patch, capture.global_and_fixture_disabled():
        import contextlib
        import io

        patch.setenv("COLUMNS", "100")
        patch.setattr("crawler.compare.noise.MAX_SHARE", 99.0)  # no round is repeated, however busy this machine is
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            code = main(arguments)
    return code, out.getvalue(), folder


@pytest.fixture(scope="module")
def results(done):
    return json.loads((done[2] / "out" / "results.json").read_text())


def page(done):
    return (done[2] / "out" / "report.html").read_text()


def one(results, name):
    return next(each for each in results["combinations"] if name in each["name"])


def test_the_right_one_is_ranked_with_all_its_runs(results):
    found = one(results, "threads/4/worker")
    assert (found["verdict"], len(found["runs"])) == ("ranked", 1)
    run = found["runs"][0]
    assert run["wall"] == pytest.approx(run["start_up"] + run["crawl"] + run["close"])
    assert run["pages"] > 12
    assert run["cpu"] > 0.1
    assert run["memory"] > 10e6
    assert run["digest"] == results["reference"]["digest"]
    assert len(run["latency"]) == 21


def test_its_warm_up_says_where_the_time_went(done, results):
    where = one(results, "threads/4/worker")["where"]
    assert where["sentence"].startswith("4 threads spent ")
    assert sum(where["shares"].values()) == pytest.approx(1, abs=0.02)
    assert where["shares"]["fetch"] > where["shares"]["commit"]
    assert f" {100 * where['shares']['fetch']:.0f} % fetching" in where["sentence"].replace("of their time ", "")
    workers = (done[2] / "out" / "report.md").read_text().partition("## What the workers did")[2]
    heads, _, cells = (line.split(" | ") for line in workers.split("\n\n")[1].splitlines())
    assert cells[heads.index("fetching")] == f"{100 * where['shares']['fetch']:.0f}"
    (drawing,) = re.findall(r'<div class="timeline">.*?</svg></div>', page(done), re.DOTALL)
    assert 2_000 < len(drawing) < 200_000
    assert "  threads/4: 4 threads spent" in done[1].split("What the workers did")[1]


def test_the_budget_ends_it_after_a_round_that_counts(results):
    assert (results["rounds"], results["stopped"], results["budget"], results["repeat"]) == (1, "budget", 1, None)
    assert one(results, "threads/4/worker")["runs"][0]["round"] == 1


def test_pages_that_fail_first_fail_in_each_run(results):
    retries = results["reference"]["retries"]
    assert retries > 0
    assert all(run["retries"] == retries for run in one(results, "threads/4")["runs"])


def test_the_demo_site_is_as_slow_and_as_heavy_as_asked_for(results):
    assert results["site"] == (
        "demo site, 12 books, latency 5ms..40ms, 20% of the pages fail at first, pages filled up to 20 kB"
    )
    for run in (results["reference"], *one(results, "threads/4/worker")["runs"]):
        assert run["bytes"] >= 20_000 * (run["pages"] - 1)
        assert run["latency"][0] >= 0.005
        assert run["mean_latency"] > 0.01


def test_a_wrong_strategy_is_not_ranked_and_it_is_said_what_differs(done, results):
    found = one(results, "DropsOne")
    assert (found["verdict"], found["runs"], found["relative"]) == ("wrong", [], None)
    assert found["difference"]["missing"] == 1
    assert found["difference"]["extra"] == found["difference"]["changed"] == 0
    assert "books of /catalogue/" in found["difference"]["example"]
    assert "DropsOne/4 is wrong: its records are not the baseline's: 1 missing" in done[1]
    assert found["name"] not in results["fastest"]


def test_one_that_asks_twice_is_named_although_its_records_are_right(results):
    found = one(results, "AsksTwice")
    assert (found["verdict"], found["difference"]) == ("wrong", None)
    assert "it asks more often than it says: the server counted " in found["why"]
    run = one(results, "threads/4/worker")["runs"][0]
    assert run["served"]["requests"] == run["requests"] + 1  # robots.txt
    assert 1 < run["served"]["most_at_once"] <= 4


def test_a_strategy_that_crashes_is_shown_with_its_reason(results):
    found = one(results, "Crashes")
    assert (found["verdict"], found["why"]) == ("failed", "exit code 7: something went very wrong")


def test_the_exit_code_says_that_not_all_is_well(done):
    assert done[0] == 3


def test_nothing_of_the_job_is_touched(done):
    assert [path.name for path in done[2].iterdir()] == ["out"]


def test_there_is_advice_from_measured_figures(results):
    advice = results["advice"]
    assert advice["limit"] in ("cpu", "latency", "links", "site", "measured")  # as busy as the machine is
    assert re.fullmatch(r"--strategy \w+ --workers \d+ --parse \w+", advice["flags"])
    assert (advice["checked"] is None) == ("This is a guess" in advice["says"])  # a second is no time to check it
    assert advice["predicted"] > 0 or advice["limit"] == "measured"
    assert f"{1000 * results['reference']['mean_latency']:.3g} ms to come (on average)" in advice["sums"][0]


def test_what_is_printed_fits_a_hundred_columns(done):
    assert max(len(line) for line in done[1].splitlines() if "/out/" not in line) <= 100
    assert "Only threads/4 can be ranked." in done[1]


def test_every_report_is_written_and_says_the_same(done):
    folder = done[2] / "out"
    assert {path.name for path in folder.iterdir()} == {"results.json", "report.md", "report.html", "report.xlsx"}
    for name in ("report.md", "report.html"):
        text = (folder / name).read_text()
        assert "Only threads/4 can be ranked." in text
        assert "1 missing" in text
        assert "something went very wrong" in text
    book = load_workbook(folder / "report.xlsx")
    tables = ["Times the best", "Figures", "Costs", "Workers", "Speeds"]
    assert book.sheetnames == ["Summary", *tables, "Charts", "Charts 2", "Runs"]
    assert sum(len(book[name]._charts) for name in ("Charts", "Charts 2")) == 5
    assert book["Figures"]["A2"].value == "threads/4"


def test_the_page_needs_no_network_and_no_script(done):
    text = page(done).replace('xmlns="http://www.w3.org/2000/svg"', "")  # a name, which nobody asks for
    assert not re.search(r"<script|https?://|url\(|@import|<link|<img", text)
    assert "prefers-color-scheme: dark" in text
    assert text.count("<svg") >= 4
