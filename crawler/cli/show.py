"""The end of a run as a person reads it: what happened, what failed and why, what was written, what to do next."""

from __future__ import annotations

from collections.abc import Mapping

from crawler.cli.columns import wrapped
from crawler.cli.progress import duration, pace
from crawler.cli.terminal import paint, short, width
from crawler.publish import is_partial
from crawler.report import Report
from crawler.summary import ENDINGS

__all__ = ["end_summary", "field", "kept_lines", "state_lines"]

_LABEL = 11
_STATES = {"done": "read", "moved": "redirected", "failed": "failed", "skipped": "skipped", "left": "left"}


def end_summary(report: Report, config: str) -> str:
    """All of it; the last lines say what to do next, where there is something to do."""
    good = report.exit_code == 0
    lines = [f"{report.name}: {paint(_headline(report), 'green' if good else 'red')}", *state_lines(report)]
    if report.requests:
        lines.append(field("time", _speed(report)))
    lines += [field("chosen", choice) for choice in report.choices]
    lines += [field("file", short(path)) for path in report.files]
    lines += [field("kept", line, "yellow") for line in kept_lines(report)]
    lines += [field("not written", why, "red") for why in report.unwritten.values()]
    lines += [field("next", what) for what in _next(report, config)]
    return "\n".join(lines)


def kept_lines(report: Report) -> list[str]:
    """Older files that were kept, because a person had changed them or has them open."""
    return [f"{short(one.file)} {one.why}; that file is kept as {short(one.copy)}" for one in report.kept]


def state_lines(report: Report) -> list[str]:
    """Pages, rows and causes."""
    pages = {label: report.pages.get(state, 0) for state, label in _STATES.items()}
    lines = [field("pages", _counts({label: count for label, count in pages.items() if count or label == "read"}))]
    if report.records:
        joined = f"; {report.joined:,} more had the key of one of these" if report.joined else ""
        lines.append(field("rows", _counts(report.records) + joined))
    if report.causes:
        lines.append(field("why", _counts(report.causes)))
    if report.notes:
        where = ", see the sheet Problems" if _has_sheets(report) else ""
        lines.append(field("notes", f"{report.notes:,}{where}"))
    lines += [field("left alone", f"{host}: {why}") for host, why in report.closed_hosts.items()]
    if report.changed:
        lines.append(field("begun anew", "the config describes another crawl than the unfinished one"))
    elif report.resumed:
        lines.append(field("resumed", "this run went on with an unfinished crawl"))
    return lines


def field(label: str, text: str, colour: str = "") -> str:
    """A line `  label       text`, wrapped below the text where the window is narrow."""
    start = 2 + _LABEL + 1
    lines = wrapped(text, width(), " " * start) if width() > 2 * start else text
    return f"  {paint(label.ljust(_LABEL), 'dim')} {paint(lines, colour) if colour else lines}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _headline(report: Report) -> str:
    if report.exit_code == 4:
        return "a file could not be written; the records are safe"
    if report.ending == "finished" and report.exit_code == 3:
        if not any(report.records.values()):
            return "finished, but no record was found"
        return f"finished, but {report.bad_share:.1%} of the pages failed; limits.failures allows {report.allowed:.1%}"
    return "complete" if report.ending == "finished" else ENDINGS[report.ending]


def _speed(report: Report) -> str:
    rate = pace(report.requests / max(report.timing.crawl, 1e-3))
    size = f"{report.bytes / 1e6:,.1f} MB" if report.bytes >= 1e6 else f"{report.bytes / 1e3:,.1f} kB"
    again = f", {report.retries:,} tried again" if report.retries else ""
    how = f"{report.strategy}, {'at most ' if report.choices else ''}{report.workers} at once"
    return f"{duration(report.timing.total)}: {report.requests:,} requests{again}, {rate}/s, {size} ({how})"


def _next(report: Report, config: str) -> list[str]:
    left = report.pages.get("left", 0)
    if report.unwritten:
        return [f"mend the path, then: crawler export {config}"]
    if left:
        pages = "the page that is left" if left == 1 else f"the {left:,} pages left"
        steps = [f"crawler run {config} goes on with {pages}; with --fresh it begins anew"]
        if any(is_partial(path) for path in report.files):
            steps.append("the whole workbook of an earlier run was kept; this part is in the .partial file")
        return steps
    if report.exit_code == 3 and not any(report.records.values()):
        return [f"crawler try {config} URL shows what the rules find on a page"]
    if report.pages.get("failed") and _has_sheets(report):
        return ["the sheet Problems names each page that failed, and where the link to it stands"]
    if report.pages.get("failed"):
        return [f"crawler export {config} problems.xlsx writes a sheet that names each page that failed"]
    return []


def _has_sheets(report: Report) -> bool:
    return any(path.suffix.lower() == ".xlsx" for path in report.files)
