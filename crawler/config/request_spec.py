"""The section `request` of a page kind: how its pages are asked for."""

from __future__ import annotations

import math
import re

from crawler.config import validators
from crawler.config.schema import (
    RAW_TEXT,
    InvalidValue,
    Key,
    Location,
    Section,
    Type,
    choice,
    list_of,
    mapping,
    optional,
    whole,
)
from crawler.config.secrets import expand

__all__ = ["RequestSpec", "request_template"]

_TREE_JSON = {"type": ["string", "number", "boolean", "object", "array", "null"]}
_WHOLE_URL = re.compile(r"https?://", re.I)
_HOST = re.compile(r"(?i)[a-z][a-z0-9+.-]*:/*[^/?#]*|//[^/?#]*")


def request_template(text: str, place: Location) -> str:
    """Return a text of a request whose placeholders are spelt right and whose variables are set."""
    fault = validators.template(text, spaces=False)  # see cross_checks: `{ title }` is GraphQL
    if fault:
        raise InvalidValue(*fault)
    try:
        expand(text, place.env)
    except ValueError as error:
        what, _, fix = str(error).partition("; ")
        raise InvalidValue(what, fix) from None
    from crawler.extract.request import names_in  # late, here and below: few configs say how to ask

    for name in names_in(text):
        if "." in name and not name.startswith("session."):
            raise InvalidValue(f"'{{{name}}}' has a dot in it", "names are handed over: {city}; or {session.token}")
    return text


def _tree(value: object, place: Location) -> object:
    from crawler.extract.request import templates_in

    for text in templates_in(value):
        request_template(text, place)
    if not _is_finite(value):
        raise InvalidValue("a number that JSON cannot hold", "put it in quotes, to send it as text")
    return value


def _is_finite(tree: object) -> bool:
    if isinstance(tree, dict):
        return all(map(_is_finite, tree.values()))
    if isinstance(tree, list):
        return all(map(_is_finite, tree))
    return not isinstance(tree, float) or math.isfinite(tree)


def _text(value: object, place: Location) -> str:
    return request_template(RAW_TEXT.read(value, place), place)


def _url(value: object, place: Location) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue("expected a URL", "write it as https://example.com/api/{id}, or /api/{id}")
    from crawler.extract.request import names_in

    text = request_template(value.strip(), place)
    if any(name.startswith("$") for name in names_in(text)):
        raise InvalidValue("an environment variable is not allowed in an address", "use query: or headers: for it")
    if re.search(r"\s", text):
        raise InvalidValue("a space in a URL", "write %20 for it")
    host = _HOST.match(text)
    if host and "{" in host[0]:
        raise InvalidValue(
            "a value of a page cannot be a host", "write the host out, or use the whole address: '{link}'"
        )
    if host and not text.startswith("//") and not _WHOLE_URL.match(text):
        raise InvalidValue(f"'{host[0][:40]}' cannot be crawled", "only http:// and https:// URLs can")
    return text


_TEMPLATE: Type[str] = Type("text with {names}", "", _text, json={"type": ["string", "number", "boolean"]})
_URL: Type[str] = Type("URL with {names}", "", _url)
_TREE: Type[object] = Type("any value with {names}", "", _tree, json=_TREE_JSON)
_STATUS = whole(100, 599)


def _several(value: object, place: Location) -> object:
    if isinstance(value, list):
        return [_text(one, place.inside(index)) for index, one in enumerate(value)]
    return _text(value, place)


_FIELD: Type[object] = Type("text with {names}, or a list", "", _several, json=_TREE_JSON)


def _body(value: object, place: Location) -> tuple[object, ...]:
    if value is None:
        raise InvalidValue("says nothing", "write a mapping, or remove the key")
    return (_tree(value, place),)


_BODY: Type[tuple[object, ...]] = Type(
    "any value with {names}", (), _body, lambda value: repr(value[0]) if value else "none", json=_TREE_JSON
)


def _named(texts: dict[str, object]) -> None:
    if "" in texts:
        raise InvalidValue("a parameter has no name", "write name: value", key="", on_key=True)


def _headers(texts: dict[str, str]) -> None:
    for name, value in texts.items():
        wrong_name = validators.header_name(name)
        fault = wrong_name or validators.header_value(value)
        if fault:
            raise InvalidValue(*fault, key=name, on_key=wrong_name is not None)


def _statuses(value: object, place: Location) -> tuple[int, ...]:
    found = list_of("status, or a list", _STATUS).read(value, place)
    for index, status in enumerate(found):
        place_of_it = index if isinstance(value, list) else None
        if status in (200, 203):
            raise InvalidValue(f"{status} is a page anyway", "remove it", key=place_of_it)
        if status in (301, 302, 303, 307, 308):
            raise InvalidValue(f"{status} is a redirect, which is followed", "remove it", key=place_of_it)
    return found


_STATUSES: Type[tuple[int, ...]] = Type(
    "status, or a list",
    (),
    _statuses,
    lambda value: ", ".join(map(str, value)) or "none",
    {"anyOf": [_STATUS.json, {"items": _STATUS.json, "type": "array"}]},
)


class RequestSpec(Section):
    """How pages of a kind are asked for. Texts may hold `{names}` of handed-over values, and `${VARIABLE}`.

    Without a value a parameter, header, form field or JSON member is left out; a URL is not asked for.
    """

    url = Key(
        optional(_URL),
        None,
        "Where pages of this kind are, if no link or start says it; relative to the page that leads here.",
    )
    method = Key(optional(choice("GET", "POST")), None, "Default: `POST` with a body, else `GET`.")
    query = Key(
        mapping("name: value with {names}", RAW_TEXT, _TREE, check=_named),
        {},
        "Parameters that are set in the URL. A mapping or a list is sent as JSON text.",
    )
    headers = Key(
        mapping("name: text with {names}", RAW_TEXT, _TEMPLATE, check=_headers),
        {},
        "Headers for pages of this kind, in place of those of `fetch.headers`. One with `${VARIABLE}` is sent only to "
        "hosts that the config names.",
    )
    json = Key(_BODY, (), "The body, sent as JSON.")
    form = Key(
        mapping("name: text with {names}, or a list", RAW_TEXT, _FIELD, check=_named),
        {},
        "The body, sent as a form.",
    )
    allow_status = Key(_STATUSES, (), "Statuses whose answers are read as pages too, such as 404.")

    @property
    def verb(self) -> str:
        """The method, also where it is not given."""
        return self.method or ("POST" if self.json or self.form else "GET")

    @property
    def secret_query(self) -> bool:
        """Whether a parameter holds a secret."""
        from crawler.extract.request import is_secret, names_in

        return any(map(is_secret, names_in(list(self.query.values()))))

    @property
    def templates(self) -> list[object]:
        """Everything that may hold names."""
        return [self.url or "", *self.query.values(), *self.headers.values(), *self.json, *self.form.values()]

    def check(self) -> None:
        if self.json and self.form:
            raise InvalidValue("'json' and 'form' are both given", "keep one", key="form")
        if self.method == "GET" and (self.json or self.form):
            key = "json" if self.json else "form"
            raise InvalidValue(f"a GET has no body, and '{key}' is given", "remove method, or use query:", key=key)
