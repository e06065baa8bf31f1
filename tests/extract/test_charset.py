import pytest

from crawler.extract.charset import codec, decode, plain_utf8
from tests.support.sites import need_site

HTML = "text/html"


def codes(notes):
    return [note.code for note in notes]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gb2312", "话剧《约定无期限》"),
        ("gbk", "繁體與简体"),
        ("gb18030", "𠀀 话剧"),
        ("big5", "繁體中文"),
        ("shift_jis", "たこ焼き仮面"),
        ("euc-jp", "たこ焼き仮面"),
        ("iso-2022-jp", "たこ焼き仮面"),
        ("euc-kr", "한국어 사이트"),
        ("koi8-r", "Привет, мир"),
        ("windows-1251", "Привет, мир"),
        ("windows-1252", "“smart” quotes – é"),
        ("iso-8859-2", "Zażółć gęślą jaźń"),
        ("iso-8859-15", "10 €"),
        ("utf-8", "Zażółć 话剧"),
    ],
)
def test_fault_76_encodings_of_the_web_by_header_and_by_meta(name, text):
    page = f"<html><head><meta charset={name}><title>{text}</title>"
    assert decode(page.encode(name), HTML)[::2] == (page, ())
    plain = f"<title>{text}</title>"
    assert decode(plain.encode(name), f"{HTML}; charset={name}")[::2] == (plain, ())


@pytest.mark.parametrize(
    ("label", "data", "expected"),
    [
        ("latin-1", b"\x93a\x94 \x80", "“a” €"),
        ("iso-8859-1", b"\x96", "–"),
        ("us-ascii", b"\xe9", "é"),
        ("gb2312", "镕".encode("gbk"), "镕"),
        ("iso-8859-9", b"\x80", "€"),
        ("x-sjis", "た".encode("cp932"), "た"),
        ("ks_c_5601-1987", "뷁".encode("cp949"), "뷁"),
    ],
)
def test_fault_76_labels_mean_what_browsers_take_them_for(label, data, expected):
    assert decode(data, f"{HTML}; charset={label}")[::2] == (expected, ())


@pytest.mark.parametrize(
    ("start", "codec_name"), [(b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")]
)
def test_fault_75_a_byte_order_mark_rules_and_is_no_text(start, codec_name):
    page = "<meta charset=koi8-r><p>é"
    assert decode(start + page.encode(codec_name), f"{HTML}; charset=windows-1251")[::2] == (page, ())


def test_fault_75_a_mark_in_the_middle_is_no_start():
    assert decode("a\ufeffb".encode(), HTML)[::2] == ("a\ufeffb", ())


def test_fault_73_the_header_beats_meta():
    page = "<meta charset=gbk><p>é 话"
    assert decode(page.encode(), f"{HTML}; charset=utf-8")[::2] == (page, ())


def test_fault_74_no_charset_and_utf_8_bytes():
    assert decode("<p>é 话".encode(), HTML)[::2] == ("<p>é 话", ())
    assert decode("<p>é 话".encode(), None)[::2] == ("<p>é 话", ())


@pytest.mark.parametrize(
    "label", ["utf-7", "rot13", "base64", "idna", "punycode", "hex", "zip", "unicode_escape", "foo-8", "x" * 99]
)
def test_fault_77_only_text_encodings_of_the_web(label):
    assert codec(label) is None
    page = f"<meta charset={label}><p>+AGE- é"
    assert decode(page.encode(), f"{HTML}; charset={label}")[::2] == (page, ())


def test_fault_72_declared_utf_8_but_gbk_bytes():
    text = "<p>" + "话剧约定无期限河北各市巡演结束" * 20
    read, _, notes = decode(text.encode("gbk"), f"{HTML}; charset=utf-8")
    assert read == text
    assert codes(notes) == ["encoding-doubt"]
    with_meta = "<meta charset=gbk>" + text
    assert decode(with_meta.encode("gbk"), f"{HTML}; charset=utf-8")[0] == with_meta


def test_fault_72_one_broken_byte_is_kept_as_such_and_told():
    read, _, notes = decode("<p>é".encode() + b"\xff" + b"x" * 50, f"{HTML}; charset=utf-8")
    assert read == "<p>é\ufffd" + "x" * 50
    assert codes(notes) == ["encoding-doubt"]


def test_utf_8_under_a_one_byte_label_is_read_as_utf_8_and_told():
    read, _, notes = decode("<p>é €".encode(), f"{HTML}; charset=iso-8859-1")
    assert read == "<p>é €"
    assert codes(notes) == ["encoding-doubt"]


def test_fault_78_a_meta_in_a_comment_or_far_down_is_not_one():
    page = "<!-- <meta charset=koi8-r> --><meta charset=windows-1251><p>Привет"
    assert decode(page.encode("cp1251"), HTML)[::2] == (page, ())
    late = "<p>" + "x" * 5000 + "<meta charset=koi8-r>é"
    assert decode(late.encode(), HTML)[::2] == (late, ())


def test_no_charset_and_not_utf_8_is_detected_and_told():
    text = "<p>" + "Съешь же ещё этих мягких французских булок, да выпей чаю. " * 20
    read, _, notes = decode(text.encode("cp1251"), HTML)
    assert read == text
    assert codes(notes) == ["encoding-doubt"]


def test_xml_declaration_names_the_encoding():
    page = '<?xml version="1.0" encoding="windows-1251"?><a>Привет</a>'
    assert decode(page.encode("cp1251"), "text/xml")[::2] == (page, ())


def test_fault_79_nul_becomes_a_replacement_character():
    assert decode(b"a\0b", HTML)[0] == "a\ufffdb"


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"\xfe\xff", b"\xff\xfe\x00", bytes(range(256)), b"<meta charset=>", b"\x1b$B"]
)
@pytest.mark.parametrize(
    "kind", [None, "", "text/html; charset=", "text/html; charset=utf-8", ";;;=", "text/html; charset=\xff"]
)
def test_anything_gives_text(body, kind):
    assert isinstance(decode(body, kind)[0], str)


