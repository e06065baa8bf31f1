"""`crawler init`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from crawler.cli.helping import Command
from crawler.cli.terminal import echo
from crawler.errors import ConfigError, OutputError


@click.command(
    "init",
    cls=Command,
    short_help="Create a commented config that works as it is.",
    codes=(0, 2, 4),
    meanings={0: "written", 2: "the file already exists"},
)
@click.argument("path", default="crawler.yaml")
def command(path: str) -> None:
    """Create a commented config at PATH (default: crawler.yaml). It works as it is, on the demo bookshop.

    An existing file is never overwritten.

    \b
    Example:
      crawler init books.yaml
    """
    target = Path(path)
    text = files("crawler.cli").joinpath("init_template.yaml").read_text(encoding="utf-8")
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError(f"{path}: this file already exists; choose another name or remove it first") from None
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None
    echo(f"{path} created. It works as it is, on a demo bookshop; then change it to fit your site.")
    echo(f"next: crawler run {path}")
