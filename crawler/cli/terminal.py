"""What a terminal or a pipe can take: colours, widths, encodings, aligned columns, and readers that go away."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from crawler.errors import OutputError
from crawler.text_width import beginning, columns

__all__ = [
    "Cell",
    "aligned",
    "clean",
    "cut",
    "echo",
    "echo_json",
    "forget",
    "is_terminal",
    "own_streams",
    "paint",
    "short",
    "width",
    "wrapped",
]


_CODES = {"bold": "1", "red": "31", "green": "32", "yellow": "33", "dim": "2"}
_WIDTH = 120  # of a line where nobody watches
# Text of pages must not move the cursor, set a title or turn the reading direction.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_NOT_OURS = re.compile("\x1b(?!\\[[0-9;]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_RAW_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def own_streams() -> None:
    """Make the three standard streams usable: closed ones lead nowhere, and no character is an error.

    A closed one must not stay closed: the next file that is opened would get its number, and a message for the
    terminal would be written into that file.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, os.O_RDWR)
            if handle != number:
                os.dup2(handle, number)
                os.close(handle)
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115  # for good
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def is_terminal(stream: TextIO) -> bool:
    """Whether a person watches."""
    try:
        return stream.isatty() and os.environ.get("TERM") != "dumb"
    except ValueError:  # closed
        return False


def paint(text: str, colour: str, stream: TextIO | None = None) -> str:
    """Colour for a terminal. NO_COLOR wins over FORCE_COLOR, and both over what the stream is."""
    if os.environ.get("NO_COLOR") or not text:
        return text
    if os.environ.get("FORCE_COLOR") or is_terminal(stream or sys.stdout):
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m"
    return text


def width(stream: TextIO | None = None) -> int:
    """Columns of the window that shows `stream`, or stdout; COLUMNS of the environment wins, as everywhere."""
    if stream is not None and not os.environ.get("COLUMNS"):
        with suppress(OSError, ValueError):  # no window, closed
            if found := os.get_terminal_size(stream.fileno()).columns:
                return max(found, 10)
    return max(shutil.get_terminal_size((_WIDTH, 24)).columns, 10)


def clean(text: str) -> str:
    """Text from outside on one line: control characters become spaces."""
    return _CONTROL.sub(" ", text)


def echo(text: str, stream: TextIO | None = None) -> None:
    """Print a line. A reader that went away, as `head` does, is no failure; neither is a closed stderr.

    Raises:
        OutputError: stdout cannot be written: the disk is full.
    """
    _write(_NOT_OURS.sub("\N{REPLACEMENT CHARACTER}", text) + "\n", stream or sys.stdout)


def echo_json(data: Any) -> None:
    """Print plain data as JSON: in ASCII where the console has no Unicode, and never with a control character.

    Raises:
        OutputError: stdout cannot be written.
    """
    unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    text = json.dumps(data, ensure_ascii=not unicode, indent=2)
    _write(_RAW_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n", sys.stdout)


def _write(text: str, stream: TextIO) -> None:
    try:
        stream.write(text)
        stream.flush()
    except (BrokenPipeError, ValueError):  # ValueError: closed
        forget(stream)
    except OSError as error:
        forget(stream)
        if stream is sys.stdout:
            raise OutputError(f"standard output cannot be written: {error.strerror}") from None


def forget(stream: TextIO) -> None:
    """Let what is still unwritten go nowhere; else the interpreter complains of it at its end."""
    with suppress(OSError, ValueError):
        number = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)


def short(path: Path | str) -> str:
    """A path relative to the current folder where it is below it."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


GAP = 2
MIN = 8  # columns that a cell is not cut below


class Cell(NamedTuple):
    """Text with a colour."""

    text: str
    colour: str = ""


def cut(text: str, width: int) -> str:
    """At most `width` columns of a text from outside, which stays on one line."""
    text = clean(text)
    if columns(text) <= width:
        return text
    return beginning(text, max(width - 3, 0)).rstrip() + "..."[:width]


def wrapped(text: str, width: int, indent: str) -> str:
    """A text on several lines, the further ones indented; words (paths, URLs) are never broken."""
    lines = textwrap.wrap(clean(text), max(width - len(indent), 16), break_long_words=False, break_on_hyphens=False)
    return ("\n" + indent).join(lines or [""])


def aligned(heads: Sequence[str], rows: Sequence[Sequence[str | Cell]], width: int, indent: int = 2) -> list[str]:
    """Lines of a table with a head; the widest columns are cut until it fits into `width`.

    Columns that are empty in every row are left out. Where not even cut columns fit, each row becomes a block of
    lines `head: text`, wrapped.
    """
    table = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    used = [place for place in range(len(heads)) if any(row[place].text for row in table)]
    names = [heads[place] for place in used]
    table = [[row[place] for place in used] for row in table]
    sizes = _fitting(
        [max(map(columns, [name, *(clean(row[place].text) for row in table)])) for place, name in enumerate(names)],
        width - indent - GAP * (len(names) - 1),
    )
    if sizes is None:
        return [line for row in table for line in _block(names, row, width, indent)]
    head = [Cell(name, "dim") for name in names]
    return [" " * indent + _row(row, sizes) for row in [head, *table]]


def _fitting(sizes: list[int], room: int) -> list[int] | None:
    """Sizes whose sum is at most `room`; None where that would leave too little of a column."""
    sizes = list(sizes)
    while sum(sizes) > room:
        widest = max(range(len(sizes)), key=sizes.__getitem__)
        if sizes[widest] <= MIN:
            return None
        second = sorted(sizes)[-2] if len(sizes) > 1 else 0
        sizes[widest] -= max(1, min(sizes[widest] - max(second, MIN), sum(sizes) - room))
    return sizes


def _row(cells: Sequence[Cell], sizes: Sequence[int]) -> str:
    parts = []
    for place, (cell, size) in enumerate(zip(cells, sizes, strict=True)):
        text = cut(cell.text, size)
        space = "" if place == len(sizes) - 1 else " " * (size - columns(text) + GAP)
        parts.append((paint(text, cell.colour) if cell.colour else text) + space)
    return "".join(parts).rstrip()


def _block(names: Sequence[str], row: Sequence[Cell], width: int, indent: int) -> list[str]:
    lines: list[str] = []
    mark = ""
    for name, cell in zip(names, row, strict=True):
        if not name:  # a column without a head holds a mark, which belongs to the first line
            mark = paint(cell.text, cell.colour) + " " if cell.text else ""
        elif cell.text:
            start = " " * (indent + 2 * bool(lines)) + mark + f"{name}: "
            text = wrapped(cell.text, width, " " * (indent + 4))
            lines.append(start + (paint(text, cell.colour) if cell.colour else text))
            mark = ""
    return lines
