"""Ctrl-C and SIGTERM at every moment: a short message, the right exit code, no traceback, nothing left behind."""

import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest

import crawler
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.strategies.registry import missing
from tests.support.badserver import answer, serve
from tests.support.jobs import FIXED, ROOT, crawl, start, write_job
from tests.support.stopping import when_requests
from tests.support.terminal import on_terminal

# Sends itself a signal in the moment in which a module is first imported: the same moment in every run.
BOMB = """
import os, signal, sys
class Bomb:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.{number})
sys.meta_path.insert(0, Bomb())
from crawler.cli.main import main
sys.exit(main())
"""


def bombed(module, number, *arguments):
    return subprocess.run(
        [sys.executable, "-c", BOMB.format(module=module, number=number), *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **FIXED},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def job(tmp_path, shop):
    return write_job(tmp_path, shop)


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("crawler.cli.entry", ["--help"]),
        ("json.decoder", ["--help"]),
        ("click", ["--help"]),
        ("crawler.cli.run", ["run", "JOB"]),
        ("crawler.config.document", ["run", "JOB"]),
        ("ruamel.yaml", ["check", "JOB"]),
        ("crawler.cli.plan", ["check", "JOB"]),
        ("crawler.api", ["run", "JOB"]),
        ("crawler.extract.explain", ["try", "JOB", "/catalogue/page-1.html"]),
    ],
)
def test_fault_178_ctrl_c_while_a_module_is_imported_or_the_config_is_checked(job, module, arguments):
    done = bombed(module, "SIGINT", *(job if text == "JOB" else text for text in arguments))
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")
    assert [path.name for path in job.parent.iterdir()] == ["job.yaml"]


def test_fault_179_sigterm_while_the_config_is_checked(job):
    done = bombed("crawler.config.document", "SIGTERM", "run", job)
    assert (done.returncode, done.stdout, done.stderr) == (143, "", "terminated\n")


@pytest.mark.parametrize(
    ("number", "code", "said"), [("SIGINT", 130, "interrupted\n"), ("SIGTERM", 143, "terminated\n")]
)
def test_fault_178_during_an_export(job, number, code, said):
    assert crawler.run(crawler.load(job)).exit_code == 0
    before = {path: path.read_bytes() for path in (job.parent / "out").iterdir() if path.suffix == ".xlsx"}
    done = bombed("crawler.export.xlsx", number, "export", job)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", said)
    assert {path: path.read_bytes() for path in before} == before
    assert not list((job.parent / "out").glob(".*"))
    assert crawl("export", job).returncode == 0


def test_ctrl_c_while_a_finished_crawl_is_exported_lets_it_finish(job):
    done = bombed("crawler.export.xlsx", "SIGINT", "run", job)
    assert done.returncode == 0
    assert "stopping" in done.stderr
    assert (job.parent / "out" / "demo.xlsx").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_command_ends_at_a_signal(number):
    process = start("demo", "--port", "0")
    assert process.stdout.readline().startswith(b"http://127.0.0.1:")
    process.stderr.readline()
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert err in (b"interrupted\n", b"terminated\n")


# ---- in a crawl


@pytest.fixture(scope="module")
def slow_shop(tmp_path_factory):
    log = tmp_path_factory.mktemp("log") / "log.jsonl"
    with DemoServer(DemoOptions(books=150, latency=0.05, port=0, log=str(log))) as server:
        yield server.url, log


def until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def children(process):
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=20)
    return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


@pytest.mark.parametrize(
    ("number", "code", "strategy"),
    [
        (signal.SIGINT, 130, "threads"),
        (signal.SIGTERM, 143, "threads"),
        pytest.param(signal.SIGINT, 130, "processes", marks=pytest.mark.long),  # as in tests/test_stop.py
    ],
)
def test_fault_176_and_179_once_ends_in_good_order(slow_shop, tmp_path, number, code, strategy):
    url, log = slow_shop
    job = write_job(tmp_path, url, fetch={"strategy": strategy, "workers": 4})
    process = start("run", job)
    when_requests(log, 12, process)
    family = children(process)
    process.send_signal(number)
    out, err = (data.decode() for data in process.communicate(timeout=60))
    assert process.returncode == code, err
    assert "finishing requests in flight" in err
    assert "Traceback" not in err
    assert re.search(r"pages +\d+ read.* \d+ left", out)
    assert "resumes with the" in out
    assert gone(family)
    assert (tmp_path / "out" / "demo.xlsx").exists()
    again = crawl("run", job, "--set", "fetch.workers=64", "--set", "fetch.strategy=threads")
    assert again.returncode == 0
    assert "150 books" in again.stdout


