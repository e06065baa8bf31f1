"""Where a page is parsed. A parse stage wraps a strategy into another one with the same port.

worker    in the worker, where the bytes arrive
callback  where the future completes: the course notes' pipeline of fetch and add_done_callback
pool      in a separate pool of processes
barrier   after all requests in flight are back, one page after another
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from time import monotonic, thread_time
from typing import TYPE_CHECKING, Literal

from crawler.fetch.trail import here, with_trail
from crawler.model import FILE, Outcome, Request, Response, Trail
from crawler.process import cores
from crawler.strategies.port import Factory, Fetched, Strategy

if TYPE_CHECKING:
    from crawler.strategies.pool import ProcessPool

__all__ = ["PARSE_STAGES", "Analyse", "ParseStage", "TracedAnalyse", "at_place", "deliver"]


ParseStage = Literal["worker", "callback", "pool", "barrier"]
PARSE_STAGES: tuple[ParseStage, ...] = ("worker", "callback", "pool", "barrier")

Read = Callable[..., Outcome]
"""Page kind, response and, where there is one, the Ask; see `crawler.extract.parser.Parser`."""


class Analyse:
    """The step from what came back to what was found; anything but a response is an outcome already.

    Args:
        read: makes a page of a response, by its kind.
        save: the same for files.

    Attributes:
        spent: seconds of CPU that it took in this process, in all threads.
    """

    def __init__(self, read: Read, save: Callable[[Response], Outcome] | None = None) -> None:
        self._read, self._save = read, save
        self.spent = 0.0

    def __call__(self, request: Request, fetched: Fetched) -> Outcome:
        if not isinstance(fetched, Response):
            return fetched
        began = thread_time()
        found = self._found(request, fetched)
        self.spent += thread_time() - began
        return found

    def _found(self, request: Request, fetched: Response) -> Outcome:
        if self._save is not None and request.kind == FILE:
            found = self._save(fetched)
        else:
            ask = request.ask
            found = self._read(request.kind, fetched) if ask is None else self._read(request.kind, fetched, ask)
        return found._replace(set_cookies=fetched.set_cookies) if fetched.set_cookies else found


_SHORT_WAIT = 20e-6  # seconds


class TracedAnalyse(Analyse):
    """The same, for a run that is traced: it notes who parsed each page and when."""

    def __call__(self, request: Request, fetched: Fetched) -> Outcome:
        if not isinstance(fetched, Response):
            return fetched
        me = here()
        began, before, cpu = monotonic(), me.page(), thread_time()
        found = self._found(request, fetched)
        cpu, ended = thread_time() - cpu, monotonic()
        self.spent += cpu
        trail = Trail() if fetched.trail is None else fetched.trail
        trail.parser, trail.parse_began, trail.parse_ended, trail.parse_cpu = me.worker, began, ended, cpu
        if before is not None:  # to ask costs more than a wait that is as short as this
            trail.without_core = (me.without_core() or 0.0) - before if ended - began - cpu > _SHORT_WAIT else 0.0
        return with_trail(found, trail)


def deliver(request: Request, fetched: Fetched) -> Fetched:
    """The step that leaves parsing to the main process."""
    return fetched


def at_place(
    place: ParseStage,
    build: Factory,
    analyse: Analyse,
    task_timeout: float,
) -> Strategy[Outcome]:
    """Build the strategy that parses at `place`; `task_timeout` is of the second pool, seconds."""
    match place:
        case "worker":
            return build(analyse)
        case "callback":
            return Callback(build(deliver), analyse)
        case "pool":
            from crawler.strategies.pool import ProcessPool

            parsers = ProcessPool(cores(), partial(_same, analyse), task_timeout)  # before any thread
            return SecondPool(build(deliver), analyse, parsers)
        case "barrier":
            return Barrier(build(deliver), analyse)


class Callback:
    """Analysis in the done-callback of the fetch: in the pool's thread under threads, in one thread under processes."""

    def __init__(self, fetching: Strategy[Fetched], analyse: Analyse) -> None:
        self._fetching, self._analyse = fetching, analyse

    def submit(self, request: Request) -> Future[Outcome]:
        """Fetch, then parse where the future completes."""
        found: Future[Outcome] = Future()
        _when_done(self._fetching.submit(request), partial(self._arrived, request, found))
        return found

    def close(self, *, cancel: bool = False) -> None:
        """Close the strategy."""
        self._fetching.close(cancel=cancel)

    def _arrived(self, request: Request, found: Future[Outcome], fetched: Future[Fetched]) -> None:
        _complete(found, lambda: self._analyse(request, fetched.result()))


