"""The server that plays a recording back, as a child process of whoever needs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from crawler.errors import ConfigError
from crawler.replay.desk import STATS_HOST, ReplayDesk
from crawler.serving.child import Child
from crawler.serving.server import HOST, listen
from crawler.serving.server import serve as serve_desk

__all__ = ["ReplayServer", "serve"]


class ReplayServer(Child):
    """Plays a recording back while the `with` block lasts, for `ClientSettings.connect_to`; see Child.

    Args:
        folder: of the recording.
        latency: seconds that every answer waits; None for as long as it took when it was recorded.
        scale: factor of the recorded waits.
        errors: failures that went away when a page was tried again come again, too.

    Raises:
        ConfigError: latency or scale is not a number of seconds, or a factor, of 0 or more.
    """

    def __init__(self, folder: Path, latency: float | None = None, scale: float = 1.0, *, errors: bool = False) -> None:
        for name, value in (("latency", latency or 0.0), ("scale", scale)):
            if not 0 <= value <= 3600:  # also refuses nan
                raise ConfigError(f"replay: {name} must be from 0 to 3600, not {value}")
        options = {"folder": str(folder.absolute()), "latency": latency, "scale": scale, "errors": errors}
        super().__init__("crawler.replay", options)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, while it runs."""
        return HOST, int(self.url.rpartition(":")[2])

    def stats(self) -> dict[str, Any]:
        """Requests so far, and how many of them, and which, were for URLs that were not recorded."""
        connection = HTTPConnection(*self.address, timeout=10)
        try:
            connection.request("GET", "/", headers={"Host": STATS_HOST})
            found: dict[str, Any] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return found


def serve(
    folder: str,
    latency: float | None,
    scale: float,
    errors: bool,
    *,
    ready: Callable[[str], None],
    parent: int | None,
) -> None:
    """What the child process does."""
    serve_desk(ReplayDesk(Path(folder), latency, scale, errors=errors), listen(0, "replay"), ready, parent=parent)
