"""What is drawn of each lesson."""

from __future__ import annotations

from itertools import groupby

from crawler.lessons.drawing import Row, Span, curves, spans, stacked
from crawler.lessons.model import Lesson
from crawler.lessons.program import Printed, Program, ProgramLesson
from crawler.lessons.programs.map_and_apply import SECONDS

__all__ = ["arrivals", "counted", "fill", "lives", "pictures", "sold", "waited"]

PARTS = ("crawl", "start-up", "writing")


def pictures(lesson: Lesson | ProgramLesson, width: int) -> dict[str, str]:
    """SVGs of the given width by the names of their files; none where there are no figures."""
    it = lesson.experiment
    if not any(lesson.runs.values()):
        return {}
    if isinstance(it, Program):
        assert isinstance(lesson, ProgramLesson)
        return {it.number: it.draw(lesson, width)}
    assert isinstance(lesson, Lesson)
    found = {it.number: _times(lesson, width)}
    return {**found, f"{it.number}-throughput": _saturation(lesson, width)} if it.capacity else found


def _times(lesson: Lesson, width: int) -> str:
    """A bar for each variant, the median of its runs, and one for each figure of the course notes.

    The crawl stands first, though the start-up comes before it, so that crawls can be compared by their length.
    """
    rows: list[Row] = []
    for one in lesson.experiment.variants:
        times = [lesson.median(one.name, what) or 0.0 for what in ("crawl", "start_up", "close")]
        rows.append(Row(one.name, times))
        if one.notes is not None:
            rows.append(Row(f"{one.name}: course notes", [0.0, 0.0, 0.0, one.notes]))
    has_notes = any(one.notes is not None for one in lesson.experiment.variants)
    parts = (*PARTS, "course notes") if has_notes else PARTS
    return stacked(rows, parts, lesson.experiment.heading, "seconds", width)


def _saturation(lesson: Lesson, width: int) -> str:
    """Throughput by workers, beside what it would be without a limit."""
    it, points = lesson.experiment, []
    for one in it.variants:
        crawl = lesson.median(one.name, "crawl")
        if crawl:
            points.append((float(one.combination.workers), it.pages / crawl))
    most = max((workers for workers, _ in points), default=1.0)
    limit = it.capacity / it.latency
    ideal = [(1.0, 1 / it.latency), (float(it.capacity), limit), (most, limit)]
    series = {"measured": points, "by arithmetic": ideal}
    return curves(series, f"{it.heading}: throughput", ("workers", "pages a second"), width)


def _first(lesson: ProgramLesson, case: str) -> Printed:
    return next(iter(lesson.runs.get(case, [])), {})


def sold(lesson: ProgramLesson, width: int) -> str:
    """Share of the tickets that were sold, and what was sold beyond them."""
    rows = []
    for case in lesson.experiment.cases:
        share = 100 * (lesson.median(case, "sold") or 0.0) / (lesson.median(case, "tickets") or 1.0)
        rows.append(Row(case, [min(share, 100.0), max(share - 100.0, 0.0)]))
    parts = ("tickets sold", "sold though there were none")
    return stacked(rows, parts, lesson.experiment.heading, "% of the tickets", width)


def waited(lesson: ProgramLesson, width: int) -> str:
    """Seconds that were waited for the second lock."""
    rows = [Row(case, [lesson.median(case, "waited") or 0.0]) for case in lesson.experiment.cases]
    return stacked(rows, ("waiting for the second lock",), lesson.experiment.heading, "seconds", width)


def fill(lesson: ProgramLesson, width: int) -> str:
    """How many things were in the queue, over the time."""
    series = {case: _first(lesson, case).get("fill", []) for case in lesson.experiment.cases}
    known = {case: [(x, y) for x, y in points] for case, points in series.items() if points}
    return curves(known, lesson.experiment.heading, ("seconds", "things in the queue"), width, steps=True)


def counted(lesson: ProgramLesson, width: int) -> str:
    """How much of what was added has arrived."""
    rows = []
    for case in lesson.experiment.cases:
        found, added = lesson.median(case, "found") or 0.0, lesson.median(case, "added") or 0.0
        rows.append(Row(case, [found, added - found]))
    return stacked(rows, ("arrived", "lost"), lesson.experiment.heading, "additions", width)


def arrivals(lesson: ProgramLesson, width: int) -> str:
    """Of each task when it worked, and how long its result was kept back."""
    rows = {}
    for case in ("map", "apply_async"):
        for number, done, here in sorted(_first(lesson, case).get("done", [])):
            start = max(0.0, done - SECONDS[number])
            rows[f"{case}, task {number}"] = [Span(start, done, 0), Span(done, here, 1)]
    return spans(rows, ("works", "done, and its result is not here yet"), lesson.experiment.heading, "s", width)


LIVES = ("alive", "zombie", "alive, an orphan: it has another parent")


def lives(lesson: ProgramLesson, width: int) -> str:
    """Which process was in what state, and when."""
    rows = {}
    for case in lesson.experiment.cases:
        for name, seen in _first(lesson, case).get("seen", {}).items():
            rows[f"{case}: {name}"] = _states(seen)
    return spans(rows, LIVES, lesson.experiment.heading, "s", width)


def _states(seen: list[tuple[float, str, int]]) -> list[Span]:
    if not seen:
        return []
    own = next((parent for _, state, parent in seen if state), 0)
    found = []
    ends = [now for now, _, _ in seen[1:]] + [seen[-1][0]]
    kinds = [(None if not state else 1 if state == "Z" else 0 if parent == own else 2) for _, state, parent in seen]
    for kind, group in groupby(zip(kinds, seen, ends, strict=True), key=lambda each: each[0]):
        if kind is not None:
            these = list(group)
            found.append(Span(these[0][1][0], these[-1][2], kind))
    return found
