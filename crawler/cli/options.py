"""What several commands share: the config with its overrides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from crawler.config import Job, load

__all__ = ["job_options", "load_job"]

F = TypeVar("F", bound=Callable[..., Any])


def job_options(function: F) -> F:
    """CONFIG, --set and --start."""
    for decorate in (
        click.argument("config"),
        click.option(
            "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key, as fetch.workers=8."
        ),
        click.option("--start", "starts", multiple=True, metavar="URL", help="Start here instead."),
    ):
        function = decorate(function)
    return function


def load_job(config: str, overrides: tuple[str, ...] = (), starts: tuple[str, ...] = ()) -> Job:
    """Read the config; raises ConfigError with every complaint."""
    from crawler.strategies.registry import STRATEGIES

    return load(config, overrides=overrides, starts=starts, known_strategies=STRATEGIES)
