"""XPath 1.0 (https://www.w3.org/TR/xpath-10/) on the tree that lexbor built, by lxml.

The tree is copied, element by element, so a path finds what a browser's inspector shows, `tbody` among it, and gives
the elements of the page itself. In a row, a path that begins with `/` begins at the row, as a CSS selector does: what
is outside it is reached by `ancestor::`, `following::` and the like.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lxml import etree  # type: ignore[import-untyped]  # it ships no types

from crawler.errors import ExtractError
from crawler.extract.patterns import compiled

if TYPE_CHECKING:
    from crawler.extract.engine import Document, Node

__all__ = ["XPath", "check_xpath"]

_MAX_LENGTH = 2000
_MAX_ELEMENTS = 400_000
_TOKEN = compiled(r"\"[^\"]*\"|'[^']*'|[\[\]]|//?|[|(,=<>+*-]|[^\s\"'\[\]/|(,=<>+*-]+|\s+|.", re.S)
_OPENS = frozenset({"", "|", "(", ",", "=", "<", ">", "+", "-", "and", "or", "div", "mod"})
_QUOTED = compiled(r"\"[^\"]*\"|'[^']*'")
_CALL = compiled(r"([\w-]+)\s*\(")
_NAMES = """last position count id local-name namespace-uri name string concat starts-with contains substring-before
    substring-after substring string-length normalize-space translate boolean not true false lang number sum floor
    ceiling round node text comment processing-instruction and or div mod"""
_FUNCTIONS = frozenset(_NAMES.split())
_BAD_NAME = compiled(r"[^\w.-]")
_NOT_XML = compiled("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DIGITS = 15
_GUARD = "look-at-clock"
_STEP = compiled(
    r"""("[^"]*"|'[^']*')                                          # a text
    |((?://\s*|\b(?:descendant|ancestor|following|preceding)(?:-or-self|-sibling)?\s*::\s*)
      (?:[a-z-]++\s*+::\s*+)?+@?\s*(?:\*|\w[\w.-]*+(?:\s*+\([^()]*\))?+))         # a step to elements anywhere
    (?!\s*\[)
    |(\[)(?!\s*(?:\d+|last\(\))\s*\])                              # a condition that is no position
    """,
    re.X,
)
"""Where an XPath may take long: `//p[count(following::p) > 3]` looks at each element from each other one."""


def check_xpath(path: str) -> str | None:
    """One line that says what is wrong with an XPath; None when it is right."""
    if not path.strip():
        return "the XPath is empty"
    if len(path) > _MAX_LENGTH:
        return f"the XPath has {len(path)} characters; at most {_MAX_LENGTH} are allowed"
    bare = _QUOTED.sub("''", path)
    if unknown := [name for name in _CALL.findall(bare) if name not in _FUNCTIONS]:
        return f"'{unknown[0]}()' is not a function of XPath 1.0"
    try:
        etree.XPath(path, smart_strings=False)(etree.Element("html"))
    except etree.XPathError as error:
        return _reason(path, str(error))
    return None


def _reason(path: str, message: str) -> str:
    if "prefix" in message.lower():
        return "names with a prefix cannot be used: a page has no namespaces; write *[local-name()='...']"
    if "arguments" in message.lower() or "number of args" in message.lower():
        return "a function has the wrong number of arguments"
    if path.count("[") != path.count("]") or path.count("(") != path.count(")"):
        return "a bracket is not closed, or closed twice"
    return "it is not XPath 1.0"


def _never() -> None:
    """No limit."""


def guarded(path: str) -> str:
    """The path with a look at the clock in each step that may be taken from each element to all others.

    Nothing else can stop libxml2. The condition that does it is always true, so it lets all elements through and
    changes no position.
    """
    found = [(step, condition) for _, step, condition in _STEP.findall(path) if step or condition]
    if len(found) < 2 and not any(condition for _, condition in found):  # one pass over the page
        return path

    def with_guard(found: re.Match[str]) -> str:
        if found[1]:
            return found[0]
        return f"{found[2]}[{_GUARD}()]" if found[2] else f"[{_GUARD}()]["

    return _STEP.sub(with_guard, path)


class _Now(threading.local):
    """What is asked for the time of the page that this thread reads: threads share the compiled paths."""

    def __init__(self) -> None:
        self.check_time: Callable[[], None] = _never


class XPath:
    """A compiled path.

    Raises:
        ExtractError: `selector`.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._now = _Now()
        try:
            self._of_page = self._compiled(path)
            self._of_row = self._compiled(_from_row(path))
        except etree.XPathError as error:
            raise ExtractError("selector", f"the XPath {path!r} cannot be used: {_reason(path, str(error))}") from error

    def _compiled(self, path: str) -> Any:
        return etree.XPath(guarded(path), smart_strings=False, extensions={(None, _GUARD): self._look})

    def _look(self, context: object) -> bool:
        self._now.check_time()
        return True

    def find(
        self, document: Document, scope: Node | None, check_time: Callable[[], None] = _never
    ) -> list[Node | str | bool | Decimal]:
        """Return what the path finds in a row (None: in the page): elements in document order, texts, or one value.

        Args:
            check_time: called again and again; it may raise.

        Raises:
            ExtractError: `selector`; `unparsable` for more elements than there is room for.
        """
        copy = _copy_of(document)
        if copy.root is None:
            return []
        self._now.check_time = check_time
        try:
            if scope is None:
                found: Any = self._of_page(copy.root.getroottree())
            else:
                found = self._of_row(copy.elements[document.identity(scope)])
        except etree.XPathError as error:
            raise ExtractError("selector", f"the XPath {self._path!r} failed: {error}") from error
        finally:
            self._now.check_time = _never  # a page must not live longer than its rules work on it
        if isinstance(found, bool | str):
            return [found]
        if isinstance(found, float):
            return [] if found != found else [Decimal(f"{found:.{_DIGITS}g}")]
        things = [one if isinstance(one, str) else copy.nodes.get(one) for one in found]
        return [one for one in things if one is not None]


def _from_row(path: str) -> str:
    """The path with a dot in front of each location path that begins at the root, outside of predicates."""
    parts, before, depth = [], "", 0
    for found in _TOKEN.finditer(path):
        part = found[0]
        depth += (part == "[") - (part == "]")
        if depth == 0 and part in ("/", "//") and before in _OPENS:
            parts.append(".")
        parts.append(part)
        if not part.isspace():
            before = part
    return "".join(parts)


class _Copy:
    """A document copied into lxml.

    Attributes:
        root: its outermost element; None for a document without any.
        elements: each element of the copy by the identity of the original.
        nodes: each original by its copy.
    """

    def __init__(self, document: Document) -> None:
        self.elements: dict[int, Any] = {}
        self.nodes: dict[Any, Node] = {}
        self.root = self._copied(document)  # which it does not hold: that holds the copy

    def _copied(self, document: Document) -> Any:
        root = document.root()
        if root is None:
            return None
        made: Any = None
        above: list[Any] = []
        for event, value in document.walk(root):
            if event == "start":
                one = self._element(document, value, above[-1] if above else None)
                made = one if made is None else made
                above.append(one)
            elif event == "end":
                above.pop()
            else:
                _append(above[-1], _NOT_XML.sub("\ufffd", value))
        return made

    def _element(self, document: Document, node: Node, parent: Any) -> Any:
        name = _BAD_NAME.sub("_", document.name(node)) or "_"
        if not (name[0].isalpha() or name[0] == "_"):
            name = f"_{name}"
        one = etree.Element(name) if parent is None else etree.SubElement(parent, name)
        for attribute in document.attributes(node):
            if not _BAD_NAME.search(attribute) and (attribute[:1].isalpha() or attribute[:1] == "_"):
                one.set(attribute, _NOT_XML.sub("\ufffd", document.attr(node, attribute) or ""))
        self.elements[document.identity(node)] = one
        self.nodes[one] = node
        if len(self.nodes) > _MAX_ELEMENTS:
            raise ExtractError("unparsable", f"more than {_MAX_ELEMENTS:,} elements; XPath would need too much memory")
        return one


def _append(parent: Any, text: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def _copy_of(document: Document) -> _Copy:
    """The copy of a document, made once."""
    if document.copy is None:
        document.copy = _Copy(document)
    return document.copy  # type: ignore[no-any-return]  # the port does not know what it keeps
