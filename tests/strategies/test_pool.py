"""The pool of processes: no call waits without need, a death costs what it must, nothing stays behind."""

from __future__ import annotations

import faulthandler
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, wait
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

import crawler
from crawler.strategies import pool as module
from crawler.strategies.pool import ProcessPool
from tests.support.badserver import answer, pages, serve

Make = Callable[..., ProcessPool[Any]]


def do(deed: str, argument: Any = None) -> Any:
    match deed:
        case "say":
            return argument
        case "die":
            os._exit(1)
        case "hang":
            Path(argument).touch()
            time.sleep(60)
        case "meet":  # ends when so many calls are in it at the same time
            folder, number, index = argument
            (folder / str(index)).touch()
            while len(list(folder.iterdir())) < number:
                time.sleep(0.002)
    return None


def made() -> Callable[..., Any]:
    return do


def children() -> set[psutil.Process]:
    return {one for one in psutil.Process().children(recursive=True) if one.status() != psutil.STATUS_ZOMBIE}


@pytest.fixture
def make() -> Iterator[Make]:
    pools: list[ProcessPool[Any]] = []

    def make(width: int, timeout: float = 30.0) -> ProcessPool[Any]:
        pools.append(ProcessPool(width, made, timeout))
        return pools[-1]

    yield make
    for each in pools:
        each.close(cancel=True)


def test_many_quick_calls_share_messages_and_keep_their_values(make: Make) -> None:
    pool = make(2)
    messages = 0
    send = pool._crew.calls._send

    def counted(calls: list[Any]) -> Any:
        nonlocal messages
        messages += 1
        return send(calls)

    pool._crew.calls._send = counted  # type: ignore[method-assign]  # to count what goes out
    futures = [pool.submit("say", n) for n in range(600)]
    assert [future.result(10) for future in futures] == list(range(600))
    assert messages < 300


def test_as_many_slow_calls_as_workers_are_under_way_at_once_after_quick_ones(make: Make, tmp_path: Path) -> None:
    pool = make(4)
    wait([pool.submit("say", n) for n in range(100)])
    meeting = [pool.submit("meet", (tmp_path, 4, n)) for n in range(4)]
    assert [future.result(10) for future in meeting] == [None] * 4


def test_a_slow_call_does_not_hold_up_what_comes_after_it(make: Make) -> None:
    pool = make(2)
    wait([pool.submit("say", n) for n in range(100)])
    slow = pool.submit("hang", os.devnull)
    assert [pool.submit("say", n).result(10) for n in range(20)] == list(range(20))
    assert not slow.done()


def test_after_a_death_all_that_was_given_fails_and_new_workers_go_on(make: Make) -> None:
    pool = make(2)
    lost = [pool.submit("die"), *(pool.submit("hang", os.devnull) for _ in range(9))]
    assert all(isinstance(future.exception(10), BrokenExecutor) for future in lost)
    assert pool.submit("say", "here").result(10) == "here"


def test_a_worker_that_hangs_in_a_call_ends_itself(make: Make) -> None:
    assert isinstance(make(1, timeout=0.2).submit("hang", os.devnull).exception(10), BrokenExecutor)


def test_the_time_limit_is_of_each_call_and_not_of_its_group(monkeypatch: pytest.MonkeyPatch) -> None:
    clock: list[object] = []
    monkeypatch.setattr(module, "_function", do)
    monkeypatch.setattr(module, "_task_timeout", 7.0)
    monkeypatch.setattr(faulthandler, "dump_traceback_later", lambda seconds, **_: clock.append(seconds))
    monkeypatch.setattr(faulthandler, "cancel_dump_traceback_later", lambda: clock.append("off"))
    module._work([("say", 1), ("say", 2)])
    assert clock == [7.0, "off", 7.0, "off"]


def test_close_waits_for_all_that_was_given(make: Make) -> None:
    pool = make(1)
    futures = [pool.submit("say", n) for n in range(200)]
    pool.close()
    assert [future.result(0) for future in futures] == list(range(200))


def test_close_with_cancel_waits_for_nobody_and_leaves_nobody(make: Make, tmp_path: Path) -> None:
    make(1).close()  # starts the server that workers are forked from
    before = children()
    pool = make(2)
    futures = [pool.submit("hang", tmp_path / f"{n}") for n in range(12)]
    while len(list(tmp_path.iterdir())) < 2:
        time.sleep(0.002)
    began = time.monotonic()
    pool.close(cancel=True)
    assert time.monotonic() - began < 20  # they hang for ever
    assert all(isinstance(future.exception(0), (BrokenExecutor, CancelledError)) for future in futures)
    assert children() <= before


def test_a_pool_that_was_closed_starts_no_worker(make: Make) -> None:
    pool = make(1)
    assert pool.submit("die").exception(10)
    pool.close()
    before = children()
    assert isinstance(pool.submit("say", "late").exception(10), BrokenExecutor)
    assert children() == before


HOOK = """
import os

def read(page, url):
    if url.endswith("/bad"):
        os._exit(1)
    return {"records": [{"title": page.title.get_text()}]}
"""

JOB = """
name: group
start: [{starts}]
pages: {{page: {{table: pages, fields: {{title: title}}, python: "hook_of_group:read"}}}}
fetch: {{strategy: threads, workers: 12, parse: pool, retries: 0}}
polite: {{robots: false, delay: 0, per_host: 24}}
output: pages.jsonl
"""


def test_a_page_that_kills_its_worker_takes_no_page_of_its_group_with_it(tmp_path: Path) -> None:
    names = [*(str(n) for n in range(20)), "bad", *(str(n) for n in range(20, 30))]
    with serve(pages({f"/{name}": answer(f"<title>{name}</title>".encode()) for name in names})) as server:
        (tmp_path / "hook_of_group.py").write_text(HOOK)
        starts = ", ".join(f'"{server.url}{name}"' for name in names)
        (tmp_path / "job.yaml").write_text(JOB.format(starts=starts))
        report = crawler.run(crawler.load(tmp_path / "job.yaml"))
    assert [row["title"] for row in report.rows("pages")] == [name for name in names if name != "bad"]
    with closing(sqlite3.connect(report.state)) as db:
        assert db.execute("SELECT url, code FROM pages WHERE code != ''").fetchall() == [(f"{server.url}bad", "crash")]
