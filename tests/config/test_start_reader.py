"""Starts with values: which pages they mean, and what is said of files that are wrong."""

from __future__ import annotations

import time

import pytest

from crawler.config import load
from crawler.config.diagnostics import BadConfig
from crawler.errors import ConfigError

PLAIN = "pages: {p: {fields: {a: h1}}, q: {fields: {a: h1}}}"


def job(folder, start, pages=PLAIN, **files):
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    (folder / "job.yaml").write_text(f"name: job\nstart: {start}\n{pages}\n")
    return load(folder / "job.yaml", env={})


def pages(found, base=None):
    return [(one.url, dict(one.carry), dict(one.ask.given) if one.ask else {}) for one in found.start_pages(base)]


def urls(found):
    return [one.url for one in found.start_pages()]


def complaints(folder, *arguments, **files):
    with pytest.raises(BadConfig) as caught:
        job(folder, *arguments, **files)
    return [(one.key, f"{one.what}; {one.fix}") for one in caught.value.complaints]


def test_lists_under_with_are_combined_in_their_order(tmp_path):
    found = job(
        tmp_path, "{url: 'https://a.example/{type}/{zip}', with: {type: [atm, branch], zip: [01234, 5]}, carry: [zip]}"
    )
    assert pages(found) == [
        ("https://a.example/atm/01234", {"zip": "01234"}, {}),
        ("https://a.example/atm/5", {"zip": "5"}, {}),
        ("https://a.example/branch/01234", {"zip": "01234"}, {}),
        ("https://a.example/branch/5", {"zip": "5"}, {}),
    ]
    assert [(table.name, [one.name for one in table.columns]) for table in found.tables] == [
        ("p", ["a", "zip"]),
        ("q", ["a"]),
    ]


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("2020..2022", ["2020", "2021", "2022"]),
        ("'08..10'", ["08", "09", "10"]),
        ("0..100..50", ["0", "50", "100"]),
        ("[1..3, 7]", ["1..3", "7"]),
        ("12", ["12"]),
        ("1.50", ["1.50"]),
        ("true", ["true"]),
        ("[no, 1e3, 2026-01-31]", ["no", "1e3", "2026-01-31"]),
        ("'a,b'", ["a,b"]),
    ],
)
def test_values_are_as_they_are_written(tmp_path, written, values):
    found = job(tmp_path, f"{{url: 'https://a.example/', with: {{v: {written}}}, carry: v}}")
    assert [carry["v"] for _, carry, _ in pages(found)] == values


def test_values_are_encoded_and_never_change_the_host_or_leave_their_place(tmp_path):
    found = job(
        tmp_path,
        "{url: 'https://a.example/x/{v}?q={v}', with: {v: ['a/../b', 'ä&b=c#d', '%41', '..', '//evil.example']}}",
    )
    assert urls(found) == [
        "https://a.example/x/a%2F..%2Fb?q=a%2F..%2Fb",
        "https://a.example/x/%C3%A4%26b%3Dc%23d?q=%C3%A4%26b%3Dc%23d",
        "https://a.example/x/%2541?q=%2541",
        "https://a.example/x/%2F%2Fevil.example?q=%2F%2Fevil.example",
    ]


def test_ranges_lists_and_values_together(tmp_path):
    found = job(tmp_path, "{url: ['https://{de,at}.a.example/{n}?p={1..2}'], with: {n: [x, y]}, kind: q}")
    assert urls(found) == [
        f"https://{land}.a.example/{n}?p={page}" for land in ("de", "at") for page in (1, 2) for n in ("x", "y")
    ]


def test_a_column_url_is_the_address_unless_there_is_a_template(tmp_path):
    text = "url,isbn\nhttps://a.example/1,9\nhttps://a.example/2,\n"
    assert urls(job(tmp_path, "{file: a.csv}", a=text)) == ["https://a.example/1", "https://a.example/2"]
    assert urls(job(tmp_path, "{file: a.csv, url: 'https://b.example/{isbn}'}", a=text)) == ["https://b.example/9"]
    assert urls(job(tmp_path, "{file: a.csv, url: '{url}'}", a=text)) == ["https://a.example/1", "https://a.example/2"]
    assert urls(job(tmp_path, "{file: a.csv}", a=text.replace("url", "URL"))) == urls(job(tmp_path, "{file: a.csv}"))


def test_a_csv_of_urls_and_a_text_file_stay_what_they_were(tmp_path):
    (tmp_path / "urls.txt").write_text("# x\nhttps://a.example/{1..2}\nhttps://a.example/b,c\n")
    wanted = ["https://a.example/1", "https://a.example/2", "https://a.example/b,c"]
    assert urls(job(tmp_path, "{file: urls.txt}")) == wanted
    assert urls(job(tmp_path, "{file: a.csv}", a="https://a.example/{1..2}\nhttps://a.example/b,c\n")) == wanted
    found = job(tmp_path, "{file: urls.txt, with: {t: [1, 2]}, carry: [t], kind: q}")
    assert [(url, carry["t"]) for url, carry, _ in pages(found)] == [(url, t) for url in wanted for t in "12"]


