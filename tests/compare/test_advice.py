import math
import re
from dataclasses import replace

import pytest

from crawler.compare.advice import HYBRID, LIGHT, Measured, advise
from crawler.strategies.registry import STRATEGIES

LIGHT_PAGES = Measured(
    pages=500,
    latency=0.2,
    cpu=0.0025,
    fetch_cpu=0.0015,
    parse_cpu=0.0005,
    parse_wall=0.0005,
    gap=0.0,
    polite_rate=0.0,
    at_once=64,
    cores=2,
)
HEAVY_PAGES = replace(LIGHT_PAGES, latency=0.02, cpu=0.052, parse_cpu=0.05, parse_wall=0.05)
SLOW_AND_POLITE = replace(LIGHT_PAGES, gap=0.55, polite_rate=1 / 0.55)


def test_light_pages_of_a_slow_site_want_threads():
    found = advise(LIGHT_PAGES, STRATEGIES)
    assert found.limit == "latency"
    assert found.flags == "--strategy threads --workers 64 --parse callback"
    assert set(found.others) == set(LIGHT) - {"threads"}
    assert "polite.per_host allows no more than 64" in found.says


def test_heavy_analysis_wants_processes():
    found = advise(HEAVY_PAGES, STRATEGIES)
    assert found.limit == "cpu"
    # 2 cores: 1 / (0.0005 + 0.0515 / 2) = 38.1 pages/s; times 0.0705 s each is 2.7 workers.
    assert found.flags == "--strategy processes --workers 3 --parse worker"
    assert found.says.endswith("above 2 workers processes win.")
    assert "One interpreter does 19.2 pages/s" in " ".join(found.sums)
    assert "Worker processes on 2 cores do at most 38.1 pages/s" in " ".join(found.sums)


def test_heavy_analysis_of_slow_pages_wants_a_second_pool():
    found = advise(replace(HEAVY_PAGES, latency=1.0), STRATEGIES)
    assert found.flags == "--strategy threads --workers 40 --parse pool"
    assert set(HYBRID) <= set(found.others)


def test_a_few_heavy_pages_say_from_where_on_processes_win():
    found = advise(replace(HEAVY_PAGES, pages=20), STRATEGIES)
    assert "from about 39 pages on" in found.says
    assert "--strategy processes" in found.flags


def test_one_core_gains_nothing_from_processes():
    found = advise(replace(HEAVY_PAGES, cores=1), STRATEGIES)
    assert "This machine has one core" in found.says
    assert "--strategy threads --workers 2" in found.flags


def test_under_a_long_delay_nothing_but_politeness_matters():
    found = advise(SLOW_AND_POLITE, STRATEGIES)
    assert found.limit == "politeness"
    assert found.says.startswith("Politeness limits you: it allows 1.82 requests/s to a host, one every 550 ms.")
    assert "More than one worker gains nothing" in found.says
    assert "--workers 1 " in found.flags


def test_a_delay_that_is_shorter_than_the_wait_needs_more_workers():
    found = advise(replace(SLOW_AND_POLITE, gap=0.22, polite_rate=1 / 0.22, latency=1.0), STRATEGIES)
    assert "--workers 5 " in found.flags  # 4.5 requests/s x 1.0 s


def test_politeness_of_several_hosts_adds_up():
    found = advise(replace(SLOW_AND_POLITE, polite_rate=1000.0), STRATEGIES)
    assert found.limit == "latency"


def test_heavy_analysis_matters_even_under_a_short_delay():
    found = advise(replace(HEAVY_PAGES, gap=0.02, polite_rate=50.0), STRATEGIES)
    assert found.limit == "cpu"


def test_only_strategies_that_are_there_are_named():
    found = advise(LIGHT_PAGES, ["serial", "asyncio"])
    assert "--strategy asyncio" in found.flags
    assert found.others == ()
    assert "--strategy serial" in advise(HEAVY_PAGES, ["serial"]).flags


@pytest.mark.parametrize("known", [LIGHT_PAGES, HEAVY_PAGES, SLOW_AND_POLITE])
def test_the_arithmetic_stands_beside(known):
    text = " ".join(advise(known, STRATEGIES).sums)
    assert "Little's law" in text
    assert "Amdahl's law" in text
    assert f"{1 / known.cpu:.3g} pages/s" in text


def test_what_is_expected_of_it_is_said_as_a_number():
    assert advise(LIGHT_PAGES, STRATEGIES).predicted == pytest.approx(64 / 0.201)
    assert advise(HEAVY_PAGES, STRATEGIES).predicted == pytest.approx(1 / (0.0005 + 0.0515 / 2))
    assert advise(SLOW_AND_POLITE, STRATEGIES).predicted == pytest.approx(1 / 0.55)
    assert advise(LIGHT_PAGES, STRATEGIES).checked is None


@pytest.mark.parametrize("fastest", [(531.0, 531.0), (300.0, 900.0)])
def test_no_figure_of_a_limit_is_less_than_what_was_measured(fastest):
    """319 pages/s of one interpreter once stood beside 531 measured."""
    text = " ".join(advise(replace(LIGHT_PAGES, cpu=1 / 319, fastest=fastest), STRATEGIES).sums)
    one_process, at_all = fastest
    said = float(re.search(r"One interpreter does ([\d.,]+) pages/s", text)[1].replace(",", ""))
    most = float(re.search(r"cores do at most ([\d.,]+) pages/s", text)[1].replace(",", ""))
    assert said >= one_process
    assert most >= at_all
    assert ("as measured" in text) is (said == one_process or most == at_all)


def test_the_parts_of_the_cpu_time_are_no_more_than_the_whole():
    """They are measured with another client than that of the strategy that took the least."""
    found = advise(replace(LIGHT_PAGES, cpu=0.0006), STRATEGIES)
    assert "0.6 ms of CPU (0.1 ms to fetch, 0.5 ms to parse)" in found.sums[0]


def test_nothing_measured_is_no_crash():
    empty = Measured(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1, 1)
    assert advise(empty, ["threads"]).flags
    assert math.isfinite(empty.cpu)
