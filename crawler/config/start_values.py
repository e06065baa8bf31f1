"""Values that starts hand over: the columns of a file, and lists that are combined with each of its lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product
from math import prod
from pathlib import Path
from typing import NamedTuple

from crawler.config import ranges
from crawler.config.syntax import read_bytes, read_text
from crawler.errors import ConfigError

__all__ = ["MAX_FILE_BYTES", "Columns", "Values", "is_name", "named", "read_columns"]

MAX_FILE_BYTES = 200_000_000
_NAME = re.compile(r"[^\W\d]\w*")

Cells = tuple[str | None, ...]


class Values(NamedTuple):
    """What a start hands over: each line with each combination of the lists.

    Attributes:
        names: of the values of a line, then of the lists.
        lines: of a file; None for an empty cell. One without values where there is no file.
        lists: one for each further name.
        carry: names of those that become columns.
        duplicates: what further starts of the same page do with what they carry: first, rows or collect.
    """

    names: tuple[str, ...] = ()
    lines: tuple[Cells, ...] = ((),)
    lists: tuple[Cells, ...] = ()
    carry: tuple[str, ...] = ()
    duplicates: str = "first"

    @property
    def combinations(self) -> int:
        """How many combinations there are."""
        return len(self.lines) * prod(map(len, self.lists))

    def of(self, name: str) -> Cells:
        """All values of a name; none for a name that is not there."""
        if name not in self.names:
            return ()
        place, columns = self.names.index(name), len(self.names) - len(self.lists)
        return tuple(line[place] for line in self.lines) if place < columns else self.lists[place - columns]

    def each(self) -> Iterator[dict[str, str]]:
        """Yield what is handed over together, without what is empty."""
        for line in self.lines:
            for chosen in product(*self.lists):
                cells = zip(self.names, (*line, *chosen), strict=True)
                yield {name: value for name, value in cells if value is not None}


class Columns(NamedTuple):
    """A file of lines with values."""

    names: tuple[str, ...]
    lines: tuple[Cells, ...]

    @property
    def address(self) -> str | None:
        """The name of the column that holds the addresses, None where there is none."""
        return next((name for name in ("url", "URL", "Url") if name in self.names), None)


def is_name(text: str) -> bool:
    """Whether a text can stand in braces."""
    return _NAME.fullmatch(text) is not None


def named(heading: str) -> str:
    """The name of a column: its heading with everything that is no letter, digit or `_` as `_`.

    >>> named("Store Number")
    'Store_Number'
    """
    return re.sub(r"\W", "_", heading)


def read_columns(path: Path) -> Columns | None:
    """Read a .csv or .xlsx file; None where it is a list of URLs, without headings.

    Raises:
        ConfigError: it cannot be read, is empty, or has two headings that become one name.
        ExtractError: it is no such file.
    """
    from crawler.extract.sheets import read_csv, read_xlsx  # late: few configs have such a file

    if path.suffix.lower() == ".xlsx":
        sheet = read_xlsx(read_bytes(path, most=MAX_FILE_BYTES))
    else:
        text = read_text(path, most=MAX_FILE_BYTES)
        if _lists_urls(text):
            return None
        if not text.strip():
            raise ConfigError("the file is empty; write the headings on its first line and values below them")
        sheet = read_csv(text)
    places = _places(sheet.headings)
    lines = tuple(tuple(_text(row[place]) for place in places.values()) for row in islice(sheet.rows, ranges.MOST + 1))
    if not lines:
        raise ConfigError("there is no line below the headings; write one with values")
    if len(lines) > ranges.MOST:
        raise ConfigError(f"it has more than {ranges.MOST:,} lines; make several jobs of it")
    return Columns(tuple(places), lines)


def _lists_urls(text: str) -> bool:
    """Whether the first line is a URL, so that it is none of headings."""
    lines = (line.strip().lower() for line in text[:10_000].split("\n"))
    first = next((line for line in lines if line and not line.startswith("#")), "")
    return first.startswith(("http://", "https://", "/"))


def _places(headings: tuple[str, ...]) -> dict[str, int]:
    """The name and the place of each column that has a heading."""
    places: dict[str, int] = {}
    for place, heading in enumerate(headings):
        name = named(heading)
        if heading and name in places:
            first = headings[places[name]]
            both = f"two columns have the heading '{heading}'"
            if first != heading:
                both = f"the headings '{first}' and '{heading}' both become the name {name}"
            raise ConfigError(f"{both}; rename one")
        if heading:
            places[name] = place
    return places


def _text(cell: object) -> str | None:
    if isinstance(cell, str):
        return cell.strip() or None
    if cell is None:
        return None
    from crawler.extract.templates import as_written

    return as_written(cell)  # type: ignore[arg-type]  # the cells of a sheet are values
