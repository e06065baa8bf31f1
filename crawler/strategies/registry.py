"""Every strategy by its name; its module is imported only when the strategy is chosen."""

from __future__ import annotations

import inspect
import select
import sys
from concurrent.futures import Executor
from importlib.util import find_spec
from typing import Any, Literal, NamedTuple, TypeVar

from crawler import extras, plugins
from crawler.errors import ConfigError
from crawler.fetch.client import client_module
from crawler.strategies.event_driver import Threaded
from crawler.strategies.port import Plan, PolledStrategy, Strategy

__all__ = [
    "STRATEGIES",
    "Entry",
    "absent",
    "check_loadable",
    "chooses_width",
    "entry",
    "make_driver",
    "make_strategy",
    "missing",
    "preload",
    "refusal",
]

T = TypeVar("T")


class Entry(NamedTuple):
    """A line of the registry.

    Attributes:
        path: `module:Class`, imported only when it is used. The class is built from a Plan, see `make_strategy`.
        about: what it teaches and when to choose it, one line.
        processes: it has worker processes.
        loads: what those import besides this strategy and the client of the config; None where they are not forked
            from a server.
        width: fixed number at once; None takes the config's `workers`.
        needs: module that must be installed.
        extra: the extra of this package that brings it.
        driven: it has no thread of its own; the loop drives it (`crawler.strategies.port.PolledStrategy`).
        chooses: it chooses how many at once, up to the number that it is given.
        most: number at once where the config does not say it; None takes the default of the config.
    """

    path: str
    about: str
    processes: bool = False
    width: int | None = None
    needs: str = ""
    extra: str = ""
    driven: bool = False
    most: int | None = None
    chooses: bool = False
    loads: tuple[str, ...] | None = None

    def workers(self, number: int, *, given: bool) -> int:
        """How many requests at once, for the `workers` of a config; `given` tells a number from its default."""
        return self.width or (number if given else self.most or number)

    @property
    def absent(self) -> bool:
        """Whether what its extra brings is not installed."""
        return bool(self.needs) and find_spec(self.needs) is None

    @property
    def place(self) -> Literal["worker", "callback"]:
        """What `parse: auto` means: processes bring their own cores; a driven strategy and `serial` have one thread."""
        return "worker" if self.processes or self.driven or self.width == 1 else "callback"


STRATEGIES: dict[str, Entry] = {
    "serial": Entry("crawler.strategies.serial:Serial", "one request after another: the baseline", width=1),
    "threads": Entry("crawler.strategies.threads:Threads", "a pool of threads, the default: for most sites"),
    "processes": Entry(
        "crawler.strategies.processes:Processes",
        "a pool of processes: for pages that take long to parse",
        True,
        loads=(),
    ),
    "semaphore": Entry(
        "crawler.strategies.semaphore:Semaphore", "one thread per request, n at a time: shows what a pool saves"
    ),
    "semaphore-processes": Entry(
        "crawler.strategies.semaphore_processes:SemaphoreProcesses",
        "one process per request, n at a time: expensive, fully isolated",
        True,
        loads=(),
    ),
    "queue": Entry(
        "crawler.strategies.queues:Queue",
        "producer and consumer threads on a queue.Queue: a thread pool written by hand",
    ),
    "queue-processes": Entry(
        "crawler.strategies.queue_processes:QueueProcesses",
        "producer and consumer processes on a multiprocessing queue",
        True,
        loads=(),
    ),
    "mp-pool": Entry(
        "crawler.strategies.mp_pool:MpPool",
        "multiprocessing.Pool with apply_async and a callback: the older process pool",
        True,
        loads=(),
    ),
    "asyncio": Entry(
        "crawler.strategies.asyncio_:Asyncio",
        "coroutines on one event loop: for very many slow pages",
        needs="aiohttp",
        extra="asyncio",
        driven=True,
    ),
    "gevent": Entry(
        "crawler.strategies.gevent_:Gevent",
        "greenlets in a child process: blocking code becomes cooperative",
        True,
        needs="gevent",
        extra="gevent",
        driven=True,
    ),
    "curl": Entry(
        "crawler.strategies.curl:Curl",
        "many transfers on one thread, in C: the least CPU time per page",
        needs="pycurl",
        extra="curl",
        driven=True,
    ),
    "processes-threads": Entry(
        "crawler.strategies.process_group:ProcessesThreads",
        "threads in each of several processes: for slow pages that take long to parse",
        True,
        driven=True,
        loads=("crawler.strategies.threads",),
    ),
    "processes-asyncio": Entry(
        "crawler.strategies.process_group:ProcessesAsyncio",
        "an event loop in each of several processes",
        True,
        driven=True,
        needs="aiohttp",
        extra="asyncio",
        loads=("crawler.strategies.asyncio_", "crawler.fetch.aiohttp_client", "encodings.idna", "uvloop"),
    ),
    "processes-curl": Entry(
        "crawler.strategies.process_group:ProcessesCurl",
        "curl transfers in each of several processes: fastest for large jobs",
        True,
        driven=True,
        needs="pycurl",
        extra="curl",
        loads=("crawler.strategies.curl", "crawler.fetch.curl_client"),
    ),
    "auto": Entry(
        "crawler.strategies.auto:Auto",
        "measures and adapts: when you do not want to choose",
        driven=True,
        chooses=True,
        most=64,
    ),
    "interpreters": Entry(
        "crawler.strategies.executor:Interpreters", "several interpreters in one process, each with its own GIL"
    ),
}


