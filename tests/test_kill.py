"""`kill -9` anywhere: nothing is lost, nothing is doubled, only what was in flight is fetched again."""

import json
import random
import time
from collections import Counter

import pytest

from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from tests.support.jobs import crawl, digest, fetched, kill, log_lines, start, write_job

WORKERS = 8
WINDOW = 2 * WORKERS
STRATEGIES = ("serial", "threads", "processes")


class Shop:
    """A demo site with a log, and what an undisturbed crawl of it leaves behind."""

    def __init__(self, folder, url, log):
        self.folder, self.url, self.log = folder, url, log
        job = write_job(folder / "reference", url)
        began = time.monotonic()
        done = crawl("run", job, "--quiet")
        self.seconds = time.monotonic() - began
        assert done.returncode == 0, done.stderr
        self.digest = digest(folder / "reference" / "out")

    def lines(self):
        return len(self.log.read_text().splitlines())


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    log = folder / "log.jsonl"
    with DemoServer(DemoOptions(books=300, latency=0.02, port=0, log=str(log))) as server:
        yield Shop(folder, server.url, log)


def killed_and_run_again(shop, folder, strategy, seed):
    """Kill a run at a random moment, run again to the end; returns pages fetched twice, and whether it was killed."""
    job = write_job(folder, shop.url, fetch={"strategy": strategy, "workers": WORKERS})
    skip = shop.lines()
    process = start("run", job, "--quiet")
    time.sleep(random.Random(seed).uniform(0.1, shop.seconds * 1.1))
    was_killed = kill(process)
    again = crawl("run", job, "--json") if was_killed else None
    assert again is None or again.returncode == 0, again.stderr
    assert digest(folder / "out") == shop.digest, f"seed {seed}"
    if again and not json.loads(again.stdout)["resumed"]:
        return [], False  # it had not begun, or it was killed when all was written: the next run begins anew
    twice = [path for path, count in Counter(fetched(log_lines(shop.log, skip))).items() if count > 1]
    return twice, was_killed


def check(shop, folder, strategy, seeds):
    kills = 0
    for seed in seeds:
        twice, was_killed = killed_and_run_again(shop, folder / str(seed), strategy, seed)
        kills += was_killed
        assert len(twice) <= WINDOW, f"seed {seed}"
    return kills


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_fault_181_a_killed_crawl_is_gone_on_with_exactly(shop, tmp_path, strategy):
    assert check(shop, tmp_path, strategy, range(3)) > 0


@pytest.mark.long
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_fault_181_fifty_kills(shop, tmp_path, strategy):
    kills = check(shop, tmp_path, strategy, range(100, 150))
    print(f"{strategy}: {kills} of 50 runs were killed before their end, all exact")


def test_fault_181_kill_after_kill_of_one_crawl(shop, tmp_path):
    job = write_job(tmp_path, shop.url, fetch={"workers": WORKERS})
    chance = random.Random(5)
    for _ in range(8):
        process = start("run", job, "--quiet")
        time.sleep(chance.uniform(0.3, 0.8))
        if not kill(process):
            break
    assert crawl("run", job, "--quiet").returncode == 0
    assert digest(tmp_path / "out") == shop.digest


@pytest.mark.long
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_fault_181_kill_after_kill_until_it_is_done(shop, tmp_path, strategy):
    job = write_job(tmp_path, shop.url, fetch={"strategy": strategy, "workers": WORKERS})
    chance = random.Random(6)
    for _ in range(60):
        process = start("run", job, "--quiet")
        time.sleep(chance.uniform(0.3, 1.2))
        if not kill(process):
            break
    assert crawl("run", job, "--quiet").returncode == 0
    assert digest(tmp_path / "out") == shop.digest
