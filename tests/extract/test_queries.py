"""Links of pages that are not UTF-8: their query goes out in the encoding of the page, as browsers send it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.charset import decode
from crawler.extract.page import open_page
from crawler.extract.queries import with_query_in
from crawler.model import Response
from crawler.urls import resolve
from tests.support.pages import FieldRule, analyse, values

URL = "http://shop.example/a/"


def links(markup: str, encoding: str, codec: str, *, declared: bool = True) -> list[str]:
    """The addresses of a page's links; half a kilobyte of the same letters helps where nothing is declared."""
    kind = f"text/html; charset={encoding}" if declared else "text/html"
    page = open_page(Response(URL, 200, {"content-type": kind}, markup.encode(codec)))
    document = page.document
    return [page.resolve(document.attr(node, "href") or "") for node in document.select(None, "a[href]")]


@pytest.mark.parametrize(
    ("label", "codec", "text", "sent"),
    [
        ("gbk", "gbk", "小说", "%D0%A1%CB%B5"),
        ("gb2312", "gbk", "历史", "%C0%FA%CA%B7"),
        ("windows-1251", "cp1251", "Книги", "%CA%ED%E8%E3%E8"),
        ("koi8-r", "koi8_r", "Книги", "%EB%CE%C9%C7%C9"),
        ("shift_jis", "cp932", "ソート表", "%83\\%81[%83g%95\\"),
        ("euc-jp", "euc_jp", "検索", "%B8%A1%BA%F7"),
        ("iso-2022-jp", "iso2022_jp", "日本", "%1B$BF|K\\%1B(B"),
        ("big5", "big5", "許功", "%B3\\%A5\\"),
        ("euc-kr", "cp949", "한국", "%C7%D1%B1%B9"),
        ("windows-1250", "cp1250", "řeka", "%F8eka"),
        ("iso-8859-1", "cp1252", "Bücher €", "B%FCcher%20%80"),
        ("utf-16", "utf-16", "小", "%E5%B0%8F"),
        ("utf-8", "utf-8", "小", "%E5%B0%8F"),
    ],
)
def test_the_query_is_in_the_encoding_of_the_page_and_the_path_in_utf_8(
    label: str, codec: str, text: str, sent: str
) -> None:
    markup = f"<meta charset='{label}'><p>{text}<a href='/{text[0]}?a=1&q={text}&b#{text}'>x</a><a href='?q=%FC'>y</a>"
    [found, plain] = links(markup, label, codec)
    assert found == resolve("", f"http://shop.example/{text[0]}?a=1&q=") + f"{sent}&b"
    assert plain == f"{URL}?q=%FC"


@pytest.mark.parametrize(
    ("encoding", "char", "sent"),
    [
        ("windows-1251", "☃", "%26%239731%3B"),
        ("gbk", "€", "%80"),
        ("gbk", "😀", "%26%23128512%3B"),
        ("gb18030", "😀", "%949%FC6"),
        ("big5", "é", "%26%23233%3B"),
        ("big5", "‧", "%A1E"),
        ("shift_jis", "¥", "\\"),
        ("shift_jis", "纊", "%FA\\"),
        ("shift_jis", "①", "%87@"),
        ("shift_jis", "ｱ", "%B1"),
        ("euc-jp", "①", "%AD%A1"),
        ("euc-jp", "ｱ", "%8E%B1"),
        ("euc-jp", "é", "%26%23233%3B"),
        ("euc-jp", "～", "%A1%C1"),
        ("iso-2022-jp", "本☃本", "%1B$BK\\%1B(B%26%239731%3B%1B$BK\\%1B(B"),
        ("x-user-defined", "é", "%26%23233%3B"),
        ("windows-874", "ก", "%A1"),
        ("windows-1252", "\ud800", "%26%2365533%3B"),
    ],
)
def test_characters_that_an_encoding_writes_in_its_own_way_or_lacks(encoding: str, char: str, sent: str) -> None:
    assert with_query_in(encoding, f"/?q={char}") == f"/?q={sent}"


def test_what_is_encoded_is_only_the_query() -> None:
    assert with_query_in("windows-1251", " \n/я?q=я\t 'ж'\r\n&x?y=ы#я ") == "/я?q=%FF%20%27%E6%27&x?y=%FB#я"
    for href in ("/я", "/я?q=1", "/x?a b", "#я?я", "?" + "я" * 9_000):
        assert with_query_in("windows-1251", href) == href


def test_an_encoding_that_was_guessed_counts_too() -> None:
    words = "Это страница о книгах, которые лежат на полке в библиотеке города. " * 10
    body = f"<p>{words}<a href='?q=Книги'>x</a>".encode("cp1251")
    assert decode(body, "text/html").encoding == "windows-1251"
    assert links(f"<p>{words}<a href='?q=Книги'>x</a>", "", "cp1251", declared=False) == [f"{URL}?q=%CA%ED%E8%E3%E8"]


# Signs of an address, of Shift_JIS, and those that Python's big5hkscs reads as others.
LEFT_OUT = "#%¥‾" + "¯‧€∕⊕⊙▓﹑﹨～￠￡￥"


@given(
    st.sampled_from([("gbk", "gbk"), ("windows-1251", "cp1251"), ("shift_jis", "cp932"), ("big5", "big5hkscs"),
                     ("euc-kr", "cp949"), ("euc-jp", "euc_jp"), ("iso-2022-jp", "iso2022_jp"), ("iso-8859-2",) * 2]),
    st.text(st.characters(codec="gb18030", exclude_categories=["Cc", "Cs"], exclude_characters=LEFT_OUT), max_size=20),
)  # fmt: skip
def test_a_server_reads_what_the_page_showed(names: tuple[str, str], text: str) -> None:
    encoding, codec = names
    url = resolve("http://h/", with_query_in(encoding, f"/?{text}"))
    assert url.isascii()
    assert resolve("", url) == url
    raw = unquote_to_bytes(url.partition("?")[2])
    try:
        shown = raw.decode(codec)
    except UnicodeDecodeError:  # a few of euc-jp that Python does not know at all
        with pytest.raises(UnicodeEncodeError):
            text.encode(codec)
        return
    if "&#" not in shown:
        assert shown == text.rstrip(" ").encode(codec).decode(codec)


def test_fields_labels_and_hooks_give_the_same_address(tmp_path: Path) -> None:
    markup = "<meta charset=gbk><a class=next href='?p=小说'>x</a><dl><dt>More<dd><a href='?p=小说'>y</a></dl>"
    wanted = "http://shop.test/books/page.html?p=%D0%A1%CB%B5"
    fields = (
        FieldRule("css", css="a.next", attr="href", type="url"),
        FieldRule("label", label="More", attr="href", type="url"),
        FieldRule("list", css="a", attr="href", type="url", all=True),
    )
    [row] = values(markup.encode("gbk"), *fields, kind="text/html")
    assert row == {"css": wanted, "label": wanted, "list": (wanted, wanted)}
    (tmp_path / "gbk_hook.py").write_text("def page(soup, url):\n    return {'links': [soup.a['href']]}\n")
    found = analyse(markup.encode("gbk"), kind="text/html", python="gbk_hook:page", root=str(tmp_path))
    assert [link.url for link in found.links] == [wanted]
