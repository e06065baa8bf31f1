"""The rows of a finished run, whoever wrote them, in one normal form."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.peers.fields import COLUMNS

INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def digest(path: Path) -> tuple[int, str]:
    """How many records a file holds, and a hash that is the same for the same records in any order."""
    found = sorted(json.dumps(_normal(row)) for row in rows(path))
    return len(found), hashlib.sha256("\n".join(found).encode()).hexdigest()


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a csv file, or of the first sheet of a workbook."""
    if path.suffix == ".csv":
        limit = csv.field_size_limit(10_000_000)
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield from csv.DictReader(file)
        finally:
            csv.field_size_limit(limit)  # it is that of the whole process
        return
    from openpyxl import load_workbook

    workbook = load_workbook(path, read_only=True)
    cells = workbook.worksheets[0].iter_rows(values_only=True)
    header = [str(cell) for cell in next(cells)]
    for row in cells:
        yield dict(zip(header, row, strict=False))
    workbook.close()


def _normal(row: dict[str, Any]) -> list[str]:
    cells = {name: plain(row[name]) for name in COLUMNS}
    cells["price"] = f"{float(cells['price']):.2f}" if cells["price"] else ""
    for name in ("rating", "stock"):
        cells[name] = str(int(float(cells[name]))) if cells[name] else ""
    cells["url"] = urlsplit(cells["url"]).path
    return [cells[name] for name in COLUMNS]


def plain(cell: object) -> str:
    """Text without what only we take out, soft hyphens and byte order marks, or put in, a quote before a formula."""
    text = "" if cell is None else str(cell)
    if text[:1] == "'" and text[1:2] in "=+-@":
        text = text[1:]
    return " ".join(INVISIBLE.sub("", text).split())
