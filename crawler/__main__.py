"""`python -m crawler`, and the command `crawler`."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["run"]


def run() -> NoReturn:
    """Do what the command line says, and end the process."""
    import sys  # all of it late: a child process that is spawned imports this file

    from crawler.cli.main import main
    from crawler.process import exit_now

    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    exit_now(code)  # all is written and closed; a thread that hangs in a request must not keep the process alive


if __name__ == "__main__":
    run()
