"""Where a config may come from, changes from the command line, and hostile files."""

from __future__ import annotations

import codecs
import io
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.config import load
from crawler.config.diagnostics import BadConfig
from crawler.config.yaml_data import resolve
from crawler.errors import ConfigError
from crawler.extras import install

TEXT = """\
name: bücher
start: https://a.example/
pages:
  list: {follow: [{css: a, to: book}]}
  book: {fields: {title: h1}}
"""
GOOD = TEXT.replace("bücher", "books")


def job(folder, text=GOOD, **options):
    path = folder / "job.yaml"
    path.write_text(text, "utf-8")
    return load(path, **options)


def complaint(folder, text=GOOD, **options):
    with pytest.raises(ConfigError) as caught:
        job(folder, text, **options)
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_fault_155_encodings_and_line_ends(tmp_path, encoding, end):
    path = tmp_path / "job.yaml"
    path.write_bytes((GOOD + "polite: {contact: me}\n# grün\n").replace("\n", end).encode(encoding))
    assert load(path).polite.contact == "me"
    path.write_bytes((GOOD + "# grün\nbad: 1\n").replace("\n", end).encode(encoding))
    with pytest.raises(ConfigError, match=r"job\.yaml:7:1: bad: unknown key"):
        load(path)


def test_fault_155_utf16_big_endian(tmp_path):
    path = tmp_path / "job.yaml"
    path.write_bytes(codecs.BOM_UTF16_BE + GOOD.encode("utf-16-be"))
    assert load(path).name == "books"


def test_fault_155_no_file(tmp_path):
    with pytest.raises(ConfigError, match=r"nope\.yaml: no such file; `crawler init` writes one"):
        load(tmp_path / "nope.yaml")
    with pytest.raises(ConfigError, match="is a directory"):
        load(tmp_path)
    with pytest.raises(ConfigError, match="cannot be read"):
        load("a\0b")
    with pytest.raises(ConfigError, match="cannot be read: File name too long"):
        load("a" * 300 + ".yaml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_fault_155_unreadable(tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text(GOOD)
    path.chmod(0)
    with pytest.raises(ConfigError, match="cannot be read: Permission denied"):
        load(path)


def test_fault_173_standard_input(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    found = load("-")
    assert (found.folder, found.outputs) == (tmp_path, (tmp_path / "books.xlsx",))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"nam: x\nstart: /")))
    with pytest.raises(ConfigError, match=r"<stdin>:1:1: nam: unknown key"):
        load("-")


def test_fault_173_a_symlink(tmp_path):
    (tmp_path / "real").mkdir()
    job(tmp_path / "real")
    link = tmp_path / "link.yaml"
    link.symlink_to(tmp_path / "real/job.yaml")
    assert load(link).folder == tmp_path


def test_fault_173_too_large(tmp_path):
    assert "larger than 10 MB" in complaint(tmp_path, GOOD + "#" * 10_000_000)


def test_fault_175_from_cron(tmp_path):
    job(tmp_path)
    code = "import sys; from crawler.config import load; print(load(sys.argv[1]).outputs[0])"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "job.yaml"],
        cwd="/",
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(tmp_path / "books.xlsx")


def test_loading_is_quick(tmp_path):
    """0.2 s of CPU with all imports; BeautifulSoup, requests and openpyxl are not among them."""
    job(tmp_path)
    code = """
import sys, time
from crawler.config import load
load(sys.argv[1])
print(time.process_time(), *({'bs4', 'soupsieve', 'requests', 'openpyxl', 'babel'} & set(sys.modules)))
"""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", code, tmp_path / "job.yaml"]
    runs = [
        subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split() for _ in range(3)
    ]
    assert all(len(run) == 1 for run in runs)
    assert min(float(run[0]) for run in runs) < 0.5  # generous: the machine may be slow


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("012", 12),
        ("0o14", 12),
        ("0xff", 255),
        ("12:30:00", "12:30:00"),
        ("1e3", 1000.0),
        ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"),
        ("~", None),
        ("", None),
        ("True", True),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("+1", 1),
        ("1.", 1.0),
        (".", "."),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_fault_160_yaml_1_2(text, value):
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_fault_160_the_letters_of_texts_are_kept(tmp_path):
    text = GOOD.replace("title: h1", "title: {css: h1, default: 007, map: {no: 1.50, 012: off, 2024-01-01: 1e3}}")
    (field,) = job(tmp_path, text).recipe.kinds["book"].tables[0].fields
    assert (field.default, field.map) == ("007", {"no": "1.50", "012": "off", "2024-01-01": "1e3"})
    text = GOOD.replace("title: h1", "map: {css: h1, all: true}, default: {css: b}")
    fields = job(tmp_path, text).recipe.kinds["book"].tables[0].fields
    assert [(field.name, field.all) for field in fields] == [("map", True), ("default", False)]


