from __future__ import annotations

from collections.abc import Iterator

import pytest

from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(DemoOptions(port=0)) as running:
        yield running
