"""What a trace says of its workers: shares that sum up, and waits that are called by what they are."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import crawler
from crawler.trace.read import STATES, Trace, Track, _merged, _without, read

TIMES = st.tuples(st.integers(0, 200), st.integers(0, 40)).map(lambda pair: (pair[0], sum(pair)))


def apart(spans):
    """As many of the spans as do not overlap, in order."""
    found = []
    for span in sorted(spans):
        if not found or span[0] >= found[-1][1]:
            found.append(span)
    return found


def moments(spans):
    return {at for span in spans for at in range(span[0], span[1])}


@given(st.lists(TIMES), st.lists(TIMES))
def test_what_is_left_of_times_are_the_moments_in_which_nothing_else_was_done(spans, others):
    merged, busy = list(_merged(spans)), apart(others)
    assert moments(merged) == moments(spans)
    left = list(_without(iter(merged), busy))
    assert moments(left) == moments(spans) - moments(busy)
    assert sum(end - begin for begin, end in left) == len(moments(left))  # no moment twice


@given(st.lists(TIMES), st.lists(TIMES), st.integers(0, 100), st.integers(0, 100))
def test_shares_sum_up_to_the_whole(fetches, parses, cpu, waited):
    track = Track((1, 1), "fetch_0", 7)
    track.fetches = fetches
    for begin, end in apart(parses):
        used = (end - begin) * cpu // 100
        track.parses.append((begin, end, used, (end - begin - used) * waited // 100))
    trace = Trace({"workers": 1}, [track], [])
    assert trace.shares.keys() == STATES.keys()
    assert all(-1e-9 <= share <= 1 + 1e-9 for share in trace.shares.values())
    if trace.window[0] < trace.window[1]:
        assert sum(trace.shares.values()) == pytest.approx(1)


def parsed(cpu, without_core, *, crowded):
    track = Track((1, 1), "fetch_0", 7, crowded=crowded)
    track.parses = [(0, 100, cpu, without_core)]
    return {state: share for state, share in Trace({"workers": 1}, [track], []).shares.items() if share}


def test_pages_of_which_the_system_was_not_asked_waited_as_the_others():
    track = Track((1, 1), "fetch_0", 7, crowded=True)
    track.parses = [(0, 100, 20, 20), (100, 200, 0, None), (200, 300, 100, None)]
    assert track.spent() == {"parse": 120, "core": 20 + 25, "lock": 60 + 75, "fetch": 0, "commit": 0}
    assert [each.shares["core"] for each in track.slices] == [0.2, 0.25, 0]


def test_a_wait_is_called_by_what_it_is_for():
    assert parsed(20, 30, crowded=True) == {"parse": 0.2, "core": 0.3, "lock": 0.5}
    assert parsed(20, 30, crowded=False) == {"parse": 0.2, "core": 0.3, "other": 0.5}
    assert parsed(20, None, crowded=True) == {"parse": 0.2, "lock": 0.8}
    assert parsed(20, None, crowded=False) == {"parse": 0.2, "core": 0.8}


def test_workers_that_live_for_one_request_share_rows():
    tracks = [Track((1, 1), "main", 1)]
    for number in range(40):
        track = Track((1, 2 + number), "fetch", 2 + number)
        track.fetches = [(10 * (number // 2), 10 * (number // 2) + 8)]
        tracks.append(track)
    trace = Trace({"workers": 2}, tracks, [])
    assert [len(row) for row in trace.rows] == [20, 20]
    assert trace.sentence() == "2 threads spent 81 % of their time fetching, 19 % idle"


def heavy(folder, strategy):
    """The trace of a crawl whose pages take a twentieth of a second of pure Python each."""
    config = {
        "name": "heavy",
        "demo": {"books": 120},
        "start": "/catalogue/page-{1..6}.html?cpu=0.05",
        "pages": {
            "page": {
                "table": "pages",
                "fields": {"page": {"type": "text"}},
                "python": "crawler.compare.hooks:burn",
            }
        },
        "fetch": {"strategy": strategy, "workers": 3},
        "polite": {"robots": False, "delay": 0, "per_host": 64},
        "output": "out.jsonl",
    }
    folder.mkdir()
    (folder / "job.yaml").write_text(json.dumps(config))
    report = crawler.run(crawler.load(folder / "job.yaml"), trace=folder / "t.json")
    assert report.pages["done"] == 6
    return read(folder / "t.json")


def test_the_interpreter_lock_is_seen_under_threads_and_not_under_processes(tmp_path):
    threads = heavy(tmp_path / "threads", "threads")
    processes = heavy(tmp_path / "processes", "processes")
    assert threads.shares["lock"] > 0.05
    assert "waiting for the interpreter lock or in a python: function" in threads.sentence()
    assert processes.shares["lock"] == 0
    assert (threads.worker, processes.worker) == ("thread", "process")
