import sys
from decimal import Decimal
from itertools import count

import pytest

from crawler.model import Failure, Money, Page
from tests.support.pages import FieldRule, TableRule, analyse

HTML = "<h1 class='a b'>T</h1><p>5</p><a href=next.html>n</a>"
FIELDS = (TableRule("books", (FieldRule("t"), FieldRule("n"))),)
TWO = (*FIELDS, TableRule("tags", (FieldRule("tag"),)))


@pytest.fixture
def hook(tmp_path, monkeypatch, request):
    """Run a page through a hook whose body is given; each in a module of its own name."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    number = count()

    def run(body, tables=FIELDS, function="find"):
        name = f"hook_{abs(hash(request.node.nodeid))}_{next(number)}"
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        (tmp_path / f"{name}.py").write_text(f"def find(page, url):\n{lines}\n")
        return analyse(HTML, tables=tables, python=f"{name}:{function}", root=str(tmp_path))

    return run


def test_records_and_links(hook):
    page = hook(
        "return {'records': [{'t': page.h1.string, 'n': int(page.p.string)}],"
        " 'links': [{'url': 'next.html', 'to': 'listing'}, {'url': 'b'}, {'url': 'mailto:x'}]}"
    )
    assert isinstance(page, Page), page
    assert [dict(record.values) for record in page.records] == [{"t": "T", "n": 5}]
    assert type(page.records[0].values["t"]) is str
    assert [(link.url, link.kind) for link in page.links] == [
        ("http://shop.test/books/next.html", "listing"), ("http://shop.test/books/b", "book"),
    ]  # fmt: skip
    assert page.dropped == {"scheme": 1}


def test_a_generator_of_records_and_the_page_as_beautifulsoup_gives_it(hook):
    page = hook("for word in page.h1['class']:\n    yield {'t': word}")
    assert [dict(record.values) for record in page.records] == [{"t": "a", "n": None}, {"t": "b", "n": None}]


def test_several_tables(hook):
    page = hook("return {'records': {'tags': [{'tag': 'x'}], 'books': [{'t': url}]}}", TWO)
    assert [record.table for record in page.records] == ["tags", "books"]


def test_values_become_plain(hook):
    page = hook("return [{'t': ['a', page.p.string], 'n': 1.5}, {'t': 'a\\x01b', 'n': None}]")
    first, second = page.records
    assert dict(first.values) == {"t": ("a", "5"), "n": Decimal("1.5")}
    assert second.values["t"] == "a\ufffdb"
    assert [note.code for note in second.notes] == ["control-characters"]
    money = hook("from crawler.model import Money\nreturn [{'t': Money(5, 'x')}]")
    assert money.records[0].values["t"] == Money(Decimal(5), "x")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return 5", "a dict or an iterable"),
        ("return 'text'", "a dict"),
        ("return {'rows': []}", "unknown key 'rows'"),
        ("return {'records': [5]}", "a record must be a dict"),
        ("return {'records': 5}", "a list"),
        ("return {'records': [{'x': 1}]}", "not a field"),
        ("return {'records': {'x': []}}", "not a table"),
        ("return {'records': [{'t': {}}]}", "field 't'"),
        ("return {'records': [{'t': float('nan')}]}", "not a number"),
        ("return {'links': [5]}", "a link"),
        ("return {'links': [{'to': 'x'}]}", "a link"),
        ("raise KeyError('boom')", "KeyError: 'boom' at "),
        ("for x in [1]:\n    yield {'t': 1}\n    raise ValueError('late')", "ValueError: late"),
    ],
)
def test_odd_answers_are_told(hook, body, words):
    outcome = hook(body)
    assert isinstance(outcome, Failure)
    assert outcome.code == "hook"
    assert words in outcome.detail


def test_nothing_returned_is_no_match(hook):
    outcome = hook("return None")
    assert isinstance(outcome, Failure)
    assert outcome.code == "no-match"


def test_records_of_two_tables_need_their_names(hook):
    assert "name the table" in hook("return [{'t': 1}]", TWO).detail


def test_missing_modules_and_functions(hook):
    assert "no function 'other'" in hook("return []", function="other").detail
    outcome = analyse(HTML, tables=FIELDS, python="no_such_module_here:x")
    assert "cannot be imported" in outcome.detail
    assert "module:function" in analyse(HTML, tables=FIELDS, python="nofunction").detail
