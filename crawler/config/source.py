"""Reading the text of a config, whatever its encoding, never more than 10 MB."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path

from crawler.errors import ConfigError

__all__ = ["MAX_BYTES", "display_name", "read_text"]

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
    data = _read_bytes(path, name, most)
    if len(data) > most:
        raise ConfigError(
            f"{name}: larger than {most // 1_000_000} MB; "
            "put long lists of URLs into files of their own: start: {file: urls.txt}"
        )
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


def _read_bytes(path: Path | str, name: str, most: int) -> bytes:
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
