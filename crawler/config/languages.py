"""What a text alone means where it stands: a CSS selector in HTML, a path in JSON, a heading in a table or a sheet.

So selectors and paths are checked here, when the format of the page and the rows around them are known.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from crawler.config import validators
from crawler.config.diagnostics import Diagnostics
from crawler.config.document import Document
from crawler.config.field_spec import EachSpec, FieldSpec, SourceSpec
from crawler.config.page_spec import FollowSpec, KindSpec, TableSpec
from crawler.config.validators import Problem
from crawler.config.yaml_tree import KeyPath
from crawler.extract.rules import EachRule, Format, Language, language_of

__all__ = [
    "Context",
    "check_fields",
    "check_languages",
    "context",
    "key_alone",
    "may_be_path",
    "seen_from",
    "tables_of",
]

_OF_PAGES = ("js", "schema")
_OF_HTML = ("css", "xpath", "html_table", "attr")
_HTML = """a abbr address article aside audio b bdi bdo blockquote body br button canvas caption center cite code col
    colgroup data dd del details dfn dialog div dl dt em embed fieldset figcaption figure font footer form h1 h2 h3 h4
    h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li link main map mark math menu meta meter
    nav noscript object ol optgroup option output p param picture pre progress q rp rt ruby s samp script search section
    select slot small source span strong style sub summary sup svg table tbody td template textarea tfoot th thead time
    title tr track u ul var video wbr"""
_ELEMENTS = frozenset(_HTML.split())
_ADDRESS = "city street streetaddress postcode postalcode zip state country line1 line2 region locality"
_PARTS = frozenset(_ADDRESS.split())
"""What comes after `address.` in JSON; as CSS it would be an <address> of this class."""
_DOTTED = re.compile(r"([^\W\d][\w-]*)\.([\w-]+)(?:\.[\w-]+)*")
_COMBINED = re.compile(r"([\w-]+)[\w.#-]*\s*[>+~]\s*([\w-]+)[\w.#-]*")
_OF_A_PATH = re.compile(r"\w\[(\d*|\?.*)\]|\.\*|\.\[")


class Context(NamedTuple):
    """What fields of a table, or of a follow rule, are read from.

    Attributes:
        page: what the page is.
        row: what a row is.
        outer: what the rows around it are, the next one first.
        each: a CSS selector of the rows, where that is all.
        levels: of any other `each`.
    """

    page: Language
    row: Language
    outer: tuple[Language, ...] = ()
    each: str | None = None
    levels: tuple[EachRule, ...] = ()


def key_alone(language: Language) -> str:
    """The key that a text alone is the value of."""
    return {"html": "css", "json": "json", "cells": "column", "table": "column", "text": "css"}[language]


def context(format: Format, each: str | tuple[EachSpec, ...]) -> Context:
    """What the rows of a table are on pages of a format."""
    page = language_of(format)
    if isinstance(each, str):
        if not each:
            return Context(page, page)
        if page == "html":
            return Context(page, "html", (), each)
        each = (_alone(each),)
    found, levels = [page], []
    for spec in each:
        levels.append(_level(spec, found[-1]))
        found.append(levels[-1].language(found[-1]))
    return Context(page, found[-1], tuple(reversed(found[1:-1])), None, tuple(levels))


def _alone(each: str) -> EachSpec:
    spec = EachSpec(css=each)
    vars(spec)["alone"] = True
    return spec


def _level(spec: EachSpec, around: Language) -> EachRule:
    css, json = spec.css, spec.json
    if spec.alone and key_alone(around) == "json":
        css, json = "", css
    return EachRule(
        css or None,
        spec.xpath or None,
        json if json or "json" in spec.given else None,
        spec.js or None,
        spec.schema,
        spec.html_table or None,
        spec.attr or None,
        spec.strip_html,
    )


def seen_from(spec: SourceSpec, here: Context, of: str = "row") -> Language:
    """What a field looks into; `of` is the `from` beside first_of or all_of."""
    where = spec.of if spec.of != "row" else of
    if where == "page":
        return here.page
    if where == "outer":
        return here.outer[0] if here.outer else here.page
    if where == "outermost":
        return here.outer[-1] if here.outer else here.page
    return here.row


def tables_of(kind: KindSpec) -> Iterator[tuple[KeyPath, str, TableSpec]]:
    """Key path inside the kind, name and spec of each rule that fills a table, but the kind's own."""
    for name, found in kind.tables.items():
        if isinstance(found, TableSpec):
            yield ("tables", name), name, found
        else:
            for index, spec in enumerate(found):
                yield ("tables", name, index), name, spec


