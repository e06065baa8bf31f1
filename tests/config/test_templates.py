"""The configs a user meets first load without a warning that matters, and say what they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.config import load

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "crawler/cli/init_template.yaml"


def test_the_template_loads():
    found = load(TEMPLATE)
    assert found.warnings == ()
    assert found.demo is not None
    assert [table.name for table in found.tables] == ["books", "authors"]
    assert found.outputs == (TEMPLATE.parent / "output/books.xlsx",)


def test_the_template_becomes_ones_own_by_the_steps_it_names(tmp_path):
    text = TEMPLATE.read_text("utf-8")
    own = text.replace("demo:\n  books: 60\n", "").replace("  delay: 0\n", "").replace("# contact:", "contact:")
    own = own.replace("start: /catalogue/page-1.html", "start: https://example.com/books/page-{1..50}.html")
    own = own.replace("# headers:", "headers:")
    path = tmp_path / "own.yaml"
    path.write_text(own, "utf-8")
    found = load(path, env={"TOKEN": "x"})
    assert found.warnings == ()
    assert found.polite.delay == 0.2
    assert found.user_agent.endswith("(+https://example.com/about-me)")
    assert len(list(found.start_pages())) == 50


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.name)
def test_shipped_configs_load(path):
    found = load(path)
    assert all(warning.startswith("polite.contact") for warning in found.warnings)
    assert found.tables
