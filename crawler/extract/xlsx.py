"""The cells of an Excel file (.xlsx, ECMA-376 part 1), as a stream: no part of it is ever held as a tree.

The parser is expat. A document type is refused (ECMA-376 part 2 allows none), so there are no entities to expand;
no part is unpacked that says it is too large, and of none more than it says.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import NamedTuple
from xml.parsers import expat

from crawler.errors import ExtractError
from crawler.extract.headings import Cell
from crawler.extract.zips import BROKEN_ZIP, check_member

__all__ = ["read_rows"]

_OLD = b"\xd0\xcf\x11\xe0"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_DIRECTORY_ENTRY = b"PK\x01\x02"
_MAX_MEMBERS = 5_000
_MAX_LISTING = 8_000_000
_MAX_STRINGS = 32_000_000
"""Bytes of parts that are held in memory, unpacked."""
_MAX_TEXTS = 1_000_000
_MAX_SHEET = 500_000_000
"""Bytes of a sheet, of which only a row is held."""
_DEEPEST = 100
_MAX_TAG = 1_000_000
_MAX_CELL = 1_000_000
_MAX_COLUMNS = 16_384
_CHUNK = 65_536

_Attributes = dict[str, str]


def read_rows(body: bytes) -> Iterator[list[Cell]]:
    """Yield the rows with a value of the first visible sheet that has one.

    A value is a text, int, Decimal, bool, date, datetime or None. A number is read to the 15 digits that Excel has; a
    time or a duration is a text, `36:30:00`.

    Raises:
        ExtractError: `not-xlsx`, `too-large`.
    """
    if body.startswith(_OLD):
        protected = _ENCRYPTED_PACKAGE in body
        raise _not_xlsx("it is protected by a password" if protected else "it is an old .xls file; save it as .xlsx")
    if not body.startswith(b"PK"):
        raise _not_xlsx("it is no Excel file")
    if body.count(_DIRECTORY_ENTRY) > _MAX_MEMBERS:
        raise _not_xlsx(f"it holds more than {_MAX_MEMBERS:,} files")
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            yield from _Workbook(archive).rows()
    except BROKEN_ZIP as error:
        raise _not_xlsx(f"it is broken: {error}") from error


def _not_xlsx(detail: str) -> ExtractError:
    return ExtractError("not-xlsx", detail[:200])


class _Listing:
    """What the small parts of a file say: relations, sheets, formats of numbers."""

    def __init__(self) -> None:
        self.targets: dict[str, str] = {}
        self.main = ""
        self.sheets: list[str] = []
        self.from_1904 = False
        self.codes: dict[int, str] = {}
        self.formats: list[int] = []
        self._in_formats = False

    def start(self, tag: str, attributes: _Attributes) -> None:
        name = _local(tag)
        given = {_local(key): value for key, value in attributes.items()}
        if name == "Relationship":
            self.targets[given.get("Id", "")] = given.get("Target", "")
            if given.get("Type", "").endswith("/officeDocument"):
                self.main = given.get("Target", "")
        elif name == "sheet" and given.get("state", "visible") == "visible":
            self.sheets.append(next((value for key, value in attributes.items() if key.endswith(":id")), ""))
        elif name == "workbookPr":
            self.from_1904 = given.get("date1904") in {"1", "true"}
        elif name == "numFmt" and given.get("numFmtId", "").isdecimal():
            self.codes[int(given["numFmtId"][:9])] = given.get("formatCode", "")
        elif name == "cellXfs":
            self._in_formats = True
        elif name == "xf" and self._in_formats:
            number = given.get("numFmtId", "0")
            self.formats.append(int(number[:9]) if number.isdecimal() else 0)

    def end(self, tag: str) -> None:
        if _local(tag) == "cellXfs":
            self._in_formats = False


class _Strings:
    """The texts that cells share, without what says how Japanese ones are spoken."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._parts: list[str] = []
        self._spoken = self._taking = False

    def start(self, tag: str, attributes: _Attributes) -> None:
        name = _local(tag)
        if name == "si":
            self._parts = []
        elif name == "rPh":
            self._spoken = True
        elif name == "t":
            self._taking = not self._spoken

    def end(self, tag: str) -> None:
        name = _local(tag)
        if name == "si":
            self.texts.append(_unescaped("".join(self._parts)))
            if len(self.texts) > _MAX_TEXTS:
                raise ExtractError("too-large", f"its cells share more than {_MAX_TEXTS:,} texts")
        elif name == "rPh":
            self._spoken = False
        elif name == "t":
            self._taking = False

    def data(self, text: str) -> None:
        if self._taking:
            self._parts.append(text)


