"""From starts to the pages that a crawl begins with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from crawler import urls
from crawler.config import ranges
from crawler.config.start_values import Values
from crawler.config.starts import FUNCTION, Start
from crawler.errors import ConfigError, ExtractError
from crawler.model import Link
from crawler.urls import BadUrl

if TYPE_CHECKING:
    from crawler.extract.request import CompiledRequest

__all__ = ["pages_of"]

_NOTHING = Values()


def pages_of(
    start: Start, request: CompiledRequest | None, base: str | None, root: str, *, call: bool
) -> Iterator[Link]:
    """Yield the pages of a start; one whose address lacks a value is left out.

    Args:
        request: of its page kind.
        base: what paths are resolved against.
        root: folder of functions of the user's own.
        call: call such a function; without it none of the user's code is run.

    Raises:
        ConfigError: such a function fails, or values make no URL.
    """
    values = start.values or _NOTHING
    for url, given in _addresses(start, request, base, root, call=call):
        whole = urljoin(base, url) if base and url.startswith("/") else url
        carry = {name: given[name] for name in values.carry if name in given}
        ask = None
        if request is not None:
            try:
                asked, ask = request.address(whole, base or whole, given), request.ask(given)
            except (BadUrl, ExtractError) as error:
                raise ConfigError(f"start: '{whole[:80]}' cannot be asked for: {error.detail or error.code}") from error
            if asked is None:
                continue
            whole = asked
        anywhere = start.same_site is False
        yield Link(whole, start.kind, anywhere=anywhere, carry=carry, ask=ask, duplicates=values.duplicates)


def _addresses(
    start: Start, request: CompiledRequest | None, base: str | None, root: str, *, call: bool
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield URL and values of each page; the URL may be a path where there is no base."""
    if start.url.startswith(FUNCTION):
        if call:
            yield from _called(start, request, base, root)
    elif start.values is None:
        yield from ((url, {}) for url in ranges.expand(start.url))
    else:
        templates = ranges.expand(start.url) if start.url else (_of_request(request),)
        for text in templates:
            yield from _filled(text, start.values.each(), base, request)


def _called(
    start: Start, request: CompiledRequest | None, base: str | None, root: str
) -> Iterator[tuple[str, dict[str, str]]]:
    from crawler.config.start_functions import called  # late: few configs have one

    for url, row in called(start.url.removeprefix(FUNCTION), root):
        several = ({**row, **chosen} for chosen in (start.values or _NOTHING).each())
        if url is None and not _of_request(request):
            raise ConfigError(f"start: {start.url} gave no url, and page kind '{start.kind}' has no request.url")
        if url is None:
            yield from _filled(_of_request(request), several, base, request)
        else:
            yield from ((url, given) for given in several)


def _of_request(request: CompiledRequest | None) -> str:
    return (request.rule.url if request else None) or ""


def _filled(
    text: str, several: Iterator[dict[str, str]], base: str | None, request: CompiledRequest | None
) -> Iterator[tuple[str, dict[str, str]]]:
    from crawler.extract.request import Address  # late: most jobs have no values

    address = Address(text)
    begins = request.begins if request is not None else {}
    for given in several:
        try:
            url = address.fill({**begins, **given}.get)
        except ExtractError as error:
            raise ConfigError(f"start: '{text[:80]}' is no URL with these values: {error.detail}") from error
        if url is not None:
            yield _clean(url, base), given


def _clean(url: str, base: str | None) -> str:
    if base is None and url.startswith("/"):
        return url
    try:
        return urls.resolve(base or "", url)
    except BadUrl as error:
        raise ConfigError(f"start: '{url[:80]}' is no URL: {error.detail or error.code}") from error
