"""What submitting a form of a page sends: its controls as browsers take them, with what the config fills in.

https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-submission-2. No file is ever sent, and a
button only counts where the config fills in its name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote_plus

from crawler import urls
from crawler.errors import ExtractError
from crawler.extract.templates import WITH_SECRETS, Template, as_written
from crawler.extract.text import collapse_whitespace
from crawler.model import Form, Value

if TYPE_CHECKING:
    from crawler.extract.engine import Document, Node
    from crawler.extract.page import PageView

__all__ = ["Fill", "FormReader", "Submission"]

MAX_BODY = 2_000_000
MAX_CONTROLS = 10_000
_TOLD, _LONG_NAME = 10, 30  # fields of a form that are named in a message, and characters of a name
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_TYPES = (URLENCODED, MULTIPART, "text/plain")
_BUTTONS = ("submit", "image", "button", "reset")
_ONE_LINE = ("text", "search", "tel", "url", "email", "password")

Fill = Sequence[tuple[str, Template]]


class Submission(NamedTuple):
    """A form that is sent.

    Attributes:
        url: absolute and clean; with the fields in its query where the form says GET.
        form: None for a GET.
    """

    url: str
    form: Form | None


class _Entry(NamedTuple):
    name: str
    value: str
    is_file: bool = False


class FormReader:
    """A form of a page.

    Args:
        css: of the form, or of something inside it.
        fill: fields to set, in place of those of the form with the same name, or besides them.

    Raises:
        ExtractError: `no-form`, `form-off-site`, `form-method`, `selector`, `unparsable`.
    """

    def __init__(self, page: PageView, css: str, fill: Fill) -> None:
        self._page, self._fill = page, fill
        document = page.document
        form = _form_at(document, css)
        if form is None:
            raise ExtractError("no-form", f"there is no form {css!r} on this page")
        filled = {name for name, _ in fill}
        self._form, self._css = form, css
        self._entries = list(_entries(document, form, filled))
        owner = _pressed(document, form, filled)
        self._method = _choice(document, form, owner, "method", ("get", "post", "dialog"))
        self._type = _choice(document, form, owner, "enctype", _TYPES)
        self._encoding = _encoding(document.attr(form, "accept-charset"), page.encoding)
        if self._method == "dialog":
            raise ExtractError("form-method", "the form has method dialog, so it sends nothing")
        self._action = self._target(document, form, owner)

    def submit(self, value: Callable[[str], Value]) -> Submission:
        """Return what is sent, with the names in the templates of `fill` filled in.

        A field whose name has no value is left out.

        Raises:
            ExtractError: `form-too-large`, `unparsable`.
        """
        entries = self._filled(value)
        text = self._encoded(entries)
        self._page.count_made(text.decode("latin-1"))
        if len(text) > MAX_BODY:
            raise ExtractError("form-too-large", f"the form would send more than {MAX_BODY:,} bytes")
        if self._method == "get":
            start = self._action.partition("?")[0]
            query = _urlencoded(entries, self._encoding).decode("ascii")
            return Submission(urls.resolve("", f"{start}?{query}" if query else start), None)
        kind = f"{MULTIPART}; boundary={_boundary(entries)}" if self._type == MULTIPART else self._type
        return Submission(self._action, Form(kind, text))

    def strange(self) -> str:
        """Say which fields are filled in that the form does not have, and which it has; "" where there are none.

        They are sent all the same, as a script of the page might add them.
        """
        document = self._page.document
        names = [document.attr(node, "name") for node in _controls(document, self._form)]
        known = list(dict.fromkeys(filter(None, names)))
        strange = [repr(name) for name, _ in self._fill if name not in known]
        if not strange:
            return ""
        more = [f"and {len(known) - _TOLD:,} more"] if len(known) > _TOLD else []
        has = ", ".join([name[:_LONG_NAME] for name in known[:_TOLD]] + more) or "none with a name"
        return f"the form {self._css} has no field {' and '.join(strange)}; it has {has}"

    def _target(self, document: Document, form: Node, owner: Node | None) -> str:
        action = (owner is not None and document.attr(owner, "formaction")) or document.attr(form, "action") or ""
        here = self._page.url
        try:
            url = self._page.resolve(action.strip()) if action.strip() else urls.resolve("", here)
        except urls.BadUrl as error:
            raise ExtractError("form-off-site", f"the form leads to no address that can be asked: {error}") from None
        if urls.origin(url) != urls.origin(here):
            raise ExtractError("form-off-site", f"the form leads to another origin, {urls.origin(url)}")
        return url

    def _filled(self, value: Callable[[str], Value]) -> list[_Entry]:
        new = {name: template.fill(value) for name, template in self._fill}
        entries: list[_Entry] = []
        done: set[str] = set()
        for entry in self._entries:
            if entry.name not in new:
                entries.append(entry)
            elif entry.name not in done:
                done.add(entry.name)
                entries += _entry(entry.name, new[entry.name])
        for name, found in new.items():
            if name not in done:
                entries += _entry(name, found)
        return entries

    def _encoded(self, entries: list[_Entry]) -> bytes:
        if self._type == MULTIPART and self._method == "post":
            return _multipart(entries, self._encoding)
        if self._type == "text/plain" and self._method == "post":
            return b"".join(_bytes(f"{one.name}={one.value}\r\n", self._encoding) for one in entries)
        return _urlencoded(entries, self._encoding)


def _entry(name: str, value: Value) -> list[_Entry]:
    return [] if value is None else [_Entry(name, _lines(as_written(value)))]


def templates(fill: Sequence[tuple[str, str]]) -> Fill:
    """Compile what is filled in; `${NAME}` and `{session.name}` are names too."""
    return tuple((name, Template(text, WITH_SECRETS)) for name, text in fill)


def _form_at(document: Document, css: str) -> Node | None:
    found = document.first(None, css)
    if found is None:
        return None
    return next((node for node, _, name in document.around(found) if name == "form"), None)


def _entries(document: Document, form: Node, filled: set[str]) -> list[_Entry]:
    """The entry list of a form (HTML standard, "constructing the entry list"), without what the user did not fill."""
    found: list[_Entry] = []
    for node in _controls(document, form):
        found += _of_control(document, node, filled)
        if len(found) > MAX_CONTROLS:
            raise ExtractError("form-too-large", f"the form has more than {MAX_CONTROLS:,} fields")
    return found


def _controls(document: Document, form: Node) -> list[Node]:
    """The controls of a form that are not disabled: those inside of it, and others that name it."""
    own = document.attr(form, "id")
    css = "input, select, textarea, button"
    inside = {document.identity(node) for node in document.select(form, css)}
    found = []
    for node in document.select(None, css):
        named = document.attr(node, "form")
        is_ours = document.identity(node) in inside if named is None else bool(own) and named == own
        if is_ours and not _is_disabled(document, node):
            found.append(node)
    return found


def _is_disabled(document: Document, node: Node) -> bool:
    if document.attr(node, "disabled") is not None:
        return True
    inside_legend = False
    for around, _, name in document.around(node):
        if name == "datalist":
            return True
        if name == "fieldset" and document.attr(around, "disabled") is not None and not inside_legend:
            return True
        inside_legend = name == "legend"
    return False


def _of_control(document: Document, node: Node, filled: set[str]) -> list[_Entry]:
    name, tag = document.attr(node, "name") or "", document.tag(node)
    kind = (document.attr(node, "type") or "").strip().lower()
    if not name:
        return []
    if tag == "select":
        return [_Entry(name, value) for value in _chosen(document, node)]
    if tag == "textarea":
        return [_Entry(name, _lines(document.joined(node)))]
    value = document.attr(node, "value")
    if tag == "button" or kind in _BUTTONS:
        return [_Entry(name, value or "")] if name in filled else []
    if kind in ("checkbox", "radio"):
        checked = document.attr(node, "checked") is not None
        return [_Entry(name, _lines("on" if value is None else value))] if checked else []
    if kind == "file":
        return [_Entry(name, "", is_file=True)]
    if kind == "hidden" and name == "_charset_" and value is None:
        return [_Entry(name, "UTF-8")]
    text = value or ""
    if kind in ("", *_ONE_LINE):
        text = text.replace("\r", "").replace("\n", "")
    return [_Entry(name, _lines(text))]


def _chosen(document: Document, node: Node) -> list[str]:
    options = document.select(node, "option")
    usable = [one for one in options if not _is_disabled_option(document, one)]
    chosen = [one for one in usable if document.attr(one, "selected") is not None]
    if document.attr(node, "multiple") is None:
        size = (document.attr(node, "size") or "1").strip()
        first = usable[:1] if size in ("", "0", "1") else []
        chosen = chosen[-1:] or first
    return [_value_of(document, one) for one in chosen]


def _is_disabled_option(document: Document, option: Node) -> bool:
    if document.attr(option, "disabled") is not None:
        return True
    group = document.parent(option)
    return group is not None and document.tag(group) == "optgroup" and document.attr(group, "disabled") is not None


def _value_of(document: Document, option: Node) -> str:
    value = document.attr(option, "value")
    return _lines(collapse_whitespace(document.joined(option))[0] if value is None else value)


def _pressed(document: Document, form: Node, filled: set[str]) -> Node | None:
    """The button that is filled in by its name: it may say where and how the form is sent."""
    for node in _controls(document, form):
        kind = (document.attr(node, "type") or "submit").strip().lower()
        is_button = document.tag(node) == "button" or document.attr(node, "type") is not None
        if is_button and kind in ("submit", "image") and document.attr(node, "name") in filled:
            return node
    return None


def _choice(document: Document, form: Node, owner: Node | None, name: str, known: tuple[str, ...]) -> str:
    own = None if owner is None else document.attr(owner, f"form{name}")
    said = (document.attr(form, name) if own is None else own) or ""
    return said.strip().lower() if said.strip().lower() in known else known[0]


def _encoding(accepted: str | None, of_page: str | None) -> str | None:
    """The encoding that a form is sent in: the first that accept-charset names, else that of the page."""
    if accepted:
        from crawler.extract.encodings import lookup  # late: few forms have it

        for label in accepted.split():
            if found := lookup(label):
                return found
    return of_page


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def _bytes(text: str, encoding: str | None) -> bytes:
    if encoding is None or text.isascii():
        return text.encode("utf-8", "replace")
    from crawler.extract.queries import encoded_in  # late: most pages are in UTF-8

    return encoded_in(encoding, text)


def _urlencoded(entries: list[_Entry], encoding: str | None) -> bytes:
    """https://url.spec.whatwg.org/#urlencoded-serializing."""
    pairs = (f"{_quoted(one.name, encoding)}={_quoted(one.value, encoding)}" for one in entries)
    return "&".join(pairs).encode("ascii")


def _quoted(text: str, encoding: str | None) -> str:
    return quote_plus(_bytes(text, encoding), safe="*").replace("~", "%7E")


def _multipart(entries: list[_Entry], encoding: str | None) -> bytes:
    """RFC 7578, with names escaped as the HTML standard says."""
    mark = f"--{_boundary(entries)}".encode()
    parts = []
    for one in entries:
        name = one.name.replace("\r\n", "%0D%0A").replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
        head = f'Content-Disposition: form-data; name="{name}"'
        if one.is_file:
            head += '; filename=""\r\nContent-Type: application/octet-stream'
        parts.append(b"%s\r\n%s\r\n\r\n%s\r\n" % (mark, _bytes(head, encoding), _bytes(one.value, encoding)))
    return b"".join(parts) + mark + b"--\r\n"


def _boundary(entries: list[_Entry]) -> str:
    """The same for the same form, so that a page has one key; no field can hold the hash of all of them."""
    return f"form-{blake2b(repr(entries).encode('utf-8', 'backslashreplace'), digest_size=16).hexdigest()}"