def test_only_what_the_kind_uses_is_asked_with_and_only_carried_names_are_columns(tmp_path):
    kinds = "pages: {p: {request: {url: '/{n}', json: {t: '{t}', n: '{n:int}'}}, fields: {a: h1}}}"
    found = job(tmp_path, "{file: a.csv, with: {t: [x]}, carry: [city]}", kinds + "\ndemo:", a="n,city,more\n7,Oak,y\n")
    assert pages(found, "http://127.0.0.1:1/") == [("http://127.0.0.1:1/7", {"city": "Oak"}, {"n": "7", "t": "x"})]
    assert urls(found) == ["/7"]
    assert [one.name for one in found.tables[0].columns] == ["a", "city"]
    assert found.requests["p"].rule.uses == ("n", "t")


def test_values_of_a_start_go_on_by_name(tmp_path):
    kinds = (
        "pages:\n  p: {fields: {a: {value: '{city}'}}, where: {city: true}, follow: [{css: a, to: q, carry: [city]}]}\n"
        "  q: {fields: {b: h1}}"
    )
    found = job(tmp_path, "{url: 'https://a.example/', with: {city: [Oak]}}", kinds)
    assert pages(found) == [("https://a.example/", {}, {"city": "Oak"})]
    assert [[one.name for one in table.columns] for table in found.tables] == [["a"], ["b"]]


def test_the_values_are_part_of_what_is_crawled(tmp_path):
    def what(text="n\n1\n", **keys):
        more = "".join(f", {key}: {value}" for key, value in keys.items())
        return job(tmp_path, f"{{file: a.csv, url: 'https://a.example/{{n}}'{more}}}", a=text).what_hash

    assert what() == what("n\n1\n\n")
    assert len({what(), what("n\n2\n"), what("n,m\n1,\n"), what(carry="[n]"), what(**{"with": "{t: [1]}"})}) == 5


def test_starts_without_values_are_the_crawl_they_were(tmp_path):
    """An unfinished crawl of an older version goes on."""
    found = job(tmp_path, "['https://a.example/{1..3}', {url: 'https://a.example/x', kind: q}]")
    assert [start.plain for start in found.starts] == [["https://a.example/{1..3}", "p"], ["https://a.example/x", "q"]]
    assert found.what_hash == "a9ceb2a8562fe8b25de1ea8a8ac766ae8bbf3df586a1cd3203b4bf169240e20d"


