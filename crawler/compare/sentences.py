"""A judgement in one sentence with a subject: `threads and curl are equal; both are 6 times faster than serial`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from crawler.compare.significance import Judgement

__all__ = ["all_alike", "listed", "sentence", "times"]

_MAX_NAMES = 4  # in one list; the rest is a number
_MAX_RATIOS = 3  # in one sentence; of more, the next best and the last


def sentence(found: Judgement, what: str) -> str:
    """Who is best and by how much, as far as that can be said.

    Args:
        found: of two combinations or more.
        what: `crawl`, `whole` or `cpu`, as for Comparison.judgement.
    """
    text = _cpu(found) if what == "cpu" else _speed(found)
    return f"Start-up and outputs included, {text}." if what == "whole" else f"{text}."


def all_alike(found: Mapping[str, Judgement]) -> str:
    """One sentence where nobody is best in anything, instead of one for each quantity; "" where somebody is."""
    first, words = found["crawl"], {_alike(each) for each in found.values()}
    if len(words) > 1 or any(set(each.leaders) != set(first.order) for each in found.values()):
        return ""
    named = {"crawl": "the crawl", "whole": "the whole run", "cpu": "CPU a page"}
    return f"{listed(first.order)} are {words.pop()} in {_joined([named[what] for what in found])}."


def _speed(found: Judgement) -> str:
    leaders, below, beside = found.leaders, *_others(found)
    faster = [f"{times(_least(found, name))} times faster than {name}" for name in _some(below)]
    clauses = []
    if len(leaders) == 1:
        clauses.append(f"{leaders[0]} is {_joined(faster)}")
    else:
        clauses.append(f"{listed(leaders)} are {_alike(found)}")
        clauses += [f"{'both' if len(leaders) == 2 else 'all'} are {_joined(faster)}"] if faster else []
    for best, slower in _by_the_best_before(found, _some(beside)).items():
        faster = [f"{times(found.pairs[name, best].ratio)} times faster than {name}" for name in slower]
        clauses.append(f"{best} is {_joined(faster)}")
    return "; ".join(clauses)


def _cpu(found: Judgement) -> str:
    leaders, below, beside = found.leaders, *_others(found)
    if len(leaders) == 1:
        head = f"{leaders[0]} takes the least CPU a page"
    else:
        head = f"{listed(leaders)} are {_alike(found)} in CPU a page"
    more = _as_much({name: _least(found, name) for name in _some(below)})
    for best, worse in _by_the_best_before(found, _some(beside)).items():
        more += _as_much({name: found.pairs[name, best].ratio for name in worse}, f" as {best}")
    return "; ".join([head, *more])


def _as_much(ratios: Mapping[str, float], than: str = "") -> list[str]:
    """`c takes 2 times as much, d 3 times and e 4 times`."""
    texts: list[str] = []
    for name, ratio in ratios.items():
        texts.append(f"{name} {times(ratio)} times" if texts else f"{name} takes {times(ratio)} times as much{than}")
    return [_joined(texts)] if texts else []


def _others(found: Judgement) -> tuple[list[str], list[str]]:
    """Those that are slower than every leader, and those that are slower than some leaders only."""
    rest = [name for name in found.order if name not in found.leaders]
    below = [name for name in rest if all(found.pairs[name, one].outcome == "slower" for one in found.leaders)]
    return below, [name for name in rest if name not in below]


def _by_the_best_before(found: Judgement, names: Sequence[str]) -> dict[str, list[str]]:
    """Names that are slower than some leaders only, under the best of those that are faster."""
    by: dict[str, list[str]] = {}
    for name in names:
        best = next(one for one in found.leaders if found.pairs[name, one].outcome == "slower")
        by.setdefault(best, []).append(name)
    return by


def _alike(found: Judgement) -> str:
    """Equal only where each pair is: that no difference was seen does not say that there is none."""
    outcomes = {found.pairs[pair].outcome for pair in combinations(found.leaders, 2)}
    return "equal" if outcomes == {"equal"} else "not told apart"


def _least(found: Judgement, name: str) -> float:
    """How many times as much it takes as a leader, at least."""
    return min(found.pairs[name, one].ratio for one in found.leaders)


def _some(names: Sequence[str]) -> Sequence[str]:
    return names if len(names) <= _MAX_RATIOS else (names[0], names[-1])


def times(ratio: float) -> str:
    """`1.05`, `1.4`, `6`, `12`, `250`: as many digits as a reader needs."""
    if ratio >= 99.5:
        return f"{ratio:,.0f}"
    return f"{ratio:.2g}" if ratio >= 1.995 else f"{ratio:.2f}".rstrip("0").rstrip(".")


def listed(names: Sequence[str]) -> str:
    """`a, b and c`; of a long list the first, and how many others."""
    if len(names) > _MAX_NAMES:
        names = [*names[: _MAX_NAMES - 1], f"{len(names) - _MAX_NAMES + 1} others"]
    return _joined(names)


def _joined(texts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))
