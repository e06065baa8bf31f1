"""Rounds on a busy machine: they are repeated as long as that helps, and it is said what could not be avoided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from crawler.compare.noise import outliers, worst
from crawler.compare.outcome import Comparison, Entrant

__all__ = ["Repeats", "drop", "mark_outliers", "noise_notes", "set_aside"]


IN_A_ROW = 3
"""Repeats of a round after which the machine is taken to stay as busy as it is."""


class Repeats:
    """Decides which rounds are repeated: those with a busy machine, if it has been quiet before and may be again."""

    def __init__(self) -> None:
        self._in_a_row = 0

    def wants(self, entrants: Sequence[Entrant], number: int) -> bool:
        """Whether a round is to be repeated."""
        if worst(run.noise for one in entrants for run in one.runs if run.round == number) is None:
            self._in_a_row = 0
            return False
        if self._in_a_row >= IN_A_ROW or not any(map(_was_quiet, entrants)):
            return False
        self._in_a_row += 1
        return True


def _was_quiet(one: Entrant) -> bool:
    runs = (*one.runs, *one.set_aside, *filter(None, [one.warm_up]))
    return any(run.noise is not None and not run.noise.is_bad for run in runs)


def set_aside(entrants: Sequence[Entrant], number: int) -> None:
    """Let the runs of a round count no more; they are kept."""
    for one in entrants:
        one.set_aside += [run for run in one.runs if run.round == number]
    drop(entrants, number)


def drop(entrants: Sequence[Entrant], number: int) -> None:
    """Forget the runs of a round that did not come to its end."""
    for one in entrants:
        one.runs = [run for run in one.runs if run.round != number]


def mark_outliers(found: Comparison) -> None:
    """Mark runs that are far from the others of their combination; they count all the same."""
    each = {one.name: {run.round: run.seconds_a_page for run in one.runs} for one in found.entrants}
    for name, number, times in outliers(each, found.matters):
        one = next(one for one in found.entrants if one.name == name)
        one.runs = [replace(run, outlier=times) if run.round == number else run for run in one.runs]


def noise_notes(found: Comparison) -> Iterator[str]:
    """What a reader must know of noise, one sentence each."""
    if found.stopped == "Ctrl-C":
        yield f"Stopped before the end: {found.rounds} {'round was' if found.rounds == 1 else 'rounds were'} complete."
    aside = [run for one in found.entrants for run in one.set_aside]
    if (noise := worst(run.noise for run in aside)) is not None:
        rounds = {run.round for run in aside}
        times = max(sum(run.round == number for run in one.set_aside) for one in found.entrants for number in rounds)
        often = f", up to {times} times each" if times > 1 else ""
        what = "1 round was" if len(rounds) == 1 else f"{len(rounds)} rounds were"
        yield f"{what} repeated{often}, because the machine was busy: {noise.why}."
    odd = [(one.name, run) for one in found.entrants for run in one.runs if run.outlier]
    if odd:
        named = ", ".join(f"{name} in round {run.round} ({run.outlier:.2f} times its usual time)" for name, run in odd)
        yield f"Outliers, which count all the same: {named}."
    runs = [run for one in found.entrants for run in one.runs]
    if runs and all(run.noise is None for run in runs):
        yield (
            "What other processes did meanwhile is not known here: it can be told on Linux only, and where the site is "
            "not served by another process of this machine."
        )
    several = {one.name: one.runs[0].crawls for one in found.entrants if one.runs and one.runs[0].crawls > 1}
    if several:
        named = ", ".join(f"{name} {number}" for name, number in several.items())
        yield f"Crawls of under half a second are done several times for each run, each in a fresh process: {named}."
