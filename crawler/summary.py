"""The Summary sheet: what ran, what came of it, and with which settings."""

from __future__ import annotations

from crawler import __version__, clock
from crawler.config import Job
from crawler.model import Value
from crawler.report import Report

__all__ = ["ENDINGS", "summary"]

ENDINGS = {
    "finished": "finished: nothing is left",
    "left": "some pages are left: a host or a start page did not answer as it should",
    "time": "stopped at limits.time; the next run goes on",
    "interrupted": "interrupted by Ctrl-C; the next run goes on",
    "terminated": "stopped by a signal; the next run goes on",
    "killed": "killed, or still under way",
}
_STATES = {"done": "read", "moved": "redirected", "failed": "failed", "skipped": "skipped", "left": "left"}
_OF_THE_RUN = ("fetch.strategy", "fetch.workers", "fetch.parse")
_OF_THE_FILE = ("output", "state")  # a workbook that is copied elsewhere is still the same workbook


def summary(job: Job, report: Report) -> list[tuple[str, Value]]:
    """Label and value pairs; with a stopped clock without what differs from run to run of the same pages."""
    started = report.started.replace(tzinfo=None, microsecond=0)
    lines: list[tuple[str, Value]] = [("What ran", None), ("Job", job.name), ("Result", ENDINGS[report.ending])]
    lines.append(("Started", started))
    if not clock.is_fixed():
        lines += [
            ("Took", clock.duration(report.timing.total)),
            ("Strategy", f"{report.strategy}, {report.workers} at once, analysis in: {report.parse}"),
            *(("Chosen", choice) for choice in report.choices),
            ("Requests in this run", report.requests),
            ("Retries in this run", report.retries),
        ]
    lines += [("Program", f"crawler {__version__}"), ("", None), ("Pages", None)]
    lines += [(label.capitalize(), report.pages.get(state, 0)) for state, label in _STATES.items()]
    lines += [("", None), ("Rows", None), *report.records.items()]
    if report.joined:
        lines.append(("Joined to an earlier row with the same key", report.joined))
    if report.causes:
        lines += [("", None), ("Failed and skipped, by cause", None), *sorted(report.causes.items())]
    if report.closed_hosts:
        lines += [("", None), ("Hosts left alone", None), *report.closed_hosts.items()]
    left_out = _OF_THE_FILE + (_OF_THE_RUN if clock.is_fixed() else ())
    lines += [("", None), ("Settings", None)]
    lines += [(key, value) for key, value in job.settings() if key not in left_out]
    return lines