def check_languages(document: Document, report: Diagnostics, spoiled: Collection[KeyPath]) -> None:
    """Complain of each selector, path and source that cannot be used where it stands."""
    checker = _Checker(report, spoiled)
    for name, kind in document.pages.items():
        path: KeyPath = ("pages", name)
        checker.table(path, kind, kind)
        for inner, _, spec in tables_of(kind):
            checker.table((*path, *inner), spec, kind)
        for index, rule in enumerate(kind.follow):
            checker.follow((*path, "follow", index), rule, kind)
        checker.whole_page(path, kind)


def check_fields(
    path: KeyPath, fields: dict[str, FieldSpec], format: Format, report: Diagnostics, spoiled: Collection[KeyPath]
) -> None:
    """The same for fields of an answer that is one row, written at a path."""
    _Checker(report, spoiled).fields(path, fields, context(format, ""))


class _Checker:
    def __init__(self, report: Diagnostics, spoiled: Collection[KeyPath]) -> None:
        self._report, self._spoiled = report, spoiled

    def fields(self, path: KeyPath, fields: dict[str, FieldSpec], here: Context) -> None:
        """The fields of a page that is one row."""
        self._fields(path, fields, here, path[:-1])

    def table(self, path: KeyPath, spec: TableSpec, kind: KindSpec) -> None:
        """A table's rows and its fields."""
        if not self._each(path, spec.each, kind.format):
            return
        here = context(kind.format, spec.each)
        self._fields((*path, "fields"), spec.fields, here, path)

    def whole_page(self, path: KeyPath, kind: KindSpec) -> None:
        """What is looked for once on a page: what counts its list, and what each good answer has."""
        here = context(kind.format, "")
        if kind.paginate is not None:
            for name in ("cursor", "page_count", "total", "more"):
                spec, at = getattr(kind.paginate, name), (*path, "paginate", name)
                if spec is not None and at not in self._spoiled:
                    self._source(at, spec, here, path)
        for index, one in enumerate(kind.expect):
            if (*path, "expect", index) not in self._spoiled:
                self._source((*path, "expect", index), one, here, path)

    def follow(self, path: KeyPath, rule: FollowSpec, kind: KindSpec) -> None:
        """A follow rule's rows, its address, and what it carries."""
        if path[:-1] in self._spoiled or path in self._spoiled:
            return
        if path in self._spoiled or not self._each(path, rule.each, kind.format):
            return
        here = context(kind.format, kind.each if rule.of == "row" and "from" in rule.given else rule.each)
        if rule.submit:
            self._form(path, rule, kind)
        elif rule.says_where:
            self._source(path, rule, here, path)
        self._fields((*path, "carry"), rule.fields, here, path)

    def _form(self, path: KeyPath, rule: FollowSpec, kind: KindSpec) -> None:
        if kind.format != "html":
            self._say((*path, "submit"), Problem("there are forms in HTML only", "remove submit, or format"))
        elif (wrong := validators.selector(rule.submit)) is not None:
            self._say((*path, "submit"), wrong)

    def _fields(self, path: KeyPath, fields: dict[str, FieldSpec], here: Context, table: KeyPath) -> None:
        for name, field in fields.items():
            if (*path, name) not in self._spoiled:
                self._source((*path, name), field, here, table)

    def _each(self, path: KeyPath, each: str | tuple[EachSpec, ...], format: Format) -> bool:
        """Whether the rows can be found; what is wrong is said."""
        at = (*path, "each")
        if at in self._spoiled:
            return False
        if each and format in ("csv", "xlsx"):
            return self._say(at, Problem(f"each line of the {format} file is a row already", "remove each"))
        around = language_of(format)
        if isinstance(each, str):
            return not each or self._text_alone(at, each, around, ("pages", str(path[1])))
        good = True
        for index, spec in enumerate(each):
            here = (*at, index) if len(each) > 1 else at
            good = good and here not in self._spoiled and self._level(here, spec, around, path)
            around = _level(spec, around).language(around)
        return good

    def _level(self, path: KeyPath, spec: EachSpec, around: Language, table: KeyPath) -> bool:
        if spec.alone:
            return self._text_alone(path, spec.css, around, table)
        if around == "text" and not (spec.json or spec.css or spec.xpath):
            return self._say(path, Problem("a text has no rows", "write json: for JSON in it"))
        if around == "json" and (found := next((name for name in _OF_PAGES if name in spec.given), None)):
            return self._say((*path, found), _not_in("json", found))
        whole_page = path[-1] in ("each", 0) and around == "json" and "json" not in spec.given
        if whole_page and (found := next((name for name in _OF_HTML if name in spec.given), None)):
            return self._say((*path, found), _not_in("json", found))
        return self._values(path, spec, ("css", "html_table"), around)

    def _source(self, path: KeyPath, spec: SourceSpec, here: Context, table: KeyPath, of: str = "row") -> bool:
        for name in ("first_of", "all_of"):
            for index, source in enumerate(getattr(spec, name)):
                beside = spec.of if spec.of != "row" else of
                self._source((*path, name, index), source, here, table, beside)
        around = seen_from(spec, here, of)
        wrong = _misplaced(spec, here, around)
        if wrong is not None:
            return self._say((*path, wrong[0]), wrong[1])
        if spec.alone:
            return self._text_alone(path, spec.css, around, table)
        found = _in_language(spec, here, around)
        if found is not None:
            return self._say((*path, found[0]), found[1])
        return self._values(path, spec, ("css", "exclude"), around)

    def _values(self, path: KeyPath, spec: SourceSpec | EachSpec, css: Collection[str], around: Language) -> bool:
        checks = [(name, validators.selector) for name in css if name in spec.given]
        checks += [("xpath", validators.xpath)] if "xpath" in spec.given else []
        checks += [("json", validators.path)] if "json" in spec.given else []
        good = True
        for name, check in checks:
            wrong = check(getattr(spec, name))
            if wrong is not None:
                good = self._say((*path, name), wrong)
        return good

    def _text_alone(self, path: KeyPath, text: str, around: Language, table: KeyPath) -> bool:
        wrong: Problem | None = None
        kind = ".".join(map(str, table[:2]))
        if around == "html":
            if _is_path(text):
                fix = f"add format: json to {kind}, or write css: in front"
                wrong = Problem(f"'{text}' finds nothing in HTML", fix)
            else:
                wrong = validators.selector(text)
        elif around == "json":
            wrong = validators.path(text)
            looks_css = text.lstrip()[:1] in ("#", ".") or validators.selector(text) is None
            if (wrong is not None and looks_css) or _is_combined(text):
                wrong = Problem(
                    f"'{text}' is a CSS selector, and there is JSON here",
                    "write a path such as data.name, or {json: ..., css: ...} for HTML in the JSON",
                )
        elif around == "text":
            wrong = Problem("a text alone finds nothing in plain text", "write {regex: ...} or {lines: true, nth: 1}")
        return wrong is None or self._say(path, wrong)

    def _say(self, path: KeyPath, wrong: Problem) -> bool:
        """Complain, at the nearest place that the file has; returns False."""
        while path and self._report.node(path) is None:
            path = path[:-1]
        self._report.add(path, wrong.what, wrong.fix, offset=wrong.offset)
        return False


