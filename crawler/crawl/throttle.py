"""How fast one host may be asked: the delay, the number of requests in flight, pauses, and suspension for this run."""

from __future__ import annotations

__all__ = ["HostThrottle"]


PATIENCE = 5  # failures in a row before the host as a whole is taken to be in trouble
MAX_STRIKES = PATIENCE + 7  # pauses of 1, 2, 4 ... 60 s: two minutes without one good answer
MAX_AT_FIRST = PATIENCE + 3  # of a host that did not answer once in this run: it may be down for good
MAX_PAUSE = 60.0
MAX_SLACK = 2.0


class HostThrottle:
    """The clock of one host. All times are `time.monotonic()` seconds.

    A request gets a time slot; a worker that comes later than `slack` after its start hands the request back. With
    slots `delay + 2 * slack` apart, two requests are never closer than `delay`, whatever held a worker up; the second
    slack is for the way from the worker to the server.
    """

    def __init__(self, delay: float, limit: int) -> None:
        self.delay, self.limit = delay, limit
        self.next_at = 0.0
        self.in_flight = 0
        self.strikes = 0
        self.answered = False  # in this run
        self.recoveries = 0
        self._struck_until = 0.0
        self._patience = 1.0

    @property
    def in_trouble(self) -> bool:
        """Whether the host as a whole fails, so that a failure says nothing of the page that was asked for."""
        return self.strikes >= PATIENCE

    @property
    def wants_witness(self) -> bool:
        """Whether to ask for a page that it has answered before; in turns with others, for that one may be gone."""
        return self.in_trouble and (self.strikes - PATIENCE) % 2 == 0

    @property
    def slack(self) -> float:
        """Seconds that a worker may be late."""
        return min(max(0.01, self.delay * 0.05) * self._patience, MAX_SLACK) if self.delay else float("inf")

    def late(self) -> None:
        """A worker came too late: more slack, or a host that is slow to connect to would never be asked."""
        self._patience = min(self._patience * 2, MAX_SLACK / 0.01)

    def ready(self, now: float) -> bool:
        """Whether a request may go out now."""
        return now >= self.next_at and self.in_flight < (1 if self.in_trouble else self.limit)

    def take(self, now: float) -> float:
        """Use a slot; returns the last moment at which the request may be sent."""
        self.in_flight += 1
        if not self.delay:
            return float("inf")
        self.next_at = now + self.delay + 2 * self.slack
        return now + self.slack

    def pause(self, now: float, seconds: float) -> None:
        """Ask nothing for so long."""
        self.next_at = max(self.next_at, now + seconds)

    def good(self) -> None:
        """The host answered."""
        self.recoveries += self.in_trouble
        self.strikes, self.answered = 0, True
        self._patience = max(1.0, self._patience * 0.9)

    def bad(self, now: float) -> bool:
        """The host failed; returns whether it is suspended for the rest of the run.

        Failures of requests that were in flight before the last pause say nothing new.
        """
        if now < self._struck_until:
            return False
        self.strikes += 1
        if self.in_trouble:
            self.pause(now, min(2.0 ** (self.strikes - PATIENCE), MAX_PAUSE))
            self._struck_until = self.next_at
        return self.strikes >= (MAX_STRIKES if self.answered else MAX_AT_FIRST)

    def doubt(self, now: float) -> None:
        """Take the host to be in trouble before its patience is over: nothing but its failures is known of late."""
        self.strikes = max(self.strikes, PATIENCE - 1)
        self.bad(now)
