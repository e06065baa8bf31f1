import pytest

from crawler.extract.charset import decode
from crawler.extract.encodings import lookup
from crawler.extract.sniff import plain_utf8
from tests.support.sites import need_site

HTML = "text/html"


def read(body, kind):
    text, _, notes = decode(body, kind)
    return text, notes


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
    assert read(page.encode(name), HTML) == (page, ())
    plain = f"<title>{text}</title>"
    assert read(plain.encode(name), f"{HTML}; charset={name}") == (plain, ())


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
    assert read(data, f"{HTML}; charset={label}") == (expected, ())


@pytest.mark.parametrize(
    ("start", "codec_name"), [(b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")]
)
def test_fault_75_a_byte_order_mark_rules_and_is_no_text(start, codec_name):
    page = "<meta charset=koi8-r><p>é"
    assert read(start + page.encode(codec_name), f"{HTML}; charset=windows-1251") == (page, ())


def test_fault_75_a_mark_in_the_middle_is_no_start():
    assert read("a\ufeffb".encode(), HTML) == ("a\ufeffb", ())


def test_fault_73_the_header_beats_meta():
    page = "<meta charset=gbk><p>é 话"
    assert read(page.encode(), f"{HTML}; charset=utf-8") == (page, ())


def test_fault_74_no_charset_and_utf_8_bytes():
    assert read("<p>é 话".encode(), HTML) == ("<p>é 话", ())
    assert read("<p>é 话".encode(), None) == ("<p>é 话", ())


@pytest.mark.parametrize(
    "label", ["utf-7", "rot13", "base64", "idna", "punycode", "hex", "zip", "unicode_escape", "foo-8", "x" * 99]
)
def test_fault_77_only_text_encodings_of_the_web(label):
    assert lookup(label) is None
    page = f"<meta charset={label}><p>+AGE- é"
    assert read(page.encode(), f"{HTML}; charset={label}") == (page, ())


def test_fault_72_declared_utf_8_but_gbk_bytes():
    text = "<p>" + "话剧约定无期限河北各市巡演结束" * 20
    found, notes = read(text.encode("gbk"), f"{HTML}; charset=utf-8")
    assert found == text
    assert codes(notes) == ["encoding-doubt"]
    with_meta = "<meta charset=gbk>" + text
    assert read(with_meta.encode("gbk"), f"{HTML}; charset=utf-8")[0] == with_meta


def test_fault_72_one_broken_byte_is_kept_as_such_and_told():
    found, notes = read("<p>é".encode() + b"\xff" + b"x" * 50, f"{HTML}; charset=utf-8")
    assert found == "<p>é\ufffd" + "x" * 50
    assert codes(notes) == ["encoding-doubt"]


def test_utf_8_under_a_one_byte_label_is_read_as_utf_8_and_told():
    found, notes = read("<p>é €".encode(), f"{HTML}; charset=iso-8859-1")
    assert found == "<p>é €"
    assert codes(notes) == ["encoding-doubt"]


LIES = "<p>" + "Съешь же ещё этих мягких французских булок, да выпей чаю. " * 3


@pytest.mark.parametrize(
    ("declared", "written", "text", "read_as"),
    [
        ("utf-8", "cp1251", LIES, "windows-1251"),
        ("utf-8", "cp1252", "<p>It’s", "windows-1252"),
        ("utf-8", "gbk", "<title>话剧约定无期限</title>", "gb18030"),
        ("gbk", "utf-8", LIES, "utf-8"),
        ("shift_jis", "utf-8", "<p>話劇約定無期限河北", "utf-8"),
        ("big5", "cp1251", LIES, "windows-1251"),
        ("euc-jp", "cp932", "<p>たこ焼き仮面", "shift_jis"),
        ("iso-2022-jp", "cp932", "<p>たこ焼き仮面", "shift_jis"),
        ("utf-16", "utf-8", "<p>é 话", "utf-8"),
        ("utf-16", "ascii", "<p>plain", "utf-8"),
        ("utf-16le", "utf-16-be", "<p>plain text", "utf-16be"),
        ("koi8-r", "utf-8", "<p>é", "utf-8"),
    ],
)
def test_a_declaration_that_the_bytes_contradict_gives_way_and_that_is_told(declared, written, text, read_as):
    found, encoding, notes = decode(text.encode(written), f"{HTML}; charset={declared}")
    assert (found, encoding, codes(notes)) == (text, read_as, ["encoding-doubt"])
    assert f"read as {read_as}" in notes[0].detail


def test_a_few_characters_that_fit_two_encodings_are_a_doubt():
    found, encoding, notes = decode("<p>話".encode(), f"{HTML}; charset=shift_jis")
    assert (found, encoding, codes(notes)) == ("<p>隧ｱ", "shift_jis", ["encoding-doubt"])


def test_a_server_and_a_page_that_disagree_are_a_doubt_where_it_makes_a_difference():
    page = "<meta charset=windows-1251><p>é"
    kind = f"{HTML}; charset=iso-8859-1"
    text, encoding, notes = decode(page.encode("cp1252"), kind)
    assert (text, encoding, codes(notes)) == (page, "windows-1252", ["encoding-doubt"])
    for same in ("<meta charset=windows-1251><p>e", "<meta charset=iso-8859-15><p>é", "<meta charset=latin1><p>é"):
        assert read(same.encode("cp1252"), kind) == (same, ())


@pytest.mark.parametrize(("label", "data"), [("windows-1252", b"\x81"), ("iso-8859-2", b"\x9c"), ("cp1257", b"\x9f")])
def test_bytes_that_are_control_characters_are_a_doubt(label, data):
    text, notes = read(b"<p>" + data, f"{HTML}; charset={label}")
    assert (text, codes(notes)) == ("<p>" + data.decode("latin-1"), ["encoding-doubt"])


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"\xff\xfe"])
def test_a_byte_order_mark_before_damaged_text_is_a_doubt(start):
    text, notes = read(start + b"a\0b\0\xff\xdf\xff", None)
    assert "\ufffd" in text
    assert codes(notes) == ["encoding-doubt"]


