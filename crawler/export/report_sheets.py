"""The sheets about the run: Summary and Problems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from crawler.export import styles
from crawler.export.book import Book
from crawler.export.cells import Cell
from crawler.export.data_sheets import header_cells
from crawler.export.sheet import Sheet
from crawler.export.widths import widths
from crawler.model import Problem, Value

__all__ = ["write_problems", "write_summary"]

_SAMPLE = 200
_VALUE_WIDTH = 80.0
_COLUMNS = ("State", "Cause", "What happened", "URL", "Found on", "Where", "Attempts")
_NONE = "No problems: every page was read and every value is in its cell."

_HEADING = Cell("n", "", styles.HEADER)  # blank: the bar of a heading goes on to the right

_Row = Sequence[Cell | None]


def write_summary(book: Book, lines: Sequence[tuple[str, Value]]) -> None:
    """Two columns, label and value; ("", None) is an empty line and (label, None) a heading."""
    rows = [_summary_row(book, label, value) for label, value in lines]
    label_width = widths([[None], *([label] for label, _ in rows)])[0]
    with Sheet(book, "Summary", [label_width, _VALUE_WIDTH], header=False) as sheet:
        for row in rows:
            sheet.append(row)


def _summary_row(book: Book, label: str, value: Value) -> _Row:
    name = book.cells.text(label) if label else None
    if value is None:
        return (name._replace(style=styles.HEADER), _HEADING) if name else (None, None)
    cell = book.cells.cell(value)
    if cell is not None:
        book.note(f"Summary.{label}", cell.reasons)
        style = replace(cell.style, side="left", wrap=cell.kind == "s")
        cell = cell._replace(style=style, link=value if isinstance(value, str) else "")
    return name, cell


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
