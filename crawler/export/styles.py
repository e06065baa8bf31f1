"""How cells look: a few fixed styles and one for each currency."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "BOOLEAN",
    "DATE",
    "DATETIME",
    "HEADER",
    "LINK",
    "NUMBER",
    "QUOTED",
    "TEXT",
    "UTC",
    "MoneyStyles",
    "Style",
]


@dataclass(frozen=True, eq=False, slots=True)
class Style:
    """A look; each is made once and compared by identity.

    Attributes:
        format: Excel number format.
        side: `left`, `center` or `right`; said for all, because programs differ on right-to-left text.
        width: characters that a value takes, where the style fixes it.
        prefix: what the format puts before an amount of money.
        quoted: Excel keeps the value as text also when a person edits the cell (its leading apostrophe).
    """

    format: str = "General"
    side: Literal["left", "center", "right"] = "left"
    width: int = 0
    money: bool = False
    prefix: str = ""
    header: bool = False
    link: bool = False
    quoted: bool = False
    wrap: bool = False


TEXT = Style()
QUOTED = Style(quoted=True)
LINK = Style(link=True)
HEADER = Style(header=True)
NUMBER = Style(side="right")
BOOLEAN = Style('"TRUE";"TRUE";"FALSE"', side="center", width=5)  # Excel needs no format here, others show 1 and 0
DATE = Style("yyyy-mm-dd", width=10)
DATETIME = Style("yyyy-mm-dd hh:mm:ss", width=19)
UTC = Style('yyyy-mm-dd hh:mm:ss "UTC"', width=23)


class MoneyStyles:
    """A style for each currency, up to `most`: Excel refuses a workbook with too many number formats.

    The currency is whatever a page wrote, so only a short plain one gets into a format.
    """

    _PLAIN = r'[^"\\\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]{0,8}'

    def __init__(self, most: int = 50) -> None:
        self._most = most
        self._styles: dict[str, Style] = {}

    def get(self, currency: str) -> Style | None:
        """The style of amounts in `currency`; None when it cannot have one."""
        style = self._styles.get(currency)
        if style is None and len(self._styles) < self._most and re.fullmatch(self._PLAIN, currency):
            gap = " " if currency[-1:].isalpha() else ""  # "EUR 12.50" but "£12.50"
            prefix = currency + gap
            pattern = f'"{prefix}"#,##0.00' if prefix else "#,##0.00"
            style = Style(pattern, side="right", money=True, prefix=prefix)
            self._styles[currency] = style
        return style
