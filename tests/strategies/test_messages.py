"""The line between two processes: whole messages only, and neither end ever waits for the other."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Iterator

import pytest

from crawler.strategies.messages import HEAD, Messages

LARGE = b"x" * 5_000_000  # much more than the buffers of a socket take


@pytest.fixture
def line() -> Iterator[tuple[Messages, Messages]]:
    ends = [Messages(sock) for sock in socket.socketpair()]
    yield ends[0], ends[1]
    for end in ends:
        end.close()


def test_full_in_both_directions_nobody_waits(line: tuple[Messages, Messages]) -> None:
    for end in line:
        end.send(LARGE)
        end.send("and more")
        assert end.unsent
    found: dict[Messages, list[object]] = {end: [] for end in line}
    while any(len(each) < 2 for each in found.values()):
        for end in line:
            end.flush()
            found[end] += end.receive()
    assert list(found.values()) == [[LARGE, "and more"]] * 2
    assert not any(end.unsent for end in line)


def test_a_message_is_received_when_it_is_whole_and_not_before() -> None:
    raw, ours = socket.socketpair()
    data = pickle.dumps([1, "two"])
    with raw:
        line = Messages(ours)
        assert line.receive() == []
        for byte in (HEAD.pack(len(data)) + data)[:-1]:
            raw.send(bytes([byte]))
            assert line.receive() == []
        raw.send(data[-1:] + 3 * (HEAD.pack(len(data)) + data))
        assert line.receive() == [[1, "two"]] * 4
        line.close()


def test_the_end_of_the_other_one_is_seen_by_whoever_reads_and_whoever_writes() -> None:
    ours, theirs = (Messages(sock) for sock in socket.socketpair())
    theirs.send("last word")
    theirs.close()
    assert ours.receive() == ["last word"]
    with pytest.raises(EOFError):
        ours.receive()
    with pytest.raises(BrokenPipeError):
        ours.send("anybody?")
    ours.close()
