"""Runs a command and turns every error and signal into an exit code."""

from __future__ import annotations

import errno
import os
import signal
import sys
import warnings

from crawler.cli import exit_codes
from crawler.cli.terminal import echo, forget, is_terminal, own_streams
from crawler.errors import Stop
from crawler.process import exit_now

__all__ = ["enter"]

_COMPLETE = "_CRAWLER_COMPLETE"  # set by the completion script of the shell
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def enter(arguments: list[str] | None) -> int:
    """What `main` does, once all is imported."""
    if arguments is not None:
        return _guarded(arguments, _Signals())
    own_streams()
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # what libraries tell developers; `python -W` brings it back
        os.environ["PYTHONWARNINGS"] = "ignore"  # the same for worker processes
    signals = _Signals()
    signals.take()
    try:
        return _guarded(sys.argv[1:], signals)
    finally:
        signals.let_go()


class _Signals:
    """Until a command takes it over, SIGTERM ends the program as Ctrl-C does, which Python sees to."""

    code = 130

    def take(self) -> None:
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._terminate)

    def let_go(self) -> None:
        """The interpreter is about to end: a signal may hasten that, and must not print a traceback."""
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
                signal.signal(number, lambda number, frame: exit_now(128 + number))

    def _terminate(self, number: int, frame: object) -> None:
        self.code = 128 + number
        raise KeyboardInterrupt


def _guarded(arguments: list[str], signals: _Signals) -> int:
    try:
        return _run(arguments)
    except Stop as error:
        echo(str(error), sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        start = "\n" if is_terminal(sys.stderr) else ""  # the terminal has just printed ^C
        echo(start + ("terminated" if signals.code == 143 else "interrupted"), sys.stderr)
        return signals.code
    except BrokenPipeError:
        forget(sys.stdout)
        return exit_codes.OK
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_SPACE:
            forget(sys.stdout)
            echo(f"cannot be written: {error.strerror}", sys.stderr)
            return exit_codes.OUTPUT
        return _bug(error)


def _run(arguments: list[str]) -> int:
    """What `click.Command.main` does, but without its ways out, which know nothing of our exit codes."""
    import click

    from crawler.cli.commands import SHORT, cli

    asked = os.environ.get(_COMPLETE)
    if asked:
        from click.shell_completion import shell_complete

        return shell_complete(cli, {}, "crawler", _COMPLETE, asked)
    try:
        with cli.make_context("crawler", arguments) as ctx:
            code = cli.invoke(ctx)
        sys.stdout.flush()
        return code if isinstance(code, int) else exit_codes.OK
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        if error.ctx:
            error.ctx.meta[SHORT] = True
            click.echo(error.ctx.get_help())
        return exit_codes.OK
    except click.ClickException as error:
        error.show()
        return error.exit_code


def _bug(error: Exception) -> int:
    import traceback

    echo("this is a bug in crawler; please report it with the lines below", sys.stderr)
    echo("".join(traceback.format_exception(error)).rstrip(), sys.stderr)
    return exit_codes.BUG
