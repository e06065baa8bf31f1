"""`python -m crawler`: the commands, and the one place where an error becomes an exit code."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from typing import Any

import click

from crawler import __version__
from crawler.errors import Stop

__all__ = ["main"]

EXIT_BUG, EXIT_INTERRUPTED = 1, 130

COMMANDS = {
    "run": ("crawler.cli.run", "Crawl what a config describes and write its workbook."),
    "check": ("crawler.cli.check", "Check a config and show the plan; nothing is fetched."),
    "try": ("crawler.cli.try_", "Fetch one page and show what each rule finds on it."),
    "init": ("crawler.cli.init", "Write a commented config that runs as it is."),
    "export": ("crawler.cli.export", "Write the outputs again from what was crawled."),
    "status": ("crawler.cli.status", "Show what is done, left and failed."),
    "demo": ("crawler.cli.demo", "Serve the demo bookshop until Ctrl-C."),
    "schema": ("crawler.cli.schema", "Print the JSON Schema of the config, for editors."),
}

HELP = f"""Crawl a site as a YAML file describes it, into an Excel workbook.

\b
Examples:
  crawler init books.yaml && crawler run books.yaml
  crawler try books.yaml http://books.toscrape.com/catalogue/page-1.html

\b
Exit codes:
  0    complete
  1    a bug in crawler
  2    the config or the command line is wrong; nothing was fetched
  3    finished, but too many pages failed or are left, or no record was found
  4    a file could not be written; the records are safe
  5    another run of the same job is under way
  6    the state file is damaged, too new, or not ours
  130  stopped by Ctrl-C; 143 stopped by SIGTERM; the next run goes on

Version {__version__}."""


class _Commands(click.Group):
    """Commands are imported when they are called, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])


@click.command(
    "crawler",
    cls=_Commands,
    help=HELP,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "CRAWLER"},
)
@click.version_option(__version__, prog_name="crawler", message="%(prog)s %(version)s")
def cli() -> None:
    """All commands."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    try:
        code = cli.main(arguments, prog_name="crawler", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        return 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Stop as error:
        _say(str(error))
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return 0
    except Exception:
        _say("this is a bug in crawler; please report it with the lines below\n" + traceback.format_exc())
        return EXIT_BUG


def _say(text: str) -> None:
    try:
        sys.stderr.write(text.rstrip("\n") + "\n")
        sys.stderr.flush()
    except OSError:  # nobody listens
        pass


def _forget_stdout() -> None:
    """The reader of our output went away, as `head` does: keep the interpreter from complaining at its end."""
    nowhere: Any = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
