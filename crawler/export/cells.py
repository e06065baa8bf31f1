"""How a value is written to an Excel cell, the notes about it, and the width of its column.

The limits are those of "Excel specifications and limits" (Microsoft) and the characters of XML 1.0. A value
that Excel cannot hold is never lost and never changed silently: it becomes text or is cut, with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC as UTC_ZONE
from datetime import date, datetime
from decimal import Decimal
from string import ascii_letters
from typing import NamedTuple

from crawler.export import package
from crawler.export.flatten import Rules, exact
from crawler.export.package import FilePath, MoneyStyles, Style
from crawler.model import Money
from crawler.text_width import columns

__all__ = ["Cell", "Cells", "Limits", "Reason", "widths"]


_MARK = "… [cut]"
_DIGITS = 15
_TOO_LARGE = 10**_DIGITS
_DAY_ZERO = date(1899, 12, 30).toordinal()
_FIRST_DAY = date(1900, 3, 1)  # before it Excel counts a 29 February 1900, which others do not
_BAD = "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
_ESCAPE = "_(?=x[0-9A-Fa-f]{4}_)"
# Text that Excel would make a formula, a number, a date or an error of when a person edits its cell.
_RETYPED = re.compile(r"[=+\-@#.\d]|(?:true|false)$", re.IGNORECASE)
_KEPT = frozenset(ascii_letters) - frozenset("tTfF")  # no text that begins so is retyped
# Both cost far less than _BAD and let nearly all text pass; isprintable is the faster one for short text.
_CLEAN, _LONG = re.compile("[ -\ud7ff\n]*"), 50


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of Excel; smaller in tests.

    Attributes:
        rows: rows a sheet, header included.
        columns: columns a sheet.
        text: UTF-16 units a cell.
        feeds: line feeds a cell.
        links: links a sheet.
        url: characters a link.
        part: bytes of a sheet's XML; more would need the ZIP64 form, which not every reader knows.
    """

    rows: int = 1_048_576
    columns: int = 16_384
    text: int = 32_767
    feeds: int = 253
    links: int = 65_530
    url: int = 2_079
    part: int = 1_900_000_000


class Reason(NamedTuple):
    """Why a cell is not what the record holds: `Reason("too-long-for-excel", "40,000 characters; ...")`."""

    code: str
    detail: str


class Cell(NamedTuple):
    """A cell ready to be written.

    Attributes:
        kind: type of a cell in SpreadsheetML: `s` text, `n` number, `b` boolean. Never `f`, a formula.
        text: the value as the XML shows it.
        link: URL that the cell leads to, or a FilePath, or "".
    """

    kind: str
    text: str
    style: Style
    reasons: tuple[Reason, ...] = ()
    link: str = ""


