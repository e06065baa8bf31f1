"""Real pages of real sites, when they are there: local test data that is no part of the repository.

They are looked for in the folder that CRAWLER_TEST_SITES names, then in `../shared/sites` beside the repository, each
as a folder or as `<name>.tar.xz`. An archive is unpacked once per test run, outside the repository, and removed.
"""

import atexit
import os
import shutil
import tarfile
import tempfile
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "CRAWLER_TEST_SITES"


def need_site(name: str) -> Path:
    """Folder of a site such as `books_toscrape`; skips the test, and says why, when it is not there."""
    found = find_site(name)
    if found is None:
        pytest.skip(f"real pages {name!r} not found: set {VARIABLE} to the folder that holds them")
    return found


@cache
def find_site(name: str) -> Path | None:
    """Folder of a site; None when it is not there."""
    for place in _places():
        if (place / name).is_dir():
            return place / name
        if (place / f"{name}.tar.xz").is_file():
            return _unpack(place / f"{name}.tar.xz", name)
    return None


def _places() -> list[Path]:
    named = os.environ.get(VARIABLE)
    return [*([Path(named)] if named else []), ROOT.parent / "shared" / "sites"]


def _unpack(archive: Path, name: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="crawler-test-sites-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with tarfile.open(archive) as opened:
        if hasattr(tarfile, "data_filter"):
            opened.extractall(folder, filter="data")
        else:  # Python 3.11.3 and older
            opened.extractall(folder)
    return folder / name if (folder / name).is_dir() else folder
