"""The table of a lesson as texts: what the page, the file and the terminal show alike."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from crawler.lessons.model import Lesson, Variant
from crawler.lessons.program import Column, Printed, ProgramLesson

__all__ = ["heads", "rows"]


def heads(lesson: Lesson | ProgramLesson) -> list[str]:
    """Headings of the columns."""
    if isinstance(lesson, ProgramLesson):
        return ["case", "runs", "course notes", *(column.head for column in lesson.experiment.columns)]
    latency = ["latency"] if lesson.experiment.capacity else []
    return ["variant", "runs", "course notes", "by arithmetic", "crawl", *latency, "start-up", "whole run", "CPU"]


def rows(lesson: Lesson | ProgramLesson, *, ranges: bool = True) -> list[list[str]]:
    """A row for each variant or case; with `ranges`, the lowest and the highest value in brackets."""
    if isinstance(lesson, ProgramLesson):
        return [_program_row(lesson, case, ranges) for case in lesson.experiment.cases]
    return [_crawl_row(lesson, one, ranges) for one in lesson.experiment.variants]


def _crawl_row(lesson: Lesson, variant: Variant, ranges: bool) -> list[str]:
    notes = "" if variant.notes is None else f"{variant.notes:.4g}"
    ideal = "" if variant.ideal is None else _sum(variant)
    runs = len(lesson.runs.get(variant.name, []))
    shown = ["crawl", *(["latency"] if lesson.experiment.capacity else []), "start_up", "whole"]
    times = [_seconds(lesson.values(variant.name, what), ranges) for what in shown]
    return [variant.name, str(runs), notes, ideal, *times, _seconds(lesson.values(variant.name, "cpu"), ranges=False)]


def _sum(variant: Variant) -> str:
    """`2 + 10 x 1 = 12`, or `1` alone."""
    result = f"{variant.ideal:.3g}"
    return result if variant.sum == result else f"{variant.sum} = {result}"


def _seconds(values: Sequence[float], ranges: bool) -> str:
    """The median, and the range where there are several; an empty text for no values."""
    if not values:
        return ""
    span = f" ({min(values):.2f} to {max(values):.2f})" if ranges and len(values) > 1 else ""
    return f"{statistics.median(values):.2f}{span}"


def _program_row(lesson: ProgramLesson, case: str, ranges: bool) -> list[str]:
    runs = lesson.runs.get(case, [])
    return [case, str(len(runs)), "", *(_cell(column, runs, ranges) for column in lesson.experiment.columns)]


def _cell(column: Column, runs: Sequence[Printed], ranges: bool) -> str:
    values: list[Any] = [value for run in runs if (value := run.get(column.what)) is not None]
    if not values:
        return ""
    if column.kind == "seconds":
        return _seconds(values, ranges)
    if column.kind == "yes":
        return _yes(values)
    if column.kind == "order":  # it may be another each time
        return " ".join(map(str, values[0]))
    if column.kind == "code":
        return ", ".join(map(str, dict.fromkeys(values)))
    span = f" ({min(values):,} to {max(values):,})" if ranges and len(set(values)) > 1 else ""
    return f"{statistics.median(values):,.0f}{span}"


def _yes(values: Sequence[bool]) -> str:
    said = {len(values): "yes", 0: "no"}
    return said.get(sum(values), f"in {sum(values)} of {len(values)} runs")
