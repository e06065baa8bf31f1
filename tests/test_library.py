"""The public API beyond `run`: reasons to stop, how a crawl stands, problems, and rows to calculate with."""

import asyncio
import logging
import subprocess
import sys
from decimal import Decimal

import pytest

import crawler
from crawler.runner import summary
from crawler.strategies.registry import entry
from tests.support.api import api
from tests.support.usable import USABLE

CONFIG = """
name: shop
start: HOST/
pages:
  index:
    follow: [{css: a, to: item}]
  item:
    tables:
      items: {fields: {title: h1, price: {css: .price, type: money}, size: {css: .size, type: decimal}}}
      makers: {key: [maker], fields: {maker: .maker}}
fetch: {strategy: threads, workers: 2, retries: 0}
polite: {delay: 0, robots: false}
output: [out.xlsx]
limits: {failures: 100%}
protect: null
"""
ITEMS = 12


def reply(seen):
    if seen.path == "/":
        return "".join(f"<a href='/{number}'>x</a>" for number in range(ITEMS + 1))
    number = int(seen.path[1:])
    if number == ITEMS:
        return 404, {}, "gone"
    price = f"<p class=price>£{number}.50</p>" if number else ""
    return f"<h1>Item {number}</h1>{price}<p class=size>{number}.25</p><p class=maker>Maker {number % 2}</p>"


@pytest.fixture(scope="module")
def site():
    with api(reply) as server:
        yield server


@pytest.fixture
def job(site, tmp_path):
    (tmp_path / "shop.yaml").write_text(CONFIG.replace("HOST", site.origin))
    return crawler.load(tmp_path / "shop.yaml")


def counted(job):
    return {table.name: sum(1 for _ in crawler.rows(job, table.name)) for table in job.tables}


# ---- stopping


def stopped(job, *reasons):
    stopper = crawler.Stopper()

    def observe(stats):
        if stats.records >= 4:
            for reason in reasons:
                stopper.stop(reason)

    return crawler.run(job, fresh=True, observe=observe, stopper=stopper)


@pytest.mark.parametrize(
    ("reasons", "ending", "result"),
    [
        (["seen enough", "too late"], "seen enough", "stopped: seen enough; the next run resumes"),
        (["two\nlines"], "two\\nlines", "stopped: two\\nlines; the next run resumes"),
        ([""], "no reason was given", "stopped: no reason was given; the next run resumes"),
        (["interrupted"], "interrupted", "interrupted by Ctrl-C; the next run resumes"),
        *(([word], f"stopped: {word}", f"stopped: {word}; the next run resumes") for word in ("finished", "time")),
    ],
)
def test_any_reason_ends_a_run_in_good_order(job, reasons, ending, result):
    report = stopped(job, *reasons)
    assert (report.ending, summary.outcome(report)) == (ending, result)
    assert report.pages["left"] > 0
    assert report.exit_code == (130 if ending == "interrupted" else 0)  # limits.failures allows what is left
    assert [file.name for file in report.files] == ["out.xlsx"]
    assert crawler.status(job).ending == ending
    assert crawler.run(job).ending == "finished"


def test_no_reason_sounds_like_an_end_of_the_crawls_own():
    for word in set(summary.ENDINGS) - {"interrupted", "terminated"}:
        stopper = crawler.Stopper()
        stopper.stop(word)
        assert stopper.why == f"stopped: {word}"


# ---- status


def test_the_status_of_a_run_in_progress_counts_the_rows_there_are(job):
    seen = []

    def observe(stats):
        if stats.records >= 8 and not seen:
            seen.append((dict(crawler.status(job).records), counted(job)))

    report = crawler.run(job, observe=observe)
    status, rows = seen[0]
    assert status == rows
    assert status["makers"] <= 2 < status["items"]  # records with the key of an earlier one are no rows
    assert crawler.status(job).records == report.records == counted(job) == {"items": ITEMS, "makers": 2}


