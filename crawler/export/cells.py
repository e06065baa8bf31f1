"""What a value becomes in a cell of Excel, and what has to be said about it.

The limits are those of "Excel specifications and limits" (Microsoft) and the characters of XML 1.0. A value
that Excel cannot hold is never lost and never changed silently: it becomes text or is cut, with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC as UTC_ZONE
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from crawler.export import styles
from crawler.export.plain import exact
from crawler.export.styles import MoneyStyles, Style
from crawler.model import Money

__all__ = ["Cell", "Cells", "Limits", "Reason"]

_MARK = "… [cut]"
_DIGITS = 15
_FIRST_DAY = date(1900, 3, 1)  # before it Excel counts a 29 February 1900, which others do not
_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_SUSPECT = re.compile(f"{_BAD.pattern}|{_ESCAPE.pattern}")
# Text that Excel would make a formula, a number, a date or an error of when a person edits its cell.
_RETYPED = re.compile(r"[=+\-@#.\d]|(?:true|false)$", re.IGNORECASE)


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
        link: URL that the cell leads to, or "".
    """

    kind: str
    text: str
    style: Style
    reasons: tuple[Reason, ...] = ()
    link: str = ""


class Cells:
    """Makes cells of values; the reasons it gives are the codes of the Problems sheet."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._short = limits.text // 2  # a text of so many characters cannot have too many UTF-16 units
        self._money = MoneyStyles()
        self._rules: dict[type, Callable[[Any], Cell | None]] = {
            type(None): lambda value: None,
            str: lambda value: self.text(value) if value else None,
            bool: lambda value: Cell("b", "1" if value else "0", styles.BOOLEAN),
            int: self._int,
            float: lambda value: self._decimal(Decimal(repr(value))),
            Decimal: self._decimal,
            Money: self._of_money,
            datetime: self._datetime,
            date: self._date,
            tuple: self._list,
            list: self._list,
        }

    def cell(self, value: object) -> Cell | None:
        """The cell of a value; None for a blank one. A type without a rule becomes text, with a reason."""
        rule = self._rules.get(type(value))
        return rule(value) if rule else self._other(value)

    def text(self, value: str, *reasons: Reason) -> Cell:
        """A text cell, whatever the text looks like."""
        if len(value) > self._short or value.count("\n") > self._limits.feeds or _SUSPECT.search(value):
            value, found = self._repair(value)
            reasons += found
        style = styles.QUOTED if _RETYPED.match(value) else styles.TEXT
        return Cell("s", value, style, reasons)

    def _repair(self, value: str) -> tuple[str, tuple[Reason, ...]]:
        reasons = []
        value, bad = _BAD.subn("\ufffd", value)
        if bad:
            reasons.append(Reason("bad-characters", f"{bad} characters that Excel cannot hold became U+FFFD"))
        units = len(value.encode("utf-16-le")) // 2
        if units > self._limits.text:
            value = self._cut(value)
            detail = f"{units:,} characters, cut to {self._limits.text:,}"
            reasons.append(Reason("too-long-for-excel", detail))
        feeds = value.count("\n")
        if feeds > self._limits.feeds:
            detail = f"{feeds:,} line feeds; Excel may show only {self._limits.feeds} of them"
            reasons.append(Reason("many-lines", detail))
        return _ESCAPE.sub("_x005F_", value), tuple(reasons)

    def _cut(self, value: str) -> str:
        kept = value.encode("utf-16-le")[: 2 * (self._limits.text - len(_MARK))]
        return kept.decode("utf-16-le", "ignore") + _MARK  # "ignore": the cut may fall inside a character

    def _int(self, value: int) -> Cell:
        if -(10**_DIGITS) < value < 10**_DIGITS:
            return Cell("n", str(value), styles.NUMBER)
        return self._digits(exact(value))

    def _decimal(self, value: Decimal, style: Style = styles.NUMBER, unit: str = "") -> Cell:
        text = exact(value) + (f" {unit}" if unit else "")
        if not value.is_finite():
            return self.text(text, Reason("not-finite", f"{text} is no number for Excel; written as text"))
        if not _fits(value):
            return self._digits(text)
        return Cell("n", exact(value if value else abs(value)), style)  # abs(): Excel has no minus zero

    def _digits(self, text: str) -> Cell:
        detail = f"more than the {_DIGITS} digits or the 307 places of Excel; written as text"
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
        return Cell("n", _serial(value), styles.DATE)

    def _datetime(self, value: datetime) -> Cell:
        """The wall time; of a time with a zone the same instant in UTC, in a format that says so."""
        moment, style = value, styles.DATETIME
        if value.tzinfo is not None:
            try:
                moment, style = value.astimezone(UTC_ZONE).replace(tzinfo=None), styles.UTC
            except OverflowError:  # in UTC it is before the year 1 or after 9999
                return self._early(value)
        return Cell("n", _serial(moment), style) if moment.date() >= _FIRST_DAY else self._early(value)

    def _early(self, value: date) -> Cell:
        reason = Reason("date-outside-excel", "no sure date for Excel before March 1900; written as text")
        return self.text(value.isoformat(), reason)

    def _list(self, value: tuple[object, ...]) -> Cell | None:
        return self.text("; ".join(map(str, value))) if value else None

    def _other(self, value: object) -> Cell | None:
        for base in type(value).__mro__[1:]:
            if base in self._rules:
                return self._rules[base](value)
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
    from openpyxl.utils.datetime import to_excel  # only the workbook needs it, and it is slow to import

    return repr(to_excel(value))  # type: ignore[no-untyped-call]  # untyped in its stubs
