"""How rules find what they find, in a few words, as a person writes it: for `check`, `try` and messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crawler.extract.rules import EachRule, FieldRule, FollowRule, TableRule

__all__ = ["found_by", "links_found_by", "rows_found_by", "selectors", "source", "steps"]

_ALONE = {"": "the row itself", "page": "the page", "outer": "the row around", "outermost": "the outermost row"}


def found_by(rule: FieldRule) -> str:
    """How a field is found: `p.price @content`, `label ISBN`, `json data.name`; with the steps that follow."""
    found = f"{source(rule)} all" if rule.all else source(rule)
    text = ", ".join(steps(rule))
    return f"{found}; {text}" if text else found


def source(rule: FieldRule) -> str:
    """Where a field looks: without the steps that follow."""
    if rule.page_url:
        return "the page's URL"
    for name in ("first_of", "all_of"):
        if sources := getattr(rule, name):
            return f"{name.replace('_', ' ')}: {' | '.join(map(found_by, sources))}"
    if rule.value is not None:
        return f"value {rule.value}"
    if rule.response is not None:
        return f"response {rule.response}"
    if rule.row_key:
        return "key or number of the row"
    parts = list(_parts(rule)) or [_ALONE.get(rule.of, _ALONE[""])]
    found = " ".join([*parts, *([f"@{rule.attr}"] if rule.attr else []), *(["html"] if rule.html else [])])
    if rule.item:
        found += f" as {rule.item}"
    return found if rule.of == "row" or not list(_parts(rule)) else f"{found} ({rule.of})"


def _parts(rule: FieldRule | EachRule) -> Iterator[str]:
    if isinstance(rule, FieldRule):
        if rule.column is not None:
            yield f"column {rule.column}"
        if rule.label is not None:
            yield f"label {rule.label}"
    if rule.js is not None:
        yield f"js {rule.js}"
    if rule.schema:
        yield f"schema {', '.join(rule.schema)}"
    if rule.css is not None:
        yield rule.css
    if rule.xpath is not None:
        yield f"xpath {rule.xpath}"
    if rule.json is not None:
        yield f"json {rule.json}"


def steps(rule: FieldRule) -> Iterator[str]:
    """Yield the steps between what is found and the value, but those that every field has: patterns are not told."""
    if rule.exclude is not None:
        yield f"without {rule.exclude}"
    for name in ("strip_html", "lines"):
        if getattr(rule, name):
            yield name
    if rule.split is not None:
        yield f"split {rule.split}"
    if rule.nth is not None:
        yield f"nth {rule.nth}"
    if rule.counted:
        yield "count"
    if rule.python is not None:
        yield f"python {rule.python}"
    if rule.join is not None:
        yield "join"


def rows_found_by(rule: TableRule | FollowRule) -> str:
    """How rows are found: `li.book`, `json data.stores`, `script#data json [] -> address[]`; "" where nothing cuts."""
    return rule.each if rule.each is not None else " -> ".join(map(_level, rule.levels))


def _level(level: EachRule) -> str:
    parts = list(_parts(level))
    if level.attr:
        parts.append(f"@{level.attr}")
    if level.html_table is not None:
        parts.append(f"table {level.html_table}")
    return " ".join([*parts, *(["strip_html"] if level.strip_html else [])])


def links_found_by(rule: FollowRule) -> str:
    """How the addresses of a follow rule are found."""
    if rule.submit is not None:
        return f"form {rule.submit}"
    if rule.source is None:
        return rule.css or ""
    plain = rule.source._replace(attr=None) if rule.source.attr == "href" and any(_parts(rule.source)) else rule.source
    return found_by(plain)


def selectors(rules: Iterable[FieldRule | EachRule]) -> Iterator[str]:
    """Yield the CSS selectors of rules, and those of the sources of fields."""
    for rule in rules:
        extra = (rule.exclude,) if isinstance(rule, FieldRule) else (rule.html_table,)
        yield from filter(None, (rule.css, *extra))
        if isinstance(rule, FieldRule):
            yield from selectors((*rule.first_of, *rule.all_of))
