"""Proxies take turns and rest; when none is left the run ends and says so; measured on real proxies."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import crawler
from crawler.config import load
from crawler.crawl import proxies
from crawler.crawl.proxies import MAX_AT_FIRST, MAX_REST, MAX_STRIKES, Proxies
from crawler.errors import ConfigError
from crawler.model import Failure, Page
from tests.support.badserver import answer, keep_alive, once, serve
from tests.support.jobs import crawl, crawl_here
from tests.support.proxies import PASSWORD, USER, HttpProxy, SocksProxy
from tests.support.usable import USABLE

STRATEGIES = [name for name in ("serial", "threads", "asyncio", "curl", "processes", "auto") if name in USABLE]
GOOD, DOWN = Page(200, 1, 0.0), Failure("proxy", "the server refused the connection")
PAGES = 24


def test_without_proxies_nothing_is_held_up():
    proxies = Proxies()
    assert not proxies.is_blocked(0.0)
    assert [proxies.take(0.0) for _ in range(3)] == [0, 0, 0]
    proxies.heard(0, DOWN, 0.0)
    assert not proxies.all_failed
    assert not proxies.is_to_blame(DOWN)


def test_they_take_turns():
    proxies = Proxies(3)
    assert [proxies.take(0.0) for _ in range(7)] == [0, 1, 2, 0, 1, 2, 0]


def test_one_that_fails_rests_for_longer_and_longer_and_is_given_up():
    proxies, now, rests = Proxies(1), 0.0, []
    proxies.heard(0, GOOD, now)
    while not proxies.all_failed:
        proxies.heard(0, DOWN, now)
        rests.append(proxies.next_at() - now if proxies.next_at() else 0)
        now = proxies.next_at() or now
    assert rests == [1, 2, 4, 8, 16, 32, MAX_REST, 0]
    assert len(rests) == MAX_STRIKES
    assert proxies.next_at() is None
    assert proxies.is_blocked(1e9)


def test_one_that_never_answered_is_given_up_sooner():
    proxies, now = Proxies(1), 0.0
    for _ in range(MAX_AT_FIRST):
        assert not proxies.all_failed
        proxies.heard(0, DOWN, now)
        now = proxies.next_at() or now
    assert proxies.all_failed


def test_what_was_in_flight_before_a_rest_counts_once():
    proxies = Proxies(1)
    for _ in range(50):
        proxies.heard(0, DOWN, 0.0)
    assert not proxies.all_failed
    assert proxies.next_at() == 1.0


def test_one_that_says_that_servers_are_down_rests_but_is_never_given_up():
    proxies, now = Proxies(2), 0.0
    for _ in range(100):
        proxies.heard(0, Failure("http-502", status=502), now)
        now += 100
    assert not proxies.all_failed
    assert not proxies.is_to_blame(Failure("http-502", status=502))


@given(st.lists(st.tuples(st.sampled_from("tbgl"), st.integers(0, 3), st.floats(0, 5)), max_size=80), st.booleans())
def test_a_proxy_that_rests_or_is_busy_is_never_used_while_another_is_free(steps, one_each):
    proxies, now, flights = Proxies(4, one_each=one_each), 0.0, []
    for what, number, passed in steps:
        now += passed
        if what == "t" and not proxies.is_blocked(now):
            taken = proxies.take(now)
            if one_each:
                assert taken not in flights
            assert now >= proxies._all[taken].rests_until
            flights.append(taken)
        elif flights and what != "t":
            back = flights.pop(number % len(flights))
            proxies.release(back)
            proxies.heard(back, {"b": DOWN, "g": GOOD, "l": Failure("late")}[what], now)
    assert all(one.in_flight >= 0 for one in proxies._all)


# ---- runs


def site(path: str, number: int) -> bytes:
    if path == "/robots.txt":
        return answer(b"User-agent: *\nAllow: /")
    if path == "/":
        return answer(b"".join(b"<a href=/%d>x</a>" % at for at in range(PAGES)))
    return answer(f"<h1>{path}</h1>".encode())


def with_password(proxy, scheme="http"):
    return f"{scheme}://{USER}:{PASSWORD}@{proxy.origin.partition('://')[2]}"


def write(folder, port, proxies, strategy="threads", robots=False, **fetch):
    path = folder / "job.yaml"
    about = {"strategy": strategy, "workers": 8, "retries": 1, "proxy": proxies, **fetch}
    path.write_text(
        f"name: job\nstart: http://shop.example:{port}/\npages:\n"
        "  list: {follow: [{css: a, to: item}]}\n  item: {fields: {name: h1}}\n"
        f"fetch: {json.dumps(about)}\npolite: {{delay: 0, robots: {str(robots).lower()}, contact: a@b.example}}\n"
        "output: [job.jsonl, job.xlsx]\n"
    )
    return path


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_spreads_its_requests_over_all(tmp_path, strategy):
    with serve(keep_alive(site)) as server, serve(HttpProxy()) as one, serve(HttpProxy()) as two:
        path = write(tmp_path, server.port, [one.origin, two.origin], strategy, robots=True)
        report = crawler.run(crawler.load(path))
        assert report.records == {"item": PAGES}
        assert abs(len(one.requests) - len(two.requests)) <= 2
        assert len(server.requests) == PAGES + 2


@pytest.mark.parametrize("strategy", [name for name in ("threads", "curl") if name in USABLE])
def test_one_that_is_down_costs_no_page(tmp_path, strategy):
    with serve(once()) as gone:
        down = gone.origin
    with serve(keep_alive(site)) as server, serve(HttpProxy()) as good, serve(HttpProxy(password=True)) as locked:
        path = write(tmp_path, server.port, [down, good.origin, locked.origin], strategy, retries=0, robots=True)
        report = crawler.run(crawler.load(path))
        assert report.records == {"item": PAGES}
        assert report.pages["failed"] == 0
        assert len(server.requests) == PAGES + 2


def test_one_that_breaks_in_the_middle_is_left_alone(tmp_path):
    broken = []

    def breaks():
        broken.append(1)
        return len(broken) > 5

    with serve(keep_alive(site)) as server, serve(HttpProxy(broken=breaks)) as bad, serve(HttpProxy()) as good:
        path = write(tmp_path, server.port, [bad.origin, good.origin], workers=2)
        report = crawler.run(crawler.load(path))
        assert report.records == {"item": PAGES}
        assert len(good.requests) > PAGES / 2


def test_when_all_are_down_the_run_ends_and_the_next_one_goes_on(tmp_path):
    with serve(once()) as gone:
        down = with_password(gone)
    with serve(keep_alive(site)) as server, serve(HttpProxy()) as good:
        path = write(tmp_path, server.port, [down, down])
        done = crawl("run", path, "--json")
        report = json.loads(done.stdout)
        assert done.returncode == 3
        assert report["ending"] == "left"
        assert list(report["closed_hosts"]) == [f"shop.example:{server.port}"]
        assert "no proxy can be reached" in next(iter(report["closed_hosts"].values()))
        assert PASSWORD not in done.stdout + done.stderr
        assert not server.requests
        write(tmp_path, server.port, [good.origin])
        assert crawler.run(crawler.load(path)).records == {"item": PAGES}


def test_all_break_in_the_middle_while_the_host_is_in_trouble(tmp_path):
    """What ends the run may come of a page that is asked for only to see whether the host answers."""
    seen = []

    def breaks():
        seen.append(1)
        return len(seen) > 10

    def failing(path: str, number: int) -> bytes:
        return site(path, number) if number < 5 else answer(status=b"500 Server Error")

    with serve(keep_alive(failing)) as server, serve(HttpProxy(broken=breaks)) as one:
        path = write(tmp_path, server.port, [one.origin], workers=2)
        proxies.MAX_STRIKES, before = 3, proxies.MAX_STRIKES
        try:
            report = crawler.run(crawler.load(path))
        finally:
            proxies.MAX_STRIKES = before
    assert report.ending == "left"
    assert "no proxy can be reached" in next(iter(report.closed_hosts.values()))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_worker_has_its_own_where_the_config_says_so(tmp_path, strategy):
    scripts = [HttpProxy(wait=0.02) for _ in range(3)]
    with serve(keep_alive(site)) as server, serve(scripts[0]) as a, serve(scripts[1]) as b, serve(scripts[2]) as c:
        proxies = [one.origin for one in (a, b, c)]
        path = write(tmp_path, server.port, proxies, strategy, proxy_per_worker=True)
        assert crawler.run(crawler.load(path)).records == {"item": PAGES}
    assert [script.most for script in scripts] == [1, 1, 1]


@pytest.mark.parametrize("strategy", [name for name in ("threads", "processes", "curl", "auto") if name in USABLE])
def test_a_run_through_socks(tmp_path, strategy):
    script = SocksProxy(password=True)
    with serve(keep_alive(site)) as server, serve(script) as proxy:
        path = write(tmp_path, server.port, with_password(proxy, "socks5h"), strategy)
        assert crawler.run(crawler.load(path)).records == {"item": PAGES}
    assert set(script.asked) == {"shop.example"}


@pytest.mark.skipif("asyncio" not in USABLE, reason="needs aiohttp")
def test_the_check_refuses_socks_where_the_client_cannot_and_says_what_can(tmp_path):
    path = write(tmp_path, 1, "socks5h://127.0.0.1:1", "asyncio")
    done = crawl_here("check", path)
    assert done.returncode == 2
    assert "aiohttp has no SOCKS; use the strategy threads or curl" in " ".join(done.stdout.split())
    with pytest.raises(ConfigError, match="use the strategy threads or curl"):
        crawler.run(crawler.load(path))


def test_the_check_says_how_many_there_are(tmp_path):
    done = crawl_here("check", write(tmp_path, 1, ["http://a.example:1", "http://b.example:1"], proxy_per_worker=True))
    assert "through 2 proxies in turn, each with one request at a time" in " ".join(done.stdout.split())


def test_no_password_is_left_anywhere(tmp_path):
    with serve(keep_alive(site)) as server, serve(HttpProxy(password=True)) as one, serve(HttpProxy()) as gone:
        path = write(tmp_path, server.port, ["${ONE}", "${TWO}"])
        env = {"ONE": with_password(one), "TWO": with_password(gone)}
        done = crawl("run", path, "--record", tmp_path / "tape", env=env)
        assert done.returncode == 0
    shown = done.stdout + done.stderr + crawl("check", path, "--json", env=env).stdout
    assert PASSWORD not in shown
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert PASSWORD.encode() not in file.read_bytes(), file


@pytest.mark.parametrize("proxy", ["ftp://a:1", "socks4://a:1", "a:1", "http://a b", ["http://a:1", "x"]])
def test_what_is_no_proxy_is_refused_and_not_shown(tmp_path, proxy):
    with pytest.raises(ConfigError, match="is not a proxy URL") as error:
        load(write(tmp_path, 1, proxy))
    assert "ftp" not in str(error.value)
