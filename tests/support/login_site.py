"""A site of books behind a login, whose sessions end after so many pages; it counts the logins.

`login_site(...)` serves it on loopback, in this process. Whatever is secret there begins with `canary`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

from tests.support.html_site import html_site

BOOKS = 12
TITLES = [f"Book {number:02}" for number in range(BOOKS)]
PASSWORD = "canary-password"
WAYS = ("redirect", "page", "status")
"""How a page says that the session is over."""

_LOGIN = (
    '<h1>Sign in</h1><form class=search action=/find><input name=q></form><form id=login method=post action="/login">'
    '<input type=hidden name=csrf value="{csrf}"><input name=user><input type=password name=password>'
    "<input type=checkbox name=stay><button name=go value=1>Log in</button></form>"
)


@dataclass
class LoginSite:
    """A running site.

    Attributes:
        url: without a slash at its end.
        every: protected pages that a session is good for, or what says so for each session; None for all.
        way: one of WAYS.
        asked: method and path of each request, robots.txt left out.
        logins: that have worked.
        lost: sessions that were over when a page was asked for with them.
        on_request: called when a request is noted in `asked`.
    """

    url: str = ""
    every: int | Callable[[], int] | None = None
    way: str = "redirect"
    on_request: Callable[[], object] = lambda: None
    asked: list[str] = field(default_factory=list)
    logins: int = 0
    lost: set[str] = field(default_factory=set)
    left: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> tuple[int, dict[str, str], str]:
        """Status, headers and body."""
        cookies = {name: one.value for name, one in SimpleCookie(headers.get("cookie", "")).items()}
        path = urlsplit(target).path
        if path == "/robots.txt":
            return 404, {}, ""
        with self.lock:
            self.asked.append(f"{method} {path}")
            self.on_request()
            if path == "/login":
                return self._log_in(method, cookies, body)
            if path == "/welcome":
                good = cookies.get("sid", "") in self.left
                return 200, {}, "<a class=logout href=/logout>log out</a>" if good else "<p>Who are you?</p>"
            if path == "/token":
                self.logins += 1
                token = f"canary-token-{self.logins}"
                self.left[token] = self._good_for()
                return 200, {"Content-Type": "application/json"}, json.dumps({"data": {"token": token}})
            session = headers.get("authorization", "").removeprefix("Bearer ") or cookies.get("sid", "")
            if not self._lets_in(session):
                return self._over(target)
        return 200, {"Set-Cookie": f"seen={path.strip('/').replace('/', '-')}; Path=/"}, self._page(path)

    def _good_for(self) -> int:
        every = self.every() if callable(self.every) else self.every
        return every or 1_000_000

    def _lets_in(self, session: str) -> bool:
        if self.left.get(session, 0) <= 0:
            self.lost.add(session)
            return False
        self.left[session] -= 1
        return True

    def _over(self, target: str) -> tuple[int, dict[str, str], str]:
        if self.way == "status":
            return 401, {}, "<h1>No</h1>"
        if self.way == "page":
            return 200, {"Set-Cookie": "sid=; Path=/; Max-Age=0"}, _LOGIN.format(csrf="canary-old")
        return 302, {"Location": "/login"}, ""

    def _log_in(self, method: str, cookies: dict[str, str], body: str) -> tuple[int, dict[str, str], str]:
        if method == "GET":
            visitor = f"canary-visitor-{len(self.asked)}"
            self.waiting[visitor] = f"canary-csrf-{len(self.asked)}"
            return 200, {"Set-Cookie": f"visitor={visitor}; Path=/"}, _LOGIN.format(csrf=self.waiting[visitor])
        sent = {name: values[-1] for name, values in parse_qs(body, keep_blank_values=True).items()}
        wanted = {"user": "ann", "password": PASSWORD, "csrf": self.waiting.get(cookies.get("visitor", ""), "")}
        if sent != wanted:
            return 200, {}, "<p>wrong password</p>" + _LOGIN.format(csrf="canary-again")
        self.logins += 1
        session = f"canary-session-{self.logins}"
        self.left[session] = self._good_for()
        return 302, {"Location": "/welcome", "Set-Cookie": f"sid={session}; Path=/; HttpOnly"}, ""

    def _page(self, path: str) -> str:
        if path == "/list":
            links = "".join(f'<a class=b href="/book/{number}">x</a>' for number in range(BOOKS))
            return f"<a class=logout href=/logout>log out</a>{links}"
        return f"<h1>{TITLES[int(path.rpartition('/')[2])]}</h1>"


@contextmanager
def login_site(
    every: int | Callable[[], int] | None = None, way: str = "redirect", port: int = 0
) -> Iterator[LoginSite]:
    """Serve the site while the block runs."""
    site = LoginSite(every=every, way=way)

    with html_site(site.answer, port) as site.url:
        yield site


LOST = {"redirect": '{css: "form#login"}', "page": '{css: "form#login"}', "status": "{status: 401}"}


def job(site: LoginSite, *, password: str = "${PASSWORD}", expect: bool = True, **fetch: object) -> str:
    """The text of a config for the site."""
    lines = [f"  {name}: {value}" for name, value in fetch.items()]
    return f"""
name: books
start: {site.url}/list
session:
  steps: {{url: "{site.url}/login", submit: "form#login", fill: {{user: ann, password: "{password}"}}}}
  {"expect: a.logout" if expect else ""}
  lost: {LOST[site.way]}
pages:
  list: {{follow: [{{css: a.b, to: book}}]}}
  book: {{table: books, fields: {{title: h1}}}}
polite: {{delay: 0, contact: me@example.com}}
fetch:
{chr(10).join(lines) or "  retries: 3"}
output: [out/books.xlsx, out/books.jsonl]
"""


def token_job(site: LoginSite, **fetch: object) -> str:
    """The same with a token in a header."""
    whole = job(site, **fetch)
    begin, end = whole.index("session:"), whole.index("pages:")
    steps = f"""session:
  steps: {{url: "{site.url}/token", format: json, fields: {{token: data.token}}}}
  lost: {LOST[site.way]}
"""
    header = 'request: {headers: {Authorization: "Bearer {session.token}"}}'
    pages = whole[end:].replace("list: {", f"list: {{{header}, ").replace("book: {", f"book: {{{header}, ")
    return whole[:begin] + steps + pages
