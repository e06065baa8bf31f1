"""Where a page names its encoding, after the HTML standard's prescan."""

import time

import pytest

from crawler.extract.charset import decode, in_head, in_header, in_mark


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        (None, None), ("", None), ("text/html", None), ("text/html;charset=", None), ("text/html; charset", None),
        ("text/html; charset=gbk", "gbk"), ("TEXT/HTML;CHARSET=GBK", "gbk"), ("text/html;charset=gbk;x=y", "gbk"),
        ('text/html; charset="gbk"', "gbk"), ("text/html; charset='gbk'", "gbk"), ('text/html; charset="gbk', "gbk"),
        ('text/html; charset=" gbk "', "gbk"), ("text/html; charset = gbk", "gbk"),
        ("text/html ;\tcharset=\tgbk ", "gbk"),
        ("text/html; x=1; charset=gbk", "gbk"), ("text/html; charset=gbk; charset=big5", "gbk"),
        ("text/html; charset=gbk, text/html; charset=big5", "big5"), ("text/html; charset=gbk, text/html", "gbk"),
        ("text/html; charset=nope", None), ("text/html; charset=nope; charset=gbk", None),
        ("text/html; xcharset=gbk", None), ("text/html; not-charset=gbk", None), ("charset=gbk", None),
        ("text/html charset=gbk", "gbk"), ("text/html; charset=utf-7", None), ("text/html; charset=\xff", None),
    ],
)  # fmt: skip
def test_the_header(content_type, encoding):
    assert in_header(content_type) == encoding


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("<meta charset=gbk>", "gbk"),
        ("<META\nCharset = 'GBK'/>", "gbk"),
        ("<meta/charset=gbk/>", None),
        ("<meta/charset='gbk'/>", "gbk"),
        ("<meta name=x charset=gbk>", "gbk"),
        ("<meta charset=' gbk '>", "gbk"),
        ("<meta charset=gbk charset=big5>", "gbk"),
        ("<meta charset=nope><meta charset=gbk>", "gbk"),
        ("<metax charset=gbk>", None),
        ("<meta charset=gbk", None),
        ("<meta charset='gbk>", None),
        ("<meta data-charset=gbk>", None),
        ("<meta http-equiv=content-type content='text/html; charset=gbk'>", "gbk"),
        ('<meta content="text/html; CHARSET = gbk" http-equiv="Content-Type">', "gbk"),
        ("<meta content=\"text/html; charset='gbk'\" http-equiv=Content-Type>", "gbk"),
        ("<meta http-equiv=content-type content=charset=gbk;x>", "gbk"),
        ("<meta http-equiv=content-type content='xcharset charset=gbk'>", "gbk"),
        ("<meta http-equiv=content-type content='text/html'>", None),
        ("<meta http-equiv=content-type>", None),
        ("<meta content='text/html; charset=gbk'>", None),
        ("<meta http-equiv=refresh content='0; charset=gbk'>", None),
        ("<meta http-equiv=content-type charset=big5 content='text/html; charset=gbk'>", "big5"),
        ("<!-- <meta charset=big5> --><meta charset=gbk>", "gbk"),
        ("<!--><meta charset=gbk>", "gbk"),
        ("<!-- > <meta charset=gbk>", None),
        ("<!doctype html><meta charset=gbk>", "gbk"),
        ("<?php <meta charset=big5> ?><meta charset=gbk>", "gbk"),
        ("<a title='<meta charset=big5>'><meta charset=gbk>", "gbk"),
        ("<a title=<meta charset=big5><meta charset=gbk>", "gbk"),
        ("</p title='<meta charset=big5>'><meta charset=gbk>", "gbk"),
        ("< meta charset=big5><meta charset=gbk>", "gbk"),
        ("a < b <meta charset=gbk>", "gbk"),
        ("<meta charset=utf-16>", "utf-8"),
        ("<meta charset=utf-16be>", "utf-8"),
        ("<meta charset=x-user-defined>", "windows-1252"),
        ("<meta charset=hz-gb-2312>", "replacement"),
        ("<?xml version='1.0' encoding='gbk'?>", "gbk"),
        ('<?xml encoding = "utf-16"?>', "utf-8"),
        ("<?xml version='1.0' encoding='gbk'?><meta charset=big5>", "big5"),
        ("<?xml version='1.0'?>", None),
        ("", None),
        ("<", None),
    ],
)
def test_the_head(head, encoding):
    assert in_head(head.encode(), xml=False) == encoding


def test_in_xml_only_the_declaration_counts():
    feed = "<?xml version='1.0' encoding='koi8-r'?><rss><meta charset='gbk'/></rss>"
    assert in_head(feed.encode(), xml=True) == "koi8-r"
    assert in_head(feed.encode(), xml=False) == "gbk"
    assert in_head(b"<rss><meta charset='gbk'/></rss>", xml=True) is None


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_a_declaration_in_two_bytes_a_character(codec):
    assert in_head("<?xml version='1.0'?>".encode(codec), xml=True) == codec.replace("-le", "le").replace("-be", "be")


def test_marks():
    assert in_mark(b"\xef\xbb\xbfa") == ("utf-8", 3)
    assert in_mark(b"\xff\xfea\0") == ("utf-16le", 2)
    assert in_mark(b"\xfe\xff\0a") == ("utf-16be", 2)
    assert in_mark(b"\xef\xbba") is None


def test_a_meta_that_stands_late_counts_where_the_bytes_are_not_utf_8():
    page = "<p>" + "x" * 9000 + "<meta charset=koi8-r><p>Привет"
    assert decode(page.encode("koi8-r"), "text/html") == (page, "koi8-r", ())


@pytest.mark.parametrize(
    "part",
    [b"<", b"<!--", b"<meta ", b"<meta a='", b"<meta a=", b"<a a ", b"<!", b"</", b"<?xml ", b"<meta charset=",
     b"<meta http-equiv=content-type content=charset", b" charset", b"<a\n", b"a="],
)  # fmt: skip
def test_a_hostile_head_is_searched_in_linear_time(part):
    begin = time.process_time()
    in_head(part * (65_536 // len(part)), xml=False)
    in_head(b"<meta " + part * (65_536 // len(part)), xml=False)
    in_header(("; charset='" + part.decode() * 5000)[:65_536])
    assert time.process_time() - begin < 4
