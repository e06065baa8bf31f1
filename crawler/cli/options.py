"""Options that several commands share: the config with its overrides, and types for a time, a size or a share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from crawler.errors import ConfigError

if TYPE_CHECKING:
    from crawler.config import Job

__all__ = [
    "CONFIG_OPTIONS",
    "PARSE_STAGES_IN_WORDS",
    "budget",
    "job_options",
    "latency",
    "load_job",
    "load_options",
    "share",
    "size",
]


PARSE_STAGES_IN_WORDS = {
    "worker": "in the worker that fetched the page",
    "callback": "in the main process, as each request completes",
    "pool": "in a separate pool of processes",
    "barrier": "in the main process, after all requests in flight are complete",
}


T = TypeVar("T")


def latency(ctx: click.Context, option: click.Parameter, text: str | None) -> object:
    """Seconds or a Latency."""
    from crawler.config.units import parse_latency  # reading configs is not for those who only ask for help

    return _read(ctx, option, text, parse_latency)


def share(ctx: click.Context, option: click.Parameter, text: str | None) -> float | None:
    """0.05 of `5%`."""
    return _read(ctx, option, text, _share)


def size(ctx: click.Context, option: click.Parameter, text: str | None) -> int | None:
    """Bytes."""
    from crawler.config.units import parse_size

    return _read(ctx, option, text, parse_size)


def budget(ctx: click.Context, option: click.Parameter, text: str | None) -> float | None:
    """Seconds of `5min`."""
    from crawler.config.units import parse_budget

    return _read(ctx, option, text, parse_budget)


def _share(text: object) -> float:
    from crawler.config.units import parse_share

    share = parse_share(text)
    if not 0 <= share <= 1:
        raise ValueError(f"must be 0% to 100%, got {text}; write 5% or 0.05 for 5 of 100")
    return share


def _read(ctx: click.Context, option: click.Parameter, text: str | None, parse: Callable[[object], T]) -> T | None:
    try:
        return None if text is None else parse(text)
    except ValueError as error:
        raise click.UsageError(f"{option.opts[0]}: {error}", ctx) from None


F = TypeVar("F", bound=Callable[..., Any])


def load_options(function: F) -> F:
    """--capacity, --rate and --slows-beyond of the demo site."""
    number = click.IntRange(0, 1_000_000)
    for decorate in (
        click.option(
            "--slows-beyond",
            type=number,
            metavar="NUMBER",
            help="Requests in flight beyond which responses get slower and throughput falls.",
        ),
        click.option("--rate", type=number, metavar="NUMBER", help="Requests per second above which it answers 429."),
        click.option(
            "--capacity", type=number, metavar="NUMBER", help="Requests served at once; others wait in line for a slot."
        ),
    ):
        function = decorate(function)
    return function


CONFIG_OPTIONS = ("overrides", "starts")
"""Names of the options that change the config."""


def job_options(function: F) -> F:
    """CONFIG, --set and --start."""
    for decorate in (
        click.option(
            "--start", "starts", multiple=True, metavar="URL", help="Start URL instead of the config's; repeatable."
        ),
        click.option(
            "--set",
            "overrides",
            multiple=True,
            metavar="KEY=VALUE",
            help="Override a config key, for example fetch.workers=8; repeatable.",
        ),
        click.argument("config"),
    ):
        function = decorate(function)
    return function


class _Environment(dict[str, str]):
    """The environment, where each variable that is not set has a value that is used for nothing."""

    def __init__(self) -> None:
        super().__init__(os.environ)

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return "unset"

    def get(self, name: str, default: str | None = None) -> str:  # type: ignore[override]  # never the default
        return self[name] or "unset"


def load_job(
    config: str,
    overrides: tuple[str, ...] = (),
    starts: tuple[str, ...] = (),
    flags: Mapping[str, tuple[str, str | None]] | None = None,
    *,
    asks: bool = True,
) -> Job:
    """Read the config.

    Args:
        asks: the site is asked; without, variables of the environment that hold secrets may be missing.
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
        return load(
            config,
            overrides=settings,
            starts=starts,
            env=None if asks else _Environment(),
            known_strategies=STRATEGIES,
            known_clients=CLIENTS,
        )
    except ConfigError as error:
        text = str(error)
        for flag, (key, _) in given.items():
            text = text.replace(f"--set {key}:", f"{flag}:")
        raise ConfigError(text) from None
