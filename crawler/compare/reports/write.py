"""Every report of a comparison, written into one folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from crawler.compare.outcome import Comparison
from crawler.compare.reports.html_page import as_page
from crawler.compare.reports.markdown import as_markdown
from crawler.compare.reports.workbook import as_workbook, why_not
from crawler.export.atomic import replacing

__all__ = ["write_reports"]


def write_reports(found: Comparison, folder: Path) -> list[Path]:
    """Write results.json, report.md, report.html and, where XlsxWriter is installed, report.xlsx.

    Raises:
        OutputError: one cannot be written; an older one is intact.
    """
    makers: dict[str, Callable[[Comparison], bytes]] = {
        "results.json": lambda found: json.dumps(found.as_json(), indent=2, ensure_ascii=False).encode(),
        "report.md": lambda found: as_markdown(found).encode(),
        "report.html": lambda found: as_page(found).encode(),
    }
    if not why_not():
        makers["report.xlsx"] = as_workbook
    for name, make in makers.items():  # one after another: what took long to measure is kept first
        content = make(found)
        with replacing(folder / name) as file:
            file.write(content)
    return [folder / name for name in makers]
