"""Read a workbook back, for tests: cells, links, and the XML itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from lxml import etree
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


def opened(path: Path) -> Workbook:
    """The workbook, after every part was found to be well-formed XML."""
    assert_whole(path)
    return load_workbook(path)


def assert_whole(path: Path) -> None:
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            etree.fromstring(archive.read(name))


def column(sheet: Worksheet, number: int = 1) -> list[Any]:
    """The values of a column below its header, as Excel shows them."""
    return [shown(row[0].value) for row in sheet.iter_rows(2, sheet.max_row, number, number)]


def shown(value: Any) -> Any:
    """Excel reads `_x0041_` as a character; openpyxl does not."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), value) if isinstance(value, str) else value


def formulas(book: Workbook) -> list[str]:
    """Places of all formula and error cells: there must never be one."""
    return [
        f"{sheet.title}!{cell.coordinate}"
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type in "fe"
    ]
