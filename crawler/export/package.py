"""The parts of an .xlsx file (ECMA-376-1): the zip, its XML parts, styles and hyperlinks.

The workbook has no theme: without one every program takes its own, and no style of ours refers to it.
"""

from __future__ import annotations

import contextlib
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Literal
from urllib.parse import quote
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

__all__ = [
    "BOOLEAN",
    "DATE",
    "DATETIME",
    "DOCUMENT",
    "FONT",
    "HEAD",
    "HEADER",
    "HEADER_FILL",
    "HEADER_INK",
    "HEADER_RULE",
    "LINK",
    "MAIN",
    "NUMBER",
    "PACKAGE",
    "QUOTED",
    "TEXT",
    "UTC",
    "Archive",
    "Hyperlinks",
    "MoneyStyles",
    "Part",
    "SheetPart",
    "Spool",
    "Style",
    "StyleSheet",
    "attribute",
    "escaped",
    "target",
    "write_first",
    "write_last",
]


HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def escaped(text: str) -> str:
    """Text for the content of an element. A bare carriage return would be read as a line feed (XML 1.0, 2.11)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def attribute(text: str) -> str:
    """Text as the value of an attribute, with its quotes; white space would be read as spaces (XML 1.0, 3.3.3)."""
    return '"' + escaped(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;") + '"'


_USER, _HOST = r"(?:[\w.~%!$&'()*+,;=:-]*@)?", r"[\w.-]+(?::\d{1,5})?"
_URL = rf"(?ai)(https?://{_USER}{_HOST})([/?#][^\n\ud800-\udfff]*)?"
_CLEAN = re.compile(rf"https?://{_HOST}(?:[/?][\w/:?@!$&'()*+,;=~.-]*)?", re.ASCII)
_BARE_PERCENT = "%(?![0-9A-Fa-f]{2})"
_SAFE = "%/:?#@!$&'()*+,;=~-._"


class FilePath(str):
    """The path of a saved file, from the folder of the workbook; only this program makes such, never a page."""

    __slots__ = ()


def target(url: str, longest: int) -> str:
    """The URL with every character quoted that RFC 3986 does not allow; "" for what cannot be a link.

    Only http and https become links: a page must not put `file:` or `javascript:` under a reader's mouse.
    """
    if isinstance(url, FilePath):  # a relative reference: RFC 3986, 4.2
        made = quote(url, safe="/", errors="replace")
        return made if len(made) <= longest else ""
    if len(url) <= longest and _CLEAN.fullmatch(url):  # most are such, and the rest costs more
        return url
    match = re.fullmatch(_URL, url)
    if not match:
        return ""
    host, rest = match.groups(default="")
    before, mark, fragment = rest.partition("#")
    rest = before + mark + fragment.replace("#", "%23")
    made = host + quote(re.sub(_BARE_PERCENT, "%25", rest), safe=_SAFE)
    return made if len(made) <= longest else ""


_PIECE = 1 << 16  # characters that are compressed at once


class Spool:
    """A list of lines that grows by a few bytes a line; a line holds no line feed."""

    def __init__(self) -> None:
        self._packer = zlib.compressobj(1)
        self._parts: list[bytes] = []
        self._waiting: list[str] = []
        self._length = 0

    def add(self, line: str) -> None:
        """Append one line."""
        self._waiting.append(line)
        self._length += len(line)
        if self._length >= _PIECE:
            self._pack()

    def lines(self) -> Iterator[str]:
        """All lines in order, once; nothing can be added afterwards."""
        self._pack()
        self._keep(self._packer.flush())
        unpacker, rest = zlib.decompressobj(), b""
        for part in self._parts:
            *whole, rest = (rest + unpacker.decompress(part)).split(b"\n")
            for line in whole:
                yield line.decode("utf-8")

    def _pack(self) -> None:
        if self._waiting:
            self._keep(self._packer.compress(("\n".join(self._waiting) + "\n").encode("utf-8")))
            self._waiting.clear()
            self._length = 0

    def _keep(self, data: bytes) -> None:
        if data:
            self._parts.append(data)


_UNIX = 3
_LEVEL = 2  # level 6 makes a workbook a tenth smaller and would take three times the CPU, more than all the rest
_FIRST, _LAST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)  # what a zip can hold


class Archive(ZipFile):
    """A zip file to be written, whose members all carry the time `now` and no trace of the host."""

    def __init__(self, file: BinaryIO, now: datetime) -> None:
        super().__init__(file, "w", ZIP_DEFLATED)
        self._now = min(max(now.timetuple()[:6], _FIRST), _LAST)

    def part(self, name: str) -> Part:
        """Open a member that is written piece by piece; close it before the next one is opened."""
        return Part(self, self._info(name))

    def add(self, name: str, text: str) -> None:
        """Add a small member."""
        self.writestr(self._info(name), text)

    def _info(self, name: str) -> ZipInfo:
        info = ZipInfo(name, self._now)
        info.compress_type = ZIP_DEFLATED
        info._compresslevel = _LEVEL  # type: ignore[attr-defined]  # the only way to a member that is streamed
        info.create_system = _UNIX
        info.external_attr = 0o600 << 16
        return info

    def abandon(self) -> None:
        """Close after an error without raising a second one; the file is thrown away anyway."""
        with contextlib.suppress(OSError, ValueError):
            self.close()


class Part:
    """A text member of an archive while it is written.

    Attributes:
        size: bytes so far before compression, in steps.
    """

    def __init__(self, archive: Archive, info: ZipInfo) -> None:
        self._handle = archive.open(info, "w")
        self._waiting: list[str] = []
        self._length = self.size = 0

    def write(self, text: str) -> None:
        """Append text."""
        self._waiting.append(text)
        self._length += len(text)
        if self._length >= _PIECE:
            self._flush()

    def _flush(self) -> None:
        self.size += self._handle.write("".join(self._waiting).encode("utf-8"))
        self._waiting.clear()
        self._length = 0

    def close(self) -> None:
        """End the member."""
        try:
            self._flush()
        finally:
            self._handle.close()

    def abandon(self) -> None:
        """Close after an error, which is on its way, without a second one."""
        with contextlib.suppress(OSError, ValueError):
            self._handle.close()


@contextlib.contextmanager
def opened(file: BinaryIO, now: datetime) -> Iterator[Archive]:
    """An archive that is completed when the block ends well."""
    archive = Archive(file, now)
    try:
        yield archive
    except BaseException:
        archive.abandon()
        raise
    archive.close()


class Hyperlinks:
    """Kept until the rows are written; the URLs, which may be long, are kept compressed."""

    def __init__(self) -> None:
        self._places: list[str] = []
        self._targets = Spool()

    @property
    def count(self) -> int:
        """Links so far."""
        return len(self._places)

    def add(self, place: str, target: str) -> None:
        """Make the cell at `place` lead to `target`, a URL fit for a link."""
        self._places.append(place)
        self._targets.add(target)

    def write(self, part: Part) -> None:
        """The element that stands in the sheet; nothing without links."""
        if not self._places:
            return
        part.write("<hyperlinks>")
        for number, place in enumerate(self._places, 1):
            part.write(f'<hyperlink ref="{place}" r:id="rId{number}"/>')
        part.write("</hyperlinks>")

    def write_relations(self, archive: Archive, sheet: str) -> None:
        """The part that holds the URLs of `sheet`; nothing without links."""
        if not self._places:
            return
        part = archive.part(f"xl/worksheets/_rels/{sheet}.rels")
        part.write(f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">')
        kind = f'Type="{DOCUMENT}/hyperlink" TargetMode="External"'
        for number, target in enumerate(self._targets.lines(), 1):
            part.write(f'<Relationship Id="rId{number}" {kind} Target={attribute(target)}/>')
        part.write("</Relationships>")
        part.close()


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


_FIRST_FORMAT = 164  # lower numbers belong to the formats that are built into Excel
_PLAIN, _HEADER, _LINK = 0, 1, 2
FONT = "Calibri"
HEADER_INK, HEADER_FILL, HEADER_RULE = "1F3864", "DCE6F1", "8EA9C1"  # text, background, the line below; RGB
_FONTS = (
    f'<fonts count="3"><font><sz val="11"/><name val="{FONT}"/><family val="2"/></font>'
    f'<font><b/><sz val="11"/><color rgb="FF{HEADER_INK}"/><name val="{FONT}"/><family val="2"/></font>'
    f'<font><u/><sz val="11"/><color rgb="FF0563C1"/><name val="{FONT}"/><family val="2"/></font></fonts>'
)
# Excel takes the first two fills for itself, whatever they say.
_FILLS = (
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    f'<fill><patternFill patternType="solid"><fgColor rgb="FF{HEADER_FILL}"/><bgColor indexed="64"/>'
    "</patternFill></fill></fills>"
)
_BORDERS = (
    '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border><left/><right/><top/>'
    f'<bottom style="thin"><color rgb="FF{HEADER_RULE}"/></bottom><diagonal/></border></borders>'
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


_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_CORE_TYPE = "application/vnd.openxmlformats-package.core-properties+xml"
_RELS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"


@dataclass(slots=True)
class SheetPart:
    """What the workbook says of a sheet.

    Attributes:
        filter: the cells that the filter of its header covers, `$A$1:$B$3`; "" for none.
        header: the first row is repeated on each printed page.
    """

    title: str
    header: bool
    filter: str = ""

    def names(self, number: int) -> str:
        """The defined names that belong to the sheet (18.2.5); `number` counts from 0."""
        quoted = escaped("'" + self.title.replace("'", "''") + "'")
        found = ""
        if self.filter:
            found = f'<definedName name="_xlnm._FilterDatabase" localSheetId="{number}" hidden="1">'
            found += f"{quoted}!{self.filter}</definedName>"
        if self.header:
            found += f'<definedName name="_xlnm.Print_Titles" localSheetId="{number}">{quoted}!$1:$1</definedName>'
        return found


def write_first(archive: Archive, now: datetime) -> None:
    """The parts that are known before the rows; a file that begins with them is known as a workbook by its bytes."""
    archive.add("_rels/.rels", _relations((DOCUMENT + "/officeDocument", "xl/workbook.xml"), _CORE))
    archive.add("docProps/core.xml", _core(now))


def write_last(archive: Archive, sheets: Sequence[SheetPart], styles: str) -> None:
    """The parts that name all sheets."""
    files = [f"worksheets/sheet{number}.xml" for number in range(1, len(sheets) + 1)]
    archive.add("xl/styles.xml", styles)
    archive.add("xl/workbook.xml", _workbook(sheets))
    targets = [(DOCUMENT + "/worksheet", file) for file in files]
    archive.add("xl/_rels/workbook.xml.rels", _relations(*targets, (DOCUMENT + "/styles", "styles.xml")))
    archive.add("[Content_Types].xml", _content_types(files))


_CORE = (PACKAGE + "/relationships/metadata/core-properties", "docProps/core.xml")


def _relations(*targets: tuple[str, str]) -> str:
    lines = [
        f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    ]
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{"".join(lines)}</Relationships>'


def _core(now: datetime) -> str:
    moment = now.isoformat(timespec="seconds") + "Z"
    return (
        f'{HEAD}<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:creator>crawler</dc:creator>'
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{moment}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{moment}</dcterms:modified></cp:coreProperties>'
    )


def _workbook(sheets: Sequence[SheetPart]) -> str:
    lines = [
        f'<sheet name={attribute(sheet.title)} sheetId="{number}" r:id="rId{number}"/>'
        for number, sheet in enumerate(sheets, 1)
    ]
    names = "".join(sheet.names(number) for number, sheet in enumerate(sheets))
    return (
        f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{''.join(lines)}</sheets>{f'<definedNames>{names}</definedNames>' if names else ''}</workbook>"
    )


def _content_types(files: Sequence[str]) -> str:
    parts = {"/docProps/core.xml": _CORE_TYPE, "/xl/styles.xml": f"{_TYPE}.styles+xml"}
    parts["/xl/workbook.xml"] = f"{_TYPE}.sheet.main+xml"
    parts |= {f"/xl/{file}": f"{_TYPE}.worksheet+xml" for file in files}
    lines = [f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in parts.items()]
    return (
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="{_RELS_TYPE}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{"".join(lines)}</Types>'
    )
