"""The sections of a field: where its value stands, how it is made, what the rows are and which of them count."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

from crawler import plugins
from crawler.config import validators
from crawler.config.schema import (
    BOOL,
    FORMAT,
    LOCALE,
    NAME,
    PATTERN,
    RAW_TEXT,
    SELECTOR,
    TEXT,
    InvalidValue,
    Key,
    Location,
    Section,
    Type,
    choice,
    list_of,
    mapping,
    named,
    of,
    optional,
    pairs,
    text,
    whole,
)
from crawler.extract.field_types import FIELD_TYPES
from crawler.extract.numbers import ENGLISH

__all__ = [
    "EACH",
    "FIELDS",
    "FUNCTION",
    "PATTERNS",
    "SOURCES",
    "WHERE",
    "ConditionSpec",
    "EachSpec",
    "FieldSpec",
    "SourceSpec",
]


def _replacements(texts: dict[str, str]) -> None:
    for pattern, instead in texts.items():
        fault = validators.replacement(pattern, instead) if "\\" in instead else None
        if fault:
            raise InvalidValue(*fault, key=pattern)


PATTERNS = list_of("regular expression, or a list", PATTERN)


_APART = ("url", "value", "first_of", "all_of", "response", "index")
"""Sources that stand alone: nothing is found in the row."""
_FIND = ("css", "xpath", "label", "json", "js", "schema", "column")
SOURCES = (*_FIND, *_APART)
_TOGETHER = (
    {"css", "json"},
    {"xpath", "json"},
    {"css", "label"},
    {"json", "js"},
    {"json", "js", "css"},
    {"json", "schema"},
    {"json", "schema", "css"},
    {"column", "css"},
    {"column", "json"},
    {"column", "xpath"},
)
"""Sources that follow one another."""
_CUT = ("strip_html", "lines", "split", "replace", "regex", "map", "nth", "python", "join")
"""Steps from pieces to a value, in their order."""
_CUTTING = ("strip_html", "lines", "split")
_PICKING = ("nth", "python", "join")


def _nested(value: object, place: Location) -> tuple[FieldSpec, ...]:
    return list_of("list of fields", of(FieldSpec), alone=False).read(value, place)


_FIELD_LIST: Type[tuple[FieldSpec, ...]] = Type(
    "list of fields", (), _nested, json={"items": {"$ref": "#/definitions/FieldSpec"}, "type": "array"}
)


def _heading(value: object, place: Location) -> str | int:
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 1:
            raise InvalidValue("the first column is 1", "write a number from 1, or the heading")
        return value
    return TEXT.read(value, place)


_HEADING: Type[str | int] = Type("heading, or number from 1", "", _heading, json={"type": ["string", "integer"]})


def _nonzero(value: object, place: Location) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidValue("expected a whole number", "the first is 1, the last is -1")
    if not value:
        raise InvalidValue("there is no piece 0", "write a number that is not 0: the first is 1, the last is -1")
    return whole(-1_000_000, 1_000_000).read(value, place)


_NTH: Type[int] = Type(
    "number, not 0", 1, _nonzero, json={"maximum": 1_000_000, "minimum": -1_000_000, "type": "integer"}
)


def _template(value: object, place: Location) -> str:
    written = RAW_TEXT.read(value, place)
    fault = validators.template(written)
    if fault:
        raise InvalidValue(*fault)
    return written


TEMPLATE: Type[str] = Type("text with {names}", "", _template, json={"type": ["string", "number", "boolean"]})
FUNCTION = text("module:function", validators.function)
From = Literal["row", "outer", "outermost", "page", "before", "after"]


_KNOWN_TYPE: Type[str] = named(FIELD_TYPES, plugins.FIELD_TYPES)
_OTHER_TYPES = {"number": "decimal", "float": "decimal", "price": "money", "string": "text", "boolean": "bool"}


def _field_type(value: object, place: Location) -> str:
    try:
        return _KNOWN_TYPE.read(value, place)
    except InvalidValue as wrong:
        if isinstance(value, str) and value.lower() in _OTHER_TYPES:
            wrong.fix = f"did you mean '{_OTHER_TYPES[value.lower()]}'?"
        raise


_FIELD_TYPE: Type[str] = replace(_KNOWN_TYPE, read=_field_type)


class SourceSpec(Section):
    """Where a value stands, and how it is cut out."""

    css = Key(SELECTOR, "", "CSS selector of the element with the value, inside the row of `each` or the page.")
    xpath = Key(SELECTOR, "", "XPath 1.0, instead of `css`. In a row, a path from the root starts at the row.")
    label = Key(TEXT, "", "The text of a label; the value is the text next to it, or `css` inside of it.")
    url = Key(BOOL, False, "Take the value from the URL of the page.")
    json = Key(TEXT, "", "Path into JSON: names with dots, `[0]`, `[]` for each item, `*`; or JMESPath.")
    js = Key(TEXT, "", "The name to which a script of the page gives the value: `storeData`.")
    schema = Key(
        list_of("schema.org type, or a list", TEXT), (), "Items of these schema.org types, from JSON-LD or microdata."
    )
    column = Key(optional(_HEADING), None, "The cell of this row below this heading, or with this number.")
    value = Key(optional(TEMPLATE), None, "A constant, or a text made of other fields of the row: `{city}-{sku}`.")
    first_of = Key(_FIELD_LIST, (), "Sources in turn: the first that has a value.")
    all_of = Key(_FIELD_LIST, (), "Sources in turn: all that have a value, as a list; `join` makes one text of it.")
    response = Key(
        optional(text("time, source or header.NAME", validators.response)),
        None,
        "Of the answer: `time`, when it was fetched; `source`, all of its text; `header.NAME`.",
    )
    index = Key(BOOL, False, "The key of the row in its object, or its number.")
    from_ = Key(
        choice(*get_args(From)),
        "row",
        "Where to look: in the `row`, in the row around it (`outer`, `outermost`), in the `page`, at the nearest match "
        "`before` the row, or at the first `after` it and before the next row.",
    )
    attr = Key(TEXT, "", "Take this attribute, such as `href` or `class`, instead of the text.")
    replace = Key(
        pairs(mapping("pattern: text", PATTERN, RAW_TEXT, check=_replacements)),
        (),
        "Patterns and their replacements, applied in order.",
    )
    regex = Key(PATTERN, "", "Keep only the first group of this pattern, or the whole match if it has none.")
    nth = Key(optional(_NTH), None, "Which of several pieces or matches: 1 is the first, -1 the last.")

    @property
    def of(self) -> From:
        """Value of the key `from`."""
        return vars(self)["from"]  # type: ignore[no-any-return]  # the keys of a section have their types

    def has(self, name: str) -> bool:
        """Whether a key is given and says something."""
        return name in self.given and getattr(self, name) not in ("", False, None, ())

    def sources(self) -> list[str]:
        """The keys that say where the value stands, in the order of the reference."""
        return [name for name in SOURCES if self.has(name)]

    def check(self) -> None:
        find = [name for name in _FIND if self.has(name)]
        apart = [name for name in _APART if self.has(name)]
        for name in apart:
            others = [other for other in (*find, *apart) if other != name]
            if others:
                raise InvalidValue(f"'{others[0]}' and '{name}' are both given", "keep one", key=name)
        if len(find) > 1 and set(find) not in _TOGETHER:
            first, second = find[:2]
            raise InvalidValue(f"'{first}' and '{second}' are both given", "keep one", key=second)
        for name in ("first_of", "all_of"):
            for index, source in enumerate(getattr(self, name)):
                inner = [one for one in ("default", "required", "hidden") if source.has(one)]
                if inner:
                    what = f"'{inner[0]}' in {name}[{index}] belongs beside {name}, not to one of its sources"
                    raise InvalidValue(what, "write it behind the list", key=name)


class FieldSpec(SourceSpec):
    """One field. A plain string is what finds it: a CSS selector in HTML, a path in JSON, a heading in a table.

    The steps: find, `exclude`, take the text (or `attr`, `html`, `item`), `strip_html`, `lines`, `split`, `replace`,
    `regex`, `map`, `nth`, `python`, `type`, `join`, `default`. See docs/fields.md.
    """

    shorthand = "css"
    expected = "a selector, or a mapping"

    exclude = Key(SELECTOR, "", "CSS selector of elements whose text is left out; `*` leaves the text's own.")
    html = Key(BOOL, False, "Take the inner HTML instead of the text.")
    item = Key(optional(TEMPLATE), None, "A text for each object of a list, its names paths in it: `{day} {open}`.")
    all = Key(BOOL, False, "Take all matches as a list, not only the first.")
    count = Key(BOOL, False, "How many matches there are; with `type: bool`, whether there is any.")
    strip_html = Key(BOOL, False, "The text that was found is itself HTML: take the text of it.")
    lines = Key(BOOL, False, "The lines of the text, as a reader sees them; with `type: text` in one text.")
    split = Key(PATTERN, "", "Cut the text at each match of this pattern.")
    map = Key(
        mapping("text: text", RAW_TEXT, RAW_TEXT, null=False),
        {},
        "Replace whole values, for example `{One: 1, Two: 2}`.",
    )
    python = Key(FUNCTION, "", "Your own function, as `module:function`: it receives the value and returns one.")
    type = Key(
        optional(_FIELD_TYPE),
        None,
        f"Type of the value: {', '.join(FIELD_TYPES)}, or your own as `module:function`. "
        "Default: `text`; `any` for data; `url` for `url: true` if nothing changes the URL.",
    )
    format = Key(
        list_of("date format, or a list", FORMAT),
        (),
        "How a date is written, such as `%d %B %Y`; `epoch`, seconds or milliseconds since 1970; `relative`, "
        "`2 days ago`. Default: ISO 8601, or as feeds have it.",
    )
    locale = Key(LOCALE, "en", "Language of numbers and month names, such as `de` or `pt_BR`.")
    negative = Key(
        list_of("brackets, trailing, or a list", choice("brackets", "trailing")),
        (),
        "How negative numbers are written, apart from a leading minus: `brackets` for `(12.50)`, `trailing` for "
        "`12.50-`. Without it, a number in brackets is positive.",
    )
    join = Key(optional(RAW_TEXT), None, "One text of several values, with this between them.")
    default = Key(optional(RAW_TEXT), None, "The text to use if nothing was found.")
    required = Key(BOOL, False, "Report each row without this value.")
    keep_space = Key(BOOL, False, "Keep white space as it is on the page.")
    hidden = Key(BOOL, False, "No column: only for `value`, `where` and `carry`.")

    def check(self) -> None:
        super().check()
        self._check_taking()
        self._check_steps()
        if self.format and self.type not in ("date", "datetime"):
            raise InvalidValue("only a date has a format", "add type: date or type: datetime", key="format")
        if "relative" in self.format and self.locale not in ENGLISH:
            raise InvalidValue("relative dates are read in English only", "use python: for this language", key="format")
        if self.type == "file" and (wrong := [name for name in ("join", "python") if self.has(name)]):
            raise InvalidValue(f"'{wrong[0]}' makes a text, not a file", "remove it, or type: file", key=wrong[0])
        if self.type == "file" and self.hidden:
            raise InvalidValue("a hidden file has no cell, and is not saved", "remove it, or type: file", key="hidden")
        if self.negative and self.type not in ("int", "decimal", "money"):
            raise InvalidValue("only a number can be negative", "add type: int, decimal or money", key="negative")

    def _check_taking(self) -> None:
        find, apart = ([name for name in group if self.has(name)] for group in (_FIND, _APART))
        if self.html and self.attr:
            raise InvalidValue("'attr' and 'html' are both given", "keep one", key="html")
        if apart:
            wrong = [name for name in ("attr", "html", "exclude", "item") if self.has(name)]
            wrong += ["all"] if self.all and apart[0] not in ("first_of", "all_of") else []
            if wrong:
                what = "url: true" if apart[0] == "url" else apart[0]
                raise InvalidValue(f"'{wrong[0]}' cannot be combined with '{what}'", "remove one", key=wrong[0])
        if self.item and not {"json", "js", "schema"}.intersection(find):
            raise InvalidValue("'item' makes a text of each object in data", "add json:, js: or schema:", key="item")
        if self.exclude and (self.attr or self.html):
            raise InvalidValue("'exclude' leaves elements out of a text", "remove attr or html", key="exclude")

    def _check_steps(self) -> None:
        if self.count:
            wrong = [name for name in ("all", "nth", "join", "item") if self.has(name)]
            if wrong:
                raise InvalidValue(f"'{wrong[0]}' and 'count' are both given", "keep one", key=wrong[0])
            if self.type not in (None, "int", "bool"):
                raise InvalidValue(f"'count' gives a number, not type {self.type}", "remove the type", key="type")
        if self.all and self.nth is not None:
            raise InvalidValue("'all' and 'nth' are both given", "keep one", key="nth")
        if self.html and (self.lines or self.strip_html):
            raise InvalidValue("'html' takes the HTML, not its text", "remove html", key="html")
        order = [name for name in self.order if name in _CUT and self.has(name)]
        for at, name in enumerate(order):
            for later in order[at + 1 :]:
                if _CUT.index(later) < _CUT.index(name) and _matters(name, later):
                    raise InvalidValue(
                        f"'{later}' comes before '{name}' when a value is made", f"write {later} first", key=later
                    )


def _matters(written_first: str, written_later: str) -> bool:
    """Whether two steps in the wrong order are told.

    `replace` before `split` and `nth` before `regex` act where they stand; the order of the older steps never mattered.
    """
    pair = {written_first, written_later}
    if ("replace" in pair and pair & set(_CUTTING)) or ("nth" in pair and pair & {"replace", "regex", "map"}):
        return False
    return bool(pair & {*_CUTTING, *_PICKING})


FIELDS = mapping("name: field", NAME, of(FieldSpec))


class EachSpec(Section):
    """How a page, or a row of the level above, is cut into rows. A plain string is what finds them, as in a field."""

    shorthand = "css"
    expected = "a selector, or a mapping"

    css = Key(SELECTOR, "", "CSS selector of the elements that are one row each.")
    xpath = Key(SELECTOR, "", "XPath 1.0, instead of `css`.")
    attr = Key(TEXT, "", "The attribute of the element that holds JSON or HTML.")
    json = Key(TEXT, "", "Path into JSON: a list gives a row for each item, an object is one row.")
    js = Key(TEXT, "", "The name to which a script of the page gives the data.")
    schema = Key(
        list_of("schema.org type, or a list", TEXT), (), "Items of these schema.org types, from JSON-LD or microdata."
    )
    html_table = Key(SELECTOR, "", "CSS selector of a table: each row has its cells by heading.")
    strip_html = Key(BOOL, False, "The text that was found is itself HTML: the row is that.")

    def check(self) -> None:
        find = [name for name in ("css", "xpath", "json", "js", "schema") if name in self.given]
        if "schema" in find and not self.schema:
            raise InvalidValue("is empty", "write a type of schema.org, such as Store", key="schema")
        if len(find) > 1 and set(find) not in _TOGETHER:
            raise InvalidValue(f"'{find[0]}' and '{find[1]}' are both given", "keep one", key=find[1])
        if self.html_table and {"css", "xpath"}.intersection(find):
            raise InvalidValue("'html_table' is itself a selector", "remove the other one", key="html_table")
        if not find and not self.html_table and not (self.attr or self.strip_html):
            raise InvalidValue("does not say what the rows are", "add css:, json:, js:, schema: or html_table:")


def _each(value: object, place: Location) -> str | tuple[EachSpec, ...]:
    if isinstance(value, str):
        return SELECTOR.read(value, place)
    if isinstance(value, list):
        if len(value) < 2:
            raise InvalidValue(
                "a list means rows in rows, two levels at least",
                "write one level alone; quote a text that begins with [",
            )
        return list_of("levels", of(EachSpec)).read(value, place)
    return (EachSpec.read(value, place),)


def _show_each(value: str | tuple[EachSpec, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(map(repr, value))


_EACH_JSON = {"$ref": "#/definitions/EachSpec"}
EACH: Type[str | tuple[EachSpec, ...]] = Type(
    "selector, mapping, or list of levels",
    "",
    _each,
    _show_each,
    {"anyOf": [{"type": "string"}, _EACH_JSON, {"items": _EACH_JSON, "minItems": 2, "type": "array"}]},
)


class ConditionSpec(Section):
    """A condition on a field.

    A text or a list, instead of the mapping: the value is one of these. `true`: it has a value that is not false;
    `false`: the opposite.
    """

    allow = Key(PATTERNS, (), "The value must match one of these patterns.")
    deny = Key(PATTERNS, (), "The value must match none of these patterns; a missing value passes.")
    min = Key(optional(RAW_TEXT), None, "The least number or date.")
    max = Key(optional(RAW_TEXT), None, "The greatest number or date.")

    def check(self) -> None:
        if not self.given:
            raise InvalidValue("says nothing", "add allow:, deny:, min: or max:")


Condition = bool | tuple[str, ...] | ConditionSpec


def _condition(value: object, place: Location) -> Condition:
    if isinstance(value, bool):
        return value
    if isinstance(value, dict):
        plain = {name: str(one) if name in ("min", "max") and _is_plain(one) else one for name, one in value.items()}
        return ConditionSpec.read(plain, place)
    if isinstance(value, list):
        if any(isinstance(one, dict) for one in value):
            raise InvalidValue("a list of conditions is not possible yet", "write a list of values, or allow:")
        if not value:
            raise InvalidValue("the list is empty", "write the values that pass")
        if not all(map(_is_plain, value)):
            raise InvalidValue("expected a list of texts and numbers", "write for example [open, new]")
        return tuple(map(str, value))
    if not _is_plain(value):
        what = "expected a value, a list of values, true, false, or a mapping"
        raise InvalidValue(what, "write true for rows that have a value here")
    return (str(value),)


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


_VALUE_JSON = {"type": ["string", "number"]}
_CONDITION: Type[Condition] = Type(
    "value, list of values, true, false, or a mapping",
    True,
    _condition,
    json={
        "anyOf": [
            {"type": ["string", "number", "boolean"]},
            {"items": _VALUE_JSON, "type": "array"},
            {"$ref": "#/definitions/ConditionSpec"},
        ]
    },
)
_CONDITIONS = mapping("field: condition", NAME, _CONDITION, null=False)


def _where(value: object, place: Location) -> dict[str, Condition]:
    if isinstance(value, list):
        what = "a list of conditions, of which any may hold, is not possible yet"
        raise InvalidValue(what, "write one mapping, all of which must hold")
    if not isinstance(value, dict):
        raise InvalidValue("expected conditions by field", "write for example {status: open}")
    return _CONDITIONS.read(value, place)


WHERE: Type[dict[str, Condition]] = Type(
    _CONDITIONS.name, {}, _where, _CONDITIONS.show, _CONDITIONS.json, null=_CONDITIONS.null
)
