"""The sheets about the run: Summary and Problems."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from crawler.export import styles
from crawler.export.book import Book
from crawler.export.cells import Cell
from crawler.export.data_sheets import header_cells
from crawler.export.sheet import Sheet
from crawler.export.widths import widths
from crawler.model import Problem, SummaryLine, Value

__all__ = ["write_problems", "write_summary"]

_SAMPLE = 200
_VALUE_WIDTHS = (20.0, 20.0, 44.0)  # a text alone reaches over all of them, as the cells to its right are blank
_LONGEST_LINE = 85
_COLUMNS = ("State", "Cause", "What happened", "URL", "Found on", "Where", "Attempts")
_NONE = "No problems: every page was read and every value is in its cell."

_HEADING = Cell("n", "", styles.HEADER)  # blank: the bar of a heading goes on to the right

_Row = Sequence[Cell | None]


def write_summary(book: Book, lines: Sequence[SummaryLine]) -> None:
    """Labels and their values, under headings; a long text goes on in the next row."""
    rows = [row for label, *values in lines for row in _summary_rows(book, str(label), values)]
    label_width = widths([[None], *([row[0]] for row in rows)])[0]
    with Sheet(book, "Summary", [label_width, *_VALUE_WIDTHS], header=False) as sheet:
        for row in rows:
            sheet.append(row)


def _summary_rows(book: Book, label: str, values: Sequence[Value]) -> Iterator[_Row]:
    name = book.cells.text(label) if label else None
    if name and values and values[0] is None:
        heads = [book.cells.text(str(text))._replace(style=styles.HEADER) for text in values[1:]]
        yield _filled(name._replace(style=styles.HEADER), heads, _HEADING)
        return
    for row in _split(values):
        yield _filled(name, [_summary_cell(book, label, value) for value in row], None)
        name = None


def _split(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """One row, or those of a long text."""
    if len(values) == 1 and isinstance(values[0], str) and len(values[0]) > _LONGEST_LINE:
        lines = textwrap.wrap(values[0], _LONGEST_LINE, break_long_words=False, break_on_hyphens=False)
        yield from ([line] for line in lines)
    else:
        yield values


def _filled(name: Cell | None, cells: Sequence[Cell | None], rest: Cell | None) -> _Row:
    return [name, *cells, *[rest] * (len(_VALUE_WIDTHS) - len(cells))]


def _summary_cell(book: Book, label: str, value: Value) -> Cell | None:
    cell = book.cells.cell(value)
    if cell is None:
        return None
    book.note(f"Summary.{label}", cell.reasons)
    return cell._replace(style=replace(cell.style, side="left"), link=value if isinstance(value, str) else "")


def write_problems(book: Book, problems: Iterator[Problem]) -> None:
    """Every problem, then every altered cell; a last line counts those beyond Excel's limit of rows."""
    header = header_cells(book, "Problems", _COLUMNS)
    rows = (_problem_row(book, problem) for problem in chain(problems, book.notes()))
    sample = list(islice(rows, _SAMPLE))
    with Sheet(book, "Problems", widths([header, *sample]), header=True) as sheet:
        sheet.append(header)
        _append_bounded(book, sheet, chain(sample or [_line(book, _NONE)], rows))


def _append_bounded(book: Book, sheet: Sheet, rows: Iterator[_Row]) -> None:
    row = next(rows, None)
    while row is not None:
        following = next(rows, None)
        if following is not None and sheet.last:
            row, following = _line(book, f"... and {2 + sum(1 for _ in rows):,} more"), None
        sheet.append(row)
        row = following


def _line(book: Book, text: str) -> _Row:
    return [book.cells.text(text), *[None] * (len(_COLUMNS) - 1)]


def _problem_row(book: Book, problem: Problem) -> _Row:
    text = book.cells.cell
    return [
        text(problem.state),
        text(problem.code),
        text(problem.detail),
        _linked(text(problem.url), problem.url),
        _linked(text(problem.found_on), problem.found_on),
        text(problem.where),
        text(problem.attempts or None),
    ]


def _linked(cell: Cell | None, url: str) -> Cell | None:
    return cell and cell._replace(link=url)
