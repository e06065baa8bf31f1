"""Every broken config of tests/data/broken: all its complaints, each at its place, with its key and what to do."""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path

import pytest

from crawler.config import load
from crawler.config.diagnostics import BadConfig
from crawler.errors import ConfigError
from crawler.export import FORMATS

FOLDER = Path(__file__).parents[1] / "data" / "broken"

SUFFIXES = " or ".join(", ".join(FORMATS).rsplit(", ", 1))

# file: (line, column, key path, part of the message) of each complaint, in order
BROKEN: dict[str, list[tuple[int, int, str, str]]] = {
    "alias_as_selector": [(6, 14, "", "a * starts an alias: for the literal text, quote it: '*main'")],
    "alias_bomb": [(7, 15, "", "write the values out")],
    "at_sign": [(6, 13, "", "quote it: '@href'")],
    "backslash_in_quotes": [(6, 33, "", "use single quotes, in which a backslash is literal")],
    "bad_choice": [
        (7, 16, "fetch.parse", "did you mean 'worker'?"),
        (7, 31, "fetch.engine", "expected one of auto, bs4, lexbor; got 'lxml'"),
    ],
    "bad_format": [
        (6, 61, "pages.book.fields.day.format[1]", "write for example %d %B %Y for 3 May 2024; see strftime format"),
        (7, 49, "pages.book.fields.when.format", "write for example %d %B %Y for 3 May 2024; see strftime format"),
        (8, 30, "pages.book.fields.what.format", "add type: date or type: datetime"),
    ],
    "bad_headers": [
        (8, 13, "fetch.headers.X Y", "use letters, digits and -"),
        (9, 18, "fetch.cookies.sid", "use only ASCII in names and values, without spaces, commas or"),
        (10, 10, "fetch.proxy", "write for example http://host:8080"),
        (11, 9, "fetch.auth.password", "add password: password; prefer"),
        (12, 20, "fetch.insecure_hosts[0]", "write only the host, for example example.com, without"),
    ],
    "bad_hook": [
        (5, 13, "pages.book.python", "for example hooks:book for the function book in hooks.py"),
        (7, 13, "pages.author.python", "create no_such_module_here.py, or correct the name"),
    ],
    "bad_locale": [(6, 44, "pages.book.fields.price.locale", "write for example de or pt_BR")],
    "bad_map": [
        (6, 29, "pages.book.fields.rating.map", "expected a mapping (`key: value` lines), got a list"),
        (7, 34, "pages.book.fields.stars.map.One", "quote it: '[1]'"),
    ],
    "bad_names": [
        (1, 7, "name", "use letters, digits, - and _, at most 64: file names are mad"),
        (5, 14, "pages.book.fields. title", "remove it"),
        (5, 28, "pages.book.fields.", "write a name"),
    ],
    "bad_ranges": [
        (3, 5, "start[0]", "write for example {1..50} or {01..12}; for a literal brace"),
        (4, 5, "start[1]", "at most 1,000,000 are allowed"),
        (5, 5, "start[2]", "secrets go into fetch.headers, cookies, auth or proxy"),
    ],
    "bad_regex": [
        (6, 35, "pages.book.fields.stock.regex", "put a \\ before a special character that you mean literally"),
        (7, 35, "pages.book.fields.code.replace.[a", "put a \\ before a special character that you mean literally"),
        (9, 43, "pages.book.follow[0].allow[1]", "put a \\ before a special character that you mean literally"),
    ],
    "bad_replacement": [
        (6, 40, "pages.book.fields.code.replace.(a)b", "groups count from \\1; write \\\\ for a backslash")
    ],
    "bad_selector": [
        (6, 16, "pages.book.fields.title", "malformed attribute selector"),
        (7, 30, "pages.book.fields.price.css", "the combinator '>' at position 9, must have a selector befor"),
        (8, 21, "pages.book.fields.stock", ""),
    ],
    "bad_starts": [
        (3, 5, "start[0]", "write http://books.example/"),
        (4, 5, "start[1]", "write https://books.example/page-1.html"),
        (5, 5, "start[2]", "only http:// and https:// URLs can"),
        (6, 5, "start[3]", "write the whole URL, for example https://example.com/page; only the d"),
        (7, 5, "start[4]", "write %20 for it, or make a list: one URL each"),
        (8, 5, "start[5]", "write it as https://example.com/page"),
        (9, 5, "start[6]", "write it as https://example.com/page"),
        (10, 5, "start[7]", "write it as https://example.com/page"),
        (11, 5, "start[8]", "write them under fetch.auth"),
    ],
    "bad_type": [(6, 35, "pages.book.fields.price.type", "did you mean 'money'?")],
    "bad_units": [
        (7, 16, "limits.time", "expected a duration such as 30 (seconds), 30s, 30m, 2h or 1h"),
        (7, 36, "limits.page_bytes", "expected a size such as 10MB, 500 kB or 1000000 (bytes), got"),
        (7, 55, "limits.failures", "expected a share such as 5% or 0.05, got 'few'"),
    ],
    "brackets_as_selector": [
        (6, 14, "pages.book.fields.title", "quote it: '[data-x]'"),
        (7, 20, "pages.book.fields.price.css", "quote it: '[data-price]'"),
    ],
    "carry_without_rows": [(6, 38, "pages.listing.follow[0].carry", "add each: with their selector")],
    "case_twin_tables": [(8, 12, "pages.film.table", "use one name")],
    "case_twins": [(7, 14, "pages.book.fields.title", "rename one")],
    "child_selector": [(6, 14, "", "quote the selector: '> p'")],
    "colon_in_text": [(7, 18, "", "indent the keys of a mapping equally, put a space after each ':'")],
    "column_of_two_types": [(9, 21, "pages.sale.fields.price", "give both the same type")],
    "comment_as_selector": [(6, 14, "pages.book.fields.title", "a # starts a comment: quote the selector: '#main'")],
    "comment_in_braces": [(6, 20, "", "quote the selector: '#main'")],
    "comment_in_css": [
        (7, 14, "pages.book.fields.title.css", "a # starts a comment: quote the selector: '#main > h1'")
    ],
    "control_character": [(8, 13, "", "remove it")],
    "css_and_xpath": [
        (6, 30, "pages.book.fields.isbn.xpath", "keep one"),
        (7, 31, "pages.book.fields.page.attr", "remove one"),
    ],
    "custom_tag": [(7, 8, "", "remove it: a config is plain data and runs no code; for the")],
    "deep_brackets": [(7, 58, "", "a config needs about 8")],
    "duplicate_key": [(8, 7, "pages.book.fields.title", "remove one")],
    "empty": [(1, 1, "", "`crawler init` writes one that runs as it is")],
    "follow_nowhere": [
        (6, 25, "pages.listing.follow[0].to", "did you mean 'book'?"),
        (7, 9, "pages.listing.follow[1].to", "add to: the page kind of the linked pages"),
    ],
    "key_is_no_field": [(5, 16, "pages.book.key[1]", "did you mean 'title'?")],
    "list_as_key": [(7, 3, "", "remove the ? or the brackets")],
    "many_at_once": [
        (1, 1, "nme", "did you mean 'name'?"),
        (2, 8, "start", "write https://books.example"),
        (6, 17, "pages.listing.follow[0].css", "malformed attribute selector"),
        (6, 25, "pages.listing.follow[0].to", "did you mean 'book'?"),
        (8, 10, "pages.book.key", "fields are: title"),
        (10, 15, "pages.book.fields.title.csss", "did you mean 'css'?"),
        (11, 18, "fetch.workers", "must be at least 1 and at most 1000, got 0"),
        (12, 17, "limits.pages", "expected a whole number, got 'ten'"),
    ],
    "merge_key": [(9, 7, "pages.page.fields.<<", "YAML 1.2 has no merge keys; write the keys out, or use an alias")],
    "misplaced_key": [(7, 1, "delay", "it belongs under polite: polite.delay")],
    "missing_keys": [(1, 1, "name", "add name: name of the job: letters, digits, - and _")],
    "no_pages": [(3, 8, "pages", "add one, for example")],
    "no_source": [(6, 13, "pages.book.fields.isbn", "add css:, label: or url: true")],
    "no_start_url": [(2, 8, "start", "write at least one")],
    "not_finite": [
        (7, 18, "fetch.timeout", "expected a duration such as 30 (seconds), 30s, 30m, 2h or 1h"),
        (7, 41, "fetch.connect_timeout", "expected a duration such as 30 (seconds), 30s, 30m, 2h or 1h"),
    ],
    "number_as_text": [
        (1, 7, "name", "quote it: '2024'"),
        (8, 12, "polite.contact", "quote it: 'true'"),
    ],
    "only_comments": [(1, 1, "", "`crawler init` writes one that runs as it is")],
    "out_of_range": [
        (7, 18, "fetch.workers", "must be at least 1 and at most 1000, got 0"),
        (7, 30, "fetch.timeout", "must be more than 0s and at most 1d, got 0"),
        (7, 42, "fetch.retries", "must be at least 0 and at most 20, got 21"),
        (8, 17, "polite.delay", "must be at least 0s and at most 1h, got -1"),
        (9, 17, "limits.depth", "must be at least 0 and at most 1000000, got -1"),
        (9, 31, "limits.failures", "must be at least 0% and at most 100%, got 150%"),
    ],
    "outputs": [
        (7, 10, "output[0]", f"use the suffix {SUFFIXES}"),
        (7, 32, "output[2]", f"use the suffix {SUFFIXES}"),
    ],
    "pages_as_list": [(4, 3, "pages", "expected a mapping (`key: value` lines), got a list")],
    "percent_sign": [(6, 14, "", "quote it: '%x'")],
    "pseudo_elements": [
        (6, 16, "pages.book.fields.title", "remove it, a field takes the text by default"),
        (7, 21, "pages.book.fields.link.css", "remove it and add the key attr: href"),
    ],
    "python_tag": [(7, 8, "", "remove it: a config is plain data and runs no code; for the")],
    "quoted_number": [(7, 18, "fetch.workers", "remove the quotes")],
    "recursive_alias": [(7, 27, "", "remove it")],
    "same_output": [
        (7, 25, "output[1]", "remove one"),
        (8, 8, "state", "give it a name of its own"),
    ],
    "secret_on_the_line": [
        (7, 46, "fetch.timeuot", "did you mean 'timeout'?"),
        (7, 65, "fetch.proxy", "write for example http://host:8080"),
    ],
    "star_as_selector": [(6, 14, "", "quote the selector: '*'")],
    "start_mapping": [
        (2, 45, "start[0].kind", "did you mean 'book'?"),
        (2, 58, "start[1].file", "no such file"),
        (2, 77, "start[2]", "does not say where the pages are, and page kind 'book' has no request.url"),
        (2, 121, "start[3].knd", "did you mean 'kind'?"),
    ],
    "tab_indent": [(5, 1, "", "use spaces")],
    "table_twice": [(5, 12, "pages.book.table", "rename or remove one")],
    "table_without_fields": [
        (5, 12, "pages.book.table", "add fields: to this page kind"),
        (8, 15, "pages.author.tables.people", "add fields:"),
    ],
    "too_many_workers": [(8, 12, "fetch.workers", "must be at least 1 and at most 1000, got 1000000")],
    "top_level_list": [(1, 1, "", "start with")],
    "top_level_text": [(1, 1, "", "start with")],
    "two_documents": [(7, 1, "", "remove this --- line")],
    "two_keys": [(10, 10, "pages.other.key", "a table has one key")],
    "unclosed_bracket": [(7, 9, "", "close them; inside brackets, quote a text that contains # , [")],
    "unclosed_quote": [(6, 14, "", "close it")],
    "unknown_field_key": [(6, 15, "pages.book.fields.price.selector", "did you mean 'css'?")],
    "unknown_nested_key": [(7, 21, "fetch.timeuot", "did you mean 'timeout'?")],
    "unknown_section_key": [(8, 3, "limits.max_pages", "did you mean 'limits.pages'?")],
    "unknown_top_key": [(1, 1, "nmae", "did you mean 'name'?")],
    "unset_variable": [
        (9, 20, "fetch.headers.Authorization", "set it before you start the crawler"),
        (10, 18, "fetch.cookies.sid", "write ${NAME}"),
    ],
    "variable_elsewhere": [
        (
            8,
            12,
            "polite.contact",
            "request of a page kind, and steps of session take them",
        ),
        (
            9,
            9,
            "output",
            "request of a page kind, and steps of session take them",
        ),
    ],
    "wrong_types": [
        (7, 18, "fetch.workers", "expected a whole number, got 'many'"),
        (7, 33, "fetch.timeout", "expected a duration such as 30 (seconds), 30s, 30m, 2h or 1h"),
        (8, 17, "polite.delay", "expected a duration such as 30 (seconds), 30s, 30m, 2h or 1h"),
        (8, 33, "polite.robots", "write true"),
        (9, 9, "limits", "expected a mapping (`key: value` lines), got 5"),
        (10, 9, "output", "expected text, got a mapping"),
    ],
    "xpath": [(6, 14, "pages.book.fields.title", "write {xpath: ...}, or a CSS selector, for example")],
}

