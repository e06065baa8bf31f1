"""Every report of a comparison, written into one folder."""

from __future__ import annotations

import json
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
    contents = {
        "results.json": json.dumps(found.as_json(), indent=2, ensure_ascii=False).encode(),
        "report.md": as_markdown(found).encode(),
        "report.html": as_page(found).encode(),
    }
    if not why_not():
        contents["report.xlsx"] = as_workbook(found)
    paths = []
    for name, content in contents.items():
        with replacing(folder / name) as file:
            file.write(content)
        paths.append(folder / name)
    return paths
