"""One line of a table: a competitor, what its runs took, and whether it found the same records as the others."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import median

from benchmarks.competitors import Competitor
from benchmarks.measure import Measured
from benchmarks.sites import Site


@dataclass
class Line:
    """One competitor on one site: its good runs with what they found, or what is wrong."""

    who: Competitor
    site: Site
    cores: int = 1
    runs: list[Measured] = field(default_factory=list)
    found: list[tuple[int, str]] = field(default_factory=list)
    wrong: str = ""

    def cpu(self) -> float:
        """CPU milliseconds for each page, the median of the runs."""
        return 1000 * median(run.cpu for run in self.runs) / self.site.pages

    def speed(self) -> float:
        """Pages a second of wall time, start-up and export included."""
        return self.site.pages / median(run.wall for run in self.runs)

    def peak(self) -> float:
        """MB of the whole process tree at its worst."""
        return median(run.peak for run in self.runs)

    def data(self) -> dict[str, object]:
        """All of it, for JSON."""
        runs = [{"cpu": run.cpu, "wall": run.wall, "peak_mb": run.peak, "span": run.span} for run in self.runs]
        said = {"system": self.who.name, "cores": self.cores, "pages": self.site.pages, "wrong": self.wrong}
        if not self.wrong:
            said |= {"cpu_ms_per_page": self.cpu(), "pages_per_second": self.speed(), "peak_mb": self.peak()}
        return said | {"runs": runs}


def compare(lines: list[Line]) -> None:
    """Mark the lines of a site whose records are too few or too many, or not those that most have found."""
    good = Counter({found[1]: 0 for line in lines for found in line.found if found[0] == line.site.records})
    good.update(digest for line in lines for digest in {found[1] for found in line.found} if digest in good)
    agreed = good.most_common(1)[0][0] if good else ""
    for line in lines:
        bad = [found for found in line.found if found[1] != agreed]
        if bad and not line.wrong:
            rows = f"{bad[0][0]:,} of {line.site.records:,} records"
            line.wrong = f"other values or rows in {len(bad)} of {len(line.found)} runs ({rows})"
