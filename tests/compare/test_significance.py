import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.compare.significance import LOOKS, Judgement, judge, quantile, t_quantile
from tests.long import verdicts

seconds = st.floats(1e-4, 1e4)
samples = st.lists(seconds, min_size=1, max_size=8)


@st.composite
def tables(draw):
    """What 2 to 5 combinations took in 1 to 12 rounds."""
    rounds = draw(st.integers(1, 12))
    count = draw(st.integers(2, 5))
    return {f"c{n}": draw(st.lists(seconds, min_size=rounds, max_size=rounds)) for n in range(count)}


@st.composite
def unsteady(draw):
    """What 2 to 5 combinations took of which some are much less steady than others, and some a little slower."""
    rng = random.Random(draw(st.integers(0, 10**6)))
    rounds, count = draw(st.integers(5, 20)), draw(st.integers(2, 5))
    each = [(rng.choice([1, 1.05, 1.3]), rng.choice([0.005, 0.05, 0.3])) for _ in range(count)]
    return {f"c{n}": [off * rng.lognormvariate(0, sigma) for _ in range(rounds)] for n, (off, sigma) in enumerate(each)}


def same(a: Judgement, b: Judgement, names=lambda name: name):
    """Whether two judgements say the same of names that may have changed."""
    return all(
        (there := b.pairs[names(one), names(other)]).ratio == pytest.approx(pair.ratio)
        and there.low == pytest.approx(pair.low, rel=1e-6)
        and there.high == pytest.approx(pair.high, rel=1e-6)
        for (one, other), pair in a.pairs.items()
    )


# ---- laws


@given(tables(), st.randoms(use_true_random=False))
def test_names_and_their_order_do_not_matter(table, rng):
    found = judge(table)
    order = rng.sample(sorted(table), len(table))
    renamed = judge({f"x{name}": table[name] for name in order})
    assert same(found, renamed, "x{}".format)


@given(tables(), st.data())
def test_a_slow_round_does_not_matter(table, data):
    rounds = len(table["c0"])
    slow = data.draw(st.lists(st.floats(0.1, 10), min_size=rounds, max_size=rounds))
    slowed = {name: [a * b for a, b in zip(each, slow, strict=True)] for name, each in table.items()}
    assert same(judge(table), judge(slowed))


@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_rounds_does_not_matter(table, rng):
    order = rng.sample(range(len(table["c0"])), len(table["c0"]))
    assert same(judge(table), judge({name: [each[n] for n in order] for name, each in table.items()}))


@given(tables(), st.floats(0.01, 100))
def test_the_unit_does_not_matter(table, factor):
    found, scaled = judge(table), judge({name: [factor * value for value in each] for name, each in table.items()})
    assert same(found, scaled)
    for name in table:
        assert scaled.typical[name] == pytest.approx(factor * found.typical[name])


@given(tables())
def test_a_pair_turned_around_is_its_inverse(table):
    found = judge(table)
    turned = {"slower": "faster", "faster": "slower", "equal": "equal", "open": "open"}
    for (one, other), pair in found.pairs.items():
        back = found.pairs[other, one]
        assert back.ratio * pair.ratio == pytest.approx(1)
        assert back.outcome == turned[pair.outcome]
        assert pair.low <= pair.ratio <= pair.high
        if math.isfinite(pair.high) and back.low > 0:
            assert pair.high * back.low == pytest.approx(1)


@given(tables())
def test_order_ratios_and_outcomes_agree(table):
    found = judge(table)
    assert sorted(found.order) == sorted(table)
    assert found.leaders[0] == found.order[0]
    for place, better in enumerate(found.order):
        for worse in found.order[place + 1 :]:
            pair = found.pairs[worse, better]
            assert pair.ratio >= 1 - 1e-9
            assert pair.outcome != "faster"
            assert pair.ratio == pytest.approx(found.typical[worse] / found.typical[better])


@given(unsteady())
def test_the_leaders_are_those_than_which_none_is_faster(table):
    found = judge(table)
    for name in table:
        beaten_by = {one for one in table if one != name and found.pairs[name, one].outcome == "slower"}
        assert (name in found.leaders) == (not beaten_by)
        assert not beaten_by or beaten_by & set(found.leaders)


@given(unsteady())
def test_slower_than_one_that_is_slower_is_slower(table):
    pairs = judge(table).pairs
    slower = {pair for pair, beside in pairs.items() if beside.outcome == "slower"}
    assert all((a, d) in slower for a, b in slower for c, d in slower if b == c)


@given(tables(), st.data())
def test_a_run_far_off_may_as_well_be_farther(table, data):
    """With two combinations the slowest round is left out, so how slow it was changes nothing."""
    a, b = table["c0"] * 5, table["c1"] * 5
    ratios = [one / other for one, other in zip(a, b, strict=True)]
    far = ratios.index(max(ratios))
    before = judge({"a": a, "b": b})
    a[far] *= data.draw(st.floats(1, 100))
    after = judge({"a": a, "b": b})
    assert same(before, after)


@given(tables())
def test_more_looks_and_more_combinations_ask_for_more(table):
    once, often = judge(table, looks=1), judge(table, looks=10)
    alone = judge({name: table[name] for name in ("c0", "c1")})
    if math.isfinite(once.pairs["c0", "c1"].high):
        assert often.pairs["c0", "c1"].high >= once.pairs["c0", "c1"].high
    if len(table) == 2:
        assert same(once, alone)


# ---- cases


def test_one_slow_run_of_ten_does_not_turn_the_verdict():
    found = judge({"slower": [1.2] * 10, "faster": [1.0] * 9 + [4.0]})
    assert found.order == ("faster", "slower")
    assert found.leaders == ("faster",)
    assert found.pairs["slower", "faster"].ratio == pytest.approx(1.2)


