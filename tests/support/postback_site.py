"""A list whose pages are reached by a form only, with hidden fields that say where one is; on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from tests.support.html_site import html_site

PAGES, ROWS = 5, 3
TITLES = [f"Book {page}.{row}" for page in range(1, PAGES + 1) for row in range(ROWS)]
WAYS = ("form", "get", "multipart", "moved", "kept")
"""How the next page is asked for: a POST, a GET, a POST in parts; a POST that is answered by 302 or by 307."""


@dataclass
class PostbackSite:
    """A running site; `asked` has method, target and body of each request."""

    url: str = ""
    way: str = "form"
    action: str = ""
    asked: list[str] = field(default_factory=list)

    def page(self, number: int) -> str:
        rows = "".join(f"<tr class=b><td>{TITLES[(number - 1) * ROWS + row]}</td></tr>" for row in range(ROWS))
        more = "<a class=next href=\"javascript:__doPostBack('grid','Page$Next')\">Next</a>" if number < PAGES else ""
        method = "get" if self.way == "get" else "post"
        kind = "enctype=multipart/form-data" if self.way == "multipart" else ""
        to = self.action or {"get": "/list", "moved": "/move", "kept": "/keep"}.get(self.way, "/list")
        return (
            f'<form id=main method={method} action="{to}" {kind}>'
            f'<input type=hidden name=__VIEWSTATE value="state={number}"><input type=hidden name=__EVENTTARGET>'
            f'<input name=q value="a&amp;b"><input type=submit name=find value=Find><table>{rows}</table>{more}</form>'
        )

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> tuple[int, dict[str, str], str]:
        kind = headers.get("content-type", "")
        path, _, query = target.partition("?")
        if path == "/robots.txt":
            return 404, {}, ""
        self.asked.append(f"{method} {target} {body}".rstrip())
        sent = {name: one[-1] for name, one in parse_qs(query or body, keep_blank_values=True).items()}
        if "multipart" in kind:
            mark = "--" + kind.partition("boundary=")[2]
            parts = (part.partition("\r\n\r\n") for part in body.split(mark)[1:-1])
            sent = {head.split('"')[1]: value.removesuffix("\r\n") for head, _, value in parts}
        if path == "/list" and not sent:
            return 200, {}, self.page(1)
        if path == "/at":
            return 200, {}, self.page(int(sent["page"]))
        wanted = {"__VIEWSTATE", "__EVENTTARGET", "__EVENTARGUMENT", "q"}
        if set(sent) != wanted or sent["__EVENTTARGET"] != "grid" or sent["q"] != "a&b":
            return 400, {}, "<p>what?</p>"
        number = int(sent["__VIEWSTATE"].removeprefix("state=")) + 1
        if path == "/move" and method == "POST":
            return 302, {"Location": f"/at?page={number}"}, ""
        if path == "/keep" and method == "POST":
            return 307, {"Location": "/list"}, ""
        return 200, {}, self.page(number)


@contextmanager
def postback_site(way: str = "form", action: str = "") -> Iterator[PostbackSite]:
    """Serve the site while the block runs."""
    site = PostbackSite(way=way, action=action)

    with html_site(site.answer) as site.url:
        yield site


def job(site: PostbackSite, **fetch: object) -> str:
    """The text of a config for the site."""
    lines = "".join(f"  {name}: {value}\n" for name, value in fetch.items())
    return f"""
name: books
start: {site.url}/list
pages:
  list:
    table: books
    each: tr.b
    fields: {{title: td}}
    follow:
      - each: a.next
        carry: {{arg: {{attr: href, regex: "(Page[^']+)", hidden: true}}}}
        submit: form#main
        fill: {{__EVENTTARGET: grid, __EVENTARGUMENT: "{{arg}}"}}
        to: list
        next: true
polite: {{delay: 0, contact: me@example.com}}
limits: {{pages: 50}}
fetch:
{lines or "  retries: 3"}
output: [out/books.jsonl]
"""