def test_the_status_of_a_killed_run_counts_the_rows_there_are(job, tmp_path):
    script = tmp_path / "killed.py"
    script.write_text(
        "import os, crawler\njob = crawler.load('shop.yaml')\n"
        "crawler.run(job, observe=lambda stats: stats.records < 10 or os._exit(9))\n"
    )
    done = subprocess.run([sys.executable, script], cwd=tmp_path, check=False, timeout=60)
    assert done.returncode == 9
    report = crawler.status(job)
    assert report.ending == "killed"
    assert report.records == counted(job)
    assert report.records["makers"] == 2
    assert report.joined == report.records["items"] - 2


# ---- problems and rows


def test_problems_name_each_page_that_was_not_read(job, site):
    report = crawler.run(job)
    for found in (report, crawler.status(job)):
        (problem,) = found.problems()
        assert isinstance(problem, crawler.Problem)
        assert (problem.state, problem.code, problem.url) == ("failed", "http-404", f"{site.origin}/{ITEMS}")
        assert (problem.found_on, problem.attempts) == (f"{site.origin}/", 1)
        assert problem.detail == "X"  # the reason phrase of the server
    left = stopped(job, "enough")
    assert sum(problem.state == "left" for problem in left.problems()) == left.pages["left"]


def test_flat_rows_have_money_as_a_number_and_a_currency(job):
    report = crawler.run(job)
    first, second = list(report.rows("items", flat=True))[:2]
    assert first == {"title": "Item 0", "price": None, "price_currency": None, "size": 0.25}
    assert second == {"title": "Item 1", "price": 1.5, "price_currency": "£", "size": 1.25}
    assert type(second["price"]) is type(second["size"]) is float
    assert list(report.rows("items"))[1]["price"] == crawler.Money(Decimal("1.50"), "£")
    with pytest.raises(KeyError):
        next(report.rows("nothing", flat=True))


# ---- in a notebook, whose thread runs an event loop


@pytest.mark.parametrize("strategy", [name for name in USABLE if entry(name).driven and not entry(name).processes])
def test_a_run_inside_of_a_running_event_loop(job, strategy):
    async def cell():
        return crawler.run(crawler.load(job.source.config, overrides=[f"fetch.strategy={strategy}"]), fresh=True)

    report = asyncio.run(cell())
    assert (report.ending, report.records) == ("finished", {"items": ITEMS, "makers": 2})


def test_a_function_that_hangs_ends_nothing_inside_of_a_running_event_loop(site, tmp_path):
    """A hook alone puts the strategy into a thread of its own; so does the loop, and both go together."""
    (tmp_path / "hook.py").write_text("def page(soup, url):\n    return {'records': [{'title': soup.h1.get_text()}]}\n")
    (tmp_path / "job.yaml").write_text(
        f"name: job\nstart: {site.origin}/3\n"
        "pages: {item: {table: items, fields: {title: {}}, python: 'hook:page'}}\n"
        "fetch: {strategy: asyncio}\npolite: {delay: 0, robots: false}\noutput: out.jsonl\n"
    )

    async def cell():
        return list(crawler.run(crawler.load(tmp_path / "job.yaml")).rows("items"))

    assert asyncio.run(cell()) == [{"title": "Item 3"}]


# ---- scripts that start worker processes

UNGUARDED = """
import crawler
print("imported")
job = crawler.load("shop.yaml", overrides=["fetch.strategy=STRATEGY", "fetch.parse=PARSE"])
CALL
"""
WITH_PROCESSES = [(name, "worker") for name in USABLE if entry(name).processes] + [("threads", "pool")]


