from __future__ import annotations

import time

import pytest

from crawler.config import load
from crawler.config.starts import fault
from crawler.errors import ConfigError

PAGES = "pages:\n  listing: {fields: {a: h1}, follow: {css: a, to: book}}\n  book: {fields: {title: h1}}\n"


def job(folder, start, **options):
    path = folder / "job.yaml"
    path.write_text(f"name: books\nstart: {start}\n{PAGES}{options.pop('more', '')}")
    return load(path, **options)


def pages(folder, start, base=None, **options):
    return [(page.url, page.kind) for page in job(folder, start, **options).start_pages(base)]


def test_one(tmp_path):
    assert pages(tmp_path, "https://a.example/x") == [("https://a.example/x", "listing")]


def test_a_list_of_everything(tmp_path):
    (tmp_path / "urls.txt").write_text("\ufeff# books\nhttps://a.example/1\r\n\r\n  https://a.example/2  \n", "utf-8")
    start = """
  - https://a.example/page-{1..2}.html
  - {url: [https://a.example/b, https://a.example/c], kind: book}
  - {file: urls.txt, kind: book}
"""
    assert pages(tmp_path, start) == [
        ("https://a.example/page-1.html", "listing"),
        ("https://a.example/page-2.html", "listing"),
        ("https://a.example/b", "book"),
        ("https://a.example/c", "book"),
        ("https://a.example/1", "book"),
        ("https://a.example/2", "book"),
    ]


def test_given_on_the_command_line(tmp_path):
    found = pages(tmp_path, "htp://wrong", starts=["https://b.example/{1..2}"])
    assert found == [("https://b.example/1", "listing"), ("https://b.example/2", "listing")]
    with pytest.raises(ConfigError, match=r"^--start: start\[1\]: not a URL: 'htp://b.example/'; write http://b"):
        job(tmp_path, "https://a.example/", starts=["https://b.example/", "htp://b.example/"])


@pytest.mark.parametrize(
    ("url", "fix"),
    [
        ("htp://a.example/", "write http://a.example/"),
        ("htps://a.example/", "write https://a.example/"),
        ("http:/a.example/", "write http://a.example/"),
        ("https:a.example/", "write https://a.example/"),
        ("http:\\\\a.example", "write http://a.example"),
        ("a.example/x?y", "write https://a.example/x?y"),
        ("//a.example/x", "write https://a.example/x"),
        ("a.example:8080/x", "write https://a.example:8080/x"),
        ("ftp://a.example/", "only http"),
        ("javascript:alert(1)", "only http"),
        ("mailto:me@a.example", "only http"),
        ("page.html?x", "whole URL"),
        ("shop.example.html.org/x", "write https://shop.example.html.org/x"),
        ("?x", "whole URL"),
        ("", "whole URL"),
        ("https://a.example/x y", "%20"),
        ("https://a.example/\u2003", "%20"),
        ("https://", "write it as"),
        ("https://a..example/", "write it as"),
        ("https://a.example:x/", "write it as"),
        ("https://me@a.example/", "fetch.auth"),
        ("https://a.example/{1..}", "{1..50}"),
        ("https://a.example/}", "{1..50}"),
        ("https://a.example/{1..1000}{1..1001}", "at most 1,000,000"),
        ("https://a.example/{1..9..0}", "write how far the next number is"),
        ("https://a.example/{a, b}", "%20"),
        ("https://a.example/{city}", "write with: {city: [a, b]} beside url:"),
        ("https://a.example/{1-50}", "{1..50}"),
        ("https://{de,at}.example:x/", "write it as"),
        ("https://{a.example,}/x", "write it as"),
        ("https://a.example{,:x}/{1..3}", "write it as"),
        ("https://{a.example/x,me@b.example}", "fetch.auth"),
        ("htp://a.example/{1..3}", "write http://a.example/1"),
    ],
)
def test_fault_167_what_is_no_start_url(url, fix):
    what, found = fault(url)
    assert fix in found
    assert what


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example",
        "HTTPS://A.example/x?y=1&z#f",
        "http://127.0.0.1:8080/",
        "http://[::1]/",
        "https://bücher.example/straße",
        "https://a.example/a,b;c(d)'e",
    ],
)
def test_what_is_a_start_url(url):
    assert fault(url) is None


def test_paths_for_the_demo_site(tmp_path):
    found = job(tmp_path, "/page-{1..2}.html", more="demo: {books: 5}\n")
    assert [start.url for start in found.starts] == ["/page-{1..2}.html"]
    second = list(found.start_pages("http://127.0.0.1:8765/x/"))[1]
    assert (second.url, second.kind) == ("http://127.0.0.1:8765/page-2.html", "listing")
    with pytest.raises(ConfigError, match="is relative"):
        job(tmp_path, "page.html/", more="demo:\n")


def test_fault_167_a_thousand_are_each_listed(tmp_path):
    start = "".join(f"\n  - file:///{number}" for number in range(1000))
    with pytest.raises(ConfigError) as caught:
        job(tmp_path, start)
    assert str(caught.value).count("cannot be crawled") == 1000
    with pytest.raises(ConfigError) as caught:
        job(tmp_path, start + start.replace("file", "ftp"))
    assert str(caught.value).endswith("\n... and 1,000 more")


def test_a_wrong_line_of_a_file_has_its_place(tmp_path):
    (tmp_path / "urls.txt").write_text("https://a.example/\n\n  ftp://a.example/\n")
    with pytest.raises(ConfigError) as caught:
        job(tmp_path, "{file: urls.txt}")
    assert str(caught.value).startswith("urls.txt:3:3: start.file: 'ftp:' cannot be crawled; ")


def test_an_empty_file(tmp_path):
    (tmp_path / "urls.txt").write_text("# nothing\n")
    with pytest.raises(ConfigError, match=r"job\.yaml:2:15: start\.file: the file has no URL in it"):
        job(tmp_path, "{file: urls.txt}")


@pytest.mark.parametrize("form", ["block", "quoted", "file", "range"])
def test_fault_174_very_many_start_urls(tmp_path, form):
    count = 25_000
    urls = [f"https://a.example/book_{number}/index.html" for number in range(count)]
    (tmp_path / "urls.txt").write_text("\n".join(urls))
    start = {
        "block": "\n" + "\n".join(f"  - {url}" for url in urls),
        "quoted": "\n" + "\n".join(f"  - '{url}'" for url in urls),
        "file": "{file: urls.txt}",
        "range": f"https://a.example/book_{{0..{count - 1}}}/index.html",
    }[form]
    began = time.process_time()
    found = pages(tmp_path, start)
    assert time.process_time() - began < 4  # a fifth of a second
    assert [url for url, _ in found] == urls
