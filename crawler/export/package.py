"""The parts of a workbook beside its sheets and styles, and how they find each other (ECMA-376-1 and -2).

There is no theme: without one every program takes its own, and no style of ours refers to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.export.archive import Archive
from crawler.export.xml import DOCUMENT, HEAD, MAIN, PACKAGE, attribute, escaped

__all__ = ["SheetPart", "write_first", "write_last"]

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
