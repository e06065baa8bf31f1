"""When a comparison begins another round, and in which order the combinations run in it."""

import random
from dataclasses import replace

import pytest

from crawler.api import load
from crawler.cli.main import main
from crawler.compare.outcome import Comparison, Entrant
from crawler.compare.rounds import MIN_ROUNDS, shuffled, still_open, why_to_stop, why_undecided
from crawler.compare.runner import Aim, _Comparing
from crawler.compare.significance import LOOKS, judge
from crawler.compare.sites import Site
from crawler.compare.task import Combination, RunSource
from tests.compare.test_outcome import RUN
from tests.support.jobs import write_job


def comparison(rounds, *speeds, noise=0.02, **more):
    rng = random.Random(3)
    entrants = []
    for n, seconds in enumerate(speeds):
        times = [seconds * rng.lognormvariate(0, noise) for _ in range(rounds)]
        runs = [replace(RUN, crawl=each, round=number) for number, each in enumerate(times, 1)]
        entrants.append(Entrant(Combination(f"s{n}", 4, "worker"), runs=runs))
    base = Combination("serial", 1, "worker")
    more = {"repeat": None, "budget": 300.0, **more}
    return Comparison("job", "site", "now", {}, base, entrants=entrants, **more)


def why(found, seconds=10.0, longest=1.0, *, firm=False):
    return why_to_stop(found, seconds, longest, is_budget_firm=firm)


def test_what_is_clear_is_settled_after_the_first_look_and_not_before():
    assert why(comparison(MIN_ROUNDS - 1, 1, 9)) == ""
    assert why(comparison(MIN_ROUNDS, 1, 9)) == "settled"


def test_what_is_open_goes_on_until_the_last_look():
    assert why(comparison(MIN_ROUNDS, 1, 1.02)) == ""
    assert why(comparison(LOOKS[-1], 1, 1.03)) == "settled"


def test_nobody_looks_between_the_looks():
    assert why(comparison(LOOKS[1] - 1, 1, 9)) == ""
    assert why(comparison(LOOKS[1], 1, 9)) == "settled"


def test_no_round_is_begun_that_would_end_after_the_budget():
    found = comparison(MIN_ROUNDS + 1, 1, 1.02)
    assert why(found, 298, 1) == ""
    assert why(found, 298, 3) == "budget"


def test_only_a_budget_that_was_asked_for_cuts_the_first_rounds():
    found = comparison(2, 1, 1.02)
    assert why(found, 400) == ""
    assert why(found, 400, firm=True) == "budget"


def test_one_round_is_done_whatever_the_budget():
    assert why(comparison(0, 1, 2), 400, firm=True) == ""
    assert why(comparison(1, 1, 2), 400, firm=True) == "budget"


def test_a_number_of_rounds_is_kept_whatever_is_told_apart():
    assert why(comparison(6, 1, 9, repeat=7, budget=None)) == ""
    assert why(comparison(7, 1, 1.01, repeat=7, budget=None)) == "rounds"
    assert why(comparison(6, 1, 9, repeat=7, budget=20), 20, firm=True) == "budget"


def test_when_all_have_failed_no_round_is_begun():
    found = comparison(0, 1, 2)
    for one in found.entrants:
        one.verdict = "failed"
    assert why(found) == "settled"


def test_a_single_one_gets_the_first_rounds():
    assert why(comparison(2, 1)) == ""
    assert why(comparison(MIN_ROUNDS, 1)) == "settled"


def test_going_on_asks_for_more_than_a_fixed_number_of_rounds():
    times = {"noise": 0.05}
    fixed = comparison(8, 1, 1.3, repeat=8, **times).judgement("crawl").pairs["s1/4/worker", "s0/4/worker"]
    going = comparison(8, 1, 1.3, **times).judgement("crawl").pairs["s1/4/worker", "s0/4/worker"]
    assert going.low < fixed.low < fixed.high < going.high
    assert going.ratio == fixed.ratio


def test_the_order_of_a_round_depends_on_the_seed_and_the_round_alone():
    names = list("abcdefgh")
    assert shuffled(names, 1, 1) == shuffled(names, 1, 1)
    assert sorted(shuffled(names, 1, 1)) == names
    orders = {"".join(shuffled(names, seed, number)) for seed in (1, 2) for number in range(1, 11)}
    assert len(orders) == 20


def test_the_order_favours_nobody():
    first = [shuffled(list("abcd"), 1, number)[0] for number in range(400)]
    assert all(70 < first.count(name) < 130 for name in "abcd")


def test_what_grows_all_the_time_favours_nobody():
    for seed in range(20):
        times, slow = {"a": [], "b": []}, iter(range(10))
        for number in range(1, 6):
            for name in shuffled(["a", "b"], seed, number):
                times[name].append(1.05 ** next(slow))
        assert judge(times).pairs["b", "a"].outcome == "open"


def test_what_is_open_is_named():
    assert still_open(comparison(3, 1, 1.02)) == ""
    assert still_open(comparison(5, 1, 9)) == ""
    assert set(still_open(comparison(5, 1, 1.02)).split(" and ")) == {"s0/4/worker", "s1/4/worker"}
    assert still_open(comparison(5, 1, 1.01, 1.02)) == "3 pairs"