UNREADABLE = {"latin1": "latin1.yaml:4:4: byte 0xFC", "not_utf8": "not_utf8.yaml:1:8: byte 0xFF"}
HEAD = re.compile(r"^\S.*\.yaml:\d+:\d+: ", re.MULTILINE)


@pytest.fixture(autouse=True)
def no_connection(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("loading a config opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def complain(path):
    with pytest.raises(ConfigError) as caught:
        load(path, env={})
    assert caught.value.exit_code == 2
    return caught.value


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_broken(name):
    began = time.process_time()
    error = complain(FOLDER / f"{name}.yaml")
    assert time.process_time() - began < 4
    assert isinstance(error, BadConfig)
    places = [(*map(int, one.where.rsplit(":", 2)[1:]), one.key) for one in error.complaints]
    assert places == [(line, column, key) for line, column, key, _ in BROKEN[name]]
    for one, (_, _, _, part) in zip(error.complaints, BROKEN[name], strict=True):
        assert part in f"{one.what}; {one.fix}"
        assert one.what
        assert str(one) in str(error)


@pytest.mark.parametrize("name", sorted(UNREADABLE))
def test_fault_155_not_utf8(name):
    assert f"{UNREADABLE[name]} is not UTF-8; save the file as UTF-8" in str(complain(FOLDER / f"{name}.yaml"))


def test_every_file_is_in_the_table():
    assert {path.stem for path in FOLDER.iterdir()} == {*BROKEN, *UNREADABLE}
    assert len(BROKEN) >= 45


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_the_caret_stands_under_the_place(name):
    path = FOLDER / f"{name}.yaml"
    source = path.read_text().split("\n")
    blocks = str(complain(path)).split("\n")
    for number, line in enumerate(blocks):
        if not HEAD.match(line) or number + 2 >= len(blocks) or HEAD.match(blocks[number + 1]):
            continue
        row, column = map(int, re.match(r".*?\.yaml:(\d+):(\d+): ", line).groups())
        shown, caret = blocks[number + 1], blocks[number + 2]
        assert caret.strip() == "^"
        under = shown[len(caret) - 1 : len(caret)]
        assert under.strip() in (source[row - 1][column - 1 : column].strip(), "*", "?")


def test_the_file_is_named_as_it_was_given(monkeypatch):
    monkeypatch.chdir(FOLDER.parent)
    assert str(complain("broken/misplaced_key.yaml")).startswith("broken/misplaced_key.yaml:7:1: delay: unknown key; ")
    assert str(complain(Path("broken/misplaced_key.yaml"))).startswith("broken/misplaced_key.yaml:7:1: ")


def test_fault_157_both_lines_are_named():
    assert "on line 6 and on line 8" in str(complain(FOLDER / "duplicate_key.yaml"))


def test_fault_163_nothing_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "c.yaml"
    path.write_text("name: !!python/object/apply:os.mkdir ['hacked']\n")
    complain(path)
    assert not (tmp_path / "hacked").exists()


def test_a_secret_in_the_file_is_not_shown():
    for name in ("secret_on_the_line", "bad_starts"):
        text = str(complain(FOLDER / f"{name}.yaml"))
        assert "hunter2" not in text
        assert all("hunter2" not in repr(one) for one in complain(FOLDER / f"{name}.yaml").complaints)
