"""Short ways to analyse a piece of HTML with a rule."""

from crawler.extract.parser import Parser
from crawler.extract.rules import FieldRule, FollowRule, PageRule, Recipe, TableRule
from crawler.model import Failure, Page, Response

URL = "http://shop.test/books/page.html"
HTML = "text/html; charset=utf-8"


def response(html: str | bytes, kind: str | None = HTML, url: str = URL) -> Response:
    body = html.encode("utf-8", "surrogatepass") if isinstance(html, str) else html
    return Response(url, 200, {} if kind is None else {"content-type": kind}, body, 0.5)


def recipe(
    *fields: FieldRule,
    follow: tuple[FollowRule, ...] = (),
    each: str | None = None,
    engine: str = "auto",
    tables: tuple[TableRule, ...] | None = None,
    python: str | None = None,
    root: str = "",
) -> Recipe:
    if tables is None:
        tables = (TableRule("books", fields, each),) if fields or python else ()
    return Recipe({"book": PageRule("book", tables, follow, python)}, engine, root)  # type: ignore[arg-type]


def analyse(html: str | bytes, *fields: FieldRule, kind: str | None = HTML, **options) -> Page | Failure:
    return Parser(recipe(*fields, **options))("book", response(html, kind))


def values(html: str | bytes, *fields: FieldRule, **options) -> list[dict]:
    outcome = analyse(html, *fields, **options)
    assert isinstance(outcome, Page), outcome
    return [dict(record.values) for record in outcome.records]


def value(page: str, engine: str = "auto", **rule):
    """The value of one field and the codes of its notes; a second field keeps a page without it from failing."""
    keeper = FieldRule("keeper", "html", attr="lang")
    outcome = analyse(f"<html lang=xx>{page}", keeper, FieldRule("x", **rule), engine=engine)
    assert isinstance(outcome, Page), outcome
    record = outcome.records[0]
    return record.values["x"], [note.code for note in record.notes if note.field == "x"]
