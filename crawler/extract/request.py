"""How a page is asked for: its address when a link is found, its message when it goes out.

The address is final where it is stored, but for secrets: `${KEY}` and `{session.token}` stand in it as they are written
in the config, and are filled in when the request goes out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import Any
from urllib.parse import quote, urlencode

from crawler import urls
from crawler.errors import ExtractError
from crawler.extract.rules import RequestRule
from crawler.extract.templates import WITH_SECRETS, Template, as_written
from crawler.extract.values import as_text
from crawler.model import Ask, Message, Value
from crawler.url_parameters import parameter_names, with_parameters

__all__ = ["Address", "CompiledRequest", "is_secret", "names_in", "templates_in"]

Values = Callable[[str], Value]
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_OF_BODY = frozenset({"Content-Encoding", "Content-Language", "Content-Location", "Content-Type"})
MAX_HANDED = 100_000
"""Characters of a handed-over value that a request, a condition or a template uses."""
_MAX_HEADER = 8_192


def is_secret(name: str) -> bool:
    """Tell whether a name of a template is one of the environment or of the session, which are never stored."""
    return name.startswith(("$", "session."))


def templates_in(tree: object) -> Iterator[str]:
    """Yield every text in a tree of mappings and lists."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from templates_in(value)
    elif isinstance(tree, list | tuple):
        for value in tree:
            yield from templates_in(value)


def names_in(tree: object) -> tuple[str, ...]:
    """Return the names in the templates of a tree, each once."""
    return tuple(dict.fromkeys(name for text in templates_in(tree) for name in Template(text, WITH_SECRETS).names))