@pytest.mark.parametrize(
    ("text", "key", "what"),
    [
        ("", "start.file", "the file is empty"),
        ("n,city\n", "start.file", "there is no line below the headings"),
        ("n,n\n1,2\n", "start.file", "two columns have the heading 'n'; rename one"),
        ("<html>", "start.file", "a.csv cannot be read: it is a page of HTML or XML"),
        ("n,t\n1,2\n", "start.with.t", "'t' is also a column of a.csv; rename one of them"),
        ("n\n1\n", "start.carry[0]", "'city' is no value of this start; there are: n, t"),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path, text, key, what):
    start = "{file: a.csv, url: 'https://a.example/{n}', with: {t: [1]}, carry: [city]}"
    found = complaints(tmp_path, start, a=text)
    assert found[0][0] == key
    assert what in found[0][1]


def test_a_file_that_is_not_there_and_one_that_is_no_workbook(tmp_path):
    assert complaints(tmp_path, "{file: b.csv}") == [("start.file", "no such file; ")]
    (tmp_path / "b.xlsx").write_text("n\n1\n")
    assert "b.xlsx cannot be read: it is no Excel file" in complaints(tmp_path, "{file: b.xlsx}")[0][1]


def test_wrong_addresses_in_a_column_are_told_some_of_them(tmp_path):
    text = "url\n" + "".join(f"shop-{number}.example/x\n" for number in range(100)) + "https://a.example/{1..2}\n"
    found = complaints(tmp_path, "{file: a.csv}", a=text)
    assert len(found) == 20
    assert found[0] == (
        "start.file",
        "the value 'shop-0.example/x' of url: a URL starts with https:// or http://; write https://shop-0.example/x",
    )
    assert complaints(tmp_path, "{file: a.csv}", a="url,n\n,1\n") == [
        ("start.file", "url has no value; write one, or take it out of the URL")
    ]


def test_a_file_without_addresses_needs_those_of_the_kind(tmp_path):
    assert "page kind 'p' has no request.url; add url:" in complaints(tmp_path, "{file: a.csv}", a="n\n1\n")[0][1]


def test_what_a_kind_uses_and_a_file_does_not_hand_over(tmp_path):
    kinds = "pages: {shops: {request: {url: 'https://a.example/{city}/{n}', query: {m: '{m}'}}, fields: {a: h1}}}"
    found = complaints(tmp_path, "[{file: a.csv}]", kinds, a="n,m\n1,2\n")
    what = "uses {city}, which start[0] does not hand over; add city to with:, or a column to a.csv"
    assert found == [("pages.shops.request.url", what)]
    urls(job(tmp_path, "[{file: a.csv, url: 'https://a.example/{n}'}]", kinds, a="n,m\n1,2\n"))


def test_a_function_may_hand_over_all_that_a_request_uses(tmp_path):
    (tmp_path / "here16.py").write_text("def rows():\n    yield {'city': 'Oak', 'n': 1.5, 'day': None, 'empty': ''}\n")
    kinds = "pages: {p: {request: {url: 'https://a.example/{city}', query: {d: '{day}'}}, fields: {a: h1}}}"
    job(tmp_path, "{python: 'here16:rows', carry: [n], with: {t: [1, 2]}}")  # it may give URLs, too
    found = job(tmp_path, "{python: 'here16:rows', carry: [n], with: {t: [1, 2]}}", kinds)
    assert pages(found) == [("https://a.example/Oak", {"n": "1.5"}, {"city": "Oak"})] * 2
    assert found.warnings[0] == "start.with.t: nothing uses it; write {t} in url: or in request:, or add it to carry:"


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("{'Store Nr': 1}", "a value with the name 'Store Nr'; write 'Store_Nr'"),
        ("{1: 1}", "a value with the name 1; use letters, digits and _"),
        ("{'city': ['Oak']}", "gave list for 'city'; a value is a text, a number or a date"),
        ("{'url': 5}", "gave int as url; it must give URLs, or dicts with url and values"),
        ("{}", "gave dict; it must give URLs, or dicts with url and values"),
        ("{'city': 'Oak'}", "gave no url, and page kind 'p' has no request.url"),
    ],
)
def test_what_a_function_may_not_give(tmp_path, row, what, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    name = f"rows_{abs(hash(row))}"
    (tmp_path / f"{name}.py").write_text(f"def rows():\n    yield {row}\n")
    with pytest.raises(ConfigError) as caught:
        urls(job(tmp_path, f"{{python: '{name}:rows'}}"))
    assert what in str(caught.value)


def test_lines_without_an_address_are_told_of(tmp_path):
    found = job(tmp_path, "{file: a.csv, url: 'https://a.example/{n}'}", a="n,m\n1,2\n,3\n,4\n")
    assert urls(found) == ["https://a.example/1"]
    assert found.warnings[0] == "start: n is empty in 2 of 3 lines, which are left out"


def test_100_000_lines_take_little_time(tmp_path):
    text = "isbn;city;price\n" + "".join(f"978{number};City {number % 50};1,5\n" for number in range(100_000))
    began = time.process_time()
    found = job(tmp_path, "{file: a.csv, url: 'https://a.example/s?q={isbn}', carry: [isbn, city]}", a=text)
    assert len(found.starts) == 1
    assert sum(1 for _ in found.start_pages()) == 100_000
    assert len(found.what_hash) == 64
    assert time.process_time() - began < 5


def test_the_pages_of_all_urls_of_a_start_are_counted(tmp_path):
    (tmp_path / "urls.txt").write_text("https://a.example/{1..600}\nhttps://a.example/x/{1..600}\n")
    found = complaints(tmp_path, "{file: urls.txt, with: {n: 1..1000}, carry: [n]}")
    assert found == [("start.file", "it means 1,200,000 pages; at most 1,000,000 are allowed; make several jobs")]
    kinds = "pages: {p: {request: {url: 'https://a.example/{a}/{b}'}, fields: {a: h1}}}"
    found = complaints(tmp_path, "{with: {a: 1..2000, b: 1..1000}}", kinds)
    assert found == [("start.with", "it means 2,000,000 pages; at most 1,000,000 are allowed; make several jobs")]


def test_a_url_that_never_has_its_values_is_wrong(tmp_path):
    found = complaints(tmp_path, "{file: a.csv, url: 'https://a.example/{1..2}/{n}'}", a="n,m\n,1\n,2\n")
    assert found == [("start.url", "n has no value; write one, or take it out of the URL")]
    found = job(tmp_path, "{url: 'https://a.example/{n}', with: {n: ['', 1]}}")
    assert (urls(found), found.warnings[0]) == (
        ["https://a.example/1"],
        "start: n is empty in 1 of 2 values, which are left out",
    )
