"""The demo site on a port of this machine."""

from __future__ import annotations

from collections.abc import Callable

from crawler.demo.desk import DemoDesk
from crawler.demo.options import DemoOptions
from crawler.demo.site import Site
from crawler.errors import ConfigError
from crawler.serving.server import listen
from crawler.serving.server import serve as serve_desk

__all__ = ["serve"]


def serve(options: DemoOptions, ready: Callable[[str], None], *, parent: int | None = None) -> None:
    """Serve the demo site until the process ends or Ctrl-C raises KeyboardInterrupt.

    Args:
        options: size, behaviour and port of the site; a busy port is replaced by one of the next 20.
        ready: called with the URL of the site, as `http://127.0.0.1:8765`, once it takes requests.
        parent: process id of the owner: the process ends when its standard input ends or the owner is gone.

    Raises:
        ConfigError: no port is free, or the log cannot be written.
    """
    listener = listen(options.port, "demo.port")
    try:
        desk = DemoDesk(Site(options))
    except OSError as error:
        raise ConfigError(f"demo.log: cannot be written: {error}") from error
    serve_desk(desk, listener, ready, parent=parent)
