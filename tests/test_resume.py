"""What a second run does: begin anew, go on, notice another config; and the library that shows it."""

import pytest

import crawler
from crawler.crawl.inbox import Stopper
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from crawler.errors import ConfigError, StateError
from tests.support.jobs import crawl, fetched, log_lines, write_job
from tests.support.old_state import as_version


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    log = tmp_path_factory.mktemp("site") / "log.jsonl"
    with DemoServer(DemoOptions(books=60, port=0, log=str(log))) as server:
        yield server.url, log


class Requests:
    """How many requests the site had since the last look."""

    def __init__(self, log):
        self._log, self._seen = log, len(log.read_text().splitlines())

    def __call__(self):
        lines = log_lines(self._log, self._seen)
        self._seen += len(lines)
        return len(fetched(lines))


def stop_after(pages):
    stopper = Stopper()

    def observe(tally):
        if tally.done >= pages:
            stopper.stop("interrupted")

    return {"stopper": stopper, "observe": observe}


def test_after_a_finished_crawl_the_next_run_begins_anew(site, tmp_path):
    job, requests = crawler.load(write_job(tmp_path, site[0])), Requests(site[1])
    first = crawler.run(job)
    assert requests() == 89
    second = crawler.run(job)
    assert (requests(), second.resumed, second.records) == (89, False, first.records)


def test_a_stopped_crawl_is_gone_on_with(site, tmp_path):
    job, requests = crawler.load(write_job(tmp_path, site[0], fetch={"workers": 2})), Requests(site[1])
    first = crawler.run(job, **stop_after(20))
    assert (first.ending, first.exit_code) == ("interrupted", 130)
    assert first.pages["left"] > 0
    second = crawler.run(job)
    assert (second.resumed, second.records, second.exit_code) == (True, {"books": 60, "authors": 24}, 0)
    assert requests() == 89


def test_fresh_begins_anew(site, tmp_path):
    job, requests = crawler.load(write_job(tmp_path, site[0])), Requests(site[1])
    crawler.run(job, **stop_after(20))
    requests()
    assert crawler.run(job, fresh=True).resumed is False
    assert requests() == 89


def test_fault_171_other_rules_begin_anew_and_other_manners_do_not(site, tmp_path):
    path = write_job(tmp_path, site[0])
    crawler.run(crawler.load(path), **stop_after(20))
    polite = crawler.load(path, overrides=["fetch.workers=3", "polite.per_host=2", "limits.pages=500"])
    report = crawler.run(polite, **stop_after(5))
    assert (report.resumed, report.changed) == (True, False)
    rules = crawler.load(path, overrides=["pages.book.fields.title=h2"])
    report = crawler.run(rules)
    assert (report.resumed, report.changed) == (False, True)


def test_rows_come_as_plain_dicts_in_the_sites_order(site, tmp_path):
    report = crawler.run(crawler.load(write_job(tmp_path, site[0])))
    rows = list(report.rows("books"))
    assert len(rows) == 60
    assert list(rows[0])[:3] == ["title", "authors", "price"]
    assert rows[0]["price"].amount > 0
    with pytest.raises(KeyError):
        next(report.rows("nothing"))


def test_export_and_status_need_no_site(site, tmp_path):
    job = crawler.load(write_job(tmp_path, site[0]))
    with pytest.raises(StateError, match="run the job first"):
        crawler.status(job)
    crawler.run(job)
    requests = Requests(site[1])
    target = tmp_path / "again.csv"
    report = crawler.write_outputs(job, (target,))
    assert [path.name for path in report.files] == ["again.books.csv", "again.authors.csv"]
    assert crawler.status(job).pages["done"] == 87
    assert requests() == 0


def test_fault_146_an_output_that_cannot_be_written_is_found_before_fetching(site, tmp_path):
    path = write_job(tmp_path, site[0], output=["out/demo.xlsx", "job.yaml/books.csv"])
    requests = Requests(site[1])
    with pytest.raises(ConfigError, match=r"job\.yaml is not a directory"):
        crawler.run(crawler.load(path))
    assert requests() == 0


def test_fault_124_a_start_page_that_robots_txt_forbids_is_told(site, tmp_path):
    path = write_job(tmp_path, site[0], start=f"{site[0]}/staff/uncorrected-proof_0/index.html")
    requests = Requests(site[1])
    done = crawl("run", path)
    assert done.returncode == 3
    assert "1 robots" in done.stdout
    assert requests() == 0


def test_fault_107_the_page_limit_is_exact(site, tmp_path):
    requests = Requests(site[1])
    report = crawler.run(crawler.load(write_job(tmp_path, site[0]), overrides=["limits.pages=17"]))
    assert (requests(), report.ending, report.exit_code) == (17, "finished", 0)
    assert report.causes["limit"] > 0


@pytest.mark.parametrize("version", [1, 2])
def test_an_unfinished_crawl_of_an_older_version_is_gone_on_with(site, tmp_path, version):
    whole = crawler.run(crawler.load(write_job(tmp_path / "whole", site[0])))
    path, requests = write_job(tmp_path / "cut", site[0], fetch={"workers": 2}), Requests(site[1])
    job = crawler.load(path)
    assert crawler.run(job, **stop_after(20)).pages["left"] > 0
    as_version(job.state_path, version)
    second = crawler.run(job)
    assert (second.resumed, second.records, requests()) == (True, whole.records, 89)
    assert [*second.rows("books")] == [*whole.rows("books")]
