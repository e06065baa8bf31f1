"""`crawler schema`."""

from __future__ import annotations

import json

import click

from crawler.cli.terminal import echo


@click.command("schema", short_help="Print the JSON Schema of the config, for editors.")
def command() -> None:
    """Print the JSON Schema of the config, for editors.

    \b
    Example:
      crawler schema > crawler.schema.json
    then, as the first line of the config:
      # yaml-language-server: $schema=crawler.schema.json
    """
    from crawler.config.jsonschema import schema

    echo(json.dumps(schema(), indent=2, ensure_ascii=False))
