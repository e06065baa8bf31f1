"""The summary at the end of a run: what happened, what failed and why, what was written, what to do next."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
from itertools import repeat

from crawler.cli.progress import pace
from crawler.cli.terminal import clean, is_terminal, paint, short, width, wrapped
from crawler.clock import duration
from crawler.runner.outputs import is_partial, is_suspect
from crawler.runner.protect import percent
from crawler.runner.report import Report
from crawler.runner.summary import STATE_LABELS, outcome

__all__ = ["end_summary", "field", "kept_lines", "next_steps", "notices", "state_lines"]

_LABEL = 11
_OF_RULES = ("no-rows", "fewer-rows", "blank", "unreadable", "one-value")  # doubts that `try` may explain


def end_summary(report: Report, config: str, faster: str = "") -> str:
    """All of it; the last lines say what to do next, where there is something to do.

    Args:
        faster: flags that would make it faster, and why.
    """
    good = report.exit_code == 0
    lines = [f"{report.name}: {paint(_headline(report), 'green' if good else 'red')}", *state_lines(report)]
    if report.requests:
        lines.append(field("time", _speed(report)))
    lines += [field("chosen", choice) for choice in report.choices]
    if faster:
        lines.append(field("faster", faster))
    if report.trace:
        lines.append(field("trace", report.trace))
    lines += [field("untouched", short(path)) for path in report.untouched]
    lines += [field("file", short(path)) for path in report.files]
    lines += [field("kept", line, "yellow") for line in kept_lines(report)]
    lines += [field("not written", why, "red") for why in report.unwritten.values()]
    lines += [(_whole if report.doubts else field)("next", what) for what in next_steps(report, config)]
    return "\n".join(lines)


def kept_lines(report: Report) -> list[str]:
    """Older files that were kept, because a person had changed them or has them open."""
    return [f"{short(one.file)} {one.why}; that file is kept as {short(one.copy)}" for one in report.kept]


def state_lines(report: Report) -> list[str]:
    """Doubts, pages, rows, columns and causes."""
    pages = {label: report.pages.get(state, 0) for state, label in STATE_LABELS.items()}
    lines = [_whole("suspect", str(doubt), "red") for doubt in report.doubts]
    lines += [_whole("notice", news, "yellow") for news in report.news]
    lines.append(field("pages", _counts({label: count for label, count in pages.items() if count or label == "read"})))
    if report.records:
        joined = f"; {report.joined:,} more had the key of an earlier row and were merged" if report.joined else ""
        lines.append(field("rows", rows_text(report) + joined))
    if report.left_out:
        lines.append(field("left out", f"rows, by where: {_counts(report.left_out)}"))
    lines += [field(label, text) for label, text in zip(_once("filled"), columns_text(report), strict=False)]
    if report.causes:
        lines.append(field("why", _counts(report.causes)))
    if report.dropped:
        lines.append(field("links", f"not followed: {_counts(report.dropped)}"))
    if report.unmatched:
        lines.append(field("next pages", f"{' and '.join(report.unmatched)} with next: true matched on no page"))
    if report.notes:
        where = ", see the sheet Problems" if _has_sheets(report) else ""
        lines.append(field("notes", f"{report.notes:,}{where}"))
    lines += [field("suspended", f"{host}: {why}") for host, why in report.closed_hosts.items()]
    if report.changed:
        lines.append(field("restarted", "the config changed since the unfinished crawl"))
    elif report.resumed:
        lines.append(field("resumed", "this run continued an unfinished crawl"))
    if report.last is not None and not report.last.same_config:
        what = "the config changed since the last good crawl, so only tables and columns in both are compared"
        lines.append(field("compared", what))
    return lines


def notices(report: Report, config: str) -> list[str]:
    """What stderr must say in any case, a line for each cause, where the end summary is not printed."""
    lines = [f"{report.name}: {text}" for text in (*map(str, report.doubts), *report.news, *kept_lines(report))]
    steps = next_steps(report, config) if report.doubts else []
    return [clean(line) for line in [*lines, *steps]]


def rows_text(report: Report) -> str:
    """`5 books (60 last time), 24 authors`: the last good crawl is named where it had another number."""
    last = report.last.figures.tables if report.last else {}
    parts = []
    for name, count in report.records.items():
        then = f" ({last[name].rows:,} last time)" if name in last and last[name].rows != count else ""
        parts.append(f"{count:,} {name}{then}")
    if report.last is not None and not any("last time" in part for part in parts):
        parts[-1] += " (as last time)"
    return ", ".join(parts)


def columns_text(report: Report) -> list[str]:
    """A line for each table with columns that are not full, or are filled otherwise than last time."""
    lines = []
    last = report.last.figures.tables if report.last else {}
    for name, table in (report.figures.tables if report.figures else {}).items():
        parts = []
        for column, now in table.columns.items():
            share, then = percent(now.filled, table.rows), ""
            if name in last and last[name].rows and column in last[name].columns:
                then = percent(last[name].columns[column].filled, last[name].rows)
            if table.rows and (share != "100 %" or then not in ("", share)):
                parts.append(f"{column} {share}" + (f" ({then} last time)" if then not in ("", share) else ""))
        if parts:
            lines.append(f"{name}: {', '.join(parts)}")
    return lines


def _once(label: str) -> Iterator[str]:
    yield label
    yield from repeat("")


def _whole(label: str, text: str, colour: str = "") -> str:
    """A field that stays on one line where nobody watches: for `grep`, and for mails of cron."""
    if is_terminal(sys.stdout) or is_terminal(sys.stderr):
        return field(label, text, colour)
    return f"  {paint(label.ljust(_LABEL), 'dim')} {paint(clean(text), colour) if colour else clean(text)}"


def field(label: str, text: str, colour: str = "") -> str:
    """A line `  label       text`, wrapped below the text where the window is narrow."""
    start = 2 + _LABEL + 1
    lines = wrapped(text, width(), " " * start) if width() > 2 * start else text
    return f"  {paint(label.ljust(_LABEL), 'dim')} {paint(lines, colour) if colour else lines}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _headline(report: Report) -> str:
    if report.exit_code == 4:
        return "a file could not be written; the rows are safe in the state file"
    if report.doubts and _is_set_aside(report):
        return "suspect, so its files were not published"
    if report.doubts:
        return "suspect; its files were written, because there is no good crawl yet that they could replace"
    if report.ending == "finished" and report.exit_code == 3:
        if not any(report.records.values()):
            return "finished, but no rows were found"
        return f"finished, but {report.bad_share:.1%} of the pages failed; limits.failures allows {report.allowed:.1%}"
    return _ended(report)


def _is_set_aside(report: Report) -> bool:
    """Whether the files of a suspect crawl stand beside those that it would replace."""
    return bool(report.untouched) or any(map(is_suspect, report.files))


def _ended(report: Report) -> str:
    unread = report.figures.unread if report.figures else {}
    return "complete" if report.ending == "finished" and not unread else outcome(report)


def _speed(report: Report) -> str:
    rate = pace(report.requests / max(report.timing.crawl, 1e-3))
    size = f"{report.bytes / 1e6:,.1f} MB" if report.bytes >= 1e6 else f"{report.bytes / 1e3:,.1f} kB"
    again = f", {report.retries:,} retries" if report.retries else ""
    how = f"{report.strategy}, {'at most ' if report.choices else ''}{report.workers} at once"
    how += ", without the interpreter lock" if report.interpreter_lock == "off" else ""
    return f"{duration(report.timing.total)}: {report.requests:,} requests{again}, {rate}/s, {size} ({how})"


def next_steps(report: Report, config: str) -> list[str]:
    """What to do now; a command where there is one."""
    left, config = report.pages.get("left", 0), shlex.quote(config)
    if report.unwritten:
        return [f"fix the path, then: crawler export {config}"]
    steps = []
    if report.doubts:
        if _is_set_aside(report):
            steps.append(f"to publish it anyway: crawler accept {config}")
        else:
            steps.append(f"if the rows are right: crawler accept {config} lets later crawls be compared with this one")
        if since := next((doubt.since for doubt in report.doubts if doubt.since and doubt.code in _OF_RULES), ""):
            steps.append(f"crawler try {config} {shlex.quote(since)} shows what the rules find")
        blank = list(dict.fromkeys(doubt.where for doubt in report.doubts if doubt.code == "blank"))
        if blank and report.last is None:  # later it has had values, and the site or the rule is more likely to blame
            names = ", ".join(blank)
            steps.append(f"if the site has no values there, write: protect: {{allow_blank: [{names}]}}")
    if left:
        pages = "the remaining page" if left == 1 else f"the {left:,} remaining pages"
        steps.append(f"crawler run {config} resumes with {pages}; with --fresh it starts over")
        if any(map(is_partial, report.files)) and (report.untouched or any(report.records.values())):
            steps.append("the complete workbook of an earlier run was kept; the rows so far are in the .partial file")
    elif not steps and report.exit_code == 3 and not any(report.records.values()):
        steps.append(f"crawler try {config} URL shows what the rules find on a page")
    elif not steps and report.pages.get("failed") and _has_sheets(report):
        steps.append("the sheet Problems lists each page that failed and the page that links to it")
    elif not steps and report.pages.get("failed"):
        steps.append(f"crawler export {config} problems.xlsx writes a sheet that lists each page that failed")
    elif not steps and report.notes and not _has_sheets(report):
        steps.append(f"crawler export {config} problems.xlsx writes a sheet that lists the notes")
    return steps


def _has_sheets(report: Report) -> bool:
    return any(path.suffix.lower() == ".xlsx" for path in report.files)
