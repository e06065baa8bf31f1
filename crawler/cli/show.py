"""The end of a run as a person reads it: what happened, what failed and why, what was written, what to do next."""

from __future__ import annotations

from crawler.cli.progress import duration
from crawler.cli.terminal import paint, short
from crawler.publish import is_partial
from crawler.report import Report
from crawler.summary import ENDINGS

__all__ = ["end_summary", "state_lines"]


def end_summary(report: Report, config: str) -> str:
    """All of it; the last line names the next command."""
    good = report.exit_code == 0
    head = f"{report.name}: {ENDINGS[report.ending]}"
    lines = [paint(head, "green" if good else "red"), *state_lines(report)]
    if report.requests:
        rate = report.requests / max(report.timing.crawl, 1e-3)
        speed = f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
        lines.append(_line("time", f"{duration(report.timing.total)} ({speed} requests/s, {report.strategy}, {report.workers} at once)"))
    lines += [_line("file", short(path)) for path in report.files]
    lines += [_line("not written", why) for why in report.unwritten.values()]
    lines += [_line("next", what) for what in _next(report, config)]
    return "\n".join(lines)


def state_lines(report: Report) -> list[str]:
    """Pages, rows and causes."""
    pages = report.pages
    shown = {"done": "read", "moved": "redirected", "failed": "failed", "skipped": "skipped", "left": "left"}
    counts = [f"{pages.get(state, 0):,} {label}" for state, label in shown.items() if pages.get(state) or state == "done"]
    lines = [_line("pages", ", ".join(counts))]
    if report.records:
        rows = ", ".join(f"{count:,} {table}" for table, count in report.records.items())
        joined = f" ({report.joined:,} more had a key that was there)" if report.joined else ""
        lines.append(_line("rows", rows + joined))
    if report.causes:
        lines.append(_line("why", ", ".join(f"{count:,} {cause}" for cause, count in report.causes.items())))
    if report.notes:
        lines.append(_line("notes", f"{report.notes:,} rows have a note, see the sheet Problems"))
    lines += [_line("left alone", f"{host}: {why}") for host, why in report.closed_hosts.items()]
    if report.changed:
        lines.append(_line("begun anew", "the config describes another crawl than the unfinished one"))
    elif report.resumed:
        lines.append(_line("resumed", "an unfinished crawl was gone on with"))
    return lines


def _line(label: str, text: str) -> str:
    return f"  {paint(label.ljust(11), 'dim')} {text}"


def _next(report: Report, config: str) -> list[str]:
    again = f"crawler run {config}"
    if report.unwritten:
        return [f"the records are safe; mend the path, then: crawler export {config}"]
    steps = []
    if report.pages.get("left"):
        steps.append(f"{again}   goes on with the {report.pages['left']:,} pages left; --fresh begins anew")
        if any(is_partial(path) for path in report.files):
            steps.append("the whole workbook of an earlier run was left as it is; this part is in the .partial file")
    elif report.exit_code == 3 and not any(report.records.values()):
        steps.append(f"no record was found; see what the rules find: crawler try {config} URL")
    elif report.exit_code == 3:
        steps.append(f"more pages failed than limits.failures allows ({report.allowed:.0%}); see the sheet Problems")
    return steps
