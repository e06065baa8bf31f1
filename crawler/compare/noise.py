"""What else happened while a run was measured: other processes on the machine, and what the server counted."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Noise", "Served"]


@dataclass(frozen=True, slots=True)
class Noise:
    """What disturbed a run while it was crawling.

    Attributes:
        others: cores that other processes kept busy, on average.
        steal: share of a core that the host of this virtual machine gave to others.
    """

    others: float = 0.0
    steal: float = 0.0

    @property
    def is_bad(self) -> bool:
        """Whether the run cannot be compared with quiet ones."""
        return bool(self.why)

    @property
    def why(self) -> str:
        """What disturbed it, in words; "" where nothing did."""
        return ""


@dataclass(frozen=True, slots=True)
class Served:
    """What the server counted during a run: requests, and the most that it had at once."""

    requests: int
    most_at_once: int
