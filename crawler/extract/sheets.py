"""The rows of a CSV or Excel file by the headings of their columns.

CSV is read by RFC 4180, with what programs make of it: other delimiters, a byte order mark, Excel's line `sep=;`.
An .xlsx file is read by ECMA-376, as a stream: see crawler.extract.xlsx.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from crawler.errors import ExtractError
from crawler.extract.headings import Cell, Headed
from crawler.extract.text import collapse_whitespace

__all__ = ["Sheet", "read_csv", "read_xlsx"]

_DELIMITERS = ",;\t|"
_SAMPLE = 20
"""Lines by which the delimiter is found."""
_MAX_COLUMNS = 16_384
"""As in Excel."""
_MAX_DELIMITERS = 1_000_000
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)?")
_SAID = re.compile(r"sep=([^\r\n])[ \t]*(?:\r\n?|\n)", re.I)
_OTHER = {
    "{": "it begins as JSON does",
    "[{": "it begins as JSON does",
    "PK\x03\x04": "it is a zip file, perhaps of Excel: then say format: xlsx",
    "%PDF": "it is a PDF file",
}
_TEXT = re.compile(r'[^\s",;|]')
_MARKUP = re.compile(r"<(?:[!?]|(?:html|head|body|div|table|script|rss|feed|error)\b)", re.I)
"""Not any `<`: headings of prices are `<DATE>;<OPEN>` in some files."""
_BINARY = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LOOKED_AT = 10_000


class Sheet(Headed):
    """A CSV file, or a sheet of an Excel file.

    Attributes:
        rows: the values of each row below the headings, one for each heading; None for an empty cell. They are read
            anew each time, so that no file is held in memory as cells; reading them raises ExtractError where the file
            breaks off or is none after all.
    """

    def __init__(self, headings: Sequence[str], rows: Callable[[], Iterator[tuple[Cell, ...]]]) -> None:
        super().__init__(tuple(headings))
        self._rows = rows

    @property
    def rows(self) -> Iterator[tuple[Cell, ...]]:
        return self._rows()


def read_csv(text: str) -> Sheet:
    """Read a CSV file.

    The first line with a text is that of the headings. Empty lines are passed over; cells beyond the headings are
    left out. The delimiter is the comma, semicolon, tab or bar that makes the same columns of most lines; a file
    without one has one column.

    Raises:
        ExtractError: `not-csv`: it is empty, or something else. Also while the rows are read.
    """
    text = text.removeprefix("\ufeff")
    _check_csv(text)
    start, delimiter = 0, ""
    if said := _SAID.match(text):
        start, delimiter = said.end(), said[1]
    delimiter = delimiter if delimiter not in ('"', " ", "") else _delimiter(text, start)
    headings = next(_filled(text, start, delimiter), None)
    if headings is None:
        raise ExtractError("not-csv", "it is empty")
    names = _headings(headings)
    return Sheet(names, lambda: (_row(line, len(names)) for line in islice(_filled(text, start, delimiter), 1, None)))


def read_xlsx(body: bytes) -> Sheet:
    """Read the first visible sheet of an Excel file that has a cell.

    Headings and rows are as those of `read_csv`. Of a formula the value counts that Excel has left beside it. A merged
    cell has its value in the first of its places only. An error such as #N/A is None.

    Raises:
        ExtractError: `not-xlsx`; `too-large` for a file that unpacks to more than any real one. Also while the rows
            are read.
    """
    from crawler.extract.xlsx import read_rows  # late: few configs read such files

    headings = next(read_rows(body), None)
    if headings is None:
        raise ExtractError("not-xlsx", "no visible sheet holds a cell")
    names = _headings(["" if value is None else str(value) for value in headings])
    width = len(names)
    return Sheet(names, lambda: (_fit(row, width) for row in islice(read_rows(body), 1, None)))


def _headings(cells: list[str]) -> list[str]:
    names = [collapse_whitespace(cell)[0] for cell in cells]
    while len(names) > 1 and not names[-1]:
        names.pop()
    return names


def _fit(row: Sequence[Cell], width: int) -> tuple[Cell, ...]:
    return (*row[:width], *[None] * (width - len(row)))


def _row(line: list[str], width: int) -> tuple[Cell, ...]:
    return _fit([cell or None for cell in line[:width]], width)


def _check_csv(text: str) -> None:
    begin = text[:_LOOKED_AT].lstrip()
    if not _TEXT.search(text):
        raise ExtractError("not-csv", "it is empty")
    if _MARKUP.match(begin):
        raise ExtractError("not-csv", "it is a page of HTML or XML")
    for sign, other in _OTHER.items():
        if begin.startswith(sign):
            raise ExtractError("not-csv", other)
    if _BINARY.search(begin) or begin.count("\ufffd") * 10 > len(begin):
        raise ExtractError("not-csv", "it is no text")


def _filled(text: str, start: int, delimiter: str) -> Iterator[list[str]]:
    """Yield the cells of each line that has a text."""
    lines = (_checked(found[0], delimiter) for found in _LINE.finditer(text, start))
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for cells in reader:
            if len(cells) > _MAX_COLUMNS:
                raise ExtractError("not-csv", f"line {reader.line_num:,} has more than {_MAX_COLUMNS:,} cells")
            if any(cell and not cell.isspace() for cell in cells):
                yield cells
    except csv.Error as error:
        # The only error of a reader that is not strict: a cell of more than 131,072 characters.
        detail = f"line {reader.line_num:,}: {error}; is the quote at the end of a cell missing?"
        raise ExtractError("not-csv", detail[:200]) from error


def _checked(line: str, delimiter: str) -> str:
    """Refuse a line of too many cells before they are made; one cell may hold delimiters."""
    if len(line) > _MAX_DELIMITERS and line.count(delimiter) > _MAX_DELIMITERS:
        raise ExtractError("not-csv", f"a line has more than {_MAX_DELIMITERS:,} signs {delimiter!r}")
    return line


def _delimiter(text: str, start: int) -> str:
    """Return the sign by which most lines have as many cells as the first, and many."""
    best, most = ",", 0.0
    for delimiter in _DELIMITERS:
        try:
            sample = [len(cells) for cells in islice(_filled(text, start, delimiter), _SAMPLE)]
        except ExtractError:
            continue
        if sample and sample[0] > 1 and (score := sample.count(sample[0]) / len(sample) * sample[0]) > most:
            best, most = delimiter, score
    return best
