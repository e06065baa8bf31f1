"""What a run did: for the exit code, the end summary, the Summary sheet, `--json` and library users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.config import Job
from crawler.model import Problem
from crawler.runner.outputs import Kept
from crawler.runner.protect import Doubt
from crawler.runner.stored import problems, rows
from crawler.store.counts import Figures
from crawler.store.runs import CrawlRow, RunRow, Verdict

__all__ = ["LastGood", "Report", "Timing"]


EXIT_OK, EXIT_INCOMPLETE, EXIT_OUTPUT = 0, 3, 4
_SIGNALS = {"interrupted": 130, "terminated": 143}
_SKIPPED = frozenset({"robots", "off-site", "not-html", "depth", "limit", "trap"})  # causes of pages that did not fail


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


@dataclass(frozen=True, slots=True)
class LastGood:
    """The last good crawl of a job, with which a crawl is compared.

    Attributes:
        started: when, seconds since 1970.
        same_config: `start`, `pages` and `demo` of the config are the same as then.
    """

    started: float
    figures: Figures
    same_config: bool = True


@dataclass(frozen=True)
class Report:
    """What a run did.

    Attributes:
        ending: `finished`; `left` when a host was suspended or a start page failed; `time`; `interrupted`;
            `terminated`; `killed` for a run that left no word.
        choices: what `auto` chose and why, a line each.
        analysis: seconds of CPU that the program's own process took to parse pages; worker processes are not counted.
        resumed: the run went on with an unfinished crawl.
        changed: an unfinished crawl was given up because the config describes another one now.
        pages: number of pages of the whole crawl in each state: done, moved, failed, skipped, left.
        causes: failed and skipped pages of the whole crawl by cause.
        dropped: links of the whole crawl that were not followed, by reason.
        records: rows of each table; `joined` more had the key of an earlier one.
        left_out: rows of each table that `where` left out; only tables that have some.
        unmatched: follow rules with `next: true` that led nowhere in the whole crawl, by where they are written.
        notes: notes on cells, and pages that were read with a doubt.
        requests, retries, bytes: of this run.
        files: what was written.
        kept: older files that a person had changed or has open, and where they are kept.
        unwritten: exports that failed, with the reason.
        closed_hosts: hosts that were suspended, and why.
        allowed: share of failed and left pages above which the exit code is 3.
        state: the state file.
        verdict: `good`; `suspect`, see docs/protect.md; "" for a crawl that is not finished.
        doubts: why it is suspect.
        untouched: published files that a suspect or unfinished crawl did not replace.
        figures: rows of each table and how well its columns are filled; None where they were not counted yet.
        last: the last good crawl before this one; None where there was none.
        interpreter_lock: `on` or `off`, see `crawler.process.interpreter_lock`; "" of a run of an older version.
        trace: of a run that was traced, where its workers spent their time, in one sentence, or why there is no trace.
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
    analysis: float = 0.0
    resumed: bool = False
    changed: bool = False
    pages: Mapping[str, int] = field(default_factory=dict)
    causes: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    records: Mapping[str, int] = field(default_factory=dict)
    joined: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    unmatched: tuple[str, ...] = ()
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
    verdict: Verdict = ""
    doubts: tuple[Doubt, ...] = ()
    untouched: tuple[Path, ...] = ()
    figures: Figures | None = None
    last: LastGood | None = None
    trace: str = ""
    interpreter_lock: str = ""

    @property
    def bad_share(self) -> float:
        """Share of failed and left pages among all that were to be read."""
        bad = self.pages.get("failed", 0) + self.pages.get("left", 0)
        return bad / max(1, bad + self.pages.get("done", 0))

    @property
    def exit_code(self) -> int:
        """0 complete; 3 suspect, pages left or too many failures; 4 an export failed; 130 and 143 by a signal."""
        if self.unwritten:
            return EXIT_OUTPUT
        if self.ending in _SIGNALS:
            return _SIGNALS[self.ending]
        if self.doubts or self.bad_share > self.allowed:
            return EXIT_INCOMPLETE
        if self.ending == "session":
            return EXIT_INCOMPLETE
        compared = self.verdict == "good" and self.job.protect is not None
        empty = bool(self.records) and not any(self.records.values())
        left = self.ending == "left" and self.allowed < 1
        return EXIT_INCOMPLETE if left or (empty and not compared) else EXIT_OK

    @property
    def news(self) -> tuple[str, ...]:
        """What a person should hear of also where the exit code is 0, a sentence each."""
        found = []
        failed = self.pages.get("failed", 0)
        before = self.last.figures.pages.get("failed", 0) if self.last else 0
        if self.last is not None and failed > before and not self.doubts:
            bad = {code: count for code, count in self.causes.items() if code not in _SKIPPED}
            causes = ", ".join(f"{count:,} {code}" for code, count in bad.items())
            pages = failed + self.pages.get("done", 0)
            found.append(f"{failed:,} of {pages:,} pages failed, {before:,} last time: {causes}")
        if many := self.dropped.get("too-many-links"):
            found.append(f"{many:,} links were not followed, because their pages have too many links")
        return tuple(found)

    def rows(self, table: str, *, flat: bool = False) -> Iterator[dict[str, Any]]:
        """The rows of one table in the site's order, read from the state file.

        Args:
            flat: give values that pandas can calculate with, see `crawler.rows`.

        Raises:
            KeyError: the job has no table of that name.
        """
        return rows(self.job, table, flat=flat)

    def problems(self) -> Iterator[Problem]:
        """What the sheet Problems has on pages and cells, read from the state file.

        First each page that failed, was skipped, is left or was read with a doubt, in the site's order; then each cell
        with a note. The newest crawl of the job is read, as by `rows`.

        Raises:
            StateError: there is no state yet, or it is damaged.
        """
        return problems(self.job)

    @classmethod
    def recalled(cls, job: Job, crawl: CrawlRow, run: RunRow) -> Report:
        """A report as far as the last run of a crawl left one behind; without the counts of its pages."""
        kept, figures = run.report, Figures.load(crawl.figures) if crawl.figures else None
        suspect, last = crawl.verdict == "suspect", kept.get("last")
        timing = {key: value for key, value in kept.get("timing", {}).items() if key != "total"}
        begun = datetime.fromtimestamp(run.started).astimezone()
        plain = {
            key: kept[key]
            for key in ("requests", "retries", "bytes", "closed_hosts", "joined", "interpreter_lock")
            if key in kept
        }
        return cls(
            job=job,
            name=job.name,
            ending=run.ending or "killed",
            started=datetime.fromisoformat(kept["started"]) if kept else begun,
            timing=Timing(**timing),
            strategy=kept.get("strategy", job.fetch.strategy),
            workers=kept.get("workers", job.fetch.workers),
            parse=kept.get("parse", job.fetch.parse),
            choices=tuple(kept.get("choices", ())),
            notes=kept.get("notes", 0),
            records={name: table.rows for name, table in figures.tables.items()} if figures else {},
            allowed=job.limits.failures,
            state=job.state_path,
            verdict=crawl.verdict,
            doubts=tuple(_doubt(each) for each in kept.get("doubts", ())) if suspect else (),
            untouched=tuple(map(Path, kept.get("untouched", ()))) if suspect else (),
            figures=figures,
            last=LastGood(**{**last, "figures": Figures.load(last["figures"])}) if last else None,
            **plain,
        )

    def as_json(self) -> dict[str, Any]:
        """Plain data with stable keys, for `--json`."""
        plain = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "job"}
        plain["timing"] = asdict(self.timing)
        plain["started"] = self.started.isoformat()
        plain["timing"]["total"] = self.timing.total
        plain["files"] = [str(path) for path in self.files]
        plain["kept"] = [one.plain() for one in self.kept]
        plain["state"] = str(self.state)
        plain["doubts"] = [{**asdict(doubt), "line": str(doubt)} for doubt in self.doubts]
        plain["untouched"] = [str(path) for path in self.untouched]
        plain["figures"] = asdict(self.figures) if self.figures else None
        plain["last"] = asdict(self.last) if self.last else None
        return {"schema": 1, "exit_code": self.exit_code, **plain, "news": list(self.news)}


def _doubt(plain: Mapping[str, str]) -> Doubt:
    return Doubt(**{name: text for name, text in plain.items() if name != "line"})
