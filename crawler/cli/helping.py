"""The layout of the help of a command: purpose, usage, examples, grouped options, exit codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click

from crawler.cli import exit_codes

__all__ = ["Command"]

_REST = "Other options"
Topics = Callable[[], Mapping[str, Sequence[tuple[str, str]]]]


class Command(click.Command):
    """A command with options in groups.

    Args:
        sections: heading and the options below it, by their names in Python.
        codes: the exit codes that this command can end with.
        meanings: of exit codes, where this command has its own.
        topics: more tables for the end of the help, made only when it is shown.
    """

    def __init__(
        self,
        *args: Any,
        sections: Mapping[str, Iterable[str]] | None = None,
        codes: tuple[int, ...] = (0, 2),
        meanings: Mapping[int, str] | None = None,
        topics: Topics | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._sections = sections or {}
        self._codes = [(str(code), (meanings or {}).get(code, exit_codes.MEANINGS[code])) for code in codes]
        self._topics = topics

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found: dict[str, list[tuple[str, str]]] = {heading: [] for heading in [*self._sections, _REST]}
        homes = {name: heading for heading, names in self._sections.items() for name in names}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                found[homes.get(parameter.name or "", _REST)].append(record)
        for heading, records in found.items():
            _section(formatter, heading, records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, records in (self._topics() if self._topics else {}).items():
            _section(formatter, heading, records)
        _section(formatter, "Exit codes", self._codes)


def _section(formatter: click.HelpFormatter, heading: str, records: Sequence[tuple[str, str]]) -> None:
    if records:
        with formatter.section(heading):
            formatter.write_dl(records)
