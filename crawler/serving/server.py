"""A desk that answers on a port of this machine."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable

from crawler.errors import ConfigError
from crawler.serving.connection import Connection
from crawler.serving.desk import Desk

__all__ = ["HOST", "listen", "serve"]

HOST = "127.0.0.1"
OTHER_PORTS = 20
BACKLOG = 4096


def serve(desk: Desk, listener: socket.socket, ready: Callable[[str], None], *, parent: int | None = None) -> None:
    """Serve until the process ends or Ctrl-C raises KeyboardInterrupt.

    Args:
        desk: closed at the end.
        listener: see `listen`.
        ready: called with the URL of the server, as `http://127.0.0.1:8765`, once it takes requests.
        parent: process id of the owner: the process ends when its standard input ends or the owner is gone.
    """
    _allow_many_files()
    try:
        asyncio.run(_run(desk, listener, ready, parent))
    finally:
        desk.close()


def listen(port: int, name: str) -> socket.socket:
    """Take a port, or one of the next 20 where it is busy; 0 is any free one.

    Raises:
        ConfigError: no port is free; `name` is what the user calls the setting.
    """
    last = port if port == 0 else min(port + OTHER_PORTS, 65535)
    for candidate in range(port, last + 1):
        try:
            return socket.create_server((HOST, candidate), backlog=BACKLOG)
        except OSError:
            continue
    raise ConfigError(f"{name}: no free port from {port} to {last}; choose another one, or 0 for any")


def _allow_many_files() -> None:
    """A thousand connections need more than the usual 1,024 descriptors."""
    try:
        import resource
    except ImportError:  # not on Windows, which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < 65_536:
        most = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


async def _run(desk: Desk, listener: socket.socket, ready: Callable[[str], None], parent: int | None) -> None:
    loop = asyncio.get_running_loop()
    everyone: set[Connection] = set()
    async with await loop.create_server(lambda: Connection(desk, everyone), sock=listener, backlog=BACKLOG):
        ready(f"http://{HOST}:{listener.getsockname()[1]}")
        if parent is not None:
            threading.Thread(target=_end_with_input, daemon=True).start()
        while True:
            await asyncio.sleep(1)
            _look_after(everyone, loop.time(), parent)


def _look_after(everyone: set[Connection], now: float, parent: int | None) -> None:
    if parent is not None and os.name == "posix" and os.getppid() != parent:
        os._exit(0)  # a fork of the dead owner may still hold our standard input open
    for connection in list(everyone):
        connection.close_if_idle(now)


def _end_with_input() -> None:
    """The kernel closes the pipe when the owner dies, however it dies. Nothing is left to be flushed."""
    while os.read(0, 1024):
        pass
    os._exit(0)
