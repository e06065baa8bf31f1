"""How a page was asked for, as `crawler try` shows it: method, body, headers and values, without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

from crawler.cli.findings import plain_value
from crawler.cli.given import values_text
from crawler.cli.terminal import clean, cut, paint
from crawler.config import Job
from crawler.errors import ExtractError
from crawler.extract.request import is_secret, names_in
from crawler.model import Link, Message
from crawler.text_width import columns

__all__ = ["plain_request", "request_lines"]

_FORM = "application/x-www-form-urlencoded"
_SECRET = re.compile(r"%24%7B([A-Za-z_][A-Za-z0-9_]*)%7D")
"""A secret in a URL, as it is written in the config."""

_BODY_LINES = 4
"""Lines of the window that a body may fill."""


class _AsWritten(Mapping[str, str]):
    """Secrets as they are written in the config, in place of their values."""

    def __getitem__(self, name: str) -> str:
        return f"${{{name[1:]}}}" if name.startswith("$") else f"{{{name}}}"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def request_lines(job: Job, page: Link, url: str, width: int) -> list[str]:
    """Return the URL with method, body and headers, and the values that the page was given.

    Args:
        page: what was asked for, in the end.
        url: the last one.
    """
    message = _message(job, page)
    address = clean(_SECRET.sub(r"${\1}", url)) if page.kind in job.requests else clean(url)
    begin = address if message is None or message.method == "GET" else f"{message.method} {address}"
    lines = [paint(begin, "bold")]
    body = clean(_body(message))
    if body and columns(begin) + 2 + columns(body) <= width:
        lines[0] += f"  {body}"
    elif body:
        lines.append(f"  {cut(body, _BODY_LINES * (width - 2))}")
    lines += [cut(f"  {name}: {text}", width) for name, text in _headers(message)]
    if given := values_text(page.handed):
        lines.append(cut(f"  with {given}", width))
    if lacking := _lacking(job, page):
        lines.append(
            paint(cut(f"  without {', '.join(lacking)}; to give a value, add --with {lacking[0]}=...", width), "yellow")
        )
    return lines


def _lacking(job: Job, page: Link) -> list[str]:
    """Values that the request has a place for and that the page was not given; a first page has no cursor."""
    request = job.requests.get(page.kind)
    if request is None:
        return []
    rule = request.rule
    places = [rule.url or "", rule.json, *(tree for _, tree in (*rule.query, *rule.headers, *rule.form))]
    paginate = job.recipe.kinds[page.kind].paginate
    known = {*(page.ask.given if page.ask else ()), *([paginate.name] if paginate else ())}
    return [name for name in names_in(places) if name not in known and not is_secret(name)]


def plain_request(job: Job, page: Link) -> dict[str, Any] | None:
    """The same for JSON; None for a plain GET."""
    message = _message(job, page)
    if message is None:
        return None
    return {
        "method": message.method,
        "headers": dict(message.headers),
        "body": _body(message),
        "with": {name: plain_value(value) for name, value in page.handed.items()},
    }


def _message(job: Job, page: Link) -> Message | None:
    request = job.requests.get(page.kind)
    if request is None:
        return None
    try:
        return request.message(page.url, page.ask, _AsWritten(), trusted=True)
    except ExtractError:
        return None  # it was not sent, and the failure says why


def _body(message: Message | None) -> str:
    """The body as a person reads it: a form without its encoding."""
    body = message.body.decode() if message else ""
    return unquote_plus(body) if message and ("Content-Type", _FORM) in message.headers else body


def _headers(message: Message | None) -> Iterable[tuple[str, str]]:
    return [(name, text) for name, text in message.headers if name != "Content-Type"] if message else ()
