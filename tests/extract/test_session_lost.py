"""A page that shows what `session.lost.css` names is no page, whatever its kind should be."""

from __future__ import annotations

import pytest

from crawler.extract.parser import Parser
from crawler.extract.rules import FieldRule, LostRule, PageRule, Recipe, SitemapRule, TableRule
from crawler.model import Failure, Page, Response

LOGIN = b"<h1>Sign in</h1><form id=login><input name=user></form>"
KINDS = {
    "html": PageRule("html", (TableRule("books", (FieldRule("title", css="h1"),)),)),
    "json": PageRule("json", (TableRule("shops", (FieldRule("name", json="name"),)),), format="json"),
    "csv": PageRule("csv", (TableRule("prices", (FieldRule("name", column=1),)),), format="csv"),
    "text": PageRule("text", (TableRule("lines", (FieldRule("all", regex=".+"),)),), format="text"),
    "sitemap": PageRule("sitemap", sitemap=SitemapRule("html")),
}
GOOD = {
    "html": b"<h1>Riverbank</h1>",
    "json": b'{"name": "<form id=login>"}',
    "csv": b"name,price\nForm,1\n",
    "text": b"form#login",
    "sitemap": b"<urlset><url><loc>https://oak.example/a</loc></url></urlset>",
}
TYPES = {"json": "application/json", "csv": "text/csv", "text": "text/plain", "sitemap": "application/xml"}


def read(kind: str, body: bytes, lost: LostRule | None, type: str = "text/html") -> Page | Failure:
    return Parser(Recipe(KINDS, lost=lost))(kind, Response("https://oak.example/x", 200, {"content-type": type}, body))


@pytest.mark.parametrize("kind", KINDS)
def test_a_login_page_in_the_place_of_any_page(kind: str) -> None:
    found = read(kind, LOGIN, LostRule(css="form#login"))
    assert isinstance(found, Failure)
    assert found.code == "session-lost"


@pytest.mark.parametrize("lost", [None, LostRule(css="form#login"), LostRule(frozenset({401}))])
@pytest.mark.parametrize("kind", KINDS)
def test_a_good_page_is_one(kind: str, lost: LostRule | None) -> None:
    found = read(kind, GOOD[kind], lost, TYPES.get(kind, "text/html"))
    assert not (isinstance(found, Failure) and found.code == "session-lost")
    assert kind == "text" or isinstance(found, Page)


def test_a_login_page_in_the_place_of_a_file() -> None:
    parser = Parser(Recipe(KINDS, lost=LostRule(css="form#login")))
    found = parser.lost(Response("https://oak.example/photo", 200, {"content-type": "text/html"}, LOGIN))
    assert found is not None
    assert found.code == "session-lost"
    for body in (b"\x89PNG\r\n\x1a\n", b"%PDF-1.7", b"<html><h1>Other</h1></html>"):
        assert parser.lost(Response("https://oak.example/photo", 200, {}, body)) is None
