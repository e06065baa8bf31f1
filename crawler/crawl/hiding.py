"""Secrets that a server says back: taken out of what is kept of its answer, and put back into addresses it gave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import quote

from crawler.model import Failure, Link, Moved, Outcome, Page, Response

__all__ = ["Hiding"]

_TELLING = 6
"""Characters of a secret that is looked for; a shorter one stands anywhere by chance."""
_HIDDEN = re.compile(r"<(\$\{\w+\}|\{session\.\w+\})>")
"""How a name stands in an address: no page can write one of these, for clean URLs have no `<`."""
_OUTCOME = TypeVar("_OUTCOME", bound=Outcome | Response)


class Hiding:
    """Picklable; its repr tells nothing.

    Args:
        named: values of `${NAME}`, by `$NAME`, and of `{session.name}`, by `session.name`.
        others: further secrets, which are only taken out of texts.
    """

    def __init__(self, named: Mapping[str, str], others: tuple[str, ...] = ()) -> None:
        self._named = {_shown(name): value for name, value in named.items()}
        self._spellings = [(shown, _spellings(value)) for shown, value in self._named.items() if len(value) >= _TELLING]
        self._others = [("***", _spellings(value)) for value in others if len(value) >= _TELLING]

    def text(self, text: str) -> str:
        """Return a text with `${NAME}` or `***` in the places of secrets."""
        for shown, spellings in (*self._spellings, *self._others):
            text = spellings.sub(lambda _, shown=shown: shown, text)  # type: ignore[misc]  # bound at once
        return text

    def url(self, url: str) -> str:
        """Return a URL with `<${NAME}>` in the places of secrets in its path and query."""
        start = _path_of(url)
        told = url[start:]
        for shown, spellings in self._spellings:
            told = spellings.sub(lambda _, shown=shown: f"<{shown}>", told)  # type: ignore[misc]  # bound at once
        return url[:start] + told

    def parameters(self, url: str) -> str:
        """Return a URL with `<${NAME}>` in place of parameters that are a secret as a whole."""
        start, mark, query = url.partition("?")
        if not mark:
            return url
        for shown, spellings in self._spellings:
            if spellings.search(query):
                parts = [part.partition("=") for part in query.split("&")]
                query = "&".join(
                    f"{name}=<{shown}>" if spellings.fullmatch(value) else f"{name}{equals}{value}"
                    for name, equals, value in parts
                )
        return f"{start}?{query}"

    def revealed(self, url: str) -> str:
        """Return a URL with its secrets again; the same where it has none."""
        return _HIDDEN.sub(lambda found: quote(self._named.get(found[1], ""), safe=""), url) if "<" in url else url

    def names_host(self, url: str) -> bool:
        """Tell whether a secret stands in the host of a URL."""
        host = url[: _path_of(url)]
        return any(spellings.search(host) for _, spellings in self._spellings)

    def outcome(self, outcome: _OUTCOME) -> _OUTCOME:
        """Return what came back without secrets in addresses and details; what a page shows is left as it is."""
        if not self._spellings and not self._others:
            return outcome
        if isinstance(outcome, Moved):
            return outcome._replace(location=self.url(outcome.location))
        if isinstance(outcome, Failure):
            return outcome._replace(detail=self.text(outcome.detail))
        if isinstance(outcome, Response):
            headers = {name: self.text(value) for name, value in outcome.headers.items()}
            return outcome._replace(headers=headers)
        assert isinstance(outcome, Page)
        notes = tuple(note._replace(detail=self.text(note.detail)) for note in outcome.notes)
        return outcome._replace(notes=notes, links=tuple(map(self._link, outcome.links)))

    def _link(self, link: Link) -> Link:
        url = self.parameters(link.url) if self._spellings else link.url
        return link if url == link.url else link._replace(url=url)


def _shown(name: str) -> str:
    return f"${{{name[1:]}}}" if name.startswith("$") else f"{{{name}}}"


def _path_of(url: str) -> int:
    start = url.find("/", 8)
    return len(url) if start < 0 else start


def _spellings(value: str) -> re.Pattern[str]:
    """Each byte may be percent-encoded or not: a site writes a URL as it likes."""
    parts = []
    for character in value:
        encoded = "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
        plus = r"|\+" if character == " " else ""
        parts.append(f"(?:{re.escape(character)}|(?i:{encoded}){plus})")
    return re.compile("".join(parts))
