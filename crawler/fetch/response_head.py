"""Parse the headers of an HTTP response line by line; all clients share this parser.

It is more strict, and more forgiving, than the parsers of the libraries:

- A line that is no header is dropped alone; the parser of the standard library drops all headers after it.
- Interim answers (100, 103, ...; RFC 9110, section 15.2) are skipped, at most 20 of them.
- A head that ends before its empty line is an answer cut short.
- Content-Length must be a number; two that differ are an error (RFC 9112, section 6.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from crawler.errors import FetchError, one_line

__all__ = ["MAX_LINE", "HeadParser", "HeaderFields", "is_status", "use", "valid_lines"]


MAX_INTERIM = 20
MAX_LINES = 100
MAX_LINE = 65_536
MAX_BYTES = 262_144

is_status = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{3})(?: |\r?\n)").match
_is_final = re.compile(rb"HTTP/\d(?:\.\d)? +[2-9]\d\d(?: |\r?\n)").match
_has_folded = re.compile(rb"\n[ \t]").search
_HEADER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*:").match
_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*(.*?)[ \t\r\n]*$", re.I | re.S).match


class HeadParser:
    """Takes the lines of a head until it is whole.

    Attributes:
        first: the status line; b"" while none came.
        lines: the headers, folded ones joined.
    """

    __slots__ = ("_interim", "_size", "first", "lines")

    def __init__(self) -> None:
        self.first = b""
        self.lines: list[bytes] = []
        self._size = 0
        self._interim = 0

    def take(self, line: bytes) -> bool:
        """Take one line with its end; tell whether the head is whole now, interim (1xx) responses passed over.

        Raises:
            FetchError: `headers-too-large`, `truncated`, `bad-response`.
        """
        if len(line) > MAX_LINE:
            raise FetchError("headers-too-large", f"a line of more than {MAX_LINE} bytes")
        if not self.first:
            self.first = line
            return is_status(line) is None  # no HTTP: whoever asks for the status says so
        if line in (b"\r\n", b"\n"):
            return self._ended()
        self._add(line)
        return False

    def take_all(self, lines: list[bytes]) -> bool:
        """Take lines of which at most the last is empty: the same as `take` for each of them, at less cost.

        Raises:
            FetchError: as `take`.
        """
        whole = b"".join(lines)
        usual = not self.first and _is_final(whole) and whole.endswith((b"\r\n\r\n", b"\n\n"))
        if usual and len(lines) <= MAX_LINES and len(whole) <= MAX_LINE and not _has_folded(whole):
            self.first, self.lines = lines[0], lines[1:-1]
            return True
        return any(map(self.take, lines))

    @property
    def status(self) -> int:
        """The status code.

        Raises:
            FetchError: `bad-response` when there is none.
        """
        match = is_status(self.first)
        if match is None or match[1] < b"100":
            raise FetchError("bad-response", one_line(f"not HTTP: {self.first.decode('latin-1').rstrip()}", 80))
        return int(match[1])

    @property
    def reason(self) -> str:
        """The words after the status code, latin-1."""
        return self.first.decode("latin-1").split(None, 2)[2].strip() if self.first.count(b" ") > 1 else ""

    def _ended(self) -> bool:
        status = self.status if is_status(self.first) else 0
        if not 100 <= status < 200 or status == 101:
            return True
        self._interim += 1
        if self._interim > MAX_INTERIM:
            raise FetchError("bad-response", f"more than {MAX_INTERIM} interim (1xx) responses")
        self.first, self.lines, self._size = b"", [], 0
        return False

    def _add(self, line: bytes) -> None:
        if not line.endswith(b"\n"):
            raise FetchError("truncated", "the connection ended in the middle of the headers")
        self._size += len(line)
        if len(self.lines) >= MAX_LINES or self._size > MAX_BYTES:
            raise FetchError("headers-too-large", f"more than {MAX_LINES} lines or {MAX_BYTES} bytes")
        if line[:1] in b" \t" and self.lines:  # a folded header (RFC 9112, section 5.2)
            self.lines[-1] = self.lines[-1].rstrip(b"\r\n") + b" " + line.lstrip(b" \t")
        else:
            self.lines.append(line)


def valid_lines(lines: list[bytes]) -> list[bytes]:
    """Return the lines that are headers, without control characters, with one Content-Length at most.

    Raises:
        FetchError: `bad-headers` for two different Content-Length values.
    """
    found: list[bytes] = []
    length: int | None = None
    for line in lines:
        if not _HEADER(line):
            continue
        match = _LENGTH(line)
        if match is None:
            found.append(line.replace(b"\r", b" ").replace(b"\x00", b" ").rstrip() + b"\r\n")
            continue
        said = _number(match[1])
        if said is not None and length not in (None, said):
            raise FetchError("bad-headers", "two different Content-Length values")
        if said is not None and length is None:
            length = said
            found.append(b"Content-Length: %d\r\n" % said)
    return found


def _number(value: bytes) -> int | None:
    """The length a header gives; None for nonsense, which is then read like an unknown length."""
    numbers = {part.strip() for part in value.split(b",")}
    if len(numbers) > 1:
        raise FetchError("bad-headers", "two different Content-Length values")
    text = numbers.pop()
    return int(text) if text.isdigit() and len(text) < 19 else None


_USED = {
    name: name.decode()
    for name in (
        b"connection", b"content-encoding", b"content-language", b"content-type", b"date", b"etag", b"last-modified",
        b"link", b"location", b"retry-after", b"transfer-encoding", b"x-robots-tag",
    )
}  # fmt: skip


def use(names: Iterable[str]) -> None:
    """Let HeaderFields have these headers, too, from now on: some client of this process asks for them."""
    _USED.update({name.encode("latin-1"): name for name in names})


class HeaderFields:
    """The response headers that this program uses.

    Attributes:
        values: headers in use by their names in lower case, as latin-1; those that came twice joined by ", ".
        length: of the body in bytes; None when it is not said.
        chunked: the body comes in chunks.
        doubtful: it also has a length, and only one can be true: what follows cannot be trusted (RFC 9112, 6.3).
        cookies: values of the header Set-Cookie.
    """

    __slots__ = ("chunked", "cookies", "doubtful", "length", "values")

    def __init__(self, lines: list[bytes]) -> None:
        values: dict[str, str] = {}
        self.cookies: list[str] = []
        length = None
        for line in lines:
            raw, _, value = line.partition(b":")
            name = raw.lower().rstrip()
            known = _USED.get(name)
            if known is not None:
                text = value.strip().decode("latin-1")
                values[known] = f"{values[known]}, {text}" if known in values else text
            elif name == b"content-length":
                length = int(value)
            elif name == b"set-cookie":
                self.cookies.append(value.strip().decode("latin-1"))
        self.values = values
        self.chunked = "chunked" in values.get("transfer-encoding", "").lower()
        self.doubtful = self.chunked and length is not None
        self.length = None if self.chunked else length
