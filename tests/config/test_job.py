"""What a good config becomes."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from crawler import __version__
from crawler.config import Job, load
from crawler.config.cross_checks import check
from crawler.config.diagnostics import Diagnostics
from crawler.config.document import Document
from crawler.config.schema import Location
from crawler.config.yaml_tree import YamlSource
from crawler.errors import ConfigError
from crawler.extract.rules import FieldRule, FollowRule, PageRule, TableRule
from crawler.model import Column, Table

BOOKS = r"""
name: books
start: http://books.example/catalogue/page-1.html
pages:
  listing:
    follow:
      - {css: li.next a, to: listing}
      - {css: article h3 a, to: book}
  book:
    table: books
    key: upc
    fields:
      title: h1
      price: {css: p.price_color, type: money}
      rating: {css: p.star-rating, attr: class, map: {One: 1, Two: 2}, type: int}
      stock: {css: p.availability, regex: '(\d+) available', type: int, default: 0}
      upc: {label: UPC}
      url: {url: true}
fetch: {strategy: threads, workers: 16, parse: auto, timeout: 30, retries: 3}
polite: {robots: true, delay: 0.2, per_host: 8}
limits: {pages: 5000, depth: 10, time: 30m, page_bytes: 10MB}
output: [output/books.xlsx, output/books.jsonl]
"""

QUOTES = """
name: quotes
start: https://quotes.example/
pages:
  list:
    table: quotes
    each: div.quote
    fields:
      text: span.text
      tags: {css: a.tag, all: true}
      words: {css: b, type: list}
    tables:
      people: {each: .person, key: [name, born], fields: {name: b, born: i}}
    follow:
      - {css: "a[rel=Next]", to: list}
      - {css: 'a.more', to: list, next: true}
      - {css: a.next, to: list, next: false}
      - css: a
        each: div.quote
        to: author
        attr: data-href
        same_site: false
        allow: /author/
        deny: [login, logout]
        carry: {seen: {css: b, type: int}, name: b}
  author:
    fields:
      name: h3
      born: {css: .born, type: date, format: ['%B %d, %Y', '%d.%m.%Y'], replace: {a: b, c: ''}, required: true}
      more: {css: x, replace: [{a: 1}, {b: 2}], html: true, keep_space: true, map: {no: yes, 1: one}, default: 01.50}
