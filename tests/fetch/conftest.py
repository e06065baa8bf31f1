"""A client with small limits, and a way to ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crawler.fetch.client import ClientSettings, Fetch
from crawler.model import Failure, Moved, Request, Response
from tests.support.clients import CLIENTS, make_client

Client = Callable[..., Fetch]

CURL = ("curl", "transfers")
OTHERS = (*CURL, "aiohttp")

DIFFERENT: dict[str, tuple[tuple[str, ...], str]] = {
    "test_fault_08_lengths_that_are_no_numbers": (CURL, "libcurl refuses such a length: bad-headers or too-large"),
    "test_fault_22_a_line_without_colon_hides_no_header": (CURL, "libcurl refuses the whole head: bad-headers"),
    "test_fault_25_control_bytes_in_headers": (CURL, "libcurl refuses CR and NUL in a header: bad-headers"),
    "test_fault_65_half_of_an_answer_behind_the_last_chunk": (
        CURL,
        "libcurl uses a connection again although more came on it behind the last chunk",
    ),
    "test_a_connection_that_came_too_late_serves_the_next_request": (
        CURL,
        "libcurl closes a connection when its callback says that it is too late to send",
    ),
    "test_fault_51_dns_rebinding": (CURL, "libcurl looks names up by itself: see test_curl.py"),
    "test_only_the_public_addresses_of_a_host_are_tried": (CURL, "as above"),
    "test_fault_61_the_first_address_is_dead": (CURL, "as above"),
    "test_fault_71_no_network": (CURL, "libcurl connects by itself, nothing of it can be replaced"),
    "test_responses_can_mock_it": (OTHERS, "responses knows requests only"),
    "test_an_error_nobody_thought_of_becomes_a_failure_without_its_text": (OTHERS, "as above"),
}
"""Where a client cannot agree with the client on requests, and why. Each is shown to be so: it must fail."""


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """Make clients; each may connect to loopback, gives up after 10 s, and is closed at the end."""
    clients, why = DIFFERENT.get(request.node.originalname, ((), ""))
    if request.param in clients:
        request.applymarker(pytest.mark.xfail(strict=True, reason=why))
    made: list[Fetch] = []

    def make(**changes: Any) -> Fetch:
        kept: dict[str, Any] = {
            "user_agent": "crawler/0 (+test)",
            "timeout": 10.0,  # what must come comes on a busy machine too
            "connect_timeout": 5.0,
            "page_bytes": 200_000,
            "private_hosts": frozenset({"127.0.0.1", "[::1]", "localhost"}),
        }
        made.append(make_client(request.param, ClientSettings(**kept | changes)))
        return made[-1]

    yield make
    for fetch in made:
        fetch.close()


@pytest.fixture
def get(client: Client) -> Callable[..., Response | Moved | Failure]:
    """Fetch one URL with a new client: get(url, timeout=1)."""

    def ask(url: str, **changes: Any) -> Response | Moved | Failure:
        return client(**changes)(Request(1, url, "page"))

    return ask
