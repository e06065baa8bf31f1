"""One sheet of a workbook while it is written: rows in, one after the other, and its looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties

from crawler.export import links, styles
from crawler.export.book import Book
from crawler.export.cells import Cell
from crawler.export.styles import Style
from crawler.export.writer import SheetWriter, Slot

__all__ = ["Sheet"]

_A4 = 9


class Sheet:
    """Use as a context manager; in a book only one can be open at a time.

    Args:
        title: from `book.names`.
        widths: of the columns, in characters.
        header: the first row is a header: it stays in view, is repeated on paper, and has a filter.

    Attributes:
        rows: rows written so far.
        unlinked: links beyond Excel's limit; they are plain text.
    """

    def __init__(self, book: Book, title: str, widths: Sequence[float], *, header: bool) -> None:
        self.rows = self.unlinked = self._links = 0
        self._book, self._header, self._slot = book, header, Slot()
        self._letters = [get_column_letter(number) for number in range(1, len(widths) + 1)]
        self._worksheet, part = book.worksheet(title)
        self._set_looks(widths)
        self._set_paper()
        self._writer = SheetWriter(self._worksheet, book.archive, part)

    def __enter__(self) -> Sheet:
        self._writer.begin()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is not None:
            self._writer.abandon()
            return
        if self._header and self._letters:
            self._worksheet.auto_filter.ref = f"A1:{self._letters[-1]}{self.rows}"
        self._writer.end()

    @property
    def full(self) -> bool:
        """No further row fits in."""
        return self.rows >= self._book.limits.rows or self._writer.part.size >= self._book.limits.part

    @property
    def last(self) -> bool:
        """Exactly one more row fits in."""
        return self.rows + 1 >= self._book.limits.rows or self._writer.part.size >= self._book.limits.part

    def append(self, cells: Sequence[Cell | None]) -> None:
        """Write one row; None leaves a cell blank."""
        self.rows += 1
        self._writer.row(self._slots(cells), self.rows)

    def _slots(self, cells: Sequence[Cell | None]) -> Iterator[Slot]:
        slot, number, style_id = self._slot, str(self.rows), self._book.style_id
        for letter, cell in zip(self._letters, cells, strict=True):
            if cell is not None:
                place = letter + number
                style = self._linked(cell, place) if cell.link else cell.style
                slot.coordinate, slot.style_id = place, style_id(style)
                slot.data_type, slot._value = cell.kind, cell.text
                yield slot

    def _linked(self, cell: Cell, place: str) -> Style:
        target = links.target(cell.link, self._book.limits.url)
        if not target:
            return cell.style
        if self._links >= self._book.limits.links:
            self.unlinked += 1
            return cell.style
        self._links = self._writer.link(place, target)
        return replace(cell.style, link=True) if cell.style.wrap else styles.LINK

    def _set_looks(self, widths: Sequence[float]) -> None:
        sheet = self._worksheet
        for letter, width in zip(self._letters, widths, strict=True):
            sheet.column_dimensions[letter].width = width
        if self._header:
            sheet.freeze_panes = "A2"
            sheet.sheet_format.customHeight = True  # rows stay one line high, also with line feeds
        else:
            sheet.sheet_view.showGridLines = False

    def _set_paper(self) -> None:
        sheet: Any = self._worksheet
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.page_setup.orientation = "landscape" if self._header else "portrait"
        sheet.page_setup.paperSize = _A4
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0  # 0: as many pages long as it takes
        sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.6, header=0.3, footer=0.3)  # inches
        sheet.HeaderFooter.oddFooter.center.text = "&A, &P / &N"
        if self._header:
            sheet.print_title_rows = "1:1"
