"""What the scripts of a page give to a name: `var shops = [...]`, `"shops": [...]`, chunks of Next.js.

No script is run and none is parsed as a whole: each place where a sign of assignment or a colon stands behind the name
is looked at, also within a comment or a text of a script, and the literal behind it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from crawler.errors import ExtractError
from crawler.extract.js_literal import read_literal
from crawler.extract.patterns import compiled
from crawler.extract.strict_json import read_strict

__all__ = ["NEXT_CHUNKS", "Scripts"]

NEXT_CHUNKS = "self.__next_f"
"""Next.js pushes its data to this name in chunks: https://nextjs.org/docs/app/getting-started/server-and-client-components"""

_MAX_PLACES = 10_000  # looked at for one name
_MAX_VALUES = 2000
_MAX_READ = 5_000_000  # characters read for one name: about a second
_MAX_STRICT = 100  # of them with the C reader first
_BROKEN = 6  # times as dear is a character of what is broken: it is read in vain
_MAX_BROKEN_ROWS = 100
_PUSH = compiled(rf"{re.escape(NEXT_CHUNKS)}\.push\(\s*+(?=\[)")
_ROW = compiled(r"^[0-9a-f]{1,8}:(?=[\[{\"])", re.M)
_SIGN = compiled(
    r"""
    (?:["'`]\]?+)?+ [\s\ufeff]*+ (?:=(?![=>]) | :(?!:)) [\s\ufeff]*+
    (?:Object\.freeze\( | (?:[A-Za-z_$][\w$.]*+\s*+(?:\|\||\?\?)\s*+) )?+   # `window.shops = window.shops || [...]`
    (?=[\[{"'`\d.+\-!] | (?:true|false|null|undefined|void|NaN|Infinity)\b | JSON\.parse\(\s*+["'`])
    """,
    re.X,
)


class Scripts:
    """The scripts of one page.

    Args:
        scripts: their texts in document order, those that are JSON too.
    """

    def __init__(self, scripts: Sequence[str]) -> None:
        self._scripts = scripts
        self._read: tuple[list[str], str] | None = None
        self._found: dict[str, list[object]] = {}

    def find(self, name: str) -> list[object]:
        """Return every literal that a script gives to the name, in order; what is no literal is left out.

        `shops` is found in `var shops =`, `window.shops =`, `a["shops"] =`, and as a member at any depth, `"shops":`
        or `shops:`; `a.shops` only where it is written so. Members in chunks of Next.js come last; `self.__next_f`
        gives the rows of these chunks that are JSON. Looked at are 10,000 places at most, until 2,000 literals or about
        5,000,000 characters have been read.
        """
        if name not in self._found:
            self._found[name] = self._rows() if name == NEXT_CHUNKS else list(self._values(name))
        return self._found[name]

    def _values(self, name: str) -> Iterator[object]:
        places, reads, left = _MAX_PLACES, _MAX_VALUES, _MAX_READ
        texts, joined = self._chunks()
        for text in [*texts, joined]:
            at = text.find(name) if name else -1
            while at >= 0 and min(places, reads, left) > 0:
                places -= 1
                sign = None if _inside_a_name(text, at) else _SIGN.match(text, at + len(name))
                if sign is not None:
                    reads -= 1
                    try:
                        value, end = read_literal(text, sign.end(), strict=reads > _MAX_VALUES - _MAX_STRICT)
                    except ExtractError as error:
                        if text[sign.end()] in "[{J" or error.detail.startswith("cut off"):
                            left -= (len(text) - sign.end()) * _BROKEN  # as much may have been read
                    else:
                        left -= end - sign.end()
                        yield value
                at = text.find(name, at + len(name))

    def _chunks(self) -> tuple[list[str], str]:
        """Return the scripts without what Next.js pushes, and that, joined: a value may go on in the next chunk."""
        if self._read is None:
            chunks: list[str] = []
            self._read = [_without_chunks(text, chunks) for text in self._scripts], "".join(chunks)
        return self._read

    def _rows(self) -> list[object]:
        _, joined = self._chunks()
        rows, at, left = [], 0, _MAX_BROKEN_ROWS
        while left > 0 and (row := _ROW.search(joined, at)):
            found = read_strict(joined, row.end())
            at = found[1] if found else row.end()
            if found:
                rows.append(found[0])
            left -= found is None
        return rows


def _without_chunks(text: str, chunks: list[str]) -> str:
    """Return a script without the texts that it pushes, and add these to the chunks."""
    if NEXT_CHUNKS not in text:
        return text
    rest, begin, strict = [], 0, True
    while push := _PUSH.search(text, begin):
        try:
            found = read_strict(text, push.end()) if strict else None
            strict = found is not None
            chunk, end = found or read_literal(text, push.end(), strict=False)
        except ExtractError:
            break  # reading on behind each of many broken ones would take quadratic time
        if type(chunk) is list and len(chunk) == 2 and type(chunk[1]) is str:
            chunks.append(chunk[1])
            rest.append(text[begin : push.end()])
        else:
            rest.append(text[begin:end])
        begin = end
    return "".join([*rest, text[begin:]])


def _inside_a_name(text: str, at: int) -> bool:
    before = text[at - 1 : at]
    return before.isalnum() or before in ("_", "$")
