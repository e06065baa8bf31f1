"""One sheet of a workbook while it is written: rows in, one after the other, and its looks.

The rows are made into XML here and not by a library: that is most of the work of an export (ECMA-376-1, 18.3.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crawler.export import links, styles
from crawler.export.book import Book
from crawler.export.cells import Cell
from crawler.export.hyperlinks import Hyperlinks
from crawler.export.package import SheetPart
from crawler.export.styles import Style
from crawler.export.xml import DOCUMENT, HEAD, MAIN, escaped

__all__ = ["Sheet"]

_PAPER = (  # A4, as many pages long as it takes; margins in inches
    '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
    '<pageSetup paperSize="9" fitToHeight="0" orientation="{side}"/>'
    "<headerFooter><oddFooter>&amp;C&amp;A, &amp;P / &amp;N</oddFooter></headerFooter></worksheet>"
)
_FROZEN = (
    '<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    '<selection pane="bottomLeft" activeCell="A1" sqref="A1"/></sheetView>'
)
_NO_GRID = '<sheetView showGridLines="0" workbookViewId="0"/>'


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
        self.rows = self.unlinked = 0
        self._limits, self._styles, self._archive = book.limits, book.styles, book.archive
        self._letters = [_letters(number) for number in range(1, len(widths) + 1)]
        self._facts = SheetPart(title, header)
        self._name = book.add_sheet(self._facts)
        self._links = Hyperlinks()
        self._part = self._archive.part(f"xl/worksheets/{self._name}")
        self._part.write(_top(widths, header))

    def __enter__(self) -> Sheet:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is not None:
            self._part.abandon()
            return
        self._write_bottom()
        self._part.close()
        self._links.write_relations(self._archive, self._name)

    @property
    def full(self) -> bool:
        """No further row fits in."""
        return self.rows >= self._limits.rows or self._part.size >= self._limits.part

    @property
    def last(self) -> bool:
        """Exactly one more row fits in."""
        return self.rows + 1 >= self._limits.rows or self._part.size >= self._limits.part

    def append(self, cells: Sequence[Cell | None]) -> None:
        """Write one row; None leaves a cell blank."""
        self.rows += 1
        number, numbers = str(self.rows), self._styles
        xml = f'<row r="{number}">'
        for letter, cell in zip(self._letters, cells, strict=True):
            if cell is None:
                continue
            kind, text, style, _, link = cell
            if link:
                style = self._linked(cell, f"{letter}{number}")
            if not text:
                xml += f'<c r="{letter}{number}" s="{numbers[style]}"/>'
            elif kind == "s":
                space = "" if text == text.strip() else ' xml:space="preserve"'
                if "&" in text or "<" in text or ">" in text or "\r" in text:  # most have none: no call for them
                    text = escaped(text)
                xml += f'<c r="{letter}{number}" s="{numbers[style]}" t="inlineStr"><is><t{space}>{text}</t></is></c>'
            else:
                xml += f'<c r="{letter}{number}" s="{numbers[style]}" t="{kind}"><v>{text}</v></c>'
        self._part.write(xml + "</row>")

    def _linked(self, cell: Cell, place: str) -> Style:
        target = links.target(cell.link, self._limits.url)
        if not target:
            return cell.style
        if self._links.count >= self._limits.links:
            self.unlinked += 1
            return cell.style
        self._links.add(place, target)
        return replace(cell.style, link=True) if cell.style.wrap else styles.LINK

    def _write_bottom(self) -> None:
        self._part.write("</sheetData>")
        if self._facts.header and self._letters:
            last = self._letters[-1]
            self._facts.filter = f"$A$1:${last}${self.rows}"
            self._part.write(f'<autoFilter ref="A1:{last}{self.rows}"/>')
        self._links.write(self._part)
        self._part.write(_PAPER.format(side="landscape" if self._facts.header else "portrait"))


def _top(widths: Sequence[float], header: bool) -> str:
    """All that stands before the rows. The fixed height keeps a row one line high, also with line feeds."""
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width:g}" customWidth="1"/>'
        for number, width in enumerate(widths, 1)
    )
    return (
        f'{HEAD}<worksheet xmlns="{MAIN}" xmlns:r="{DOCUMENT}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f"<sheetViews>{_FROZEN if header else _NO_GRID}</sheetViews>"
        f'<sheetFormatPr defaultRowHeight="15"{header * _FIXED}/>'
        f"{f'<cols>{columns}</cols>' if columns else ''}<sheetData>"
    )


_FIXED = ' customHeight="1"'


def _letters(number: int) -> str:
    """The name of a column: A, B, ..., Z, AA, ..."""
    number, rest = divmod(number - 1, 26)
    return (_letters(number) if number else "") + chr(ord("A") + rest)
