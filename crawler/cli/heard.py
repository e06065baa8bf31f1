"""The JSON that a page in the browser fetched by itself, and the rules that read it directly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from crawler.cli.offer import best_offer
from crawler.cli.terminal import clean, paint
from crawler.errors import ExtractError

if TYPE_CHECKING:
    from crawler.fetch.browser_page import Heard

__all__ = ["Api", "apis", "apis_text", "plain_apis"]

MOST = 5


class Api(NamedTuple):
    """An address that a page asked for data.

    Attributes:
        times: how often, with whatever query.
        what: what the answer is, in a few words.
        rows: how many rows there seem to be; 0 for none.
        config: `start` and `pages` of a config that reads it; empty where none can.
    """

    method: str
    url: str
    status: int
    size: int
    times: int
    what: str
    rows: int
    config: tuple[str, ...]


def apis(heard: Sequence[Heard]) -> list[Api]:
    """The addresses, those with the most data first."""
    groups: dict[tuple[str, str], list[Heard]] = {}
    for each in heard:
        groups.setdefault((each.method, each.url.partition("?")[0]), []).append(each)
    found = [_api(group) for group in groups.values()]
    return sorted(found, key=lambda api: (api.rows, api.size), reverse=True)


def _api(group: list[Heard]) -> Api:
    first = group[0]
    what, rows, config = "JSON", 0, tuple[str, ...]()
    try:
        offer, text = best_offer(first.response)
    except ExtractError:
        pass  # nothing that could be rows
    else:
        what, rows = offer.what, offer.rows
        config = _essential(text) if first.method == "GET" and rows else ()
    return Api(first.method, first.url, first.response.status, len(first.response.body), len(group), what, rows, config)


def _essential(text: str) -> tuple[str, ...]:
    """`start` and `pages` of a config that `crawler init` would write."""
    lines = text.split("\n")
    begin = next(number for number, line in enumerate(lines) if line.startswith("start:"))
    end = next(number for number, line in enumerate(lines) if line.startswith("polite:"))
    return tuple(line for line in lines[begin:end] if line)


def apis_text(found: list[Api]) -> list[str]:
    """Lines for a person."""
    if not found:
        return ["", "the page fetched no JSON by itself"]
    lines = ["", paint("JSON that the page fetched by itself", "bold")]
    for api in found[:MOST]:
        often = f", {api.times} times" if api.times > 1 else ""
        lines.append(clean(f"  {api.method} {api.url}"))
        lines.append(clean(f"      status {api.status}, {api.size:,} bytes{often}: {api.what}"))
        if api.method != "GET" and api.rows:
            lines.append("      the address and the body of this request are in the network panel of a browser")
        lines += [clean(f"      {line}") for line in api.config]
    if len(found) > MOST:
        lines.append(f"  and {len(found) - MOST} more: see --json")
    if any(api.config for api in found[:MOST]):
        lines.append("  a page kind with these rules reads the data without a browser, many times faster")
    return lines


def plain_apis(found: list[Api]) -> list[dict[str, Any]]:
    """The same as JSON takes it."""
    return [{**api._asdict(), "config": "\n".join(api.config) or None} for api in found]
