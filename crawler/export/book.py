"""A workbook that is being written: its styles, its sheet names, and what has to be said about its cells."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.writer.excel import ExcelWriter

from crawler.export.archive import Archive
from crawler.export.cells import Cells, Limits, Reason
from crawler.export.names import SheetNames
from crawler.export.spool import Spool
from crawler.export.styles import Style
from crawler.model import Problem

__all__ = ["Book"]

_LINE = Side(style="thin", color="8EA9C1")


class Book:
    """What the sheets of one workbook share.

    Attributes:
        cells: makes cells of values.
        names: gives out sheet names.
        altered: cells that could not hold their value as it is.
    """

    def __init__(self, archive: Archive, now: datetime, limits: Limits) -> None:
        self.archive, self.limits = archive, limits
        self.cells = Cells(limits)
        self.names = SheetNames(reserved=("Summary", "Problems"))
        self.altered = 0
        self._notes = Spool()
        self._workbook = Workbook(write_only=True)
        self._style_ids: dict[Style, str] = {}
        self._set_properties(now)

    def worksheet(self, title: str) -> tuple[Any, str]:
        """A new openpyxl worksheet, and the name of its part in the archive."""
        worksheet = self._workbook.create_sheet(title)
        return worksheet, f"xl/worksheets/sheet{len(self._workbook.worksheets)}.xml"

    def style_id(self, style: Style) -> str:
        """The number of a style in this workbook."""
        if style not in self._style_ids:
            self._style_ids[style] = self._new_style(style)
        return self._style_ids[style]

    def note(self, where: str, reasons: Sequence[Reason], url: str = "", state: str = "cell") -> None:
        """Remember a line for the Problems sheet for each reason why a cell or a sheet is not as wanted."""
        self.altered += bool(reasons) and state == "cell"
        for reason in reasons:
            self._notes.add(json.dumps((state, *reason, url, where)))

    def notes(self) -> Iterator[Problem]:
        """All lines that were remembered, once."""
        for line in self._notes.lines():
            state, code, detail, url, where = json.loads(line)
            yield Problem(state, code, detail, url, where=where)

    def save(self) -> None:
        """Write what belongs to the workbook as a whole, after all sheets."""
        ExcelWriter(self._workbook, self.archive).write_data()

    def _set_properties(self, now: datetime) -> None:
        properties = self._workbook.properties
        properties.creator = "crawler"
        properties.created = properties.modified = now

    def _new_style(self, style: Style) -> str:
        cell = WriteOnlyCell(self._workbook.worksheets[0])
        cell.number_format = style.format
        cell.quotePrefix = style.quoted
        indent = 1 if style.side == "right" else 0  # a gap between a number and the text to its right
        cell.alignment = Alignment(style.side, "top", wrap_text=style.wrap, indent=indent)
        if style.header or style.link:
            cell.font = _font(style)
        if style.header:
            cell.fill = PatternFill("solid", fgColor="DCE6F1")
            cell.border = Border(bottom=_LINE)
        return str(cell.style_id)


def _font(style: Style) -> Font:
    color = "0563C1" if style.link else "1F3864"
    font = Font(name="Calibri", size=11, family=2, bold=style.header, color=color)
    if style.link:
        font.underline = "single"
    return font
