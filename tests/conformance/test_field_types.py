"""Every field type keeps its contract: any text gives None, a code, or a value that can be stored and exported."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import count
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
from crawler.extract.values import converter, fits
from crawler.model import Money, Value
from crawler.store.records import dump_values, load_values
from tests.support.jobs import ROOT
from tests.support.result import one_table

OTHERS = [*plugins.entry_points(plugins.FIELD_TYPES)]
NAMES = [*FIELD_TYPES, *OTHERS]
SUFFIXES = [*FORMATS, *(f".{name}" for name in plugins.entry_points(plugins.EXPORTS))]
LIKELY = (
    "", " ", "0", "-1", "1,234.50", "1.234,50", "£51.77", "51.77 USD", "1e400", "-1e-400", "NaN", "Infinity", "1/0",
    "٣٫٥", "yes", "FALSE", "3 May 2024", "2024-02-30", "2024-05-03", "2024-05-03T10:00:00+14:00", "0001-01-01",
    "9999-12-31T23:59", "1E+500", "-1e-500", "1e999999", "978-0-14-143958-7", "12 kg",
    "x" * 5000, "9" * 5000, "\x00", "\ud800", "a\nb", "=1+1", "</t>", "é\u0301", "👩‍👩‍👧",
)  # fmt: skip
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TEXTS = st.one_of(st.text(), st.sampled_from(LIKELY), st.text("0123456789.,-+ ()%£€$eE:/T"))


def rules(name: str) -> list[FieldRule]:
    """The type as a config has it without and with options."""
    first = FieldRule("v", css="p", type=name)
    return [first, first._replace(formats=("%d %B %Y", "%Y-%m-%dT%H:%M%z"), negative=("brackets", "trailing"))]


def read(rule: FieldRule, text: str) -> Value:
    """The value of a text; None where it stays text. What the type raises, or no field can hold, fails the test."""
    convert = converter(rule)
    if convert is None:
        return text
    value = convert[0](text)
    assert fits(value), f"{rule.type} gave {value!r:.60}, which a field cannot hold"
    return None if type(value) is NoteCode else value


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=150, deadline=2000)
@given(text=TEXTS)
def test_any_text_gives_a_value_that_the_store_gives_back(name: str, text: str) -> None:
    for rule in rules(name):
        check(rule, text)


def check(rule: FieldRule, text: str) -> Value:
    value = read(rule, text)
    back = load_values(dump_values({"v": value}))["v"]
    assert (back, type(back)) == (value, type(value))
    assert pickle.loads(pickle.dumps(value)) == value
    assert read(rule, text) == value, f"{text!r:.60} gave two values"
    return value


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_a_value(name: str) -> None:
    known = FIELD_TYPES.get(name, FieldType("", "", ""))
    found = [check(rules(name)[0], text) for text in ([known.example] if known.example else LIKELY)]
    if known.path:
        assert any(value is not None for value in found), f"add an `example` to the line of {name}"


SCRIPT = """
import sys
from crawler.store.records import dump_values
from tests.conformance.test_field_types import FIELD_TYPES, LIKELY, read, rules
name = sys.argv[1]
texts = [*LIKELY, *(known.example for known in FIELD_TYPES.values())]
print(ascii(dump_values({str(at): read(rules(name)[0], text) for at, text in enumerate(texts)})))
"""


@pytest.mark.parametrize("name", [*(name for name, known in FIELD_TYPES.items() if known.path), *OTHERS])
def test_two_processes_give_the_same_value(name: str) -> None:
    assert len({elsewhere(SCRIPT, name, seed, zone) for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))}) == 1


def elsewhere(script: str, name: str, seed: str, zone: str) -> str:
    """What a script prints in another process, with another seed of `hash` and another time zone."""
    env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}
    return subprocess.run(
        [sys.executable, "-c", script, name], cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=60
    ).stdout


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", NAMES)
def test_each_export_writes_what_it_gives(name: str, suffix: str, tmp_path: Path) -> None:
    texts = [*LIKELY, *(known.example for known in FIELD_TYPES.values())]
    values = [read(rule, text) for rule in rules(name) for text in texts]
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


def decimal(text: str) -> Value:
    """As one writes it at first: NaN, Infinity and 1e999999 are values."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def number(text: str) -> Any:
    """As `decimal`, with `float`."""
    try:
        return float(text)
    except ValueError:
        return None


def isbn(text: str) -> Value:
    return float(text.replace("-", "")) if text.startswith("978-") else None  # type: ignore[return-value]  # the mistake


_turns = count()


def counted(text: str) -> Value:
    return next(_turns) if text.isdigit() else None


def hashed(text: str) -> Value:
    return hash(text)


def digits(text: str) -> Value:
    return Decimal(text) if text.isascii() and text.isdigit() else None


@pytest.mark.parametrize("function", ["decimal", "number", "isbn", "counted", "digits"])
def test_a_line_of_the_registry_that_breaks_the_contract_is_found_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, function: str
) -> None:
    path = f"tests.conformance.test_field_types:{function}"
    monkeypatch.setitem(FIELD_TYPES, "broken", FieldType(path, "not-so", "broken"))
    with pytest.raises(AssertionError):
        test_the_example_is_a_value("broken")


def test_a_type_without_an_example_that_gives_no_value_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    path = "tests.conformance.test_field_types:nothing"
    for example in ("", "7 elephants"):
        monkeypatch.setitem(FIELD_TYPES, "broken", FieldType(path, "not-so", "broken", example))
        with pytest.raises(AssertionError, match="add an `example`"):
            test_the_example_is_a_value("broken")


def nothing(text: str) -> Value:
    return None


def test_a_value_that_depends_on_the_process_is_found_out() -> None:
    there = SCRIPT.replace("name = sys.argv[1]", PATCH)
    assert elsewhere(there, "broken", "1", "UTC") != elsewhere(there, "broken", "2", "UTC")


PATCH = """
from crawler.extract.field_types import FieldType
name = "broken"
FIELD_TYPES[name] = FieldType("tests.conformance.test_field_types:hashed", "not-so", "broken")
"""


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