class _Cell(NamedTuple):
    """Where the value of a cell is, and what it is: its column from 0, its type and its style."""

    column: int
    kind: str
    style: int


class _Cells:
    """The rows of a sheet; the finished ones are taken by `take`."""

    def __init__(self, strings: list[str], kinds: list[str], from_1904: bool) -> None:
        self._strings = strings
        self._kinds = kinds
        self._from_1904 = from_1904
        self._rows: list[list[Cell]] = []
        self._row: dict[int, Cell] = {}
        self._next = 0
        self._cell = _Cell(0, "n", 0)
        self._parts: list[str] = []
        self._chars = 0
        self._spoken = self._taking = False

    def take(self) -> list[list[Cell]]:
        rows, self._rows = self._rows, []
        return rows

    def start(self, tag: str, attributes: _Attributes) -> None:
        name = _local(tag)
        if name == "c":
            at = _column(attributes.get("r", ""))
            column = self._next if at is None else at
            if column >= _MAX_COLUMNS:
                raise _not_xlsx(f"a row has more than {_MAX_COLUMNS:,} cells")
            style = attributes.get("s", "0")
            self._cell = _Cell(column, attributes.get("t", "n"), int(style[:9]) if style.isdecimal() else 0)
            self._next = column + 1
            self._parts, self._chars = [], 0
        elif name == "rPh":
            self._spoken = True
        elif name == "v" or name == "t":
            self._taking = not self._spoken
        elif name == "row":
            self._row, self._next = {}, 0

    def end(self, tag: str) -> None:
        name = _local(tag)
        if name == "c":
            if self._parts and (value := self._value("".join(self._parts))) is not None:
                self._row[self._cell.column] = value
        elif name == "v" or name == "t":
            self._taking = False
        elif name == "rPh":
            self._spoken = False
        elif name == "row" and self._row:
            self._rows.append([self._row.get(column) for column in range(max(self._row) + 1)])
            self._row = {}

    def data(self, text: str) -> None:
        if self._taking:
            self._chars += len(text)
            if self._chars > _MAX_CELL:
                raise _not_xlsx(f"a cell of more than {_MAX_CELL:,} characters")
            self._parts.append(text)

    def _value(self, text: str) -> Cell:
        kind = self._cell.kind
        if kind == "s":
            at = int(text) if text.strip().isdecimal() else -1
            return (self._strings[at] if 0 <= at < len(self._strings) else None) or None
        if kind in {"str", "inlineStr"}:
            return _unescaped(text) or None
        if kind == "b":
            return text.strip() in {"1", "true"}
        if kind == "e":
            return None
        if kind == "d":
            return _iso(text.strip())
        style = self._cell.style
        shows = self._kinds[style] if style < len(self._kinds) else ""
        return _number(text.strip(), shows, self._from_1904)


