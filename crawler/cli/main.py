"""The entry point. It imports almost nothing, so that Ctrl-C works from the first moment on."""

import os

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code.

    Args:
        arguments: as on the command line. None: those of this process, which is ours alone then, so that its
            signals and streams are taken care of.
    """
    try:
        from crawler.cli.entry import enter

        return enter(arguments)
    except KeyboardInterrupt:  # while that was imported, or a second one while the first was answered
        import contextlib

        with contextlib.suppress(OSError):  # nobody listens
            os.write(2, b"interrupted\n")
        return 130
