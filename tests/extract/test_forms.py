"""What a form sends, as browsers do."""

from __future__ import annotations

import email
import email.policy
from html import escape
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ExtractError
from crawler.extract import forms
from crawler.extract.forms import FormReader, Submission, templates
from crawler.extract.page import open_page
from crawler.model import Response

URL = "https://oak.example/shop/list?page=2"


def submit(html: str, fill: dict[str, str] | None = None, css: str = "form", **values: object) -> Submission:
    body = html if isinstance(html, bytes) else html.encode()
    page = open_page(Response(URL, 200, {"content-type": "text/html; charset=utf-8"}, body))
    return FormReader(page, css, templates(tuple((fill or {}).items()))).submit(values.get)  # type: ignore[arg-type]


def sent(html: str, fill: dict[str, str] | None = None, **values: object) -> list[tuple[str, str]]:
    found = submit(f"<form method=post>{html}</form>", fill, **values)
    assert found.form is not None
    assert found.form.type == "application/x-www-form-urlencoded"
    return parse_qsl(found.form.body.decode("ascii"), keep_blank_values=True)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<input name=a value=1><input type=hidden name=b value=2>", [("a", "1"), ("b", "2")]),
        ("<input value=1><input name='' value=2>", []),
        ("<input name=a><input name=b type=password>", [("a", ""), ("b", "")]),
        ("<input type=checkbox name=a><input type=checkbox name=b checked>", [("b", "on")]),
        ("<input type=radio name=a value=1><input type=radio name=a value=2 checked>", [("a", "2")]),
        ("<input type=submit name=a value=1><button name=b>x</button><input type=image name=c>", []),
        ("<input type=reset name=a value=1><input type=button name=b value=1>", []),
        ("<input name=a value=1 disabled>", []),
        ("<fieldset disabled><input name=a value=1></fieldset>", []),
        ("<fieldset disabled><legend><input name=a value=1></legend></fieldset>", [("a", "1")]),
        ("<datalist><input name=a value=1></datalist>", []),
        ("<textarea name=a>\nx\ny</textarea>", [("a", "x\r\ny")]),
        ("<input name=a value='x\ny'>", [("a", "xy")]),
        ("<input type=hidden name=a value='x\ny'>", [("a", "x\r\ny")]),
        ("<select name=a><option>One <option value=2>Two</select>", [("a", "One")]),
        ("<select name=a><option>1<option selected>2<option selected>3</select>", [("a", "3")]),
        ("<select name=a multiple><option>1<option selected>2<option selected>3</select>", [("a", "2"), ("a", "3")]),
        ("<select name=a multiple><option>1</select>", []),
        ("<select name=a><option disabled>1<option>2</select>", [("a", "2")]),
        ("<select name=a><optgroup disabled><option selected>1</optgroup><option>2</select>", [("a", "2")]),
        ("<select name=a size=3><option>1</select>", []),
        ("<input type=hidden name=_charset_>", [("_charset_", "UTF-8")]),
        ("<input type=file name=a>", [("a", "")]),
        ("<input name=a value='Ä &amp; ~*'>", [("a", "Ä & ~*")]),
    ],
)
def test_controls(html: str, expected: list[tuple[str, str]]) -> None:
    assert sent(html) == expected


@pytest.mark.parametrize(
    ("html", "fill", "expected"),
    [
        ("<input name=a value=1><input name=b value=2>", {"a": "x"}, [("a", "x"), ("b", "2")]),
        ("<input name=a value=1>", {"c": "x"}, [("a", "1"), ("c", "x")]),
        ("<input name=a value=1><input name=a value=2>", {"a": "x"}, [("a", "x")]),
        ("<input type=checkbox name=stay>", {"stay": "on"}, [("stay", "on")]),
        ("<input name=a><button name=go value=1>x</button>", {"go": "1"}, [("a", ""), ("go", "1")]),
        ("<input name=a value=1>", {"a": "{none}"}, []),
        ("<input name=a value=1>", {"a": "p{n}"}, [("a", "p7")]),
        ("<input name=a value=1>", {"a": ""}, [("a", "")]),
    ],
)
def test_fill_replaces_or_adds(html: str, fill: dict[str, str], expected: list[tuple[str, str]]) -> None:
    assert sent(html, fill, n=7) == expected


def test_a_value_is_never_read_as_a_template() -> None:
    assert sent("<input name=a value='{n}'>", {"b": "{n}"}, n="${HOME} {n}") == [("a", "{n}"), ("b", "${HOME} {n}")]


def test_controls_elsewhere_name_their_form() -> None:
    html = "<form id=f method=post><input name=a form=other></form><input name=b form=f value=1><input name=c>"
    form = submit(html).form
    assert form is not None
    assert form.body == b"b=1"


@pytest.mark.parametrize(
    ("html", "url"),
    [
        ("<form><input name=q value='a b'></form>", "https://oak.example/shop/list?q=a+b"),
        ("<form action='/find?old=1'><input name=q value=x></form>", "https://oak.example/find?q=x"),
        ("<form action=''></form>", "https://oak.example/shop/list"),
    ],
)
def test_a_get_form_is_an_address(html: str, url: str) -> None:
    assert submit(html) == Submission(url, None)