class SecondPool:
    """The done-callback of the fetch hands the page to a pool of processes, one a core."""

    def __init__(self, fetching: Strategy[Fetched], analyse: Analyse, parsers: ProcessPool[Outcome]) -> None:
        self._fetching, self._analyse, self._parsers = fetching, analyse, parsers

    def submit(self, request: Request) -> Future[Outcome]:
        """Fetch, then parse in the second pool."""
        found: Future[Outcome] = Future()
        self._fetching.submit(request).add_done_callback(partial(self._arrived, request, found))
        return found

    def close(self, *, cancel: bool = False) -> None:
        """Close the strategy, then the second pool."""
        self._fetching.close(cancel=cancel)
        self._parsers.close(cancel=cancel)

    def _arrived(self, request: Request, found: Future[Outcome], fetched: Future[Fetched]) -> None:
        try:
            parsing = self._parsers.submit(request, fetched.result())
        except Exception as error:
            _complete(found, partial(_raise, error))
        else:
            parsing.add_done_callback(lambda parsed: _complete(found, parsed.result))


class Barrier:
    """No page is parsed until every request in flight is complete; then all are, one after another."""

    def __init__(self, fetching: Strategy[Fetched], analyse: Analyse) -> None:
        self._fetching, self._analyse = fetching, analyse
        self._lock = threading.Lock()
        self._under_way = 0
        self._back: list[tuple[Request, Future[Outcome], Future[Fetched]]] = []

    def submit(self, request: Request) -> Future[Outcome]:
        """Fetch; the future completes with its wave."""
        found: Future[Outcome] = Future()
        with self._lock:
            self._under_way += 1
        _when_done(self._fetching.submit(request), partial(self._arrived, request, found))
        return found

    def close(self, *, cancel: bool = False) -> None:
        """Close the strategy."""
        self._fetching.close(cancel=cancel)

    def _arrived(self, request: Request, found: Future[Outcome], fetched: Future[Fetched]) -> None:
        with self._lock:
            self._under_way -= 1
            self._back.append((request, found, fetched))
            if self._under_way:
                return
            wave, self._back = self._back, []
        found_all = [
            (outcome, _kept(partial(_analysed, self._analyse, one, response))) for one, outcome, response in wave
        ]
        for outcome, result in found_all:  # only now: a result that is known lets the next request out
            _complete(outcome, result)


def _when_done(fetching: Future[Fetched], then: Callable[[Future[Fetched]], None]) -> None:
    """Add a done-callback that never runs in this call, as that of a future which is done already would.

    A page that hangs would hold up the loop, and nobody could give it up.
    """
    here, adding = threading.get_ident(), True

    def call(done: Future[Fetched]) -> None:
        if adding and threading.get_ident() == here:
            threading.Thread(target=then, args=(done,), name="early", daemon=True).start()
        else:
            then(done)

    fetching.add_done_callback(call)
    adding = False


def _analysed(analyse: Analyse, request: Request, fetched: Future[Fetched]) -> Outcome:
    return analyse(request, fetched.result())


def _kept(work: Callable[[], Outcome]) -> Callable[[], Outcome]:
    """What `work` returned or raised, to be given away later."""
    try:
        outcome = work()
    except BaseException as error:
        return partial(_raise, error)
    return lambda: outcome


def _complete(future: Future[Outcome], work: Callable[[], Outcome]) -> None:
    """Give the future what `work` returns or raises; nothing may be lost in a done-callback, which logs and goes on."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as error:
        future.set_exception(error)


def _raise(error: BaseException) -> Outcome:
    raise error


def _same(analyse: Analyse) -> Analyse:
    return analyse
