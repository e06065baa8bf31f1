"""The stock as a CSV file with semicolons, and as an Excel file (ECMA-376-1)."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from html import escape

from crawler.demo.catalogue import Book, Stock

__all__ = ["HEADINGS", "stock_csv", "stock_xlsx"]

HEADINGS = ("ISBN", "Title", "Price (GBP)", "In stock", "Shelf", "Checked")
FILE_BOOKS = 1_000
"""Most books in a file."""


def stock_csv(stock: Stock) -> bytes:
    """The file as Excel writes it in much of Europe: semicolons, a byte order mark."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, delimiter=";")
    lines.writerow(HEADINGS)
    for book in _books(stock):
        price = _pounds(book)
        lines.writerow(
            [
                book.isbn,
                f'{book.title.text}; "{book.language}"',
                "" if price is None else f"{price:,}",
                book.stock,
                book.shelf,
                f"{book.checked:%d.%m.%Y}",
            ]
        )
    return text.getvalue().encode("utf-8-sig")


def stock_xlsx(stock: Stock) -> bytes:
    """The file, with numbers as numbers and days as days; the same bytes each time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**PARTS, "xl/worksheets/sheet1.xml": _sheet(stock)}.items():
            archive.writestr(zipfile.ZipInfo(name), XML + text)  # with the time of ZipInfo: 1980
    return packed.getvalue()


def _books(stock: Stock) -> Iterator[Book]:
    return map(stock.book, range(1, min(stock.books, FILE_BOOKS) + 1))


def _pounds(book: Book) -> Decimal | None:
    return book.money.amount if book.money and book.money.currency == "£" else None


XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
RELATIONS = f'<Relationships xmlns="{PACKAGE}/relationships">'

PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'{RELATIONS}<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="Stock" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{RELATIONS}<Relationship Id="rId1" Type="{OFFICE}/worksheet" '
    f'Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/>'
    "</Relationships>",
    # The second format, number 1, is that of days.
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts><fills count="1">'
    '<fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


def _sheet(stock: Stock) -> str:
    rows = [HEADINGS, *(_row(book) for book in _books(stock))]
    lines = (f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _row(book: Book) -> tuple[object, ...]:
    return (book.isbn, book.title.text, _pounds(book), book.stock, book.shelf, book.checked.date())


def _cell(value: object) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    if isinstance(value, date):
        return f'<c s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
    return f"<c><v>{value}</v></c>"
