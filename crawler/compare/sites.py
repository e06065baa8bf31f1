"""Where the runs go: the demo site or a replay, started once and outside of the measured tree, or the site itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPException
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from crawler import urls
from crawler.compare.noise import Served
from crawler.config import Job
from crawler.config.units import Wait, show_latency, show_share, show_size
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.errors import ConfigError, Stop
from crawler.replay.playback import Playback, Replay
from crawler.replay.server import ReplayServer
from crawler.serving.latency import Latency
from crawler.serving.process import ServerProcess

__all__ = ["Demo", "Site", "open_site"]


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


class Gone(Stop):
    """The server that was started for the comparison has ended."""

    exit_code = 3


class Site:
    """A site that is ready.

    Attributes:
        base: where the demo site is; "" for the job's own start URLs.
        about: in words.
        replay: folder of a recording, with host and port of the server that plays it back.
        is_live: it is somebody's server, not one on this machine.
        is_local: it is on this machine, but not ours.
    """

    def __init__(
        self,
        base: str,
        about: str,
        *,
        is_live: bool = False,
        is_local: bool = False,
        replay: tuple[str, str, int] | None = None,
        server: ServerProcess | None = None,
    ) -> None:
        self.base, self.about, self.replay, self._server = base, about, replay, server
        self.is_live, self.is_local = is_live, is_local

    def ready_for_a_run(self) -> None:
        """Make the next run meet the same site as the first: the demo site remembers what was asked for before."""
        if self._server is None:
            return
        if isinstance(self._server, DemoServer) and self._server.options.remembers:
            self._server.stop()
            self._server.start()
            self.base = self._server.url
        else:
            self._stats(anew=True)

    @property
    def remedy(self) -> str:
        """What makes a crawl of it take longer."""
        if self.replay is not None:
            return "let answers wait, for example with a latency of 50ms, or record more pages"
        if self._server is not None:
            return "crawl a larger or slower site, for example with 1000 books or a latency of 50ms"
        return "crawl more pages: raise limits.pages, or start at more of them"

    @property
    def servers(self) -> tuple[int, ...] | None:
        """Process ids of its servers; None where they are on this machine and not known."""
        if self._server is None or self._server.pid is None:
            return None if self.is_local else ()
        return (self._server.pid,)

    def served(self) -> Served | None:
        """What the server has counted since it was made ready; None where it is not ours."""
        if self._server is None:
            return None
        found = self._stats()
        return Served(found["requests"], found["most_waiting"], found["statuses"])

    def _stats(self, *, anew: bool = False) -> dict[str, Any]:
        assert self._server is not None
        try:
            return self._server.stats(anew=anew)
        except (OSError, HTTPException, ValueError) as error:
            raise Gone(f"the server of the comparison does not answer any more: {error}") from None


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
            names = ", ".join(demo.changes())
            raise ConfigError(f"{names}: only for a job with a `demo:` section; this one crawls a site of its own")
        hosts = list(dict.fromkeys(urls.host(start.url) for start in job.start_pages()))
        here = list(map(_is_here, hosts))
        yield Site("", ", ".join(hosts[:3]), is_live=not all(here), is_local=any(here))


def _is_here(host: str) -> bool:
    """Whether a host, with its port or without, is this machine (RFC 6761, 6.3; RFC 1122, 3.2.1.3; RFC 4291, 2.5.3)."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


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
    names = ", ".join(name for name in demo.changes() if name != "latency")
    if names:
        raise ConfigError(f"{names}: only for the demo site; a recording is played back as it is")
    if isinstance(demo.latency, Latency):
        raise ConfigError("latency: a recording waits as long as recorded, or one time for all answers, as 100ms")
    Playback(Replay(folder))  # complains where there is none
    with ReplayServer(folder, demo.latency) as server:
        waits = "the recorded latencies" if demo.latency is None else f"latency {show_latency(demo.latency)}"
        replay = (str(folder.absolute()), *server.address)
        yield Site("", f"recording {folder.name}, {waits}", replay=replay, server=server)
