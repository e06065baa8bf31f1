"""`crawler init`."""

from __future__ import annotations

import shlex
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli import exit_codes
from crawler.cli.helping import Command
from crawler.cli.terminal import clean, echo, echo_json, paint
from crawler.errors import ConfigError, ExtractError, OutputError

if TYPE_CHECKING:
    from crawler.cli.offer import Offer
    from crawler.model import Failure

_DEFAULT = "crawler.yaml"


@click.command(
    "init",
    cls=Command,
    short_help="Create a commented config that works as it is.",
    codes=(0, 2, 3, 4),
    meanings={0: "written", 2: "the file already exists", 3: "the page at URL could not be fetched or read"},
)
@click.argument("url_and_path", metavar="[URL] [PATH]", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print what was found and written as JSON on stdout.")
def command(url_and_path: tuple[str, ...], as_json: bool) -> int:
    """Create a commented config at PATH (default: crawler.yaml). It works as it is, on the demo bookshop.

    With URL, that page is fetched once, as robots.txt allows, and the config is made for what is there: JSON, CSV,
    Excel, a feed, a sitemap, or HTML with schema.org data, data in a script, or a table. It has a field for each
    column or member, with the first value beside it.

    An existing file is never overwritten.

    \b
    Examples:
      crawler init books.yaml
      crawler init https://example.com/api/shops shops.yaml
    """
    url, path = _split(url_and_path)
    if url is not None:
        if Path(path).exists():  # before anything is fetched
            raise _exists(path)
        return _for_page(url, path, as_json)
    _write(path, files("crawler.cli").joinpath("init_template.yaml").read_text(encoding="utf-8"))
    if as_json:
        echo_json(_plain(path))
    else:
        echo(f"{path} created. It works as it is, on a demo bookshop; then change it to fit your site.")
        echo(f"next: crawler run {shlex.quote(str(path))}")
    return exit_codes.OK


def _split(arguments: tuple[str, ...]) -> tuple[str | None, str]:
    """The URL, if there is one, and the path of the file."""
    has_url = bool(arguments) and arguments[0].lower().startswith(("http://", "https://"))
    url, rest = (arguments[0], arguments[1:]) if has_url else (None, arguments)
    if len(rest) > 1:
        raise click.UsageError(f"one PATH, and before it one URL that begins with http:// or https://; got {rest[0]!r}")
    return url, rest[0] if rest else _DEFAULT


def _for_page(url: str, path: str, as_json: bool) -> int:
    from crawler.cli.fetch_one import visit
    from crawler.cli.offer import best_offer, first_job
    from crawler.config.starts import fault
    from crawler.model import Failure

    wrong = fault(url)
    if wrong or "{" in url:
        what, fix = wrong or ("a range means several pages", "give the URL of one page")
        raise ConfigError(f"{clean(url)}: {what}; {fix}")
    job = first_job(url)
    seen = visit(job, next(job.start_pages()), [url], lambda text: echo(text, sys.stderr))
    if isinstance(seen.outcome, Failure):
        return _failed(seen.url, path, seen.outcome, as_json)
    try:
        offer, text = best_offer(seen.outcome)
    except ExtractError as error:
        return _failed(seen.url, path, Failure(error.code, error.detail, status=seen.outcome.status), as_json)
    _write(path, text)
    if as_json:
        echo_json(_plain(path, seen.url, offer))
        return exit_codes.OK
    echo(f"{path} created for {clean(seen.url)}: {clean(offer.what)}.")
    echo(f"next: crawler try {shlex.quote(str(path))} {shlex.quote(clean(seen.url))}")
    echo(f"      crawler run {shlex.quote(str(path))}")
    return exit_codes.OK


def _failed(url: str, path: str, failure: Failure, as_json: bool) -> int:
    from crawler.cli.advice import for_failure

    if as_json:
        echo_json(_plain(path, url, failure=failure))
        return exit_codes.INCOMPLETE
    what = ": ".join(filter(None, (failure.code, failure.detail)))
    told = "; ".join(filter(None, (what, for_failure(failure))))
    echo(f"{clean(url)}: {paint(clean(told), 'red')}; nothing was written", sys.stderr)
    return exit_codes.INCOMPLETE


def _plain(path: str, url: str = "", offer: Offer | None = None, failure: Failure | None = None) -> dict[str, Any]:
    why = None if failure is None else {"code": failure.code, "detail": failure.detail, "status": failure.status}
    return {
        "schema": 1,
        "exit_code": exit_codes.OK if failure is None else exit_codes.INCOMPLETE,
        "path": path if failure is None else None,
        "url": url or None,
        "found": offer.what if offer else None,
        "kind": offer.kind if offer else None,
        "fields": [column.name for column in offer.columns] if offer else [],
        "failure": why,
    }


def _write(path: str, text: str) -> None:
    try:
        with Path(path).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None


def _exists(path: str) -> ConfigError:
    return ConfigError(f"{path}: this file already exists; choose another name or remove it first")