def preload(name: str, client: str) -> list[str] | None:
    """Modules that the worker processes of a strategy need; None where it has none, or starts them in its own way."""
    known = entry(name)
    if known.loads is None:
        return None
    own = [] if known.needs else [client_module(client)]
    return [plugins.module_of(known.path), *known.loads, *own]


def missing(name: str) -> str:
    """What a strategy lacks here, in a few words; "" when it can be used."""
    known = entry(name)
    if known.absent:
        return f"needs the extra {known.extra}"
    if known.needs == "pycurl" and not hasattr(select, "poll"):
        return "needs poll(), which Windows does not have"
    if name == "interpreters" and sys.version_info < (3, 14):
        return "needs Python 3.14"
    return ""


def absent() -> list[str]:
    """The extras of strategies that are not installed."""
    return sorted({known.extra for known in STRATEGIES.values() if known.absent})


def refusal(name: str, place: str = "callback", client: str = "requests", *, socks: bool = False) -> str:
    """Why a strategy cannot be used here, with parsing at `place` and this client, and what to do; or "".

    Args:
        socks: a proxy is one of SOCKS.

    The answer for a strategy of the user's own is always "".
    """
    known = entry(name)
    why = missing(name)
    if known.absent:
        why = f"{why}; install it with: {extras.install(known.extra)}"
    elif not why and name == "interpreters":
        why = _unfit(place, client)
    elif not why and socks and known.needs == "aiohttp":
        why = "aiohttp has no SOCKS; use the strategy threads or curl, or a proxy of http"
    return f"the strategy {name} cannot be used here: {why}" if why else ""


def _unfit(place: str, client: str) -> str:
    """What of a job cannot be done in an interpreter beside the main one; many modules in C load in that one only."""
    from crawler.strategies.executor import unloadable

    if place == "worker" and (why := unloadable("crawler.extract.parser")):
        return f"pages cannot be parsed in its workers ({why}); use parse callback, or the strategy processes"
    if client != "requests" and (why := unloadable(client_module(client))):
        return f"not with the client {client} ({why}); use the client requests, or the strategy processes"
    return ""


def entry(name: str) -> Entry:
    """The line of a strategy: one of ours, of another installed package, or `module:Class` of the user's own.

    Raises:
        ConfigError: there is none of that name.
    """
    if ":" in name:
        return Entry(name, "of your own")
    if name in STRATEGIES:
        return STRATEGIES[name]
    others = plugins.entry_points(plugins.STRATEGIES)
    if name in others:
        return Entry(others[name], "of another package")
    raise ConfigError(f"fetch.strategy: there is no {name!r}; there are {', '.join([*STRATEGIES, *others])}")


def chooses_width(name: str) -> bool:
    """Whether a strategy takes the number of workers as a limit, below which it chooses how many."""
    return entry(name).chooses


def make_strategy(name: str, plan: Plan[T]) -> Strategy[T]:
    """Build the strategy called `name`, which `entry` knows.

    The class is a strategy, built from a Plan, or any `concurrent.futures.Executor`, built with the number of workers.
    One that is driven gets a thread that does it.

    Raises:
        ConfigError: there is none of that name, or it needs what is not installed.
    """
    if (driver := make_driver(name, plan._replace(one_thread=False))) is not None:
        return Threaded(driver, name)
    made = _load(name)
    if inspect.isclass(made) and issubclass(made, Executor):
        from crawler.strategies.executor import Adapted

        return Adapted(plan, made)
    strategy: Strategy[T] = made(plan)
    return strategy


def make_driver(name: str, plan: Plan[T]) -> PolledStrategy[T] | None:
    """Build a strategy that the caller drives (see port.PolledStrategy); None for one that is not driven.

    Raises:
        ConfigError: there is no such strategy, or it needs what is not installed.
    """
    if not entry(name).driven:
        return None
    driver: PolledStrategy[T] = _load(name)(plan)
    return driver


def check_loadable(name: str) -> None:
    """Import a strategy that is not one of ours: what is wrong with it is better said before anything begins.

    Raises:
        ConfigError: there is none of that name, or it cannot be loaded.
    """
    if name not in STRATEGIES:
        _load(name)


def _load(name: str) -> Any:
    if name in STRATEGIES and (why := refusal(name)):
        raise ConfigError(why)
    return plugins.load(entry(name).path, f"the strategy {name}")
