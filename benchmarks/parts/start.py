"""How long commands take to start, to Python itself."""

from __future__ import annotations

from benchmarks.competitors import write_config
from benchmarks.parts.suite import Part, Setup, spent_by
from benchmarks.sites import Site


def show_help(setup: Setup) -> Part:
    """`crawler --help`."""
    return _part("start-help", ["-m", "crawler", "--help"])


def check(setup: Setup) -> Part:
    """`crawler check` of a small config."""
    config = write_config(Site("demo", setup.work, 1, 20), "http://example.org", setup.work / "check.yaml")
    return _part("start-check", ["-m", "crawler", "check", str(config)])


def api(setup: Setup) -> Part:
    """The public API, imported."""
    return _part("start-import", ["-c", "from crawler import load, run"])


def _part(name: str, arguments: list[str]) -> Part:
    return Part(name, lambda: spent_by(arguments), lambda: spent_by(["-c", "pass"]), "python -c pass")
