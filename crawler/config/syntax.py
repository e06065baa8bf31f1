"""Parse the text of a config to a node tree, with syntax errors explained in plain words."""

from __future__ import annotations

import codecs
import re
import sys
from pathlib import Path

from crawler.config.diagnostics import Diagnostics
from crawler.config.yaml_tree import Node, NodeError, YamlSource, compose
from crawler.errors import ConfigError

__all__ = ["MAX_BYTES", "display_name", "parse", "read_bytes", "read_text"]


MAX_BYTES = 10_000_000
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def display_name(path: Path | str) -> str:
    """The name to show: as the user gave it, `<stdin>` for `-`."""
    return "<stdin>" if str(path) == "-" else str(path)


def read_text(path: Path | str, *, most: int = MAX_BYTES) -> str:
    """The text of a file or, for `-`, of standard input; line ends become "\\n".

    Raises:
        ConfigError: it cannot be read, is larger than `most` bytes, or is no text.
    """
    name = display_name(path)
    data = read_bytes(path, most=most)
    encoding = next((codec for mark, codec in _BOMS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise ConfigError(
            f"{name}:{line}:{column}: byte 0x{data[error.start]:02X} is not {encoding.upper().removesuffix('-SIG')}; "
            "save the file as UTF-8"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(path: Path | str, *, most: int) -> bytes:
    """The bytes of a file or, for `-`, of standard input.

    Raises:
        ConfigError: it cannot be read, or is larger than `most` bytes.
    """
    name = display_name(path)
    data = _read(path, name, most)
    if len(data) > most:
        raise ConfigError(
            f"{name}: larger than {most // 1_000_000} MB; "
            "put long lists of URLs into files of their own: start: {file: urls.txt}"
        )
    return data


def _read(path: Path | str, name: str, most: int) -> bytes:
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read(most + 1)
        if not Path(path).is_file() and Path(path).is_dir():
            raise ConfigError(f"{name}: is a directory; give the config file inside it")
        with open(path, "rb") as file:
            return file.read(most + 1)
    except FileNotFoundError:
        fix = "`crawler init` writes one that runs as it is" if name.endswith((".yaml", ".yml")) else ""
        raise ConfigError("; ".join(filter(None, (f"{name}: no such file", fix)))) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{name}: cannot be read: {reason}") from None


# What the parser says, and what the person most likely meant. The first that is found counts.
_HINTS = (
    (r"found character '\\t'", "a tab is used to indent", "use spaces"),
    (r"found character '([@`%])'", "a value cannot start with {0}", "quote it: '{rest}'"),
    (r"while scanning an alias", "a * starts an alias", "quote the selector: '{rest}'"),
    (r"while scanning an anchor", "a & starts an anchor", "quote it: '{rest}'"),
    (r"while scanning a block scalar", "a > or | starts a block of text", "quote the selector: '{rest}'"),
    (
        r"found unknown escape character '?(.*?)'?$",
        "\\{0} is not an escape in double quotes",
        "use single quotes, in which a backslash is literal",
    ),
    (r"while scanning a quoted scalar.*end of stream", "the quote that opens here is never closed", "close it"),
    (
        r"mapping values are not allowed",
        "a ':' is not allowed here",
        "indent the keys of a mapping equally, put a space after each ':', and quote a value that contains ': '",
    ),
    (
        r"while parsing a flow (?:mapping|sequence|node)",
        "the brackets are not closed, or a comma is missing",
        "close them; inside brackets, quote a text that contains # , [ ] {{ or }}",
    ),
    (
        r"expected <block end>",
        "this does not fit the lines above",
        "indent the keys of a mapping equally, and the items of a list; quote a text that continues after a quote",
    ),
    (r"sequence entries are not allowed", "a list cannot start here", "put each - on a line of its own"),
    (r"expected the node content", "a value is missing here, or there is one bracket too many", "correct it"),
    (r"could not find expected ':'|while scanning a simple key", "a key has no ':'", "write `key: value`"),
)


def parse(source: YamlSource, report: Diagnostics) -> Node | None:
    """The tree of a text; None when there is none, with a complaint unless the text is empty."""
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        return compose(source)
    except NodeError as error:
        what, fix, line, column = error.args
        report.at(source, line, column, what, fix)
    except MarkedYAMLError as error:
        _explain(error, source, report)
    except ReaderError as error:
        _unreadable("\n".join(source.lines), int(error.position), source, report)
    except (YAMLError, ValueError, RecursionError) as error:
        # ValueError: the parser's own int() on a wrong %YAML line or an escape out of range
        report.at(source, 0, 0, f"not YAML: {type(error).__name__}", "see https://yaml.org/spec/1.2.2/")
    return None


def _explain(error: object, source: YamlSource, report: Diagnostics) -> None:
    words = " ".join(str(part) for part in (getattr(error, "context", ""), getattr(error, "problem", "")) if part)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    opening = getattr(error, "context_mark", None)
    if opening is not None and re.search(r"scanning|flow sequence|flow mapping", words):
        mark = opening if "escape" not in words else mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    if "while parsing a flow" in words and _comment_inside(source, line, report):
        return
    for pattern, what, fix in _HINTS:
        found = re.search(pattern, words, re.DOTALL)
        if found:
            rest = _rest(source, line, column)
            report.at(source, line, column, what.format(*found.groups()), fix.format(rest=rest))
            return
    problem = str(getattr(error, "problem", "") or words)
    report.at(source, line, column, f"not YAML: {problem}", "correct it, or quote the text")


def _comment_inside(source: YamlSource, line: int, report: Diagnostics) -> bool:
    """Whether brackets stay open because of a selector by id, which is a comment."""
    for number in range(line, max(-1, line - 3), -1):
        found = re.search(r"[\[{,:]\s+(#[^\s,\]}]+)", source.lines[number] if number < len(source.lines) else "")
        if found:
            fix = f"quote the selector: '{found[1]}'"
            report.at(source, number, found.start(1), "a # starts a comment, so the brackets stay open", fix)
            return True
    return False


def _rest(source: YamlSource, line: int, column: int) -> str:
    """What stands from there to the end of the value, for a hint."""
    lines = source.lines
    text = lines[line][column:] if line < len(lines) else ""
    text = re.split(r" #|[,\]}]", text)[0].strip()
    return text.replace("'", "''")[:60]


def _unreadable(text: str, position: int, source: YamlSource, report: Diagnostics) -> None:
    line = text.count("\n", 0, position)
    column = position - (text.rfind("\n", 0, position) + 1)
    what = f"the character U+{ord(text[position]):04X} is not allowed in YAML"
    report.at(source, line, column, what, "remove it")
