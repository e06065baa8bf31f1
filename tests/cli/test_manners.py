import pytest

from crawler.cli.plan import limits_in_words, manners
from crawler.config import load


def words(settings, width=16):
    job = load("configs/books_toscrape.yaml", overrides=[f"{key}={value}" for key, value in settings.items()])
    return "\n".join(manners(job, width) + limits_in_words(job))


@pytest.mark.parametrize(
    ("delay", "often"),
    [
        ("0.2", "at most 5 requests a second"),
        ("1", "at most 1 request a second"),
        ("3", "at most 20 requests a minute"),
        ("2m", "at most 30 requests an hour"),
    ],
)
def test_a_delay_is_a_rate(delay, often):
    assert often in words({"polite.delay": delay})


def test_how_long_a_host_takes_at_least():
    assert "so 5,000 pages of one host (limits.pages) take at least 16 min 40 s" in words({"polite.delay": "0.2"})


def test_no_delay():
    text = words({"polite.delay": "0"})
    assert "no delay between requests to a host" in text
    assert "take at least" not in text


def test_workers_and_what_a_host_gets_of_them():
    text = words({"polite.per_host": "8", "polite.delay": "0.2"}, width=16)
    assert "16 workers, but at most 8 requests in flight to one host (polite.per_host)" in text
    assert "so many are in flight only if responses take 1.6 s or longer" in text
    assert "at most 4 requests in flight" in words({}, width=4)
    assert "one request after another" in words({}, width=1)


def test_robots():
    assert "robots.txt is obeyed, with its Crawl-delay up to 30 s" in words({})
    assert "robots.txt is ignored (polite.robots: false)" in words({"polite.robots": "false"})
    assert "except its Crawl-delay" in words({"polite.max_crawl_delay": "0"})


def test_limits():
    text = words({"limits.pages": "1", "limits.depth": "3", "limits.time": "90s", "limits.failures": "2.5%"})
    assert "at most 1 page\n" in text
    assert "at most 3 links from" in text
    assert "at most 1 min 30 s; the next run resumes" in text
    assert "exit code 3 if more than 2.5 % of the pages fail" in text
