"""What a site says in the body of an answer of 400 or more: APIs tell there what was wrong with the request."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import quote, quote_plus

from crawler.config import Job
from crawler.extract.finding import short
from crawler.model import Response

__all__ = ["error_text", "secrets_of"]

_READ = 5_000  # characters, of which spaces make up a part
_SHORTEST = 3  # a secret of fewer characters stands anywhere by chance


def error_text(answer: Response, secrets: Iterable[str]) -> str:
    """Return the first 200 characters of a body as one line, without secrets.

    "" where it is empty, no text, or a page for people: that says no more than the status.
    """
    try:
        text = answer.body.decode()
    except UnicodeDecodeError:
        return ""
    if "\0" in text or text.lstrip()[:1] == "<":
        return ""
    for secret in sorted(set(_forms(secrets)), key=len, reverse=True):
        text = text.replace(secret, "***")
    return short(text[:_READ])


def secrets_of(job: Job) -> Iterator[str]:
    """Yield what the config sends and shows nowhere, and the token of each `Bearer TOKEN`."""
    for text in (*job.request_secrets().values(), *job.fetch_secrets()):
        yield text
        if len(words := text.split()) == 2:
            yield words[1]
    if job.fetch.auth is not None:
        pair = f"{job.fetch.auth.user.reveal()}:{job.fetch.auth.password.reveal()}"
        yield b64encode(pair.encode()).decode()


def _forms(secrets: Iterable[str]) -> Iterator[str]:
    """Yield each secret in the ways in which an answer may repeat it."""
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            yield from (secret, quote(secret, safe=""), quote_plus(secret), escape(secret))
            yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
