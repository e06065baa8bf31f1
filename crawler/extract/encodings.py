"""The encodings of the WHATWG Encoding Standard: their labels, and decoders that give what it says.

https://encoding.spec.whatwg.org/#legacy-multi-byte-chinese-(simplified)-encodings and the sections after it. Python's
codecs lack some characters, and map a few to others; both are corrected here. Three places stay as Python reads them:
in Big5 A2 41 and A2 42 give U+FF0F and U+FF3C, where the standard has U+2215 and U+FE68; in gb18030 81 35 F4 37 gives
U+1E3F, where it has U+E7C7.

https://encoding.spec.whatwg.org/. The labels come from webencodings. Python's codecs are used where they agree with
the standard; what they leave out or map otherwise is here and, for East Asian encodings, in `DECODERS`. No other codec
is ever used, whatever a page names.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from functools import cache, lru_cache

__all__ = ["DECODERS", "ONE_BYTE", "lookup", "read"]


_MAX = 100_000
"""Invalid places up to which each is looked at; a text with more of them is not in this encoding."""

_JIS = str.maketrans("〜‖−¢£¬", "～∥－￠￡￢")
_GB: dict[int, str | int] = {0xE5E5: "\u3000", 0xE7C7: "ḿ"}
_GB |= dict(zip(range(0xE78D, 0xE797), "︐︒︑︓︔︕︖︗︘︙", strict=True))
_GB |= dict(zip((0xE81E, 0xE826, 0xE82B, 0xE82C, 0xE832, 0xE843, 0xE854, 0xE864), range(0x9FB4, 0x9FBC), strict=True))
_BIG5 = str.maketrans("•､‾∼♁☉¥¢£", "‧﹑¯～⊕⊙￥￠￡")
_PRIVATE = re.compile("[\ue5e5-\ue864]")

# Pairs of Big5 that Python's big5hkscs lacks: a first pair in hexadecimal, and its character and those that follow.
_BIG5_EXTRA = """\
    877a㡵𡵓𣚞𦀡㻬 87a1𥣞㫵竼龗𤅡𨤍𣇪𠪊𣉞䌊蒄龖鐯䤰蘓墖靊鈘秐稲晠権袝瑌篅枂稬剏遆㓦珄𥶹瓆鿇垳䤯
    87c5呌䄱𣚎堘穲𧭥讏䚮𦺈䆁𥶙箮𢒼鿈𢓁𢓉𢓌鿉蔄𣖻䂴鿊䓡𪷿拁灮鿋 8e69箸 8e6f簆 8e7e糎 8eab緒 8eb4縝 8ecd者 8ed0耨
    8f57菁 8f69蒨 8f6e萏 8fcb覦覩 8ffe起 906d都 907a銹 90dc靜 90f1響 91bf鼖 9244蔃 92af兙兛兝兞 92c8鍮 92d1瑹 9447浧
    94ca禛 95d9邗 9644靝 96ed瀞 96fc嬨 9b76爁 9b78矗 9b7b纇 9bc6駖 9bde釔 9bec惞 9bf6澶 9c42輶 9c53侻 9c62營 9c68鄄
    9c6b鷰 9c77菏 9cbc尐秣 9cd0婧 9d57輋 9d5a筑 9dc4拐 9ea9恢 9eef痹 9efd汊 9f60鬮 9f66鼗 9fcb僭 9fd8弌 a063蠏
    a077拎 a0d5瑨 a0df煢 a0e4牐 a3c0␀␁␂␃␄␅␆␇␈␉␊␋␌␍␎␏␐␑␒␓␔␕␖␗␘␙␚␛␜␝␞␟␡€ c6cf廴 c6d3无 c6d5癶 c6d7隶 c6de〃仝 fa5f倩
    fa66偽 fabd包 fac5卄 fad5卿 fb48嘅 fbb8婷 fbf3幵 fbf9廐 fc4f彘 fc6c悤 fcb9撐 fce2晴 fcf1杞 fdb7沜 fdb8渝 fdbb港
    fdf1煮 fe52猪 fe6f瑜 feaa瓩 fedd砉"""

_ESCAPE = re.compile(rb"\x1b(\([BJI]|\$[@B])")
_RUNS = re.compile(rb"((?:[!-~]{2})+)|[!-~]?[^!-~]|.", re.S)
_HIGH = bytes(byte | 0x80 for byte in range(0x100))
_SHIFTS = dict.fromkeys((0x0E, 0x0F, 0x1B), "\ufffd")


def _gb18030(body: bytes) -> str:
    text = _decode(body, "gb18030")
    return text.translate(_GB) if _PRIVATE.search(text) else text


def _big5(body: bytes) -> str:
    return _decode(body, "big5hkscs").translate(_BIG5)


def _euc_jp(body: bytes) -> str:
    # Python reads the tilde of JIS X 0212 as that of ASCII; the standard as that of JIS X 0208.
    return _decode(body.replace(b"\x8f\xa2\xb7", b"\xa1\xc1"), "euc_jp").translate(_JIS)


def _iso_2022_jp(body: bytes) -> str:
    """By segments, for Python's codec lacks the rows of NEC and IBM.

    An escape sequence right after another is let pass; the standard has U+FFFD there, to disarm scripts.
    """
    first, *rest = _ESCAPE.split(body)
    parts = [_seven_bits(first)]
    for escape, piece in zip(rest[::2], rest[1::2], strict=True):
        if escape == b"(I":
            parts.append("".join(chr(byte + 0xFF40) if 0x21 <= byte <= 0x5F else "\ufffd" for byte in piece))
        elif escape == b"(J":
            parts.append(_seven_bits(piece).replace("\\", "¥").replace("~", "‾"))
        elif escape == b"(B":
            parts.append(_seven_bits(piece))
        else:
            parts.append(_pairs(piece))
    return "".join(parts)


def _seven_bits(piece: bytes) -> str:
    return piece.decode("ascii", "replace").translate(_SHIFTS)


def _pairs(piece: bytes) -> str:
    """Two bytes of seven bits a character, as EUC-JP has them with eight."""
    return "".join(_euc_jp(run[0].translate(_HIGH)) if run[1] else "\ufffd" for run in _RUNS.finditer(piece))


def _decode(body: bytes, python: str) -> str:
    """Decode by a codec of Python, with a second look at the places that are not valid there."""
    text = body.decode(python, "replace")
    if "\ufffd" not in text or text.count("\ufffd") > _MAX:
        return text
    return body.decode(python, f"crawler-{python}")


def _register(python: str, wrong: bytes, extra: Callable[[bytes], str | None] | None = None) -> None:
    """Register the error handler for a codec: what `extra` knows of a pair, else U+FFFD.

    Args:
        python: the codec.
        wrong: pattern of the bytes that one U+FFFD stands for; of any others it stands for one.
        extra: the character for a pair of bytes that the codec lacks.
    """
    span = re.compile(wrong + b"|.", re.S)

    def handle(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        body, start = error.object, error.start
        char = extra(body[start : start + 2]) if extra else None
        if char is not None:
            return char, start + (1 if body[start] == 0x80 else 2)
        found = span.match(body, start)
        return "\ufffd", found.end() if found else start + 1

    codecs.register_error(f"crawler-{python}", handle)


def _extra_gb18030(pair: bytes) -> str | None:
    """The euro sign of code page 936, one byte."""
    return "€" if pair[0] == 0x80 else None


def _extra_big5(pair: bytes) -> str | None:
    return _big5_table().get(pair)


def _extra_euc_jp(pair: bytes) -> str | None:
    """Rows of NEC and IBM, which code page 932 has at the same places of the same table."""
    if len(pair) < 2 or not (0xA1 <= pair[0] <= 0xFE and 0xA1 <= pair[1] <= 0xFE):
        return None
    row, cell = pair[0] - 0xA1, pair[1] - 0xA1
    lead, trail = divmod(row * 94 + cell, 188)
    shifted = bytes((lead + (0x81 if lead < 0x1F else 0xC1), trail + (0x40 if trail < 0x3F else 0x41)))
    try:
        char = shifted.decode("cp932")
    except UnicodeDecodeError:
        return None
    return None if "\ue000" <= char <= "\uf8ff" else char


@cache
def _big5_table() -> dict[bytes, str]:
    table = {}
    for run in _BIG5_EXTRA.split():
        first = int(run[:4], 16)
        for offset, char in enumerate(run[4:]):
            table[(first + offset).to_bytes(2, "big")] = char
    return table


def _shift_jis(body: bytes) -> str:
    return _decode(body, "cp932").translate(_NOT_JIS)


_NOT_JIS = dict.fromkeys((0xA0, 0xF8F0, 0xF8F1, 0xF8F2, 0xF8F3), "\ufffd")
"""What cp932 makes of the bytes A0, FD, FE and FF, which the standard has not."""

_register("gb18030", rb"[\x81-\xfe](?:[0-9](?:[\x81-\xfe](?:[0-9]|\Z)|\Z)|[\x80-\xff])", _extra_gb18030)
_register("big5hkscs", rb"[\x81-\xfe][\x80-\xff]", _extra_big5)
_register("euc_jp", rb"\x8f[\xa1-\xfe](?:[\x80-\xff]|\Z)|[\x8e\x8f\xa1-\xfe][\x80-\xff]", _extra_euc_jp)
_register("cp932", rb"[\x81-\x9f\xe0-\xfc][\x80-\xff]")
_register("cp949", rb"[\x81-\xfe][\x80-\xff]")

DECODERS: dict[str, Callable[[bytes], str]] = {
    "gbk": _gb18030,
    "gb18030": _gb18030,
    "big5": _big5,
    "euc-jp": _euc_jp,
    "iso-2022-jp": _iso_2022_jp,
    "shift_jis": _shift_jis,
    "euc-kr": lambda body: _decode(body, "cp949"),
}
"""By the standard's name."""


