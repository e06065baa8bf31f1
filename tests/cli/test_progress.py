import pytest

from crawler.cli.progress import Progress, Rate, pace
from crawler.crawl.stats import Stats


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def bar(share, width):
    done = int(share * width)
    return "#" * done + "." * (width - done)


@pytest.fixture
def shown():
    """A job that has read 500 of 1,000 pages in ten seconds."""
    clock = Clock()
    progress = Progress("demo", clock=clock)
    clock.now += 10
    progress(Stats(left=500, done=490, failed=3, moved=5, skipped=2, records=480, in_flight=16))
    return progress


def test_the_whole_line(shown):
    assert shown.line() == (
        "demo: 490 pages read, 500 left, 3 failed, 2 skipped, 480 rows, 50 pages/s, about 10 s left"
    )


def test_it_fits_any_window(shown):
    for width in range(10, 140):
        line = shown.fitted(width, bar)
        assert line
        assert len(line) <= width


def test_failures_are_never_left_out(shown):
    for width in range(22, 140):
        assert "3 failed" in shown.fitted(width, bar)


def test_rate_and_time_left_are_shown_from_34_columns_on(shown):
    for width in range(34, 140):
        line = shown.fitted(width, bar)
        assert "50/s" in line or "50 pages/s" in line
        assert "10 s" in line


def test_the_wider_the_window_the_more_is_said(shown):
    assert shown.fitted(20, bar) == "490/990, 3 failed"
    assert shown.fitted(44, bar) == "490/990, 3 failed, 50/s, 10 s"
    assert shown.fitted(60, bar) == "demo  ######......  490/990, 3 failed, 50/s, 10 s"
    assert shown.fitted(70, bar) == "demo  ######......  490 read, 500 left, 3 failed, 50/s, 10 s left"
    assert shown.fitted(140, bar).startswith("demo  ############............  490 pages read, 500 left, 3 failed")


def test_no_time_left_is_promised_in_the_first_moments():
    clock = Clock()
    progress = Progress("demo", clock=clock)
    clock.now += 0.1
    progress(Stats(left=1000, done=3))
    assert "about" not in progress.line()


def test_before_the_first_page_and_at_the_end():
    clock = Clock()
    progress = Progress("demo", clock=clock)
    assert progress.line() == "demo: starting"
    clock.now += 60
    progress(Stats(left=0, done=10))
    assert progress.line() == "demo: 10 pages read, 0 left, 0 rows, 0.2 pages/s"


def test_stopping_is_shown_instead_of_a_time_left():
    progress = Progress("demo", stopping=lambda: True)
    progress(Stats(left=500, done=490, in_flight=16))
    assert progress.line() == "demo: stopping, 16 in flight, 500 left"
    assert progress.fitted(12, bar) == "stopping"


def test_the_rate_looks_back_over_the_last_seconds():
    clock = Clock()
    rate = Rate(clock)
    for second in range(1, 31):
        clock.now += 1
        pages_a_second = rate(10 * second if second <= 15 else 150 + 100 * (second - 15))
    assert 90 < pages_a_second <= 101


def test_pace():
    assert (pace(0.25), pace(9.94), pace(12.4), pace(12345)) == ("0.2", "9.9", "12", "12,345")
