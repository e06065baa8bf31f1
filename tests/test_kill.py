"""`kill -9` anywhere: nothing is lost, nothing is doubled, only what was in flight is fetched again."""

import random
import time

import pytest

from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from tests.support.jobs import crawl, digest, kill, start, write_job
from tests.support.killing import WORKERS, Target

STRATEGIES = ("serial", "threads", "processes", "curl", "processes-curl")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    log = folder / "log.jsonl"
    with DemoServer(DemoOptions(books=60, latency=0.02, port=0, log=str(log))) as server:

        def arguments(out, strategy):
            output = [str(out / "demo.xlsx"), str(out / "demo.jsonl")]
            return [write_job(out / "job", server.url, fetch={"strategy": strategy, "workers": WORKERS}, output=output)]

        target = Target(arguments, log)
        target.measure(folder / "reference")
        yield target


@pytest.mark.parametrize(
    ("strategy", "seeds"),
    [
        *((name, [seed]) for name, seed in zip(STRATEGIES, (5, 0, 6, 5, 0), strict=True)),  # while pages are fetched
        *(pytest.param(name, range(10), marks=pytest.mark.long) for name in STRATEGIES),
    ],
)
def test_fault_181_a_killed_crawl_is_gone_on_with_exactly(shop, tmp_path, strategy, seeds):
    shop.kill_many(tmp_path, strategy, seeds)


@pytest.mark.parametrize(
    ("strategy", "kills"),
    [("threads", 4), *(pytest.param(name, 60, marks=pytest.mark.long) for name in STRATEGIES)],
)
def test_fault_181_kill_after_kill_of_one_crawl(shop, tmp_path, strategy, kills):
    arguments = shop.arguments(tmp_path, strategy)
    chance = random.Random(5)
    for _ in range(kills):
        process = start("run", *arguments, "--quiet")
        time.sleep(chance.uniform(0.3, 0.8))
        if not kill(process):
            break
    assert crawl("run", *arguments, "--quiet").returncode == 0
    assert digest(tmp_path) == shop.digest
