"""Where a value may stand: the steps from a page or a row to the things in it.

A thing is an element, a value of data (JSON, schema.org, a script), a row of a table or of a sheet, or a text. Each
step takes one thing and gives the things that it finds in it, so a source is a chain of steps: an element, the JSON in
its attribute, the HTML in that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from crawler.errors import ExtractError
from crawler.extract.fields import Reading, Row
from crawler.extract.labels import Labels, label_key
from crawler.extract.rules import EachRule, FieldRule, Language, data_first
from crawler.extract.text import CLOSE, keep_whitespace

if TYPE_CHECKING:
    from crawler.extract.engine import Document, Node
    from crawler.extract.headings import Cell, Headed
    from crawler.extract.page import PageView
    from crawler.extract.paths import Path

__all__ = [
    "Data",
    "Element",
    "Line",
    "Place",
    "Step",
    "Thing",
    "around",
    "before_or_after",
    "cut_into_rows",
    "find_steps",
    "raw_text",
    "run_steps",
    "takes_attribute",
]


class Element(NamedTuple):
    """An element of a document; `node` None stands for the whole of it."""

    document: Document
    node: Node | None


class Data(NamedTuple):
    """A value of JSON, of schema.org data or of a script.

    Attributes:
        folded: it is schema.org data: see paths.compile_path.
    """

    value: object
    folded: bool = False


class Line(NamedTuple):
    """A row of a table or of a sheet.

    Attributes:
        cells: elements of an HTML table, values of a sheet; None where there is none.
        element: the row in an HTML table.
    """

    headings: Headed
    cells: Sequence[Element | Cell]
    element: Element | None = None


Thing = Element | Data | Line | str | int | bool | Decimal | date


class Place:
    """Where fields are read from: a page, or a row of it.

    Attributes:
        page: the page.
        thing: the row; the whole page where there are no rows.
        outer: the row around it; None for a page.
        key: key or number of the row.
        rows: all rows beside it, with itself, for what stands before and behind.
        readings: what fields of the rows inside have read here, by the field: the same for each of these rows.
    """

    __slots__ = ("_row", "key", "outer", "page", "readings", "rows", "thing")

    def __init__(
        self,
        page: PageView,
        thing: Thing,
        outer: Place | None = None,
        key: str | int | None = None,
        rows: Sequence[Thing] = (),
    ) -> None:
        self.page, self.thing, self.outer, self.key, self.rows = page, thing, outer, key, rows
        self._row: Row | None = None
        self.readings: dict[object, Reading] | None = None

    @property
    def row(self) -> Row:
        """The same for fields found by CSS and labels alone.

        Raises:
            ExtractError: `unparsable`.
        """
        if self._row is None:
            element = _element(self.thing, self.page)
            if element is None:
                raise ExtractError("selector", "there is no HTML here")
            document, node = element
            whole = node is None and self.page.format == "html" and document is self.page.document
            labels = self.page.labels if whole else Labels(document, node, self.page.known)
            self._row = Row(self.page, document, node, labels)
        return self._row


Find = Callable[[Thing, Place], list[Thing]]


class Step(NamedTuple):
    """A step, and how messages call it."""

    name: str
    find: Find


def raw_text(document: Document, node: Node) -> str:
    """Return the text of an element as it is written in the page: that of a script, too, which no reader sees."""
    if document.tag(node) in ("script", "style", "noscript", "template"):
        return document.html(node)
    return keep_whitespace(document.text(node))[0]


def find_steps(rule: FieldRule | EachRule, around: Language) -> list[Step]:
    """Return the steps of a rule in their order, without the last one, which takes the text of what was found.

    Args:
        around: what the page or row is in which they begin.

    Raises:
        ExtractError: a path or an XPath cannot be used.
    """
    steps: list[Step] = []
    field = rule if isinstance(rule, FieldRule) else None
    if field is not None and field.column is not None:
        steps.append(Step(f"column {field.column}", _column(field.column)))
    if rule.js is not None:
        steps.append(Step(f"js {rule.js}", _script(rule.js)))
    elif rule.schema:
        steps.append(Step(f"schema {', '.join(rule.schema)}", _schema(rule.schema)))
    by_element: list[Step] = []
    if field is not None and field.label is not None:
        by_element.append(Step(f"label {field.label}", _label(field)))
    if rule.css is not None:
        by_element.append(Step(rule.css, _css(rule.css)))
    if rule.xpath is not None:
        by_element.append(Step(f"xpath {rule.xpath}", _xpath(rule.xpath)))
    if rule.json is None:
        return steps + by_element
    path = [Step(f"json {rule.json}", _path(rule.json, folded=bool(rule.schema)))]
    if data_first(rule, around):
        return steps + path + by_element
    if rule.attr is not None:
        by_element.append(Step(f"@{rule.attr}", _attribute(rule.attr)))
    return steps + by_element + path


def takes_attribute(rule: FieldRule | EachRule, around: Language) -> bool:
    """Tell whether `attr` is what is taken at the end; before `json` it is a step on the way."""
    return rule.attr is not None and (rule.json is None or data_first(rule, around))


# ---- steps


def _css(css: str) -> Find:
    def step(thing: Thing, place: Place) -> list[Thing]:
        element = _element(thing, place.page)
        if element is None:
            return []
        document, scope = element
        return [Element(document, node) for node in document.select(scope, css)]

    return step


def _xpath(path: str) -> Find:
    from crawler.extract.xpath import XPath  # late: most configs have none, and it needs lxml

    compiled = XPath(path)

    def step(thing: Thing, place: Place) -> list[Thing]:
        element = _element(thing, place.page)
        if element is None:
            return []
        document, scope = element
        return [
            found if isinstance(found, str | bool | Decimal) else Element(document, found)
            for found in compiled.find(document, scope, place.page.check_time)
        ]

    return step


def _label(rule: FieldRule) -> Find:
    """The element beside a label; where it stands in a line of text, that text."""
    assert rule.label is not None
    key = label_key(rule.label)
    attr = None if rule.css else rule.attr

    def step(thing: Thing, place: Place) -> list[Thing]:
        row = place.row if thing is place.thing else Place(place.page, thing).row
        found = row.labels.find(key, attr)
        if found is None:
            return []
        if not found.nodes:
            return [found.text.replace(CLOSE, "")] if found.text else []
        nodes = [_with_attribute(row.document, node, attr) for node in found.nodes]
        return [Element(row.document, node) for node in nodes]

    return step


def _with_attribute(document: Document, node: Node, attr: str | None) -> Node:
    """The element, or the first inside that has the attribute."""
    if attr is None or document.attr(node, attr) is not None:
        return node
    inside = document.first(node, f"[{attr}]")
    return node if inside is None else inside


def _attribute(name: str) -> Find:
    def step(thing: Thing, place: Place) -> list[Thing]:
        element = _element(thing, place.page)
        if element is None:
            return []
        node = element.node if element.node is not None else element.document.root()
        value = None if node is None else element.document.attr(node, name)
        return [] if value is None else [value]

    return step


def _path(text: str, *, folded: bool) -> Find:
    from crawler.extract.paths import compile_path  # late: most configs have none

    paths: dict[bool, Path] = {}

    def step(thing: Thing, place: Place) -> list[Thing]:
        data = _data(thing, place.page)
        if data is None:
            return []
        fold = folded or data.folded
        if fold not in paths:
            paths[fold] = compile_path(text, fold=fold)
        return [Data(found, fold) for found in paths[fold].find(data.value)]

    return step


def _script(name: str) -> Find:
    def step(thing: Thing, place: Place) -> list[Thing]:
        return [Data(value) for value in place.page.scripts.find(name)]

    return step


def _schema(types: tuple[str, ...]) -> Find:
    def step(thing: Thing, place: Place) -> list[Thing]:
        return [Data(item, folded=True) for item in place.page.schema_items.find(types)]

    return step


def _column(name: str | int) -> Find:
    def step(thing: Thing, place: Place) -> list[Thing]:
        if not isinstance(thing, Line):
            return []
        at = thing.headings.column(name)
        cell = None if at is None or at >= len(thing.cells) else thing.cells[at]
        return [] if cell is None else [cell]

    return step


# ---- from one kind of thing to another


def _element(thing: Thing, page: PageView) -> Element | None:
    """The thing as HTML: a text is read as a fragment of it."""
    if isinstance(thing, Element):
        return thing
    if isinstance(thing, Line):
        return thing.element
    text = thing.value if isinstance(thing, Data) else thing
    return Element(page.fragment(text), None) if isinstance(text, str) else None


def _data(thing: Thing, page: PageView) -> Data | None:
    """The thing as data: the text of an element, an attribute or a cell is read as JSON.

    Raises:
        ExtractError: `not-json`.
    """
    if isinstance(thing, Data):
        return thing
    if isinstance(thing, Element):
        node = thing.node if thing.node is not None else thing.document.root()
        return None if node is None else Data(page.json_in(raw_text(thing.document, node)))
    return Data(page.json_in(thing)) if isinstance(thing, str) else None


# ---- around a row


def around(place: Place, where: str) -> Place | None:
    """Return the place that `from` names: `outer`, `outermost` or `page`; None where there is no such row."""
    if where == "outer":
        return place.outer
    while place.outer is not None and (where == "page" or place.outer.outer is not None):
        place = place.outer
    return place


def before_or_after(place: Place, where: str, steps: Sequence[Step]) -> list[Thing]:
    """Return the nearest match in front of a row; or the first behind it, and before the next row.

    A match that holds the row, or stands inside of it, is neither.
    """
    element = _element(place.thing, place.page)
    if element is None or element.node is None:
        return []
    document, order = element.document, place.page.order(element.document)

    def matches() -> list[Node]:
        return _nodes(_run(steps, [Element(document, None)], place))

    key = (id(steps), id(place.rows))
    if where == "before":
        found = order.before(element.node, key, matches)
    else:
        found = order.after(element.node, key, matches, lambda: _nodes(place.rows))
    return [] if found is None else [Element(document, found)]


def _nodes(things: Sequence[Thing]) -> list[Node]:
    elements = (thing.element if isinstance(thing, Line) else thing for thing in things)
    return [one.node for one in elements if isinstance(one, Element) and one.node is not None]


def _run(steps: Sequence[Step], things: list[Thing], place: Place) -> list[Thing]:
    for step in steps:
        things = [found for thing in things for found in step.find(thing, place)]
        place.page.check_time()
    return things


def run_steps(steps: Sequence[Step], place: Place) -> list[Thing]:
    """Return what the steps find from a place on; without steps the place itself."""
    return _run(steps, [place.thing], place)


# ---- rows


def cut_into_rows(place: Place, level: EachRule, around: Language) -> Iterator[Place]:
    """Yield the rows of one level inside a place, in order.

    Raises:
        ExtractError: `not-json`, `unparsable`, `parse-timeout`, `selector`.
    """
    page = place.page
    if level.json is not None and not (data_first(level, around) and (level.css or level.xpath)):
        # The keys of an object are known to the path alone. Nothing stands before or behind a value.
        things = run_steps(find_steps(level, around)[:-1], place)
        for key, data in _of_path(level, things, page):
            page.check_time()
            yield Place(page, data, place, key)
        return
    things = _found(place, level, around)
    for number, thing in enumerate(things, 1):
        page.check_time()
        yield Place(page, thing, place, number, things)


def _found(place: Place, level: EachRule, around: Language) -> list[Thing]:
    if level.html_table is not None:
        steps = [*find_steps(level, around), Step(level.html_table, _css(level.html_table))]
        return [line for table in run_steps(steps, place) for line in _lines(table, place.page, level.numbered)]
    things = run_steps(find_steps(level, around), place)
    if level.js is not None:
        things = [item for thing in things for item in _items(thing)]
    if takes_attribute(level, around) and level.attr is not None:
        step = _attribute(level.attr)
        things = [value for thing in things for value in step(thing, place)]
    if level.strip_html:
        things = [Element(place.page.fragment(_html_of(thing)), None) for thing in things]
    return things


def _of_path(level: EachRule, things: list[Thing], page: PageView) -> Iterator[tuple[str | int, Data]]:
    from crawler.extract.paths import compile_path

    assert level.json is not None
    number = 0
    for thing in things:
        data = _data(thing, page)
        if data is None:
            continue
        path = compile_path(level.json, fold=data.folded)
        for key, value in path.keyed(data.value):
            number += 1
            several = isinstance(key, int) and len(things) > 1  # several lists: their numbers go on
            yield number if several else key, Data(value, data.folded)


def _items(thing: Thing) -> list[Thing]:
    """A list that a script gives to a name is its items."""
    if isinstance(thing, Data) and isinstance(thing.value, list):
        return [Data(item, thing.folded) for item in thing.value]
    return [thing]


def _lines(table: Thing, page: PageView, numbered: bool) -> list[Thing]:
    from crawler.extract.html_table import read_table_rows

    if not isinstance(table, Element) or table.node is None:
        return []
    document = table.document
    read = read_table_rows(document, table.node, page.check_time)
    return [
        Line(
            read,
            [None if cell is None else Element(document, cell) for cell in row.cells],
            Element(document, row.node),
        )
        for row in ([read.guessed] if numbered and read.guessed is not None else []) + read.rows
    ]


def _html_of(thing: Thing) -> str:
    """The text of a thing that is itself HTML."""
    if isinstance(thing, Element):
        node = thing.node if thing.node is not None else thing.document.root()
        return "" if node is None else raw_text(thing.document, node)
    if isinstance(thing, Line):
        return ""
    value = thing.value if isinstance(thing, Data) else thing
    return value if isinstance(value, str) else ""
