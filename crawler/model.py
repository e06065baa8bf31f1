"""The values that pass between packages: frozen, plain, picklable.

No object of a library is ever inside, so each crosses a process border and outlives the engine that made it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from time import monotonic
from typing import Any, NamedTuple, Protocol

__all__ = [
    "FILE",
    "FILE_COLUMNS",
    "RICH",
    "SITEMAP",
    "Ask",
    "Column",
    "Failure",
    "Form",
    "Link",
    "Message",
    "Money",
    "Moved",
    "Note",
    "Outcome",
    "Page",
    "Problem",
    "Record",
    "Request",
    "Response",
    "Result",
    "Row",
    "Stored",
    "SummaryLine",
    "Table",
    "Trail",
    "Value",
    "Worker",
    "shown",
]


class Money(NamedTuple):
    """An amount with the currency as the page wrote it: `Money(Decimal("51.77"), "£")`; "" when it wrote none."""

    amount: Decimal
    currency: str


Value = str | int | bool | Decimal | Money | date | datetime | tuple[str, ...] | None
"""What a field can hold. `datetime` is checked before `date`, `bool` before `int`: each is a subclass of the other."""


def shown(value: Any, hidden: Collection[str]) -> str:
    """Return the repr of a NamedTuple without some of its fields: a cookie may be as good as a password."""
    told = [f"{name}={part!r}" for name, part in value._asdict().items() if name not in hidden]
    return f"{type(value).__name__}({', '.join(told)})"


_SECRET = ("cookies", "set_cookies", "message")


class Form(NamedTuple):
    """What a form of a page sends by POST: the value of Content-Type, and the body."""

    type: str
    body: bytes

    def __repr__(self) -> str:
        return f"Form(type={self.type!r}, body={len(self.body)} bytes)"


class Ask(NamedTuple):
    """What tells a page from others of the same URL and kind; stored with the page, but for `first`.

    Attributes:
        given: values that were handed over and that the page kind uses.
        plain: a redirect of a POST led here: it is asked for by GET, without a body.
        form: a form that leads here; its body goes in place of that of the page kind.
        first: URL of the page from which redirects led here; "" for none, or where nobody asks.
    """

    given: Mapping[str, Value] = {}
    plain: bool = False
    form: Form | None = None
    first: str = ""


class Message(NamedTuple):
    """How a request differs from a plain GET of its URL. It may hold secrets.

    Attributes:
        method: GET or POST.
        headers: name and value, in place of those of the same name.
        body: empty for none.
        url: asked for in place of the request's URL, which has names of secrets where this has the secrets; "" for
            the same.
        statuses: HTTP statuses whose answers are read as pages, beside 200 and 203.
        mark: hash of method and body, with names of secrets in the place of secrets: it tells requests of one URL
            apart in a recording. "" for a GET.
    """

    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    url: str = ""
    statuses: frozenset[int] = frozenset()
    mark: str = ""

    def __repr__(self) -> str:
        return f"Message(method={self.method!r}, body={len(self.body)} bytes)"


class Request(NamedTuple):
    """One URL to visit.

    Attributes:
        id: the page's row in the store.
        url: absolute http(s) URL without fragment, percent-encoded.
        kind: the page kind of the config whose rules apply.
        attempt: 1 for the first try.
        not_before: `time.monotonic()` seconds at which the host may be asked.
        not_after: a worker that comes later than this hands the request back unsent (code `late`), so that the
            gap between two requests to a host holds whatever delayed the worker.
        cookies: value of the header Cookie, without those of the config; "" for none. Never in a repr, as all cookies:
            one may be as good as a password.
        proxy: number of the proxy that it goes through, where there are several.
        ask: None where URL and kind say all.
        message: None for a plain GET.
    """

    id: int
    url: str
    kind: str
    attempt: int = 1
    not_before: float = 0.0
    not_after: float = float("inf")
    cookies: str = ""
    proxy: int = 0
    ask: Ask | None = None
    message: Message | None = None

    def __repr__(self) -> str:
        return shown(self, _SECRET)


Worker = tuple[int, int, int, str]
"""Who does something: number of the process, of the thread or greenlet in Python, of the thread for the system; name.

