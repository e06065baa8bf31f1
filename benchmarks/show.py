"""How results are shown: a table on the terminal, JSON, or a section of a Markdown file that is written anew."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from crawler.process import cores


@dataclass(frozen=True)
class Result:
    """What a mode has measured.

    Attributes:
        name: of its section in docs/performance.md.
        setting: what a reader must know to judge the figures.
        notes: lines below the table.
        data: the same for a program, fit for JSON.
    """

    name: str
    setting: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    data: object = field(default_factory=list)


def setting(about: str) -> str:
    """When, on what and how busy a machine."""
    load = f", load average at the end {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.python_implementation()} {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, {cores()} cores{load}. {about}"
    )


def as_text(result: Result) -> str:
    """For a terminal: names to the left, numbers to the right."""
    table = [result.header, *result.rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    names = _names(result)
    lines = ["  ".join(_pad(row[at], width, at in names) for at, width in enumerate(widths)) for row in table]
    return "\n".join([result.setting, "", *lines, *result.notes])


def _names(result: Result) -> set[int]:
    """Columns that hold words; the first one always does."""
    return {at for at in range(len(result.header)) if at == 0 or not any(row[at][:1].isdigit() for row in result.rows)}


def _pad(cell: str, width: int, is_name: bool) -> str:
    return cell.ljust(width) if is_name else cell.rjust(width)


def as_json(result: Result) -> str:
    """For a program."""
    return json.dumps({"name": result.name, "setting": result.setting, "data": result.data}, indent=2)


def as_markdown(result: Result) -> str:
    """For docs/performance.md."""
    names = _names(result)
    rule = ["---" if at in names else "---:" for at in range(len(result.header))]
    table = ["| " + " | ".join(row) + " |" for row in [result.header, rule, *result.rows]]
    return "\n".join([result.setting, "", *table, *[f"\n{note}" for note in result.notes]])


def replace_section(path: Path, result: Result) -> None:
    """Put the table between `<!-- NAME -->` and `<!-- end NAME -->` of a file.

    Raises:
        SystemExit: the file has no such section.
    """
    name = re.escape(result.name)
    section = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
    old = path.read_text("utf-8")
    if not section.search(old):
        raise SystemExit(f"{path}: there is no section <!-- {result.name} --> ... <!-- end {result.name} -->")
    body = as_markdown(result)
    path.write_text(section.sub(lambda match: f"{match[1]}{body}\n{match[2]}", old), "utf-8")
