"""The run that does not count is traced, no other is, and a trace that cannot be read changes nothing."""

from pathlib import Path

import crawler
from crawler.compare import runner


def compared(monkeypatch, spoil=lambda trace: None):
    """What is found with `spoil` done to each trace, and which runs were traced, in order."""
    traced, launch = [], runner.launch

    def spied(module, task, *more):
        measured = launch(module, task, *more)
        if module.endswith("run_child"):
            traced.append(bool(task.trace))
        if task.trace:
            spoil(Path(task.trace))
        return measured

    monkeypatch.setattr(runner, "launch", spied)
    job = crawler.load("configs/demo.yaml")
    found = crawler.compare(
        job, strategies="threads", workers=4, baseline="threads", repeat=1, books=12, latency="100ms"
    )
    return found, traced


def test_only_the_run_that_does_not_count_is_traced(monkeypatch):
    found, traced = compared(monkeypatch)
    assert traced[0]
    assert not any(traced[1:])
    assert len(traced) > 1
    (one,) = found.ranked
    assert one.where.sentence.startswith("4 threads spent ")
    assert one.where.short.count(" %") == 2
    assert one.where.sentence.startswith(one.where.short)


def test_a_trace_that_cannot_be_read_is_no_fault_of_the_run(monkeypatch):
    def spoil(trace):
        trace.write_text(trace.read_text()[:500])

    found, _ = compared(monkeypatch, spoil)
    (one,) = found.ranked
    assert (one.verdict, one.where) == ("ranked", None)
    assert found.as_json()["combinations"][0]["where"] is None