def test_a_reader_is_told_how_to_tell_the_rest_apart():
    assert why_undecided(comparison(5, 1, 9)) == ""
    text = why_undecided(comparison(6, 1, 1.01, 1.02))
    assert text == (
        "3 pairs are not told apart by 6 rounds, in 5 min. More time (budget) can tell smaller differences."
    )
    stopped = why_undecided(comparison(6, 1, 1.01, 1.02, stopped="Ctrl-C"))
    assert "in 5 min" not in stopped  # it was not given them
    assert "More rounds (repeat)" in why_undecided(comparison(1, 1, 9, repeat=1, budget=None))


# ---- the rounds of a runner whose runs are made up


def compared(monkeypatch, tmp_path, seconds, **more):
    """What a runner finds whose runs take so long by name, None for one that fails; and what it told."""
    rng, told = random.Random(1), []

    def enter(self, one, number):
        told.append(f"{self._stage}: {one.name}")
        found = seconds(one.combination.strategy, number)
        if found is None:
            one.verdict, one.why = "failed", "it crashed"
        elif number:
            one.runs.append(replace(RUN, crawl=found * rng.lognormvariate(0, 0.01), round=number))

    monkeypatch.setattr(_Comparing, "_enter", enter)
    monkeypatch.setattr(_Comparing, "_baseline", lambda self: setattr(self._found, "reference", RUN))
    job = load("configs/demo.yaml")
    among = tuple(Combination(name, 4, "worker") for name in ("threads", "curl", "asyncio"))
    aim = Aim(RunSource("configs/demo.yaml"), job, among, among[0], **more)
    site = Site("", "site")
    return _Comparing(aim, site, told.append, tmp_path).all(), told


def test_it_goes_on_until_all_are_told_apart(monkeypatch, tmp_path):
    found, told = compared(monkeypatch, tmp_path, lambda name, n: {"threads": 1, "curl": 3, "asyncio": 9}[name])
    assert (found.stopped, found.rounds, found.budget) == ("settled", MIN_ROUNDS, 300)
    assert len(told) == 3 + 3 * MIN_ROUNDS
    assert [run.round for run in found.entrants[0].runs] == list(range(1, MIN_ROUNDS + 1))
    assert not any("round" in note for note in found.notes)
    orders = {tuple(line.split(": ")[1] for line in told[at : at + 3]) for at in range(3, len(told), 3)}
    assert len(orders) > 1


def test_the_progress_tells_what_is_open(monkeypatch, tmp_path):
    found, told = compared(monkeypatch, tmp_path, lambda name, n: {"threads": 1, "curl": 1, "asyncio": 9}[name])
    assert found.rounds > MIN_ROUNDS
    assert found.verdict()[0].startswith(("threads/4/worker and curl/4/worker are equal", "curl/4/worker and threads/"))
    assert told[3 + 3 * MIN_ROUNDS].startswith(f"round {MIN_ROUNDS + 1} to tell ")


def test_one_that_fails_leaves_the_race_and_the_others_go_on(monkeypatch, tmp_path):
    found, told = compared(
        monkeypatch, tmp_path, lambda name, n: None if (name, n) == ("curl", 3) else 1 + 8 * (name == "asyncio")
    )
    assert [one.name for one in found.ranked] == ["threads/4/worker", "asyncio/4/worker"]
    assert (found.entrants[1].verdict, len(found.entrants[1].runs)) == ("failed", 2)
    assert found.judgement("crawl").rounds == MIN_ROUNDS
    assert sum("curl" in line for line in told) == 1 + 3


def test_when_all_fail_it_ends(monkeypatch, tmp_path):
    found, told = compared(monkeypatch, tmp_path, lambda name, n: None)
    assert (found.rounds, len(told)) == (0, 3)
    assert found.verdict() == ["No combination gave the records of the baseline."]


def test_the_same_seed_gives_the_same_order(monkeypatch, tmp_path):
    def order(seed):
        return compared(monkeypatch, tmp_path, lambda name, n: 1, repeat=4, seed=seed)[1]

    assert order(1) == order(1) != order(2)
    assert order(1)[3].startswith("round 1 of 4: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--budget", "soon"], "--budget: expected a duration"),
        (["--matters", "some"], "--matters: expected a share"),
        (["--repeat", "201"], "--repeat"),
        (["--seed", "x"], "--seed"),
    ],
)
def test_wrong_options(arguments, message, capsys):
    assert main(["compare", "configs/demo.yaml", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_as_many_rounds_as_are_looked_at_can_be_asked_for(capsys):
    assert main(["compare", "configs/demo.yaml", "--repeat", str(LOOKS[-1]), "--workers", "0"]) == 2
    assert "--workers: expected numbers" in capsys.readouterr().err


def test_a_live_site_is_asked_for_a_number_of_rounds_that_is_told(tmp_path, capsys):
    job = write_job(tmp_path, "http://site.example")
    arguments = ["compare", str(job), "--strategies", "threads", "--set", "limits.pages=10000"]
    assert main(arguments) == 2
    assert f"{MIN_ROUNDS + 2} runs x" in capsys.readouterr().err
    assert main([*arguments, "--budget", "1h"]) == 2
    assert f"{MIN_ROUNDS + 2} runs x" in capsys.readouterr().err
