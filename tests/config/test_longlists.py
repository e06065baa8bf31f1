"""A long list is read the same with and without the shortcut."""

from __future__ import annotations

import pytest

from crawler.config import yaml_tree
from crawler.config.diagnostics import Diagnostics
from crawler.config.syntax import parse
from crawler.config.yaml_data import plain
from crawler.config.yaml_tree import YamlSource

LIST = "".join(f"  - item{number}\n" for number in range(1200))


def read(text):
    source = YamlSource("c.yaml", text.split("\n"))
    report = Diagnostics(source)
    report.root = parse(source, report)
    found = plain(report)
    try:
        report.stop()
    except Exception as error:
        return str(error)
    return found


@pytest.mark.parametrize(
    "text",
    [
        f"a:\n{LIST}b: 1\n",
        f"a:\n{LIST}",
        f"a: |\n{LIST}b: 1\n",
        f"a: >\n{LIST}b: 1\n",
        f"a: 'x\n{LIST}'\nb: 1\n",
        f"a: x\n{LIST}b: 1\n",
        f"a:\n{LIST}    more words\nb: 1\n",
        f"a:\n{LIST}   - deeper\n",
        f"a:\n{LIST} - shallower\n",
        f"a:\n{LIST}  - x: 1\n  - [y]\nb: 1\n",
        f"a: [\n{LIST}]\n",
        f"a:\n{LIST}b:\n{LIST}c: }}\n",
        f"a:\n{LIST}  - true\n  - 12\n  - 'true'\n  - \"12\"\n",
        f"a:\n  # {LIST}b: 1\n",
        f"a: &x\n{LIST}b: *x\n",
        f"a:\n{LIST}\n\n{LIST}",
        LIST,
        "a:\n" + "  - 'it''s'\n" * 1200,
        "a:\n" + '  - "a\\n"\n' * 1200,
        "a:\n" + "  - word: 1\n" * 1200,
        "a:\n" + "  - word:\n" * 1200,
        "a:\n" + "  - word # c\n" * 1200,
        "a:\n" + "  - null\n  - true\n" * 600,
    ],
)
def test_same_with_and_without(text, monkeypatch):
    quick = read(text)
    monkeypatch.setattr(yaml_tree, "_MIN", 10**9)
    assert quick == read(text)


def test_the_places_are_right():
    source = YamlSource("c.yaml", f"a:\n{LIST}b: 1\n".split("\n"))
    report = Diagnostics(source)
    report.root = parse(source, report)
    report.add(("a", 1199), "last")
    report.add(("b",), "behind")
    with pytest.raises(Exception, match="last") as caught:
        report.stop()
    assert [one.where for one in caught.value.complaints] == ["c.yaml:1201:5", "c.yaml:1202:4"]
