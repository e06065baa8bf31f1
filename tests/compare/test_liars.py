"""Strategies of another package that do not do what they say: each is named as what it is, and none is ranked."""

import json

import pytest

from tests.support.jobs import crawl
from tests.support.plugin import install

LIARS = {
    "narrow": ("wrong", "it ignores its width: the server never had more than 1 request at once, with 4 workers"),
    "half": ("wrong", "it ignores its width: the server never had more than 2 requests at once, with 4 workers"),
    "wide": ("wrong", "it ignores its width: the server had 8 of its requests at once, with 4 workers"),
    "asks-twice": ("wrong", "it asks more often than it says: the server counted "),
    "drops": ("wrong", "its records are not the baseline's: 2 missing (books 2)"),
    "doubles": ("wrong", "it handed in 2 records twice, which only their key kept out of the rows"),
    "swaps": ("wrong", "its records are not the baseline's: 2 swapped with those of other pages"),
    "reorders": ("wrong", " in another order"),
    "raises": ("wrong", "2 pages ended as internal (ValueError: I do not like this page)"),
    "dies": ("wrong", "1 page ended as internal (RuntimeError: no page is good enough)"),
    "leaves-process": ("wrong", "it left processes behind that had to be killed: python"),
    "exits": ("failed", "its process ended before its crawl did, with exit code 0: SystemExit: 0"),
    "crashes-at-exit": ("failed", "after its crawl: killed by signal 11"),
    "hangs-at-exit": ("failed", "hung after its crawl: its process did not end within 1 min and was stopped"),
    "hangs": ("failed", "hung: it took longer than 1 min and was stopped"),
}


def class_of(name):
    return "tests.support.liars:" + name.title().replace("-", "")


def compared(folder, names, *options):
    """What a comparison of strategies of another package finds, each by its name, and the whole of it."""
    folder.mkdir()
    package = install(folder, {"crawler.strategies": {name: class_of(name) for name in names}})
    arguments = [
        "--strategies",
        ",".join(["threads", *names]),
        "--workers",
        "4",
        "--parse",
        "worker",
        "--repeat",
        "1",
        "--books",
        "60",
    ]
    done = crawl(
        "compare", "configs/demo.yaml", *arguments, *options, "--out", folder / "out",
        env={"PYTHONPATH": str(package)}, timeout=900,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    found = json.loads((folder / "out" / "results.json").read_text())
    return {one["strategy"]: one for one in found["combinations"]}, found


@pytest.mark.long  # one of them is in test_compare.py
def test_each_is_named_as_what_it_is_and_none_is_ranked(tmp_path):
    each, found = compared(tmp_path / "all", LIARS, "--latency", "100ms")
    for name, (verdict, why) in LIARS.items():
        assert (name, each[name]["verdict"]) == (name, verdict), each[name]["why"]
        assert why in each[name]["why"]
    assert each["threads"]["verdict"] == "ranked"
    assert found["verdict"][0] == "Only threads/4/worker can be ranked."