Greenlets have a number each in Python, and one thread together.
"""


@dataclass(slots=True, eq=False)
class Trail:
    """When a request did what, in `time.monotonic()` seconds; None for what its client cannot tell.

    Client, worker and parser fill it in, one after another.

    Attributes:
        sent: its head was about to be sent.
        first, last: the client saw the first and the last byte of the answer.
        taken: the worker began with it.
        landed: the client had done with it: decoded and judged, too.
        worker: who fetched it.
        alone: that worker did nothing else meanwhile, as a thread; one that multiplexes has other requests in flight.
        parser: who parsed it; None where there was nothing to parse.
        parse_began, parse_ended: when.
        parse_cpu: seconds of CPU of the parser's thread between the two.
        without_core: seconds between the two in which that thread was ready to run and had no core; None where
            nobody asked the system, or it does not say.
    """

    sent: float | None = None
    first: float | None = None
    last: float | None = None
    taken: float | None = None
    landed: float | None = None
    worker: Worker | None = None
    alone: bool = True
    parser: Worker | None = None
    parse_began: float = 0.0
    parse_ended: float = 0.0
    parse_cpu: float = 0.0
    without_core: float | None = None

    def heard(self) -> None:
        """Note that bytes came."""
        self.last = monotonic()
        if self.first is None:
            self.first = self.last

    def __reduce__(self) -> tuple[type[Trail], tuple[object, ...]]:
        return Trail, (  # half of the time and of the bytes that a dataclass takes by itself
            self.sent,
            self.first,
            self.last,
            self.taken,
            self.landed,
            self.worker,
            self.alone,
            self.parser,
            self.parse_began,
            self.parse_ended,
            self.parse_cpu,
            self.without_core,
        )


class Response(NamedTuple):
    """The bytes that came back: any status, decoded of its content encoding, never more than the size cap.

    Attributes:
        url: the URL asked for; redirects are not followed by clients.
        status: HTTP status code, 100 to 599.
        headers: names in lower case; a name that came more than once is joined by ", ".
        body: decoded body; empty for redirects.
        elapsed: seconds from sending to the last byte.
        set_cookies: values of the headers Set-Cookie; the other outcomes have them, too.
        fetched: when it was whole, in seconds since 1970; 0 where that is not known.
        trail: when it did what, in a run that is traced; the other outcomes have it, too.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed: float = 0.0
    set_cookies: tuple[str, ...] = ()
    fetched: float = 0.0
    trail: Trail | None = None

    def __repr__(self) -> str:
        return shown(self, _SECRET)


class Note(NamedTuple):
    """Something a person should know of one field: `Note("price", "not-a-number", "call us")`."""

    field: str
    code: str
    detail: str = ""


class Record(NamedTuple):
    """One extracted row; `values` in the order of the table's columns."""

    table: str
    values: Mapping[str, Value]
    notes: tuple[Note, ...] = ()


class Stored(NamedTuple):
    """A record as the store keeps it: JSON of its values and of its notes, None for no notes."""

    table: str
    values: str
    notes: str | None


class Link(NamedTuple):
    """A link that a follow rule took, in document order.

    Attributes:
        url: absolute and clean (see urls.resolve).
        kind: page kind of its target.
        next: it leads to the next page of the same list: it adds no depth.
        anywhere: the rule lets it leave the site.
        carry: fields of the row it stands in, joined to the target's records.
        notes: notes on carried fields.
        ask: what its target is asked for with.
        duplicates: what it does where another link leads to the same page: `first` (nothing), `rows` (a row for each
            link) or `collect` (a list of what all of them carry).
    """

    url: str
    kind: str
    next: bool = False
    anywhere: bool = False
    carry: Mapping[str, Value] = {}
    notes: tuple[Note, ...] = ()
    ask: Ask | None = None
    duplicates: str = "first"

    @property
    def handed(self) -> Mapping[str, Value]:
        """All values that go to the target: for its records, and for its request."""
        return {**self.carry, **(self.ask.given if self.ask else {})}