def test_one_slow_run_of_ten_makes_no_difference():
    rng = random.Random(5)
    times = [[rng.lognormvariate(0, 0.01) for _ in range(20)] for _ in "ab"]
    times[1][3] = times[1][11] = 4.0
    assert judge({"a": times[0], "b": times[1]}).pairs["b", "a"].outcome == "equal"


def test_equal_is_said_only_of_what_surely_differs_by_less_than_matters():
    times = {"a": [1.0, 1.01, 0.99, 1.0, 1.01] * 4, "b": [1.02, 1.02, 1.02, 1.01, 1.03] * 4}
    assert judge(times, 0.05).pairs["b", "a"].outcome == "equal"
    assert judge(times, 0.01).pairs["b", "a"].outcome == "slower"
    few = {name: each[:5] for name, each in times.items()}
    assert judge(few, 0.03).pairs["b", "a"].outcome == "open"


def test_noise_between_rounds_hides_nothing():
    rng = random.Random(2)
    slow = [rng.lognormvariate(0, 0.3) for _ in range(10)]
    times = {name: [off * each * rng.lognormvariate(0, 0.02) for each in slow] for name, off in (("a", 1), ("b", 1.2))}
    assert judge(times).pairs["b", "a"].outcome == "slower"


@pytest.mark.parametrize("rounds", [1, 2])
def test_one_or_two_rounds_tell_nothing(rounds):
    found = judge({"a": [1.0] * rounds, "b": [100.0] * rounds})
    assert found.order == ("a", "b")
    assert found.leaders == ("a", "b")
    assert found.undecided == [("a", "b")]
    assert (found.pairs["b", "a"].as_json()["low"], found.pairs["b", "a"].as_json()["high"]) == (0, None)


def test_nothing_to_judge():
    assert judge({}) == Judgement()
    assert judge({"a": [2.0, 3.0, 2.5]}).typical["a"] == pytest.approx(2.5, rel=0.05)


def test_plain_data_has_each_pair_once_the_worse_beside_the_better():
    plain = judge({"a": [1.0, 1.1, 1.0], "b": [2.0, 2.1, 2.2], "c": [3.0, 3.0, 3.1]}).as_json()
    assert [(pair["name"], pair["beside"]) for pair in plain["pairs"]] == [("b", "a"), ("c", "a"), ("c", "b")]
    assert plain["order"] == ("a", "b", "c")
    assert plain["level"] == 0.95


# ---- by simulation; `python -m tests.long.verdicts` does all of it


@pytest.mark.parametrize("kind", verdicts.NOISE)
@pytest.mark.parametrize(("size", "rounds", "count"), [(4, 5, 300), (4, 20, 300), (8, 10, 150), (3, None, 80)])
def test_of_identical_combinations_nobody_is_called_slower(kind, size, rounds, count):
    assert verdicts.wrong(count, kind, size, rounds) <= 0.05


@pytest.mark.parametrize(("size", "rounds"), [(2, 2), (3, 3), (4, 3), (8, 4), (15, 5)])
def test_who_was_lucky_in_few_rounds_is_not_called_faster(size, rounds):
    assert verdicts.wrong(100, "two speeds", size, rounds) <= 0.05


def test_one_that_is_unsteady_does_not_hide_what_the_others_tell():
    rng = random.Random(3)
    sigmas = {"wild": 0.3, "a": 0.01, "b": 0.01}
    times = {name: [rng.lognormvariate(0.2 * (name == "b"), sigma) for _ in range(8)] for name, sigma in sigmas.items()}
    assert judge(times).pairs["b", "a"].outcome == "slower"


@pytest.mark.parametrize("kind", ["3 % noise", "15 % between rounds"])
@pytest.mark.parametrize("size", [2, 8])
def test_what_is_slower_is_found(kind, size):
    assert verdicts.found_slower(40, kind, size, 1.05) >= 0.9
    assert verdicts.found_slower(20, kind, size, 1.2) == 1


@pytest.mark.parametrize("rounds", [5, 10, None])
def test_with_outliers_the_slower_one_is_never_crowned(rounds):
    assert verdicts.crowned(150, "10 % outliers", 1.05, rounds) == 0


def test_the_looks_are_in_order():
    assert list(LOOKS) == sorted(set(LOOKS))


# ---- small parts


@pytest.mark.parametrize(
    ("share", "freedom", "value"),
    [
        (0.975, 1, 12.706), (0.975, 2, 4.303), (0.975, 5, 2.571), (0.9995, 3, 12.924), (0.9995, 30, 3.646),
        (0.995, 60, 2.660), (0.9, 120, 1.289), (0.95, 4, 2.132), (0.5, 7, 0.0),
    ],
)  # fmt: skip
def test_quantiles_of_t_are_those_of_the_tables(share, freedom, value):
    assert t_quantile(share, freedom) == pytest.approx(value, abs=5e-4)


@settings(max_examples=30)
@given(st.integers(1, 200), st.floats(0.5, 0.999999))
def test_quantiles_of_t_grow_with_the_share_and_shrink_with_freedom(freedom, share):
    assert t_quantile(share, freedom) <= t_quantile((1 + share) / 2, freedom)
    assert t_quantile(share, freedom) >= t_quantile(share, freedom + 1) - 1e-9


@given(samples, st.floats(0, 1))
def test_a_quantile_lies_within(values, share):
    values.sort()
    found = quantile(values, share)
    assert values[0] - 1e-9 <= found <= values[-1] * (1 + 1e-9)


def test_quantiles():
    assert quantile([], 0.5) == 0
    assert quantile([1, 2, 3, 4], 0.5) == 2.5
    assert quantile([1, 2, 3], 1) == 3
