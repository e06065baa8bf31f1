"""One run of a job, assembled from all parts."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from crawler import clock, plugins, urls
from crawler.config import Job
from crawler.config.document import PoliteSpec
from crawler.config.hosts_spec import host_name
from crawler.crawl.admission import Admission
from crawler.crawl.cookies import RunCookies
from crawler.crawl.frontier import Frontier, Politeness
from crawler.crawl.inbox import Limits, Stopper
from crawler.crawl.loop import Crawl
from crawler.crawl.outgoing import Outgoing
from crawler.crawl.parse_stage import Analyse, ParseStage, TracedAnalyse, at_place
from crawler.crawl.proxies import Proxies
from crawler.crawl.robots import RobotsFetcher
from crawler.crawl.stats import Stats
from crawler.errors import ConfigError, ExtractError
from crawler.extract.parser import Parser
from crawler.extract.values import check_types
from crawler.fetch.browser import browser_refusal
from crawler.fetch.client import ClientSettings, Fetch, check_client, make_fetch
from crawler.fetch.cookies import empty_jar
from crawler.model import FILE, Outcome, Response
from crawler.process import cores, interpreter_lock
from crawler.replay.source import PageSource
from crawler.runner.report import Report, Timing
from crawler.store import runs
from crawler.store.cookies import CookieTable
from crawler.store.pages import Pages
from crawler.store.records import to_stored
from crawler.strategies.event_driver import Threaded
from crawler.strategies.guard import check_guard
from crawler.strategies.port import OnFetched, Plan, PolledStrategy, Strategy
from crawler.strategies.registry import check_loadable, entry, make_driver, make_strategy, missing, preload, refusal

if TYPE_CHECKING:
    from crawler.crawl.session import Session
    from crawler.crawl.steps import StepRunner
    from crawler.fetch.files import FileSaver
    from crawler.trace.tracer import Tracer

__all__ = ["Run", "check_strategy", "client_settings", "demo_site", "outgoing", "prepare_children", "step_runner"]


T = TypeVar("T")

PARSE_SECONDS = 30.0  # longest time that parsing one page may take


class Run:
    """Crawls a job from its state; what it did stands in the report.

    Args:
        base: URL of the running demo site, for a job that has one.
        began: `time.monotonic()` at which the program started to work on it.
        source: the web, or a recording; open.
        tracer: writes down what each request did and when.

    Attributes:
        width: how many requests at once, at most.
    """

    def __init__(
        self,
        job: Job,
        db: sqlite3.Connection,
        base: str | None,
        stopper: Stopper,
        began: float,
        source: PageSource,
        tracer: Tracer | None = None,
    ) -> None:
        self._job, self._db, self._base, self._stopper, self._began = job, db, base, stopper, began
        self._source, self._tracer = source, tracer
        self._starts = list(job.start_pages(base))
        chosen = entry(job.fetch.strategy)
        self.width = chosen.workers(job.fetch.workers, given="workers" in job.fetch.given)
        self._place = _place(job)
        self._settings = source.settings(client_settings(job, [start.url for start in self._starts], self.width))
        if tracer is not None:
            self._settings = self._settings._replace(traced=True)
        self._task_timeout = job.fetch.timeout + PARSE_SECONDS
        # A recording has the pages as the browser showed them: they come like all others.
        self._rendered = {} if self._settings.connect_to else job.rendered
        if self._rendered and (why := browser_refusal(job.browser.path or "")):
            raise ConfigError(why)
        # A hook of the job's own may hang: then the loop must go on, in a thread that does not drive.
        hooked = any(kind.python for kind in job.recipe.kinds.values())
        may_hang = hooked and not (chosen.processes and self._place == "worker")
        # In Jupyter this thread runs an event loop already, and a thread can run but one.
        self._beside_loop = chosen.driven and not chosen.processes and _runs_event_loop()
        self._in_thread = may_hang or self._beside_loop
        self._driver: PolledStrategy[Any] | None = None
        self._desk: RobotsFetcher | None = None

    def crawl(self, fresh: bool, observe: Callable[[Stats], None]) -> tuple[runs.Begin, Report]:
        """Crawl until nothing is left or something ends it."""
        started = clock.now()
        what = f"{self._job.what_hash} {self._base or ''}"
        start = runs.begin(self._db, what, fresh=fresh, pid=os.getpid(), now=time.time())
        save = _saver(self._job) if self._job.has_files else None
        parser = Parser(self._job.recipe._replace(began=start.began), to_stored)
        analyse = Analyse if self._tracer is None else TracedAnalyse
        self._analyse = analyse(parser, _checked(save, parser) if save and self._job.recipe.lost else save)
        pages = self._pages(start.crawl)
        cookies = RunCookies(empty_jar(self._settings), CookieTable(self._db, start.crawl))
        number = len(self._settings.proxies) or int(self._settings.proxy is not None)
        self._proxies = Proxies(number, one_each=self._job.fetch.proxy_per_worker)
        makes = outgoing(self._job, self._settings)
        frontier = Frontier(pages, self._politeness(), self._ask_robots, cookies, makes, self._proxies)
        session = self._session()
        if self._tracer is not None:
            self._tracer.about(**self._about_run())
        limits = self._limits()
        try:
            loop = Crawl(
                pages, frontier, self._strategy, self._width_now, limits, self._stopper, observe, session, self._tracer
            )
            ending = loop.run()
        finally:
            if self._desk is not None:
                self._desk.close()
            if session is not None:
                session.close()
        now = time.monotonic()
        ready = loop.first_sent or now
        timing = Timing(ready - self._began, now - ready)
        tally = loop.tally
        return start, Report(
            job=self._job,
            name=self._job.name,
            ending=ending,
            started=started,
            timing=timing,
            strategy=self._job.fetch.strategy,
            workers=self.width,
            parse=self._place,
            choices=tuple(self._driver.story) if self._driver else (),
            analysis=self._analyse.spent,
            interpreter_lock=interpreter_lock(),
            resumed=start.resumed,
            changed=start.changed,
            requests=tally.requests,
            retries=tally.retries,
            bytes=tally.bytes,
            closed_hosts=frontier.closed(),
            allowed=self._job.limits.failures,
            state=self._job.state_path,
        )

    def _about_run(self) -> dict[str, Any]:
        """What a trace says of the run as a whole."""
        return {
            "job": self._job.name,
            "strategy": self._job.fetch.strategy,
            "workers": self.width,
            "parse": self._place,
            "started": clock.now().isoformat(),
            "python": sys.version.split()[0],
            "cores": cores(),
            "interpreter_lock": interpreter_lock() == "on",
            "python_functions": any(kind.python for kind in self._job.recipe.kinds.values()),
        }

    def _pages(self, crawl: int) -> Pages:
        kinds = self._job.recipe.kinds
        leads_on = {name for name, kind in kinds.items() if kind.follow or kind.python or kind.sitemap or kind.paginate}
        lanes = {name: 0 if name in leads_on else 1 for name in kinds}
        lanes[FILE] = 1
        limits, fetch = self._job.limits, self._job.fetch
        pages = Pages(
            self._db,
            crawl,
            lanes=lanes,
            admission=Admission(max_depth=limits.depth, traps=limits.traps, now=time.time()),
            chains=limits.traps,
            now=time.time,
            ignore=fetch.ignore_parameters,
            keep=fetch.keep_parameters,
            posting=[name for name, request in self._job.requests.items() if request.posts],
            counted=[name for name, kind in kinds.items() if kind.paginate],
            elsewhere=self._elsewhere(),
        )
        with pages.transaction():
            pages.add_starts(self._starts)
        return pages

    def _elsewhere(self) -> dict[str, dict[str, bool]]:
        """By page kind the hosts that rules and starts name in `same_site`."""
        named = [(rule.to, rule.hosts) for kind in self._job.recipe.kinds.values() for rule in kind.follow]
        named += [(start.kind, start.same_site) for start in self._job.starts if isinstance(start.same_site, tuple)]
        found: dict[str, dict[str, bool]] = {}
        for kind, hosts in named:
            found.setdefault(kind, {}).update(dict.fromkeys(hosts, True))
        return found

    def _politeness(self) -> Politeness:
        polite = self._job.polite
        hosts = {name: _politeness(polite.for_host(name)) for name in map(host_name, polite.hosts)}
        return _politeness(polite)._replace(hosts=hosts)

    def _limits(self) -> Limits:
        limits = self._job.limits
        return Limits(
            pages=limits.pages,
            until=None if limits.time is None else self._began + limits.time,
            retries=self._job.fetch.retries,
            retry_after_cap=self._job.polite.retry_after_cap,
            task_timeout=self._longest(),
        )

    def _session(self) -> Session | None:
        """The session of a job that logs in; a recording needs none, and no step is ever recorded."""
        if not self._job.steps or self._settings.connect_to:
            return None
        from crawler.crawl.session import Session  # late, as the steps: few jobs have one

        closing = threading.Event()
        steps = step_runner(self._job, self._settings, self._base, self._client(), closing.wait)
        starts = (start.url for start in self._starts)
        hosts = {urls.host(url) for url in (*starts, *(urls.resolve(self._base or "", s.url) for s in self._job.steps))}
        return Session(steps, hosts, self._job.recipe.lost, self._stopper.inbox, closing)

    def _longest(self) -> float:
        """Seconds after which a request that has not come back must have hung; it may wait for those before it."""
        if not self._rendered:
            return 2 * self._task_timeout
        browser = self._job.browser
        rounds = -(-2 * self.width // browser.pages) + 1
        return 2 * self._task_timeout + rounds * (browser.timeout + PARSE_SECONDS)

    def _strategy(self) -> Strategy[Outcome]:
        return at_place(self._place, self._build, self._analyse, self._task_timeout)

    def _build(self, then: OnFetched[T]) -> Strategy[T]:
        then = self._source.then(then)
        strategy = self._chosen(then)
        if not self._rendered:
            return strategy
        from crawler.strategies.browser import BrowserRouter

        return BrowserRouter(strategy, self._rendered, self._browser, self._job.browser.pages, then)

    def _browser(self) -> Fetch:
        made: Fetch = plugins.load("crawler.fetch.browser_client:BrowserFetch", "the browser")(
            self._settings, self._rendered, self._job.browser.options()
        )
        if not self._tracer:
            return made
        from crawler.fetch.trail import TracedFetch

        return TracedFetch(made)

    def _chosen(self, then: OnFetched[T]) -> Strategy[T]:
        """The strategy that the config names."""
        fetch = self._job.fetch
        plan = Plan(self.width, fetch.client, self._settings, then, self._task_timeout, not self._in_thread)
        self._driver = self._made(lambda: make_driver(fetch.strategy, plan))
        if self._driver is None:
            return make_strategy(fetch.strategy, plan)
        if self._in_thread:
            return Threaded(self._driver, fetch.strategy)
        self._stopper.inbox.drive(self._driver)
        return self._driver

    def _made(self, make: Callable[[], T]) -> T:
        """What `make` makes, in a thread that runs no event loop."""
        if not self._beside_loop:
            return make()
        with ThreadPoolExecutor(1) as beside:
            return beside.submit(make).result()

    def _width_now(self) -> int:
        return self._driver.width if self._driver else self.width

    def _client(self) -> str:
        """The client that the strategy has loaded already, where it brings its own."""
        chosen = entry(self._job.fetch.strategy)
        own = (chosen.driven and not chosen.processes) or chosen.needs == "pycurl"
        return "curl" if own and not missing("curl") else self._job.fetch.client

    def _ask_robots(self, origin: str) -> None:
        if self._desk is None:
            fetch = self._source.fetch(make_fetch(self._client(), self._settings))
            polite = self._politeness()
            self._desk = RobotsFetcher(
                fetch,
                self._job.user_agent,
                lambda host: polite.of(host).delay,
                self._stopper.inbox,
                lambda: self._proxies.best(time.monotonic()),
            )
        self._desk.ask(origin)


def _runs_event_loop() -> bool:
    asyncio = sys.modules.get("asyncio")  # whoever runs a loop has imported it
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _saver(job: Job) -> FileSaver:
    from crawler.fetch.files import FileSaver  # late: most jobs have no files

    return FileSaver(job.files_path)


def _politeness(polite: PoliteSpec) -> Politeness:
    return Politeness(polite.robots, polite.delay, polite.per_host, polite.max_crawl_delay)


def _checked(save: Callable[[Response], Outcome], parser: Parser) -> Callable[[Response], Outcome]:
    from crawler.crawl.session import FilesOfSession  # late: few jobs have a session

    return FilesOfSession(save, parser)


def check_strategy(job: Job) -> None:
    """See that the strategy, the client and the field types can be used here; those that are not ours are imported.

    Raises:
        ConfigError: one cannot.
    """
    if why := refusal(job.fetch.strategy, _place(job), job.fetch.client, socks=job.uses_socks):
        raise ConfigError(why)
    if ":" in job.fetch.strategy + job.fetch.client:
        plugins.add_folder(job.folder)
    check_loadable(job.fetch.strategy)
    check_client(job.fetch.client)
    check_types(job.recipe)


def prepare_children(job: Job) -> None:
    """Where a job has worker processes: begin to start them, which takes its time, while there is other work to do.

    Raises:
        ConfigError: they would import the script of the user, which would start the crawl again.
    """
    place, fetching = _place(job), preload(job.fetch.strategy, job.fetch.client)
    pool = ["crawler.strategies.pool"] if place == "pool" else []
    if pool or entry(job.fetch.strategy).processes:
        check_guard()
    if fetching is not None or pool:
        parser = _parsing_modules(job) if place in ("worker", "pool") else []
        from crawler.strategies import worker_process  # late: it imports multiprocessing

        worker_process.prepare(["crawler.crawl.parse_stage", *(fetching or ()), *pool, *parser])


def _parsing_modules(job: Job) -> list[str]:
    """What a worker needs to parse pages; an import in a worker takes as long as several pages."""
    modules = ["crawler.store.records"]
    # The check of the config has imported these where it has patterns or formats of dates.
    modules += [name for name in ("regex", "_strptime") if name in sys.modules]
    analyser = Parser(job.recipe)
    with suppress(ExtractError):  # the run will say it
        if any(analyser.plan(kind).soup for kind in job.recipe.kinds):
            modules.append("crawler.extract.soup")
    return modules


def _place(job: Job) -> ParseStage:
    """Where pages are parsed."""
    return entry(job.fetch.strategy).place if job.fetch.parse == "auto" else job.fetch.parse


@contextmanager
def demo_site(job: Job) -> Iterator[str | None]:
    """Run the demo site while the job needs it; gives its URL, or None for a job without one."""
    if job.demo is None:
        yield None
        return
    from crawler.demo.options import DemoOptions
    from crawler.demo.process import DemoServer

    with DemoServer(DemoOptions(**job.demo.plain())) as server:
        yield server.url


def outgoing(job: Job, settings: ClientSettings) -> Outgoing | None:
    """What makes the messages of requests, and takes secrets out of answers; None for plain GETs without secrets."""
    others = job.fetch_secrets()
    if not (job.requests or job.sends_forms or others):
        return None
    origins = [*settings.origins, *map(urls.origin, job.request_hosts)]
    return Outgoing(job.requests, job.request_secrets(), origins, others)


def step_runner(
    job: Job, settings: ClientSettings, base: str | None, client: str, wait: Callable[[float], bool]
) -> StepRunner:
    """What runs the steps of a job's session; see there.

    Raises:
        ConfigError: the client cannot be used.
    """
    from crawler.crawl.steps import StepRunner

    origins = [*settings.origins, *map(urls.origin, job.request_hosts)]
    fetch = make_fetch(client, settings)
    secrets = job.request_secrets()
    return StepRunner(job.steps, job.recipe, base, fetch, secrets, origins, lambda: empty_jar(settings), wait)


def client_settings(job: Job, starts: list[str], width: int) -> ClientSettings:
    """What the HTTP client must know of a job."""
    fetch = job.fetch
    return ClientSettings(
        user_agent=job.user_agent,
        timeout=fetch.timeout,
        connect_timeout=fetch.connect_timeout,
        page_bytes=job.limits.page_bytes,
        connections=width,
        origins=frozenset(urls.origin(url) for url in starts),
        private_hosts=frozenset(urls.host(url) for url in (*starts, *job.request_hosts)),
        allow_private=fetch.allow_private,
        insecure_hosts=frozenset(fetch.insecure_hosts),
        kept_headers=job.kept_headers,
        file_bytes=job.document.files.max_size if job.has_files else 0,
        **job.secrets(),
    )