"""


def job(folder, text=BOOKS, **options) -> Job:
    path = folder / "job.yaml"
    path.write_text(text, "utf-8")
    return load(path, **options)


def test_the_recipe(tmp_path):
    kinds = job(tmp_path).recipe.kinds
    assert kinds["listing"] == PageRule(
        "listing",
        follow=(FollowRule("li.next a", "listing", next=True), FollowRule("article h3 a", "book")),
    )
    stock = FieldRule("stock", css="p.availability", regex=r"(\d+) available", type="int", default="0")
    rating = FieldRule("rating", css="p.star-rating", attr="class", map={"One": "1", "Two": "2"}, type="int")
    assert kinds["book"].tables == (
        TableRule(
            "books",
            (
                FieldRule("title", css="h1"),
                FieldRule("price", css="p.price_color", type="money"),
                rating,
                stock,
                FieldRule("upc", label="UPC"),
                FieldRule("url", page_url=True, type="url"),
            ),
            key=("upc",),
        ),
    )


def test_the_rare_keys(tmp_path):
    found = job(tmp_path, QUOTES)
    kinds = found.recipe.kinds
    assert [rule.next for rule in kinds["list"].follow] == [True, True, False, False]
    assert kinds["list"].follow[3] == FollowRule(
        "a",
        "author",
        attr="data-href",
        each="div.quote",
        carry=(FieldRule("seen", css="b", type="int"), FieldRule("name", css="b")),
        allow=("/author/",),
        deny=("login", "logout"),
        same_site=False,
    )
    quotes, people = kinds["list"].tables
    assert [field.all for field in quotes.fields] == [False, True, True]
    assert (people.table, people.each, people.key) == ("people", ".person", ("name", "born"))
    (author,) = kinds["author"].tables
    assert author.table == "author"
    _, born, more = author.fields
    assert (born.formats, born.replace, born.required) == (("%B %d, %Y", "%d.%m.%Y"), (("a", "b"), ("c", "")), True)
    assert (more.replace, more.html, more.keep_space) == ((("a", "1"), ("b", "2")), True, True)
    assert (more.map, more.default) == ({"no": "yes", "1": "one"}, "01.50")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", "url"),
        (r", regex: '\d+'", "text"),
        (", replace: {a: b}", "text"),
        (", map: {a: b}", "text"),
        (r", regex: '\d+', type: int", "int"),
        (", replace: {a: b}, type: url", "url"),
    ],
)
def test_what_is_cut_out_of_the_address_is_no_address_by_itself(tmp_path, more, expected):
    text = BOOKS.replace("{url: true}", "{url: true" + more + "}")
    rule = job(tmp_path, text).recipe.kinds["book"].tables[0].fields[-1]
    assert (rule.page_url, rule.type) == (True, expected)
    assert job(tmp_path, text).tables[0].columns[-1].type == expected


def test_a_minus_in_brackets_is_asked_for_by_numbers_only(tmp_path):
    text = BOOKS.replace("type: money}", "type: money, negative: brackets}")
    assert job(tmp_path, text).recipe.kinds["book"].tables[0].fields[1].negative == ("brackets",)
    with pytest.raises(ConfigError, match="only a number can be negative"):
        job(tmp_path, text.replace("type: money", "type: text"))


def test_tables_and_keys(tmp_path):
    found = job(tmp_path, QUOTES)
    text = [Column("text"), Column("tags", "list"), Column("words", "list")]
    assert found.tables == (
        Table("quotes", tuple(text)),
        Table("people", (Column("name"), Column("born"))),
        Table("author", (Column("name"), Column("born", "date"), Column("more"), Column("seen", "int"))),
    )
    assert found.keys == {"quotes": (), "people": ("name", "born"), "author": ()}


def test_one_table_from_two_kinds(tmp_path):
    text = """
name: shop
start: https://a.example/
pages:
  book: {table: goods, key: id, fields: {id: b, title: h1}, follow: [{css: a, to: film}]}
  film: {table: goods, fields: {id: i, title: h2, minutes: {css: p, type: int}}}
"""
    found = job(tmp_path, text)
    assert found.tables == (Table("goods", (Column("id"), Column("title"), Column("minutes", "int"))),)
    assert found.keys == {"goods": ("id",)}
    assert found.recipe.kinds["film"].tables[0].key == ("id",)


def test_a_carried_field_may_be_the_key(tmp_path):
    text = """
name: shop
start: https://a.example/
pages:
  list: {follow: [{css: a, each: li, to: book, carry: {id: b}}]}
  book: {key: id, fields: {title: h1}}
