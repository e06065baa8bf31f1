"""A sign of what the rules found on a page, by which a list that shows the same again is known.

What differs on each look is left out: other pages of the same list, the page's own address, a session in links.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from hashlib import blake2b

from crawler.extract.recipe import KindRule
from crawler.model import RICH, Link, Record, Value
from crawler.steps import sessions, shape, without

__all__ = ["looping", "sign"]

POOR = "-"


def looping(kinds: Mapping[str, KindRule]) -> frozenset[str]:
    """Return the page kinds from which links can lead back to the same kind: only there can a site go on for ever."""
    after = {name: set(kinds) if kind.python else {rule.to for rule in kind.follow} for name, kind in kinds.items()}
    return frozenset(name for name in kinds if name in _reachable(name, after))


def sign(url: str, rule: KindRule, records: Iterable[Record], links: Collection[Link]) -> str:
    """Return a hash in hexadecimal after RICH, where there are two things at least and most of them differ, or POOR."""
    gone = sessions(url, [link.url for link in links])
    own = {(table.table, field.name) for table in rule.tables for field in table.fields if field.page_url}
    here = shape(without(url, gone))
    things: list[object] = [_seen(record.table, record.values, own, gone) for record in records]
    for link in links:
        target = without(link.url, gone)
        if not (link.next or (link.kind == rule.name and shape(target) == here)):
            things.append((link.kind, target, _seen("", link.carry, (), gone) if link.carry else None))
    told = [repr(thing) for thing in things]
    different = len(set(told))
    rich = different > 1 and 2 * different > len(told)
    digest = blake2b("\n".join(told).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
    return (RICH if rich else POOR) + digest


def _seen(
    table: str, values: Mapping[str, Value], own: Collection[tuple[str, str]], gone: frozenset[str]
) -> tuple[object, ...]:
    kept = [value for name, value in values.items() if not own or (table, name) not in own]
    if gone:
        kept = [without(value, gone) if isinstance(value, str) else value for value in kept]
    return table, *kept


def _reachable(name: str, after: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    todo = [name]
    while todo:
        new = after.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return found