def _is_path(text: str) -> bool:
    """Whether a text that could be a CSS selector is surely meant as a path: `data.stores`, `items[]`."""
    if _OF_A_PATH.search(text):
        return True
    found = _DOTTED.fullmatch(text)
    if found is None or "-" in found[1]:
        return False
    name, part = found[1].lower(), found[2].lower()
    return name not in _ELEMENTS or (name == "address" and part in _PARTS)


def may_be_path(text: str) -> bool:
    """Whether a right CSS selector is more likely meant as a path: `data.stores`."""
    return text.startswith(("data.", "object.", "map.")) and _DOTTED.fullmatch(text) is not None


def _is_combined(text: str) -> bool:
    """Whether a text that could be a comparison in JMESPath is surely meant as a CSS selector: `ul > li.shop`."""
    found = _COMBINED.fullmatch(text)
    return found is not None and {found[1], found[2]} <= _ELEMENTS


def _in_rows(here: Context) -> bool:
    return here.each is not None or bool(here.levels) or here.page == "cells"


def _misplaced(spec: SourceSpec, here: Context, around: Language) -> tuple[str, Problem] | None:
    """A place that there is not, or in which nothing of this sort stands."""
    where = spec.of
    if where in ("outer", "outermost") and not here.outer:
        fix = "write from: page" if _in_rows(here) else "remove from"
        return "from", Problem(f"'from: {where}' needs each with two levels or more", fix)
    if where in ("before", "after"):
        if around not in ("html", "table") or not _in_rows(here):
            return "from", Problem(f"'from: {where}' needs rows of HTML", "give this table each:, or remove from")
        if not (spec.css or spec.xpath):
            return "from", Problem(f"'from: {where}' needs css or xpath", "say what stands there")
    if where == "page" and here.page == "cells" and not (spec.response or spec.url):
        return "from", Problem("a sheet has nothing outside its lines", "remove from")
    if spec.index and not _in_rows(here):
        return "index", Problem("'index' is the key or number of a row, and this page is one row", "add each:")
    return None