"""
    assert job(tmp_path, text).keys == {"book": ("id",)}


def test_typed_parts_and_defaults(tmp_path):
    found = job(tmp_path)
    assert (found.name, found.folder, found.demo) == ("books", tmp_path, None)
    assert (found.fetch.workers, found.fetch.timeout, found.fetch.connect_timeout) == (16, 30.0, 10.0)
    assert (found.polite.delay, found.polite.per_host, found.polite.max_crawl_delay) == (0.2, 8, 30.0)
    assert (found.limits.pages, found.limits.time, found.limits.page_bytes) == (5000, 1800.0, 10_000_000)
    assert (found.limits.failures, found.fetch.engine, found.fetch.client) == (0.05, "auto", "requests")
    with pytest.raises(Exception, match="frozen"):
        found.fetch.workers = 3
    with pytest.raises(Exception, match="cannot assign"):
        found.folder = Path()


def test_paths_are_relative_to_the_config(tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    found = job(tmp_path)
    assert found.outputs == (tmp_path / "output/books.xlsx", tmp_path / "output/books.jsonl")
    assert found.state_path == tmp_path / "output/books.state.sqlite"
    assert job(tmp_path, BOOKS, overrides=["state=s/x.db"]).state_path == tmp_path / "s/x.db"
    assert job(tmp_path, BOOKS, overrides=["output=../up.csv"]).outputs == (tmp_path.parent / "up.csv",)
    assert job(tmp_path, BOOKS, overrides=["output=[]"]).outputs == ()
    assert job(tmp_path, BOOKS, overrides=["output=[]"]).state_path == tmp_path / "books.state.sqlite"
    assert job(tmp_path, BOOKS[: BOOKS.index("output")]).outputs == (tmp_path / "books.xlsx",)


def test_the_home_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert job(tmp_path, BOOKS, overrides=["output='~/x.csv'"]).outputs == (tmp_path / "home/x.csv",)


def test_user_agent(tmp_path):
    assert job(tmp_path).user_agent == f"crawler/{__version__}"
    contact = "polite.contact=me@a.example"
    assert job(tmp_path, overrides=[contact]).user_agent == f"crawler/{__version__} (+me@a.example)"
    assert job(tmp_path, overrides=[contact, "fetch.user_agent=Mine 1"]).user_agent == "Mine 1"


@pytest.mark.parametrize(
    "same",
    [
        "fetch.workers=3",
        "polite.delay=1",
        "limits.pages=3",
        "output=x.csv",
        "state=s.db",
        "name=other",
        "fetch.headers={A: b}",
        "pages.book.fields.title.required=false",
    ],
)
def test_what_does_not_change_the_crawl(tmp_path, same):
    text = BOOKS.replace("title: h1", "title: {css: h1}")
    assert job(tmp_path, text, overrides=[same]).what_hash == job(tmp_path).what_hash


@pytest.mark.parametrize(
    "other",
    [
        "start=http://books.example/",
        "pages.book.fields.title=h2",
        "pages.book.fields.title={css: h1, required: true}",
        "pages.book.key=url",
        "pages.listing.follow[0].css=a",
        "demo={}",
    ],
)
def test_fault_171_what_changes_the_crawl(tmp_path, other):
    assert job(tmp_path, overrides=[other]).what_hash != job(tmp_path).what_hash


def test_the_demo_shop_is_part_of_the_crawl_but_its_speed_is_not(tmp_path):
    def what(**demo):
        return job(tmp_path, overrides=[f"demo.{key}={value}" for key, value in demo.items()]).what_hash

    assert what(books=5) != what(books=6)
    assert what(books=5, latency="1s..2s", page_weight="1MB") == what(books=5)


def test_a_latency_that_is_wrong_is_shown_at_its_place(tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text(BOOKS + "demo:\n  latency: '50ms..lots'\n")
    with pytest.raises(ConfigError) as caught:
        load(path)
    message, line, caret = str(caught.value).split("\n")
    assert "demo.latency: expected a duration, got 'lots'; write 200ms (the same for all), 50ms..400ms" in message
    assert line[caret.index("^") :] == "lots'"


def test_a_job_can_be_pickled(tmp_path):
    found = pickle.loads(pickle.dumps(job(tmp_path, QUOTES)))
    assert found.tables == job(tmp_path, QUOTES).tables


def test_settings(tmp_path):
    found = dict(job(tmp_path).settings())
    assert found["fetch.workers"] == "16"
    assert found["fetch.engine"] == "auto (default)"
    assert found["limits.time"] == "30m"
    assert found["limits.failures"] == "5% (default)"
    assert found["limits.page_bytes"] == "10 MB"
    assert found["polite.robots"] == "true"
    assert found["start"] == "http://books.example/catalogue/page-1.html"
    assert found["output"] == "output/books.xlsx, output/books.jsonl"


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        (["pages.lost={fields: {a: h1}}"], "pages.lost: no follow rule leads to this page kind"),
        (["limits.depth=0"], "limits.depth: 0 excludes pages of kind 'book', which are 1 links from the start"),
        (["pages.empty={}", "pages.book.follow=[{css: a, to: empty}]"], "pages.empty: these pages have no fields"),
        (["pages.book={follow: [{css: a, to: book}]}"], "no page kind has fields"),
        ([], "polite.contact: missing"),
        (["pages.book.fields.d={css: 'meta[name=\"x y\"]'}"], "pages.book.fields.d: <meta> never has text"),
        (["pages.book.fields.d=a img.big"], "pages.book.fields.d: <img> never has text, so this column stays blank"),
        (["pages.book={each: li, fields: {d: body}}"], "<body> is never inside a row of 'li'"),
        (["pages.listing.follow=[{css: li h3, to: book}]"], "pages.listing.follow[0]: <h3> has no href"),
        (
            [
                "pages.menu={follow: [{each: li, css: a, to: listing, carry: {topic: a}}]}",
                "pages.book.follow=[{css: a, to: menu}]",
            ],
            "pages.menu.follow[0].carry: page kind 'listing' has no table",
        ),
    ],
)
def test_warnings(tmp_path, changes, part):
    assert any(part in warning for warning in job(tmp_path, overrides=changes).warnings)


@pytest.mark.parametrize(
    "change",
    [
        "pages.book.fields.d={css: meta, attr: content}",
        "pages.book.fields.d={css: 'meta, h1'}",
        "pages.book.fields.d={css: img, default: none}",
        "pages.book.fields.d={css: 'meta p'}",
        "pages.book={each: 'html', fields: {d: body, e: 'body li'}}",
        "pages.listing.follow=[{css: '.next', to: book}, {css: li, attr: data-url, to: book}, {css: 'h3 a', to: book}]",
        "pages.listing.follow=[{each: li, css: a, to: book, carry: {topic: a}}]",
    ],
)
def test_what_can_find_something_is_no_warning(tmp_path, change):
    warnings = job(tmp_path, overrides=["polite.contact=me@a.example", change]).warnings
    assert [warning for warning in warnings if "nothing leads" not in warning] == []


def test_no_warnings(tmp_path):
    assert job(tmp_path, overrides=["polite.contact=me@a.example"]).warnings == ()
    assert job(tmp_path, overrides=["demo={}"]).warnings == ()


def test_hooks(tmp_path):
    (tmp_path / "my_hooks.py").write_text("raise SystemExit('a config that is checked must run nothing')\n")
    text = """
