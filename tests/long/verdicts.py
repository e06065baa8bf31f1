"""How often a verdict is wrong, and how soon a difference is found, by simulation: `python -m tests.long.verdicts`.

Times of made-up combinations go to the judgement of a comparison as measured ones would. The tables are in percent of
1,000 comparisons, or of another number that is given; the second is of a quarter of them. Takes about five minutes on a
quiet machine. The exit code is 1 where a figure is worse than what docs/compare.md promises.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from random import Random

from crawler.compare.significance import LOOKS, Judgement, judge

SIZES, ROUNDS = (2, 4, 8, 15), (5, 10, 20)
BUDGET = 40  # rounds
MAX_WRONG, MIN_FOUND = 0.05, 0.90

Times = dict[str, list[float]]
Draw = Callable[[Random, int], float]  # how many times as long a run takes, of the combination with this number


def normal(rng: Random, number: int) -> float:
    """3 % on both sides."""
    return rng.lognormvariate(0, 0.03)


def skewed(rng: Random, number: int) -> float:
    """Mostly near the least, sometimes far above it: as times of a busy machine are."""
    return 1 + rng.lognormvariate(-3.5, 1.2)


def outliers(rng: Random, number: int) -> float:
    """One run of ten takes 1.2 to 4 times as long."""
    return normal(rng, number) * (rng.uniform(1.2, 4) if rng.random() < 0.1 else 1)


def unsteady(rng: Random, number: int) -> float:
    """The first has five times the noise of the others."""
    return rng.lognormvariate(0, 0.03 if number else 0.15)


def jumping(rng: Random, number: int) -> float:
    """Half of the runs take 1.3 times as long, as where a processor has cores of two kinds."""
    return rng.lognormvariate(0, 0.01) * rng.choice([1, 1.3])


NOISE: dict[str, tuple[Draw, float]] = {  # of a run, and of a round
    "3 % noise": (normal, 0.0),
    "15 % between rounds": (normal, 0.15),
    "skewed": (skewed, 0.0),
    "10 % outliers": (outliers, 0.0),
    "one is unsteady": (unsteady, 0.0),
    "two speeds": (jumping, 0.0),
}


def times(rng: Random, kind: str, effects: list[float], rounds: int) -> Times:
    """What each combination takes in each round; the effects are how many times as long as the first."""
    draw, between = NOISE[kind]
    slow = [rng.lognormvariate(0, between) for _ in range(rounds)]
    return {f"c{n}": [effect * each * draw(rng, n) for each in slow] for n, effect in enumerate(effects)}


def fixed(rng: Random, kind: str, effects: list[float], rounds: int) -> Judgement:
    """As with `--repeat`."""
    return judge(times(rng, kind, effects, rounds))


def going_on(rng: Random, kind: str, effects: list[float], rounds: int = BUDGET) -> Judgement:
    """As without: until all is settled, or the budget is over."""
    all_times = times(rng, kind, effects, rounds)
    for done in [*(look for look in LOOKS if look < rounds), rounds]:
        found = judge({name: each[:done] for name, each in all_times.items()}, looks=len(LOOKS))
        if not found.undecided:
            break
    return found


def is_anyone_slower(found: Judgement) -> bool:
    return any(pair.outcome == "slower" for pair in found.pairs.values())


def share(count: int, trial: Callable[[Random], bool], seed: int = 17) -> float:
    """Of so many seeded trials, how many say yes."""
    return sum(trial(Random(f"{seed}/{number}")) for number in range(count)) / count


def wrong(count: int, kind: str, size: int, rounds: int | None) -> float:
    """Share of comparisons of identical combinations in which somebody is called slower; None to go on."""
    same = [1.0] * size
    if rounds is None:
        return share(count, lambda rng: is_anyone_slower(going_on(rng, kind, same)))
    return share(count, lambda rng: is_anyone_slower(fixed(rng, kind, same, rounds)))


def found_slower(count: int, kind: str, size: int, effect: float, rounds: int = BUDGET) -> float:
    """Share of comparisons in which the only one that is slower is called slower than the first."""
    effects = [1.0] * (size - 1) + [effect]
    last = f"c{size - 1}"

    def trial(rng: Random) -> bool:
        return going_on(rng, kind, effects, rounds).pairs[last, "c0"].outcome == "slower"

    return share(count, trial)


def crowned(count: int, kind: str, effect: float, rounds: int | None) -> float:
    """Share of comparisons of two in which the slower one is called faster."""

    def trial(rng: Random) -> bool:
        effects = [1.0, effect]
        found = fixed(rng, kind, effects, rounds) if rounds else going_on(rng, kind, effects)
        return found.pairs["c1", "c0"].outcome == "faster"

    return share(count, trial)


def main(count: int) -> int:
    good = []
    print(f"Identical combinations: somebody is called slower, % of {count:,} comparisons (at most 5 promised)")
    columns = [*ROUNDS, None]
    line("noise", "combinations", *(f"{rounds} rounds" if rounds else "goes on" for rounds in columns))
    for kind in NOISE:
        for size in SIZES:
            shares = [wrong(count, kind, size, rounds) for rounds in columns]
            good += [each <= MAX_WRONG for each in shares]
            line(kind, size, *map(percent, shares))
    print(f"\nOne is slower: found within {BUDGET} rounds, % (at least 90 for 5 %, all for 20 %, with 3 % noise)")
    line("noise", "combinations", "5 % slower", "20 % slower")
    for kind in NOISE:
        for size in SIZES:
            shares = [found_slower(count // 4, kind, size, effect) for effect in (1.05, 1.2)]
            if kind in ("3 % noise", "15 % between rounds"):
                good += [shares[0] >= MIN_FOUND, shares[1] == 1]
            line(kind, size, *map(percent, shares))
    print("\nTwo, one of them slower: the slower one is called faster, % (never with 10 % outliers, else at most 5)")
    line("noise", "slower by", *(f"{rounds} rounds" if rounds else "goes on" for rounds in columns))
    for kind in NOISE:
        for effect in (1.05, 1.2):
            shares = [crowned(count, kind, effect, rounds) for rounds in columns]
            good += [each <= (0 if kind == "10 % outliers" else MAX_WRONG) for each in shares]
            line(kind, f"{effect - 1:.0%}", *map(percent, shares))
    print("\nNine runs of 1.0 and one of 4.0 beside ten of 1.2")
    pair = judge({"a": [1.0] * 9 + [4.0], "b": [1.2] * 10}).pairs["b", "a"]
    good.append(pair.outcome == "slower")
    print(f"the one of 1.2 is {pair.outcome}: {pair} times")
    print("\nall as promised" if all(good) else f"\n{good.count(False)} figures are worse than promised")
    return 0 if all(good) else 1


def percent(value: float) -> str:
    return f"{100 * value:.1f}"


def line(first: str, *cells: object) -> None:
    print(f"{first:22}" + "".join(f"{cell!s:>14}" for cell in cells), flush=True)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