@pytest.mark.parametrize(
    ("label", "written", "text"),
    [
        ("hz-gb-2312", "hz", "<p>话剧"),
        ("iso-2022-kr", "iso2022_kr", "<p>한국어"),
        ("iso-2022-cn", "ascii", "<p>plain"),
        ("replacement", "cp1252", "<p>é"),
    ],
)
def test_encodings_that_browsers_refuse_are_read_with_a_doubt(label, written, text):
    found, notes = read(text.encode(written), f"{HTML}; charset={label}")
    assert codes(notes) == ["encoding-doubt"]
    assert found.endswith(text)


def test_u_fffd_in_the_source_is_no_damage():
    page = "<p>\ufffd é"
    assert read(page.encode(), f"{HTML}; charset=utf-8") == (page, ())
    assert read(b"\xef\xbb\xbf" + page.encode(), HTML) == (page, ())


def test_text_in_four_bytes_a_character_is_a_doubt():
    _, notes = read(b"\xff\xfe\0\0" + "<p>plain text".encode("utf-32-le"), HTML)
    assert codes(notes) == ["encoding-doubt"]


def test_fault_78_a_meta_in_a_comment_or_far_down_is_not_one():
    page = "<!-- <meta charset=koi8-r> --><meta charset=windows-1251><p>Привет"
    assert read(page.encode("cp1251"), HTML) == (page, ())
    late = "<p>" + "x" * 5000 + "<meta charset=koi8-r>é"
    assert read(late.encode(), HTML) == (late, ())


def test_no_charset_and_not_utf_8_is_detected_and_told():
    text = "<p>" + "Съешь же ещё этих мягких французских булок, да выпей чаю. " * 20
    found, notes = read(text.encode("cp1251"), HTML)
    assert found == text
    assert codes(notes) == ["encoding-doubt"]


def test_xml_declaration_names_the_encoding():
    page = '<?xml version="1.0" encoding="windows-1251"?><a>Привет</a>'
    assert read(page.encode("cp1251"), "text/xml") == (page, ())


def test_fault_79_nul_becomes_a_replacement_character():
    assert read(b"a\0b", HTML)[0] == "a\ufffdb"


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"\xfe\xff", b"\xff\xfe\x00", bytes(range(256)), b"<meta charset=>", b"\x1b$B"]
)
@pytest.mark.parametrize(
    "kind", [None, "", "text/html; charset=", "text/html; charset=utf-8", ";;;=", "text/html; charset=\xff"]
)
def test_anything_gives_text(body, kind):
    assert isinstance(read(body, kind)[0], str)


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
        text, notes = read(page.read_bytes(), HTML)
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
        assert short is None or (short, ()) == read(body, kind)


def test_the_short_way_is_taken_by_most_pages():
    for kind in (None, HTML, f"{HTML}; charset=UTF-8"):
        assert plain_utf8("<meta charset=utf-8><p>é".encode(), kind) == "<meta charset=utf-8><p>é"
    assert plain_utf8(b"<meta charset=gbk><p>a", HTML) is None
