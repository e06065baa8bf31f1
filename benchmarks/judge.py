"""Whether a program saw the fields of real pages as they stand in the tree of the HTML standard.

The judge is html5lib, which is written after the standard step by step; it shares no code with any competitor.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.gather import RealPage
from benchmarks.line import Line
from benchmarks.peers.fields import SITES
from benchmarks.records import plain, rows

SCRIPT = Path(__file__).parent / "peers" / "html5_tree.py"
COPY = re.compile(r"/p\d+(?=/)")
FIELDS = tuple(SITES["pages"].fields)


class Difference(NamedTuple):
    """A cell that is not as in the tree of the standard; texts are without white space."""

    path: str
    field: str
    found: str
    expected: str


@dataclass
class Judge:
    """Knows what each cell should hold, and remembers what it did not.

    Attributes:
        expected: for each path and field the texts that are right.
        differences: of each file read so far, by its digest.
    """

    expected: Mapping[str, Mapping[str, list[str]]]
    differences: dict[str, list[Difference]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._blank = {path for path, texts in self.expected.items() if not any(map(any, texts.values()))}

    @property
    def cells(self) -> int:
        """How many different cells there are; those of copies are the same."""
        return len(self.expected) * len(FIELDS)

    @property
    def records(self) -> int:
        """How many pages have a record. One without any field has none for crawler, and an empty one for others."""
        return len(self.expected) - len(self._blank)

    def read(self, path: Path) -> tuple[int, str]:
        """How many pages with a record a file has, and a digest of what is different in it."""
        found: set[Difference] = set()
        seen: set[str] = set()
        for row in rows(path):
            address = urlsplit(str(row["url"])).path
            page = COPY.sub("", address, count=1)
            if page not in self._blank:
                seen.add(address)
            for name in FIELDS:
                right, text = self.expected[page][name], _bare(row[name])
                if text not in right:
                    found.add(Difference(page, name, text, right[0]))
        listed = sorted(found)
        digest = hashlib.sha256(json.dumps([sorted(seen), listed]).encode()).hexdigest()
        self.differences[digest] = listed
        return len(seen), digest

    def hold(self, lines: list[Line]) -> None:
        """Mark the lines that lack records, or whose runs did not find the same."""
        for line in lines:
            wanted = self.records * len(line.site.prefixes)
            if counts := {count for count, _ in line.found} - {wanted}:
                line.wrong = line.wrong or f"{min(counts):,} of {wanted:,} records"
            elif len(set(line.found)) > 1:
                line.wrong = line.wrong or "its runs did not find the same"


def judge(python: Path, paths: Mapping[str, RealPage]) -> Judge:
    """Build the trees with html5lib, in the environment of the peers.

    Raises:
        SystemExit: that failed.
    """
    asked = json.dumps({path: [str(page.file), page.charset] for path, page in paths.items()})
    done = subprocess.run([python, "-W", "ignore", SCRIPT], input=asked, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"the judge failed: {done.stderr.strip()[-300:]}")
    told = json.loads(done.stdout)
    return Judge({path: {name: [*map(_bare, told[path][name])] for name in FIELDS} for path in told})


def _bare(cell: object) -> str:
    """A text without its white space: some put a space where a line ends or a block begins, some do not."""
    return "".join(plain(cell).split())
