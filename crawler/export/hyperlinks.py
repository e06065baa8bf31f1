"""The links of one sheet: where they stand, and where they lead to (ECMA-376-1, 18.3.1.47)."""

from __future__ import annotations

from crawler.export.archive import Archive, Part
from crawler.export.spool import Spool
from crawler.export.xml import DOCUMENT, HEAD, PACKAGE, attribute

__all__ = ["Hyperlinks"]


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
