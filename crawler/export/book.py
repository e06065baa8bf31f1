"""A workbook that is being written: its styles, its sheets, and what has to be said about its cells."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from crawler.export.archive import Archive
from crawler.export.cells import Cells, Limits, Reason
from crawler.export.names import SheetNames
from crawler.export.package import SheetPart, write_first, write_last
from crawler.export.spool import Spool
from crawler.export.stylesheet import StyleSheet
from crawler.model import Problem

__all__ = ["Book"]


class Book:
    """What the sheets of one workbook share.

    Attributes:
        cells: makes cells of values.
        names: gives out sheet names.
        styles: the number of each style.
        altered: cells that could not hold their value as it is.
    """

    def __init__(self, archive: Archive, now: datetime, limits: Limits) -> None:
        self.archive, self.limits = archive, limits
        self.cells = Cells(limits)
        self.names = SheetNames(reserved=("Summary", "Problems"))
        self.styles = StyleSheet()
        self.altered = 0
        self._notes = Spool()
        self._sheets: list[SheetPart] = []
        write_first(archive, now)

    def add_sheet(self, sheet: SheetPart) -> str:
        """Put a sheet behind the others; returns the file name of its part."""
        self._sheets.append(sheet)
        return f"sheet{len(self._sheets)}.xml"

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
        write_last(self.archive, self._sheets, self.styles.xml())
