"""Strategies as tests go through them: those of the registry that can be used here."""

from __future__ import annotations

from crawler.strategies.registry import STRATEGIES, missing

USABLE = [name for name in STRATEGIES if not missing(name)]
