"""`crawler demo`: its options as a person writes them, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from crawler.cli.main import main
from tests.demo.raw import Wire

OPTIONS = "--port 0 --books 1 --latency 150ms..160ms --errors 100% --page-weight 30kB"
LOAD = "--capacity 1 --rate 2 --slows-beyond 1"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    command = [sys.executable, "-m", "crawler", "demo", *OPTIONS.split()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def test_the_shop_takes_no_more_than_it_can() -> None:
    command = [sys.executable, "-m", "crawler", "demo", "--port", "0", "--latency", "10ms", *LOAD.split()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        with Wire(process.stdout.readline().strip()) as wire:
            wire.send(wire.request("/") * 20)  # answered in their order, so all within a second or so
            assert 429 in {wire.read().status for _ in range(20)}
        process.terminate()


def test_the_shop_is_as_slow_as_faulty_and_as_heavy_as_asked_for(address: str) -> None:
    with Wire(address) as wire:
        start = time.monotonic()
        assert wire.get("/").status == 503
        assert time.monotonic() - start >= 0.15
        answer = wire.get("/")
    assert (answer.status, len(answer.body)) == (200, 30_000)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--latency", "soon", "--latency: expected a duration, got 'soon'; write 200ms (the same for all), 50ms.."),
        ("--latency", "2s..1s", "--latency: the end of the range is less than its start; write the shorter time first"),
        ("--errors", "some", "--errors: expected a share such as 5%"),
        ("--errors", "5", "--errors: must be 0% to 100%, got 5; write 5%"),
        ("--errors", "nan", "--errors: must be 0% to 100%, got nan"),
        ("--page-weight", "heavy", "--page-weight: expected a size such as 10MB"),
        ("--books", "0", "demo.books: must be from 1 to 1,000,000, not 0"),
    ],
)
def test_what_cannot_be_is_refused(capsys: pytest.CaptureFixture[str], option: str, value: str, message: str) -> None:
    assert main(["demo", option, value]) == 2
    assert message in capsys.readouterr().err
