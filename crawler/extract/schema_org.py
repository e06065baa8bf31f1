"""The items of schema.org data of a page: JSON-LD and microdata alike.

JSON-LD (https://www.w3.org/TR/json-ld11/) is read as search engines read it, not as the whole standard has it:
`@context` is passed over, so names that it gives to properties are not known, nor is `@reverse`. Microdata is read by
the HTML standard (https://html.spec.whatwg.org/multipage/microdata.html), with one habit of schema.org on top: an
element whose value would be its text may have the value in the attribute `content`. Where that or `datetime` is
empty, the text counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from crawler.errors import BadUrl, ExtractError
from crawler.extract.engine import Document, Node
from crawler.extract.text import collapse_whitespace

__all__ = ["SchemaItems"]

_MAX_SIGNS = 500
_MAX_WRAPPERS = 10
_HEAD = 3_000
_VOCABULARY = re.compile(r"(?:https?:)?//(?:www\.)?schema\.org[/#]+|schema:", re.I)
_DEEPEST = 64
_MAX_SHARED = 10_000
"""Values of one item from which on `{"@id": ...}` stays as it is: items that name each other twice grow without end."""
_MAX_VALUES = 300_000
_MAX_CHARS = 5_000_000
_MAX_TAKEN = 20_000
"""Properties that the items of a page take from elsewhere by `itemref`."""
_MAX_NESTED = 10
"""Properties that are texts inside each other: each holds the text of all inside it."""
_MAX_STEPS = 2_000_000
"""Elements passed on the way from properties to those that `itemref` names."""
_MAX_SAME = 10
_MAX_BROKEN = 5
_CUT = "some items name so many others that references are left as they are"

_Raw = dict[str, Any]


class SchemaItems:
    """The items of one page, read at the first question.

    Args:
        text: source of the page. Without a sign of an item in it, the tree is never asked.
        resolve: makes an absolute URL of a link; it may raise BadUrl, then the link stays as it is written.

    Attributes:
        broken: what could not be read, one short reason each, after the first `find`.
    """

    def __init__(self, document: Document, text: str, resolve: Callable[[str], str]) -> None:
        self._document = document
        self._resolve = resolve
        self._json = _may_have_json(text)
        self._micro = _may_have_microdata(text)
        self._raw: list[_Raw] | None = None
        self._by_type: dict[str, list[int]] = {}
        self._by_id: dict[str, _Raw] = {}
        self._same: dict[str, list[_Raw]] = {}
        self._items: dict[int, dict[str, object]] = {}
        self._left = _MAX_VALUES
        self.broken: list[str] = []

    def find(self, types: Collection[str]) -> list[dict[str, object]]:
        """Return the items of these types, at any depth, in document order; `*` stands for every type.

        An item has "@type" (a text, or a list of several) and its properties, both without `https://schema.org/`.
        `{"@id": "x"}` alone is the item of that id on the page, except inside of that item itself. Entities in JSON-LD
        stay as they are written; a text of microdata is as a reader sees it. The same items are returned to every
        caller: do not change them.

        Args:
            types: with the prefix of schema.org or without, in any case.

        Raises:
            ExtractError: `unparsable`: the items hold more values than there is room for.
        """
        if not self._json and not self._micro:
            return []
        if self._raw is None:
            self._raw = self._read()
        if "*" in types:
            return [self._item(number) for number in range(len(self._raw))]
        wanted = {_short(each).casefold() for each in types}
        numbers = {number for each in wanted for number in self._by_type.get(each, ())}
        return [self._item(number) for number in sorted(numbers)]

    def _item(self, number: int) -> dict[str, object]:
        if number not in self._items:
            assert self._raw is not None
            expanded = _Expansion(self._by_id, self._left)
            try:
                self._items[number] = expanded.item(self._raw[number], 0)
            finally:
                self._left = expanded.left
            if expanded.cut and _CUT not in self.broken:
                self.broken.append(_CUT)
        return self._items[number]

    def _read(self) -> list[_Raw]:
        document, found = self._document, list[_Raw]()
        micro = _Microdata(document, self._resolve, self.broken) if self._micro else None
        for node in document.select(None, "script, [itemscope]"):
            if micro is not None and document.attr(node, "itemscope") is not None:
                found.append(micro.item(node))
            elif self._json and "ld+json" in (document.attr(node, "type") or "").lower():
                found += self._script(document.text(node))
        if micro is not None:
            micro.fill()
        return self._indexed(found)

    def _script(self, source: str) -> list[_Raw]:
        source = _unwrapped(source)
        if not source:
            return []
        try:
            return [raw for raw in _typed(_read(source)) if not self._is_repeated(raw)]
        except ExtractError as error:
            if len(self.broken) < _MAX_BROKEN:
                self.broken.append(f"JSON-LD: {error.detail}"[:200])
            return []

    def _is_repeated(self, raw: _Raw) -> bool:
        """Tell whether an item with an id was there before, word for word."""
        if not isinstance(name := raw.get("@id"), str):
            return False
        others = self._same.setdefault(name, [])
        if any(_equal(raw, other) for other in others):
            return True
        if len(others) < _MAX_SAME:
            others.append(raw)
        return False

    def _indexed(self, found: list[_Raw]) -> list[_Raw]:
        """Note ids and types, and leave out references to items of the page."""
        for raw in found:
            if isinstance(name := raw.get("@id"), str) and not _is_reference(raw):
                self._by_id.setdefault(name, raw)
        items = [raw for raw in found if not (_is_reference(raw) and raw["@id"] in self._by_id)]
        for number, raw in enumerate(items):
            for kind in {kind.casefold() for kind in _types(raw)}:
                self._by_type.setdefault(kind, []).append(number)
        return items


def _may_have_json(text: str) -> bool:
    """Tell whether `ld+json` may stand in a text, the plus as itself or as an entity, in any case.

    To look for single characters is several times faster than to look for words.
    """
    for sign, end in (("+", 5), ("&#", 11)):
        at = -1
        for _ in range(_MAX_SIGNS):
            at = text.find(sign[0], at + 1)
            if at < 0:
                break
            if text.startswith(sign, at) and text[at : at + end].lower().find("json") > 0:
                return True
        else:
            return True  # too many to look at each: the tree will tell
    return False


def _may_have_microdata(text: str) -> bool:
    """Tell whether `itemscope` may stand in a text, also as `itemScope`; `ITEMSCOPE` in pages of upper-case tags."""
    loud = any(tag in text[:_HEAD] for tag in ("<HTML", "<HEAD", "<BODY", "<META"))
    for end in ("cope", "COPE") if loud else ("cope",):
        at = -1
        for _ in range(_MAX_SIGNS):
            at = text.find(end, at + 1)
            if at < 0:
                break
            if text[max(0, at - 5) : at].lower() == "items":
                return True
        else:
            return True  # too many to look at each: the tree will tell
    return False


_BEFORE = re.compile(r"(?:\s|//|/\*|\*/|<!\[CDATA\[|<!--)*", re.I)
_AFTER = ("*/", "/*", "//", "-->", "]]>", ";")


def _unwrapped(source: str) -> str:
    """Return a script without what hides it from old programs: a comment of HTML, CDATA, each maybe in `/* */`."""
    before = _BEFORE.match(source)
    source = source[before.end() if before else 0 :].rstrip()
    for _ in range(_MAX_WRAPPERS):
        end = next((end for end in _AFTER if source.endswith(end)), None)
        if end is None:
            break
        source = source[: -len(end)].rstrip()
    return source


def _read(source: str) -> object:
    """Read the JSON of a script.

    Raises:
        ExtractError: `not-json`.
    """
    from crawler.extract.json_data import read_json  # late: most pages have none

    return read_json(source)[0]


def _short(name: str) -> str:
    """Return a type or the name of a property without the prefix of schema.org."""
    name = name.strip()
    found = _VOCABULARY.match(name) if ":" in name or "/" in name else None
    return name[found.end() :].rstrip("/") if found else name


def _types(raw: _Raw) -> list[str]:
    kinds = raw.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return list(dict.fromkeys(short for kind in kinds if isinstance(kind, str) and (short := _short(kind))))


def _is_reference(raw: _Raw) -> bool:
    return isinstance(raw.get("@id"), str) and raw.keys() <= {"@id", "@type", "@context"}


def _equal(one: _Raw, other: _Raw) -> bool:
    try:
        return one == other
    except RecursionError:  # deeper than Python compares
        return False


def _typed(value: object) -> Iterator[_Raw]:
    """Yield the objects of JSON-LD that have a type, outer ones before those inside."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += reversed(here)
        elif isinstance(here, dict):
            if "@value" in here:
                continue
            if _types(here):
                yield here
            waiting += [inside for name, inside in reversed(here.items()) if name != "@context"]