_WESTERN = ("ibm866", "koi8-r", "koi8-u", "macintosh", "x-mac-cyrillic", "windows-874")
ONE_BYTE = frozenset(
    [
        *_WESTERN,
        *(f"iso-8859-{n}" for n in (*range(2, 9), 10, 13, 14, 15, 16)),
        "iso-8859-8-i",
        *(f"windows-{n}" for n in range(1250, 1259)),
    ]
)
"""Encodings of one byte a character, x-user-defined apart: any bytes are a text in most of them."""
_PYTHON = {"iso-8859-8-i": "iso8859-8", "macintosh": "mac-roman", "x-mac-cyrillic": "mac-cyrillic"}
_PYTHON |= {"windows-874": "cp874", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}
_SPELLINGS = {"cp932": "shift_jis", "cp949": "euc-kr", "cp950": "big5", "big5hkscs": "big5", "cp874": "windows-874"}
_SPELLINGS |= {"shift_jis": "shift_jis", "iso2022_jp": "iso-2022-jp", "mac-roman": "macintosh"}
_SPELLING = re.compile("[a-z0-9_.:-]{1,40}")
_CORRECTED = {
    "koi8-u": {0xAE: "ў", 0xBE: "Ў"},
    "windows-1255": {0xCA: "\u05ba"},
}
_UNDEFINED = "\ufffe"
"""What a table for `codecs.charmap_decode` holds where a byte means nothing."""


