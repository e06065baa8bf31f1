"""Recording: every response of a worker is saved before it is used."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from crawler.crawl.hiding import Hiding
from crawler.errors import ConfigError, OutputError
from crawler.fetch.client import Fetch
from crawler.model import Request
from crawler.replay.cassette import ANSWERS, FORMAT, Fetched, store, write_file
from crawler.replay.source import PageSource
from crawler.strategies.port import OnFetched

if TYPE_CHECKING:
    from crawler.config import Job

__all__ = ["MANIFEST", "Recording", "manifest"]

T = TypeVar("T")

MANIFEST = "recording.json"


class Recording(PageSource):
    """The web, written down.

    An unfinished crawl is resumed only where the folder holds its first part; else pages would be
    missing, so it starts over.

    Raises:
        ConfigError: on opening, the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    @contextmanager
    def opened(self, job: Job, base: str | None) -> Iterator[str | None]:
        """Make the folder ready."""
        self._hiding = Hiding(job.request_secrets(), job.fetch_secrets())
        what = {"format": FORMAT, "job": job.name, "what": job.what_hash, "base": base}
        self.fresh = manifest(self._folder) != what
        try:
            (self._folder / ANSWERS).mkdir(parents=True, exist_ok=True)
            for draft in (self._folder / ANSWERS).glob(".*.tmp"):  # of a run that was killed
                draft.unlink(missing_ok=True)
            write_file(self._folder / MANIFEST, json.dumps(what, indent=2).encode() + b"\n")
        except (OSError, OutputError) as error:
            raise ConfigError(f"{self._folder}: no recording can be written here: {error}") from None
        yield base

    def fetch(self, fetch: Fetch) -> Fetch:
        """Write down what this client fetches."""
        return _RecordingFetch(self._folder, self._hiding, fetch)

    def then(self, then: OnFetched[T]) -> OnFetched[T]:
        """Write down what workers fetch."""
        return _Record(self._folder, self._hiding, then)


class _Record(Generic[T]):
    def __init__(self, folder: Path, hiding: Hiding, then: OnFetched[T]) -> None:
        self._folder, self._hiding, self._then = folder, hiding, then

    def __call__(self, request: Request, fetched: Fetched) -> T:
        store(self._folder, request, self._hiding.outcome(fetched))
        return self._then(request, fetched)


class _RecordingFetch:
    """Requests that the loop does not number are counted here."""

    def __init__(self, folder: Path, hiding: Hiding, fetch: Fetch) -> None:
        self._folder, self._hiding, self._fetch = folder, hiding, fetch
        self._lock = threading.Lock()
        self._asked: Counter[str] = Counter()

    def __call__(self, request: Request) -> Fetched:
        fetched = self._fetch(request)
        with self._lock:
            self._asked[request.url] += 1
            attempt = self._asked[request.url]
        store(self._folder, request._replace(attempt=attempt), self._hiding.outcome(fetched))
        return fetched

    def close(self) -> None:
        self._fetch.close()


def manifest(folder: Path) -> dict[str, Any] | None:
    """What a folder is a recording of; None where it is none that we can read."""
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get("format") == FORMAT else None
