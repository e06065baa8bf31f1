"""Every report of a comparison, written into one folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from crawler.compare.outcome import Comparison
from crawler.compare.reports.html_page import as_page
from crawler.compare.reports.markdown import as_markdown
from crawler.compare.reports.workbook import as_workbook, why_not
from crawler.errors import ConfigError
from crawler.export import preflight
from crawler.export.atomic import replacing

__all__ = ["check_folder", "write_reports"]


def check_folder(folder: Path) -> None:
    """Find out before the runs, which take minutes, what could not be written after them.

    Raises:
        ConfigError: a report cannot be written.
    """
    for name in _makers():
        if wrong := preflight.check(folder / name):
            raise ConfigError(f"out: {folder / name}: {wrong}")


def write_reports(found: Comparison, folder: Path) -> list[Path]:
    """Write results.json, report.md, report.html and, where XlsxWriter is installed, report.xlsx.

    Raises:
        OutputError: one cannot be written; an older one is intact.
    """
    paths = []
    for name, make in _makers().items():  # one after another: who stops this has at least the first, which has all
        content = make(found)
        with replacing(folder / name) as file:
            file.write(content)
        paths.append(folder / name)
    return paths


def _makers() -> dict[str, Callable[[Comparison], bytes]]:
    makers: dict[str, Callable[[Comparison], bytes]] = {
        "results.json": lambda found: json.dumps(found.as_json(), indent=2, ensure_ascii=False).encode(),
        "report.md": lambda found: as_markdown(found).encode(),
        "report.html": lambda found: as_page(found).encode(),
    }
    return makers if why_not() else {**makers, "report.xlsx": as_workbook}
