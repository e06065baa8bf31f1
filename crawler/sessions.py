"""Parameters of URLs that may hold the id of a session: by their names, and by what random ids look like.

Nothing is decided by that alone: `crawler.extract.parser` looks at the links of a page, and docs/state.md has the
rule. `sid=25/07/01/0415211` is the number of a story.
"""

from __future__ import annotations

import re

__all__ = ["is_token", "parameters", "suspects"]

_NAME = r"(?:[^?&;=/]*(?:sid|sess|session)(?:[_-]?(?:id|key|hash))?|s|zenid)"
_MAY_HOLD_ONE = re.compile(rf"(?i)[?&;]{_NAME}=[0-9a-z]{{8}}").search
_IS_NAME = re.compile(rf"(?i){_NAME}").fullmatch
_ID = re.compile(r"[0-9A-Za-z]{16,256}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}").fullmatch
_CHANGE = re.compile(r"[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])|[a-z](?=[A-Z])").findall


def parameters(url: str) -> dict[str, str]:
    """Return the parameters of a clean URL, those of its path (`;name=value`) too, by their names in lower case."""
    path, _, query = url.partition("?")
    behind = [part.partition("/")[0] for part in path.split(";")[1:]]
    pairs = (pair.partition("=") for pair in [*behind, *query.split("&")])
    return {name.lower(): value for name, mark, value in pairs if mark}


def suspects(url: str) -> dict[str, str]:
    """Return the parameters of a clean URL that may hold the id of a session."""
    if _MAY_HOLD_ONE(url) is None:
        return {}
    return {name: value for name, value in parameters(url).items() if _IS_NAME(name) and is_token(value)}


def is_token(value: str) -> bool:
    """Tell whether a value looks like a random id: letters and digits without a pattern, at least 16, or a UUID.

    Words and numbers have long runs of one sort, `summer2024morning`; what is random changes from letters to digits,
    or to capital letters, at every third character or so.
    """
    changes = len(_CHANGE(value)) if _ID(value) else 0
    return 6 * changes > len(value) and any(map(str.isdigit, value))