def test_an_empty_section_is_no_mistake(tmp_path):
    found = job(tmp_path, GOOD + "fetch:\n  # nothing yet\npolite:\nlimits:\ndemo:\n")
    assert (found.fetch.workers, found.limits.pages) == (16, None)
    assert found.demo is not None


def test_an_alias_shares_a_value(tmp_path):
    text = GOOD.replace("{title: h1}", "&f {title: h1}") + "  film: {fields: *f}\n"
    assert [table.name for table in job(tmp_path, text).tables] == ["book", "film"]
    text = GOOD.replace("{title: h1}", "&f {title: 'h1['}") + "  film: {fields: *f}\n"
    assert complaint(tmp_path, text).count("malformed") == 1


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("fetch.workers=3", lambda found: found.fetch.workers == 3),
        ("polite.delay=1m", lambda found: found.polite.delay == 60),
        ("limits.depth=null", lambda found: found.limits.depth is None),
        ("output=[a.csv, b.jsonl]", lambda found: [path.name for path in found.outputs] == ["a.csv", "b.jsonl"]),
        ("start=https://b.example/{1..2}", lambda found: len(list(found.start_pages())) == 2),
        ("pages.book.fields.title='#main'", lambda found: found.pages["book"].fields["title"].css == "#main"),
        ("pages.book.fields.isbn={label: ISBN}", lambda found: "isbn" in found.pages["book"].fields),
        ("pages.list.follow[0].css=b", lambda found: found.pages["list"].follow[0].css == "b"),
        ("pages.list.follow.0.same_site=false", lambda found: not found.pages["list"].follow[0].same_site),
        ("demo.books=7", lambda found: found.demo.books == 7),
        ("fetch.headers.X-A=b=c", lambda found: found.secrets()["headers"] == {"X-A": "b=c"}),
    ],
)
def test_changes_from_the_command_line(tmp_path, change, check):
    assert check(job(tmp_path, overrides=[change]))


def test_a_change_does_not_reach_through_an_alias(tmp_path):
    text = GOOD.replace("{title: h1}", "&f {title: h1}") + "  film: {fields: *f}\n"
    pages = job(tmp_path, text, overrides=["pages.film.fields.title=h2"]).pages
    assert (pages["book"].fields["title"].css, pages["film"].fields["title"].css) == ("h1", "h2")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("fetch.wokers=3", "--set fetch.wokers: unknown key; did you mean 'workers'?"),
        ("fetch.workers=many", "--set fetch.workers: expected a whole number, got 'many'"),
        ("fetch.workers=0", "--set fetch.workers: must be at least 1 and at most 1000, got 0"),
        ("fetch.workers", "--set: 'fetch.workers' is not a setting; write it as --set fetch.workers=8"),
        ("=3", "--set: '' is not a setting; write it as --set fetch.workers=8"),
        ("fetch.workers=[", "--set fetch.workers: the value is not YAML; quote it"),
        ("fetch.workers=!!python/name:os.system", "--set fetch.workers: the value is not YAML; quote it"),
        ("pages.list.follow[3].css=a", "--set pages.list.follow[3].css: pages.list.follow has no part '3'"),
        ("name.x=a", "--set name.x: name has no part 'x'"),
        (
            "pages.book.fields.title=#main",
            "--set pages.book.fields.title: expected a selector, or a mapping, got nothing; a # starts a comment",
        ),
        ("pages.book.fields.title=h1[", "--set pages.book.fields.title: malformed attribute selector"),
        ("pages.list.follow[0].to=bok", "--set pages.list.follow[0].to: no page kind 'bok'; did you mean 'book'?"),
        ("start=a.example", "--set start: a URL starts with https:// or http://; write https://a.example"),
    ],
)
def test_wrong_changes(tmp_path, change, expected):
    assert complaint(tmp_path, overrides=[change]).startswith(expected)


def test_wrong_changes_come_with_all_other_complaints(tmp_path):
    text = complaint(tmp_path, GOOD + "x: 1\n", overrides=["fetch.workers=0", "limits.pages=0"])
    lines = text.split("\n")
    assert [line.split(": ")[0] for line in lines[:2]] == ["--set fetch.workers", "--set limits.pages"]
    assert lines[2].startswith(str(tmp_path))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{css: h1, type: money, locale: xx_YY}", "the language 'xx_YY' is unknown"),
        ("{css: h1, type: money, locale: de}", ""),
        ("{css: h1, type: money, locale: pt-BR}", ""),
    ],
)
def test_locales_with_babel(tmp_path, value, expected):
    pytest.importorskip("babel")
    text = GOOD.replace("title: h1", f"title: {value}")
    if expected:
        assert expected in complaint(tmp_path, text)
    else:
        assert job(tmp_path, text)


