"""The examples of docs/fields.md: a page, rules, and the rows that they make of it.

`python -m tests.docs.guide` writes the rows of each example anew.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import NamedTuple

import crawler
from tests.docs.tutorials import serving
from tests.support.markdown import ROOT, Block, blocks

GUIDE = ROOT / "docs" / "fields.md"
AROUND = {"fields": "pages:\n  page:\n    fields:\n", "kind": "pages:\n  page:\n", "kinds": "pages:\n"}
"""What stands around the blocks of a document that are only a part of a config."""


class Example(NamedTuple):
    """A page, the rules, and the rows as they stand in the guide."""

    page: Block
    rules: Block
    rows: Block


def examples() -> Iterator[Example]:
    """The examples of the guide, in order."""
    page = rules = None
    for block in blocks(GUIDE):
        if "page" in block.marks:
            page, rules = block, None
        elif block.language == "yaml":
            rules = block
        elif "rows" in block.marks:
            assert page is not None
            assert rules is not None
            yield Example(page, rules, block)
            page = rules = None


def written_out(block: Block) -> str:
    """Fields, a page kind or several as a part of a whole config; any other block as it is."""
    around = next((AROUND[mark] for mark in block.marks if mark in AROUND), "")
    return around + indent(block.text, "  " * around.count("\n"))


def crawled(example: Example, folder: Path) -> str:
    """The rows as CSV."""
    name = f"page.{example.page.language}"
    (folder / name).write_text(example.page.text, encoding="utf-8")
    with serving(folder) as port:
        (folder / "job.yaml").write_text(
            f"name: job\nstart: http://127.0.0.1:{port}/{name}\n{written_out(example.rules)}"
            "polite: {delay: 0}\noutput: rows.csv\nprotect: false\n",
            encoding="utf-8",
        )
        report = crawler.run(crawler.load(folder / "job.yaml"))
    assert report.exit_code == 0
    found = next(folder.glob("rows*.csv"))
    return found.read_text(encoding="utf-8-sig").replace("\r\n", "\n")


def main() -> None:
    for example in examples():
        with tempfile.TemporaryDirectory() as folder:
            rows = crawled(example, Path(folder))
        text = GUIDE.read_text(encoding="utf-8")
        before = f"{example.rules.text}```\n\n```text rows\n"
        assert text.count(before + example.rows.text) == 1
        GUIDE.write_text(text.replace(before + example.rows.text, before + rows), encoding="utf-8")


if __name__ == "__main__":
    main()