RICH = "+"
SITEMAP = "(sitemap"
"""Begin of the page kinds of sitemaps; a kind of a config cannot begin so."""
FILE = "(file)"
"""Page kind of the files that fields of the type `file` lead to; a kind of a config cannot begin so."""


class Page(NamedTuple):
    """What was found on a page that was fetched and parsed.

    Attributes:
        records: `Stored` where the store is to write them, so that it is the worker who makes their text.
        dropped: links that were not taken, counted by reason (`bad-url`, `scheme`, `denied`).
        left_out: rows that `where` left out, by table; only tables that have some.
        notes: notes on the page as a whole; their `field` is "".
        sign: of what the rules found, where links may lead back to pages of this kind; see `crawler.extract.parser`. It
            begins with RICH where that is more than one thing.
        sessions: names of parameters of links that look like a session; True where the page shows that they are one,
            False where it shows that they tell pages apart.
    """

    status: int
    bytes: int
    elapsed: float
    records: tuple[Record | Stored, ...] = ()
    links: tuple[Link, ...] = ()
    dropped: Mapping[str, int] = {}
    notes: tuple[Note, ...] = ()
    set_cookies: tuple[str, ...] = ()
    sign: str = ""
    sessions: Mapping[str, bool] = {}
    left_out: Mapping[str, int] = {}
    trail: Trail | None = None

    def __repr__(self) -> str:
        return shown(self, _SECRET)


class Moved(NamedTuple):
    """A redirect; `location` is absolute and clean."""

    status: int
    location: str
    elapsed: float = 0.0
    set_cookies: tuple[str, ...] = ()
    trail: Trail | None = None

    def __repr__(self) -> str:
        return shown(self, _SECRET)


class Failure(NamedTuple):
    """A request that yields no page, with the stable code of docs/failures.md.

    Attributes:
        status: HTTP status, 0 where there was none.
        retry_after: seconds the server asked us to wait; None when it did not say.
    """

    code: str
    detail: str = ""
    status: int = 0
    retry_after: float | None = None
    elapsed: float = 0.0
    set_cookies: tuple[str, ...] = ()
    trail: Trail | None = None

    def __repr__(self) -> str:
        return shown(self, _SECRET)


Outcome = Page | Moved | Failure


FILE_COLUMNS = frozenset({"file", "files"})
"""Types of columns whose values are addresses of files in the store, and paths of files in a Row."""


class Column(NamedTuple):
    """A column of a table; `type` is a field type of the config (`text`, `money`, ...); `files` is a list of them."""

    name: str
    type: str = "text"


class Table(NamedTuple):
    """One sheet: its name and its columns in order."""

    name: str
    columns: tuple[Column, ...]


class Row(NamedTuple):
    """A record as it is exported; `url` is the page it came from."""

    values: Mapping[str, Value]
    notes: tuple[Note, ...] = ()
    url: str = ""


class Problem(NamedTuple):
    """A line of the Problems sheet: a page that failed, was skipped or is left, or a cell with a note.

    Attributes:
        state: `failed`, `skipped`, `left`, `noted` for a page that was read with a doubt, `cell` for a note on
            a field, `sheet` for one on a whole sheet, `suspect` for what makes a crawl suspect, `table` for a table
            without rows or a column without values, or `links` for links that were not followed.
        found_on: the page that links to it; "" for a start URL.
        where: for a cell or a column, table and field: "books.price"; for a table its name; "" otherwise.
    """

    state: str
    code: str
    detail: str
    url: str
    found_on: str = ""
    where: str = ""
    attempts: int = 0


SummaryLine = tuple[Value, ...]
"""A label and its values. ("",) is an empty line, and (label, None, ...) a heading, further texts those of columns."""


class Result(Protocol):
    """What every export is made from. Rows come in the site's own order, the same under every strategy."""

    @property
    def tables(self) -> Sequence[Table]:
        """The tables in the order of the config."""

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of one table, streamed."""

    def problems(self) -> Iterator[Problem]:
        """Of whole tables; failed, skipped and left pages in the site's order; cells with notes."""

    def summary(self) -> Sequence[SummaryLine]:
        """Lines for a person."""
