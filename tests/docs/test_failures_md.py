"""Every cause that the program can name is explained in docs/failures.md, and none that it cannot."""

import ast
import re
from functools import cache

import pytest

from crawler.crawl.retry_policy import decide
from crawler.model import Failure
from tests.support.markdown import ROOT, first_cells

PATH = ROOT / "docs" / "failures.md"
SOURCES = [ROOT / "crawler" / name for name in ("urls.py", "runner/protect.py", "runner/summary.py")]
for room in ("crawl", "fetch", "extract", "export", "store"):
    SOURCES += (ROOT / "crawler" / room).glob("*.py")

# Calls that name a cause, and in which argument.
CALLS = {
    **dict.fromkeys(
        ("FetchError", "ExtractError", "Failure", "Reason", "BadUrl", "_note", "_count", "drop", "Refusal"), 0
    ),
    **dict.fromkeys(("Note", "refused", "Problem", "FieldType"), 1),
    "Doubt": 0,
}
TABLES = {"_CODES", "_RETRY", "_SKIP", "_TROUBLE"}
# Functions that return a cause, or a pair with one.
RETURNS = {"_failure", "_moved", "read_outcome", "judge", "converter", "read_datetime", "_by_format", "_doubt", "_iso"}
CODE = re.compile(r"[a-z]+(?:-[a-z]+)*|http-\d{3}")
FAILED = ("the network", "the response", "the content", "the program")


def strings(node):
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def causes(tree):
    """Causes named in a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in CALLS and len(node.args) > CALLS[name]:
                yield from literals(node.args[CALLS[name]])
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            if node.value is not None and (names & TABLES or "code" in names):
                yield from strings(node.value) if names & TABLES else literals(node.value)
        elif isinstance(node, ast.FunctionDef) and node.name in RETURNS:
            for one in ast.walk(node):
                if isinstance(one, ast.Return) and one.value is not None:
                    parts = one.value.elts if isinstance(one.value, ast.Tuple) else [one.value]
                    for part in parts:
                        yield from literals(part)


def literals(node):
    """The texts that an expression can have, as far as they stand in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*literals(node.body), *literals(node.orelse))
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from literals(value)


@cache
def named():
    found = set()
    for path in SOURCES:
        found |= {code for code in causes(ast.parse(path.read_text())) if CODE.fullmatch(code)}
    return {code for code in found if not code.startswith("http-")}


def rows(*headings):
    return [row for heading in headings for row in first_cells(PATH, heading) if "`" in row[0]]


def documented(*headings):
    return {code for row in rows(*headings) for code in re.findall(r"`([a-z-]+(?:\d{3})?)`", row[0])}


HEADINGS = re.findall(r"^## (.+)$", PATH.read_text(encoding="utf-8"), flags=re.M)


def test_the_search_finds_causes_in_every_room():
    some = "refused bad-chunk proxy partial no-match not-money encoding-doubt off-site denied trap depth limit robots"
    assert {*some.split(), "redirect-loop", "too-long-for-excel", "renamed"} <= named()


def test_every_cause_is_documented():
    assert named() - documented(*HEADINGS) == set()


def test_no_cause_is_documented_that_the_program_does_not_have():
    gone = {code for code in documented(*HEADINGS) - named() if not code.startswith("http-")}
    assert gone == set()


@pytest.mark.parametrize("row", rows(*(f"Pages that failed: {part}" for part in FAILED)), ids=lambda row: row[0][:30])
def test_what_is_said_of_further_tries_is_true(row):
    for code in re.findall(r"`([a-z]+(?:-[a-z0-9]+)*)`", row[0]):
        if code in ("late", "busy"):
            continue  # handed back before anything is sent: the policy never sees it
        answers = [decide(Failure(code), tried, retries=3) for tried in (1, 2, 3, 4)]
        tries = {"yes": 3, "once": 1, "no": 0, "alone": 0}[row[1]]
        assert answers == ["retry"] * tries + ["fail"] * (4 - tries), code


@pytest.mark.parametrize("row", rows("Pages that were skipped"), ids=lambda row: row[0])
def test_what_is_called_skipped_is_skipped(row):
    code = row[0].strip("`")
    assert code in ("depth", "limit", "trap") or decide(Failure(code), 1, 3) == "skip"  # the three are never requested
