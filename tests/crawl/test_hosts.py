"""`polite.hosts`: single hosts have their own pace, measured by the servers."""

import threading

import pytest

import crawler
from crawler.cli.plan import manners
from crawler.config import load
from crawler.crawl.frontier import Politeness
from crawler.errors import ConfigError
from tests.support.badserver import answer, keep_alive, serve
from tests.support.usable import USABLE

STRATEGIES = [name for name in ("threads", "asyncio", "curl", "auto", "processes") if name in USABLE]
PAGES = 4


class AtOnce:
    """A script whose pages take a while; notes how many requests were there at once."""

    def __init__(self):
        self.lock, self.now, self.most = threading.Lock(), 0, 0

    def __call__(self, connection):
        while head := connection.request():
            with self.lock:
                self.now += 1
                self.most = max(self.most, self.now)
            connection.wait(0.05)
            with self.lock:
                self.now -= 1
            connection.say(pages(head.split(b" ")[1].decode(), 0))


def config(first, second, hosts, strategy="threads", delay=0):
    return (
        f"name: job\nstart: [{first}/, {second}/]\npages:\n"
        "  list: {follow: [{css: a, to: item}]}\n  item: {fields: {name: h1}}\n"
        f"fetch: {{strategy: {strategy}, workers: 8, retries: 0}}\n"
        f"polite: {{delay: {delay}, robots: false, hosts: {hosts}}}\noutput: out.jsonl\n"
    )


def pages(seen, number):
    return answer(b"".join(b"<a href=/%d>x</a>" % at for at in range(PAGES)) if seen == "/" else b"<h1>x</h1>")


def crawled(tmp_path, text):
    path = tmp_path / "job.yaml"
    path.write_text(text)
    return crawler.run(crawler.load(path))


def gap(server):
    """Mean time between two requests: single ones vary with the machine, and `test_pace.py` has the law."""
    return (server.requests[-1].at - server.requests[0].at) / (len(server.requests) - 1)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_host_has_its_own_delay_and_the_others_keep_theirs(tmp_path, strategy):
    with serve(keep_alive(pages)) as slow, serve(keep_alive(pages)) as fast:
        hosts = f"{{'{slow.origin.removeprefix('http://')}': {{delay: 300ms}}}}"
        report = crawled(tmp_path, config(slow.origin, fast.origin, hosts, strategy))
    assert report.records == {"item": 2 * PAGES}
    assert gap(slow) >= 0.29
    assert gap(fast) < 0.29


def test_a_name_without_a_port_is_that_host_on_every_port(tmp_path):
    with serve(keep_alive(pages)) as one, serve(keep_alive(pages)) as two:
        crawled(tmp_path, config(one.origin, two.origin, "{127.0.0.1: {delay: 60ms}}"))
    assert min(gap(one), gap(two)) >= 0.055


def test_a_host_may_be_asked_faster_than_the_others(tmp_path):
    with serve(keep_alive(pages)) as slow, serve(keep_alive(pages)) as fast:
        name = fast.origin.removeprefix("http://")
        crawled(tmp_path, config(slow.origin, fast.origin, f"{{'{name}': {{delay: 0}}}}", delay="300ms"))
    assert gap(slow) >= 0.29
    assert gap(fast) < 0.29


def test_the_name_with_the_port_beats_the_name_alone():
    one, two = Politeness(True, 1, 1, 0), Politeness(True, 2, 2, 0)
    all_hosts = Politeness(True, 0, 8, 0, {"a.example": one, "a.example:8080": two, "[::1]": two})
    assert all_hosts.of("a.example:8080") is two
    assert all_hosts.of("a.example:81") is one
    assert all_hosts.of("a.example") is one
    assert all_hosts.of("[::1]:80") is two
    assert all_hosts.of("b.example") is all_hosts


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_host_has_its_own_number_of_requests_in_flight(tmp_path, strategy):
    one, many = AtOnce(), AtOnce()
    with serve(one) as first, serve(many) as second:
        name = first.origin.removeprefix("http://")
        crawled(tmp_path, config(first.origin, second.origin, f"{{'{name}': {{per_host: 1}}}}", strategy))
    assert one.most == 1
    assert many.most > 1


def test_robots_txt_of_a_host_can_be_obeyed_alone(tmp_path):
    def forbidding(seen, number):
        return answer(b"User-agent: *\nDisallow: /") if seen == "/robots.txt" else pages(seen, number)

    with serve(keep_alive(forbidding)) as obeyed, serve(keep_alive(forbidding)) as ignored:
        name = obeyed.origin.removeprefix("http://")
        report = crawled(tmp_path, config(obeyed.origin, ignored.origin, f"{{'{name}': {{robots: true}}}}"))
    assert obeyed.paths == ["/robots.txt"]
    assert "/robots.txt" not in ignored.paths
    assert report.records == {"item": PAGES}


def loaded(tmp_path, hosts):
    path = tmp_path / "job.yaml"
    path.write_text(config("http://a.example", "http://b.example", hosts))
    return load(path)


def test_the_check_says_what_holds_for_each_host(tmp_path):
    job = loaded(tmp_path, "{API.a.example: {delay: 250ms, per_host: 2}, 'b.example:8080': {robots: true}}")
    told = manners(job, 8)
    assert "API.a.example: 0.25 s between requests, at most 2 in flight, robots.txt is ignored (polite.hosts)" in told
    assert "b.example:8080: no delay between requests, at most 8 in flight, robots.txt is obeyed (polite.hosts)" in told
    assert job.polite.for_host("api.a.example").delay == 0.25
    assert dict(job.settings())["polite.hosts"] == (
        "API.a.example: {delay: 0.25s, per_host: 2}, b.example:8080: {robots: true}"
    )


@pytest.mark.parametrize("name", ["https://a.example", "a.example/x", "a b", "a.example:99999", "''", "[::1"])
def test_what_is_no_host_is_an_error_of_the_check(tmp_path, name):
    with pytest.raises(ConfigError, match=r"polite\.hosts"):
        loaded(tmp_path, f"{{'{name}': {{delay: 1s}}}}" if name != "''" else "{'': {delay: 1s}}")
