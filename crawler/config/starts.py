"""Start URLs: what one is, and what is wrong with one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from itertools import islice
from typing import NamedTuple

from crawler.config import ranges
from crawler.config.secrets import has_variable
from crawler.config.start_values import Values
from crawler.config.validators import did_you_mean
from crawler.urls import BadUrl, resolve

__all__ = ["FUNCTION", "Start", "fault"]

FUNCTION = "python:"
"""What the URL of a start begins with that is a function: `python:starts:cities`."""
_USUAL = re.compile(r"https?://[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,4})?(/[A-Za-z0-9/._~%?&=+-]*)?").fullmatch
_SCHEME = r"([A-Za-z][A-Za-z0-9+.-]*):"
_ROOT = re.compile(r"https?://(?:\{[^{}]*\}|[^/?#{}])*", re.I)
_HOSTS = 10_000
"""Hosts of one start that are looked at."""
_HOST_LIKE = r"[\w-]+(\.[\w-]+)*\.(?!html?|php|aspx?|jsp|xml)[\w-]+(:\d+)?([/?#].*)?"


class Start(NamedTuple):
    """Where to start.

    Attributes:
        url: it may hold ranges and lists, and names of values in braces; FUNCTION and the name of a function that gives
            the URLs; "" for that of the page kind's request.
        kind: page kind; that of a sitemap is a name in `StartReader.sitemaps`.
        values: what it hands over, None for nothing.
        same_site: redirects are followed on its own site only; hosts: to these as well; False: to any site.
    """

    url: str
    kind: str
    values: Values | None = None
    same_site: bool | tuple[str, ...] = True

    @property
    def plain(self) -> list[object]:
        """The same as JSON takes it, in few bytes; what is not given stands nowhere, as before it could be."""
        found: list[object] = [self.url, self.kind]
        if self.values is not None:
            text = json.dumps(self.values, ensure_ascii=True, separators=(",", ":"))
            found.append(hashlib.sha256(text.encode()).hexdigest())
        return found if self.same_site is True else [*found, {"same_site": self.same_site}]


def fault(url: str, *, demo: bool = False, names: Collection[str] | None = None) -> tuple[str, str] | None:
    """What is wrong with a start URL and what to do; None when it is right.

    Args:
        demo: the job is for the demo site, and may use paths.
        names: of values that may stand in braces; None where there are no values.
    """
    if _USUAL(url):
        return None
    if has_variable(url):
        return "an environment variable is not allowed here", "secrets go into fetch.headers, cookies, auth or proxy"
    if re.search(r"\s", url):
        return "a space in a URL", "write %20 for it, or make a list: one URL each"
    if "{" in url or "}" in url:
        return _braces_fault(url, demo, names)
    if demo and url.startswith("/") and not url.startswith("//"):
        return None
    return _scheme_fault(url) or _deep_fault(url)


def _braces_fault(url: str, demo: bool, names: Collection[str] | None) -> tuple[str, str] | None:
    from crawler.extract.templates import Template  # late: few start URLs have braces

    template = Template(ranges.first(url))
    unknown = next((name for name in template.names if name not in (names or ())), None)
    if unknown is not None:
        return _unknown_name(unknown, names)
    filled = str(template.fill(lambda name: "x"))
    if "{" in filled or "}" in filled:
        return (
            "not a range, a list or a name",
            "write for example {1..50} or {01..12}; for a literal brace write %7B or %7D",
        )
    size = ranges.size(url)
    if size == 0:
        return "a range has a step of 0", "write how far the next number is, as {0..200..20}"
    if size > ranges.MOST:
        return f"the range means {size:,} URLs", f"at most {ranges.MOST:,} are allowed"
    if template.alone:
        return None  # the values are whole addresses
    if "{" in "/".join(template.text.split("/")[:3]) and not template.text.startswith("/"):
        return "a value cannot be a host", "write the host out, or use a whole address: '{link}'"
    return fault(filled, demo=demo) or _hosts_fault(url)


def _hosts_fault(url: str) -> tuple[str, str] | None:
    """What is wrong with a host of a list: an empty one, say."""
    found = _ROOT.match(url)
    if found is None or "{" not in found[0]:
        return None
    return next(filter(None, map(fault, islice(ranges.expand(found[0]), _HOSTS))), None)


def _unknown_name(name: str, names: Collection[str] | None) -> tuple[str, str]:
    if names is None:
        fix = f"write with: {{{name}: [a, b]}} beside url:, or {{1..50}} for a range; %7B and %7D for literal braces"
        return f"uses {{{name}}}, and this start hands over nothing", fix
    fix = did_you_mean(name, names) or f"add {name} to with:, or a column to the file"
    return f"uses {{{name}}}, which this start does not hand over", fix


def _scheme_fault(url: str) -> tuple[str, str] | None:
    shown = url[:80]
    found = re.match(_SCHEME, url)
    if url.lower().startswith(("http://", "https://")):
        return None
    if found and (near := re.fullmatch(r"(?i)h?t{1,3}ps?|https?", found[1])):
        scheme = "https" if near[0].lower().endswith("s") else "http"
        rest = url[found.end() :].lstrip("/\\:")
        return f"not a URL: '{shown}'", f"write {scheme}://{rest[:80]}"
    if re.fullmatch(_HOST_LIKE, url) or url.startswith("//"):
        return "a URL starts with https:// or http://", f"write https://{shown.lstrip('/')}"
    if found:
        return f"'{found[1]}:' cannot be crawled", "only http:// and https:// URLs can"
    return (
        f"'{shown}' is relative",
        "write the whole URL, for example https://example.com/page; only the demo site accepts paths",
    )


def _deep_fault(url: str) -> tuple[str, str] | None:
    if "@" in url.split("//", 1)[1].split("/", 1)[0]:
        return "user and password in a URL", "write them under fetch.auth"
    try:
        resolve("", url)
    except BadUrl as error:
        return f"not a URL: {error.detail or error.code}", "write it as https://example.com/page"
    return None
