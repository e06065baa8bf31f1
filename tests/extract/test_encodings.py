"""The decoders, byte by byte, and the labels of the Encoding Standard."""

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.encodings import ONE_BYTE, lookup, read
from tests.support.labels import LABELS, PLACES, TEXTS, outcome, written

# SHA-256, shortened, of what the indexes of the standard (as of May 2026) make of the sequences below.
DIGESTS = {
    "ibm866": "5a856a1cc72f92ff",
    "iso-8859-2": "5e9a0811bf08daf5",
    "iso-8859-3": "6555258335579b89",
    "iso-8859-4": "08e4e0f402fac588",
    "iso-8859-5": "df3e28bbb226e1cd",
    "iso-8859-6": "ac5e5b97608b416e",
    "iso-8859-7": "9f68204513e94f00",
    "iso-8859-8": "16b842dbf1779d83",
    "iso-8859-10": "34e36339240c8d8b",
    "iso-8859-13": "3bac58e9cc8e52cd",
    "iso-8859-14": "ec2339ae801d5107",
    "iso-8859-15": "e3f0667fe89309a7",
    "iso-8859-16": "c68ff962b68531cb",
    "koi8-r": "e18c51434de748aa",
    "koi8-u": "09ca3df06fe07cf2",
    "macintosh": "a6af4ef8837ca7fc",
    "windows-874": "328a1a499919669e",
    "windows-1250": "697d3e9c20631e29",
    "windows-1251": "046cabf3dd731926",
    "windows-1252": "b45da48fcc29fa51",
    "windows-1253": "b86ba26ea99fb622",
    "windows-1254": "233441a35d0b7823",
    "windows-1255": "63cacbae4c945413",
    "windows-1256": "8f0f0e8f96c6e90c",
    "windows-1257": "a2e34bb97e73154a",
    "windows-1258": "7ab8842d941a6717",
    "x-mac-cyrillic": "b84eb464bfafed28",
    "gbk": "4e7cad7ff146c442",
    "big5": "dfbc3bd0fe505f25",
    "euc-jp": "8025f89c3b1cff9c",
    "iso-2022-jp": "8c171fa3ede468eb",
    "shift_jis": "49448df849bdb2a9",
    "euc-kr": "7b2bd662afa33729",
    "x-user-defined": "87337a75680cce3d",
}
SAME = {"gb18030": "gbk", "iso-8859-8-i": "iso-8859-8"}
REFUSED = LABELS["replacement"].split()


def sequences(encoding):
    """All single bytes or pairs of them; of the three bytes that EUC-JP has for JIS X 0212, all."""
    if encoding in ONE_BYTE or encoding == "x-user-defined":
        yield from (bytes((byte,)) for byte in range(256))
    elif encoding == "iso-2022-jp":
        for escape in (b"$B", b"$@", b"(J", b"(I"):
            for pair in pairs(range(0x21, 0x7F)):
                yield b"\x1b" + escape + pair + b"\x1b(B."
    else:
        # Python's reading of these two of Big5 is known to differ, see crawler/extract/eastern.py.
        yield from (pair + b"a" for pair in pairs(range(256)) if encoding != "big5" or pair not in (b"\xa2A", b"\xa2B"))
        if encoding == "euc-jp":
            yield from (b"\x8f" + pair + b"a" for pair in pairs(range(256)))


def pairs(values):
    return (bytes((first, second)) for first in values for second in values)


@pytest.mark.parametrize("encoding", DIGESTS)
def test_every_byte_and_pair_is_read_as_the_standard_has_it(encoding):
    found = hashlib.sha256()
    for sequence in sequences(encoding):
        found.update(read(sequence, encoding).encode() + b"\n")
    assert found.hexdigest()[:16] == DIGESTS[encoding]
    for other, like in SAME.items():
        if like == encoding:
            every = bytes(range(256)) + "镕שלום".encode("gb18030", "ignore")
            assert read(every, other) == read(every, like)


def test_there_is_a_text_and_a_digest_for_every_encoding():
    assert set(LABELS) == set(TEXTS)
    assert set(LABELS) == {*DIGESTS, *SAME, "utf-8", "utf-16le", "utf-16be", "replacement"}


