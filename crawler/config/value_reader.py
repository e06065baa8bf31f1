"""Reads what a start hands over: the columns of its file, and `with`, `carry` and `duplicates`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple, TypeVar

from crawler.config import ranges
from crawler.config.diagnostics import Diagnostics
from crawler.config.document import Document
from crawler.config.page_spec import DUPLICATES
from crawler.config.schema import NAME, Location, Type, list_of
from crawler.config.secrets import has_variable
from crawler.config.start_values import Columns, Values, is_name, read_columns
from crawler.config.validators import did_you_mean
from crawler.config.yaml_tree import KeyPath
from crawler.errors import ConfigError, ExtractError

__all__ = ["Given", "ValueReader", "of_file"]

_OF_VALUES = ("with", "carry", "duplicates")
_TABLES = (".csv", ".xlsx")
_CARRY = list_of("list of names", NAME)
T = TypeVar("T")

Item = dict[str, object]
Lists = dict[str, tuple[str | None, ...]]


class Given(NamedTuple):
    """What an item under `start` hands over.

    Attributes:
        values: None for nothing.
        file: name of the file that has columns, "" for none.
        address: the column that holds the addresses, None for none.
        lists: names of those of `with`.
    """

    values: Values | None
    file: str
    address: str | None
    lists: tuple[str, ...]


class ValueReader:
    """Reads values, and complains of what is wrong with them."""

    def __init__(self, report: Diagnostics, folder: Path) -> None:
        self.report = report
        self.folder = folder

    def read(self, item: Item, path: KeyPath) -> Given | None:
        """What an item hands over; None after a complaint that leaves nothing to go on with."""
        name = item.get("file")
        lists = self._lists(item["with"], (*path, "with")) if "with" in item else {}
        columns, ok = None, True
        if isinstance(name, str) and Path(name).suffix.lower() in _TABLES:
            columns, ok = self._columns(name, (*path, "file"))
        if not ok or lists is None or self._twice(columns, lists, path, name):
            return None
        values = self._values(item, path, columns, lists)
        if columns is None:
            return Given(values, "", None, tuple(lists))
        return Given(values, str(name), columns.address, tuple(lists))

    def _columns(self, name: str, path: KeyPath) -> tuple[Columns | None, bool]:
        """The columns of a file, None where it is a list of URLs; and whether it can be read."""
        try:
            return read_columns(self.folder / name), True
        except ConfigError as error:
            what, _, fix = of_file(error, self.folder / name).partition("; ")
            self.report.add(path, what, fix)
        except ExtractError as error:
            self.report.add(path, f"{name} cannot be read: {error.detail}", "give a .csv or .xlsx file with headings")
        return None, False

    def _twice(self, columns: Columns | None, lists: Collection[str], path: KeyPath, file: object) -> bool:
        """Complain of names that are both columns and lists."""
        both = [name for name in lists if columns is not None and name in columns.names]
        for name in both:
            what = f"'{name}' is also a column of {file}"
            self.report.add((*path, "with", name), what, "rename one of them", on_key=True)
        return bool(both)

    def _lists(self, value: object, path: KeyPath) -> Lists | None:
        """What stands under `with`; None after a complaint."""
        if not isinstance(value, dict) or not value:
            what = "says nothing" if value in (None, {}) else "expected lists by name"
            self.report.add(path, what, "write for example with: {type: [atm, branch]}")
            return None
        found = {name: self._list(name, given, (*path, name)) for name, given in value.items()}
        return {name: one for name, one in found.items() if one is not None} if all(found.values()) else None

    def _list(self, name: str, given: object, path: KeyPath) -> tuple[str | None, ...] | None:
        if not is_name(name):
            fix = "use letters, digits and _, and no digit at its beginning"
            self.report.add(path, f"'{name}' cannot stand in braces", fix, on_key=True)
            return None
        if isinstance(given, str) and ranges.is_range(given):
            return self._range(given, path)
        items = given if isinstance(given, list) else [given]
        if given in (None, "", []):
            self.report.add(path, "says nothing", f"write for example {name}: [a, b], or remove it")
            return None
        for index, one in enumerate(items):
            here = (*path, index) if isinstance(given, list) else path
            if not self._is_value(name, one, here):
                return None
        return tuple(None if one in (None, "") else str(one) for one in items)

    def _range(self, text: str, path: KeyPath) -> tuple[str | None, ...] | None:
        size = ranges.size(f"{{{text}}}")
        if 0 < size <= ranges.MOST:
            return tuple(ranges.numbers(text))
        what = f"the range means {size:,} values" if size else "a range has a step of 0"
        self.report.add(path, what, f"write a range of at most {ranges.MOST:,} values, as 0..200..20")
        return None

    def _is_value(self, name: str, one: object, path: KeyPath) -> bool:
        if isinstance(one, dict | list):
            self.report.add(path, "expected a text or a number", f"write for example {name}: [a, b]")
            return False
        if isinstance(one, str) and has_variable(one):
            what = "an environment variable is not allowed here"
            self.report.add(path, what, "write it in request: of the page kind")
            return False
        return True

    def _values(self, item: Item, path: KeyPath, columns: Columns | None, lists: Lists) -> Values | None:
        """What is handed over; None for nothing."""
        known = columns.names if columns else ()
        if columns is None and not any(key in item for key in _OF_VALUES):
            return None
        names = (*known, *lists)
        carry = self._read(_CARRY, item, path, "carry")
        duplicates = self._read(DUPLICATES, item, path, "duplicates")
        self._carried(carry, names, item, path)
        return Values(names, columns.lines if columns else ((),), tuple(lists.values()), carry, duplicates)

    def _read(self, kind: Type[T], item: Item, path: KeyPath, key: str) -> T:
        if key not in item:
            return kind.empty
        return Location(self.report, Document, {}, (*path, key)).read(kind, item[key])

    def _carried(self, carry: Collection[str], names: tuple[str, ...], item: Item, path: KeyPath) -> None:
        """Complain of a name of `carry` that nothing has."""
        if "python" in item:
            return
        for index, name in enumerate(carry):
            if name in names:
                continue
            place = (*path, "carry", index) if isinstance(item["carry"], list) else (*path, "carry")
            if not names:
                self.report.add(
                    place, "there are no values to carry", "add with:, or a .csv or .xlsx file with columns"
                )
                return
            fix = did_you_mean(name, names) or f"there are: {', '.join(names[:20])}"
            self.report.add(place, f"'{name}' is no value of this start", fix)


def of_file(error: ConfigError, path: Path) -> str:
    """What is wrong with a file, without its name."""
    return str(error).removeprefix(str(path)).removeprefix(": ")
