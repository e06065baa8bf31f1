"""Why a rule has no value, or no link, on a page, and what to write instead: for people who write selectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crawler.extract.text import collapse_whitespace

if TYPE_CHECKING:
    from crawler.extract.engine import Document, Node
    from crawler.extract.fields import CompiledField, Row
    from crawler.extract.follow import CompiledFollow, Links

__all__ = ["VOID", "why_no_link", "why_no_value"]

VOID = {
    "area": "href", "base": "href", "br": "", "col": "", "embed": "src", "hr": "", "img": "src", "input": "value",
    "link": "href", "meta": "content", "param": "value", "source": "src", "track": "src", "wbr": "",
}  # fmt: skip
"""Elements that hold no text in HTML, and the attribute that says what they are about ("" for none)."""
_MORE = {**VOID, "iframe": "src", "audio": "src", "video": "src", "svg": "", "script": "src"}
_SHOWN = 8
_SEARCHED_ROWS = 1_000  # that are searched for an element which one row lacks


def why_no_value(plan: CompiledField, row: Row, rows: Sequence[Row]) -> str:
    """Say why a field has no value in a row, and what to write where that is sure; "" where the page does not show it.

    Args:
        rows: all rows of the page; empty for a field of the page.
    """
    nodes = plan.nodes(row)
    if not nodes:
        return _not_in_row(plan, row, rows) if rows else ""
    taken = plan.raws(row)
    if not taken:
        return _no_attribute(row.document, nodes[0], plan.rule.attr or "")
    if not collapse_whitespace(taken[0])[0]:
        if plan.rule.attr is not None:
            return f"the attribute {plan.rule.attr} is empty"
        return "" if plan.rule.html else _no_text(row.document, nodes[0])
    return "the regex does not match this text" if plan.rule.regex else "nothing is left of this text"


def _not_in_row(plan: CompiledField, row: Row, rows: Sequence[Row]) -> str:
    """A field reaches what is inside its row: not the row itself, and nothing beside it."""
    if plan.rule.label is not None:
        outside = plan.nodes(row._replace(scope=None, labels=row.page.labels))
        return "the label is outside the row; a field of a row searches only inside the row" if outside else ""
    css = plan.rule.css
    assert css is not None
    found = row.document.select(None, css)
    if not found or any(row.document.first(other.scope, css) is not None for other in rows[:_SEARCHED_ROWS]):
        return ""
    if {_identity(other.scope) for other in rows} & {_identity(one) for one in found}:
        return "this selector matches the row itself; remove css: to take the field from the row"
    return f"it is outside the row ({len(found):,} on the page); a field of a row searches only inside the row"


def _identity(node: Node) -> object:
    """What tells elements apart: lexbor makes a new object at each search."""
    return getattr(node, "mem_id", None) or id(node)


def _no_attribute(document: Document, node: Node, wanted: str) -> str:
    inside = document.first(node, f"[{wanted}]") if wanted.replace("-", "").isalnum() else None
    if inside is not None:
        return (
            f"the {_tag(document, node)} has no {wanted}, the {_tag(document, inside)} inside it has; select that one"
        )
    return f"the {_tag(document, node)} has no {wanted}; {_attributes(document, node)}"


def _no_text(document: Document, node: Node) -> str:
    name = document.tag(node)
    never = f"{_tag(document, node)} never has text" if name in VOID else f"the {_tag(document, node)} has no text"
    wanted = _MORE.get(name)
    if wanted and document.attr(node, wanted) is not None:
        return f"{never}; add attr: {wanted}"
    picture = document.first(node, "img")
    if picture is not None:
        return f"{never}, but an <img>; add ' img' to the selector, and attr: src or attr: alt"
    return f"{never}; {_attributes(document, node)}"


def _attributes(document: Document, node: Node) -> str:
    names = document.attributes(node)
    if not names:
        return "it has no attributes either"
    return f"attr: can be {', '.join(names[:_SHOWN])}"


def _tag(document: Document, node: Node) -> str:
    return f"<{document.tag(node)}>"


def why_no_link(plan: CompiledFollow, rows: Sequence[Row], links: Links) -> str:
    """Say why no link of a rule is followed though elements match, and what to write; "" where some are."""
    if links.found or not links.dropped:
        return ""
    reason = max(links.dropped, key=links.dropped.__getitem__)
    if reason == "off-site":
        return "these links lead to other sites; to follow them, name their hosts in same_site: of the rule"
    if reason == "denied":
        return "allow: and deny: of the rule exclude all of these URLs"
    if reason == "scheme":
        return "these are not web addresses (javascript:, mailto: and the like)"
    found = ((row.document, node) for row in rows for node in row.document.select(row.scope, plan.css))
    document, node = next(found)
    attr = plan.rule.attr
    if reason != "empty" or document.attr(node, attr) is not None:
        return ""
    return _no_attribute(document, node, attr)