@pytest.mark.parametrize("place", PLACES)
def test_every_label_in_every_place_is_read_as_the_standard_says_or_noted(place):
    labels = {label: encoding for encoding, some in LABELS.items() for label in some.split()}
    assert len(labels) == 228
    found = {label: outcome(label, encoding, place) for label, encoding in labels.items()}
    assert {label: how for label, how in found.items() if how != "right"} == dict.fromkeys(REFUSED, "noted")
    assert Counter(found.values()) == {"right": 222, "noted": 6}


@pytest.mark.parametrize("encoding", LABELS)
def test_case_and_white_space_of_a_label_do_not_count(encoding):
    for label in LABELS[encoding].split():
        assert lookup(f"\t {label.upper()}\n") == encoding


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        ("latin-1", "windows-1252"), ("utf_8", "utf-8"), ("euc_jp", "euc-jp"), ("cp936", "gbk"), ("cp949", "euc-kr"),
        ("cp950", "big5"), ("cp932", "shift_jis"), ("iso2022jp", "iso-2022-jp"), ("iso8859_2", "iso-8859-2"),
        ("windows_1251", "windows-1251"), ("mac-roman", "macintosh"), ("cp874", "windows-874"),
    ],
)  # fmt: skip
def test_spellings_that_the_standard_lacks(label, encoding):
    assert lookup(label) == encoding


@pytest.mark.parametrize(
    "label",
    ["", "utf-7", "utf-32", "cp437", "cp037", "rot13", "base64", "idna", "mbcs", "undefined", "uu", "unicode_escape",
     "gb\N{LATIN SMALL LETTER K}\N{KELVIN SIGN}", 'gbk"', "x" * 1000, "\0", "../gbk", "os"],
)  # fmt: skip
def test_what_is_no_encoding_of_the_web_has_no_name(label):
    assert lookup(label) is None


@pytest.mark.parametrize(
    ("encoding", "data", "text"),
    [
        ("gbk", b"\x80 1", "€ 1"),
        ("gbk", b"\x81<b>", "\ufffd<b>"),
        ("gbk", b"\xfe\xff<", "\ufffd<"),
        ("gb18030", b"a\x81\x30\x81", "a\ufffd"),
        ("gb18030", b"\x81\x30\x81<", "\ufffd0\ufffd<"),
        ("big5", b"\x87\x7b\xa3\xe1\x88\x62", "𡵓€Ê̄"),
        ("big5", b"\xa1\x45\xa2\x44", "‧￥"),
        ("euc-jp", b"\xad\xa1\xad\xea\xa1\xc1\xf9\xa1", "①㈱～纊"),
        ("euc-jp", b"\x8f\xa2\xb7\x8f\xb0\xa1", "～丂"),
        ("euc-jp", b"\x8f\xb0<", "\ufffd<"),
        ("shift_jis", b"\x80\xa0\xfd\xf0\x40", "\x80\ufffd\ufffd\ue000"),
        ("iso-2022-jp", b"\x1b$B-!$\"\x1b(J\\~\x1b(I1\x1b(Ba", "①あ¥‾ｱa"),
        ("iso-2022-jp", b"a\x1bb\x0e", "a\ufffdb\ufffd"),
        ("koi8-u", b"\xae\xbe", "ўЎ"),
        ("windows-1252", b"\x81\x8d\x8f\x90\x9d", "\x81\x8d\x8f\x90\x9d"),
        ("windows-1255", b"\xca\xd9", "\u05ba\ufffd"),
        ("utf-16le", b"a\0\0\xd8b\0c", "a\ufffdb\ufffd"),
    ],
)  # fmt: skip
def test_what_python_reads_otherwise(encoding, data, text):
    assert read(data, encoding) == text


@given(st.binary(max_size=40), st.sampled_from([name for name in LABELS if name != "replacement"]))
def test_any_bytes_become_a_text_and_ascii_at_the_end_is_never_swallowed(data, encoding):
    text = read(data + b"\x1b(B</p>", encoding)
    if not encoding.startswith("utf-16"):
        assert text.endswith("</p>")


@pytest.mark.parametrize("encoding", [name for name in LABELS if name != "replacement"])
def test_a_text_comes_back(encoding):
    assert read(written(TEXTS[encoding], encoding), encoding) == TEXTS[encoding]


def test_a_body_of_nothing_but_errors_is_read_in_linear_time():
    for encoding in LABELS:
        if encoding != "replacement":
            assert read(b"\xff" * 300_000, encoding)