def run_script(folder, strategy, parse, call):
    text = UNGUARDED.replace("STRATEGY", strategy).replace("PARSE", parse).replace("CALL", call)
    (folder / "script.py").write_text(text)
    return subprocess.run(
        [sys.executable, "script.py"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(("strategy", "parse"), WITH_PROCESSES)
def test_an_unguarded_script_is_told_to_add_the_guard(job, tmp_path, strategy, parse):
    done = run_script(tmp_path, strategy, parse, "crawler.run(job)")
    assert (done.returncode, done.stdout) == (1, "imported\n")  # no process has imported it again
    *_, last = done.stderr.splitlines()
    assert last.startswith("crawler.errors.ConfigError: worker processes import script.py again")
    assert 'line 5; put what starts the crawl under `if __name__ == "__main__":`' in last
    assert done.stderr.count("Traceback") == 1


@pytest.mark.parametrize(
    ("strategy", "parse"),
    [
        pytest.param(*one, marks=[pytest.mark.long] * (one[0] not in ("queue-processes", "processes-threads")))
        for one in WITH_PROCESSES
    ],
)
def test_workers_of_a_script_that_looks_guarded_crawl_nothing(job, tmp_path, strategy, parse):
    done = run_script(tmp_path, strategy, parse, "if job: crawler.run(job)")
    assert "Traceback" not in done.stderr
    lines = set(done.stderr.splitlines())
    assert len(lines) == 1
    assert "a worker process was about to start the crawl again; put what starts" in lines.pop()
    assert crawler.status(job).records["items"] == 0


@pytest.mark.parametrize(
    "call",
    [
        "if __name__ == '__main__': print(crawler.run(job).records)",
        "from threading import Thread\nif __name__ == '__main__':\n"
        "    it = Thread(target=lambda: print(crawler.run(job).records)); it.start(); it.join()",
    ],
)
def test_guarded_scripts_run(job, tmp_path, call):
    done = run_script(tmp_path, "processes-threads", "worker", call)
    assert "{'items': 12, 'makers': 2}" in done.stdout, done.stderr


# ---- logging


def test_a_run_logs_its_start_its_end_and_what_went_wrong(job, site, caplog):
    job = crawler.load(job.source.config, overrides=["fetch.retries=1"])
    with caplog.at_level("DEBUG", logger="crawler"):
        crawler.run(job)
    said = [(one.levelname, one.getMessage()) for one in caplog.records if one.name == "crawler"]
    assert said == [
        ("INFO", "shop: run started, threads with 2 workers"),
        ("WARNING", f"failed {site.origin}/{ITEMS}: http-404 X"),
        (
            "INFO",
            "shop: run ended, finished: nothing is left; pages: 13 done, 1 failed; rows: 12 items, 2 makers",
        ),
    ]


def test_retries_are_logged_without_secrets(tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("TOKEN", "hunter2")

    def refused(seen):
        return 503, {}, f"you sent {seen.path}"

    with api(refused) as server:
        (tmp_path / "job.yaml").write_text(
            f"name: job\nstart: {server.origin}/a\n"
            "pages: {item: {request: {query: {key: '${TOKEN}'}}, table: items, fields: {title: h1}}}\n"
            "fetch: {retries: 1, headers: {X-Key: '${TOKEN}'}}\npolite: {delay: 0, robots: false}\noutput: out.jsonl\n"
        )
        with caplog.at_level("DEBUG", logger="crawler"):
            report = crawler.run(crawler.load(tmp_path / "job.yaml"))
    assert any("hunter2" in seen.path for seen in server.requests)
    text = caplog.text
    assert f"will retry {server.origin}/a" in text
    assert "http-503 X" in text
    assert "hunter2" not in text
    assert report.pages["done"] == 0


def test_a_handler_that_fails_ends_no_crawl(job, capsys):
    class Broken(logging.Handler):
        def emit(self, record):
            raise RuntimeError("no more paper")

    broken, logger = Broken(), logging.getLogger("crawler")
    logger.addHandler(broken)
    try:
        assert crawler.run(job).ending == "finished"
    finally:
        logger.removeHandler(broken)
    assert "no more paper" in capsys.readouterr().err


def test_a_program_without_logging_hears_nothing(job, tmp_path):
    script = "import crawler; crawler.run(crawler.load('shop.yaml'))"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
