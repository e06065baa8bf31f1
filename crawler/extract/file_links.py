"""Fields of the type `file`: their addresses are links to pages of the kind `(file)`, whose bodies are saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from crawler import urls
from crawler.extract.rules import FieldRule, FilesRule, PageRule
from crawler.model import FILE, Link, Note, Record, Value

if TYPE_CHECKING:
    from crawler.extract.page import PageView

__all__ = ["FileLinks", "file_fields"]


class _Fields(NamedTuple):
    """Names of fields of the type `file`: of each table, and of what links to each page kind carry."""

    tables: Mapping[str, tuple[str, ...]]
    carried: Mapping[str, tuple[str, ...]]


def file_fields(kind: PageRule) -> _Fields | None:
    """Return the fields of a page kind that are files; None where it has none."""
    tables: dict[str, tuple[str, ...]] = {}
    carried: dict[str, tuple[str, ...]] = {}
    for table in kind.tables:
        tables[table.table] = tables.get(table.table, ()) + _files(table.fields)
    for follow in kind.follow:
        carried[follow.to] = carried.get(follow.to, ()) + _files(follow.carry)
    return _Fields(tables, carried) if any([*tables.values(), *carried.values()]) else None


def _files(fields: Sequence[FieldRule]) -> tuple[str, ...]:
    return tuple(one.name for one in fields if one.type == "file" and not one.hidden)


class FileLinks:
    """Collects the files of one page, each once, in the order of its records and then of its links."""

    def __init__(self, page: PageView, fields: _Fields, rule: FilesRule) -> None:
        self._page, self._fields, self._rule = page, fields, rule
        self._found: dict[str, Link] = {}

    def records(self, records: Sequence[Record]) -> list[Record]:
        """Return the records without addresses that are not fetched; notes say why."""
        return [self._record(record) for record in records]

    def links(self, links: Sequence[Link]) -> list[Link]:
        """Return the links of the page, the same with what they carry."""
        return [self._link(link) for link in links]

    @property
    def found(self) -> tuple[Link, ...]:
        """The links to files."""
        return tuple(self._found.values())

    def _record(self, record: Record) -> Record:
        names = self._fields.tables.get(record.table, ())
        values, notes = self._taken(names, record.values, record.notes)
        return record if values is record.values else record._replace(values=values, notes=notes)

    def _link(self, link: Link) -> Link:
        names = self._fields.carried.get(link.kind, ()) if link.carry else ()
        values, notes = self._taken(names, link.carry, link.notes)
        return link if values is link.carry else link._replace(carry=values, notes=notes)

    def _taken(
        self, names: Sequence[str], values: Mapping[str, Value], notes: tuple[Note, ...]
    ) -> tuple[Mapping[str, Value], tuple[Note, ...]]:
        for name in names:
            given = values.get(name)
            if given is None:
                continue
            every = given if isinstance(given, tuple) else (given,)
            judged = [self._judge(one) for one in every]
            kept = tuple(address for address, why in judged if not why)
            noted = {note.field for note in notes if note.code in ("bad-url", "scheme")}
            notes += tuple(Note(name, why, one) for one, why in judged if why and name not in noted)[:1]
            values = {**values, name: kept if isinstance(given, tuple) and kept else next(iter(kept), None)}
            for address in kept:
                self._found.setdefault(address, Link(address, FILE, next=True, anywhere=self._rule.anywhere))
        return values, notes

    def _judge(self, written: Value) -> tuple[str, str]:
        """Return the address of a file, and why it is not fetched; "" where it is."""
        try:
            address = self._page.resolve(str(written))
        except urls.BadUrl as error:
            return str(written), error.code
        if self._rule.anywhere or urls.same_site(self._page.url, address):
            return address, ""
        listed = urls.of_host(dict.fromkeys(self._rule.hosts, True), urls.host(address))
        return address, "" if listed else "off-site"
