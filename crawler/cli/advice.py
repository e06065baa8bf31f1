"""Advice for a page that could not be read or yielded nothing, and for a slow run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.model import Failure

if TYPE_CHECKING:
    from crawler.runner.report import Report

__all__ = ["for_failure", "for_speed", "for_topic"]

_HEAVY = 0.6  # share of one core
_START_SECONDS = 1.0  # what starting worker processes costs, about
_GAIN = 1.3  # less than this is not worth another flag

_LOGIN = (
    "log in with a browser and give its cookies to fetch.cookies, or use fetch.auth or fetch.headers; "
    "${NAME} takes a value from an environment variable"
)
_DATA = (
    "if this is the data that you want, add format: json, csv or text to the page kind, and write paths or headings in "
    "place of selectors"
)
_FORMAT = (
    "open the address in a browser: if the site sends the same there, correct format: of the page kind; if not, it may "
    "ask for a header (fetch.headers)"
)
_REQUEST = "compare what was sent with what a browser sends there (F12, Network): its method, body and headers"
_ALL_THE_SAME = "to fetch it anyway: --set polite.robots=false"
_TOPICS = {
    "comment": "a python: function of the page kind receives the whole page, comments included",
    "frames": "open the address of the frame (its src) and crawl that page",
    "javascript": "JavaScript is not run unless the page kind says browser: true (see docs/browser.md). With "
    "--browser, this command renders the page, and lists the data that it fetches by itself",
    "login": _LOGIN,
    "script": "in a field or in each:, {css: '#ID', json: PATH} reads a script with an id, {js: NAME, json: PATH} a "
    "variable, {schema: TYPE} what is application/ld+json",
    "xml": "use these names in the selectors",
}
_CODES = {
    "data-not-html": _DATA,
    "not-json": _FORMAT,
    "not-csv": _FORMAT,
    "not-xlsx": _FORMAT,
    "unexpected": "a run asks for such a page again; if all answers are like this, correct expect: of the page kind",
    "login": _LOGIN,
    "session-lost": "see the steps of session: `crawler check` lists them",
    "http-400": _REQUEST,
    "http-405": _REQUEST,
    "http-415": _REQUEST,
    "http-422": _REQUEST,
    "http-401": _LOGIN,
    "http-403": _LOGIN,
    "http-429": "try again later, with a longer polite.delay",
    "http-500": "try again later",
    "http-502": "try again later",
    "http-503": "try again later",
    "http-504": "try again later",
    "not-sitemap": "open it in a browser; sitemap: takes a robots.txt with Sitemap: lines, an index, a sitemap, "
    "a text file with one URL a line, or a feed",
    "not-html": "a run skips such pages; deny: in the follow rule saves the request",
    "refused": "check that the site is up and the port is correct",
    "dns": "check the host name",
    "not-rendered": "look at the page in a browser: the selector may be wrong, or the site shows something else",
    "browser-died": "try fewer browser.pages: there may be too little memory",
    "address-blocked": "if you want this: --set fetch.allow_private=true",
    "robots": _ALL_THE_SAME,
}


def for_topic(topic: str) -> str:
    """For a reason that a page shows, by its topic; "" for an unknown one."""
    return _TOPICS.get(topic, "")


def for_failure(failure: Failure) -> str:
    """For a page that could not be read; "" where there is nothing to say."""
    if failure.code == "robots-unreachable":
        # A host that answers may give the page all the same; to one that does not, nothing leads.
        answered = failure.status >= 400
        return _ALL_THE_SAME if answered else ""
    return _CODES.get(failure.code, "")


def for_speed(report: Report, cores: int) -> str:
    """What would be faster if parsing, which one process does one page at a time, left cores idle; "" for nothing.

    Args:
        cores: that this program may use.
    """
    crawl, analysis = report.timing.crawl, report.analysis
    if report.strategy == "auto" or cores == 1 or analysis < _HEAVY * crawl:
        return ""
    spread = crawl - analysis + analysis / cores + _START_SECONDS
    if crawl < _GAIN * spread:
        return ""
    share = f"{min(analysis / crawl, 1.0):.0%}"
    return f"--strategy auto is faster: parsing took {share} of one core, and auto can use all {cores}"
