"""The plot of an experiment as an SVG file of its own, which Markdown can show."""

from __future__ import annotations

from crawler.compare.lessons_model import Lesson
from crawler.compare.svg import Bar, bars

__all__ = ["plot"]

WIDTH = 760
PARTS = ("crawl", "start-up", "writing", "the notes")
STYLE = """<style>
:root { --ink: #1c2127; --soft: #5b6570; --p0: #2a6fbb; --p1: #b4bdc7; --p2: #2e8b57; --p3: #d9730d; --page: #fff; }
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6e9ed; --soft: #9aa5b1; --page: #1d2127;
    --p0: #6aaaf0; --p1: #6b7683; --p2: #63c58f; --p3: #f59e50;
  }
}
svg { font: 12px system-ui, sans-serif; background: var(--page); }
text { fill: var(--ink); } text.value { fill: var(--soft); }
.part0 { fill: var(--p0); } .part1 { fill: var(--p1); } .part2 { fill: var(--p2); } .part3 { fill: var(--p3); }
</style>"""


def plot(lesson: Lesson) -> str:
    """A bar for each variant, the median of its runs, and one for each figure of the notes.

    The crawl stands first, though the start-up comes before it, so that crawls can be compared by their length.
    """
    rows: list[Bar] = []
    for one in lesson.experiment.variants:
        times = [lesson.median(one.name, what) or 0.0 for what in ("crawl", "start_up", "close")]
        rows.append(Bar(one.name, times))
        if one.notes is not None:
            rows.append(Bar("in the notes", [0.0, 0.0, 0.0, one.notes]))
    has_notes = any(one.notes is not None for one in lesson.experiment.variants)
    inline = bars(rows, lesson.experiment.heading, "seconds", WIDTH, PARTS if has_notes else PARTS[:3])
    head, _, body = inline.partition(">")
    named = head.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" ', 1)
    return f"{named}>\n{STYLE}\n{body.lstrip()}\n"