name: shop
start: https://a.example/
pages:
  page: {python: 'my_hooks:page', table: t, fields: {a: {type: int}, b: {}}}
  other: {fields: {c: h1}}
"""
    found = job(tmp_path, text)
    assert found.recipe.root == str(tmp_path)
    assert found.recipe.kinds["page"].python == "my_hooks:page"
    assert found.tables[0] == Table("t", (Column("a", "int"), Column("b")))
    assert not any("nothing leads" in warning for warning in found.warnings)  # the hook may lead there
    assert job(tmp_path).recipe.root == ""


def test_known_strategies(tmp_path):
    known = {"threads", "processes"}
    assert job(tmp_path, known_strategies=known, known_clients={"requests"}).fetch.strategy == "threads"
    assert job(tmp_path, known_strategies=known, overrides=["fetch.strategy='concurrent.futures:Executor'"])
    with pytest.raises(Exception, match=r"fetch\.strategy: no strategy 'thread'; did you mean 'threads'\?"):
        job(tmp_path, known_strategies=known, overrides=["fetch.strategy=thread"])
    with pytest.raises(Exception, match="no client 'curl'; there are: requests"):
        job(tmp_path, known_clients=["requests"], overrides=["fetch.client=curl"])


def test_fault_137_more_columns_than_a_sheet_has(tmp_path):
    fields = {f"c{number}": {"url": True} for number in range(16_001)}
    config = {"name": "a", "start": "", "pages": {"p": {"fields": fields}}}
    report = Diagnostics(YamlSource("job.yaml", ["pages:"]))
    check(Document.read(config, Location(report, Document, {})), report)
    with pytest.raises(ConfigError, match="more than 16000 columns; Excel holds 16,384"):
        report.stop()