class _Expansion:
    """Makes an item of what was read.

    Args:
        left: how many values may still be made.

    Attributes:
        cut: references are left as they are, since their items would make it too large.
    """

    def __init__(self, by_id: dict[str, _Raw], left: int) -> None:
        self._by_id = by_id
        self._path: set[int] = set()
        self._all = left
        self.left = left
        self.cut = False

    def item(self, raw: _Raw, depth: int) -> dict[str, object]:
        self._path.add(id(raw))
        made: dict[str, object] = {}
        if kinds := _types(raw):
            made["@type"] = kinds[0] if len(kinds) == 1 else kinds
        for name, value in raw.items():
            if name in {"@type", "@context", "@reverse"} or (short := _short(name)) in made:
                continue
            if (one := self._value(value, depth + 1)) is not _NOTHING:
                made[short] = one
        self._path.discard(id(raw))
        return made

    def _value(self, value: object, depth: int) -> object:
        self.left -= 1
        if self.left < 0:
            raise ExtractError("unparsable", f"its schema.org data comes to more than {_MAX_VALUES:,} values")
        if not isinstance(value, dict | list):
            return value
        if depth > _DEEPEST:
            return _NOTHING
        if isinstance(value, list):
            return [one for each in value if (one := self._value(each, depth + 1)) is not _NOTHING]
        for wrapper in ("@value", "@list", "@set"):
            if wrapper in value:
                return self._value(value[wrapper], depth + 1)
        if _is_reference(value):
            return self._referenced(value, depth)
        return self._named(value) if id(value) in self._path else self.item(value, depth)

    def _referenced(self, value: _Raw, depth: int) -> object:
        found = self._by_id.get(value["@id"], value)
        if id(found) in self._path:
            found = value
        elif found is not value and (self._all - self.left > _MAX_SHARED or self.left < _MAX_VALUES // 2):
            found, self.cut = value, True
        return self.item(found, depth)

    @staticmethod
    def _named(value: _Raw) -> object:
        return {"@id": value["@id"]} if "@id" in value else _NOTHING


_NOTHING = object()

_SOURCES = {
    **dict.fromkeys(("audio", "embed", "iframe", "img", "source", "track", "video"), "src"),
    **dict.fromkeys(("a", "area", "link"), "href"),
    "object": "data",
}
"""Elements whose value is a link, and the attribute it stands in."""
_WRITTEN = {"meta": "content", "data": "value", "meter": "value"}


class _Microdata:
    """The items of microdata of a page: `item` for each element with `itemscope`, then `fill` once."""

    def __init__(self, document: Document, resolve: Callable[[str], str], broken: list[str]) -> None:
        self._document = document
        self._resolve = resolve
        self._broken = broken
        self._scopes: dict[int, tuple[Node, _Raw]] = {}
        self._around: dict[int, tuple[int, int]] = {}
        self._chars = _MAX_CHARS

    def item(self, node: Node) -> _Raw:
        """Return the item of an element, as yet without properties."""
        document = self._document
        raw: _Raw = {}
        if kinds := (document.attr(node, "itemtype") or "").split():
            raw["@type"] = kinds
        if name := (document.attr(node, "itemid") or "").strip():
            raw["@id"] = self._link(name)
        self._scopes[document.identity(node)] = node, raw
        return raw

    def fill(self) -> None:
        """Give the items their properties, in document order."""
        document = self._document
        properties = document.select(None, "[itemprop]")
        owned: dict[int, list[int]] = {identity: [] for identity in self._scopes}
        for place, node in enumerate(properties):
            scope = self._scope_around(document.parent(node))[0]
            if scope in owned:
                owned[scope].append(place)
        for identity, more in self._taken(properties):
            owned[identity] = sorted({*owned[identity], *more})
        values: dict[int, object] = {}
        for identity, numbers in owned.items():
            raw = self._scopes[identity][1]
            for place in numbers:
                if place not in values:
                    values[place] = self._value(properties[place])
                if values[place] is not _NOTHING:
                    _add(raw, document.attr(properties[place], "itemprop") or "", values[place])

    def _scope_around(self, node: Node | None) -> tuple[int, int]:
        """Return the element with `itemscope` that is this one or the nearest around it, 0 for none.

        Beside it: how many properties with a text stand between.
        """
        document, known, passed = self._document, self._around, list[tuple[int, bool]]()
        answer = (0, 0)
        for here, identity, _ in document.around(node) if node is not None else ():
            if identity in known:
                answer = known[identity]
                break
            if identity in self._scopes:
                answer = known[identity] = identity, 0
                break
            passed.append((identity, document.attr(here, "itemprop") is not None))
        for identity, is_property in reversed(passed):
            answer = known[identity] = answer[0], answer[1] + is_property
        return answer

    def _taken(self, properties: list[Node]) -> Iterator[tuple[int, list[int]]]:
        """Yield the items with `itemref`, and the properties that they take from elsewhere."""
        document = self._document
        asking = [
            (identity, names)
            for identity, (node, _) in self._scopes.items()
            if (names := dict.fromkeys((document.attr(node, "itemref") or "").split()))
        ]
        if not asking:
            return
        wanted = {name for _, names in asking for name in names}
        below = self._below(wanted, properties)
        left = _MAX_TAKEN
        for identity, names in asking:
            for name in names:
                left -= len(below.get(name, ()))
                if left < 0:
                    self._complain(f"more than {_MAX_TAKEN:,} properties are taken by itemref")
                    return
                yield identity, below.get(name, [])

    def _below(self, wanted: set[str], properties: list[Node]) -> dict[str, list[int]]:
        """Return the properties of elements with these ids and below them, without those of items inside."""
        document = self._document
        named: dict[int, str] = {}
        below: dict[str, list[int]] = {}
        for node in document.select(None, "[id]"):
            name = document.attr(node, "id") or ""
            if name in wanted and name not in below:
                named[document.identity(node)] = name
                below[name] = []
        left = _MAX_STEPS
        for place, node in enumerate(properties):
            own = document.identity(node)
            for _, identity, _ in document.around(node):
                left -= 1
                if identity in self._scopes and identity != own:
                    break
                if identity in named:
                    below[named[identity]].append(place)
            if left < 0:
                self._complain("itemref on a page as deep as this")
                break
        return below

    def _value(self, node: Node) -> object:
        """Return the value of a property (HTML standard, 5.2.4)."""
        document = self._document
        if (identity := document.identity(node)) in self._scopes:
            return self._scopes[identity][1]
        tag = document.tag(node)
        if tag in _SOURCES:
            return self._link(document.attr(node, _SOURCES[tag]) or "")
        if tag in _WRITTEN:
            return document.attr(node, _WRITTEN[tag]) or ""
        for name in ("datetime", "content") if tag == "time" else ("content",):
            if written := document.attr(node, name):
                return written
        return self._text(node)

    def _text(self, node: Node) -> object:
        if self._scope_around(node)[1] > _MAX_NESTED:
            self._complain(f"more than {_MAX_NESTED} properties inside each other")
            return _NOTHING
        if self._chars < 0:
            self._complain(f"texts of more than {_MAX_CHARS:,} characters")
            return _NOTHING
        text = self._document.text(node)
        self._chars -= len(text)
        return collapse_whitespace(text)[0]

    def _link(self, href: str) -> str:
        href = href.strip()
        if not href:
            return ""
        try:
            return self._resolve(href)
        except BadUrl:
            return href

    def _complain(self, what: str) -> None:
        reason = f"microdata: {what}; the rest is left out"
        if reason not in self._broken and len(self._broken) < _MAX_BROKEN:
            self._broken.append(reason)


def _add(raw: _Raw, names: str, value: object) -> None:
    """Give an item a property, under each of its names; a second value makes a list."""
    for name in dict.fromkeys(map(_short, names.split())):
        if name.startswith("@"):
            continue
        if name not in raw:
            raw[name] = value
        elif isinstance(raw[name], list):
            raw[name].append(value)
        else:
            raw[name] = [raw[name], value]
