"""Fenced code blocks of the documents."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]+)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A block: its language, what else its info string says, its text, and where it stands."""

    path: Path
    line: int
    language: str
    marks: tuple[str, ...]
    text: str

    @property
    def file(self) -> str:
        """Of a block with the mark `file=NAME`, the name."""
        return next((mark.removeprefix("file=") for mark in self.marks if mark.startswith("file=")), "")

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def blocks(path: Path) -> Iterator[Block]:
    """All blocks of a document with a language, in order."""
    text = path.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        language, *marks = found["info"].split()
        inner = re.sub(f"^{found['indent']}", "", found["text"], flags=re.M)
        yield Block(path, text.count("\n", 0, found.start()) + 1, language, tuple(marks), inner)


def all_blocks(language: str) -> list[Block]:
    """The blocks of one language in all documents."""
    return [block for path in DOCUMENTS for block in blocks(path) if block.language == language]


def first_cells(path: Path, heading: str) -> list[list[str]]:
    """The rows of all tables under a heading, up to the next heading of the same level or above."""
    section = re.split(rf"^#+ {re.escape(heading)}$", path.read_text(encoding="utf-8"), flags=re.M)[1]
    section = re.split(r"^#{1,2} ", section, flags=re.M)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row in rows if not set(row[0]) <= set("-")]


def apply(patch: str, folder: Path) -> None:
    """Apply hunks without line numbers; the text that a hunk replaces must be there exactly once."""
    for part in re.split(r"^--- a/.*\n\+\+\+ b/", patch, flags=re.M)[1:]:
        name, _, body = part.partition("\n")
        for hunk in re.split(r"^@@\n", body, flags=re.M):
            lines = hunk.splitlines(keepends=True)
            old = "".join(line[1:] for line in lines if line[0] in " -")
            new = "".join(line[1:] for line in lines if line[0] in " +")
            target = folder / name
            before = target.read_text() if target.exists() else ""
            assert not old or before.count(old) == 1, f"{name} has changed; the patch no longer fits:\n{hunk}"
            target.write_text(before.replace(old, new) if old else new)


def copy_crawler(folder: Path) -> None:
    """The package itself, to be patched; not twice."""
    if not (folder / "crawler").exists():
        shutil.copytree(ROOT / "crawler", folder / "crawler")  # with its bytecode, which spares seconds
