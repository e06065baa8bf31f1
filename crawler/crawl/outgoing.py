"""What goes out for a page whose kind says more than its URL: method, headers, body, and secrets in their places."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from crawler import urls
from crawler.crawl.admission import Refusal
from crawler.crawl.hiding import Hiding
from crawler.errors import ExtractError
from crawler.extract.templates import as_written
from crawler.model import Ask, Failure, Message, Moved, Outcome, Value
from crawler.store.queued import Queued
from crawler.store.records import load_ask

if TYPE_CHECKING:
    from crawler.extract.request import CompiledRequest

__all__ = ["Outgoing"]

_NO_FURTHER = frozenset({400, 404, 410, 416})


class Outgoing:
    """Makes the messages of requests; used by the main thread.

    Args:
        requests: by page kind.
        secrets: values by their names in templates, `$NAME`.
        origins: scheme://host:port that the config writes out: only these are given secrets.
        others: secrets that no template names, such as those of `fetch.headers`.
    """

    def __init__(
        self,
        requests: Mapping[str, CompiledRequest],
        secrets: Mapping[str, str],
        origins: Collection[str],
        others: tuple[str, ...] = (),
    ) -> None:
        self._requests, self._origins = requests, frozenset(origins)
        self._environment: Mapping[str, Value] = dict(secrets)
        self._secrets = self._environment
        self._others = others
        self._hiding = Hiding(secrets, others)

    def renew(self, values: Mapping[str, Value]) -> None:
        """Take the values of a session that has just been opened, by name."""
        before = [value for name, value in self._secrets.items() if name.startswith("session.")]
        self._others += tuple(map(as_written, before))  # a request in flight may still say them back
        self._secrets = {**self._environment, **{f"session.{name}": value for name, value in values.items()}}
        self._hiding = Hiding({name: as_written(value) for name, value in self._secrets.items()}, self._others)

    @property
    def secrets(self) -> Mapping[str, Value]:
        """Values of the environment and of the session, by name; show them nowhere."""
        return self._secrets

    def message(self, page: Queued) -> Message | Refusal | None:
        """Return what is sent for a page; None for a plain GET, or the reason why nothing is."""
        revealed = self._hiding.revealed(page.url)
        trusted = urls.origin(page.url) in self._origins
        if revealed != page.url and not trusted:
            return Refusal("secret-host", "its address has a secret, and the config does not name this host")
        try:
            message = self._made(page, trusted=trusted)
        except ExtractError as error:
            return Refusal(error.code, error.detail)
        asked = self._hiding.revealed((message.url if message is not None else "") or page.url)
        if len(asked) > urls.MAX_LENGTH:
            return Refusal("bad-url", f"longer than {urls.MAX_LENGTH} characters with its secrets")
        return message if revealed == page.url else (message or Message())._replace(url=asked)

    def _made(self, page: Queued, *, trusted: bool) -> Message | None:
        request = self._requests.get(page.kind)
        if request is None:
            return None if page.ask is None else _of_form(load_ask(page.ask))
        return request.message(page.url, load_ask(page.ask), self._secrets, trusted=trusted)

    def ends_list(self, page: Queued, failure: Failure) -> bool:
        """Tell whether a failure only says that a list has no further page."""
        request = self._requests.get(page.kind)
        return request is not None and failure.status in _NO_FURTHER and request.may_end(load_ask(page.ask))

    def hidden(self, page: Queued, outcome: Outcome) -> Outcome:
        """Return what came back with the secrets in its addresses and details as they are written in the config."""
        hidden = self._hiding.outcome(outcome)
        if not isinstance(hidden, Moved):
            return hidden
        request = self._requests.get(page.kind)
        location = hidden.location if request is None else request.hidden(hidden.location, load_ask(page.ask))
        if self._hiding.names_host(location):
            return _refused(hidden, "secret-host", "to a host that has a secret in its name")
        if len(location) > urls.MAX_LENGTH:
            return _refused(hidden, "bad-redirect", f"to an address of more than {urls.MAX_LENGTH} characters")
        return hidden._replace(location=location)


def _refused(moved: Moved, code: str, detail: str) -> Failure:
    return Failure(code, detail, moved.status, None, moved.elapsed, moved.set_cookies)


def _of_form(ask: Ask | None) -> Message | None:
    """What a form of a page sends for a kind that says nothing of requests."""
    if ask is None or ask.form is None:
        return None
    return Message("POST", (("Content-Type", ask.form.type),), ask.form.body)