@pytest.mark.parametrize(
    ("attributes", "url"),
    [
        ("", URL),
        ("action='?page=3'", "https://oak.example/shop/list?page=3"),
        ("action='//oak.example:443/x#y'", "https://oak.example/x"),
    ],
)
def test_where_it_is_sent(attributes: str, url: str) -> None:
    assert submit(f"<form method=POST {attributes}></form>").url == url


def test_a_base_is_not_the_address_of_a_form_without_action() -> None:
    assert submit("<base href='/other/'><form method=post></form>").url == URL
    assert submit("<base href='/other/'><form method=post action=x></form>").url == "https://oak.example/other/x"


def test_the_button_that_is_filled_says_where_to() -> None:
    html = "<form action=/a><input name=x><button name=go value=1 formaction=/b formmethod=post>Go</button></form>"
    assert submit(html).url == "https://oak.example/a?x="
    found = submit(html, {"go": "1"})
    assert (found.url, found.form and found.form.body) == ("https://oak.example/b", b"x=&go=1")


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ("<p>nothing</p>", "no-form"),
        ("<input name=a>", "no-form"),
        ("<form action='https://elm.example/' method=post></form>", "form-off-site"),
        ("<form action='http://oak.example/' method=post></form>", "form-off-site"),
        ("<form action='https://oak.example:8443/'></form>", "form-off-site"),
        ("<form action='javascript:x()'></form>", "form-off-site"),
        ("<form method=dialog></form>", "form-method"),
        (f"<form method=post><input name=a value={'x' * 2_000_001}></form>", "form-too-large"),
        (f"<form method=post>{'<input name=a>' * 10_001}</form>", "form-too-large"),
    ],
)
def test_forms_that_are_not_sent(html: str, code: str) -> None:
    with pytest.raises(ExtractError) as error:
        submit(html, css="form, input" if "<form" not in html else "form")
    assert error.value.code == code


def test_a_selector_of_something_inside_finds_the_form() -> None:
    html = "<form><input name=q></form><form method=post><p class=x><input name=a></form>"
    form = submit(html, css=".x").form
    assert form is not None
    assert form.body == b"a="


NAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=8)
FIELDS = st.lists(st.tuples(NAMES, st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20)), max_size=6)


def inputs(fields: list[tuple[str, str]]) -> str:
    return "".join(f'<input name="{escape(name)}" value="{escape(value)}">' for name, value in fields)


@given(FIELDS)
def test_what_is_sent_reads_back(fields: list[tuple[str, str]]) -> None:
    fields = [(name, value) for name, value in fields if name != "_charset_"]
    assert sent(inputs(fields)) == fields


@given(FIELDS)
def test_multipart_reads_back(fields: list[tuple[str, str]]) -> None:
    fields = [(name.replace('"', "").replace("\\", "") or "a", value) for name, value in fields]
    html = f"<form method=post enctype=multipart/form-data>{inputs(fields)}<input type=file name=f></form>"
    form = submit(html).form
    assert form is not None
    head = f"Content-Type: {form.type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + form.body, policy=email.policy.HTTP)
    parts = [one for one in message.walk() if not one.is_multipart()]
    assert [one.get_payload(decode=True).decode().removesuffix("\r\n") for one in parts] == [  # type: ignore[union-attr]  # each has one
        *(value for _, value in fields),
        "",
    ]
    assert form == submit(html).form


def test_the_encoding_of_the_page_and_that_which_it_accepts() -> None:
    html = "<meta charset=iso-8859-1><form method=post><input name=a value='é€中'></form>"
    page = open_page(Response(URL, 200, {"content-type": "text/html"}, html.encode("cp1252", "xmlcharrefreplace")))
    form = FormReader(page, "form", ()).submit(lambda _: None).form
    assert form is not None
    assert form.body == b"a=%E9%80%26%2320013%3B"
    accepting = submit("<form method=post accept-charset='shift_jis'><input name=a value='日'></form>").form
    assert accepting is not None
    assert accepting.body == b"a=%93%FA"


def test_plain_text() -> None:
    form = submit("<form method=post enctype=text/plain><input name=a value='1 2'></form>").form
    assert form is not None
    assert (form.type, form.body) == ("text/plain", b"a=1 2\r\n")


def test_one_form_for_many_rows_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(Response(URL, 200, {}, f"<form method=post><input name=a value={'x' * 100_000}></form>".encode()))
    form = FormReader(page, "form", ())
    monkeypatch.setattr("crawler.extract.page._MAX_MADE", 1_000_000)
    with pytest.raises(ExtractError, match="templates"):
        [form.submit(lambda _: None) for _ in range(20)]


def test_limits_are_those_of_the_documents() -> None:
    assert (forms.MAX_CONTROLS, forms.MAX_BODY) == (10_000, 2_000_000)


def test_where_a_get_form_leads_in_parts() -> None:
    found = submit("<form action='/find'><input name=q value='ü'></form>")
    assert urlsplit(found.url).query == "q=%C3%BC"