TITLES = {
    "nokogiri_2ch.html": "２ちゃんねる掲示板へようこそ",
    "nokogiri_encoding.html": "たこ焼き仮面",
    "nokogiri_metacharset.html": "たこ焼き仮面",
    "nokogiri_shift_jis.html": "こんにちは！",
    "nokogiri_shift_jis_no_charset.html": "こんにちは！",
}


def test_real_pages_in_many_encodings():
    from crawler.extract.lexbor import Lexbor

    folder = need_site("encodings_misc")
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) >= 30
    for page in pages:
        text, _, notes = decode(page.read_bytes(), HTML)
        assert text.count("\ufffd") <= 5, page.name
        assert ("\ufffd" in text) <= bool(notes), page.name
        if page.name in TITLES:
            document = Lexbor(text.encode())
            assert document.text(document.first(None, "title")).strip() == TITLES[page.name]


HEADS = [
    "",
    "<meta charset=utf-8>",
    '<META CHARSET="UTF-8">',
    "<meta charset=gbk>",
    "<meta charset=utf-16>",
    "<?xml version='1.0' encoding='koi8-r'?>",
    "<meta charset = 'koi8-r'>",
    "<meta char<!-- -->set=gbk>",
]


@pytest.mark.parametrize(
    "kind", [None, HTML, f"{HTML}; charset=utf-8", f"{HTML}; charset=nope", f"{HTML}; charset=gbk"]
)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("rest", [b"", b"<p>a", "<p>é 话".encode(), b"\xff", b"\0", b"\x1b$B"])
def test_the_short_way_for_utf_8_gives_what_decode_gives(kind, head, rest):
    for start in (b"", b"\xef\xbb\xbf"):
        body = start + head.encode() + rest
        short = plain_utf8(body, kind)
        assert short is None or (short, ()) == decode(body, kind)[::2]


def test_the_short_way_is_taken_by_most_pages():
    for kind in (None, HTML, f"{HTML}; charset=UTF-8"):
        assert plain_utf8("<meta charset=utf-8><p>é".encode(), kind) == "<meta charset=utf-8><p>é"
    assert plain_utf8(b"<meta charset=gbk><p>a", HTML) is None