class CompiledRequest:
    """The request of a page kind, ready for work.

    Attributes:
        rule: what it was made from.
        posts: whether it has another method than GET.
        is_free: whether a value is the whole address.
        begins: name and first value of what counts the pages of a list; empty where nothing does, or a cursor.
    """

    def __init__(self, rule: RequestRule) -> None:
        self.rule = rule
        self.posts = rule.method != "GET"
        self._url = None if rule.url is None else Address(rule.url)
        self.is_free = (rule.url or "").startswith("{")
        self.begins: dict[str, Value] = {} if rule.begins is None else dict([rule.begins])
        self._query = tuple((name, _compiled(tree), any(map(is_secret, names_in(tree)))) for name, tree in rule.query)
        self._headers = tuple((name.title(), Template(text, WITH_SECRETS)) for name, text in rule.headers)
        self._json = tuple(map(_compiled, rule.json))
        self._form = tuple((name, _compiled(tree)) for name, tree in rule.form)
        self._secret_body = any(map(is_secret, names_in((rule.json, [tree for _, tree in rule.form]))))

    def ask(self, values: Mapping[str, Value]) -> Ask | None:
        """Return what pages of this kind are asked for with, of what is handed over.

        Raises:
            ExtractError: `long-value`: it would stand in the state once for each page.
        """
        values = {**self.begins, **values}
        given = {name: values[name] for name in self.rule.uses if values.get(name) is not None}
        for name, value in given.items():
            if type(value) in (str, tuple) and len(as_written(value)) > MAX_HANDED:
                raise ExtractError("long-value", f"{name} has more than {MAX_HANDED:,} characters")
        return Ask(given) if given else None

    def is_further(self, ask: Ask | None) -> bool:
        """Tell whether a page is not the first one of its list."""
        if ask is None:
            return False
        if self.rule.begins is None:
            return "cursor" in ask.given
        name, first = self.rule.begins
        return ask.given.get(name, first) != first

    def may_end(self, ask: Ask | None) -> bool:
        """Tell whether such a page may not exist: its number was found by counting; a cursor is given by the site."""
        return self.rule.begins is not None and self.is_further(ask)

    def address(self, link: str | None, base: str, given: Mapping[str, Value]) -> str | None:
        """Return the URL of a page; None where a value is missing that it needs.

        Args:
            link: clean URL that a link or start gives; it goes before the URL of the config.
            base: URL of the page that leads here.
            given: handed-over values.

        Raises:
            BadUrl: what the values make is no URL.
        """
        given = {**self.begins, **given}
        try:
            if link is None:
                filled = None if self._url is None else self._url.fill(given.get)
                if filled is None:
                    return None
                link = urls.resolve(base, filled)
            if not self._query:
                return link
            # A secret stays as it is written.
            pairs = [(name, _text(fill(given.get, keep_secrets=True))) for name, fill, _ in self._query]
        except ExtractError as error:
            raise urls.BadUrl("bad-url", error.detail) from None
        url = with_parameters(link, pairs)
        if len(url) > urls.MAX_LENGTH:
            raise urls.BadUrl("bad-url", f"longer than {urls.MAX_LENGTH} characters")
        return url

    def next_address(self, url: str, asked: Ask, given: Mapping[str, Value], name: str) -> str | None:
        """Return the URL of the next page of a list.

        Where a redirect led to the page before it, that is where this list is asked for: a POST cannot go to its
        results, nor a number to an address that the site made without one.

        Args:
            url: of the page before it.
            asked: what that page was asked for with.
            given: what the next page is asked for with.
            name: of what is counted.

        Raises:
            BadUrl: what the values make is no URL.
        """
        first = asked.first or url
        if self._url is not None and (name in names_in(self.rule.url) or (asked.plain and not asked.first)):
            return self.address(None, first, given)
        keeps_number = not asked.plain and self.address(url, url, asked.given) == url
        return self.address(url if keeps_number else first, url, given)

    def message(self, url: str, ask: Ask | None, secrets: Mapping[str, Value], *, trusted: bool) -> Message | None:
        """Return how the request differs from a plain GET; None where it does not.

        Args:
            url: the stored one.
            secrets: by `$NAME` and `session.name`.
            trusted: the host may be given secrets; without, headers that have some are left out.

        Raises:
            ExtractError: `bad-header`, or `secret-host` where the query or the body has a secret.
        """
        given = {} if ask is None else ask.given
        form = None if ask is None else ask.form
        plain = form is not None or (ask is not None and ask.plain)  # without the body of the page kind

        def value(name: str) -> Value:
            return secrets.get(name) if is_secret(name) else given.get(name)

        headers: dict[str, str] = {}
        if form is not None:
            headers["Content-Type"] = form.type
        elif not plain and self._json:
            headers["Content-Type"] = "application/json"
        elif not plain and self.posts and self._form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        for name, template in self._headers:
            if plain and name in _OF_BODY:
                continue
            if (trusted or not any(map(is_secret, template.names))) and (text := _header(name, template, value)):
                headers[name] = text
        revealed = self._revealed(url, value)
        if not trusted and ((self._secret_body and not plain) or revealed):
            raise ExtractError("secret-host", "it would be given a secret, and the config does not name this host")
        method, body = ("GET", b"") if plain else (self.rule.method, self._body(value))
        if form is not None:
            method, body = "POST", form.body
        statuses = frozenset(self.rule.statuses)
        if method == "GET" and not (headers or body or revealed or statuses):
            return None
        return Message(method, tuple(headers.items()), body, revealed, statuses, self._mark(method, body, value))

    def hidden(self, url: str, ask: Ask | None) -> str:
        """Return a URL, to which a site redirected, with its secrets as they are written in the config."""
        there = parameter_names(url)
        given = {} if ask is None else ask.given
        pairs = [
            (name, _text(fill(given.get, keep_secrets=True)))
            for name, fill, secret in self._query
            if secret and name in there
        ]
        return with_parameters(url, pairs) if pairs else url

    def _mark(self, method: str, body: bytes, value: Values) -> str:
        if method == "GET":
            return ""
        told = self._body(value, keep_secrets=True) if self._secret_body and body else body
        return blake2b(method.encode() + b" " + told, digest_size=16).hexdigest()

    def _revealed(self, url: str, value: Values) -> str:
        there = parameter_names(url)
        pairs = [(name, _text(fill(value))) for name, fill, secret in self._query if secret and name in there]
        return with_parameters(url, pairs) if pairs else ""

    def _body(self, value: Values, *, keep_secrets: bool = False) -> bytes:
        if self._json:
            return _json(self._json[0](value, keep_secrets=keep_secrets)).encode()
        pairs: list[tuple[str, str]] = []
        for name, fill in self._form:
            found = fill(value, keep_secrets=keep_secrets)
            several = found if isinstance(found, list | tuple) else (found,)
            pairs += [(name, text) for one in several if (text := _text(one)) is not None]
        return urlencode(pairs).encode("ascii")