def test_locales_without_babel(tmp_path, monkeypatch):
    from importlib import util

    real = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *rest: None if name == "babel" else real(name, *rest))
    text = complaint(tmp_path, GOOD.replace("title: h1", "title: {css: h1, locale: de}"))
    assert f"the language 'de' needs the package babel; install it with: {install('locale')}" in text
    assert job(tmp_path, GOOD.replace("title: h1", "title: {css: h1, locale: en_GB}"))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        "a: " + "[" * 1_000_000,
        "a: " + "{" * 1_000_000,
        "- " * 1_000_000,
        "? " * 1_000_000,
        "a: &a [" + "*a, " * 100_000,
        "a: &a [x" + ", x" * 99 + "]\nb: &b [" + "*a, " * 99 + "*a]\nc: [" + "*b, " * 99 + "*b]\n",
        "x: 1\n" * 10_000,
        "a: " + "9" * 1_000_000,
        "limits: {time: '" + "9" * 1_000_000 + "'}",
        "name: " + "a" * 1_000_000,
        "pages: {p: {fields: {a: '" + "(" * 100_000 + "'}}}",
        "pages: {p: {fields: {a: {css: a, regex: '" + "(" * 1_900 + "'}}}}",
        "pages: {p: {fields: {a: {css: a, regex: '(?:a{1000}){1000}'}}}}",
        "start: https://a.example/" + "{1..2}" * 10_000,
    ],
)
def test_fault_162_hostile_files(tmp_path, text):
    began = time.process_time()
    complaint(tmp_path, text)
    assert time.process_time() - began < 4


def test_a_hostile_name_cannot_write_to_the_terminal(tmp_path):
    text = complaint(tmp_path, GOOD + '"\\e[31m\\u202e": 1\n')
    assert text.isprintable() or all(char.isprintable() or char == "\n" for char in text)


def test_a_wide_line_has_its_caret(tmp_path):
    text = complaint(tmp_path, GOOD + "fetch: {user_agent: 日本, wokers: 3}\n")
    last = text.split("\n")[-2:]
    assert last[0].index("wokers") + 2 == last[1].index("^")  # two characters that are twice as wide


def test_the_error_survives_pickling(tmp_path):
    with pytest.raises(BadConfig) as caught:
        job(tmp_path, GOOD + "x: 1\n")
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.complaints == caught.value.complaints
    assert [(one.key, one.column) for one in again.complaints] == [("x", 0)]


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**12),
    st.floats(),
    st.text("abc:#[]{}*&'\"\\ \n${}.é\x00", max_size=8),
    st.lists(st.sampled_from(["a", 1, None, {}]), max_size=2),
    st.dictionaries(st.sampled_from(["css", "a", ""]), st.sampled_from(["b", 1, None]), max_size=2),
)
PLACES = st.sampled_from(
    [
        "name",
        "start",
        "pages",
        "pages.list",
        "pages.list.follow",
        "pages.list.follow[0]",
        "pages.list.follow[0].css",
        "pages.list.follow[0].to",
        "pages.list.follow[0].carry",
        "pages.list.follow[0].allow",
        "pages.book",
        "pages.book.fields",
        "pages.book.key",
        "pages.book.each",
        "pages.book.table",
        "pages.book.tables",
        "pages.book.tables.t",
        "pages.book.python",
        "pages.book.fields.title",
        "pages.book.fields.x",
        "pages.book.fields.x.map",
        "pages.book.fields.x.replace",
        "pages.book.fields.x.format",
        "pages.book.fields.x.locale",
        "pages.book.fields.x.type",
        "demo",
        "demo.books",
        "fetch",
        "fetch.headers",
        "fetch.headers.X",
        "fetch.cookies",
        "fetch.auth",
        "fetch.auth.user",
        "fetch.proxy",
        "fetch.timeout",
        "fetch.insecure_hosts",
        "polite",
        "polite.contact",
        "limits",
        "limits.time",
        "limits.page_bytes",
        "limits.failures",
        "output",
        "state",
        "nonsense",
    ]
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(PLACES, VALUES), min_size=1, max_size=4))
def test_whatever_is_written_it_loads_or_is_refused(tmp_path, changes):
    import json

    overrides = [f"{place}={json.dumps(value)}" for place, value in changes]
    try:
        found = job(tmp_path, GOOD, overrides=overrides)
    except ConfigError:
        return
    again = job(tmp_path, GOOD, overrides=overrides)  # what loads is complete: nothing was mended silently
    assert again.what_hash == found.what_hash
    assert (found.recipe, found.tables, found.settings()) == (again.recipe, again.tables, again.settings())
    assert not any(place == "nonsense" for place, _ in changes)


@pytest.mark.parametrize("name", ["books-{date}.xlsx", "books-%Y-%m-%d.csv", "books-$(date +%F).xlsx"])
def test_a_date_in_the_name_of_an_output_is_said_to_be_none(name):
    config = {"name": "books", "start": "https://oak.example/", "pages": {"book": {"fields": {"title": "h1"}}}}
    (warning,) = (one for one in load({**config, "output": name}).warnings if one.startswith("output"))
    assert f"'{name}'" in warning
    assert "--set" in warning
    assert not any(one.startswith("output") for one in load({**config, "output": "books.xlsx"}).warnings)
