"""Every error this program raises on purpose.

    CrawlerError
    ├── Stop               ends the run; carries the exit code
    │   ├── ConfigError    2  the config or the command line is wrong: nothing was fetched
    │   ├── OutputError    4  a file or the state could not be written; committed rows are safe
    │   ├── LockedError    5  another run owns the state
    │   └── StateError     6  the state file is damaged, from a newer version, or not one of crawler
    └── CodedError         becomes a Failure; carries its code
        ├── FetchError     one request failed
        ├── ExtractError   one page could not be parsed
        └── BadUrl         a text is not a URL to visit

Each takes positional arguments only and hands all of them to `Exception`, so each survives pickling: an
exception that cannot be unpickled in the main process breaks a whole process pool.
"""

from __future__ import annotations

__all__ = [
    "BadUrl",
    "CodedError",
    "ConfigError",
    "CrawlerError",
    "ExtractError",
    "FetchError",
    "LockedError",
    "OutputError",
    "StateError",
    "Stop",
    "one_line",
]


class CrawlerError(Exception):
    """Base of every error of this program."""


class Stop(CrawlerError):
    """The run cannot continue. The message is shown to the user without a traceback."""

    exit_code = 1


class ConfigError(Stop):
    """The config or the command line is wrong; one complaint a line."""

    exit_code = 2


class OutputError(Stop):
    """An output file or the state cannot be written."""

    exit_code = 4


class LockedError(Stop):
    """Another run owns the state."""

    exit_code = 5


class StateError(Stop):
    """The state file is corrupt, newer than this program, or belongs to another one."""

    exit_code = 6


class CodedError(CrawlerError):
    """An error that becomes a Failure.

    Args:
        code: stable name of the cause, as in docs/failures.md: `refused`, `deadline`, `too-large`, ...
        detail: one line for a person.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


class FetchError(CodedError):
    """A request without a usable response."""


class ExtractError(CodedError):
    """A page that could not be parsed."""


class BadUrl(CodedError):
    """Text that is not a URL to visit.

    Args:
        code: `bad-url`, `scheme` (mailto:, javascript:, file:, ...) or `empty` (nothing, or only a fragment).
        detail: one line for a person.
    """


def one_line(text: str, limit: int = 200) -> str:
    """Return the text with control characters escaped, cut to `limit` characters."""
    cut = text[:limit]
    return cut if cut.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in cut)
