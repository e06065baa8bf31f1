"""The main job on real pages: the shipped config on a copy of books.toscrape.com, held against its ground truth."""

import csv
import itertools
import json
import re
from decimal import Decimal

import pytest

from crawler.crawl.parse_stage import PARSE_STAGES
from tests.support.jobs import ROOT, crawl, digest, fetched, log_lines
from tests.support.killing import WORKERS, Target
from tests.support.sites import need_site
from tests.support.static_site import served

CONFIG = ROOT / "configs" / "books_toscrape.yaml"
STRATEGIES = ("serial", "threads", "processes")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    log = tmp_path_factory.mktemp("site") / "log.jsonl"
    with served(need_site("books_toscrape"), log) as url:
        yield url, log


def arguments(url, out, strategy):
    output = f"output=[{out / 'books.xlsx'}, {out / 'books.jsonl'}]"
    fast = ["polite.robots=false", "polite.delay=0", "polite.per_host=64", f"fetch.workers={WORKERS}", output]
    settings = [part for setting in fast for part in ("--set", setting)]
    return [CONFIG, "--start", f"{url}/catalogue/page-1.html", "--strategy", strategy, *settings]


@pytest.fixture(scope="module")
def truth():
    path = need_site("books_toscrape") / "groundtruth" / "book_details.csv"
    with path.open(encoding="latin-1", newline="") as file:
        return {row["UPC"]: row for row in csv.DictReader(file)}


def test_every_book_is_found_with_its_true_values_and_the_dead_link_is_told(site, tmp_path, truth):
    url, log = site
    skip = len(log.read_text().splitlines())
    done = crawl("run", *arguments(url, tmp_path, "threads"), "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["records"]) == (0, {"books": 999})
    assert (report["pages"]["failed"], report["causes"]) == (1, {"http-404": 1})
    assert len(fetched(log_lines(log, skip))) == 1050
    lines = (tmp_path / "books.jsonl").read_text(encoding="utf-8").splitlines()
    books = [json.loads(line, parse_float=Decimal) for line in lines]
    for book in books:
        row = truth[book["upc"]]
        assert Decimal(str(book["price"])) == Decimal(re.sub(r"[^\d.]", "", row["price exclude tax"]))
        assert str(book["rating"]) == row["rating"]
        assert f"({book['stock']} available)" in row["availability"]
    assert len({book["upc"] for book in books}) == 999
    assert [book["title"] for book in books].count("The Star-Touched Queen") == 2


@pytest.mark.long
def test_five_runs_of_each_combination_give_the_same_bytes(site, tmp_path):
    digests = {}
    for strategy, place, number in itertools.product(STRATEGIES, PARSE_STAGES, range(5)):
        out = tmp_path / f"{strategy}-{place}-{number}"
        done = crawl("run", *arguments(site[0], out, strategy), "--parse", place, "--quiet")
        assert done.returncode == 0, done.stderr
        digests[strategy, place, number] = digest(out)
    print(f"{len(digests)} runs, sha256 {set(digests.values())}")
    assert len(set(digests.values())) == 1


@pytest.mark.long
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_fault_181_fifty_kills(site, tmp_path, strategy):
    target = Target(lambda out, strategy: arguments(site[0], out, strategy), site[1])
    target.measure(tmp_path / "reference")
    kills, most = target.kill_many(tmp_path, strategy, range(50))
    print(f"{strategy}: {kills} of 50 runs were killed and gone on with, at most {most} pages were fetched twice")
