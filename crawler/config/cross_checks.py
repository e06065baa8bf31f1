"""Checks that need the whole config: names that refer to each other, tables fed from two places, paths."""

from __future__ import annotations

import importlib
import importlib.machinery
import os
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from crawler import plugins
from crawler.config.diagnostics import Diagnostics, dotted
from crawler.config.document import Document
from crawler.config.field_spec import SOURCES, ConditionSpec, FieldSpec
from crawler.config.handed import Use, arriving, is_next, is_of_rows, placeholders, uses
from crawler.config.languages import check_languages, context, may_be_path, tables_of
from crawler.config.page_spec import FollowSpec, KindSpec
from crawler.config.paging_spec import PaginateSpec
from crawler.config.session_checks import check_session
from crawler.config.tables import Field, Home, carried_by, homes, table_keys
from crawler.config.validators import did_you_mean
from crawler.config.yaml_tree import KeyPath, find
from crawler.extract.selectors import ends_in
from crawler.model import FILE_COLUMNS

__all__ = ["check", "check_files", "check_hooks", "warnings"]


_TEXTLESS = {"meta": "content", "img": "src", "input": "value"}
_ABOVE_ROWS = {"html", "head", "body"}
_NO_LINKS = frozenset(
    {
        "article",
        "aside",
        "b",
        "button",
        "dd",
        "div",
        "dl",
        "dt",
        "em",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "i",
    }
    | {"img", "li", "ol", "p", "section", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"}
)
_MAX_COLUMNS = 16_000  # Excel has 16,384
_IN_NAME = re.compile(r"\$?\{[^{}]*\}|%[YmdFHMS]|\$\([^()]*\)")


def check(document: Document, report: Diagnostics, spoiled: Collection[KeyPath] = ()) -> None:
    """Complain of every reference that leads nowhere and every contradiction, but not of what is `spoiled` already."""
    for name, kind in document.pages.items():
        _follow_targets(name, kind, document, report, spoiled)
        _sources(("pages", name), kind, report, spoiled)
    check_languages(document, report, spoiled)
    _browser_proxy(document, report)
    for home in homes(document):
        _names(home, report, spoiled)
    there = arriving(document)
    for name, kind in document.pages.items():
        given = {one.name: Field(*one) for one in there[name].values()}
        _follow_names(("pages", name), kind, given, report, spoiled)
    _handed_over(document, there, report, spoiled)
    for name, kind in document.pages.items():
        if kind.paginate is not None and ("pages", name, "paginate") not in spoiled:
            _paginate(("pages", name), kind, kind.paginate, report)
    _columns(document, report, spoiled)
    _keys(document, report)
    _twins(document, report)
    _file_names(document, report)
    _allowed_blank(document, report)
    check_session(document, report, spoiled)


def _browser_proxy(document: Document, report: Diagnostics) -> None:
    proxies = [proxy.reveal().lower() for proxy in document.fetch.proxy]
    if not any(kind.browser for kind in document.pages.values()):
        return
    if len(proxies) > 1:
        report.add(
            ("fetch", "proxy"), "pages with browser: cannot change between proxies", "write one, or remove browser:"
        )
    elif proxies and not proxies[0].startswith("http://"):
        what = "pages with browser: cannot use this proxy"
        report.add(("fetch", "proxy"), what, "use one whose URL begins with http://, or remove browser:")


def _follow_targets(
    name: str, kind: KindSpec, document: Document, report: Diagnostics, spoiled: Collection[KeyPath]
) -> None:
    kinds = list(document.pages)
    for index, rule in enumerate(kind.follow):
        path = ("pages", name, "follow", index)
        if rule.to and rule.to not in kinds:
            fix = did_you_mean(rule.to, kinds) or f"there are: {', '.join(kinds[:20])}"
            report.add((*path, "to"), f"no page kind '{rule.to}'", fix)
        elif not (rule.says_where or path in spoiled or path[:-1] in spoiled or _misspelt(path, spoiled)):
            target = document.pages.get(rule.to)
            if target is not None and target.request.url is None and (*path[:1], rule.to, "request") not in spoiled:
                what = f"does not say where the address stands, and page kind '{rule.to}' has no request.url"
                report.add(path, what, "add css: or another source, or request: {url: ...} there")


def _misspelt(path: KeyPath, spoiled: Collection[KeyPath]) -> bool:
    """Whether a source is refused, or an unknown key may be meant as one."""
    wrong = [str(one[-1]) for one in spoiled if one[:-1] == path]
    return any(name in SOURCES or name not in FollowSpec.keys for name in wrong)


def _handed_over(
    document: Document, known: Mapping[str, Collection[str]], report: Diagnostics, spoiled: Collection[KeyPath]
) -> None:
    """Each link hands over what its target uses; `known` is what arrives at each page kind."""
    used = {name: list(uses(("pages", name), kind)) for name, kind in document.pages.items()}
    for name, kind in document.pages.items():
        there = {*known[name], *((kind.paginate.name,) if kind.paginate is not None else ())}
        for use in used[name]:
            if use.name not in there and use.path not in spoiled and use.path[:4] not in spoiled:
                _is_not_given(use, name, there, report, document.started)
        _spaced_names(("pages", name), kind, there, report)
        for index, rule in enumerate(kind.follow):
            along = {use.name for use in used[name]} if is_next(name, rule) and rule.to == name else set()
            given = {*rule.fields, *rule.names, *along}
            path = ("pages", name, "follow", index)
            for use in used.get(rule.to, ()):
                if use.name in known[rule.to] and use.name not in given and path not in spoiled:
                    what = f"{dotted(use.path)} uses {{{use.name}}}, which this link does not hand over"
                    report.add(path, what, f"add {use.name} to carry:")
                    break


def _paginate(path: KeyPath, kind: KindSpec, spec: PaginateSpec, report: Diagnostics) -> None:
    """What is counted stands in the request, and is no other value."""
    name = spec.name
    if not any(use.name == name and use.path[2] == "request" for use in uses(path, kind)):
        what = f"nothing in request uses {{{name}}}"
        report.add((*path, "paginate", name), what, f'add request: {{query: {{{name}: "{{{name}}}"}}}}')
    if name in kind.fields:
        what = f"'{name}' is a field of this page kind, and what paginate counts has that name in request"
        report.add((*path, "fields", name), what, "rename the field", on_key=True)


def _spaced_names(path: KeyPath, kind: KindSpec, there: Collection[str], report: Diagnostics) -> None:
    """A name with spaces in its braces is a text; where something hands it over, that is not what was meant."""
    if not kind.request.given:
        return
    from crawler.extract.request import templates_in  # late: few configs have one
    from crawler.extract.templates import spaced

    for text in templates_in(kind.request.templates):
        for name, found in spaced(text).items():
            if name in there:
                what = f"'{found}' has spaces in it, so it is not a placeholder"
                report.add((*path, "request"), what, f"write {{{name}}}")


def _is_not_given(use: Use, kind: str, there: Collection[str], report: Diagnostics, started: Collection[str]) -> None:
    """Complain of a name of a request or of a carry list that nothing hands over."""
    part = use.path[2]
    if part == "request" and kind in started:
        return  # said of the starts
    if part not in ("request", "follow") or ("carry" not in use.path and part == "follow"):
        return  # said where fields of a row are looked at
    what = f"uses {{{use.name}}}, which nothing hands over"
    if part == "follow":
        what = f"'{use.name}' is no field of this page kind's rows, and nothing hands it over"
    add = f"add carry: with {use.name} to the rule that leads to {kind}, or to start"
    if part == "request":
        add += f"; write {{{{{use.name}}}}} for the text {{{use.name}}}"
    report.add(use.path, what, did_you_mean(use.name, there) or add)


def _sources(path: KeyPath, kind: KindSpec, report: Diagnostics, spoiled: Collection[KeyPath]) -> None:
    """A table has columns, and a field says where its value stands, except in rows and under a hook."""
    for where, table in [(path, kind), *(((*path, *inner), spec) for inner, _, spec in tables_of(kind))]:
        if where in spoiled or where[:-1] in spoiled:
            continue
        if not table.fields and (table is not kind or kind.table):
            fix = "declare its columns, for example `fields: {title: {type: text}}`" if kind.python else "add fields:"
            report.add(where, "a table without fields", fix)
        for name, spec in table.fields.items():
            field = (*where, "fields", name)
            if field in spoiled:
                continue
            rowless = not (table.each or kind.python or (*path, "python") in spoiled)
            _says_where(field, spec, kind.format, report, rowless=rowless)


def _says_where(path: KeyPath, spec: FieldSpec, format: str, report: Diagnostics, *, rowless: bool) -> None:
    empty = next((name for name in SOURCES if name in spec.given and getattr(spec, name) in (None, ())), None)
    said = spec.sources() or spec.of != "row" or "json" in spec.given or format in ("csv", "xlsx", "text")
    if empty is not None:
        report.add((*path, empty), "says nothing", "write a value or remove the key")
    elif rowless and not said:
        fix = "add css:, label: or url: true" if format == "html" else "add json: with a path"
        report.add(path, "does not say where to find the value", fix)
    for key in ("first_of", "all_of"):
        for index, source in enumerate(getattr(spec, key)):
            _says_where((*path, key, index), source, format, report, rowless=rowless and spec.of == "row")


def _names(home: Home, report: Diagnostics, spoiled: Collection[KeyPath]) -> None:
    """Templates and conditions name fields of their table."""
    fields = home.spec.fields
    arriving = {field.name for field in home.carried}
    _templates((*home.path, "fields"), fields, arriving, report, spoiled)
    for name, condition in home.spec.where.items():
        path = (*home.path, "where", name)
        if _is_field(name, path, fields, arriving, report, on_key=True):
            _bounds(path, condition, next(one for one in (*home.fields, *home.carried) if one.name == name), report)


def _templates(
    path: KeyPath,
    fields: Mapping[str, FieldSpec],
    arriving: Collection[str],
    report: Diagnostics,
    spoiled: Collection[KeyPath],
) -> None:
    used: dict[str, list[str]] = {}
    for name, spec in fields.items():
        found = placeholders(spec, (*path, name))
        used[name] = [one for one, at in found if _is_field(one, at, fields, arriving, report)]
    for name in fields:
        if name in _reached(used, name) and (*path, name) not in spoiled:
            what, fix = f"the value of '{name}' is made of itself", "name another field"
            if name in arriving:
                what = f"{{{name}}} is this field itself here, not what a start or a link hands over"
                fix = f"give the field another name, or remove it: carry: [{name}] makes a column of it"
            report.add((*path, name), what, fix)
            break


def _follow_names(
    path: KeyPath, kind: KindSpec, given: Mapping[str, Field], report: Diagnostics, spoiled: Collection[KeyPath]
) -> None:
    """Templates and conditions of a follow rule name fields of its `carry`, or what its page is given."""
    own = context(kind.format, kind.each)
    row = {name: Field((*path, "fields", name), name, spec, own) for name, spec in kind.fields.items()}
    for index, rule in enumerate(kind.follow):
        at = (*path, "follow", index)
        if at in spoiled or (*at, "carry") in spoiled:
            continue
        _templates((*at, "carry"), rule.fields, given, report, spoiled)
        known = {**given, **{field.name: field for field in carried_by(rule, kind, at)}}
        if is_of_rows(rule):
            known = {**known, **row}
        for name, place in placeholders(rule, at):
            _is_carried(name, place, known, report)
        for name, condition in rule.where.items():
            place = (*at, "where", name)
            if _is_carried(name, place, known, report, on_key=True):
                _bounds(place, condition, known[name], report)


def _is_carried(
    name: str, path: KeyPath, known: Mapping[str, Field], report: Diagnostics, *, on_key: bool = False
) -> bool:
    if name in known or name.startswith("session."):  # which has a check of its own
        return True
    fix = did_you_mean(name, known) or "add it there, with hidden: true if it shall be no column"
    report.add(path, f"'{name}' is no field of carry", fix, on_key=on_key)
    return False


def _is_field(
    name: str,
    path: KeyPath,
    fields: Mapping[str, FieldSpec],
    arriving: Collection[str],
    report: Diagnostics,
    *,
    on_key: bool = False,
) -> bool:
    if name in fields or name in arriving or name.startswith("session."):
        return True
    fix = did_you_mean(name, fields) or f"fields are: {', '.join(list(fields)[:20]) or 'none'}"
    report.add(path, f"'{name}' is no field of this table", fix, on_key=on_key)
    return False


def _reached(used: Mapping[str, list[str]], start: str) -> set[str]:
    """The fields of which a field is made, and those of which they are."""
    found: set[str] = set()
    todo = list(used.get(start, ()))
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += used.get(name, ())
    return found


_NUMBERS = ("int", "decimal", "money", "any")


def _bounds(path: KeyPath, condition: object, field: Field, report: Diagnostics) -> None:
    """min and max need a number or a date, and are one."""
    if not isinstance(condition, ConditionSpec):
        return
    for key in ("min", "max"):
        bound = getattr(condition, key)
        if bound is None:
            continue
        if field.type in ("date", "datetime"):
            if not _is_date(bound):
                report.add((*path, key), f"'{bound}' is no date", "write it as 2026-01-31")
        elif field.type not in _NUMBERS:
            what = f"'{key}' needs a number or a date, and '{field.name}' is {field.type}"
            report.add((*path, key), what, f"add type: decimal or type: date to {field.name}")
        elif not _is_number(bound):
            report.add((*path, key), f"'{bound}' is no number", "write it as 12.5")


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _columns(document: Document, report: Diagnostics, spoiled: Collection[KeyPath]) -> None:
    """One column has one type, whichever page kind fills it."""
    seen: dict[tuple[str, str], Field] = {}
    widths: dict[str, int] = {}
    for home in homes(document):
        for field in [*home.columns, *(one for one in home.carried if not one.spec.hidden)]:
            first = seen.setdefault((home.table, field.name), field)
            widths[home.table] = widths.get(home.table, 0) + (first is field)
            doubtful = {field.path, first.path}.intersection(spoiled) or _of_itself(field) or _of_itself(first)
            if first.type != field.type and not doubtful:
                named = f"same type, for example type: {first.type if first.type != 'any' else field.type}"
                what = f"the column '{field.name}' of table '{home.table}' is {field.type} here"
                fix = f"give both the {named}"
                if field.path[:1] == ("start",):
                    fix = f"values of starts are text: add type: text there, or take {field.name} from carry:"
                report.add(field.path, f"{what} and {first.type} in {dotted(first.path)}", fix)
        if widths.get(home.table, 0) > _MAX_COLUMNS:
            report.add(home.path, f"more than {_MAX_COLUMNS} columns", "Excel holds 16,384")


def _of_itself(field: Field) -> bool:
    return any(use.name == field.name for use in placeholders(field.spec, ()))


def _keys(document: Document, report: Diagnostics) -> None:
    keys = table_keys(document)
    for home in homes(document):
        names = [field.name for field in home.columns]
        if home.spec.key and home.spec.key != keys[home.table]:
            what = f"differs from the key of table '{home.table}' elsewhere: {', '.join(keys[home.table])}"
            report.add((*home.path, "key"), what, "a table has one key")
        elif names or (home.spec.key and home.fields):
            _key_fields(home, keys[home.table], names, report)


def _key_fields(home: Home, key: tuple[str, ...], names: list[str], report: Diagnostics) -> None:
    for index, name in enumerate(key):
        if name not in names:
            path = (*home.path, "key", index) if home.spec.key else home.path
            if any(field.name == name for field in home.fields):
                report.add(_single(report, path), f"the key '{name}' is hidden, and a key is a column", "remove hidden")
                continue
            fix = did_you_mean(name, names) or f"fields are: {', '.join(names[:20]) or 'none'}"
            report.add(_single(report, path), f"the key '{name}' is not a field of table '{home.table}'", fix)


def _single(report: Diagnostics, path: KeyPath) -> KeyPath:
    """`key: upc` has no `[0]` for a person, `key: [upc]` has."""
    return path if find(report.root, path, exact=True)[0] is not None else path[:-1]


def _twins(document: Document, report: Diagnostics) -> None:
    """SQLite takes names that differ only in case for one."""
    tables: dict[str, str] = {}
    columns: dict[tuple[str, str], str] = {}
    for home in homes(document):
        first = tables.setdefault(home.table.lower(), home.table)
        if first != home.table:
            what = f"the tables '{first}' and '{home.table}' differ only in case"
            named = isinstance(home.spec, KindSpec) and home.spec.table
            report.add((*home.path, "table") if named else home.path, what, "use one name", on_key=not named)
        for field in home.columns:
            first = columns.setdefault((home.table, field.name.lower()), field.name)
            if first != field.name:
                report.add(field.path, f"the fields '{first}' and '{field.name}' differ only in case", "rename one")


def _allowed_blank(document: Document, report: Diagnostics) -> None:
    """`protect.allow_blank` names tables and columns that there are."""
    if document.protect is None or not document.protect.allow_blank:
        return
    known = [home.table for home in homes(document)]
    known += [f"{home.table}.{field.name}" for home in homes(document) for field in home.columns]
    for index, name in enumerate(document.protect.allow_blank):
        if name not in known:
            fix = did_you_mean(name, known) or f"there are: {', '.join(dict.fromkeys(known[:20]))}"
            path = _single(report, ("protect", "allow_blank", index))
            report.add(path, f"no table or column '{name}'", fix)


def _file_names(document: Document, report: Diagnostics) -> None:
    """`files.name` is made of fields that each table with files has."""
    if not document.files.name:
        return
    from crawler.extract.templates import Template  # late: few configs have one

    path, filled = ("files", "name"), False
    for home in homes(document):
        fields = {field.name for field in home.columns}
        if not any(field.type in FILE_COLUMNS for field in home.columns):
            continue
        filled = True
        for name in Template(document.files.name).names:
            if name not in fields | {"ext", "hash"}:
                fix = did_you_mean(name, fields) or f"columns are: {', '.join(sorted(fields)[:20])}"
                report.add(path, f"'{name}' is no column of table '{home.table}', which has files", fix)
                return
    if not filled:
        report.add(path, "no field has type: file", "add one, or remove the key")


def check_files(outputs: tuple[Path, ...], state: Path, report: Diagnostics) -> None:
    """No file is written twice, and the state is none of the outputs."""
    seen: dict[str, int] = {}
    for index, path in enumerate(outputs):
        name = os.path.normcase(path)
        if name in seen:
            report.add(_single(report, ("output", index)), "the same file as another output", "remove one")
        seen[name] = index
    if os.path.normcase(state) in seen:
        report.add(("state",), "the state file is also an output", "give it a name of its own")


def check_hooks(document: Document, folder: Path, report: Diagnostics, starts: Collection[str] = ()) -> None:
    """The module of each `module:name` can be found; it is not imported here, so no code of it runs."""
    importlib.invalidate_caches()
    for path, name in [*_own(document), *((("start",), name) for name in starts)]:
        module = plugins.module_of(name).partition(".")[0]
        if ":" in name and not _importable(module, folder):
            what = f"there is no module '{module}' beside the config, and none is installed"
            report.add(path, what, f"create {module}.py, or correct the name")


def _own(document: Document) -> Iterator[tuple[KeyPath, str]]:
    """Where a config may name something of the user's own, and what stands there."""
    yield ("fetch", "strategy"), document.fetch.strategy
    yield ("fetch", "client"), document.fetch.client
    for index, step in enumerate(document.session.steps if document.session else ()):
        yield from _of_fields(("session", "steps", index, "fields"), step.fields)
    for name, kind in document.pages.items():
        yield ("pages", name, "python"), kind.python
        yield from _of_fields(("pages", name, "fields"), kind.fields)
        for inner, _, spec in tables_of(kind):
            yield from _of_fields(("pages", name, *inner, "fields"), spec.fields)
        for index, rule in enumerate(kind.follow):
            yield from _of_fields(("pages", name, "follow", index, "carry"), rule.fields)


def _of_fields(path: KeyPath, fields: Mapping[str, FieldSpec]) -> Iterator[tuple[KeyPath, str]]:
    for name, spec in fields.items():
        yield (*path, name, "type"), spec.type or ""
        yield (*path, name, "python"), spec.python


def _importable(module: str, folder: Path) -> bool:
    """Whether it lies in the folder, or any finder has it: an editable install may bring a finder of its own."""
    if module in sys.modules:  # also `__main__`, which no finder has
        return True
    if importlib.machinery.PathFinder.find_spec(module, [str(folder)]) is not None:
        return True
    return any(finder.find_spec(module, None) is not None for finder in sys.meta_path)


def warnings(document: Document, first_kinds: set[str]) -> Iterator[str]:
    """What is allowed but most likely not meant."""
    depths = _depths(document, first_kinds)
    hooked = any(document.pages[name].python for name in depths)  # a hook may lead anywhere
    for name, kind in document.pages.items():
        if name not in depths and hooked:
            continue
        if name not in depths:
            yield f"pages.{name}: no follow rule leads to this page kind; add one or remove the kind"
        elif document.limits.depth is not None and depths[name] > document.limits.depth:
            away, most = depths[name], document.limits.depth
            yield f"limits.depth: {most} excludes pages of kind '{name}', which are {away} links from the start"
        if not (kind.fields or kind.tables or kind.follow or kind.python):
            yield f"pages.{name}: these pages have no fields and no follow rules; add some"
        if not kind.python:
            yield from _blank_columns(name, kind)
        for index, rule in enumerate(kind.follow):
            yield from _idle_rule(document, name, f"pages.{name}.follow[{index}]", rule)
    if not any(True for _ in homes(document)) and not any(kind.python for kind in document.pages.values()):
        yield "pages: no page kind has fields, so no rows will be written"
    for path in document.output or ():
        if found := _IN_NAME.search(path):
            what = f"output: {found[0]} is no placeholder, so the file is named '{path}'"
            yield f'{what}; for a file of each day, start the job with --set "output=NAME-$(date +%F).xlsx"'
    if document.session is not None and document.session.lost is None:
        yield "session.lost: missing; a session that runs out during the crawl is then not noticed"
    if not (document.demo or document.polite.contact or document.fetch.user_agent):
        yield "polite.contact: missing; add your web page or e-mail address, so that the site's owner can reach you"


def _blank_columns(name: str, kind: KindSpec) -> Iterator[str]:
    """Fields that can find nothing, whatever is on the page."""
    for where, table in [((), kind), *((inner, spec) for inner, _, spec in tables_of(kind))]:
        here = context(kind.format, table.each)
        if kind.format == "html" and isinstance(table.each, str) and may_be_path(table.each):
            yield _as_css(dotted(("pages", name, *where, "each")), table.each)
        if here.row == "html" and not here.levels:
            for field, spec in table.fields.items():
                path = dotted(("pages", name, *where, "fields", field))
                yield from _blank_field(path, spec, here.each or "")


def _blank_field(where: str, spec: FieldSpec, each: str) -> Iterator[str]:
    if spec.alone and may_be_path(spec.css):
        yield _as_css(where, spec.css)
    plain = spec.css and spec.default is None and spec.of == "row" and not (spec.count or spec.json or spec.first_of)
    found = ends_in(spec.css) if plain else {""}
    element = min(found)
    if found <= _TEXTLESS.keys() and not (spec.attr or spec.html):
        yield f"{where}: <{element}> never has text, so this column stays blank; add attr: {_TEXTLESS[element]}"
    elif each and found <= _ABOVE_ROWS and not ends_in(each) & {"html", ""}:
        yield (
            f"{where}: <{element}> is never inside a row of '{each}', and a field searches only inside its row, "
            "so this column stays blank"
        )


def _as_css(where: str, text: str) -> str:
    element, _, name = text.partition(".")
    return f"{where}: '{text}' means <{element} class='{name}'> in HTML; if it is a path in JSON, add format: json"


def _idle_rule(document: Document, name: str, where: str, rule: FollowSpec) -> Iterator[str]:
    """A rule that follows nothing, or what it carries nowhere."""
    html = bool(rule.css) and document.pages[name].format == "html" and rule.sources() == ["css"]
    found = ends_in(rule.css) if html else {""}
    if not rule.attr and not rule.regex and found <= _NO_LINKS:
        yield f"{where}: <{min(found)}> has no href, so nothing is followed; select the <a> in it, or give attr:"
    for field, spec in rule.fields.items():
        if html and isinstance(rule.each, str):
            yield from _blank_field(f"{where}.carry.{field}", spec, rule.each)
    target = document.pages.get(rule.to)
    if rule.carry and target and not (target.fields or target.tables or target.python):
        used = {use.name for use in uses(("pages", rule.to), target)}
        idle = [name for name in (*rule.fields, *rule.names) if name not in used]
        if idle:
            yield (
                f"{where}.carry: page kind '{rule.to}' has no table and does not hand on {', '.join(idle[:5])}; add "
                f"carry: [{', '.join(idle[:5])}] to a rule there"
            )


def _depths(document: Document, first_kinds: set[str]) -> dict[str, int]:
    """Fewest links from a start URL to each page kind that can be reached."""
    depths = dict.fromkeys(first_kinds, 0)
    pending = list(depths)
    for name in pending:  # grows while it is walked: breadth first
        for rule in document.pages[name].follow if name in document.pages else ():
            if rule.to not in depths:
                depths[rule.to] = depths[name] + (not is_next(name, rule))
                pending.append(rule.to)
    return depths
