"""When a comparison begins another round, and in which order the combinations run in it."""

import random
from dataclasses import replace

import pytest

from crawler.cli.main import main
from crawler.compare.outcome import Comparison, Entrant
from crawler.compare.rounds import MIN_ROUNDS, shuffled, still_open, why_to_stop, why_undecided
from crawler.compare.significance import LOOKS
from crawler.compare.task import Combination
from tests.compare.test_outcome import RUN


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


def test_fewer_looks_are_stricter_no_more_than_those_of_a_fixed_number():
    times = {"noise": 0.05}
    fixed = comparison(8, 1, 1.3, repeat=8, **times).judgement("crawl").pairs["s1/4/worker", "s0/4/worker"]
    going = comparison(8, 1, 1.3, **times).judgement("crawl").pairs["s1/4/worker", "s0/4/worker"]
    assert going.low < fixed.low < fixed.high < going.high
    assert going.ratio == fixed.ratio


def test_the_order_of_a_round_depends_on_the_seed_and_the_round_alone():
    names = list("abcdefgh")
    assert shuffled(names, 1, 1) == shuffled(names, 1, 1)
    assert sorted(shuffled(names, 1, 1)) == names
    orders = {"".join(shuffled(names, seed, number)) for seed in (1, 2) for number in range(10)}
    assert len(orders) == 20


def test_the_order_favours_nobody():
    first = [shuffled(list("abcd"), 1, number)[0] for number in range(400)]
    assert all(70 < first.count(name) < 130 for name in "abcd")


def test_what_is_open_is_named():
    assert still_open(comparison(3, 1, 1.02)) == ""
    assert still_open(comparison(5, 1, 9)) == ""
    assert set(still_open(comparison(5, 1, 1.02)).split(" and ")) == {"s0/4/worker", "s1/4/worker"}
    assert still_open(comparison(5, 1, 1.01, 1.02)) == "3 pairs"


def test_a_reader_is_told_how_to_tell_the_rest_apart():
    assert why_undecided(comparison(5, 1, 9)) == ""
    text = why_undecided(comparison(6, 1, 1.01, 1.02))
    assert text == (
        "3 pairs are not told apart by 6 rounds, in 5 min. More time can tell smaller differences: raise --budget."
    )
    assert "raise --repeat" in why_undecided(comparison(1, 1, 9, repeat=1, budget=None))


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
