"""report.html: one page with everything in it, in light and dark, for a screen and for a phone; no scripts, nothing
from the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

from crawler.compare.outcome import Comparison, Entrant, Run
from crawler.compare.records import STEPS
from crawler.compare.reports import plots
from crawler.compare.reports.figures import (
    COSTS,
    QUANTITIES,
    TIMES,
    Column,
    apart,
    bounded,
    family,
    figure,
    headline,
    how,
    in_words,
    labels,
    parsed_where,
    setting,
    speed_interval,
    standings,
    started,
    typical,
)
from crawler.compare.reports.palette import Look, look, variables
from crawler.compare.reports.svg import Bar, bars
from crawler.compare.significance import Pair, quantile
from crawler.trace import timeline

__all__ = ["as_page"]

WIDTHS = {"broad": 940, "slim": 340}
"""Pixels of the two drawings of each plot; CSS shows one of them."""

STYLE = f"""
:root {{
  --page: #f6f7f9; --card: #ffffff; --ink: #1c2127; --soft: #5b6570; --line: #dfe3e8; --good: #1a7f37; --bad: #b42318;
  {variables("light")}
}}
@media (prefers-color-scheme: dark) {{
  :root {{
    --page: #14171b; --card: #1d2127; --ink: #e6e9ed; --soft: #9aa5b1; --line: #343b44; --good: #5fc27e; --bad: #ff8a80;
    {variables("dark")}
  }}
}}
"""  # the rest is no f-string, for its braces
STYLE += """
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1020px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 26px; margin: 0 0 4px; line-height: 1.25; }
h2 { font-size: 19px; margin: 32px 0 10px; }
.small { color: var(--soft); font-size: 13px; font-weight: 400; }
.card, figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.card, figure { padding: 14px 18px; margin: 14px 0; overflow-wrap: anywhere; }
.card p { margin: 6px 0; }
.card ul { margin: 6px 0; padding-left: 20px; }
.lead { font-size: 18px; font-weight: 600; line-height: 1.4; }
.wrong { border-left: 4px solid var(--bad); }
.wrong b { color: var(--bad); }
.note { border-left: 3px solid var(--line); padding-left: 10px; }
code { background: var(--page); border: 1px solid var(--line); border-radius: 4px; }
code { padding: 1px 5px; font-size: 13px; overflow-wrap: anywhere; }
code span { white-space: nowrap; }
figcaption { margin-bottom: 8px; }
.broad > svg, .slim > svg { display: block; width: 100%; height: auto; font: 12.5px system-ui, sans-serif; }
svg text { fill: var(--ink); }
svg text.axis { fill: var(--soft); }
svg .grid { stroke: var(--line); }
svg .band { fill: var(--page); }
svg .median { fill: var(--card); }
svg .mark { fill: var(--own); stroke: var(--card); stroke-width: 1; }
svg .run { stroke-width: 0.75; }
svg .ring { fill: none; stroke: var(--bad); stroke-width: 1.5; }
svg .hollow { fill: var(--card); stroke: var(--own); stroke-width: 1.5; }
svg .part0 { fill: var(--p0); } svg .part1 { fill: var(--p1); } svg .part2 { fill: var(--p2); }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.wide { margin: 0 0 14px; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: 6px 10px; text-align: right; white-space: nowrap; border-top: 1px solid var(--line); }
tr:first-child th { border-top: 0; color: var(--soft); font-weight: 600; }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--card); }
.cards td, .cards th { text-align: left; white-space: normal; }
.best { color: var(--good); font-weight: 600; }
.slim { display: none; }
@media (max-width: 899px) {
  .broad { display: none; } .slim { display: block; max-width: 440px; }
  .lead { font-size: 16px; } th:first-child { white-space: normal; min-width: 10em; max-width: 12em; }
  main { padding: 16px 12px 40px; } .card, figure { padding: 12px; }
  .cards, .cards tbody, .cards tr, .cards th, .cards td { display: block; white-space: normal; }
  .cards tr:first-child { display: none; }
  .cards tr { padding: 8px 0; border-top: 1px solid var(--line); }
  .cards th:first-child, .cards td { border: 0; padding: 1px 10px; max-width: none; }
  .cards td { display: flex; gap: 8px; }
  .cards td::before { content: attr(data-name); color: var(--soft); font-weight: 400; flex: 0 0 30%; }
}
@media (max-width: 599px) {
  .grid, .grid tbody { display: block; }
  .grid tr { display: grid; grid-template-columns: repeat(3, 1fr); padding: 6px 0; border-top: 1px solid var(--line); }
  .grid tr:first-child { display: none; }
  .grid th:first-child { grid-column: 1 / -1; max-width: none; border: 0; padding: 2px 10px; }
  .grid td { border: 0; padding: 2px 10px; text-align: left; white-space: normal; }
  .grid td:empty { display: none; }
  .grid td::before { content: attr(data-name); display: block; color: var(--soft); font-size: 12px; }
}
"""


def as_page(found: Comparison) -> str:
    """The whole page."""
    title = f"{escape(found.job)}: which strategy?"
    parts = [f"<h1>{title}</h1>", _setting(found), _verdict(found), _unranked(found)]
    if len(found.ranked) > 1:
        parts.append(_standings(found))
    parts += [_notes(found), _advice(found)]
    if found.ranked:
        parts += ["<h2>Plots</h2>", *_plots(found), *_timelines(found), "<h2>Figures</h2>"]
        parts += [_table(found, TIMES), _table(found, COSTS), f'<p class="small">{escape(how(found))}</p>']
        parts.append(f'<p class="small">{escape(parsed_where(found))}</p>')
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" '
        f'content="light dark"><title>{title}</title>\n<style>{STYLE}{timeline.STYLE}</style></head>\n<body><main>\n'
        + "\n".join(filter(None, parts))
        + "\n</main></body></html>\n"
    )


def _setting(found: Comparison) -> str:
    values = [
        found.site,
        found.runs_each,
        in_words(found, f"baseline {found.baseline.name}"),
        f"crawler {found.setting['crawler']}",
    ]
    for label, value in setting(found).items():
        if label != "crawler":
            values.append(f"{label} {value}" if label == "interpreter lock" or label.startswith("py") else value)
    return f'<p class="small">{escape(" · ".join([*values, started(found)]))}</p>'


def _verdict(found: Comparison) -> str:
    first, *rest = (in_words(found, sentence) for sentence in found.verdict())
    more = "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in rest) + "</ul>" if rest else ""
    return f'<section class="card"><p class="lead">{escape(first)}</p>{more}</section>'


def _unranked(found: Comparison) -> str:
    if not found.unranked:
        return ""
    parts = ["<h2>Not ranked</h2>"]
    for one in found.unranked:
        example = f"<p><code>{escape(one.difference.example)}</code></p>" if one.difference else ""
        parts.append(f'<section class="card wrong"><p><b>{escape(headline(found, one))}</b></p>{example}</section>')
    return "\n".join(parts)


def _notes(found: Comparison) -> str:
    return "\n".join(f'<p class="note">{escape(in_words(found, note))}</p>' for note in found.notes)


def _advice(found: Comparison) -> str:
    if found.advice is None:
        return ""
    advice = found.advice
    others = f"<p>As well: {escape(', '.join(advice.others))}.</p>" if advice.others else ""
    sums = "".join(f"<li>{escape(in_words(found, text))}</li>" for text in advice.sums)
    return (
        f'<h2>What limits it</h2><section class="card"><p class="lead">Use {_flags(advice.flags)}</p>'
        f"<p>{escape(in_words(found, advice.says))}</p><ul>{sums}</ul>{others}</section>"
    )


def _flags(flags: str) -> str:
    """Broken between options only, where the window is narrow."""
    options = "</span> <span>".join(escape(flags).split(" --"))
    return f"<code><span>{options.replace('</span> <span>', '</span> <span>--')}</span></code>"


# ---- tables


def _standings(found: Comparison) -> str:
    rows = []
    for one in found.ranked:
        cells = []
        for quantity, standing in zip(QUANTITIES, standings(found, one), strict=True):
            text = "" if standing is None else standing.text
            css = ' class="best"' if standing is not None and standing.is_best else ""
            cells.append(f'<td data-name="{escape(quantity.short)}"{css}>{escape(text)}</td>')
        rows.append(f"<tr><th>{escape(labels(found)[one.name])}</th>{''.join(cells)}</tr>")
    heads = "".join(f"<th>{escape(quantity.head)}</th>" for quantity in QUANTITIES)
    about = bounded(found, "with 95 % confidence intervals; those of a column hold all at once")
    return (
        f'<h2>Times the best <span class="small">{about}</span></h2>'
        f'<div class="wide"><table class="cards"><tr><th>combination</th>{heads}</tr>{"".join(rows)}</table></div>'
    )


def _table(found: Comparison, columns: tuple[Column, ...]) -> str:
    known, alike = apart(found, columns)
    heads = "".join(f"<th>{escape(each.head)}</th>" for each in known)
    rows = []
    for one in found.ranked:
        values = [(each.head, each.value(found, one)) for each in known]
        texts = [(head, "" if value is None else figure(value)) for head, value in values]
        cells = "".join(f'<td data-name="{escape(head)}">{text}</td>' for head, text in texts)
        rows.append(f"<tr><th>{escape(labels(found)[one.name])}</th>{cells}</tr>")
    table = f'<table class="grid"><tr><th>combination</th>{heads}</tr>{"".join(rows)}</table>'
    return f'<div class="wide">{table}</div>' * bool(known) + f'<p class="small">{escape(alike)}</p>' * bool(alike)


# ---- plots


def _plots(found: Comparison) -> list[str]:
    looks = _looks(found)
    parts = [_speed(found, looks), _by_workers(found, looks), _ratios(found)]
    parts += [_cpu(found, looks), _memory(found, looks), _parts(found), _latency(found, looks)]
    return [part for part in parts if part]


def _plot(title: str, about: str, draw: Callable[[int], str]) -> str:
    """Drawn twice: shrunk to a phone, the text of the broad one could not be read."""
    drawn = "".join(f'<div class="{css}">{draw(width)}</div>' for css, width in WIDTHS.items())
    caption = f'<b>{escape(title)}</b> <span class="small">{escape(about)}</span>'
    return f"<figure><figcaption>{caption}</figcaption>{drawn}</figure>"


def _looks(found: Comparison) -> dict[str, Look]:
    """By the name of a combination; those that differ in their workers only look alike."""
    names = list(dict.fromkeys(family(found, one) for one in found.entrants))
    return {one.name: look(names.index(family(found, one))) for one in found.entrants}


def _speed(found: Comparison, looks: dict[str, Look]) -> str:
    named = labels(found)
    rows = [
        plots.Dots(
            named[one.name],
            _runs(one, "pages_a_second"),
            found.speed(one),
            speed_interval(found, one),
            looks[one.name],
        )
        for one in found.ranked
    ]
    about = f"pages/s of the crawl; a dot for each run{_marked(found)}; stroke: a typical round" + (
        "; line below: the 95 % interval, the first held fixed" if any(row.interval for row in rows) else ""
    )
    return _plot("Speed", about, lambda width: plots.dots(rows, "Speed", "pages/s", width))


def _runs(one: Entrant, what: str, scale: float = 1) -> plots.Runs:
    """An attribute of all of its runs, where it is known."""
    usual, odd = [run for run in one.runs if not run.outlier], [run for run in one.runs if run.outlier]
    return plots.Runs(_of(usual, what, scale), _of(odd, what, scale), _of(one.set_aside, what, scale))


def _marked(found: Comparison) -> str:
    """What marks of single runs mean, where there are any."""
    ring = "; ringed: an outlier, which counts" if any(run.outlier for one in found.ranked for run in one.runs) else ""
    aside = any(one.set_aside for one in found.ranked)
    return ring + ("; hollow: set aside, since the machine was busy" if aside else "")


def _by_workers(found: Comparison, looks: dict[str, Look]) -> str:
    points: dict[str, dict[int, plots.Point]] = {}
    named: dict[str, Look] = {}
    for one in sorted(found.ranked, key=found.entrants.index):
        point = plots.Point(found.speed(one), _runs(one, "pages_a_second"), speed_interval(found, one))
        points.setdefault(family(found, one), {})[one.combination.workers] = point
        named[family(found, one)] = looks[one.name]
    if all(len(each) < 2 for each in points.values()):
        return ""
    series = [plots.Line(name, each, named[name]) for name, each in points.items()]
    about = f"pages/s of the crawl; a dot for each run{_marked(found)}; a larger one for a typical round"
    title, x_title = "Speed by workers", "requests in flight at most"
    return _plot(title, about, lambda width: plots.lines(series, title, x_title, "pages/s", width))


def _ratios(found: Comparison) -> str:
    if len(found.ranked) < 2:
        return ""
    named, best = labels(found), Pair(1.0, 1.0, 1.0, "equal")
    rows = [
        plots.Ratios(named[one.name], [each and (each.pair or best) for each in standings(found, one)])
        for one in found.ranked
    ]
    heads, title = [quantity.head for quantity in QUANTITIES], "Crawl, whole run and CPU"
    looks = [look(number) for number in range(len(heads))]
    sure = bounded(found, ", with 95 % intervals, those of a quantity all at once")
    about = f"times the best of each{sure}; further left is better"
    return _plot(title, about, lambda width: plots.ratios(rows, title, heads, looks, width))


def _cpu(found: Comparison, looks: dict[str, Look]) -> str:
    about = (
        "ms a page, of all processes, start-up and outputs included; "
        f"a dot for each run{_marked(found)}; stroke: a typical round"
    )
    middles = {one.name: typical(found, one, "cpu") for one in found.ranked}
    return _dots(found, looks, ("CPU", about, "ms a page"), "cpu_a_page", 1000, middles)


def _memory(found: Comparison, looks: dict[str, Look]) -> str:
    about = f"highest MB of all processes; a dot for each run{_marked(found)}; stroke: the median"
    middles = {one.name: one.median("memory") for one in found.ranked}
    return _dots(found, looks, ("Memory", about, "MB"), "memory", 1e-6, middles)


def _dots(
    found: Comparison,
    looks: dict[str, Look],
    words: tuple[str, str, str],
    what: str,
    scale: float,
    middles: Mapping[str, float | None],
) -> str:
    """Of an attribute of the runs; `words` are the title, what is below it, and the unit."""
    title, about, unit = words
    rows = [
        plots.Dots(
            labels(found)[one.name], _runs(one, what, scale), middle * scale, None, looks[one.name],
        )
        for one in found.ranked
        if (middle := middles[one.name]) is not None
    ]  # fmt: skip
    return _plot(title, about, lambda width: plots.dots(rows, title, unit, width)) if rows else ""


def _of(runs: Sequence[Run], what: str, scale: float) -> list[float]:
    return [value * scale for run in runs if (value := getattr(run, what)) is not None]


def _parts(found: Comparison) -> str:
    named, columns = labels(found), {each.head: each.value for each in TIMES}

    def value(head: str, one: Entrant) -> float:
        return columns[head](found, one) or 0.0

    parts = ("crawl", "start-up", "close")
    rows = [
        Bar(named[one.name], [value(f"{part} s", one) for part in parts], value("whole run s", one))
        for one in found.ranked
    ]
    about = "seconds of the crawl, then of what comes before it and after it; at the right the whole run"
    title = "Where the time goes"
    return _plot(title, about, lambda width: bars(rows, title, "s", width, parts))


def _latency(found: Comparison, looks: dict[str, Look]) -> str:
    rows = [plots.Range(labels(found)[one.name], _steps(one), looks[one.name]) for one in found.ranked]
    about = "ms from sending to the last byte: median (dot), 25 to 75 % (thick), 5 to 95 % (thin), 99 % (stroke)"
    return _plot("Latency", about, lambda width: plots.ranges(rows, "Latency", "ms", width))


def _steps(one: Entrant) -> list[float]:
    """Quantiles of the latency in ms: of each, the median of the runs."""

    def median(values: Sequence[float]) -> float:
        return quantile(sorted(values), 0.5)

    medians = [median([run.latency[step] for run in one.runs]) for step in range(STEPS + 1)]
    shares = [quantile(medians, share) for share in (0.05, 0.25, 0.5, 0.75, 0.95)]
    return [1000 * value for value in (*shares, median([run.p99 for run in one.runs]))]


def _timelines(found: Comparison) -> list[str]:
    drawn = [(one, one.where) for one in found.ranked if one.where]
    named = labels(found)
    about = '<span class="small">in the first run of each, which does not count</span>'
    return [f"<h2>What the workers did {about}</h2>"] * bool(drawn) + [
        f"<figure><figcaption><b>{escape(named[one.name])}</b></figcaption>{where.drawing}</figure>"
        for one, where in drawn
    ]
