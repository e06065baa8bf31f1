"""A field that needs more than `fields.CompiledField` does: its pieces are found, cut and mended, and made a value.

The steps: find, exclude, take, strip_html, lines, split, replace, regex, map, nth or all, python, type, join, default.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from crawler.errors import ExtractError
from crawler.extract.fields import LIST_LIMIT, CompiledField, Reading
from crawler.extract.labels import label_key
from crawler.extract.patterns import MAX_PARTS, Pattern
from crawler.extract.rules import FieldRule, Language
from crawler.extract.sources import (
    Data,
    Element,
    Line,
    Place,
    Thing,
    around,
    before_or_after,
    find_steps,
    run_steps,
    takes_attribute,
)
from crawler.extract.templates import Template
from crawler.extract.text import BREAK, collapse_whitespace
from crawler.extract.values import as_text
from crawler.model import Note, Value

if TYPE_CHECKING:
    from crawler.extract.page import PageView

__all__ = ["ChainField", "Field", "Piece", "field", "names_in"]

Values = Mapping[str, Value]
_SHORT = 120
T = TypeVar("T")


class Piece:
    """What one match gives.

    Attributes:
        value: a text, or a value that data hold.
        marked: it is the text of an element, whose lines are those that a reader sees; else they end where it says so.
    """

    __slots__ = ("marked", "notes", "value")

    def __init__(self, value: Value, notes: tuple[Note, ...] = (), *, marked: bool = False) -> None:
        self.value, self.notes, self.marked = value, notes, marked


class PlainField:
    """A field of `extract.fields`, read from a place."""

    def __init__(self, rule: FieldRule) -> None:
        self.rule, self.name = rule, rule.name
        self.compiled = CompiledField(rule)
        key = self.compiled.key
        self.keys: frozenset[str] = frozenset() if key is None else frozenset({key})
        self.names: tuple[str, ...] = ()

    def read(self, place: Place, values: Values) -> Reading:
        """Return the value of the field here; `values` are those of other fields."""
        return self.compiled.read(place.row)


class ChainField:
    """A field rule ready for work.

    Attributes:
        rule: what it was made from.
        keys: of all labels that it asks for.
        names: of the fields of its row that it needs first.
        sources: of first_of or all_of.
        steps: to what it takes its value from.

    Args:
        language: what the row is.
        page: what the page is: the language of `from: page`.
        outer: languages of the rows around, the next one first.

    Raises:
        ExtractError: a pattern, a path, a template or a locale cannot be used.
    """

    def __init__(self, rule: FieldRule, language: Language, page: Language, outer: Sequence[Language] = ()) -> None:
        self.rule, self.name = rule, rule.name
        here = _language(rule, language, page, outer)
        self.sources: list[Field] = [
            field(_with_defaults(source, rule), language, page, outer) for source in (*rule.first_of, *rule.all_of)
        ]
        own = () if rule.label is None else (label_key(rule.label),)
        self.keys: frozenset[str] = frozenset(own).union(*(source.keys for source in self.sources))
        self.steps = find_steps(rule, here)
        self._attr = rule.attr if takes_attribute(rule, here) else None
        self._value = None if rule.value is None else Template(rule.value)
        self._item = None if rule.item is None else Template(rule.item)
        self._paths: dict[str, Any] = {}
        self._split = None if rule.split is None else Pattern(rule.split)
        one = rule.nth is not None or rule.join is not None or rule.counted
        self._list = not one and is_list(rule)
        self._every = one or self._list
        self._several = self._every or rule.lines or self._split is not None
        typed = rule.python is None
        first = rule.replace if rule.replace_first else ()
        self._first = tuple((Pattern(pattern), new) for pattern, new in first)
        mended = rule._replace(type=rule.type if typed else "text", all=False, attr=self._attr)
        self._mend = CompiledField(mended._replace(replace=()) if first else mended)
        self._convert = None if typed else CompiledField(_only_type(rule))
        self._function: Any = None
        self._patterns = bool(rule.replace or rule.regex is not None or rule.map)
        names = self._value.names if self._value is not None else ()
        inner = (name for source in self.sources for name in source.names)
        self.names: tuple[str, ...] = tuple(dict.fromkeys([*names, *inner]))
        # The same for all rows there: to look again in each would take quadratic time.
        self._outside = rule.of in ("outer", "outermost", "page") and _is_found(rule)

    def read(self, place: Place, values: Values) -> Reading:
        """Return the value of the field here.

        Args:
            values: of the fields of this row that were read before.

        Raises:
            ExtractError: `parse-timeout`, `selector`, `unparsable`, `hook`.
        """
        if not self._outside:
            return self._read(place, values)
        start = self.start(place) or place
        if start.readings is None:
            start.readings = {}
        if self not in start.readings:
            start.readings[self] = self._read(place, values)
        return start.readings[self]

    def _read(self, place: Place, values: Values) -> Reading:
        if self.rule.first_of:
            return self._first_of(place, values)
        pieces, notes, found = self._pieces(place, values)
        return self._made(pieces, notes, found, place)

    # ---- find

    def things(self, place: Place) -> list[Thing]:
        """Return what is found, before anything is taken from it."""
        if self.rule.of in ("before", "after"):
            return before_or_after(place, self.rule.of, self.steps)
        start = self.start(place)
        return [] if start is None else run_steps(self.steps, start)

    def start(self, place: Place) -> Place | None:
        """Return the place in which the field looks; None where there is no such row around."""
        return place if self.rule.of in ("row", "before", "after") else around(place, self.rule.of)

    @property
    def takes_attribute(self) -> bool:
        """Whether an attribute is what is taken at the end."""
        return self._attr is not None

    def _pieces(self, place: Place, values: Values) -> tuple[list[Piece], tuple[Note, ...], bool]:
        """Return the pieces, notes on them, and whether the page gave any."""
        rule = self.rule
        if rule.all_of:
            return self._all_of(place, values)
        if self._value is not None:
            filled = self._value.fill(values.get)
            place.page.count_made(filled)
            return ([] if filled is None else [Piece(filled)]), (), False
        if rule.response is not None:
            said = place.page.answer(rule.response)
            return ([] if said is None else [Piece(said)]), (), False
        if rule.row_key:
            return ([] if place.key is None else [Piece(place.key)]), (), False
        if rule.page_url:
            return [Piece(place.page.url)], (), False
        try:
            things = self.things(place)
        except ExtractError as error:
            if error.code != "not-json":
                raise
            return [], (self._note("not-json", error.detail),), False
        pieces, notes = self._taken(things, place)
        return pieces, notes + self._doubled(place), bool(things)

    def _doubled(self, place: Place) -> tuple[Note, ...]:
        """A note where several columns have this heading."""
        name, line = self.rule.column, place.thing
        if not isinstance(name, str) or not isinstance(line, Line) or not line.headings.twice:
            return ()
        if label_key(name) not in map(label_key, line.headings.twice):
            return ()
        return (self._note("several-columns", f"several columns are headed {name!r}; the first was taken"),)

    def _taken(self, things: list[Thing], place: Place) -> tuple[list[Piece], tuple[Note, ...]]:
        pieces: list[Piece] = []
        several = 0
        for thing in things[:LIST_LIMIT]:
            if pieces and not self._every:
                several += isinstance(thing, Data)
                break
            place.page.check_time()
            for number, piece in enumerate(self._take(thing, place.page)):
                if number and not self._every:
                    several += 1
                    break
                pieces.append(piece)
        return pieces, ((self._note("several", "the first of several values was taken"),) if several else ())

    def _take(self, thing: Thing, page: PageView) -> Iterator[Piece]:
        """Yield what one thing gives: a list in data gives its items."""
        if isinstance(thing, Data):
            inner = thing.value if isinstance(thing.value, list) else [thing.value]
            for value in inner[:LIST_LIMIT]:
                piece = self.of_data(value, thing.folded)
                if piece is not None:
                    yield piece
        elif not isinstance(thing, Element | Line):
            yield Piece(thing)
        else:
            element = thing.element if isinstance(thing, Line) else thing
            text = None if element is None else self.of_element(element, page)
            if text is not None:
                yield Piece(text, marked=True)

    def of_element(self, element: Element, page: PageView) -> str | None:
        """Return what is taken from an element: its text, an attribute, or its HTML; None where it has none."""
        document = element.document
        node = element.node if element.node is not None else document.root()
        if node is None:
            return None
        if self.rule.exclude is None or self._attr is not None or self.rule.html:
            return self._mend.take(document, node)
        without = frozenset(document.identity(one) for one in document.select(node, self.rule.exclude))
        return document.text_without(node, without, figures=self._mend.figures)

    def of_data(self, value: object, folded: bool) -> Piece | None:
        """Return what is taken from a value of data; None where there is none."""
        if self._item is not None:
            filled = self._item.fill(partial(self._member, value, folded))
            return None if filled is None else Piece(filled)
        if value is None or isinstance(value, str | int | Decimal):
            return None if value is None else Piece(value)
        text = json.dumps(value, ensure_ascii=False, default=_number)
        return Piece(text, (self._note("object", text),) if isinstance(value, dict) else ())

    def _member(self, value: object, folded: bool, name: str) -> Value:
        from crawler.extract.paths import compile_path

        path = self._paths.get(name)
        if path is None:
            path = self._paths[name] = compile_path(name, fold=folded)
        found = next(iter(path.find(value)), None)
        if isinstance(found, list):
            return tuple(as_text(one) for one in found if isinstance(one, str | int | Decimal))
        return found if isinstance(found, str | int | Decimal) else None

    # ---- sources in turn

    def _first_of(self, place: Place, values: Values) -> Reading:
        last: Reading | None = None
        for source in self.sources:
            one = source.read(place, values)
            if one.value is None or one.value == ():
                continue
            pieces = [Piece(part) for part in (one.value if type(one.value) is tuple else (one.value,))]
            reading = self._made(pieces, one.notes, one.found, place)
            if reading.value is None or reading.value == ():
                continue
            last = reading
            if not any(note.code in _UNFIT for note in reading.notes):
                return reading
        return last if last is not None else self._missing(place)

    def _all_of(self, place: Place, values: Values) -> tuple[list[Piece], tuple[Note, ...], bool]:
        readings = [source.read(place, values) for source in self.sources]
        notes = tuple(note for reading in readings for note in reading.notes)
        parts = (part for reading in readings for part in _parts(reading.value))
        return [Piece(part) for part in parts], notes, any(reading.found for reading in readings)

    # ---- cut, mend, pick

    def _made(self, pieces: list[Piece], notes: tuple[Note, ...], found: bool, place: Place) -> Reading:
        rule = self.rule
        if rule.counted:
            return self._counted(pieces, place, notes, found)
        if rule.nth_first:
            kept = self._mended_nth(pieces, place)
        else:
            kept = [one for piece in pieces for one in self._mended(piece, place)]
        if rule.nth is not None and not rule.nth_first:
            kept = _nth(kept, rule.nth)
        elif not self._several:
            kept = kept[:1]
        if not kept:
            return self._missing(place, notes)
        said = {note.code: note for one in kept for note in one.notes}
        value = self._joined([one.value for one in kept])
        if rule.python is not None:
            value, more = self._called(value, place)
            if value is None:
                return self._missing(place, notes)
            said.update({note.code: note for note in more})
        return Reading(value, found, (*notes, *(note for note in said.values() if note not in notes)))

    def _mended_nth(self, pieces: list[Piece], place: Place) -> list[Reading]:
        """Return the value of one part, picked before the patterns look at it."""
        assert self.rule.nth is not None
        parts = [
            Piece(text, piece.notes)
            for piece in pieces
            for text in self._cut(_written(piece.value), place, piece.marked)
        ]
        picked = _nth([part for part in parts if collapse_whitespace(str(part.value))[0]], self.rule.nth)
        made = [self._mend.make(str(part.value), place) for part in picked]
        return [reading for reading in made if reading is not None]

    def _joined(self, values: list[Value]) -> Value:
        if self.rule.join is not None:
            return self.rule.join.join(as_text(value) for value in values)
        if self._list:
            return tuple(as_text(value) for value in values)
        return "\n".join(as_text(value) for value in values) if self._several and len(values) > 1 else values[0]

    def _counted(self, pieces: list[Piece], place: Place, notes: tuple[Note, ...], found: bool) -> Reading:
        counted = len(pieces)
        if self._patterns or self._split is not None or self.rule.lines:
            counted = sum(1 for piece in pieces for _ in self._mended(piece, place))
        return Reading(counted > 0 if self.rule.type == "bool" else counted, found and counted > 0, notes)

    def _mended(self, piece: Piece, place: Place) -> Iterator[Reading]:
        """Yield the value of each part of a piece; those in which a pattern is not found are left out."""
        value = piece.value
        if not isinstance(value, str):
            number = self._as_it_is(value)
            if number is not None:
                yield Reading(number, True, piece.notes)
                return
            value = _written(value)
        for text in self._cut(value, place, piece.marked):
            reading = self._mend.make(text, place)
            if reading is not None:
                yield reading._replace(notes=piece.notes + reading.notes) if piece.notes else reading

    def _as_it_is(self, value: Value) -> Value:
        """The value where it needs no text: a number of data is one, whatever the locale. None where it does."""
        kind = self.rule.type
        if self._patterns or self._split is not None or self.rule.lines or self.rule.python is not None:
            return None
        if kind == "any" or (kind in ("int", "decimal") and type(value) is int):
            return value
        if kind == "decimal" and isinstance(value, Decimal):
            return value
        if kind == "int" and isinstance(value, Decimal) and value == value.to_integral_value():
            return int(value)
        if (kind == "bool" and isinstance(value, bool)) or (kind in ("date", "datetime") and isinstance(value, date)):
            return value
        return None

    def _cut(self, text: str, place: Place, marked: bool) -> Iterable[str]:
        if self.rule.strip_html:
            document = place.page.fragment(text)
            root = document.root()
            text, marked = "" if root is None else document.text(root), True
        for pattern, new in self._first:
            text = pattern.replace(new, text)
        texts: Iterable[str] = (text,)
        if self.rule.lines:
            text = text if marked else text.replace("\n", BREAK)
            if text.count(BREAK) >= MAX_PARTS:
                raise ExtractError("unparsable", f"field {self.name!r} has more than {MAX_PARTS:,} lines")
            texts = text.split(BREAK)
        if self._split is not None:
            split = self._split
            texts = [part for one in texts for part in split.split(one)]
        return texts

    # ---- the user's own, and what is missing

    def _called(self, value: Value, place: Place) -> tuple[Value, tuple[Note, ...]]:
        from crawler.extract.python_hook import call_on_value, load_hook

        assert self.rule.python is not None
        assert self._convert is not None
        if self._function is None:
            self._function = load_hook(self.rule.python, self.rule.root)
        made, odd = call_on_value(self._function, self.rule.python, self.name, value)
        notes = (self._note("control-characters", as_text(made)),) if odd else ()
        if not isinstance(made, str) or self.rule.type in ("text", "any", "list"):
            return made, notes
        reading = self._convert.make(made, place)
        return (None, ()) if reading is None else (reading.value, notes + reading.notes)

    def _missing(self, place: Place, notes: tuple[Note, ...] = ()) -> Reading:
        if self.rule.default is not None:
            reading = self._mend.missing(place)
            value = (as_text(reading.value),) if self._list else reading.value
            return Reading(value, False, notes + reading.notes)
        return Reading(None, False, (*notes, self._note("missing", "")) if self.rule.required else notes)

    def _note(self, code: str, text: str) -> Note:
        return Note(self.name, code, text if len(text) <= _SHORT else text[: _SHORT - 3] + "...")


Field = PlainField | ChainField


def is_list(rule: FieldRule) -> bool:
    """Tell whether a field that is not joined, counted or picked from is a list."""
    cut = (rule.lines and not rule.one_text) or rule.split is not None
    return rule.all or rule.type == "list" or bool(rule.all_of) or cut


_UNFIT = frozenset({"not-a-number", "not-money", "not-a-bool", "not-a-date", "bad-url", "scheme", "not-of-type"})


def field(rule: FieldRule, language: Language, page: Language, outer: Sequence[Language] = ()) -> Field:
    """Return a field ready for work: the short way where that is enough; the arguments as ChainField has them."""
    if rule.plain and language in ("html", "table"):
        return PlainField(rule)
    return ChainField(rule, language, page, outer)


def names_in(rule: FieldRule) -> Iterator[str]:
    """Yield the names in the templates of a field and of its sources."""
    if rule.value is not None:
        yield from Template(rule.value).names
    for source in (*rule.first_of, *rule.all_of):
        yield from names_in(source)


def _language(rule: FieldRule, language: Language, page: Language, outer: Sequence[Language]) -> Language:
    """What the field looks into."""
    if rule.of == "page":
        return page
    if rule.of == "outermost" and outer:
        return outer[-1]
    return outer[0] if rule.of == "outer" and outer else language


def _with_defaults(source: FieldRule, rule: FieldRule) -> FieldRule:
    """A source of first_of or all_of: `from` and `locale` beside it are its defaults."""
    of = rule.of if source.of == "row" else source.of
    locale = rule.locale if source.locale == "en" else source.locale
    return source._replace(name=rule.name, of=of, locale=locale, root=source.root or rule.root)


def _only_type(rule: FieldRule) -> FieldRule:
    return FieldRule(
        rule.name, type=rule.type, formats=rule.formats, locale=rule.locale, negative=rule.negative, root=rule.root
    )


def _is_found(rule: FieldRule) -> bool:
    """Tell whether it has steps, and all that it finds comes from them."""
    return not (rule.first_of or rule.all_of or rule.row_key or rule.page_url or rule.response or rule.value)


def _nth(found: list[T], number: int) -> list[T]:
    at = number - 1 if number > 0 else number
    return found[at : at + 1 or None]


def _parts(value: Value) -> tuple[Value, ...]:
    if value is None:
        return ()
    return value if type(value) is tuple else (value,)


def _written(value: Value) -> str:
    """A value of data as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else as_text(value)


def _number(value: object) -> int | float | str:
    """What the encoder of JSON does not know: a Decimal."""
    if isinstance(value, Decimal):
        with suppress(OverflowError, ValueError):
            return float(value)
    return str(value)
