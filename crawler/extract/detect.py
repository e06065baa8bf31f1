"""What encoding a body is in that names none, judged by its bytes.

Structure first, where it is certain: escape sequences, NUL bytes, kana. Then chardet's statistics, over the encodings
of the WHATWG Encoding Standard only.
"""

from __future__ import annotations

import re

__all__ = ["detect", "escaped", "wide"]

_SAMPLE = 65_536
_BEFORE = 1000
_FEW_KANA = 3
_FEW = 20
"""High bytes below which encodings that hardly any page uses are not thought of."""
_PARTS = re.compile(rb"[<>\r\n]")
_RUNS = re.compile(rb"[\x80-\xff]+")
_HIGH = bytes(range(0x80, 0x100))
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc]")
_BEYOND = re.compile("[^\0-\x7f]")
_ESCAPES = re.compile(rb"\x1b\$[@B](?:[!-~]{2})+\x1b\([BJ]")

# What is more than signs of windows-1252 that stand alone in English (quotation marks, dashes, currencies, fractions):
# a letter of another alphabet seldom stands without a second one beside it or in a text without any other.
_LETTERS = re.compile(
    rb"""[\x80-\xff]{2}
        | [\x81-\x84\x86-\x88\x8a-\x90\x98\x9a-\x9f\xa1\xa4\xa6\xa8\xaa\xac\xad\xaf\xb2-\xb6\xb8-\xba\xbf-\xff]
        | [\x80\x85\x89\xa2\xa3\xa5\xa7\xa9\xab\xb1\xb7\xbb-\xbe] [A-Za-z]""",
    re.X,
)

_EASTERN = {
    "big5hkscs": "big5",
    "cp932": "shift_jis",
    "shift_jis_2004": "shift_jis",
    "cp949": "euc-kr",
    "euc_kr": "euc-kr",
    "euc_jis_2004": "euc-jp",
    "gb18030": "gb18030",
}
_OTHER = {
    "cp874": "windows-874",
    "tis-620": "windows-874",
    "cp866": "ibm866",
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "mac-cyrillic": "x-mac-cyrillic",
    **{f"cp{n}": f"windows-{n}" for n in (1251, 1253, 1255, 1256)},
    **{f"iso8859-{n}": f"iso-8859-{n}" for n in (5, 6, 7, 8)},
}
_LATIN = {
    "iso8859-1": "windows-1252",
    "iso8859-9": "windows-1254",
    **{f"cp{n}": f"windows-{n}" for n in (1250, 1252, 1254, 1257, 1258)},
    **{f"iso8859-{n}": f"iso-8859-{n}" for n in (2, 3, 4, 10, 13, 14, 15, 16)},
    "mac-roman": "macintosh",
}
"""chardet's names, and the standard's for them."""
_RARE = {"mac-roman", "mac-cyrillic", *(f"iso8859-{n}" for n in (3, 4, 10, 14, 16))}


def escaped(body: bytes) -> bool:
    """Tell whether a body is in ISO-2022-JP: pairs of bytes between two of its escape sequences."""
    return _ESCAPES.search(body) is not None


def wide(body: bytes) -> str | None:
    """`utf-16le` or `utf-16be` for a body whose every second byte tends to be NUL, as in markup; else None."""
    head = body[:1024]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 5 < max(len(head), 20) or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16be" if even > odd else "utf-16le"


def detect(body: bytes) -> str:
    """Return the most likely encoding of a body that is not UTF-8; `windows-1252` where nothing speaks for any."""
    text = _worded(body)
    if not _LETTERS.search(text):
        return "windows-1252"
    for japanese, strict in (("euc-jp", "euc_jis_2004"), ("shift_jis", "cp932")):
        if _is_kana(text, strict):
            return japanese
    runs = _RUNS.findall(text)
    found = _by_statistics(text, _EASTERN | _OTHER | _LATIN)
    if found in _LATIN.values() and len(runs) * 3 <= sum(map(len, runs)):
        return _by_statistics(text, _EASTERN | _OTHER)
    if found in _OTHER.values() and sum(len(run) == 1 for run in runs) * 2 > len(runs):
        return _by_statistics(text, _LATIN)
    return found


def _by_statistics(text: bytes, names: dict[str, str]) -> str:
    from chardet import detect as guess

    few = len(text) - len(text.translate(None, _HIGH)) < _FEW
    names = {python: name for python, name in names.items() if not (few and python in _RARE)}
    first = next(iter(names))
    found = guess(
        text,
        compat_names=False,
        include_encodings=list(names),
        no_match_encoding=first,
        empty_input_encoding=first,
        max_bytes=_SAMPLE,
    )
    return names.get(found["encoding"] or "", "windows-1252")


def _worded(body: bytes) -> bytes:
    """Lines between tags, or in one, that are not ASCII: the rest of a page only hides what it is written in."""
    parts, size = [], 0
    for part in _PARTS.split(body):
        if high := _RUNS.search(part):
            parts.append(part[max(0, high.start() - _BEFORE) : high.start() + _SAMPLE])
            size += len(parts[-1])
            if size > _SAMPLE:
                break
    return b"\n".join(parts)


def _is_kana(text: bytes, python: str) -> bool:
    """Tell whether a text is valid in an encoding of Japan, and has as much kana there as only Japanese has."""
    try:
        read = text.decode(python)
    except UnicodeDecodeError:
        return False
    kana = len(_KANA.findall(read))
    return kana >= _FEW_KANA and kana * 4 >= len(_BEYOND.findall(read))
