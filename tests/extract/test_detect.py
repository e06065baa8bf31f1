"""Pages that name no encoding: read right, or at least with a note."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.charset import decode, detect, wide
from tests.support.labels import written
from tests.support.languages import SENTENCES

HTML = "text/html"
PAGE = "<!DOCTYPE html><html><head><title>{}</title></head><body><a href='/'>Home</a>{}</body></html>"
CASES = [(encoding, text) for names, text in SENTENCES for encoding in names.split()]
# Hardly any page is in this one, so a short text is taken for a more common one.
CLOSE = {"x-mac-cyrillic"}


def codes(notes):
    return [note.code for note in notes]


@pytest.mark.parametrize(("encoding", "text"), CASES, ids=[f"{name}-{text[:8]}" for name, text in CASES])
def test_a_page_without_a_declaration_is_read_right_at_any_length_and_with_a_note(encoding, text):
    words = " ".join(text.split("。") if "。" in text else text.split()[:12])[:60]
    long = "".join(f"<p>{text[start:]}" for start in range(60))
    assert len(written(long, encoding)) > 2500
    for page in (PAGE.format(words, ""), PAGE.format(words, f"<p>{text}</p>"), PAGE.format(words, long)):
        found, read_as, notes = decode(written(page, encoding), HTML)
        assert codes(notes) == ["encoding-doubt"]
        assert "no encoding is declared; read as" in notes[0].detail
        assert found == page or (encoding in CLOSE and len(page) < 400), read_as


def test_short_texts_are_never_read_otherwise_without_a_note():
    for encoding, text in CASES:
        for length in (1, 2, 3, 5, 8):
            page = PAGE.format(text[:length], "")
            found, _, notes = decode(written(page, encoding), HTML)
            assert found == page or codes(notes) == ["encoding-doubt"]


@pytest.mark.parametrize(
    "text",
    ["It’s here: “Quoted”", "Price: £12.50 and £7", "25°C outside", "© 2004 Example Ltd", "1½ cups – more", "100 €",
     "5 × 3", "€ 12", "Café society", "El Niño", "§ 5", "Smith & Sons®"],
)  # fmt: skip
def test_english_with_a_sign_or_two_is_windows_1252(text):
    page = PAGE.format("Shop", f"<p>{text}</p>")
    assert decode(page.encode("cp1252"), HTML)[0] == page


def test_escape_sequences_are_iso_2022_jp_even_where_another_encoding_is_declared():
    page = PAGE.format("たこ焼き仮面", "")
    for kind in (HTML, f"{HTML}; charset=utf-8", f"{HTML}; charset=shift_jis", None):
        text, read_as, notes = decode(page.encode("iso-2022-jp"), kind)
        assert (text, read_as, codes(notes)) == (page, "iso-2022-jp", ["encoding-doubt"])


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("kind", [HTML, f"{HTML}; charset=iso-8859-1x", f"{HTML}; charset=utf-16"])
def test_utf_16_without_a_mark(codec, kind):
    page = PAGE.format("Książka 话剧", "")
    text, _, notes = decode(page.encode(codec), kind)
    assert text == page
    assert bool(notes) == (kind != f"{HTML}; charset=utf-16" or codec == "utf-16-be")


def test_a_few_nul_bytes_are_no_utf_16():
    assert wide(b"<html>\0<p>a\0b") is None
    assert wide(b"") is None


def test_scripts_and_markup_in_ascii_do_not_hide_the_text():
    page = PAGE.format(
        "Книги", "<script>" + "var a = document.getElementById('x');\n" * 3000 + "</script><p>Старые книги</p>"
    )
    assert decode(page.encode("koi8-r"), HTML)[0] == page


@given(st.binary(min_size=1, max_size=300))
def test_whatever_the_bytes_are_an_encoding_is_found(body):
    text, _, notes = decode(body, HTML)
    assert isinstance(text, str)
    assert notes or "\ufffd" not in text or b"\0" in body or "\ufffd".encode() in body


@pytest.mark.parametrize(
    "body", [b"\xe9" * 3_000_000, b"<\xe9" * 1_000_000, b"a" * 3_000_000 + b"\xe9", b"\xa4\xa2" * 1_000_000]
)
def test_a_huge_page_is_judged_by_a_sample(body):
    begin = time.process_time()
    detect(body)
    assert time.process_time() - begin < 9
