"""Where the runs go: the demo site or a replay, started once and outside of the measured tree, or the site itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from crawler import urls
from crawler.config import Job
from crawler.config.units import Wait, show_latency, show_share, show_size
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.errors import ConfigError
from crawler.replay.playback import Playback, Replay
from crawler.replay.server import ReplayServer
from crawler.serving.latency import Latency

__all__ = ["Demo", "Site", "open_site"]

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")


@dataclass(frozen=True, slots=True)
class Demo:
    """What is to be changed about the demo site of the job, or about a recording; None changes nothing."""

    latency: Wait | None = None
    books: int | None = None
    errors: float | None = None
    page_weight: int | None = None
    capacity: int | None = None
    rate: int | None = None
    slows_beyond: int | None = None

    def changes(self) -> dict[str, Any]:
        """Those that are given."""
        given = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: value for name, value in given if value is not None}

    def flags(self) -> list[str]:
        """The options that give them."""
        return ["--" + name.replace("_", "-") for name in self.changes()]


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
        """Make the next run meet the same site as the first: the demo site remembers what was asked for before."""
        if self._server is None:
            return
        options = self._server.options
        if options.errors or isinstance(options.latency, Latency) or options.capacity or options.rate:
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
        options = replace(DemoOptions(**job.demo.plain()), port=0, **demo.changes())
        with DemoServer(options) as server:
            yield Site(server.url, _about(options), server=server)
    else:
        if demo.changes():
            flags = ", ".join(demo.flags())
            raise ConfigError(f"{flags}: only for a job with a `demo:` section; this one crawls a site of its own")
        hosts = list(dict.fromkeys(urls.host(start.url) for start in job.start_pages()))
        yield Site("", ", ".join(hosts[:3]), is_live=any(host not in _LOOPBACK for host in hosts))


def _about(options: DemoOptions) -> str:
    parts = ["demo site", f"{options.books:,} books", f"latency {show_latency(options.latency)}"]
    if options.errors:
        parts.append(f"{show_share(options.errors)} of the pages fail at first")
    if options.page_weight:
        parts.append(f"pages filled up to {show_size(options.page_weight)}")
    if options.capacity:
        parts.append(f"{options.capacity:,} served at once")
    if options.rate:
        parts.append(f"429 above {options.rate:,} requests a second")
    if options.slows_beyond:
        parts.append(f"slower beyond {options.slows_beyond:,} in flight")
    return ", ".join(parts)


@contextmanager
def _played_back(demo: Demo, folder: Path) -> Iterator[Site]:
    flags = ", ".join(flag for flag in demo.flags() if flag != "--latency")
    if flags:
        raise ConfigError(f"{flags}: only for the demo site; a recording is played back as it is")
    if isinstance(demo.latency, Latency):
        raise ConfigError("--latency: a recording waits as long as recorded, or one time for all answers, as 100ms")
    Playback(Replay(folder))  # complains where there is none
    with ReplayServer(folder, demo.latency) as server:
        waits = "the recorded latencies" if demo.latency is None else f"latency {show_latency(demo.latency)}"
        yield Site("", f"recording {folder.name}, {waits}", replay=(str(folder.absolute()), *server.address))
