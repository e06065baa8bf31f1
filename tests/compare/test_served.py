"""What the server counts, which strategies that convicts, and what it leaves alone."""

from dataclasses import replace
from urllib.request import urlopen

import pytest

from crawler.api import load
from crawler.compare.faults import fault
from crawler.compare.noise import Served
from crawler.compare.records import Difference
from crawler.compare.served import convicted, served_notes
from crawler.compare.sites import Demo, _is_here, open_site
from crawler.compare.task import Combination
from tests.compare.test_outcome import RUN, entrant
from tests.support.jobs import write_job

FAIR = replace(RUN, requests=100, handed_out=32, served=Served(101, 16), mean_latency=0.1)
BASE = replace(FAIR, served=Served(101, 1))


def says(run, workers=16, *, own_code=False, at_most=False):
    return convicted(run, BASE, workers, own_code=own_code, at_most=at_most)


def test_one_that_does_what_it_says_is_not_convicted():
    assert says(FAIR) == ""
    assert says(replace(FAIR, served=None)) == ""
    assert says(replace(FAIR, served=Served(102, 7))) == ""  # one connection was lost


def test_more_at_once_than_it_has_workers():
    assert says(replace(FAIR, served=Served(101, 17))) == (
        "it ignores its width: the server had 17 of its requests at once, with 16 workers"
    )
    assert says(replace(FAIR, served=Served(101, 17)), own_code=True) == ""


def test_never_more_than_one_at_once():
    one = replace(FAIR, served=Served(101, 1))
    assert says(one).startswith("it ignores its width: the server never had more than 1 request at once, with 16")
    assert says(one, workers=1) == ""
    assert says(one, at_most=True) == ""
    assert says(replace(one, handed_out=1)) == ""  # a chain of pages, each known from the one before
    assert says(replace(one, mean_latency=0.001)) == ""  # a second worker may not even have started
    assert says(replace(one, served=Served(101, 0))) == ""  # answers do not wait: nobody knows


def test_never_more_than_half_of_its_width():
    half = replace(FAIR, requests=200, handed_out=8, served=Served(201, 2), latency=(0.1,) * 21, cpu=0.5)
    assert says(half, workers=4) == (
        "it ignores its width: the server never had more than 2 requests at once, with 4 workers"
    )
    assert says(replace(half, served=Served(201, 3)), workers=4) == ""  # one of its workers may have started late
    assert says(half, workers=4, at_most=True) == ""
    assert says(replace(half, handed_out=7), workers=4) == ""  # it had never enough to do
    assert says(replace(half, cpu=None), workers=4) == ""
    slow = half.pages * half.latency[10] / 4
    assert says(replace(half, cpu=1.1 * slow), workers=4) == ""  # sending may take all its time
    assert says(replace(half, mean_latency=0.01), workers=4) == ""  # its workers may not have started yet


def test_requests_that_the_crawl_does_not_know_of():
    assert says(replace(FAIR, served=Served(200, 16))) == (
        "it asks more often than it says: the server counted 200 requests, the crawl 100 "
        "and 1 for robots.txt and the like"
    )
    retried = replace(FAIR, requests=120, retries=20, served=Served(121, 16))
    assert says(retried) == ""


def test_pages_that_were_not_asked_for():
    cached = replace(FAIR, failed=0, retries=0, served=Served(60, 16))
    assert says(cached) == "its pages are not from the site: the crawl counted 100 requests, the server 60"
    assert says(replace(cached, hosts=2)) == ""  # the others may be served elsewhere
    assert says(replace(cached, failed=40)) == ""


# ---- the cause in words


@pytest.fixture(scope="module")
def job():
    return load("configs/demo.yaml")


def why(run, difference, job):
    return fault(run, BASE, difference, Combination("threads", 16, "worker"), job)


def test_records_that_are_missing_come_with_their_cause(job):
    run = replace(
        FAIR, causes={"http-429": 12, "http-404": 1}, details={"http-429": "Too Many Requests"},
        served=Served(101, 16, {"200": 80, "429": 21}),
    )  # fmt: skip
    base = replace(BASE, causes={"http-404": 1})
    missing = Difference(missing=3, tables={"books": 2, "authors": 1})
    assert fault(run, base, missing, Combination("threads", 16, "worker"), job) == (
        "its records are not the baseline's: 3 missing (books 2, authors 1); 12 pages ended as http-429 "
        "(Too Many Requests); the server answered 21 requests with 429, too many requests"
    )


def test_processes_that_were_left_are_named(job):
    run = replace(FAIR, left_behind=("sleep 9", "python a.py", "sleep 9"))
    assert why(run, None, job) == "it left processes behind that had to be killed: 2 x sleep 9, python a.py"
    many = replace(FAIR, left_behind=tuple("abcde"))
    assert why(many, None, job).endswith(": a, b, c and 2 more")


def test_records_that_only_their_key_kept_from_being_doubled(job):
    assert "it handed in 3 records twice" in why(replace(FAIR, joined=3), None, job)
    base = replace(BASE, joined=3)  # the site has them twice
    assert fault(replace(FAIR, joined=3), base, None, Combination("threads", 16, "worker"), job) == ""


def test_results_that_were_lost_are_a_fault_where_the_baseline_lost_none(job):
    assert "2 of its requests had no result" in why(replace(FAIR, crashes=2), None, job)
    assert why(FAIR, None, job) == ""


def test_what_a_reader_must_know(job):
    one = entrant("threads", [1.0])
    assert "only the demo site and a replay count" in " ".join(served_notes([one]))
    one.runs = [replace(RUN, served=Served(101, 0, {"429": 7}))]
    notes = " ".join(served_notes([one]))
    assert "could not be checked" in notes
    assert "threads/4/worker was answered 429, too many requests, up to 7 times" in notes
    one.runs = [FAIR]
    assert list(served_notes([one])) == []


# ---- the servers


def test_the_demo_site_counts_each_run_apart(job):
    with open_site(job, Demo(latency=0.001)) as site:
        for _ in range(2):
            site.ready_for_a_run()
            for path in ("/robots.txt", "/", "/nothing"):
                ask(site.base + path)
            assert site.served() == Served(3, 1, {"200": 2, "404": 1})
        assert len(site.servers) == 1


def ask(url):
    try:
        with urlopen(url) as answer:
            answer.read()
    except OSError:  # urllib raises for 404
        pass


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("localhost", True),
        ("localhost:8765", True),
        ("shop.localhost:80", True),
        ("127.0.0.1:8765", True),
        ("127.1.2.3:1", True),
        ("[::1]:8765", True),
        ("[::1]", True),
        ("192.168.0.7:80", False),
        ("localhost.example", False),
        ("127.0.0.1.example:80", False),
        ("books.example", False),
    ],
)
def test_which_hosts_are_this_machine(host, is_here):
    assert _is_here(host) is is_here


def test_a_server_of_the_users_own_on_this_machine_is_no_real_site_and_its_cpu_is_not_known(tmp_path):
    with open_site(load(write_job(tmp_path, "http://127.0.0.1:8765")), Demo()) as site:
        assert (site.is_live, site.servers, site.served()) == (False, None, None)
    with open_site(load(write_job(tmp_path, "http://books.example:8765")), Demo()) as site:
        assert (site.is_live, site.servers) == (True, ())
