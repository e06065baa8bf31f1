"""From a page kind as a config has it to the rows of one answer, without a network."""

import json
import tempfile
from pathlib import Path
from textwrap import indent

from crawler.config.loader import load
from crawler.extract.parser import Parser
from crawler.model import Failure, Page, Response

URL = "http://shop.test/books/page.html"
TYPES = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv",
    "xlsx": "application/octet-stream",
    "text": "text/plain",
}


def job(kind, folder=None):
    """The job whose only page kind `p` is this YAML, and the folder of its config."""
    path = Path(folder or tempfile.mkdtemp()) / "job.yaml"
    path.write_text(f"name: a\nstart: {URL}\npages:\n  p:\n{indent(kind, '    ')}\n", encoding="utf-8")
    return load(path)


def outcome(kind, body, url=URL, headers=None, folder=None):
    """What the rules find in an answer: text, bytes, or data that are sent as JSON."""
    loaded = job(kind, folder)
    if not isinstance(body, str | bytes):
        body = json.dumps(body)
    content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    media = TYPES[loaded.pages["p"].format]
    response = Response(url, 200, {"content-type": media, **(headers or {})}, content, 0.5)
    return Parser(loaded.recipe)("p", response)


def page(kind, body, **options):
    """The page; a failure is an error of the test."""
    found = outcome(kind, body, **options)
    assert isinstance(found, Page), found
    return found


def rows(kind, body, **options):
    """The rows of all tables in order."""
    return [dict(record.values) for record in page(kind, body, **options).records]


def row(fields, body, **options):
    """The one row that fields give: `fields` is what stands behind `fields:`."""
    (only,) = rows(f"fields: {fields}", body, **options)
    return only


def cell(field, body, **options):
    """The value of one field."""
    return row(f"{{x: {field}}}", body, **options)["x"]


def notes(kind, body, **options):
    """Field and code of every note on rows, and of those on the page."""
    found = page(kind, body, **options)
    return [(note.field, note.code) for one in (*found.records, found) for note in one.notes]


def failure(kind, body, **options):
    """Code and detail of the failure."""
    found = outcome(kind, body, **options)
    assert isinstance(found, Failure), found
    return found.code, found.detail
