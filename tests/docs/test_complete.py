"""Whatever the program has is in the documents, and whatever the documents link to is there."""

import importlib
import re

import click
import pytest

import crawler
from crawler import errors
from crawler.cli import demo
from crawler.cli.commands import COMMANDS
from crawler.cli.exit_codes import MEANINGS
from crawler.config.validators import output
from crawler.crawl.parse_stage import PARSE_STAGES
from crawler.demo.asked import POSTED
from crawler.demo.other_forms import PATHS
from crawler.errors import Stop
from crawler.export import FORMATS
from crawler.extract.field_types import FIELD_TYPES
from crawler.fetch.client import CLIENTS
from crawler.model import Problem
from crawler.runner import summary
from crawler.runner.report import Report
from crawler.strategies.registry import STRATEGIES
from tests.support.markdown import DOCUMENTS, ROOT, first_cells

README = ROOT / "README.md"
DOCS = ROOT / "docs"
FORMS = PATHS | POSTED


def text(*paths):
    return "\n".join(path.read_text(encoding="utf-8") for path in paths or DOCUMENTS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_and_has_a_help_text(name):
    assert f"`{name}`" in text(README)
    assert f"crawler {name}" in text()
    command = importlib.import_module(COMMANDS[name][0]).command
    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option))


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_is_documented(name):
    assert name in [cell.strip("`") for cell, *_ in first_cells(DOCS / "strategies.md", "Strategies")]


@pytest.mark.parametrize("place", [*PARSE_STAGES, "auto"])
def test_every_parse_stage_is_documented(place):
    assert place in [cell.strip("`") for cell, *_ in first_cells(DOCS / "architecture.md", "Parse stages")]
    assert f"`{place}`" in text(DOCS / "config.md")


@pytest.mark.parametrize("name", FIELD_TYPES)
def test_every_field_type_is_documented(name):
    assert name in [cell.strip("`") for cell, *_ in first_cells(DOCS / "workbook.md", "Types")]


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_output_format_is_documented(suffix):
    assert f"`{suffix}`" in text(DOCS / "workbook.md")
    assert suffix in text(DOCS / "config.md")


def test_the_config_takes_every_format_there_is():
    assert not any(output(f"books{suffix}") for suffix in FORMATS)


@pytest.mark.parametrize("name", CLIENTS)
def test_every_client_is_documented(name):
    assert f"`{name}`" in text(DOCS / "config.md")


def exit_codes():
    stops = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, Stop)]
    return {*map(int, MEANINGS), *(stop.exit_code for stop in stops)}


@pytest.mark.parametrize("path", [README, DOCS / "cron.md"], ids=lambda path: path.name)
def test_every_exit_code_is_documented(path):
    heading = "Exit codes" if path.name == "cron.md" else "Every night, by cron"
    found = {int(code) for cell, *_ in first_cells(path, heading) for code in re.findall(r"\d+", cell)}
    assert found == exit_codes()


def test_every_attribute_of_the_report_is_documented():
    documented = set(re.findall(r"`(?:report\.)?(\w+)", text(DOCS / "library.md")))
    assert {*Report.__dataclass_fields__, "exit_code", "rows", "as_json"} - {"allowed"} <= documented


def test_every_ending_is_documented():
    assert all(f"`{ending}`" in text(DOCS / "library.md") for ending in summary.ENDINGS)


def test_every_state_of_a_problem_is_documented():
    states = set(re.findall(r"`(\w+)`", Problem.__doc__.split("state:")[1].split("found_on:")[0]))
    assert len(states) == 9
    assert all(f"`{state}`" in text(DOCS / "workbook.md") for state in states)


def links():
    for path in [*DOCUMENTS, ROOT / "CHANGELOG.md"]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
            yield path, target


def test_every_link_leads_to_a_file():
    found = list(links())
    assert len(found) > 100
    assert [f"{path.name}: {target}" for path, target in found if not (path.parent / target).exists()] == []


def test_every_document_is_linked_from_the_readme():
    assert all(f"docs/{path.name}" in text(README) for path in DOCS.glob("*.md"))


@pytest.mark.parametrize("config", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_config_is_named_in_the_readme(config):
    assert config.name in text(README)


@pytest.mark.parametrize("path", FORMS)
def test_every_form_of_the_demo_shop_is_documented(path):
    assert f"`{path}`" in text(DOCS / "compare.md")
    assert f"  {path} " in demo.command.help
    assert FORMS[path] in demo.command.help


def test_every_public_name_is_documented():
    assert all(f"`crawler.{name}" in text(DOCS / "library.md") for name in crawler.__all__ if name[0].islower())
