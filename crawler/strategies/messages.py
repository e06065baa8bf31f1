"""Messages between two processes over a socket. Neither side ever blocks, however much is in flight.

A message is any value that can be pickled: the length of its bytes, then the bytes. What the socket does not take now
is kept and sent later, and what has come is kept until the message is whole.
"""

from __future__ import annotations

import pickle
import socket
from struct import Struct
from typing import Any

__all__ = ["Messages"]

HEAD = Struct("!Q")
PIECE = 1 << 18  # bytes that are read at a time


class Messages:
    """One end of the line; not for several threads at once."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._socket.setblocking(False)
        self._unread = bytearray()
        self._unsent = bytearray()

    def fileno(self) -> int:
        """The number of the socket, for whoever waits for it."""
        return self._socket.fileno()

    @property
    def unsent(self) -> bool:
        """Whether something is left to be sent: call `flush` when the socket can be written to."""
        return bool(self._unsent)

    def send(self, message: Any) -> None:
        """Send a message, or as much of it as the socket takes now.

        Raises:
            OSError: the other end is gone.
        """
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        self._unsent += HEAD.pack(len(data))
        self._unsent += data
        self.flush()

    def flush(self) -> None:
        """Send what is left, as far as the socket takes it.

        Raises:
            OSError: the other end is gone.
        """
        while self._unsent:
            try:
                sent = self._socket.send(self._unsent)
            except BlockingIOError:
                return
            del self._unsent[:sent]

    def receive(self) -> list[Any]:
        """The messages that have come whole by now, perhaps none.

        Raises:
            EOFError, OSError: the other end is gone.
        """
        try:
            data = self._socket.recv(PIECE)
        except BlockingIOError:
            return []
        if not data:
            raise EOFError("the other end is gone")
        self._unread += data
        return self._whole()

    def close(self) -> None:
        """Close this end: the other one finds out."""
        self._socket.close()

    def _whole(self) -> list[Any]:
        found, start = [], 0
        with memoryview(self._unread) as view:
            while len(view) - start >= HEAD.size:
                begin = start + HEAD.size
                end = begin + HEAD.unpack_from(view, start)[0]
                if end > len(view):
                    break
                found.append(pickle.loads(view[begin:end]))  # noqa: S301 - our own process wrote it
                start = end
        del self._unread[:start]
        return found
