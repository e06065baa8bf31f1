"""The run that does not count is traced, no other is, and a trace that cannot be read changes nothing."""

from pathlib import Path

import crawler
from crawler.compare import runner


def test_only_the_run_that_does_not_count_is_traced_and_what_cannot_be_read_of_it_is_no_fault(monkeypatch):
    traced, launch = [], runner.launch

    def spied(module, task, *more):
        measured = launch(module, task, *more)
        if module.endswith("run_child"):
            traced.append(bool(task.trace))
        if task.trace:
            trace = Path(task.trace)
            trace.write_text(trace.read_text()[:500])
        return measured

    monkeypatch.setattr(runner, "launch", spied)
    monkeypatch.setattr("crawler.compare.noise.MAX_SHARE", 99.0)  # no round is repeated, however busy this machine is
    job = crawler.load("configs/demo.yaml")
    more = {"repeat": 1, "budget": "1s", "books": 12, "latency": "150ms"}
    found = crawler.compare(job, strategies="threads", workers=4, baseline="threads", **more)
    assert traced == [True, False]
    (one,) = found.ranked
    assert (one.verdict, one.where) == ("ranked", None)
    assert found.as_json()["combinations"][0]["where"] is None
