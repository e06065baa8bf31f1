"""Real pages from folders, as a site: each has an address of its own, and one index page leads to all."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from webencodings import lookup

from benchmarks.sites import Site, mount

INDEX = "/index.html"


@dataclass(frozen=True)
class RealPage:
    """A file and what its server would say of its encoding: "" where nobody knows, and the page has to say it."""

    file: Path
    charset: str = ""

    @property
    def suffix(self) -> str:
        """Of its address. The servers of benchmarks tell the Content-Type by it."""
        return f".{self.charset or 'html'}"


def gather(folders: Sequence[Path]) -> list[RealPage]:
    """The pages that lie in folders, below them too.

    A table `data.csv` with the columns `File Name` and `Encoding` names the pages of `html/` beside it (autopager); a
    page `source.html` is one of a test and in UTF-8 (readability; what else lies there is what a program should make
    of it). In a folder without either, every `.html` is a page, and no charset is known.

    Raises:
        SystemExit: there is no page in a folder.
    """
    pages = [page for folder in folders for page in _pages(folder)]
    empty = [folder for folder in folders if not any(folder in page.file.parents for page in pages)]
    if empty:
        raise SystemExit(f"--pages: there are no pages in {', '.join(map(str, empty))}")
    return pages


def _pages(folder: Path) -> list[RealPage]:
    known = [page for table in sorted(folder.rglob("data.csv")) for page in _listed(table)]
    known += [RealPage(file, "utf-8") for file in sorted(folder.rglob("source.html"))]
    return known or [RealPage(file) for file in sorted(folder.rglob("*.html"))]


def _listed(table: Path) -> Iterator[RealPage]:
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            encoding = lookup(row["Encoding"])
            yield RealPage(table.parent / "html" / f"{row['File Name']}.html", encoding.name if encoding else "")


def write_site(pages: Sequence[RealPage], folder: Path, copies: int) -> tuple[Site, dict[str, RealPage]]:
    """Put pages and index into a folder that can be served; gives the site, and the page of each path."""
    folder.mkdir(parents=True)
    paths = {f"/{number}{page.suffix}": page for number, page in enumerate(pages, 1)}
    for path, page in paths.items():
        shutil.copyfile(page.file, folder / path[1:])
    links = "\n".join(f'<li><a href="{path[1:]}">{path[1:]}</a>' for path in paths)
    (folder / INDEX[1:]).write_text(f"<!DOCTYPE html>\n<title>Index</title>\n<ul>\n{links}\n</ul>\n", "utf-8")
    return Site("pages", folder, 1, len(pages), mount(folder, copies), INDEX), paths