@lru_cache(maxsize=256)
def lookup(label: str) -> str | None:
    """Name of the encoding that a label stands for, in lower case; None for what is no encoding of the standard.

    Spellings that the standard lacks but Python knows, as `latin-1` and `euc_jp`, are taken for what they mean.
    """
    from webencodings.labels import LABELS

    label = label.strip("\t\n\f\r ").lower()
    if label in LABELS or not _SPELLING.fullmatch(label):
        return LABELS.get(label)
    try:
        known = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    return _SPELLINGS.get(known) or LABELS.get(known.replace("_", "-"))


def read(body: bytes, name: str) -> str:
    """Decode as the standard does: whatever is not valid becomes U+FFFD.

    Args:
        body: without byte order mark.
        name: as `lookup` gives it, `replacement` excepted.
    """
    if name in ONE_BYTE or name == "x-user-defined":
        return codecs.charmap_decode(body, "replace", _table(name))[0]
    if name in DECODERS:
        return DECODERS[name](body)
    return body.decode(_PYTHON.get(name, name), "replace")


@cache
def _table(name: str) -> str:
    """Return the 256 characters of an encoding of one byte."""
    ascii_half = "".join(map(chr, range(0x80)))
    if name == "x-user-defined":
        return ascii_half + "".join(chr(0xF700 + byte) for byte in range(0x80, 0x100))
    upper = list(bytes(range(0x80, 0x100)).decode(_PYTHON.get(name, name), "replace").replace("\ufffd", _UNDEFINED))
    if name.startswith("windows-"):
        # Where Microsoft's tables have nothing, the standard has the control characters C1.
        upper[:0x20] = [chr(0x80 + at) if char == _UNDEFINED else char for at, char in enumerate(upper[:0x20])]
    for byte, char in _CORRECTED.get(name, {}).items():
        upper[byte - 0x80] = char
    return ascii_half + "".join(upper)
