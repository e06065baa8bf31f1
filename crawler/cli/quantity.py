"""Options that take a time, a size or a share as the config writes it: callbacks for `click.option`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

__all__ = ["latency", "share", "size"]

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
