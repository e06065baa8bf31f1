from datetime import UTC, datetime
from zipfile import ZipFile

from lxml import etree

from crawler.export.package import SheetPart
from crawler.export.xlsx import write
from crawler.model import Column, Row, Table
from tests.support.result import MemoryResult

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def archive(tmp_path):
    table = Table("it's & <x>", (Column("u", "url"),))
    write(MemoryResult({table: [Row({"u": "http://h/?a=1&b='2'"})]}), tmp_path / "o.xlsx", now=NOW)
    return ZipFile(tmp_path / "o.xlsx")


def test_every_part_has_a_type_and_every_relation_leads_to_a_part(tmp_path):
    with archive(tmp_path) as parts:
        names = set(parts.namelist())
        types = etree.fromstring(parts.read("[Content_Types].xml"))
        named = {element.get("PartName").lstrip("/") for element in types if element.get("PartName")}
        assert named == {name for name in names if name.endswith(".xml")} - {"[Content_Types].xml"}
        for name, folder in (("_rels/.rels", ""), ("xl/_rels/workbook.xml.rels", "xl/")):
            assert {folder + line.get("Target") for line in etree.fromstring(parts.read(name))} <= names


def test_the_file_is_known_by_its_first_part(tmp_path):
    with archive(tmp_path) as parts:
        assert parts.namelist()[0] == "_rels/.rels"


def test_names_of_sheets_are_quoted_in_formulas():
    names = SheetPart("it's & <x>", header=True, filter="$A$1:$B$2").names(3)
    assert names.count('localSheetId="3"') == 2
    assert "'it''s &amp; &lt;x&gt;'!$A$1:$B$2" in names
    assert names.count('hidden="1"') == 1  # a reader should not meet the filter's name among his own
    assert "'it''s &amp; &lt;x&gt;'!$1:$1" in names
    assert SheetPart("x", header=False).names(0) == ""
