"""The part `styles.xml` of a workbook (ECMA-376-1, 18.8): each look gets a number when a cell first needs it."""

from __future__ import annotations

from crawler.export.styles import Style
from crawler.export.xml import HEAD, MAIN, attribute

__all__ = ["StyleSheet"]

_FIRST_FORMAT = 164  # lower numbers belong to the formats that are built into Excel
_PLAIN, _HEADER, _LINK = 0, 1, 2
_FONTS = (
    '<fonts count="3"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
    '<font><b/><sz val="11"/><color rgb="FF1F3864"/><name val="Calibri"/><family val="2"/></font>'
    '<font><u/><sz val="11"/><color rgb="FF0563C1"/><name val="Calibri"/><family val="2"/></font></fonts>'
)
# Excel takes the first two fills for itself, whatever they say.
_FILLS = (
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFDCE6F1"/><bgColor indexed="64"/></patternFill></fill>'
    "</fills>"
)
_BORDERS = (
    '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border><left/><right/><top/>'
    '<bottom style="thin"><color rgb="FF8EA9C1"/></bottom><diagonal/></border></borders>'
)
_BASE = '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
_NORMAL = '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
_DEFAULT = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'


class StyleSheet(dict[Style, int]):
    """The number of each style: `sheet[style]`. Styles that look the same share one."""

    def __init__(self) -> None:
        super().__init__()
        self._formats: dict[str, int] = {"General": 0}
        self._looks: dict[str, int] = {_DEFAULT: 0}

    def __missing__(self, style: Style) -> int:
        number = self[style] = self._looks.setdefault(self._look(style), len(self._looks))
        return number

    def xml(self) -> str:
        """The part, with all styles that were asked for."""
        own = [
            f'<numFmt numFmtId="{number}" formatCode={attribute(code)}/>'
            for code, number in self._formats.items()
            if number
        ]
        formats = f'<numFmts count="{len(own)}">{"".join(own)}</numFmts>' if own else ""
        looks = f'<cellXfs count="{len(self._looks)}">{"".join(self._looks)}</cellXfs>'
        content = formats + _FONTS + _FILLS + _BORDERS + _BASE + looks + _NORMAL
        return f'{HEAD}<styleSheet xmlns="{MAIN}">{content}</styleSheet>'

    def _look(self, style: Style) -> str:
        code = self._formats.setdefault(style.format, _FIRST_FORMAT + len(self._formats) - 1)
        font = _HEADER if style.header else _LINK if style.link else _PLAIN
        fill, border = (2, 1) if style.header else (0, 0)
        wrap = ' wrapText="1"' if style.wrap else ""
        indent = ' indent="1"' if style.side == "right" else ""  # a gap between a number and the text to its right
        return (
            f'<xf numFmtId="{code}" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0" '
            f'quotePrefix="{style.quoted:d}" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" '
            f'applyAlignment="1"><alignment horizontal="{style.side}" vertical="top"{wrap}{indent}/></xf>'
        )
