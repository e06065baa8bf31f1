"""One compiled field rule and its steps: find, take, replace, regex, map, convert, default.

`12<sup>99</sup>` and `<b>12</b><b>99</b>` are not 1299. What is clear is read: two raised digits behind a whole amount
of money are its cents, so are two digits in an element of their own where a currency is written, and a raised mark in
brackets, or a star, leads to a footnote. Digits that each have an element of their own are one number.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple, Protocol

from crawler.extract.field_types import NoteCode
from crawler.extract.labels import Found, Labels, label_key
from crawler.extract.numbers import numbers
from crawler.extract.patterns import Pattern
from crawler.extract.text import BREAK, CLOSE, OPEN, RAISED, collapse_whitespace, keep_whitespace
from crawler.extract.values import as_text, converter
from crawler.model import Note, Value
from crawler.urls import BadUrl

if TYPE_CHECKING:
    from crawler.extract.engine import Document, Node
    from crawler.extract.page import PageView
    from crawler.extract.rules import FieldRule

__all__ = ["LIST_LIMIT", "CompiledField", "Reading", "Row", "Where", "figure", "raised"]


_UP = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_MARKS = str.maketrans("", "", OPEN + CLOSE)
_FOOTNOTE_SIGN = re.compile(r"\[[^][]{1,9}\]|\([^()]{1,9}\)|[*†‡§¶]{1,3}")
_SEAM = f"[{OPEN}{CLOSE}]+"
_RUN = re.compile(rf"\d+(?:{_SEAM}\d+)+")
_NUMBER = re.compile(r"\d(?:[\d.,'’٫٬\u00a0\u2009\u202f ]*\d)?$")
_CURRENCY = re.compile(r"\b(?:[A-Z]{3}|kr|zł|Kč|руб|lei|Fr|Rs)\b")


def raised(text: str) -> str:
    """Return a text with raised digits behind a digit as what they are: `10⁶`. Other raised text joins as it stands."""
    parts = text.split(RAISED)
    for at in range(1, len(parts), 2):
        if parts[at - 1][-1:].isdigit():
            parts[at] = parts[at].translate(_UP)
    return "".join(parts)


def figure(text: str, kind: str, point: str) -> tuple[str, bool]:
    """Return a text of Document.figures as a number or a date is read from it, and whether that is in doubt.

    Args:
        kind: field type: `money` and `decimal` may have cents.
        point: the sign between whole and decimal places.
    """
    if RAISED not in text and not _RUN.search(text):  # most, with an icon or a name beside the number
        return text.translate(_MARKS), False
    priced = kind in {"money", "decimal"} and _priced(text.translate(_MARKS))
    done, doubt = _lowered(text, point, cents=kind == "money" or priced) if RAISED in text else (text, False)
    found = _RUN.search(done)
    if found is not None:
        joined, more = _joined(done, found, point if priced else "")
        done, doubt = joined, doubt or more
    return done.translate(_MARKS), doubt


def _lowered(text: str, point: str, *, cents: bool) -> tuple[str, bool]:
    parts = text.split(RAISED)
    done, doubt = parts[0], False
    for at, part in enumerate(parts[1:], 1):
        inner = part.translate(_MARKS).strip()
        before = done.translate(_MARKS)
        if at % 2 == 0 or not before[-1:].isdigit():
            done += part
        elif _FOOTNOTE_SIGN.fullmatch(inner):
            continue
        elif cents and len(inner) == 2 and inner.isdigit() and _whole(before, point):
            done += point + inner
        else:
            done += inner.translate(_UP)
            doubt = doubt or inner[:1].isdigit()
    return done, doubt


def _joined(text: str, found: re.Match[str], point: str) -> tuple[str, bool]:
    """Put together the digits of several elements; `point` is "" where the last two cannot be cents."""
    runs = [re.split(_SEAM, run) for run in _RUN.findall(text)]
    if all(len(digits) == 1 for run in runs for digits in run):
        return text, False
    behind = text[found.end() :].translate(_MARKS)
    if point and len(runs) == 1 and len(runs[0]) == 2 and len(runs[0][1]) == 2 and behind[:1] not in (",", ".", "'"):
        before = text[: found.end()].translate(_MARKS)[:-2]
        if _whole(before, point):
            return before + point + runs[0][1] + behind, False
    return _RUN.sub(lambda run: re.sub(_SEAM, " ", run[0]), text), True


def _whole(before: str, point: str) -> bool:
    """Tell whether a text ends with a number that has no decimal places."""
    number = _NUMBER.search(before)
    return number is not None and point not in number[0]


def _priced(text: str) -> bool:
    return any(unicodedata.category(char) == "Sc" for char in text) or _CURRENCY.search(text) is not None


_FIGURES = frozenset({"int", "decimal", "money", "date", "datetime"})
_SHORT = 120
_ESCAPE = re.compile(r'\\u[0-9a-fA-F]{4}|\\/|\\"')
LIST_LIMIT = 10_000
_FOOTNOTE = re.compile(r"\[(?:\d{1,3}|[a-z]|note \d{1,2})\]\s*$")
_STRUCK = frozenset({"del", "s", "strike"})
_STRUCK_WITHIN = 4  # elements; an amount is seldom deeper in `del`
_WANTS_STRUCK = re.compile(r"\b(?:del|s|strike)\b|old|was|before|previous|regular|original|list|rrp|msrp|struck", re.I)


class Where(Protocol):
    """Where a text stands: its page knows what its links are relative to."""

    @property
    def page(self) -> PageView:
        """The page."""


class Row(NamedTuple):
    """What a field is read from: a page, or one row of it.

    `scope` is the row's element; None stands for the whole page.
    """

    page: PageView
    document: Document
    scope: Node | None
    labels: Labels


class Reading(NamedTuple):
    """What a rule found.

    Attributes:
        value: the field's value.
        found: something on the page was taken; False for a default, what is made of the page's URL, and nothing.
        notes: what a person should know of it.
    """

    value: Value
    found: bool
    notes: tuple[Note, ...] = ()


class CompiledField:
    """A field rule ready for work.

    Attributes:
        rule: what it was made from.
        key: of its label; None without one.
        figures: it is a number or a date, read from Document.figures.
    """

    def __init__(self, rule: FieldRule) -> None:
        self.rule = rule
        self.name = rule.name
        self._many = rule.all or rule.type == "list"
        self.key = None if rule.label is None else label_key(rule.label)
        self._replace = tuple((Pattern(pattern), new) for pattern, new in rule.replace)
        self._regex = None if rule.regex is None else Pattern(rule.regex)
        self._convert = converter(rule)
        self._text = rule.attr is None and not rule.html and not rule.page_url
        self._point = numbers(rule.locale).point if rule.type in {"int", "decimal", "money"} else "."
        self.figures = self._text and rule.type in _FIGURES
        # Only of a price; a field that is meant to have the old one says so in its name or selector.
        self._present = self._text and rule.type in {"decimal", "money"}
        self._present = self._present and not _WANTS_STRUCK.search(f"{rule.name} {rule.css}")
        self._url = rule.type in ("url", "file")
        # White space in an address or in inner HTML is part of it.
        self._clean = (
            keep_whitespace if rule.keep_space or rule.html or (self._url and rule.attr) else collapse_whitespace
        )
        self._strip = not rule.keep_space
        self._bare = rule.attr is not None and rule.type == "bool"
        self._plain = not (self._replace or self._regex or rule.map)
        self._as_it_is = self._convert is None and not self._url
        self._trim = self._strip and self._clean is keep_whitespace
        self._css, self._attr, self._html, self._of_page = rule.css, rule.attr, rule.html, rule.page_url

    def read(self, row: Row) -> Reading:
        """Read the field from a page or a row.

        Raises:
            ExtractError: a pattern took too long, or an engine refused the selector.
        """
        if self._of_page:
            return self._of_address(row)
        if self._many:
            return self._read_all(row)
        if self.key is not None:
            return self._read_label(self.key, row)
        document = row.document
        if self._css is not None:
            node = document.first(row.scope, self._css)
        else:
            node = row.scope if row.scope is not None else document.root()
        raw = None if node is None else self.take(document, node)
        reading = None if raw is None else self.make(raw, row)
        if reading is None:
            return self.missing(row)
        if self._present and _is_struck(document, node):
            return reading._replace(notes=(*reading.notes, self._note("struck-out", as_text(reading.value))))
        return reading

    def _read_label(self, key: str, row: Row) -> Reading:
        found = row.labels.find(key, self._attr)
        raw = None if found is None else self._beside(found, row)
        reading = None if raw is None else self.make(raw, row)
        if reading is None:
            return self.missing(row)
        if found is not None and found.others:
            note = self._note("several-labels", f"also: {'; '.join(found.others)}")
            return reading._replace(notes=(*reading.notes, note))
        return reading

    def _of_address(self, row: Row) -> Reading:
        """Read from the page's own address, which every page has: it is no sign that something was found."""
        if self._url and self._plain:
            return Reading(row.page.url, found=False)
        reading = self.make(row.page.url, row)
        if reading is None:
            return self.missing(row)
        value = (as_text(reading.value),) if self._many else reading.value
        return Reading(value, False, reading.notes)

    def _beside(self, found: Found, row: Row) -> str | None:
        """Return what stands beside a label, as it stands."""
        return self._of_label(row.document, found.nodes[0]) if found.nodes else self._of_line(found.text)

    def nodes(self, row: Row) -> list[Node]:
        """Return every element that matches; of a label, those that hold its value."""
        if self.key is not None:
            found = row.labels.find(self.key, self._attr)
            return [] if found is None else list(found.nodes)
        if self._css is None:
            node = row.scope if row.scope is not None else row.document.root()
            return [] if node is None else [node]
        return row.document.select(row.scope, self._css)

    def raws(self, row: Row) -> list[str]:
        """Return the texts (or attributes, or HTML) of all matches, as they stand."""
        nodes, take = self.nodes(row), self.take if self.key is None else self._of_label
        if self.key is not None and not nodes:
            found = row.labels.find(self.key, self._attr)
            raw = None if found is None else self._beside(found, row)
            return [] if raw is None else [raw]
        taken = []
        for node in nodes[:LIST_LIMIT]:
            row.page.check_time()
            if (raw := take(row.document, node)) is not None:
                taken.append(raw)
        return taken

    def take(self, document: Document, node: Node) -> str | None:
        """Return what the rule takes from an element: its text, an attribute, or its HTML; None where it has none."""
        if self._attr is not None:
            return document.attr(node, self._attr)
        if self._html:
            return document.html(node)
        if self.figures:
            seen = document.figures(node)
            return seen if seen.strip() else document.text(node)
        return document.text(node)

    def _of_line(self, text: str) -> str | None:
        """Take from a line of text, which has no attributes."""
        if self._attr is not None:
            return None
        return text if self.figures else text.replace(CLOSE, "")

    def _of_label(self, document: Document, node: Node) -> str | None:
        """Take from the element beside a label; an attribute also from the first element inside that has it."""
        raw = self.take(document, node)
        if raw is None and self._attr is not None:
            inside = document.first(node, f"[{self._attr}]")
            raw = None if inside is None else document.attr(inside, self._attr)
        return raw

    def make(self, raw: str, row: Where) -> Reading | None:
        """Make a value of a raw text; None when nothing is left of it."""
        doubt = marked = False
        if self.figures:
            if RAISED in raw or OPEN in raw or CLOSE in raw:
                raw, doubt = figure(raw, self.rule.type, self._point)
        elif self._text and RAISED in raw:
            raw, marked = raised(raw), True
        text, odd = self._clean(raw)
        if self._trim:
            text = text.strip()
        notes: tuple[Note, ...] = (self._note("control-characters", text),) if odd else ()
        if not self._plain:
            changed, more, repaired = self._change(text)
            if changed is None:
                return None
            text, notes, doubt = changed, notes + more, doubt and not repaired
        if "\\" in text or "[email" in text or "/email-protection" in text:
            notes += self._undecoded(text)
        if marked and _FOOTNOTE.search(text):
            notes += (self._note("footnote", text),)
        if self._bare and not text:
            return Reading(True, True, notes)
        if not text or text.isspace():
            return None
        if self._as_it_is:
            return Reading(text, True, notes)
        value, problem = self._value(text, row)
        if doubt and problem is None:
            problem = self._note("split-number", self._clean(raw)[0])
        return Reading(value, True, (*notes, problem) if problem else notes)

    def _undecoded(self, text: str) -> tuple[Note, ...]:
        """Notes on what stands for something else: escapes of JSON, an address that Cloudflare hides."""
        if _ESCAPE.search(text):
            return (self._note("json-escapes", text),)
        hidden = "[email protected]" in collapse_whitespace(text)[0] or "/cdn-cgi/l/email-protection" in text
        return (self._note("hidden-email", text),) if hidden else ()

    def _change(self, text: str) -> tuple[str | None, tuple[Note, ...], bool]:
        """Return the text as the rule changes it, notes on that, and whether a `replace` changed something."""
        before = text
        for pattern, new in self._replace:
            text = pattern.replace(new, text)
        repaired = text != before
        if self._regex is not None:
            taken = self._regex.take(text)
            if taken is None:
                return None, (), repaired
            text = taken
        if self._strip:
            text = text.strip()
        return (*self._mapped(text), repaired) if self.rule.map else (text, (), repaired)

    def _mapped(self, text: str) -> tuple[str, tuple[Note, ...]]:
        words = self.rule.map
        if text in words:
            return words[text], ()
        if self.rule.attr is not None:
            for word in text.split():
                if word in words:
                    return words[word], ()
        return text, (self._note("not-in-map", text),) if text else ()

    def _value(self, text: str, row: Where) -> tuple[Value, Note | None]:
        if self._url:
            try:
                return row.page.resolve(text), None
            except BadUrl as error:
                return text, self._note(error.code if error.code == "scheme" else "bad-url", text)
        if self._convert is None:
            return text, None
        convert, code = self._convert
        value = convert(text)
        if value is None or type(value) is NoteCode:
            return text, self._note(value or code, text)
        return value, None

    def _read_all(self, row: Row) -> Reading:
        values: list[str] = []
        notes: dict[str, Note] = {}
        raws = self.raws(row)
        if len(raws) == 1 and self._text and BREAK in raws[0].strip():
            notes["several-lines"] = self._note("several-lines", collapse_whitespace(raws[0])[0])
        for raw in raws:
            one = self.make(raw, row)
            if one is not None:
                values.append(as_text(one.value))
                for note in one.notes:
                    notes.setdefault(note.code, note)
        if not values:
            return self.missing(row)
        return Reading(tuple(values), True, tuple(notes.values()))

    def missing(self, row: Where) -> Reading:
        """Return the default of the field, or no value."""
        if self.rule.default is not None:
            value, note = self._value(self.rule.default, row)
            wrapped = (as_text(value),) if self._many else value
            return Reading(wrapped, False, (note,) if note else ())
        return Reading(None, False, (self._note("missing", ""),) if self.rule.required else ())

    def _note(self, code: str, text: str) -> Note:
        return Note(self.name, code, text if len(text) <= _SHORT else text[: _SHORT - 3] + "...")


def _is_struck(document: Document, node: Node) -> bool:
    """Tell whether what an element shows is struck out, as the old price beside a new one."""
    here: Node | None = node
    for _ in range(_STRUCK_WITHIN):
        if here is None or document.tag(here) in _STRUCK:
            return here is not None
        here = document.parent(here)
    return False
