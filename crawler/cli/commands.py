"""All commands, each imported when it is called, so that `--help` is quick."""

from __future__ import annotations

import importlib
import sys

import click

from crawler import __version__
from crawler.cli import exit_codes

__all__ = ["COMMANDS", "SHORT", "cli"]

SHORT = "crawler.short"
"""Key of `Context.meta`: the help is for somebody who called the program without a word."""

COMMANDS = {
    "run": ("crawler.cli.run", "Crawl the site that a config describes and write its workbook."),
    "check": ("crawler.cli.check", "Check a config and show what a run would do; fetches nothing."),
    "try": ("crawler.cli.try_", "Fetch one page and show what each rule finds on it."),
    "init": ("crawler.cli.init", "Create a commented config that works as it is."),
    "export": ("crawler.cli.export", "Write the output files again from the stored rows."),
    "accept": ("crawler.cli.accept", "Publish the result of a suspect crawl."),
    "status": ("crawler.cli.status", "Show how many pages are done, left and failed."),
    "strategies": ("crawler.cli.strategies", "List the concurrency models and which of them are installed."),
    "compare": ("crawler.cli.compare", "Compare strategies on one job: which is best, and why."),
    "timeline": ("crawler.cli.timeline", "Draw what `crawler run --trace` wrote."),
    "lessons": ("crawler.cli.lessons", "Repeat the course notes' experiments on Python concurrency."),
    "demo": ("crawler.cli.demo", "Serve the demo bookshop until Ctrl-C."),
    "schema": ("crawler.cli.schema", "Print the JSON Schema of the config, for editors."),
}

HELP = """Crawl a site that a YAML file describes into an Excel workbook.

\b
Examples:
  crawler init books.yaml && crawler run books.yaml
  crawler try books.yaml http://books.toscrape.com/catalogue/page-1.html
"""

_ENVIRONMENT = [
    ("CRAWLER_COMMAND_OPTION", "sets an option: CRAWLER_RUN_WORKERS=8 is `crawler run --workers 8`"),
    ("NO_COLOR", "no colours; FORCE_COLOR: colours even in a pipe"),
]


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] == "help":
            if len(args) == 1:
                click.echo(ctx.get_help())
                ctx.exit()
            args = [args[1], "--help"]
        if args[0] == "compare" and "--lessons" in args:  # the old name, kept for one version
            from crawler.cli.terminal import echo

            echo("`crawler compare --lessons` is now `crawler lessons`", sys.stderr)
            args = ["lessons", *(each for each in args[1:] if each != "--lessons")]
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"There is no command '{args[0]}'. {_instead(args[0])}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            left_out = ("schema",) if ctx.meta.get(SHORT) else ()  # so that the short help fits on a screen of 24 lines
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items() if name not in left_out])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if not ctx.meta.get(SHORT):
            super().format_options(ctx, formatter)  # which also writes the commands
        else:
            self.format_commands(ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if ctx.meta.get(SHORT):
            formatter.write_paragraph()
            formatter.write_text("`crawler COMMAND --help` explains a command, `crawler --help` the exit codes.")
            return
        for heading, records in (
            ("Environment", _ENVIRONMENT),
            ("Exit codes", [(str(code), text) for code, text in exit_codes.MEANINGS.items()]),
        ):
            with formatter.section(heading):
                formatter.write_dl(records)


def _instead(name: str) -> str:
    import difflib  # only for a mistake

    if name.lower().endswith((".yaml", ".yml")):
        return f"Did you mean 'crawler run {name}'?"
    near = difflib.get_close_matches(name.lower()[:40], COMMANDS, n=1, cutoff=0.5)
    return f"Did you mean '{near[0]}'?" if near else f"Commands: {', '.join(COMMANDS)}."


@click.command(
    "crawler",
    cls=_Commands,
    help=HELP,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "CRAWLER"},
)
@click.version_option(__version__, prog_name="crawler", message="%(prog)s %(version)s")
def cli() -> None:
    """All commands."""
