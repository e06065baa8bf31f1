"""Where the runs go: the demo site or a replay, started once and outside of the measured tree, or the site itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from crawler import urls
from crawler.config import Job
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.errors import ConfigError
from crawler.replay.playback import Playback, Replay
from crawler.replay.server import ReplayServer

__all__ = ["Demo", "Site", "open_site"]

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")


@dataclass(frozen=True, slots=True)
class Demo:
    """What is to be changed about the demo site of the job, or about a recording; None changes nothing."""

    latency: float | None = None
    books: int | None = None
    errors: float | None = None

    def changes(self) -> dict[str, Any]:
        """Those that are given."""
        given = {"latency": self.latency, "books": self.books, "errors": self.errors}
        return {name: value for name, value in given.items() if value is not None}


class Site:
    """A site that is ready.

    Attributes:
        base: where the demo site is; "" for the job's own start URLs.
        about: in words.
        replay: folder of a recording, with host and port of the server that plays it back.
        is_live: it is somebody's server, not one on this machine.
    """

    def __init__(
        self,
        base: str,
        about: str,
        *,
        is_live: bool = False,
        replay: tuple[str, str, int] | None = None,
        server: DemoServer | None = None,
    ) -> None:
        self.base, self.about, self.is_live, self.replay, self._server = base, about, is_live, replay, server

    def ready_for_a_run(self) -> None:
        """Make the next run meet the same site as the first: the demo site fails each page once only."""
        if self._server is not None and self._server.options.errors:
            self._server.stop()
            self._server.start()
            self.base = self._server.url


@contextmanager
def open_site(job: Job, demo: Demo, replay: Path | None = None) -> Iterator[Site]:
    """Start the demo site if the job has one, or the server that plays a recording back.

    Raises:
        ConfigError: options of the demo site for another one; no recording; or a server could not be started.
    """
    if replay is not None:
        with _played_back(demo, replay) as site:
            yield site
    elif job.demo is not None:
        options = replace(DemoOptions(**job.demo.model_dump()), port=0, **demo.changes())
        with DemoServer(options) as server:
            about = f"demo site, {options.books:,} books, {1000 * options.latency:.4g} ms latency"
            about += f", {options.errors:.0%} of the pages fail at first" if options.errors else ""
            yield Site(server.url, about, server=server)
    else:
        if demo.changes():
            flags = ", ".join(f"--{name}" for name in demo.changes())
            raise ConfigError(f"{flags}: only for a job with a `demo:` section; this one crawls a site of its own")
        hosts = list(dict.fromkeys(urls.host(url) for url, _ in job.start_pages()))
        yield Site("", ", ".join(hosts[:3]), is_live=any(host not in _LOOPBACK for host in hosts))


@contextmanager
def _played_back(demo: Demo, folder: Path) -> Iterator[Site]:
    if demo.books is not None or demo.errors is not None:
        raise ConfigError("--books and --errors are for the demo site; a recording is played back as it is")
    Playback(Replay(folder))  # complains where there is none
    with ReplayServer(folder, demo.latency) as server:
        waits = "the recorded latencies" if demo.latency is None else f"{1000 * demo.latency:.4g} ms latency"
        yield Site("", f"recording {folder.name}, {waits}", replay=(str(folder.absolute()), *server.address))