class Address:
    """The template of a URL: each value is percent-encoded, but for one that is the whole address."""

    def __init__(self, text: str) -> None:
        path, mark, query = text.partition("?")
        self._path, self._query, self._mark = Template(path, WITH_SECRETS), Template(query, WITH_SECRETS), mark

    def fill(self, value: Values) -> str | None:
        path = self._path.fill(value, _in_url)
        if path is not None and not self._path.alone and _dots(str(path)) != _dots(self._path.text):
            return None
        query = self._query.fill(value, _in_url) if self._mark else ""
        if self._mark and self._query.alone:
            query = None if query is None else _in_url(query)
        return None if path is None or query is None else f"{as_written(path)}{self._mark}{query}"


def _dots(path: str) -> int:
    """How many parts of a path mean another folder: no value may add one, nor two values together."""
    return sum(part in (".", "..") for part in path.lower().replace("%2e", ".").split("/"))


def _in_url(value: Value) -> str:
    return quote(as_written(value), safe="")


Fill = Callable[..., Any]


def _compiled(tree: object) -> Fill:
    """Return a function that fills a tree of mappings, lists and templates; what has no value is left out."""
    if isinstance(tree, str):
        template = Template(tree, WITH_SECRETS)
        if not template.names:
            return lambda value, keep_secrets=False: template.fill(value)
        return lambda value, keep_secrets=False: template.fill(_keeping(value) if keep_secrets else value)
    if isinstance(tree, Mapping):
        members = [(name, _compiled(one)) for name, one in tree.items()]
        return lambda value, keep_secrets=False: {
            name: found for name, fill in members if (found := fill(value, keep_secrets=keep_secrets)) is not None
        }
    if isinstance(tree, list | tuple):
        items = [_compiled(one) for one in tree]
        return lambda value, keep_secrets=False: [
            found for fill in items if (found := fill(value, keep_secrets=keep_secrets)) is not None
        ]
    return lambda value, keep_secrets=False: tree


def _keeping(value: Values) -> Values:
    def found(name: str) -> Value:
        if is_secret(name):
            return f"${{{name[1:]}}}" if name.startswith("$") else f"{{{name}}}"
        return value(name)

    return found


def _text(found: object) -> str | None:
    """A filled tree as a parameter or field is sent."""
    if found is None:
        return None
    if isinstance(found, dict | list):
        return _json(found)
    return as_written(found)  # type: ignore[arg-type]  # what a template or the config gives


def _json(found: Any) -> str:
    """Return a filled tree as JSON; a number keeps all its digits, as `json.dumps` does not let it."""
    if isinstance(found, dict):
        return f"{{{','.join(f'{_json(str(name))}:{_json(one)}' for name, one in found.items())}}}"
    if isinstance(found, list) or type(found) is tuple:
        return f"[{','.join(map(_json, found))}]"
    if isinstance(found, Decimal) and found.is_finite():
        return str(found)
    return json.dumps(as_text(found) if isinstance(found, Decimal | date | tuple) else found, ensure_ascii=False)


def _header(name: str, template: Template, value: Values) -> str | None:
    found = template.fill(value)
    if found is None:
        return None
    text = as_written(found)
    if _CONTROL.search(text):
        raise ExtractError("bad-header", f"the header {name} would have a line break or control character")
    if len(text) > _MAX_HEADER:
        raise ExtractError("bad-header", f"the header {name} would be longer than {_MAX_HEADER:,} characters")
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        raise ExtractError("bad-header", f"the header {name} would have a character that no header can hold") from None
    return text.strip()
