"""What a run did: for the exit code, the end summary, the Summary sheet, `--json` and library users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.config import Job
from crawler.keep import Kept
from crawler.model import Value

__all__ = ["Report", "Timing"]

EXIT_OK, EXIT_INCOMPLETE, EXIT_OUTPUT = 0, 3, 4
_SIGNALS = {"interrupted": 130, "terminated": 143}


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of a run: until the first page is asked for, crawling, and closing with exports."""

    start_up: float = 0.0
    crawl: float = 0.0
    close: float = 0.0

    @property
    def total(self) -> float:
        """Seconds from beginning to end."""
        return self.start_up + self.crawl + self.close


@dataclass(frozen=True)
class Report:
    """What a run did.

    Attributes:
        ending: `finished`; `left` when some hosts were left alone; `time`; `interrupted`; `terminated`;
            `killed` for a run that left no word.
        choices: what `auto` chose and why, a line each.
        resumed: the run went on with an unfinished crawl.
        changed: an unfinished crawl was given up because the config describes another one now.
        pages: number of pages of the whole crawl in each state: done, moved, failed, skipped, left.
        causes: failed and skipped pages of the whole crawl by cause.
        records: rows of each table; `joined` more had the key of an earlier one.
        notes: cells and pages with a note.
        requests, retries, bytes: of this run.
        files: what was written.
        kept: older files that a person had changed or has open, and where they are kept.
        unwritten: exports that failed, with the reason.
        closed_hosts: hosts that were left alone, and why.
        allowed: share of failed and left pages above which the exit code is 3.
        state: the state file.
        job: the job that was run.
    """

    job: Job = field(repr=False, compare=False)
    name: str
    ending: str
    started: datetime
    timing: Timing
    strategy: str
    workers: int
    parse: str
    choices: tuple[str, ...] = ()
    resumed: bool = False
    changed: bool = False
    pages: Mapping[str, int] = field(default_factory=dict)
    causes: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    records: Mapping[str, int] = field(default_factory=dict)
    joined: int = 0
    notes: int = 0
    requests: int = 0
    retries: int = 0
    bytes: int = 0
    files: tuple[Path, ...] = ()
    kept: tuple[Kept, ...] = ()
    unwritten: Mapping[str, str] = field(default_factory=dict)
    closed_hosts: Mapping[str, str] = field(default_factory=dict)
    allowed: float = 0.0
    state: Path = Path()

    @property
    def bad_share(self) -> float:
        """Share of failed and left pages among all that were to be read."""
        bad = self.pages.get("failed", 0) + self.pages.get("left", 0)
        return bad / max(1, bad + self.pages.get("done", 0))

    @property
    def exit_code(self) -> int:
        """0 complete; 3 too many failures, or no record at all; 4 an export failed; 130 and 143 by a signal."""
        if self.unwritten:
            return EXIT_OUTPUT
        if self.ending in _SIGNALS:
            return _SIGNALS[self.ending]
        empty = bool(self.records) and not any(self.records.values())
        return EXIT_INCOMPLETE if empty or self.bad_share > self.allowed else EXIT_OK

    def rows(self, table: str) -> Iterator[dict[str, Value]]:
        """The rows of one table in the site's order, read from the state file.

        Raises:
            KeyError: the job has no table of that name.
        """
        from crawler.api import rows

        return rows(self.job, table)

    def as_json(self) -> dict[str, Any]:
        """Plain data with stable keys, for `--json`."""
        plain = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "job"}
        plain["timing"] = asdict(self.timing)
        plain["started"] = self.started.isoformat()
        plain["timing"]["total"] = self.timing.total
        plain["files"] = [str(path) for path in self.files]
        plain["kept"] = [one.plain() for one in self.kept]
        plain["state"] = str(self.state)
        return {"schema": 1, "exit_code": self.exit_code, **plain}
