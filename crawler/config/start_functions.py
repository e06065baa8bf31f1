"""Functions of the user's own that give the starts of a job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import islice

from crawler.config import ranges
from crawler.config.start_values import is_name, named
from crawler.config.starts import fault
from crawler.errors import ConfigError, ExtractError
from crawler.extract.python_hook import load_hook
from crawler.extract.templates import as_written

__all__ = ["called"]

_PLAIN = (str, int, float, Decimal, bool, date)


def called(name: str, root: str) -> list[tuple[str | None, dict[str, str]]]:
    """Return what a function of the user's own gives: of each start its URL, if it says one, and its values.

    The function gives URLs, or dicts with `url` and values by name.

    Raises:
        ConfigError: it cannot be imported or fails, or gives something else.
    """
    try:
        found = list(islice(load_hook(name, root)(), ranges.MOST))
    except ExtractError as error:
        raise ConfigError(f"start: {error.detail}") from error
    except (Exception, SystemExit) as error:  # whatever a function of a user raises
        raise ConfigError(f"start: {name} raised {type(error).__name__}: {error}") from error
    if not found:
        raise ConfigError(f"start: {name} gave no URL")
    return [_given(name, one) for one in found]


def _given(name: str, one: object) -> tuple[str | None, dict[str, str]]:
    row: Mapping[object, object] = one if isinstance(one, dict) else {"url": one}
    if not row or ("url" in row and not isinstance(row["url"], str)):
        raise ConfigError(f"start: {name} gave {_shown(one)}; it must give URLs, or dicts with url and values")
    url = row.get("url")
    if isinstance(url, str):
        wrong = fault(url, demo=True) if "{" not in url else ("a range is not possible here", "")
        if wrong:
            raise ConfigError(f"start: {name} gave '{url[:80]}': {wrong[0]}")
    values = dict(_value(name, key, value) for key, value in row.items() if value is not None and value != "")
    return (url if isinstance(url, str) else None), values


def _value(name: str, key: object, value: object) -> tuple[str, str]:
    if not isinstance(key, str) or not is_name(key):
        fix = f"write '{named(str(key))}'" if is_name(named(str(key))) else "use letters, digits and _"
        raise ConfigError(f"start: {name} gave a value with the name {key!r}; {fix}")
    if not isinstance(value, _PLAIN):
        raise ConfigError(
            f"start: {name} gave {type(value).__name__} for '{key}'; a value is a text, a number or a date"
        )
    return key, repr(value) if isinstance(value, float) else as_written(value)


def _shown(one: object) -> str:
    url = one.get("url") if isinstance(one, dict) else one
    return f"{type(url).__name__} as url" if isinstance(one, dict) and one else type(one).__name__
