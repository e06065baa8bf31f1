"""The experiments of the course notes on Python concurrency, as jobs for the demo site, with what to expect and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from crawler.compare.task import Combination
from crawler.lessons.model import Claim, Experiment, Variant

__all__ = ["NO_FIGURES", "experiments"]


NO_FIGURES = "The course notes give no figures for this one."
TITLE: dict[str, Any] = {"table": "pages", "fields": {"title": "h1"}}
BOOKS: dict[str, Any] = {
    "tables": {
        "books": {
            "each": "article.book",
            "fields": {"title": "h3 a", "by": ".by", "price": {"css": ".price", "type": "money"}, "stock": ".stock"},
        }
    }
}


def hooked(name: str) -> dict[str, Any]:
    """Rules of a page kind that an artificial analysis reads."""
    fields = {"page": {"type": "text"}}
    return {"table": "pages", "fields": fields, "python": f"crawler.compare.hooks:{name}"}


def experiments(*, cores: int, steps: int, has_asyncio: bool, lock: str = "on") -> list[Experiment]:
    """All of them, in the order of the course notes.

    Args:
        cores: that one run may use; the parse stage `pool` has a process for each.
        steps: turns of a loop that take about a second here.
        has_asyncio: the strategy `asyncio` can be used.
        lock: `on` or `off`, see `crawler.process.interpreter_lock`.
    """
    return [
        _waiting("1", 50, (1.009, 3.01), "Fifty pages that each take a second"),
        _waiting("2", 20, (1.107, 1.979), "Twenty tasks that each take a second"),
        _steps(cores, steps, lock),
        _sleeping(cores),
        _computing(cores),
        _one_format(),
        _semaphore(),
        _semaphore_processes(),
        _asking(cores, has_asyncio),
        _saturating(),
    ]


def _variant(
    strategy: str, workers: int, parse: str = "worker", notes: float | None = None, total: str = "", ideal: float = 0.0
) -> Variant:
    return Variant(Combination(strategy, workers, parse), notes, total, ideal or None)


def _waiting(number: str, pages: int, notes: tuple[float, float], title: str) -> Experiment:
    return Experiment(
        number=number,
        title=f"{title}, {pages} at once",
        setup=f"{pages} pages, 1 s latency each, {pages} workers, nearly no analysis.",
        why="Waiting takes no CPU, so one process can wait for many answers at once; as many processes wait no "
        "faster, and each of them has to be started first.",
        pages=pages,
        latency=1.0,
        page=TITLE,
        variants=(
            _variant("threads", pages, notes=notes[0], total="1", ideal=1.0),
            _variant("processes", pages, notes=notes[1], total="1", ideal=1.0),
        ),
        claims=(Claim("Processes need longer than threads", "processes, worker", "threads, worker", "whole"),),
        unlike="The course notes timed the pool with its start. Here the processes are started before the first page "
        "is asked for, so that their start is seen in the start-up and in the whole, and not in the crawl. They are "
        "started by a fork server, which is safe beside threads and slower than a bare fork.",
    )


def _steps(cores: int, steps: int, lock: str) -> Experiment:
    wide = min(4, cores)
    waves = math.ceil(4 / wide)
    return Experiment(
        number="3",
        title="Analysis that needs the CPU, four tasks at once",
        setup=f"4 pages without latency, one after another or 4 workers, {steps:,} steps of pure Python for each page, "
        "in the worker.",
        why="The interpreter lock lets one thread of a process run Python at a time, so four threads take turns on "
        "one core; processes have a lock each and use every core.",
        pages=4,
        latency=0.0,
        query=f"?steps={steps}",
        page=hooked("burn"),
        variants=(
            _variant("serial", 1, total="4 x 1", ideal=4.0),
            _variant("threads", 4, notes=6.29, total="4 x 1", ideal=4.0),
            _variant("processes", 4, notes=2.37, total=f"4 / {wide} x 1", ideal=float(waves)),
        ),
        claims=(
            Claim("Threads need as long as one after another", "threads, worker", "serial, worker", "crawl", 0.8, 1.6),
            Claim(
                "Threads need longer than processes",
                "threads, worker",
                "processes, worker",
                least=1.3,
                cannot=_with_one_core(cores),
            ),
        ),
        unlike="The course notes took 30 million steps. Here the number of steps is chosen so that one task takes "
        f"about a second on this machine, which has {cores} cores: processes cannot be more than {wide} times as fast.",
        doubt=f"Processes can only win on cores that are free; there are {cores}."
        if lock == "on"
        else "The interpreter lock is off here, so threads use every core, too.",
    )


def _with_one_core(cores: int) -> str:
    """Why processes that compute cannot be shown to be faster than threads; "" where they can be."""
    if cores > 1:
        return ""
    return (
        "But on one core processes cannot compute at the same time, so something else made the difference: a system "
        "that is busy gives several processes more of it than one."
    )


def _sleeping(cores: int) -> Experiment:
    waves = math.ceil(10 / cores)
    return Experiment(
        number="4a",
        title="Ten pages of 2 s with 1 s of analysis that waits",
        setup="10 pages, 2 s latency each, 10 threads, 1 s of sleep as the analysis of each page.",
        why="Behind a barrier the analyses stand in one queue after all the fetching; in the worker or in its "
        "callback each begins as soon as its own page is there, ten at a time.",
        pages=10,
        latency=2.0,
        query="?wait=1",
        page=hooked("wait"),
        variants=(
            _variant("threads", 10, "barrier", 12.2, "2 + 10 x 1", 12.0),
            _variant("threads", 10, "worker", None, "2 + 1", 3.0),
            _variant("threads", 10, "callback", None, "2 + 1", 3.0),
            _variant("threads", 10, "pool", None, f"2 + {waves} x 1", 2.0 + waves),
        ),
        claims=_longer_than(["worker", "callback", "pool"]),
        unlike=f"The second pool has one process a core, here {cores}, because it is meant for analysis that needs the "
        f"CPU; {cores} sleep at a time. A barrier of this crawler holds for one wave of pages, twice as many as there "
        "are workers.",
        repeat=1,
    )


def _computing(cores: int) -> Experiment:
    latency, cpu = 0.5, 0.25
    wide = min(cores, 10)
    threads = latency + 10 * cpu
    return Experiment(
        number="4b",
        title="The same with analysis that computes",
        setup="10 pages, 0.5 s latency each, 10 threads, 0.25 s of CPU as the analysis of each page.",
        why="Ten threads that compute share one interpreter lock, so it hardly matters whether they queue behind a "
        "barrier or for the lock; only the second pool, of processes, has more than one core to work on.",
        pages=10,
        latency=latency,
        query=f"?cpu={cpu:g}",
        page=hooked("burn"),
        variants=(
            *(
                _variant("threads", 10, place, None, "0.5 + 10 x 0.25", threads)
                for place in ("barrier", "worker", "callback")
            ),
            _variant("threads", 10, "pool", None, f"0.5 + 10 / {wide} x 0.25", latency + math.ceil(10 / wide) * cpu),
        ),
        claims=(
            Claim(
                "The barrier needs longer than the pool",
                "threads, barrier",
                "threads, pool",
                cannot=_with_one_core(cores),
            ),
            Claim(
                "The barrier and the worker need the same", "threads, barrier", "threads, worker", "crawl", 0.75, 1.3
            ),
        ),
        unlike="A quarter of the times of the course notes, so that all of it stays under five minutes; the proportion "
        "is the same.",
        doubt=f"The second pool can only win on cores that are free; there are {cores}.",
    )


def _longer_than(places: Sequence[str]) -> tuple[Claim, ...]:
    says = "The barrier needs longer than the {}"
    return tuple(Claim(says.format(place), "threads, barrier", f"threads, {place}") for place in places)


def _alike(says: str, one: str, other: str) -> Claim:
    return Claim(says, one, other, least=0.75, most=1.3)


def _one_format() -> Experiment:
    return Experiment(
        number="5",
        title="Many pages of one format, with and without a callback",
        setup="60 listing pages of 20 books and 117 kB, 60 ms latency each, 4 workers, read with BeautifulSoup.",
        why="Under threads a callback runs in the thread that fetched, just as the worker would; under processes all "
        "callbacks run in one thread of the main process, which is then the only one that analyses.",
        pages=60,
        latency=0.06,
        weight=117_000,
        page=BOOKS,
        engine="bs4",
        variants=(
            _variant("threads", 4, "worker"),
            _variant("threads", 4, "callback"),
            _variant("processes", 4, "worker"),
            _variant("processes", 4, "callback"),
        ),
        claims=(
            _alike("Under threads the callback is as good as the worker", "threads, callback", "threads, worker"),
            Claim("Under processes the callback takes longer than the worker", "processes, callback",
                  "processes, worker", least=1.1),
        ),
        unlike=NO_FIGURES,
        doubt="Where the analysis of a page is short, its place hardly matters; and each process first imports "
        "BeautifulSoup, which a longer crawl would not notice.",
    )  # fmt: skip


def _semaphore() -> Experiment:
    return Experiment(
        number="6a",
        title="200 tasks, 4 at a time, under a semaphore and a pool of threads",
        setup="200 pages, 10 ms latency each, 4 at a time: a thread for each task behind a semaphore, or 4 threads.",
        why="A semaphore limits how many work at once but starts a thread, with a connection of its own, for every "
        "task; a pool starts four once and keeps their connections open.",
        pages=200,
        latency=0.01,
        page=TITLE,
        variants=(
            _variant("semaphore", 4, total="200 / 4 x 0.01", ideal=0.5),
            _variant("threads", 4, total="200 / 4 x 0.01", ideal=0.5),
        ),
        claims=(Claim("The semaphore needs longer than the pool", "semaphore, worker", "threads, worker", least=1.1),),
        unlike=NO_FIGURES,
    )


def _semaphore_processes() -> Experiment:
    return Experiment(
        number="6b",
        title="24 tasks, 4 at a time, under a semaphore and a pool of processes",
        setup="24 pages, 10 ms latency each, 4 at a time: a process for each task behind a semaphore, or 4 processes.",
        why="To start a process costs many times more than to start a thread, so what a pool saves is far more.",
        pages=24,
        latency=0.01,
        page=TITLE,
        variants=(
            _variant("semaphore-processes", 4, total="24 / 4 x 0.01", ideal=0.06),
            _variant("processes", 4, total="24 / 4 x 0.01", ideal=0.06),
        ),
        claims=(
            Claim("The semaphore needs longer than the pool", "semaphore-processes, worker", "processes, worker",
                  least=2.0),
        ),
        unlike=f"{NO_FIGURES} 24 tasks, not 200: a process for each is slow to start.",
    )  # fmt: skip


def _asking(cores: int, has_asyncio: bool) -> Experiment:
    pages, wait = 8, 0.3
    queue = f"{wait:g} + {pages} x {wait:g}"
    pooled = math.ceil(pages / cores)
    variants = [
        _variant("processes", pages, "callback", None, queue, wait + pages * wait),
        _variant("processes", pages, "pool", None, f"{wait:g} + {pooled} x {wait:g}", wait + pooled * wait),
        _variant("processes", pages, "worker", None, f"{wait:g} + {wait:g}", 2 * wait),
    ]
    claims = [
        Claim("Under processes the callback needs longer than the pool", "processes, callback", "processes, pool")
    ]
    if has_asyncio:
        variants += [
            _variant("asyncio", pages, "callback", None, queue, wait + pages * wait),
            _variant("asyncio", pages, "pool", None, f"{wait:g} + {pooled} x {wait:g}", wait + pooled * wait),
        ]
        claims.append(
            Claim("Under asyncio the callback needs longer than the pool", "asyncio, callback", "asyncio, pool")
        )
    variants.append(_variant("threads", pages, "callback", None, f"{wait:g} + {wait:g}", 2 * wait))
    return Experiment(
        number="7",
        title="Analysis that itself waits for a server",
        setup=f"{pages} pages, {wait:g} s latency each, {pages} at once; the analysis of each asks the site for one "
        "more page, by a blocking call.",
        why="Under processes and under asyncio all callbacks run in one thread, where each that waits makes all the "
        "others wait; a second pool takes them out of that thread.",
        pages=pages,
        latency=wait,
        page=hooked("look_up"),
        variants=tuple(variants),
        claims=tuple(claims),
        unlike=f"{NO_FIGURES} The second pool has one process a core, here {cores}, so {cores} wait at a time. Under "
        "processes the worker is better still; under threads the callback is no shared place, because it runs in the "
        "thread that fetched.",
    )


def _saturating() -> Experiment:
    pages, latency, capacity = 40, 0.1, 4
    variants = []
    for workers in (1, 2, 4, 8, 16):
        at_once = min(workers, capacity)
        label = f"threads, {workers} worker{'s' * (workers > 1)}"
        total = f"{pages} / {at_once} x {latency:g}"
        combination = Combination("threads", workers, "worker")
        variants.append(Variant(combination, None, total, pages / at_once * latency, label))
    one, full, twice, far = (variants[at].name for at in (0, 2, 3, 4))
    return Experiment(
        number="8",
        title="A server that saturates",
        setup=f"{pages} pages, {latency:g} s each, from a server that serves {capacity} at once and lets others wait; "
        "1 to 16 threads.",
        why="Beyond its capacity a server has no more to give: more workers wait longer for each page, and all of it "
        "takes as long as before (Little's law: requests in flight = throughput x latency).",
        pages=pages,
        latency=latency,
        capacity=capacity,
        page=TITLE,
        variants=tuple(variants),
        claims=(
            Claim("One worker needs longer than four", one, full, least=2.5),
            _alike("Four need as long as eight", full, twice),
            _alike("Four need as long as sixteen", full, far),
            Claim("With sixteen each page takes longer than with four", far, full, "latency", 2.0),
        ),
        unlike=NO_FIGURES,
        repeat=2,
    )
