"""Which answer a request gets: what a server must know of whatever it serves."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import NamedTuple

from crawler.serving.http import Answer, Ask, http_date, render

__all__ = ["Desk", "Ready"]


class Ready(NamedTuple):
    """An answer as bytes.

    Attributes:
        shaky: its first request is to fail.
        delay: seconds that it waits, for a desk whose answers wait differently.
    """

    status: int
    line: bytes
    headers: bytes
    body: bytes
    shaky: bool = False
    delay: float = 0.0


class Desk(ABC):
    """Answers requests. One thread only.

    Attributes:
        name: value of the header Server.
        waiting: answers that wait for their time now.
        most_waiting: the most that did so at once.
    """

    name = "crawler"

    def __init__(self) -> None:
        self.waiting = 0
        self.most_waiting = 0
        self._second = -1
        self._date = b""

    @abstractmethod
    def answer(self, ask: Ask) -> Ready:
        """The answer to a request, now that it arrives."""

    @abstractmethod
    def delay(self, ask: Ask, ready: Ready) -> float:
        """Seconds from the request to its answer."""

    def close(self) -> None:  # noqa: B027 - a desk without files has nothing to close
        """Give back what is open."""

    def wait(self) -> None:
        """One more answer waits for its time."""
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)

    def date(self) -> bytes:
        """The Date header, made once a second."""
        now = int(time.time())
        if now != self._second:
            self._second, self._date = now, http_date(now)
        return self._date

    def ready(self, answer: Answer, *, shaky: bool = False, delay: float = 0.0) -> Ready:
        """An answer as bytes."""
        return Ready(answer.status, *render(answer, self.name), shaky, delay)
