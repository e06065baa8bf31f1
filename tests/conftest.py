"""The suite gives the same result whoever starts it: from any folder, a terminal, nohup, cron, any environment."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.jobs import ROOT
from tests.support.sites import VARIABLE

# A signal that is ignored stays so in every child process, and tests interrupt theirs. nohup ignores SIGHUP; a shell
# that is not interactive ignores SIGINT for what it starts with &. Now, for pytest is about to start its workers.
for number, usual in {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
    getattr(signal, "SIGHUP", signal.SIGTERM): signal.SIG_DFL,
}.items():
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)

# Tests start the program a thousand times: without files of bytecode, each start would compile all of it anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# How long an example takes says something of the machine, and nothing of the program.
settings.register_profile("crawler", deadline=None)
settings.load_profile("crawler")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of few tests first: theirs start programs and take long, and the last file keeps one worker busy alone."""
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: tests[item.path])


@pytest.fixture(scope="session", autouse=True)
def usual_surroundings() -> Iterator[None]:
    """Nothing that the user has set changes what the program prints or does."""
    own = [name for name in os.environ if name.startswith("CRAWLER_") and name != VARIABLE]
    with pytest.MonkeyPatch.context() as patch:
        for name in ("NO_COLOR", "FORCE_COLOR", *own):
            patch.delenv(name, raising=False)
        patch.setenv("COLUMNS", "400")  # no path of a temporary folder wraps a line
        patch.chdir(ROOT)
        yield
