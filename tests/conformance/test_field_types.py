"""Every field type keeps its contract: any text gives None, a code, or a value that can be stored and exported."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import plugins
from crawler.errors import ExtractError
from crawler.export import FORMATS, export
from crawler.extract.field_types import FIELD_TYPES, FieldType, NoteCode
from crawler.extract.rules import FieldRule
from crawler.extract.values import converter
from crawler.model import Money, Value
from crawler.store.records import dump_values, load_values
from tests.support.result import one_table

NAMES = [*FIELD_TYPES, *plugins.entry_points(plugins.FIELD_TYPES)]
SUFFIXES = [*FORMATS, *(f".{name}" for name in plugins.entry_points(plugins.EXPORTS))]
LIKELY = (
    "", " ", "0", "-1", "1,234.50", "1.234,50", "£51.77", "51.77 USD", "1e400", "-1e-400", "NaN", "Infinity", "1/0",
    "٣٫٥", "yes", "FALSE", "3 May 2024", "2024-02-30", "2024-05-03", "2024-05-03T10:00:00+14:00", "0001-01-01",
    "9999-12-31T23:59", "978-0-14-143958-7", "12 kg",
    "x" * 5000, "9" * 5000, "\x00", "\ud800", "a\nb", "=1+1", "</t>", "é\u0301", "👩‍👩‍👧",
)  # fmt: skip
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TEXTS = st.one_of(st.text(), st.sampled_from(LIKELY), st.text("0123456789.,-+ ()%£€$eE:/T"))


def rules(name: str) -> list[FieldRule]:
    """The type as a config has it without and with options."""
    first = FieldRule("v", css="p", type=name)
    return [first, first._replace(formats=("%d %B %Y", "%Y-%m-%dT%H:%M%z"), negative=("brackets", "trailing"))]


def read(rule: FieldRule, text: str) -> Value:
    """The value of a text; None where it stays text. Whatever the type raises fails the test."""
    convert = converter(rule)
    if convert is None:
        return text
    value = convert[0](text)
    return None if type(value) is NoteCode else value


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=150, deadline=2000)
@given(text=TEXTS)
def test_any_text_gives_a_value_that_the_store_gives_back(name: str, text: str) -> None:
    for rule in rules(name):
        value = read(rule, text)
        back = load_values(dump_values({"v": value}))["v"]
        assert (back, type(back)) == (value, type(value))
        assert pickle.loads(pickle.dumps(value)) == value
        assert read(rule, text) == value  # the same text is always the same value


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", NAMES)
def test_each_export_writes_what_it_gives(name: str, suffix: str, tmp_path: Path) -> None:
    values = [read(rule, text) for rule in rules(name) for text in LIKELY]
    path = tmp_path / f"out{suffix}"
    written = export(one_table(*values, type=name), path, now=NOW)
    assert written.rows == {"t": len(values)}
    assert path.stat().st_size


@pytest.mark.parametrize("name", NAMES)
def test_a_text_that_is_no_value_has_a_note(name: str) -> None:
    convert = converter(FieldRule("v", type=name))
    assert convert is None or convert[1]


def broken(monkeypatch: pytest.MonkeyPatch, function: Any) -> str:
    """Give the function the name of a type."""
    monkeypatch.setitem(plugins.entry_points(plugins.FIELD_TYPES), "broken", "theirs:read")
    monkeypatch.setattr(plugins, "load", lambda path, what: function)
    return "broken"


def raises(text: str) -> Value:
    raise KeyError(text)


@pytest.mark.parametrize("function", [raises, float, lambda text: [text], lambda text: Money("1", "£"), len, bytes])
def test_a_type_that_breaks_the_contract_is_found_out(monkeypatch: pytest.MonkeyPatch, function: Any) -> None:
    name = broken(monkeypatch, function)
    if function is len:  # a whole number is a value
        assert read(FieldRule("v", type=name), "1") == 1
        return
    with pytest.raises(ExtractError, match="hook: the type broken"):
        read(FieldRule("v", type=name), "1")


def test_one_of_ours_that_raises_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        FIELD_TYPES, "broken", FieldType("tests.conformance.test_field_types:raises", "not-so", "broken")
    )
    with pytest.raises(KeyError):
        read(FieldRule("v", type="broken"), "1")