def _in_language(spec: SourceSpec, here: Context, around: Language) -> tuple[str, Problem] | None:
    """A source that there is not in this language."""
    has = spec.has
    given = [name for name in ("js", "schema", "label", "column", "css", "xpath", "json", "attr") if has(name)]
    for name in given:
        if name in _NONE[around]:
            return name, _not_in(around, name)
    if around in ("html", "table") and spec.of == "row" and _in_rows(here):
        for name in ("js", "schema"):
            if has(name):
                what = f"'{name}' reads the whole page, so each row would get the same"
                return name, Problem(what, f"add from: page, or write each: {{{name}: ...}}")
    if given == ["json"] and around == "html" and not (spec.of == "row" and _in_rows(here)):
        fix = "add format: json to the page kind, or say where the JSON stands with css:, js: or schema:"
        return "json", Problem(f"'{spec.json}' is a path, and this page is HTML", fix)
    if around == "json" and given and given[0] in ("css", "xpath") and not has("json"):
        if not _in_rows(here):
            return given[0], _not_in("json", given[0])
        if spec.of == "row" and here.levels and here.levels[-1].schema:
            return given[0], Problem(f"'{given[0]}' finds nothing in schema.org data", "add from: page")
    if around == "json" and given == ["json", "attr"]:
        return "attr", Problem("only an element has attributes, and the path leads to JSON", "remove attr")
    if around == "cells" and given and not has("column"):
        return given[0], Problem(f"'{given[0]}' needs a cell to look into", "add column:")
    return None


_NONE: dict[Language, frozenset[str]] = {
    "html": frozenset({"column"}),
    "table": frozenset(),
    "json": frozenset({"js", "schema", "label", "column"}),
    "cells": frozenset({"js", "schema", "label"}),
    "text": frozenset({"js", "schema", "label", "column"}),
}
"""Sources that a language does not have."""
_FIXES = {
    "json": "write a path, as json: data.name",
    "cells": "write column:",
    "text": "write regex: or lines:",
    "html": "add each: {html_table: ...}, or write css:",
    "table": "write column:",
}
_NOUNS = {"json": "JSON", "cells": "a line of a sheet", "text": "plain text", "html": "HTML", "table": "a row"}


def _not_in(language: Language, name: str) -> Problem:
    if name == "column":
        return Problem("only rows of a table, a CSV or an Excel file have columns", _FIXES[language])
    return Problem(f"'{name}' finds nothing in {_NOUNS[language]}", _FIXES[language])
