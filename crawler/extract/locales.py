"""Locales by name: English without any library, the others from babel."""

from __future__ import annotations

from typing import Any

from crawler import extras
from crawler.errors import ExtractError

__all__ = ["ENGLISH", "check_locale", "load"]

ENGLISH = frozenset({"en", "en_US", "en_GB", "en-US", "en-GB"})


def load(locale: str) -> Any:
    """Return babel's Locale of that name, `de` or `pt_BR`.

    Raises:
        ExtractError: `locale`: no such locale, or babel is not installed.
    """
    try:
        from babel import Locale, UnknownLocaleError
    except ImportError:
        what = f"the locale {locale!r} needs babel; install it with: {extras.install('locale')}"
        raise ExtractError("locale", what) from None
    try:
        return Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        raise ExtractError("locale", f"{locale!r} is no known locale; examples: en, de, fr, pt_BR") from None


def check_locale(locale: str) -> str | None:
    """One line that says why a locale cannot be used; None when it can."""
    if locale in ENGLISH:
        return None
    try:
        load(locale)
    except ExtractError as error:
        return error.detail
    return None
