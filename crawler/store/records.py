"""Records in the state file: their ids, and their values as JSON text.

The ids of the records of a page lie side by side, in the order in which they stand on it. So a page needs no index to
its records, and rows that are read page after page come in order.

A value is plain JSON where JSON has the type; else an object with one key that says what it is, so that a record can
be read without the config that made it: {"$dec": "1.50"}, {"$money": ["51.77", "£"]}, {"$date": "2026-01-31"},
{"$time": ...}."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from crawler.model import Ask, Form, Money, Note, Record, Stored, Value

__all__ = [
    "IS_OF",
    "dump_ask",
    "dump_notes",
    "dump_values",
    "first_record",
    "forget_records",
    "load_ask",
    "load_many",
    "load_notes",
    "load_values",
    "to_stored",
]


_BITS = 24  # for the position: sixteen million records of one page would not fit into memory

IS_OF = f"r.id BETWEEN ({{page}} << {_BITS}) AND ({{page}} << {_BITS}) + {(1 << _BITS) - 1}"
"""SQL: whether the record `r` is one of a page, whose id is put in the place of `{page}`."""


def first_record(page: int) -> int:
    """Id of the first record of a page; the following ones count on from it."""
    return page << _BITS


def forget_records(db: sqlite3.Connection, page: int) -> None:
    """Remove all records of a page."""
    db.execute("DELETE FROM records WHERE id >= ? AND id < ?", (first_record(page), first_record(page + 1)))


def to_stored(record: Record | Stored) -> Stored:
    """A record as it is kept."""
    if isinstance(record, Stored):
        return record
    return Stored(record.table, dump_values(record.values), dump_notes(record.notes))


def dump_values(values: Mapping[str, Value]) -> str:
    """One JSON object, keys in the order given."""
    if not _PLAIN.issuperset(map(type, values.values())):
        values = {name: value if type(value) in _PLAIN else _tag(value) for name, value in values.items()}
    return _encoder.encode(values)


def load_values(text: str) -> dict[str, Value]:
    """The inverse of dump_values."""
    return _restored(json.loads(text))


def load_many(texts: Iterable[str]) -> list[dict[str, Value]]:
    """The same for many texts, at less than half the cost."""
    return list(map(_restored, json.loads(f"[{','.join(texts)}]")))


def dump_ask(ask: Ask | None) -> str | None:
    """JSON of what a page is asked for with, the same for the same; None for nothing."""
    if ask is None or ask == _NOTHING:
        return None
    given = dump_values({name: ask.given[name] for name in sorted(ask.given)})
    form = "" if ask.form is None else f',"form":{_encoder.encode([ask.form.type, ask.form.body.decode("latin-1")])}'
    return f'{{"given":{given}{_PLAIN_MARK if ask.plain else ""}{form}}}'


def load_ask(text: str | None) -> Ask | None:
    """The inverse of dump_ask."""
    if text is None:
        return None
    found = json.loads(text)
    form = found.get("form")
    sent = None if form is None else Form(form[0], form[1].encode("latin-1"))
    return Ask(_restored(found["given"]), found.get("plain", False), sent)


def dump_notes(notes: Sequence[Note]) -> str | None:
    """JSON of the notes, None for none."""
    if not notes:
        return None
    return _encoder.encode([[note.field, note.code, note.detail] for note in notes])


def load_notes(text: str | None) -> tuple[Note, ...]:
    """The inverse of dump_notes."""
    return tuple(Note(*each) for each in json.loads(text)) if text else ()


def _restored(values: dict[str, Any]) -> dict[str, Value]:
    for name, value in values.items():
        kind = type(value)
        if kind is dict:
            values[name] = _untag(value)
        elif kind is list:
            values[name] = tuple(value)
    return values


_NOTHING = Ask()
_PLAIN_MARK = ',"plain":true'
_encoder = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_PLAIN = {str, int, bool, type(None)}


def _tag(value: Value) -> Any:
    match value:
        case Money():
            return {"$money": [str(value.amount), value.currency]}
        case Decimal():
            return {"$dec": str(value)}
        case datetime():
            return {"$time": value.isoformat()}
        case date():
            return {"$date": value.isoformat()}
        case _:
            return value


def _untag(tagged: dict[str, Any]) -> Value:
    ((tag, content),) = tagged.items()
    return _READ[tag](content)


_READ: Mapping[str, Callable[[Any], Value]] = {
    "$money": lambda content: Money(Decimal(content[0]), content[1]),
    "$dec": Decimal,
    "$date": date.fromisoformat,
    "$time": datetime.fromisoformat,
}
