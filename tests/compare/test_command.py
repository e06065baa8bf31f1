"""What `compare` refuses before anything is run, and what it costs a real site."""

import pytest

from crawler.api import load
from crawler.cli.main import main
from crawler.compare.sample import cost
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from tests.support.jobs import crawl, write_job

LIVE = "start=http://site.example/catalogue/page-1.html"


@pytest.fixture
def call(capsys):
    def call(*arguments):
        code = main(["compare", *map(str, arguments)])
        return code, capsys.readouterr()

    return call


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--strategies", "thraeds"], "there is no 'thraeds'"),
        (["--workers", "many"], "--workers: expected numbers"),
        (["--workers", "0"], "--workers: expected numbers"),
        (["--parse", "nowhere"], "--parse: there is no 'nowhere'"),
        (["--latency", "soon"], "--latency: expected a duration"),
        (["--latency", "50ms..lots"], "--latency: expected a duration, got 'lots'; write 200ms"),
        (["--errors", "some"], "--errors: expected a share"),
        (["--page-weight", "heavy"], "--page-weight: expected a size"),
        (["--page-weight", "1GB"], "demo.page_weight: must be from 0 to 100,000,000"),
        (["--repeat", "0"], "--repeat"),
        (["--replay", "nowhere"], "nowhere: no recording"),
    ],
)
def test_wrong_options(call, arguments, message):
    code, said = call("configs/demo.yaml", *arguments)
    assert (code, said.out) == (2, "")
    assert message in said.err


def test_options_of_the_demo_site_for_another_one(call, tmp_path):
    job = write_job(tmp_path, "http://site.example")
    code, said = call(job, "--latency", "1s", "--page-weight", "1MB")
    assert code == 2
    assert "latency, page_weight: only for a job with a `demo:` section" in said.err


def test_options_of_the_demo_site_for_a_recording(call, tmp_path):
    job = write_job(tmp_path, "http://site.example")
    code, said = call(job, "--replay", tmp_path, "--books", "5", "--page-weight", "1MB")
    assert code == 2
    assert "books, page_weight: only for the demo site" in said.err
    code, said = call(job, "--replay", tmp_path, "--latency", "1s..2s")
    assert code == 2
    assert "latency: a recording waits as long as recorded, or one time for all answers" in said.err


def test_a_config_on_standard_input(call):
    code, said = call("-", "--repeat", "1")
    assert code == 2
    assert "give it a file, not -" in said.err


def test_a_real_site_is_not_asked_much_without_yes(call, tmp_path):
    job = write_job(tmp_path, "http://site.example", polite={"delay": 1})
    code, said = call(job, "--strategies", "threads", "--repeat", "2", "--set", "limits.pages=10000")
    assert (code, said.out) == (2, "")
    assert "4 runs x at most 10,000 pages (limits.pages) = at most 40,024 requests, one every 1 s" in said.err
    assert "--yes" in said.err


def test_what_cannot_be_written_is_told_before_the_runs(call, tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.compare.reports.workbook.find_spec", lambda name: None)
    job = write_job(tmp_path, "http://site.example", limits={"pages": None})
    first = call(job, "--strategies", "threads", "--repeat", "2")[1].err.splitlines()[0]
    assert first.startswith("report.xlsx needs XlsxWriter; install it with: ")
    assert first.endswith("[compare]'; the other reports are written")


def test_without_a_limit_of_pages_nobody_knows_how_much_a_real_site_is_asked(call, tmp_path):
    job = write_job(tmp_path, "http://site.example", limits={"pages": None})
    code, said = call(job, "--strategies", "threads", "--repeat", "2")
    assert (code, said.out) == (2, "")
    assert "4 runs x as many pages as the site has (no limits.pages is given)" in said.err
    assert "--yes" in said.err


def test_the_cost_is_known_from_an_earlier_crawl_whose_state_is_only_read(tmp_path):
    with DemoServer(DemoOptions(books=5, port=0)) as server:
        path = write_job(tmp_path, server.url)
        crawl("run", path, "--quiet")
    job = load(path)
    before = job.state_path.read_bytes()
    found = cost(job, 3)
    assert found.is_known
    assert 5 < found.pages < 30
    assert job.state_path.read_bytes() == before
