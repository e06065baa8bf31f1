"""openpyxl's writer of worksheets, led straight into the archive. The only file that knows its inner parts.

Three reasons not to use its write-only sheets as they are. They go through the system's temporary directory,
which may be full or missing. They guess the type of each cell, by which text becomes formulas. They keep two
objects and two XML trees for each link, which is far more memory than all rows need.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import quoteattr

from openpyxl.worksheet._writer import WorksheetWriter

from crawler.export.archive import Archive
from crawler.export.spool import Spool

__all__ = ["SheetWriter", "Slot"]

_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


class Slot:
    """What openpyxl asks of a cell while it writes it; one is used again for all cells of a sheet."""

    _value: str
    coordinate: str
    data_type: str
    style_id: str
    _comment = None
    hyperlink = None
    has_style = True


class SheetWriter(WorksheetWriter):
    """Writes one worksheet: `begin`, `write_row` for each row, `end`.

    Args:
        worksheet: an openpyxl worksheet that holds all settings but no cells.
        archive: where its parts go.
        name: of the part in the archive.

    Attributes:
        part: the open part, which knows its size.
    """

    def __init__(self, worksheet: Any, archive: Archive, name: str) -> None:
        self._archive, self._path = archive, name
        self._places: list[str] = []
        self._targets = Spool()
        self.part = archive.part(name)
        out: Any = self.part  # a file as far as it is used
        super().__init__(worksheet, out=out)
        self._worksheet = worksheet
        worksheet._writer = self  # otherwise openpyxl makes one of its own when the workbook is saved

    def begin(self) -> None:
        """Write all that stands before the rows."""
        self.write_top()
        self._stream = self._take_stream()
        self._data = self._stream.element("sheetData")
        self._data.__enter__()

    def row(self, cells: Iterable[Slot], number: int) -> None:
        """Write one row."""
        like_openpyxl: Any = cells
        self.write_row(self._stream, like_openpyxl, number)

    def link(self, place: str, target: str) -> int:
        """Make the cell at `place` lead to `target`, a URL fit for a link; returns the links so far."""
        self._places.append(place)
        kind = f'Type="{_OFFICE}/hyperlink" TargetMode="External"'
        self._targets.add(f'<Relationship Id="rId{len(self._places)}" {kind} Target={quoteattr(target)}/>')
        return len(self._places)

    def end(self) -> None:
        """Write all that stands after the rows, and the relationships of the links."""
        self._worksheet.close()
        self.part.close()
        if self._places:
            self._write_relations()

    def abandon(self) -> None:
        """Close what is open after an error, without a second one; the file is thrown away anyway."""
        for close in (self.xf.close, self.part.close):
            with contextlib.suppress(Exception):  # it follows from the first error, which is on its way
                close()

    def write_rows(self) -> None:
        """Called when the worksheet is closed: the rows are written, only their element is still open."""
        self._data.__exit__(None, None, None)
        self.xf.send(None)

    def write_hyperlinks(self) -> None:
        """Called by write_tail at the place where the links belong."""
        if self._places:
            stream = self._take_stream()
            with stream.element("hyperlinks"):
                for number, place in enumerate(self._places, 1):
                    with stream.element("hyperlink", {"ref": place, f"{{{_OFFICE}}}id": f"rId{number}"}):
                        pass
            self.xf.send(None)

    def cleanup(self) -> None:
        """Nothing: there is no temporary file."""

    def _take_stream(self) -> Any:
        """The XML stream itself; `xf.send(None)` gives it back."""
        return self.xf.send(True)

    def _write_relations(self) -> None:
        folder, _, name = self._path.rpartition("/")
        part = self._archive.part(f"{folder}/_rels/{name}.rels")
        part.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<Relationships xmlns="{_RELATIONS}">'.encode())
        for line in self._targets.lines():
            part.write(line.encode())
        part.write(b"</Relationships>")
        part.close()