@pytest.mark.parametrize("strategy", ["threads", "processes"])
def test_fault_177_twice_ends_at_once(tmp_path, strategy):
    """A page hangs, so that the first Ctrl-C has something to wait for."""

    def script(conn):
        while conn.request():
            path = conn.server.requests[-1].path
            if path != "/catalogue/page-1.html" and "robots" not in path:
                conn.wait(30)
            links = b"".join(b"<article class=book><h3><a href=/b%d>b</a></h3></article>" % n for n in range(8))
            conn.say(answer(links))

    with serve(script) as server:
        job = write_job(tmp_path, server.origin, fetch={"strategy": strategy, "workers": 4})
        process = start("run", job)
        until(lambda: len(server.requests) >= 5)
        family = children(process)
        process.send_signal(signal.SIGINT)
        line = process.stderr.readline()
        while not line.startswith(b"stopping"):
            line = process.stderr.readline()
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert time.monotonic() - began < 15  # the page hangs for 30
        assert process.returncode == 130
        assert err == b"stopped immediately; the next run resumes\n"
        assert gone(family)
    assert crawl("status", job).returncode == 0


def test_quiet_is_quiet_about_a_first_ctrl_c_but_not_about_what_is_left(slow_shop, tmp_path):
    url, log = slow_shop
    process = start("run", write_job(tmp_path, url, fetch={"workers": 4}), "--quiet")
    when_requests(log, 12, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert err.startswith(b"demo: interrupted by Ctrl-C")


def test_ctrl_c_on_a_terminal_with_a_demo_site_of_its_own(tmp_path):
    """The key goes to the whole group of processes; the site must outlive the crawl, and then end."""
    job = tmp_path / "own.yaml"
    text = (ROOT / "configs" / "demo.yaml").read_text().replace("  books: 60 ", "  port: 0\n  books: 400 ")
    job.write_text(text.replace("latency: 0 ", "latency: 100ms ").replace("../output/demo.xlsx", "out/demo.csv"))
    family = []

    def act(seen, process):
        if not re.search(rb"[1-9]\d+ (pages )?read", seen):
            return False
        family.extend(children(process))
        os.killpg(process.pid, signal.SIGINT)
        return True

    shown = on_terminal("run", job, act=act)
    assert shown.code == 130, shown.text
    assert family
    assert gone(family)
    assert "finishing requests in flight" in shown.text
    assert "demo: interrupted by Ctrl-C" in shown.text
    assert "Traceback" not in shown.text
    assert "refused" not in shown.text
    assert b"\x1b[?25l" not in shown.raw  # the cursor is never hidden


IGNORING = """
import os, signal, sys
signal.signal(int(sys.argv[1]), signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, "-m", "crawler", *sys.argv[2:]])
"""


def ignoring(number, *arguments):
    """The program, started with a signal that is ignored: nohup does so with SIGHUP, `&` in a script with SIGINT."""
    command = [sys.executable, "-c", IGNORING, str(int(number)), *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **FIXED}, stderr=subprocess.PIPE)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_a_signal_that_was_ignored_at_the_start_stays_so(slow_shop, tmp_path, number):
    url, log = slow_shop
    process = ignoring(number, "run", write_job(tmp_path, url, limits={"pages": 30}), "--quiet")
    when_requests(log, 3, process)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, b"")


@pytest.mark.parametrize("strategy", ["threads", "processes", "asyncio"])
def test_sigterm_is_heard_where_ctrl_c_is_ignored(slow_shop, tmp_path, strategy):
    if what := missing(strategy):
        pytest.skip(what)
    url, log = slow_shop
    job = write_job(tmp_path, url, fetch={"strategy": strategy, "workers": 4})
    process = ignoring(signal.SIGINT, "run", job, "--quiet")
    when_requests(log, 12, process)
    family = children(process)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143, err
    assert gone(family)
