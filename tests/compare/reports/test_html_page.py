"""report.html: the verdict first, what is wrong before the figures, and readable on a phone."""

import re
import shutil
import subprocess
from dataclasses import replace
from html import escape, unescape

import pytest

from crawler.compare.outcome import Where
from crawler.compare.records import Difference
from crawler.compare.reports.html_page import as_page
from crawler.compare.reports.markdown import as_markdown
from tests.compare.test_outcome import FAST, NEAR, RUN, SLOW, comparison, entrant

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
LOOK = """
const page = document.getElementById("page").contentDocument, found = [], width = page.documentElement.clientWidth;
if (page.documentElement.scrollWidth > width) found.push("the page scrolls");
for (const text of page.querySelectorAll("text, td, th, p, li, span, code, b")) {
  const box = text.getBoundingClientRect();
  if (!box.width) continue;
  const scale = text.ownerSVGElement ? text.getScreenCTM().a : 1;
  const size = scale * parseFloat(page.defaultView.getComputedStyle(text).fontSize);
  if (size < 11) found.push(size + " px: " + text.textContent);
  if (!text.closest(".wide") && (box.left < 0 || box.right > width)) found.push("outside: " + text.textContent);
}
document.body.dataset.found = JSON.stringify({ width, found });
"""


def shown(page):
    """The text of a page, tags and style left out."""
    return unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<style>.*?</style>|<title>.*?</title>", "", page, flags=re.S)))


@pytest.fixture(scope="module")
def wrong():
    one = entrant("asyncio", [0.1] * 5)
    one.verdict, one.why, one.difference = "wrong", "it lacks 3 rows", Difference(1, example="missing: Book 7")
    return one


def test_the_verdict_is_first_then_what_is_wrong_with_its_cause(wrong):
    found = comparison(SLOW, FAST, wrong)
    text = shown(as_page(found))
    order = [text.index(part) for part in ("threads/4", "asyncio/4 is wrong: it lacks 3 rows.", "Times the best")]
    assert order == sorted(order)
    assert "missing: Book 7" in text


def test_what_is_wrong_has_no_figures(wrong):
    page = as_page(comparison(SLOW, FAST, wrong))
    assert page.count("asyncio/4") == 1
    assert "<th>threads/4</th>" in page


def test_each_quantity_has_its_verdict_with_an_interval():
    text = " ".join(shown(as_page(comparison(SLOW, FAST, NEAR))).split())
    assert "combination crawl whole run with its start CPU a page" in text
    assert re.search(r"serial/1 2\.\d\d \(\d\.\d\d to \d\.\d\d\)", text)


def test_runs_that_were_set_aside_are_hollow_and_explained():
    one = entrant("threads", [1.0, 1.1, 1.2])
    assert "set aside" not in as_page(comparison(one))
    one.set_aside = [replace(RUN, crawl=3.0)]
    page = as_page(comparison(one))
    assert "hollow: set aside, since the machine was busy" in page
    assert page.count('class="mark hollow"') == 6  # speed, CPU and memory, each in two widths


def test_an_outlier_has_a_ring_and_is_explained():
    one = entrant("threads", [1.0, 1.1, 1.2])
    assert "outlier" not in shown(as_page(comparison(one)))
    one.runs[1] = replace(one.runs[1], outlier=1.5)
    page = as_page(comparison(one))
    assert page.count("; ringed: an outlier, which counts") == 3
    assert page.count('class="ring"') == page.count('class="mark outlier"') == 6  # three plots in two widths
    assert page.count('class="mark run"') == 12


def test_what_the_workers_did_is_drawn_and_said():
    one = entrant("threads", [1.0, 1.1])
    assert "What the workers did" not in shown(as_page(comparison(one)))
    drawn = '<p>4 threads spent all of their time fetching</p><svg viewBox="0 0 9 9"/>'
    one.where = Where({"fetch": 1.0}, "4 threads spent all of their time fetching", "", drawn)
    page = as_page(comparison(one))
    assert drawn in page
    assert shown(page).count("4 threads spent all of their time fetching") == 1


def test_intervals_are_spoken_of_only_where_there_are_any():
    two = entrant("threads", [1.0, 1.8]), entrant("queue", [1.9, 1.1])
    for one in two:
        one.runs = [replace(run, wall=2 * run.crawl, cpu=3 * run.crawl) for run in one.runs]
    few = comparison(*two)
    for make in (as_page, as_markdown):
        assert "95 % interval" not in make(few)
        assert "with 95 %" not in make(few)
        assert "ith 95 % confidence intervals" in make(comparison(SLOW, FAST))


def test_the_whole_run_is_the_same_figure_in_the_plot_and_in_the_table():
    """A crawl of 1.5 s and a start of 0.5 s that were never of one run."""
    one = entrant("threads", [1.5] * 3)
    one.runs = [replace(run, wall=2.11) for run in one.runs]
    page = as_page(comparison(SLOW, one))
    assert page.count(">2.11</text>") == 2  # in two widths
    assert '<td data-name="whole run s">2.11</td>' in page


def test_no_mean_is_left():
    assert "mean" not in re.findall(r"\w+", shown(as_page(comparison(SLOW, FAST, NEAR))).replace("means", ""))


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize("width", [390, 1200])
def test_everything_can_be_read_without_scrolling_the_page(width, tmp_path, wrong):
    """In a frame as wide as a phone: a window of Chromium is never narrower than 500 pixels."""
    long = entrant("processes-asyncio", [0.5, 0.51, 0.52], 128, "callback")
    other = entrant("processes-asyncio", [0.6, 0.61, 0.62], 16, "worker")
    page = as_page(comparison(SLOW, FAST, NEAR, long, other, wrong, notes=["A note."]))
    frame = f'<iframe id="page" style="width: {width}px; height: 900px; border: 0" srcdoc="{escape(page)}"></iframe>'
    file = tmp_path / "frame.html"
    file.write_text(f"{frame}<script>onload = () => {{ {LOOK} }}</script>", encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-background-networking", f"--user-data-dir={tmp_path / 'profile'}"]
    command = [CHROMIUM, *flags, "--window-size=1400,1000", "--dump-dom", file.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found = re.search(r'data-found="([^"]*)"', done.stdout)
    assert found is not None, done.stderr
    measured = unescape(found[1])
    assert f'"width":{width}' in measured or f'"width":{width - 15}' in measured  # without and with a scroll bar
    assert '"found":[]' in measured, measured
