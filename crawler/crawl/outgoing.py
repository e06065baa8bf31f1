"""What goes out for a page whose kind says more than its URL: method, headers, body, and secrets in their places."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from crawler import urls
from crawler.crawl.admission import Refusal
from crawler.errors import ExtractError
from crawler.extract.templates import as_written
from crawler.model import Ask, Failure, Message, Moved, Value
from crawler.store.queued import Queued
from crawler.store.records import load_ask

if TYPE_CHECKING:
    from crawler.extract.request import CompiledRequest

__all__ = ["Outgoing"]

_TELLING = 6
"""Characters of a secret that is looked for anywhere in an address; a shorter one stands there by chance."""
_NO_FURTHER = frozenset({400, 404, 410, 416})


class Outgoing:
    """Makes the messages of requests; used by the main thread.

    Args:
        requests: by page kind.
        secrets: values by their names in templates, `$NAME`.
        origins: scheme://host:port that the config writes out: only these are given secrets.
    """

    def __init__(
        self, requests: Mapping[str, CompiledRequest], secrets: Mapping[str, str], origins: Collection[str]
    ) -> None:
        self._requests, self._origins = requests, frozenset(origins)
        self._environment: Mapping[str, Value] = dict(secrets)
        self._secrets = self._environment

    def renew(self, values: Mapping[str, Value]) -> None:
        """Take the values of a session that has just been opened, by name."""
        self._secrets = {**self._environment, **{f"session.{name}": value for name, value in values.items()}}

    @property
    def secrets(self) -> Mapping[str, Value]:
        """Values of the environment and of the session, by name; show them nowhere."""
        return self._secrets

    def message(self, page: Queued) -> Message | Refusal | None:
        """Return what is sent for a page; None for a plain GET, or the reason why nothing is."""
        request = self._requests.get(page.kind)
        if request is None:
            return None if page.ask is None else _of_form(load_ask(page.ask))
        try:
            trusted = urls.origin(page.url) in self._origins
            return request.message(page.url, load_ask(page.ask), self._secrets, trusted=trusted)
        except ExtractError as error:
            return Refusal(error.code, error.detail)

    def ends_list(self, page: Queued, failure: Failure) -> bool:
        """Tell whether a failure only says that a list has no further page."""
        request = self._requests.get(page.kind)
        return request is not None and failure.status in _NO_FURTHER and request.is_further(load_ask(page.ask))

    def hidden(self, page: Queued, moved: Moved) -> Moved:
        """Return a redirect with the secrets in its address as they are written in the config."""
        request = self._requests.get(page.kind)
        location = moved.location if request is None else request.hidden(moved.location, load_ask(page.ask))
        for name, secret in self._secrets.items():
            value = as_written(secret)
            if len(value) >= _TELLING:
                written_as = f"{{{name}}}" if name.startswith("session.") else f"${{{name.removeprefix('$')}}}"
                for written in (value, quote(value, safe=""), quote_plus(value)):
                    location = location.replace(written, written_as)
        return moved if location == moved.location else moved._replace(location=location)


def _of_form(ask: Ask | None) -> Message | None:
    """What a form of a page sends for a kind that says nothing of requests."""
    if ask is None or ask.form is None:
        return None
    return Message("POST", (("Content-Type", ask.form.type),), ask.form.body)
