"""lessons.html: one page with everything in it, in light and dark; no scripts, nothing from the network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from crawler.compare.reports import html_page
from crawler.lessons import drawing
from crawler.lessons.lessons import Lessons
from crawler.lessons.listing import listings
from crawler.lessons.markdown import INTRODUCTION, TITLE, setting_of
from crawler.lessons.model import Lesson
from crawler.lessons.pictures import pictures
from crawler.lessons.program import ProgramLesson
from crawler.lessons.tables import heads, rows

__all__ = ["as_page"]


WIDE, NARROW = 760, 330
"""Pixels: of the plots beside one another in the page, of which a window shows one. Text is never made smaller."""

STYLE = """
figure svg { width: auto; max-width: 100%; }
.narrow { display: none; }
@media (max-width: 800px) { .wide-plot { display: none; } .narrow { display: block; } }
@media (max-width: 480px) { main { padding: 16px 12px 40px; } .card, figure { padding: 10px 12px; } }
pre { overflow-x: auto; background: var(--page); border: 1px solid var(--line); border-radius: 6px; padding: 10px; }
pre code { border: 0; padding: 0; background: none; overflow-wrap: normal; white-space: pre; }
summary { cursor: pointer; margin: 10px 0; }
.good { color: var(--good); } .bad { color: var(--bad); }
.short td, .short th { text-align: left; white-space: normal; }
.short th:first-child { min-width: 0; width: 3em; }
a { color: var(--k0); }
@media (max-width: 600px) {
  .rows tr:first-child { display: none; }
  .rows th, .rows td { display: block; text-align: left; border-top: 0; padding: 2px 10px; white-space: normal; }
  .rows th { border-top: 1px solid var(--line); padding-top: 8px; position: static; }
  .rows td:empty { display: none; }
  .rows td::before { content: attr(data-head) ": "; color: var(--soft); }
}
"""
OUTCOMES = {"reproduced": "good", "not reproduced": "bad", "no result": "bad"}


def as_page(found: Lessons) -> str:
    """The whole page."""
    setting = "".join(f"<li>{escape(label)}: {escape(value)}</li>" for label, value in setting_of(found).items())
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in found.notes)
    parts = [
        f"<h1>{escape(TITLE)}</h1>",
        _introduction(),
        f'<section class="card"><ul>{setting}</ul>{notes}</section>',
        _in_short(found),
        *map(_lesson, found.lessons),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" '
        f'content="light dark"><title>{escape(TITLE)}</title>\n'
        f"<style>{html_page.STYLE}{drawing.STYLE}{STYLE}</style></head>\n<body><main>\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )


def _introduction() -> str:
    """The text of lessons.md, whose marks are few."""
    first, second, *points = INTRODUCTION.strip().replace("\n  ", " ").split("\n\n")
    items = "".join(f"<li>{_marked(point[2:])}</li>" for point in "\n".join(points).splitlines())
    return f"<p>{_marked(first)}</p><details><summary>{_marked(second)}</summary><ul>{items}</ul></details>"


def _marked(text: str) -> str:
    """Markdown's bold, italics and code as HTML."""
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(text, quote=False))
    text = re.sub(r"\*(.+?)\*", r"<i>\1</i>", text)
    return re.sub(r"`(.+?)`", r"<code>\1</code>", text)


def _in_short(found: Lessons) -> str:
    lines = [
        f'<tr><th><a href="#l{escape(one.experiment.number)}">{escape(one.experiment.number)}</a></th>'
        f'<td>{escape(one.experiment.title)}</td><td class="{OUTCOMES.get(one.outcome, "")}">{one.outcome}</td></tr>'
        for one in found.lessons
    ]
    head = "<tr><th></th><th>lesson</th><th>what the course notes teach is</th></tr>"
    return f'<h2>In short</h2><div class="wide"><table class="short">{head}{"".join(lines)}</table></div>'


def _lesson(lesson: Lesson | ProgramLesson) -> str:
    it = lesson.experiment
    head, _, rest = lesson.verdict().partition(". ")
    code = "".join(
        f'<p class="small">{_marked(each.caption)}</p><pre><code>{escape(each.text)}</code></pre>'
        for each in listings(lesson)
    )
    return "\n".join(
        [
            f'<h2 id="l{escape(it.number)}">{escape(it.heading)}</h2>',
            f"<p>{_marked(it.setup)}</p>",
            f'<p><b class="{OUTCOMES.get(lesson.outcome, "")}">{escape(head)}.</b> {escape(rest)}</p>',
            f"<p><b>Why:</b> {_marked(it.why)}</p>",
            *_plots(pictures(lesson, WIDE), pictures(lesson, NARROW)),
            _table(lesson),
            f'<p class="small">{_marked(it.unlike)}</p>',
            f"<details><summary>The code that ran</summary>{code}</details>",
        ]
    )


def _plots(wide: Mapping[str, str], narrow: Mapping[str, str]) -> list[str]:
    return [
        f'<figure><div class="wide-plot">{_sized(wide[name], WIDE)}</div>'
        f'<div class="narrow">{_sized(narrow[name], NARROW)}</div></figure>'
        for name in wide
    ]


def _sized(svg: str, width: int) -> str:
    return svg.replace("<svg ", f'<svg width="{width}" ', 1)


def _table(lesson: Lesson | ProgramLesson) -> str:
    """In a narrow window each row becomes a list, with the headings before the values."""
    names = heads(lesson)
    lines = ["".join(f"<th>{escape(text)}</th>" for text in names)]
    for name, *cells in rows(lesson):
        values = zip(names[1:], cells, strict=True)
        texts = "".join(f'<td data-head="{escape(head)}">{escape(cell)}</td>' for head, cell in values)
        lines.append(f"<th>{escape(name)}</th>{texts}")
    return f'<div class="wide"><table class="rows">{"".join(f"<tr>{line}</tr>" for line in lines)}</table></div>'
