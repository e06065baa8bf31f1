from dataclasses import replace

from lxml import etree

from crawler.export import package
from crawler.export.package import MAIN, MoneyStyles, StyleSheet


def part(sheet):
    return etree.fromstring(sheet.xml().encode())


def counted(root):
    """For each list of the part: what it says of its length, and its length."""
    return {(int(element.get("count")), len(element)) for element in root if element.get("count")}


def test_styles_that_look_the_same_share_a_number_and_others_do_not():
    sheet = StyleSheet()
    first = sheet[package.TEXT]
    assert sheet[replace(package.TEXT)] == first
    every = [package.TEXT, package.QUOTED, package.LINK, package.HEADER, package.NUMBER, package.DATE, package.UTC]
    assert len({sheet[style] for style in every}) == len(every)
    assert [sheet[style] for style in every] == [sheet[style] for style in every]


def test_number_0_is_left_to_cells_without_a_style():
    assert StyleSheet()[package.TEXT] == 1


def test_every_list_says_its_length_and_every_format_is_there_once():
    sheet = StyleSheet()
    money = [MoneyStyles().get(currency) for currency in ("£", "£", "EUR", "<&>")]
    for style in (package.DATE, package.BOOLEAN, *money, package.HEADER):
        sheet[style]
    root = part(sheet)
    assert all(said == found for said, found in counted(root))
    formats = {element.get("formatCode"): element.get("numFmtId") for element in root.iter(f"{{{MAIN}}}numFmt")}
    assert set(formats) == {"yyyy-mm-dd", '"TRUE";"TRUE";"FALSE"', '"£"#,##0.00', '"EUR "#,##0.00', '"<&>"#,##0.00'}
    assert len(set(formats.values())) == len(formats)
    assert min(map(int, formats.values())) == 164


def test_without_formats_of_its_own_the_part_has_no_list_of_them():
    assert part(StyleSheet()).find(f"{{{MAIN}}}numFmts") is None
