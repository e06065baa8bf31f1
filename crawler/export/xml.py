"""What every XML part of a workbook is made of."""

from __future__ import annotations

__all__ = ["DOCUMENT", "HEAD", "MAIN", "PACKAGE", "attribute", "escaped"]

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
