"""Strategies and parse stages as tests go through them: those that can be used here."""

from __future__ import annotations

from crawler import plugins
from crawler.crawl.parse_stage import PARSE_STAGES
from crawler.strategies.registry import STRATEGIES, missing, refusal

USABLE = [name for name in (*STRATEGIES, *plugins.entry_points(plugins.STRATEGIES)) if not missing(name)]
"""Ours, and those that other installed packages bring."""


CLIENTS = [name for name in ("threads", "processes", "asyncio", "gevent", "curl", "processes-curl") if name in USABLE]
"""One strategy for each client, and one for each side of a process border. Not serial: it has the client of threads,
and waits for each server that is silent, one after another."""


def places(strategy: str) -> list[str]:
    """Where the pages of a job can be analysed under a strategy."""
    return [place for place in PARSE_STAGES if not refusal(strategy, place)]