class Cells:
    """Makes cells of values; the reasons it gives are the codes of the Problems sheet.

    Attributes:
        odd: cells made so far that have reasons.
        rules: `rules[type(value)](value)` is the cell of a value; None for a blank one.
        url_rules: the same for a column of URLs: text leads to where it says.
        file_rules: the same for a column of files.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._short = limits.text // 2  # a text of so many characters cannot have too many UTF-16 units
        self._money = MoneyStyles()
        self.odd = 0
        self.rules: Rules[Cell | None] = Rules(
            {
                object: self._unknown,
                type(None): lambda value: None,
                str: self._str,
                bool: lambda value: Cell("b", "1" if value else "0", package.BOOLEAN),
                int: self._int,
                float: lambda value: self._decimal(Decimal(repr(value))),
                Decimal: self._decimal,
                Money: self._of_money,
                datetime: self._datetime,
                date: self._date,
                tuple: self._list,
                list: self._list,
            }
        )
        self.url_rules = Rules({**self.rules, str: self._url})
        self.file_rules = Rules({**self.rules, str: self._file})

    def cell(self, value: object) -> Cell | None:
        """The cell of a value; None for a blank one. A type without a rule becomes text, with a reason."""
        return self.rules[type(value)](value)

    def text(self, value: str, *reasons: Reason, link: str = "") -> Cell:
        """A text cell, whatever the text looks like; it leads to `link` where that can be a link."""
        clean = value.isprintable() if len(value) < _LONG else _CLEAN.fullmatch(value)
        escapes = "_" in value and "_x" in value  # "in" with one character is the cheapest look of all
        many_lines = "\n" in value and value.count("\n") > self._limits.feeds
        if not clean or escapes or many_lines or len(value) > self._short:
            value, found = self._repair(value)
            reasons += found
        self.odd += bool(reasons)
        kept = value[:1] in _KEPT or not _RETYPED.match(value)
        return Cell("s", value, package.TEXT if kept else package.QUOTED, reasons, link)

    def _str(self, value: str) -> Cell | None:
        return self.text(value) if value else None

    def _url(self, value: str) -> Cell | None:
        return self.text(value, link=value) if value else None

    def _file(self, value: str) -> Cell | None:
        return self.text(value, link=FilePath(value)) if value else None

    def _repair(self, value: str) -> tuple[str, tuple[Reason, ...]]:
        reasons = []
        value, bad = re.subn(_BAD, "\ufffd", value)
        if bad:
            reasons.append(Reason("bad-characters", f"{bad} characters that Excel cannot store became U+FFFD"))
        units = len(value.encode("utf-16-le")) // 2
        if units > self._limits.text:
            value = self._cut(value)
            detail = f"{units:,} characters, cut to {self._limits.text:,}"
            reasons.append(Reason("too-long-for-excel", detail))
        feeds = value.count("\n")
        if feeds > self._limits.feeds:
            detail = f"{feeds:,} line breaks; Excel may show only {self._limits.feeds} of them"
            reasons.append(Reason("many-lines", detail))
        return re.sub(_ESCAPE, "_x005F_", value), tuple(reasons)

    def _cut(self, value: str) -> str:
        kept = value.encode("utf-16-le")[: 2 * (self._limits.text - len(_MARK))]
        return kept.decode("utf-16-le", "ignore") + _MARK  # "ignore": the cut may fall inside a character

    def _int(self, value: int) -> Cell:
        if -_TOO_LARGE < value < _TOO_LARGE:
            return Cell("n", str(value), package.NUMBER)
        return self._digits(exact(value))

    def _decimal(self, value: Decimal, style: Style = package.NUMBER, unit: str = "") -> Cell:
        text = str(value)
        if len(text) <= _DIGITS and text.replace(".", "").isdecimal():  # most are such: exact as they are
            return Cell("n", text, style)
        text = exact(value) + (f" {unit}" if unit else "")
        if not value.is_finite():
            return self.text(text, Reason("not-finite", f"{text} is not a number in Excel; written as text"))
        if not _fits(value):
            return self._digits(text)
        return Cell("n", exact(value if value else abs(value)), style)  # abs(): Excel has no minus zero

    def _digits(self, text: str) -> Cell:
        detail = f"more than Excel's {_DIGITS} digits or 307 decimal places; written as text"
        return self.text(text, Reason("too-precise", detail))

    def _of_money(self, value: Money) -> Cell:
        style = self._money.get(value.currency)
        if style:
            return self._decimal(value.amount, style, value.currency)
        text = f"{exact(value.amount)} {value.currency}"
        return self.text(text, Reason("odd-currency", "no number format for this currency; written as text"))

    def _date(self, value: date) -> Cell:
        if value < _FIRST_DAY:
            return self._early(value)
        return Cell("n", _serial(value), package.DATE)

    def _datetime(self, value: datetime) -> Cell:
        """The wall time; of a time with a zone the same instant in UTC, in a format that says so."""
        moment, style = value, package.DATETIME
        if value.tzinfo is not None:
            try:
                moment, style = value.astimezone(UTC_ZONE).replace(tzinfo=None), package.UTC
            except OverflowError:  # in UTC it is before the year 1 or after 9999
                return self._early(value)
        return Cell("n", _serial(moment), style) if moment.date() >= _FIRST_DAY else self._early(value)

    def _early(self, value: date) -> Cell:
        reason = Reason("date-outside-excel", "Excel dates before March 1900 are unreliable; written as text")
        return self.text(value.isoformat(), reason)

    def _list(self, value: tuple[object, ...]) -> Cell | None:
        return self.text("; ".join(map(str, value))) if value else None

    def _unknown(self, value: object) -> Cell:
        reason = Reason("unknown-type", f"a value of type {type(value).__name__}; written as text")
        return self.text(str(value), reason)


def _fits(value: Decimal) -> bool:
    """Excel holds it exactly as an IEEE 754 double shown with 15 digits."""
    if not value:
        return True
    digits = value.as_tuple().digits
    if len(digits) > _DIGITS and any(digits[_DIGITS:]):
        return False
    return -307 <= value.adjusted() <= 307


def _serial(value: date) -> str:
    """Days since 30 December 1899, from which Excel's count is right after February 1900."""
    days = float(value.toordinal() - _DAY_ZERO)
    if isinstance(value, datetime):
        seconds = value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 10**6
        days += seconds / 86_400
    return repr(days)


_MIN, _MAX = 8, 60
_MONEY = 10  # further down may be larger amounts, and Excel shows "####" for one that does not fit
_BUTTON = 3  # the filter's button covers the end of the header


def widths(rows: Iterable[Sequence[Cell | None]]) -> list[float]:
    """The widths of all columns in characters, 8 to 60; the first row is the header."""
    columns = list(zip(*rows, strict=True))
    return [_clamp(max(_seen(header) + _BUTTON, *map(_seen, cells), 0)) for header, *cells in columns]


def _clamp(width: float) -> float:
    return float(min(max(width + 2, _MIN), _MAX))


def _seen(cell: Cell | None) -> int:
    if cell is None:
        return 0
    if cell.style.width:
        return cell.style.width
    if cell.style.money:
        return max(_MONEY, len(cell.style.prefix) + len(f"{float(cell.text):,.2f}"))
    return columns(cell.text[:_MAX])
