"""Pages fetched by our libcurl client with all its guards, to pycurl's multi interface used bare."""

from __future__ import annotations

from io import BytesIO

import pycurl

from benchmarks.parts.suite import Part, Setup, spent
from benchmarks.serve import serving
from benchmarks.sites import prepare
from crawler.fetch.client import ClientSettings, make_transfers
from crawler.model import Failure, Moved, Request, Response

TIMES = 400
AT_ONCE = 16


def fetch(setup: Setup) -> Part:
    """The same page again and again, 16 at once, over kept connections."""
    site = prepare(None, setup.work / "site", books=20)
    base, _ = setup.stack.enter_context(serving(site.folder))
    [url] = site.starts(base)
    settings = ClientSettings("benchmarks", connections=AT_ONCE, allow_private=True)

    def bare() -> float:
        return spent(lambda: _bare(url))

    return Part("fetch", lambda: spent(lambda: _ours(url, settings)), bare, "pycurl multi alone", TIMES)


def _ours(url: str, settings: ClientSettings) -> None:
    transfers = make_transfers(settings)
    found: list[Response | Moved | Failure] = []
    for number in range(TIMES):
        while len(transfers) >= AT_ONCE:
            transfers.perform(10)
        transfers.add(Request(number, url, "page"), found.append)
    while len(transfers):
        transfers.perform(10)
    transfers.close()
    if not all(isinstance(each, Response) for each in found):
        raise SystemExit(f"fetch: {next(each for each in found if not isinstance(each, Response))}")


def _bare(url: str) -> None:
    multi, left, under_way = pycurl.CurlMulti(), TIMES, 0
    idle = [pycurl.Curl() for _ in range(AT_ONCE)]
    while left or under_way:
        while idle and left:
            curl = idle.pop()
            curl.setopt(pycurl.URL, url)
            curl.setopt(pycurl.WRITEDATA, BytesIO())
            multi.add_handle(curl)
            left, under_way = left - 1, under_way + 1
        multi.select(1.0)
        multi.perform()
        _, good, bad = multi.info_read()
        if bad:
            raise SystemExit(f"fetch: {bad[0][2]}")
        for curl in good:
            multi.remove_handle(curl)
        idle += good
        under_way -= len(good)
    for curl in idle:
        curl.close()
    multi.close()
