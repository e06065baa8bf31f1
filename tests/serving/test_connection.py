from __future__ import annotations

import asyncio

import pytest

from crawler.demo.options import DemoOptions
from crawler.demo.server import DemoHandler
from crawler.demo.site import Site
from crawler.serving.server import IDLE, Connection


async def left_after(seconds: float, latency: float, sent: bytes) -> bytes | None:
    """What a client sees at its end when the server looks after its connections; None while still connected."""
    loop = asyncio.get_running_loop()
    everyone: set[Connection] = set()
    desk = DemoHandler(Site(DemoOptions(latency=latency)))
    async with await loop.create_server(lambda: Connection(desk, everyone), "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(sent)
        while not everyone or (latency and not desk.waiting):
            await asyncio.sleep(0)
        for connection in list(everyone):
            connection.close_if_idle(loop.time() + seconds)
        try:
            return await asyncio.wait_for(reader.read(), 0.2)
        except ConnectionResetError:
            return b""
        except TimeoutError:
            return None
        finally:
            writer.close()
            for connection in list(everyone):
                connection.close_if_idle(loop.time() + 9e9)


@pytest.mark.parametrize("sent", [b"", b"GET / HT"])
def test_a_client_that_sends_no_whole_request_is_cut_off(sent: bytes) -> None:
    assert asyncio.run(left_after(IDLE + 1, 0, sent)) == b""


def test_a_client_within_its_time_is_left_alone() -> None:
    assert asyncio.run(left_after(IDLE - 1, 0, b"")) is None


def test_a_client_whose_answer_waits_is_not_idle() -> None:
    request = b"GET /robots.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    seen = asyncio.run(left_after(IDLE + 1, 0.05, request))
    assert seen is not None
    assert seen.startswith(b"HTTP/1.1 200 OK\r\n")
