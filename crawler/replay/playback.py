"""A run on a recording: every request goes to the replay server, none to the real site."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from crawler import urls
from crawler.errors import ConfigError
from crawler.fetch.client import ClientSettings, Fetch
from crawler.model import Failure, Request
from crawler.replay.cassette import Fetched, read
from crawler.replay.recording import manifest
from crawler.replay.server import MARK, ReplayServer, which
from crawler.replay.source import PageSource
from crawler.strategies.port import OnFetched

if TYPE_CHECKING:
    from crawler.config import Job

__all__ = ["Playback", "Replay"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Replay:
    """What to play back, and how.

    Attributes:
        folder: of the recording.
        latency: seconds that every answer waits; None for as long as it took when it was recorded.
        scale: factor of the recorded waits: 0.5 is twice as fast.
        errors: failures that went away when a page was tried again come again, too.
        outputs: files to write; None for those of the job, in `FOLDER/output`.
        state: file of the state; None for `FOLDER/replay.state.sqlite`.
        address: of a ReplayServer that runs already; then latency, scale and errors are those of that one.
    """

    folder: Path
    latency: float | None = None
    scale: float = 1.0
    errors: bool = False
    outputs: tuple[Path, ...] | None = None
    state: Path | None = None
    address: tuple[str, int] | None = None


class Playback(PageSource):
    """A recording in place of the web. State and outputs are kept in its folder: those of the real job stay.

    Raises:
        ConfigError: the folder holds no recording.
    """

    def __init__(self, replay: Replay) -> None:
        self._replay = replace(replay, folder=replay.folder.absolute())
        self._folder = self._replay.folder
        found = manifest(self._folder)
        if found is None:
            raise ConfigError(f"{replay.folder}: no recording; make one: crawler run CONFIG --record {replay.folder}")
        base = found.get("base")
        self._base = base if isinstance(base, str) else None
        self._address = replay.address

    def job(self, job: Job) -> Job:
        """The job without its demo site, which was recorded, and with a state of its own."""
        outputs = self._replay.outputs
        return replace(
            job,
            document=job.document.changed(demo=None),
            state_path=self._replay.state or self._folder / "replay.state.sqlite",
            outputs=_in_folder(job.outputs, self._folder / "output") if outputs is None else outputs,
            files_path=(self._folder / "output" if not outputs else outputs[0].parent) / job.files_path.name,
        )

    @contextmanager
    def opened(self, job: Job, base: str | None) -> Iterator[str | None]:
        """Run the server, unless it runs already."""
        if self._address:
            yield self._base
            return
        replay = self._replay
        with ReplayServer(self._folder, replay.latency, replay.scale, errors=replay.errors) as server:
            self._address = server.address
            yield self._base

    def settings(self, settings: ClientSettings) -> ClientSettings:
        """All connections to the server, and no secrets: nobody there needs them."""
        return settings._replace(connect_to=self._address, proxy=None, proxies=(), headers={}, cookies={}, auth=None)

    def fetch(self, fetch: Fetch) -> Fetch:
        """Understand what the server cannot say by HTTP."""
        return _ReplayedFetch(self._folder, fetch)

    def then(self, then: OnFetched[T]) -> OnFetched[T]:
        """Understand what the server cannot say by HTTP."""
        return _Replayed(self._folder, then)


class _Replayed(Generic[T]):
    def __init__(self, folder: Path, then: OnFetched[T]) -> None:
        self._folder, self._then = folder, then

    def __call__(self, request: Request, fetched: Fetched) -> T:
        return self._then(request, _meant(self._folder, request, fetched))


class _ReplayedFetch:
    def __init__(self, folder: Path, fetch: Fetch) -> None:
        self._folder, self._fetch = folder, fetch

    def __call__(self, request: Request) -> Fetched:
        return _meant(self._folder, request, self._fetch(request))

    def close(self) -> None:
        self._fetch.close()


def _meant(folder: Path, request: Request, fetched: Fetched) -> Fetched:
    """The recorded failure where the server says that it cannot be said by HTTP, as a timeout cannot."""
    if not isinstance(fetched, Failure) or fetched.status != MARK:
        return fetched
    mark = request.message.mark if request.message is not None else ""
    recorded = read(folder, urls.resolve("", request.url), mark)
    if recorded is None:
        return fetched
    meant = which(recorded, fetched.detail)
    return meant._replace(elapsed=fetched.elapsed, trail=fetched.trail) if isinstance(meant, Failure) else fetched


def _in_folder(paths: tuple[Path, ...], folder: Path) -> tuple[Path, ...]:
    names = [path.name for path in paths]
    clash = len({name.lower() for name in names}) < len(names)
    return tuple(folder / (f"{place}-{name}" if clash else name) for place, name in enumerate(names, 1))
