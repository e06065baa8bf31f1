from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from crawler.cli.advice import for_speed
from crawler.cli.show import end_summary
from crawler.config import load
from crawler.runner.protect import Doubt
from crawler.runner.report import LastGood, Report, Timing
from crawler.store.counts import Figures

PAGES = {"done": 90, "moved": 1, "failed": 1, "skipped": 2, "left": 0}


@pytest.fixture
def report(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    return Report(
        job=load("configs/demo.yaml"), name="demo", ending="finished", started=datetime(2026, 1, 2),
        timing=Timing(0.5, 2.0, 0.5),
        strategy="threads", workers=16, parse="callback", pages=PAGES, causes={"http-404": 1, "robots": 2},
        records={"books": 60, "authors": 20}, requests=94, retries=3, bytes=1_234_567, allowed=0.05,
        files=(Path("/somewhere/demo.xlsx"),),
    )  # fmt: skip


def test_a_complete_run(report):
    assert end_summary(report, "demo.yaml").splitlines() == [
        "demo: complete",
        "  pages       90 read, 1 redirected, 1 failed, 2 skipped",
        "  rows        60 books, 20 authors",
        "  why         1 http-404, 2 robots",
        "  time        3 s: 94 requests, 3 retries, 47/s, 1.2 MB (threads, 16 at once)",
        "  file        /somewhere/demo.xlsx",
        "  next        the sheet Problems lists each page that failed and the page that links to it",
    ]


def test_without_a_workbook_the_failed_pages_can_still_be_seen(report):
    text = end_summary(replace(report, files=(Path("/somewhere/demo.csv"),)), "demo.yaml")
    assert "crawler export demo.yaml problems.xlsx" in text


@pytest.mark.parametrize("ending", ["interrupted", "terminated", "time", "left"])
def test_what_is_left_names_the_command_that_goes_on(report, ending):
    text = end_summary(replace(report, ending=ending, pages={**PAGES, "left": 7}), "demo.yaml")
    assert "7 left" in text
    assert "next        crawler run demo.yaml resumes with the 7 remaining pages; with --fresh it starts over" in text


def test_a_partial_file_is_explained(report):
    files = (Path("/somewhere/demo.partial.xlsx"),)
    text = end_summary(replace(report, ending="time", pages={**PAGES, "left": 7}, files=files), "demo.yaml")
    assert "the rows so far are in the .partial file" in " ".join(text.split())


def test_too_many_failures(report):
    text = end_summary(replace(report, pages={"done": 80, "failed": 20}), "demo.yaml")
    assert text.startswith("demo: finished, but 20.0% of the pages failed; limits.failures allows 5.0%\n")


def test_no_record_names_the_command_that_shows_why(report):
    text = end_summary(replace(report, records={"books": 0}), "demo.yaml")
    assert text.startswith("demo: finished, but no rows were found\n")
    assert "crawler try demo.yaml URL" in text


def test_a_file_that_could_not_be_written(report):
    text = end_summary(replace(report, files=(), unwritten={"/x.xlsx": "/x.xlsx: no space left"}), "demo.yaml")
    assert text.startswith("demo: a file could not be written; the rows are safe in the state file\n")
    assert "not written /x.xlsx: no space left" in text
    assert "then: crawler export demo.yaml" in text


def test_resumed_and_changed(report):
    assert "this run continued an unfinished crawl" in end_summary(replace(report, resumed=True), "demo.yaml")
    assert "the config changed since the unfinished crawl" in end_summary(replace(report, changed=True), "demo.yaml")


def test_hosts_that_were_left_alone(report):
    text = end_summary(replace(report, closed_hosts={"shop.example": "kept failing (refused)"}), "demo.yaml")
    assert "suspended   shop.example: kept failing (refused)" in text


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_lines_are_wrapped_below_their_text(report, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = end_summary(replace(report, ending="time", pages={**PAGES, "left": 7}), "demo.yaml").splitlines()
    assert max(map(len, lines[1:])) <= columns
    assert any(line.startswith(" " * 14) for line in lines)


@pytest.mark.parametrize(
    ("strategy", "cores", "crawl", "analysis", "says"),
    [
        ("threads", 2, 20.0, 16.0, "--strategy auto is faster: parsing took 80% of one core, and auto can use all 2"),
        ("curl", 8, 20.0, 23.0, "--strategy auto is faster: parsing took 100% of one core, and auto can use all 8"),
        ("auto", 2, 20.0, 16.0, ""),  # it would have gone on in processes, were it worth it
        ("threads", 1, 20.0, 16.0, ""),
        ("threads", 2, 20.0, 10.0, ""),  # waiting for the site is what it did
        ("threads", 2, 2.0, 1.9, ""),  # processes would be there when all is done
        ("processes", 2, 20.0, 0.0, ""),
    ],
)
def test_what_would_be_faster_is_said_where_it_is_worth_it(report, strategy, cores, crawl, analysis, says):
    one = replace(report, strategy=strategy, timing=Timing(0.5, crawl, 0.5), analysis=analysis)
    assert for_speed(one, cores) == says
    assert ("faster      --strategy auto" in end_summary(one, "demo.yaml", for_speed(one, cores))) == bool(says)


BLANK = Doubt("blank", "books", "price", "blank in all 60 rows", since="http://h/1?a=1&b=2")


def test_the_files_of_a_first_suspect_crawl_are_written_and_can_be_made_the_good_ones(report):
    text = " ".join(end_summary(replace(report, verdict="suspect", doubts=(BLANK,)), "demo.yaml").split())
    assert text.startswith("demo: suspect; its files were written, because there is no good crawl yet")
    assert "publish" not in text
    assert "next if the rows are right: crawler accept demo.yaml lets later crawls be compared with this one" in text
    assert "crawler try demo.yaml 'http://h/1?a=1&b=2' shows what the rules find" in text
    assert "write: protect: {allow_blank: [books.price]}" in text


def test_what_is_blank_only_now_is_not_to_be_allowed(report):
    last = LastGood(0.0, Figures({}, {}))
    untouched = (Path("/somewhere/demo.xlsx"),)
    suspect = replace(report, verdict="suspect", doubts=(BLANK,), last=last, untouched=untouched)
    text = " ".join(end_summary(suspect, "demo.yaml").split())
    assert text.startswith("demo: suspect, so its files were not published")
    assert "to publish it anyway: crawler accept demo.yaml" in text
    assert "allow_blank" not in text
