"""`crawler schema`."""

from __future__ import annotations

import click

from crawler.cli.helping import Command
from crawler.cli.terminal import echo_json


@click.command(
    "schema",
    cls=Command,
    codes=(0,),
    meanings={0: "printed"},
    short_help="Print the JSON Schema of the config, for editors.",
)
def command() -> None:
    """Print the JSON Schema of the config, for editors.

    \b
    Example:
      crawler schema > crawler.schema.json
    then, as the first line of the config:
      # yaml-language-server: $schema=crawler.schema.json
    """
    from crawler.config.reference import schema

    echo_json(schema())
