"""What the scripts of a page give to a name: `var shops = [...]`, `"shops": [...]`, chunks of Next.js.

No script is run and none is parsed as a whole: each place where a sign of assignment or a colon stands behind the name
is looked at, also within a comment or a text of a script, and the literal behind it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from crawler.errors import ExtractError
from crawler.extract.js_literal import read_literal
from crawler.extract.strict_json import read_strict

__all__ = ["NEXT_CHUNKS", "Scripts"]

NEXT_CHUNKS = "self.__next_f"
"""Next.js pushes its data to this name in chunks: https://nextjs.org/docs/app/getting-started/server-and-client-components"""

_MAX_PLACES = 10_000  # looked at for one name
_MAX_READ = 10_000_000  # characters read for one name: under a second
_PUSH = re.compile(rf"{re.escape(NEXT_CHUNKS)}\.push\(\s*+(?=\[)")
_ROW = re.compile(r"^[0-9a-f]{1,8}:(?=[\[{\"])", re.M)
_SIGN = re.compile(
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
        self._texts = list(scripts)
        self._joined: str | None = None
        self._found: dict[str, list[object]] = {}

    def find(self, name: str) -> list[object]:
        """Return every literal that a script gives to the name, in order; what is no literal is left out.

        `shops` is found in `var shops =`, `window.shops =`, `a["shops"] =`, and as a member at any depth, `"shops":`
        or `shops:`; `a.shops` only where it is written so. Members in chunks of Next.js come last; `self.__next_f`
        gives the rows of these chunks that are JSON. At most 10,000 places and 10,000,000 characters are read.
        """
        if name not in self._found:
            self._found[name] = self._rows() if name == NEXT_CHUNKS else list(self._values(name))
        return self._found[name]

    def _values(self, name: str) -> Iterator[object]:
        places, left = _MAX_PLACES, _MAX_READ
        for text in [*self._texts, self._chunks()]:
            at = text.find(name) if name else -1
            while at >= 0 and places > 0 and left > 0:
                places -= 1
                sign = None if _inside_a_name(text, at) else _SIGN.match(text, at + len(name))
                if sign is not None:
                    try:
                        value, end = read_literal(text, sign.end())
                    except ExtractError as error:
                        if text[sign.end()] in "[{J" or error.detail.startswith("cut off"):
                            left -= len(text) - sign.end()  # as much may have been read
                    else:
                        left -= end - sign.end()
                        yield value
                at = text.find(name, at + len(name))

    def _chunks(self) -> str:
        """Return the texts that Next.js pushes, joined: a value may go on in the next chunk."""
        if self._joined is None:
            self._joined = "".join(_pushed(self._texts))
        return self._joined

    def _rows(self) -> list[object]:
        joined = self._chunks()
        rows, at = [], 0
        while row := _ROW.search(joined, at):
            found = read_strict(joined, row.end())
            at = found[1] if found else row.end()
            if found:
                rows.append(found[0])
        return rows


def _pushed(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        at = text.find(NEXT_CHUNKS)
        while at >= 0 and (push := _PUSH.search(text, at)):
            try:
                chunk, at = read_literal(text, push.end())
            except ExtractError:
                break  # reading on behind each of many broken ones would take quadratic time
            if type(chunk) is list and len(chunk) == 2 and type(chunk[1]) is str:
                yield chunk[1]


def _inside_a_name(text: str, at: int) -> bool:
    before = text[at - 1 : at]
    return before.isalnum() or before in ("_", "$")
