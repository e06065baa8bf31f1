from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from crawler.cli.main import main
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer


class Done(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def shop() -> Iterator[str]:
    """URL of a small demo shop that all tests of this room share."""
    with DemoServer(DemoOptions(books=30, port=0)) as server:
        yield server.url


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Call a command in this process."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "110")

    def call(*arguments: object) -> Done:
        code = main([str(argument) for argument in arguments])
        return Done(code, *capsys.readouterr())

    return call
