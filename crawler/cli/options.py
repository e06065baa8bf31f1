"""What several commands share: the config with its overrides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from crawler.errors import ConfigError

if TYPE_CHECKING:
    from crawler.config import Job

__all__ = ["CONFIG_OPTIONS", "job_options", "load_job"]

F = TypeVar("F", bound=Callable[..., Any])

CONFIG_OPTIONS = ("overrides", "starts")
"""Names of the options that change the config."""


def job_options(function: F) -> F:
    """CONFIG, --set and --start."""
    for decorate in (
        click.option(
            "--start", "starts", multiple=True, metavar="URL", help="Start here instead; may be given several times."
        ),
        click.option(
            "--set",
            "overrides",
            multiple=True,
            metavar="KEY=VALUE",
            help="Override a key, as fetch.workers=8; may be given several times.",
        ),
        click.argument("config"),
    ):
        function = decorate(function)
    return function


def load_job(
    config: str,
    overrides: tuple[str, ...] = (),
    starts: tuple[str, ...] = (),
    flags: Mapping[str, tuple[str, str | None]] | None = None,
) -> Job:
    """Read the config.

    Args:
        flags: options that stand for a key of the config: `{"--workers": ("fetch.workers", "8")}`.

    Raises:
        ConfigError: every complaint; one about a flag names the flag.
    """
    from crawler.config import load
    from crawler.fetch.client import CLIENTS
    from crawler.strategies.registry import STRATEGIES

    given = {flag: (key, value) for flag, (key, value) in (flags or {}).items() if value is not None}
    settings = (*overrides, *(f"{key}={value}" for key, value in given.values()))
    try:
        return load(config, overrides=settings, starts=starts, known_strategies=STRATEGIES, known_clients=CLIENTS)
    except ConfigError as error:
        text = str(error)
        for flag, (key, _) in given.items():
            text = text.replace(f"--set {key}:", f"{flag}:")
        raise ConfigError(text) from None
