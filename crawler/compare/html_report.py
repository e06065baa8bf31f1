"""report.html: one page with everything in it, in light and dark; no scripts, nothing from the network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from crawler.compare import svg
from crawler.compare.markdown import COLUMNS, NOTE, figure
from crawler.compare.outcome import Comparison, Entrant, Run
from crawler.compare.records import STEPS
from crawler.compare.significance import quantile

__all__ = ["STYLE", "as_page"]


STYLE = """
:root {
  --page: #f6f7f9; --card: #ffffff; --ink: #1c2127; --soft: #5b6570; --line: #dfe3e8;
  --good: #1a7f37; --bad: #b42318;
  --c0: #2a6fbb; --c1: #d9730d; --c2: #2e8b57; --c3: #b5479d;
  --c4: #1495a8; --c5: #8c5a2b; --c6: #c83c3c; --c7: #6a5acd;
  --p0: #9aa5b1; --p1: #2a6fbb; --p2: #e0a030;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1d2127; --ink: #e6e9ed; --soft: #9aa5b1; --line: #343b44;
    --good: #5fc27e; --bad: #ff8a80;
    --c0: #6aaaf0; --c1: #f59e50; --c2: #63c58f; --c3: #df84cc;
    --c4: #4cc4d6; --c5: #c59468; --c6: #f07c7c; --c7: #a79bff;
    --p0: #6b7683; --p1: #6aaaf0; --p2: #e8b860;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1020px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 26px; margin: 0 0 4px; }
h2 { font-size: 19px; margin: 32px 0 10px; }
.small { color: var(--soft); font-size: 13px; }
.card, figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.card, figure { padding: 14px 18px; margin: 14px 0; }
.card p { margin: 6px 0; }
.card ul { margin: 6px 0; padding-left: 20px; }
.lead { font-size: 17px; font-weight: 600; }
.bad { color: var(--bad); }
.note { color: var(--soft); }
code { background: var(--page); border: 1px solid var(--line); border-radius: 4px; }
code { padding: 1px 5px; font-size: 13px; overflow-wrap: anywhere; }
figcaption { margin-bottom: 8px; }
.halves { display: grid; grid-template-columns: 1fr 1fr; gap: 14px; }
.halves figure { margin: 0; }
@media (max-width: 800px) { .halves { grid-template-columns: 1fr; } }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); }
svg text.axis, svg text.value { fill: var(--soft); }
svg .grid { stroke: var(--line); }
svg .median { fill: var(--card); }
svg .part0 { fill: var(--p0); } svg .part1 { fill: var(--p1); } svg .part2 { fill: var(--p2); }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: 6px 10px; text-align: right; white-space: nowrap; border-top: 1px solid var(--line); }
tr:first-child th { border-top: 0; color: var(--soft); font-weight: 600; }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--card); }
.leader th:first-child { color: var(--good); }
"""


def as_page(found: Comparison) -> str:
    """The whole page."""
    title = f"{escape(found.job)}: which strategy?"
    parts = [f"<h1>{title}</h1>", _setting(found), _verdict(found), _advice(found)]
    if found.ranked:
        parts += [*_plots(found), "<h2>Figures</h2>", _table(found), f'<p class="small">{escape(NOTE)}</p>']
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" '
        f'content="light dark"><title>{title}</title>\n<style>{STYLE}</style></head>\n<body><main>\n'
        + "\n".join(filter(None, parts))
        + "\n</main></body></html>\n"
    )


def _setting(found: Comparison) -> str:
    values = [
        found.site,
        found.runs_each,
        f"baseline {found.baseline.name}",
        f"crawler {found.setting['crawler']}",
    ]
    values += [value for label, value in found.setting.items() if label != "crawler"]
    return f'<p class="small">{escape(" · ".join([*values, found.started]))}</p>'


def _verdict(found: Comparison) -> str:
    first, *rest = found.verdict()
    lines = [f'<section class="card"><p class="lead">{escape(first)}</p>']
    if rest:
        lines.append("<ul>" + "".join(f"<li>{escape(text)}</li>" for text in rest) + "</ul>")
    for one in found.unranked:
        example = f"<br><code>{escape(one.difference.example)}</code>" if one.difference else ""
        lines.append(
            f'<p class="bad"><b>{escape(one.name)}: {one.verdict}</b>, so not ranked: {escape(one.why)}{example}</p>'
        )
    lines += [f'<p class="note">{escape(text)}</p>' for text in found.notes]
    return "\n".join([*lines, "</section>"])


def _advice(found: Comparison) -> str:
    if found.advice is None:
        return ""
    advice = found.advice
    others = f" As well: {escape(', '.join(advice.others))}." if advice.others else ""
    sums = "".join(f"<li>{escape(text)}</li>" for text in advice.sums)
    return (
        f'<h2>What limits it</h2><section class="card"><p class="lead">{escape(advice.says)}</p><ul>{sums}</ul>'
        f"<p>Use <code>{escape(advice.flags)}</code>.{others}</p></section>"
    )


# ---- plots


def _plots(found: Comparison) -> list[str]:
    colours = {name: number for number, name in enumerate(found.by_workers())}
    parts = []
    series = [svg.Line(name, _points(found, name), colours[name]) for name in found.by_workers()]
    if any(len(one.points) > 1 for one in series):
        parts.append(_plot("Speed by workers", svg.lines(series, "Speed by workers", "workers", "pages/s")))
    rows = [(one, colours[_family(one)]) for one in found.ranked]
    parts.append(_plot("Speed", _bars(rows, "pages_a_second", 1, "pages/s", 940), "pages/s, median"))
    halves = [
        _plot("CPU", _bars(rows, "cpu_a_page", 1000, "ms"), "ms a page, of all processes, median"),
        _plot("Memory", _bars(rows, "memory", 1e-6, "MB"), "highest MB of all processes, median"),
    ]
    parts.append(f'<div class="halves">{"".join(filter(None, halves))}</div>')
    stacked = [
        svg.Bar(one.name, [one.median(part) or 0.0 for part in ("start_up", "crawl", "close")]) for one, _ in rows
    ]
    times = svg.bars(stacked, "Where the time goes", "s", 940, ("start-up", "crawl", "close"))
    parts.append(_plot("Where the time goes", times, "seconds of the clock, medians"))
    latency = svg.ranges([svg.Range(one.name, _steps(one.runs), colour) for one, colour in rows], "Latency", "ms")
    about = "ms from sending to the last byte: median (dot), 25 to 75 % (thick), 5 to 95 % (thin), 99 % (stroke)"
    return [*filter(None, parts), _plot("Latency", latency, about)]


def _plot(title: str, drawing: str, about: str = "") -> str:
    if not drawing:
        return ""
    more = f' <span class="small">{escape(about)}</span>' if about else ""
    return f"<figure><figcaption><b>{escape(title)}</b>{more}</figcaption>{drawing}</figure>"


def _family(one: Entrant) -> str:
    return one.combination.family


def _points(found: Comparison, family: str) -> dict[int, tuple[float, float]]:
    points = {}
    for one in found.ranked:
        if _family(one) == family:
            points[one.combination.workers] = found.speed(one), 0.0
    return points


def _bars(rows: Sequence[tuple[Entrant, int]], what: str, scale: float, unit: str, width: int = 460) -> str:
    known = [(one.name, one.median(what), colour) for one, colour in rows]
    made = [svg.Bar(name, [median * scale], colour) for name, median, colour in known if median is not None]
    return svg.bars(made, what, unit, width) if made else ""


def _steps(runs: Sequence[Run]) -> list[float]:
    """Of the runs together; the mean of their quantiles, in ms."""
    means = [sum(run.latency[step] for run in runs) / len(runs) for step in range(STEPS + 1)]
    p99 = sum(run.p99 for run in runs) / len(runs)
    return [1000 * value for value in (*(quantile(means, share) for share in (0.05, 0.25, 0.5, 0.75, 0.95)), p99)]


# ---- the table


def _table(found: Comparison) -> str:
    columns = [each for each in COLUMNS if any(each.value(found, one) is not None for one in found.ranked)]
    heads = "".join(f"<th>{escape(each.head)}</th>" for each in columns)
    rows = []
    for one in found.ranked:
        values = [each.value(found, one) for each in columns]
        cells = "".join(f"<td>{'' if value is None else figure(value)}</td>" for value in values)
        css = ' class="leader"' if one.name in found.leaders else ""
        rows.append(f"<tr{css}><th>{escape(one.name)}</th>{cells}</tr>")
    return f'<div class="wide"><table><tr><th>combination</th>{heads}</tr>{"".join(rows)}</table></div>'
