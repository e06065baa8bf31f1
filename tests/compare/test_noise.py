"""What others do while a run is measured is seen, rounds are repeated, and what cannot be helped is said."""

import subprocess
import sys
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.compare.launch import launch
from crawler.compare.measure import IS_WHOLE
from crawler.compare.noise import MAX_SHARE, Noise, NoiseWatch, _cpu_of, outliers
from crawler.compare.quiet import IN_A_ROW, Repeats, mark_outliers, noise_notes, set_aside
from crawler.compare.short_runs import MAX_CRAWLS, MIN_SECONDS, TooShort, crawls_of, together
from crawler.compare.task import Combination, RunSource, Task
from tests.compare.test_outcome import RUN, comparison, entrant

QUIET, BUSY = Noise(0.0, 0.0, 2), Noise(1.5, 0.0, 2)
SPIN = "while True: pass"


def with_noise(one, *noises):
    """An entrant whose runs met this noise, one for each round."""
    one.runs = [replace(run, noise=noise) for run, noise in zip(one.runs, noises, strict=True)]
    return one


# ---- the figures


@pytest.mark.skipif(not IS_WHOLE, reason="only Linux can tell")
def test_a_process_beside_the_run_is_seen_and_one_of_ours_is_not(tmp_path):
    task = Task(RunSource("job.yaml"), Combination("threads", 1, "worker"), "", str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", SPIN]) as hog:
        try:
            theirs = launch("tests.support.stray", task, None)
            ours = launch("tests.support.stray", task, None, [hog.pid])
            unknown = launch("tests.support.stray", task, None, None)
        finally:
            hog.kill()
    on_two_cores = replace(theirs.noise, cores=2)  # one process is no noise on a machine of many
    assert on_two_cores.is_bad
    assert "of 2 cores busy" in on_two_cores.why
    assert ours.noise.others < ours.noise.cores
    assert unknown.noise is None


@pytest.mark.skipif(not IS_WHOLE, reason="only Linux can tell")
def test_the_cpu_time_of_ours_is_taken_off():
    with subprocess.Popen([sys.executable, "-c", SPIN]) as hog:
        try:
            began, others, ours = time.monotonic(), NoiseWatch([]), NoiseWatch([hog.pid])
            until(hog.pid, 0.5)
            used, mine, all_of_them = _cpu_of(hog.pid), ours.noise(0.0), others.noise(0.0)
            seconds = time.monotonic() - began
        finally:
            hog.kill()
    assert seconds * (all_of_them.others - mine.others) == pytest.approx(used, abs=0.2)


def until(pid, seconds):
    """Wait until a process has used so much CPU time."""
    while _cpu_of(pid) < seconds:
        time.sleep(0.01)


def test_where_the_counters_stand_still_nothing_is_known(monkeypatch):
    watch = NoiseWatch([])
    monkeypatch.setattr("crawler.compare.noise._read", lambda ours: watch._before and watch._before._replace(at=9e9))
    assert watch.noise(0.0) is None
    assert NoiseWatch([]).noise(None) is None


def test_a_run_is_bad_when_others_took_more_than_their_share():
    assert not Noise(MAX_SHARE * 8, 0.0, 8).is_bad
    assert Noise(MAX_SHARE * 8, 0.1, 8).is_bad
    assert Noise(0.0, 0.0, 2).why == ""
    assert Noise(1.2, 0.3, 2).why == (
        "other processes kept 1.2 of 2 cores busy and the host of this virtual machine took 0.3 of a core"
    )


# ---- outliers


@given(st.lists(st.floats(0.97, 1.03), min_size=8, max_size=8), st.integers(0, 7), st.floats(0.2, 5))
def test_a_slow_round_makes_no_outlier_and_a_slow_run_does(factors, odd, slow):
    rounds = {n: slow if n == odd else 1.0 for n in range(8)}
    seconds = {
        name: {n: at * rounds[n] * factors[n] for n in range(8)} for name, at in {"a": 1, "b": 2, "c": 3}.items()
    }
    assert outliers(seconds, 0.03) == []
    seconds["b"][odd] *= 4
    found = [(name, at) for name, at, times in outliers(seconds, 0.03) if times > 1]
    assert found == [("b", odd)]


def test_with_few_runs_or_small_differences_nothing_is_an_outlier():
    assert outliers({"a": {1: 1.0, 2: 1.0, 3: 9.0}, "b": {1: 1.0, 2: 1.0, 3: 1.0}, "c": {1: 1.0}}, 0.03) == []
    assert outliers({"a": {1: 1.0, 2: 1.0, 3: 1.0, 4: 1.0, 5: 1.02}, "b": dict.fromkeys(range(1, 6), 1.0)}, 0.03) == []
    assert outliers({}, 0.03) == []


def test_an_outlier_is_marked_counts_and_is_named():
    a, b, c = (entrant(name, [1.0, 1.01, 1.0, 0.99, 1.0, 1.01]) for name in ("threads", "queue", "curl"))
    a.runs[3] = replace(a.runs[3], crawl=3.0)
    found = comparison(a, b, c)
    mark_outliers(found)
    assert [run.round for run in a.runs if run.outlier] == [4]
    assert not any(run.outlier for run in (*b.runs, *c.runs))
    assert "Outliers, which count all the same: threads/4/worker in round 4 (3.0" in " ".join(noise_notes(found))


# ---- rounds that are repeated


def test_a_round_with_one_bad_run_is_repeated_as_a_whole():
    a = with_noise(entrant("threads", [1.0, 1.0]), QUIET, QUIET)
    b = with_noise(entrant("queue", [1.0, 1.0]), QUIET, BUSY)
    repeats = Repeats()
    assert not repeats.wants([a, b], 1)
    assert repeats.wants([a, b], 2)
    set_aside([a, b], 2)
    assert [len(one.runs) for one in (a, b)] == [1, 1]
    assert [len(one.set_aside) for one in (a, b)] == [1, 1]
    notes = " ".join(noise_notes(comparison(a, b)))
    assert "1 round was repeated, because the machine was busy: other processes kept 1.5 of 2 cores busy." in notes
    assert "busy" not in " ".join(comparison(a, b).verdict())


def test_a_machine_that_stays_busy_is_not_waited_for_without_end_and_the_verdict_says_it():
    one, repeats = with_noise(entrant("threads", [1.0]), QUIET), Repeats()
    for again in (*[True] * IN_A_ROW, False, False):
        one.runs = [*one.runs[:1], replace(RUN, round=2, noise=BUSY)]
        assert repeats.wants([one], 2) is again
    found = comparison(one)
    assert found.verdict()[-1].startswith("The machine was busy in 1 of 2 rounds: other processes kept 1.5 of 2 cores")


def test_a_machine_that_was_never_quiet_is_not_waited_for():
    one = with_noise(entrant("threads", [1.0]), BUSY)
    assert not Repeats().wants([one], 1)
    assert "The machine was busy all the time: " in comparison(one).verdict()[-1]


def test_where_noise_is_not_known_no_round_is_repeated_and_it_is_said():
    one = entrant("threads", [1.0])
    assert not Repeats().wants([one], 1)
    assert "is not known here" in " ".join(noise_notes(comparison(one)))


# ---- crawls that are too short


def test_a_short_crawl_is_done_several_times():
    assert [crawls_of("a", seconds, "") for seconds in (9.0, MIN_SECONDS, 0.3, 0.06)] == [1, 1, 2, 9]
    with pytest.raises(TooShort, match=r"curl crawls for 20 ms, .* below 50 ms; use --books 900"):
        crawls_of("curl", 0.02, "use --books 900")
    assert MIN_SECONDS / MAX_CRAWLS == 0.05


def test_several_crawls_are_one_run_with_the_figures_of_one():
    first = replace(RUN, wall=1.0, crawl=0.2, cpu=0.8, memory=5, noise=Noise(0.0, 0.0, 2))
    second = replace(RUN, wall=3.0, crawl=0.4, cpu=1.0, memory=7, noise=Noise(1.0, 0.0, 2))
    run = together([first, second])
    assert (run.crawls, run.wall, run.crawl, run.cpu, run.memory) == (2, 2.0, pytest.approx(0.3), 0.9, 7)
    assert run.noise.others == 0.75  # of all their time together
    assert run.pages == RUN.pages
    assert together([first]) is first
    assert together([first, replace(second, noise=None)]).noise is None
