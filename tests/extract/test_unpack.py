import gzip
import io
import time
import tracemalloc
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ExtractError
from crawler.extract.unpack import gunzip, unpack

MOST = 100_000


def zipped(*files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


@given(st.binary(max_size=300))
def test_what_is_packed_comes_out_as_it_was(data):
    if not data.startswith((b"\x1f\x8b", b"PK")):
        for packed in (data, gzip.compress(data), zipped(("a.csv", data)), gzip.compress(zipped(("a.csv", data)))):
            assert unpack(packed, MOST) == data


@given(st.binary(max_size=50_000), st.integers(1, 3), st.integers(0, 9))
def test_all_parts_of_a_gzip_file_come_out_however_they_were_packed(data, parts, level):
    assert gunzip(gzip.compress(data, level) * parts, 200_000) == data * parts


def test_a_body_that_is_not_packed_is_the_same_object():
    body = b"a,b" * 1000
    assert unpack(body, 10) is body


def test_a_gzip_file_of_several_parts_is_joined_and_what_follows_is_passed_over():
    assert unpack(gzip.compress(b"ab") + gzip.compress(b"cd") + b"\0" * 9, MOST) == b"abcd"


def test_many_parts_and_much_behind_them_end_soon():
    began = time.process_time()
    assert unpack(gzip.compress(b"x") * 5_000 + b"\0" * 10_000_000, MOST) == b"x" * 5_000
    assert time.process_time() - began < 5


def test_folders_and_what_macos_adds_count_as_nothing():
    assert unpack(zipped(("data/", b""), ("data/a.csv", b"x"), ("__MACOSX/data/._a.csv", b"y")), MOST) == b"x"


def test_only_two_layers_are_opened():
    inner = gzip.compress(b"x")
    assert unpack(gzip.compress(gzip.compress(inner)), MOST) == inner


def damaged(data, body):
    """The same with some bytes changed, missing or added."""
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body)))
        body = body[:at] + data.draw(st.binary(max_size=4)) + body[at + data.draw(st.integers(0, 4)) :]
    return body


def marked(data, at, flag):
    return data[:at] + flag + data[at + len(flag) :]


GOOD = zipped(("a.csv", b"x" * 1000))
PROTECTED = marked(marked(GOOD, 6, b"\x01"), GOOD.index(b"PK\x01\x02") + 8, b"\x01")
BAD = {
    "several": (zipped(("a", b"1"), ("b", b"2"), ("c", b"3")), "the zip holds 3 files; only a zip with one"),
    "none": (zipped(), "the zip holds 0 files"),
    "excel": (zipped(("[Content_Types].xml", b""), ("xl/workbook.xml", b"")), "say format: xlsx"),
    "cut zip": (GOOD[:-30], "the zip file is broken"),
    "damaged zip": (GOOD.replace(b"\x4b\x4c", b"\xff\xff", 1)[:40] + b"\xff" * 8 + GOOD[48:], "the zip file is broken"),
    "protected": (PROTECTED, "protected by a password"),
    "lzma": (zipped(("a", b"x" * 1000), method=zipfile.ZIP_LZMA), "packed in a way"),
    "many": (zipped(*((str(number), b"") for number in range(1001))), "more than 1,000 files"),
    "cut gzip": (gzip.compress(b"x" * 1000)[:-10], "breaks off"),
    "damaged gzip": (b"\x1f\x8b" + b"x" * 50, "the gzip file is broken"),
    "wrong sum": (gzip.compress(b"x")[:-8] + b"\0" * 8, "the gzip file is broken"),
    "many parts": (gzip.compress(b"") * 10_001, "more than 10,000 parts"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_unpacked_is_named(name):
    body, detail = BAD[name]
    with pytest.raises(ExtractError, match=detail) as error:
        unpack(body, MOST)
    assert error.value.code == ("bad-encoding" if body.startswith(b"\x1f\x8b") else "unparsable")


def lying(data, size):
    """A zip that says its file is smaller than it is."""
    at = data.index(b"PK\x01\x02") + 24
    return marked(marked(data, 22, size.to_bytes(4, "little")), at, size.to_bytes(4, "little"))


ZEROS = b"\0" * 10_000_000
BOMB = zipped(("a", ZEROS))


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        gzip.compress(ZEROS),
        gzip.compress(gzip.compress(ZEROS)),
        gzip.compress(b"x" * MOST) * 2,
    ],
    ids=["zip", "gzip", "twice", "parts"],
)
def test_a_bomb_is_refused_before_it_fills_the_memory(body):
    tracemalloc.start()
    with pytest.raises(ExtractError, match=f"more than {MOST:,} bytes") as error:
        unpack(body, MOST)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert error.value.code == "too-large"
    assert peak < 3_000_000


def test_a_zip_that_lies_about_its_size_gives_no_more_than_it_says():
    with pytest.raises(ExtractError, match="unparsable"):
        unpack(lying(BOMB, 1000), MOST)


@given(st.data(), st.sampled_from([GOOD, gzip.compress(b"abc" * 100)]))
def test_a_damaged_file_is_read_or_refused(data, body):
    with suppress(ExtractError):
        unpack(damaged(data, body), MOST)


def test_a_size_that_is_too_large_is_refused_before_anything_is_unpacked():
    with pytest.raises(ExtractError, match="too-large"):
        unpack(lying(GOOD, 1_000_000_000), MOST)


def test_the_limit_itself_is_allowed():
    data = b"x" * MOST
    assert unpack(gzip.compress(data), MOST) == unpack(zipped(("a", data)), MOST) == data