class _Workbook:
    """An Excel file."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {name.lower(): name for name in archive.namelist()}
        if "xl/workbook.bin" in self._names:
            raise _not_xlsx("it is an .xlsb file; save it as .xlsx")
        if "[content_types].xml" not in self._names:
            raise _not_xlsx("it is a zip file, but none of Excel")

    def rows(self) -> Iterator[list[Cell]]:
        package = _Listing()
        self._read_small("_rels/.rels", package)
        main = _target("", package.main or "xl/workbook.xml")
        if main.lower() not in self._names:
            raise _not_xlsx("it holds no workbook")
        book = _Listing()
        folder, _, file = main.rpartition("/")
        self._read_small(main, book)
        self._read_small(f"{folder}/_rels/{file}.rels", book)
        strings = _Strings()
        self._read_small(f"{folder}/sharedStrings.xml", strings)
        styles = _Listing()
        self._read_small(f"{folder}/styles.xml", styles)
        kinds = [_shows(number, styles.codes.get(number, "")) for number in styles.formats]
        for sheet in book.sheets:
            path = _target(folder, book.targets.get(sheet, ""))
            cells = _Cells(strings.texts, kinds, book.from_1904)
            some = False
            for _ in self._parsed(path, cells, _MAX_SHEET):
                for row in cells.take():
                    some = True
                    yield row
            if some:
                return

    def _read_small(self, path: str, into: _Listing | _Strings) -> None:
        for _ in self._parsed(path, into, _MAX_LISTING if isinstance(into, _Listing) else _MAX_STRINGS):
            pass

    def _parsed(self, path: str, into: _Listing | _Strings | _Cells, most: int) -> Iterator[None]:
        """Parse a part, if it is there, and pause after each piece of it."""
        name = self._names.get(path.lower())
        if name is None:
            return
        parser = expat.ParserCreate()
        parser.buffer_text = True
        depth = 0

        def start(tag: str, attributes: _Attributes) -> None:
            nonlocal depth
            depth += 1
            if depth > _DEEPEST:  # expat keeps 130 bytes for each
                raise _not_xlsx(f"{name} has more than {_DEEPEST} elements, nested in each other")
            into.start(tag, attributes)

        def end(tag: str) -> None:
            nonlocal depth
            depth -= 1
            into.end(tag)

        parser.StartElementHandler, parser.EndElementHandler = start, end
        if not isinstance(into, _Listing):
            parser.CharacterDataHandler = into.data
        parser.StartDoctypeDeclHandler = _refuse
        size = 0
        try:
            for piece in self._pieces(name, most):
                size += len(piece)
                parser.Parse(piece, False)
                if size - parser.CurrentByteIndex > _MAX_TAG:
                    raise _not_xlsx(f"{name} has a tag of more than {_MAX_TAG:,} bytes")
                yield
            parser.Parse(b"", True)
            yield
        except expat.ExpatError as error:
            raise _not_xlsx(f"{name} is broken: {error}") from error

    def _pieces(self, name: str, most: int) -> Iterator[bytes]:
        info = self._archive.getinfo(name)
        if trouble := check_member(info):
            raise _not_xlsx(f"it {trouble}")
        if info.file_size > most:  # zipfile never gives more than a part says of itself
            raise ExtractError("too-large", f"{name} is more than {most} bytes after unpacking")
        with self._archive.open(info) as part:
            while piece := part.read(_CHUNK):
                yield piece


def _refuse(*_: object) -> None:
    raise _not_xlsx("it declares a document type, which no Excel file may")


def _local(tag: str) -> str:
    return tag.rpartition(":")[2] if ":" in tag else tag


def _target(folder: str, target: str) -> str:
    return posixpath.normpath(target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target))


def _column(place: str) -> int | None:
    """Return the column of a place like `AB12`, from 0."""
    number = 0
    for letter in place[:4]:
        if not "A" <= letter <= "Z":
            break
        number = number * 26 + ord(letter) - 64
    return number - 1 if number else None


_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _unescaped(text: str) -> str:
    """Return a text with its control characters: `_x000D_` (ECMA-376 part 1, 22.4.2.4)."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


_DATE, _TIME, _BOTH = "date", "time", "both"
_KNOWN = {14: _DATE, 15: _DATE, 16: _DATE, 17: _DATE, 22: _BOTH}
_KNOWN |= dict.fromkeys([18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56], _TIME)
_KNOWN |= dict.fromkeys([27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58], _DATE)
"""Formats that have numbers (ECMA-376 part 1, 18.8.30)."""
_NO_SIGN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.I | re.S)
"""What in a format is text, a colour or a language."""


def _shows(number: int, code: str) -> str:
    """Tell whether a format shows a number as a date, a time or both; "" for neither."""
    if not code:
        return _KNOWN.get(number, "")
    code = _NO_SIGN.sub("", code.partition(";")[0]).lower()
    if "general" in code:
        return ""
    has_time = any(sign in code for sign in ("h", "s", "[m"))
    has_date = any(sign in code for sign in "dy") or ("m" in code and not has_time)
    return (_BOTH if has_time else _DATE) if has_date else _TIME if has_time else ""


_MAX_DAYS = 2_958_465
"""The last day of the year 9999."""
_FOUR_YEARS = 1_462
"""Days by which a workbook that counts from 1904 is late."""
_NO_LEAP_DAY = 60
"""Excel has a 29th of February 1900 (ECMA-376 part 1, 18.17.4.1); days before it count from one day later."""


def _number(text: str, shows: str, from_1904: bool) -> Cell:
    try:
        exact = Decimal(text)
        value = Decimal(format(float(exact), ".15g"))
    except (InvalidOperation, ValueError, OverflowError):
        return text or None
    if not value.is_finite():
        return None
    if shows == _TIME and 0 <= value <= _MAX_DAYS:
        seconds = round(value * 86_400)
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if shows and _is_day(value, from_1904):
        return _day(value, shows, from_1904)
    return int(value) if value == value.to_integral_value() and value.adjusted() < 21 else value


def _is_day(value: Decimal, from_1904: bool) -> bool:
    if from_1904:
        return 0 <= value <= _MAX_DAYS - _FOUR_YEARS
    return 1 <= value <= _MAX_DAYS and int(value) != _NO_LEAP_DAY


def _day(value: Decimal, shows: str, from_1904: bool) -> date:
    begin = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30 if value > _NO_LEAP_DAY else 31)
    moment = begin + timedelta(milliseconds=round(value * 86_400_000))
    return moment if shows == _BOTH else moment.date()


def _iso(text: str) -> Cell:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text or None
    return moment if "T" in text else moment.date()
