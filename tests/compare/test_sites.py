"""The demo site of a comparison is the same for each run."""

import json
from urllib.request import urlopen

import pytest

from crawler.api import load
from crawler.compare.sites import Demo, open_site
from crawler.serving.latency import Latency


def requests(site):
    with urlopen(f"{site.base}/_stats") as answer:
        return json.load(answer)["requests"]


@pytest.mark.parametrize(
    ("demo", "remembers"),
    [
        (Demo(latency=Latency("range", 0.001, 0.002)), True),
        (Demo(errors=0.1), True),
        (Demo(latency=0.001, page_weight=10_000), False),
        (Demo(capacity=4), True),
        (Demo(rate=60), True),
    ],
)
def test_a_site_that_remembers_what_was_asked_for_is_started_anew_for_each_run(demo, remembers):
    with open_site(load("configs/demo.yaml"), demo) as site:
        with urlopen(f"{site.base}/robots.txt") as answer:
            answer.read()
        assert requests(site) == 1
        site.ready_for_a_run()
        assert requests(site) == (0 if remembers else 1)


def test_options_replace_the_keys_of_the_config():
    job = load("configs/demo.yaml", overrides=["demo.latency=1ms..2ms", "demo.page_weight=30kB", "demo.books=7"])
    with open_site(job, Demo(latency=0.0, books=3)) as site:
        assert site.about == "demo site, 3 books, latency 0s, pages filled up to 30 kB"


def test_what_the_site_can_take_is_said():
    job = load("configs/demo.yaml")
    with open_site(job, Demo(books=3, capacity=4, rate=60, slows_beyond=8)) as site:
        assert site.about.endswith("4 served at once, 429 above 60 requests a second, slower beyond 8 in flight")
