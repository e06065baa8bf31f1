"""A site of books that wants its cookies back, in many ways; each way is a function of a request.

`walled(way)` serves it on loopback, in this process, and notes each request.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, quote, urlsplit

BOOKS = 12
PATHS = [f"/b{number:02}.html" for number in range(BOOKS)]


@dataclass
class Ask:
    """A request, and what the site remembers from one to the next."""

    path: str
    query: dict[str, list[str]]
    target: str
    cookies: dict[str, str]
    memory: dict[str, str]
    numbers: Iterator[int]


@dataclass
class Answer:
    status: int = 200
    location: str = ""
    cookies: tuple[str, ...] = ()
    body: str = ""


Way = Callable[[Ask], Answer | None]
"""What stands in front of the site; None lets a request through."""


@dataclass
class Wall:
    """A running site.

    Attributes:
        asked: path and header Cookie of each request.
    """

    url: str
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked if path != "/robots.txt"]


def move(to: str, *cookies: str, status: int = 302) -> Answer:
    return Answer(status, to, cookies)


def itself(ask: Ask) -> Answer | None:
    """The first answer sets a cookie and leads to the same address."""
    return None if "seen" in ask.cookies else move(ask.target, "seen=1; Path=/")


def itself_twice(ask: Ask) -> Answer | None:
    """Two cookies, one after the other."""
    if "first" not in ask.cookies:
        return move(ask.target, "first=1; Path=/")
    return None if "second" in ask.cookies else move(ask.target, "second=1; Path=/")


def itself_changed(ask: Ask) -> Answer | None:
    """A cookie that was there before is given another value."""
    if ask.cookies.get("step") == "2":
        return None
    return move(ask.target, "step=2; Path=/" if "step" in ask.cookies else "step=1; Path=/")


def itself_each(ask: Ask) -> Answer | None:
    """Each page has a cookie of its own."""
    name = "p" + ask.path.strip("/.html")
    return None if name in ask.cookies else move(ask.target, f"{name}=1; Path={ask.path}")


def check(ask: Ask) -> Answer | None:
    """To /check, which sets the cookie, and back."""
    if ask.path == "/check":
        return move(ask.query["to"][0], "ok=1; Path=/")
    return None if "ok" in ask.cookies else move("/check?to=" + quote(ask.target, safe=""))


def check_of_session(ask: Ask) -> Answer | None:
    """A session cookie, and /check, which remembers that it came back: no second cookie tells that."""
    session = ask.cookies.get("sid", "")
    if ask.path == "/check":
        ask.memory[session] = "passed"
        return move(ask.query["to"][0])
    if session and ask.memory.get(session):
        return None
    cookies = () if session else (f"sid={next(ask.numbers)}; Path=/",)
    return move("/check?to=" + quote(ask.target, safe=""), *cookies)


def check_remembers(ask: Ask) -> Answer | None:
    """One address for the check of all pages; where to go back stands in a cookie."""
    if ask.path == "/check":
        return move(ask.cookies.get("back", "/"), "ok=1; Path=/")
    return None if "ok" in ask.cookies else move("/check", f"back={ask.target}; Path=/")


def check_forgets(ask: Ask) -> Answer | None:
    """A check that leads all to the front page."""
    if ask.path == "/check":
        return move("/", "ok=1; Path=/")
    return None if "ok" in ask.cookies else move("/check")


def welcome(ask: Ask) -> Answer | None:
    """Whoever comes for the first time sees another page."""
    if ask.path == "/welcome":
        return Answer(body="<p>Welcome!</p>")
    return None if "seen" in ask.cookies else move("/welcome", "seen=1; Path=/")


def login(ask: Ask) -> Answer | None:
    """A page for those who have no session; only the front page gives one."""
    if ask.path == "/login":
        return Answer(body="<h1>Please log in</h1>")
    if ask.path == "/":
        return None if "sid" in ask.cookies else Answer(cookies=("sid=1; Path=/",), body=front())
    return None if "sid" in ask.cookies else move("/login?next=" + quote(ask.target, safe=""))


def forbidden(ask: Ask) -> Answer | None:
    """Only the front page gives a session; all else is refused without one."""
    if ask.path == "/":
        return Answer(cookies=("sid=1; Path=/; HttpOnly; SameSite=Lax",), body=front())
    return None if "sid" in ask.cookies else Answer(403, body="please begin at the front page")


def forbidden_at_first(ask: Ask) -> Answer | None:
    """The refusal itself brings the cookie."""
    return None if "sid" in ask.cookies else Answer(403, cookies=("sid=1; Path=/; Max-Age=3600",))


WAYS: tuple[Way, ...] = (
    itself, itself_twice, itself_changed, itself_each, check, check_of_session, check_remembers, check_forgets,
    welcome, login, forbidden, forbidden_at_first,
)  # fmt: skip
"""All that let a visitor with cookies through."""


def hopeless(ask: Ask) -> Answer | None:
    """It never lets anybody through."""
    return move(ask.target, f"try={next(ask.numbers)}; Path=/")


def front() -> str:
    return "".join(f'<a class="b" href="{path}">{path}</a>' for path in PATHS)


@contextmanager
def walled(way: Way) -> Iterator[Wall]:
    """Serve the site while the block lasts."""
    numbers: Iterator[int] = count(1)
    memory: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            sent = self.headers.get("Cookie") or ""
            wall.asked.append((self.path, sent))
            parts = urlsplit(self.path)
            cookies = {name: morsel.value for name, morsel in SimpleCookie(sent).items()}
            ask = Ask(parts.path, parse_qs(parts.query), self.path, cookies, memory, numbers)
            answer = Answer(404) if parts.path == "/robots.txt" else way(ask) or content(way, parts.path)
            body = answer.body.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            if answer.location:
                self.send_header("Location", answer.location)
            for cookie in answer.cookies:
                self.send_header("Set-Cookie", cookie)
            with suppress(OSError):  # a client that was killed
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    wall = Wall(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield wall
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def content(way: Way, path: str) -> Answer:
    if path == "/":
        return Answer(body=front())
    return Answer(body=f"<h1>{title(way, path)}</h1>") if path in PATHS else Answer(404)


def title(way: Way, path: str) -> str:
    return f"{way.__name__} {path}"


def job(*starts: str, **fetch: object) -> str:
    """A config that reads the books; a start that ends in "/" is a list of them."""
    config = {
        "name": "walls",
        "start": [{"url": url, "kind": "list" if url.endswith("/") else "book"} for url in starts],
        "pages": {
            "list": {"follow": [{"css": "a.b", "to": "book"}]},
            "book": {"table": "books", "fields": {"title": "h1"}},
        },
        "fetch": {"workers": 4, **fetch},
        "polite": {"delay": 0, "contact": "test@example.org"},
        "output": ["out/books.jsonl"],
    }
    return json.dumps(config)
