"""`python -m crawler.demo [OPTIONS AS JSON [PROCESS ID OF THE OWNER]]`: how DemoServer starts its child."""

from __future__ import annotations

import json
import signal
import sys

from crawler.demo.options import DemoOptions
from crawler.demo.server import serve
from crawler.errors import ConfigError


def main(arguments: list[str]) -> int:
    """Serve; the first line on standard output is JSON: the URL, or why there is none."""
    try:
        parent = int(arguments[1]) if len(arguments) > 1 else None
        if parent is not None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the owner decides when it ends
        options = DemoOptions(**json.loads(arguments[0])) if arguments else DemoOptions()
        serve(options, lambda url: _say(url=url), parent=parent)
    except ConfigError as error:
        _say(error=str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


def _say(**what: str) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
