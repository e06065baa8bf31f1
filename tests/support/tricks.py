"""How a server can end a page, rightly or not, and what must come of each under every client.

A page that was cut short must never pass as whole, and a whole one must not be lost. `TRICKS` is the catalogue; the
scripts run on `tests.support.badserver`. What a page is cut from has `whole` in its title only at its end, so that half
of it cannot be taken for the whole.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.support.badserver import OK, Connection, Script, chunked, serve
from tests.support.certificates import Authority

WHOLE = b"<html><p>first half</p>" + b"<!-- filler -->" * 300 + b"<title>whole</title></html>"
HALF = WHOLE[: len(WHOLE) // 2]
GZIP = gzip.compress(WHOLE, mtime=0)

End = Literal["fin", "reset", "notify", "no notify", "stay"]
"""How the connection ends after what was said; `notify` and `no notify`: with TLS, and whether it says goodbye."""


@dataclass(frozen=True)
class Trick:
    """One way to send a page.

    Attributes:
        want: `whole`, or the code of the failure.
        parts: what is sent.
        end: what becomes of the connection then.
        tls: over TLS.
    """

    want: str
    parts: tuple[bytes, ...]
    end: End = "fin"
    tls: bool = False

    @property
    def script(self) -> Script:
        """For `serve`."""

        def script(conn: Connection) -> None:
            while conn.request():
                conn.say(*self.parts)
                if self.end == "stay":
                    continue
                if self.end == "reset":
                    conn.wait(0.03)  # else it may overtake what was said
                _END[self.end](conn)
                return

        return script


def _notify(conn: Connection) -> None:
    conn.sock.settimeout(0.02)
    with suppress(OSError):
        conn.sock.unwrap()  # type: ignore[attr-defined]  # it is a socket of ssl


_END: dict[str, Callable[[Connection], None]] = {
    "fin": lambda conn: None,
    "no notify": lambda conn: None,
    "reset": Connection.reset,
    "notify": _notify,
}


def _length(body: bytes, said: int, *headers: bytes) -> bytes:
    return b"".join([OK, *(header + b"\r\n" for header in headers), b"Content-Length: %d\r\n\r\n" % said, body])


def _chunks(body: bytes, size: int = 500, line: bytes = b"\r\n", extension: bytes = b"") -> bytes:
    """The chunks of a body without the last one."""
    cut = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x%b%b%b%b" % (len(each), extension, line, each, line) for each in cut)


_TO_THE_END = OK + b"\r\n"
_OLD = b"HTTP/1.0 200 OK\r\n\r\n"
_IN_CHUNKS = OK + b"Transfer-Encoding: chunked\r\n\r\n"
_LAST = b"0\r\n\r\n"
_GZIP = b"Content-Encoding: gzip"

TRICKS: dict[str, Trick] = {
    # Without a length the end of the connection is the end of the page (RFC 9112, section 6.3): if it is a good end.
    "to-the-end": Trick("whole", (_TO_THE_END, WHOLE)),
    "to-the-end-1.0": Trick("whole", (_OLD, WHOLE)),
    "to-the-end-reset": Trick("reset", (_TO_THE_END, HALF), "reset"),
    "to-the-end-1.0-reset": Trick("reset", (_OLD, HALF), "reset"),
    "to-the-end-nothing-reset": Trick("reset", (_TO_THE_END,), "reset"),
    "to-the-end-whole-reset": Trick("reset", (_TO_THE_END, WHOLE), "reset"),
    "to-the-end-gzip": Trick("whole", (OK, _GZIP, b"\r\n\r\n", GZIP)),
    "to-the-end-gzip-no-trailer": Trick("truncated", (OK, _GZIP, b"\r\n\r\n", GZIP[:-8])),
    "to-the-end-gzip-half": Trick("truncated", (OK, _GZIP, b"\r\n\r\n", GZIP[: len(GZIP) // 2])),
    "to-the-end-gzip-reset": Trick("reset", (OK, _GZIP, b"\r\n\r\n", GZIP[: len(GZIP) // 2]), "reset"),
    # With a length.
    "length": Trick("whole", (_length(WHOLE, len(WHOLE)),), "stay"),
    "length-reset-after": Trick("whole", (_length(WHOLE, len(WHOLE)),), "reset"),
    "length-too-long": Trick("truncated", (_length(HALF, len(WHOLE)),)),
    "length-too-long-by-one": Trick("truncated", (_length(WHOLE, len(WHOLE) + 1),)),
    "length-too-long-reset": Trick("reset", (_length(HALF, len(WHOLE)),), "reset"),
    "length-too-long-nothing": Trick("truncated", (_length(b"", len(WHOLE)),)),
    "length-too-short": Trick("whole", (_length(WHOLE + b"<p>more than was said", len(WHOLE)),)),
    "length-1.0-too-long": Trick("truncated", (_length(HALF, len(WHOLE)).replace(b"1.1", b"1.0"),)),
    "length-close-too-long": Trick("truncated", (_length(HALF, len(WHOLE), b"Connection: close"),)),
    "length-gzip-no-trailer": Trick("truncated", (_length(GZIP[:-8], len(GZIP) - 8, _GZIP),), "stay"),
    "length-gzip-half-trailer": Trick("truncated", (_length(GZIP[:-4], len(GZIP) - 4, _GZIP),), "stay"),
    "length-gzip-too-long": Trick("truncated", (_length(GZIP[:-8], len(GZIP), _GZIP),)),
    # In chunks.
    "chunks": Trick("whole", (chunked(WHOLE[:700], WHOLE[700:]),), "stay"),
    "chunks-reset-after": Trick("whole", (chunked(WHOLE),), "reset"),
    "chunks-upper-case": Trick("whole", (_IN_CHUNKS, b"00%X\r\n" % len(WHOLE), WHOLE, b"\r\n", _LAST), "stay"),
    "chunks-extension": Trick("whole", (_IN_CHUNKS, _chunks(WHOLE, extension=b';n="v;w"'), _LAST), "stay"),
    "chunks-space": Trick("whole", (_IN_CHUNKS, _chunks(WHOLE, extension=b"  "), _LAST), "stay"),
    "chunks-space-extension": Trick("whole", (_IN_CHUNKS, _chunks(WHOLE, extension=b" ; n"), _LAST), "stay"),
    "chunks-no-last": Trick("truncated", (_IN_CHUNKS, _chunks(WHOLE))),
    "chunks-no-last-reset": Trick("reset", (_IN_CHUNKS, _chunks(WHOLE)), "reset"),
    "chunks-cut-in-chunk": Trick("truncated", (_IN_CHUNKS, _chunks(WHOLE)[:1_200])),
    "chunks-cut-in-chunk-reset": Trick("reset", (_IN_CHUNKS, _chunks(WHOLE)[:1_200]), "reset"),
    "chunks-cut-in-size": Trick("truncated", (_IN_CHUNKS, _chunks(WHOLE), b"1f")),
    "chunks-cut-before-crlf": Trick("truncated", (_IN_CHUNKS, _chunks(WHOLE)[:-2])),
    "chunks-cut-in-crlf": Trick("truncated", (_IN_CHUNKS, _chunks(WHOLE)[:-1])),
    "chunks-cut-in-last": Trick("truncated", (_IN_CHUNKS, _chunks(WHOLE), b"0")),
    "chunks-last-without-end": Trick("truncated", (_IN_CHUNKS, _chunks(WHOLE), b"0\r\n")),
    "chunks-bare-lf": Trick("whole", (_IN_CHUNKS, _chunks(WHOLE, 0x300, b"\n"), b"0\n\n"), "stay"),
    "chunks-bare-lf-10": Trick("whole", (_IN_CHUNKS, _chunks(WHOLE, 0x10, b"\n"), b"0\n\n"), "stay"),
    "chunks-bare-lf-cut": Trick("truncated", (_IN_CHUNKS, _chunks(WHOLE, 0x10, b"\n")[:900])),
    "chunks-lf-after-data": Trick(
        "whole", (_IN_CHUNKS, _chunks(WHOLE, 0x10).replace(b"\r\n10", b"\n10"), _LAST), "stay"
    ),
    "chunks-too-long": Trick("bad-chunk", (_IN_CHUNKS, b"10\r\n", WHOLE, b"\r\n", _LAST)),
    "chunks-one-byte-more": Trick("bad-chunk", (_IN_CHUNKS, b"10\r\n", WHOLE[:16], b"X", _chunks(WHOLE[16:]), _LAST)),
    "chunks-size-empty": Trick("bad-chunk", (_IN_CHUNKS, _chunks(WHOLE), b"\r\n\r\n")),
    "chunks-size-0x": Trick("bad-chunk", (_IN_CHUNKS, b"0x10\r\n", WHOLE[:16], b"\r\n", _LAST)),
    "chunks-size-negative": Trick("bad-chunk", (_IN_CHUNKS, b"-10\r\n", WHOLE[:16], b"\r\n", _LAST)),
    "chunks-size-space-first": Trick("bad-chunk", (_IN_CHUNKS, b" 10\r\n", WHOLE[:16], b"\r\n", _LAST)),
    "chunks-size-junk": Trick("whole", (_IN_CHUNKS, _chunks(WHOLE, extension=b" junk"), _LAST), "stay"),
    "chunks-trailers": Trick("whole", (_IN_CHUNKS, _chunks(WHOLE), b"0\r\nX-A: 1\r\nX-B: 2\r\n\r\n"), "stay"),
    "chunks-cut-in-trailers": Trick("truncated", (_IN_CHUNKS, _chunks(WHOLE), b"0\r\nX-A: 1\r\n")),
    "chunks-size-plus": Trick("bad-chunk", (_IN_CHUNKS, b"+10\r\n", WHOLE[:16], b"\r\n", _LAST)),
    "chunks-size-underscore": Trick("bad-chunk", (_IN_CHUNKS, b"1_0\r\n", WHOLE[:16], b"\r\n", _LAST)),
    "chunks-gzip-no-trailer": Trick(
        "truncated", (OK, _GZIP + b"\r\n", _IN_CHUNKS[len(OK) :], _chunks(GZIP[:-8]), _LAST)
    ),
    "chunks-1.0": Trick("whole", (_IN_CHUNKS.replace(b"1.1", b"1.0"), _chunks(WHOLE), _LAST)),
    "chunks-twice": Trick("whole", (_IN_CHUNKS.replace(b": chunked", b": chunked, chunked"), _chunks(WHOLE), _LAST)),
    "chunks-identity": Trick("whole", (_IN_CHUNKS.replace(b": chunked", b": identity"), WHOLE)),
    # Over TLS only a goodbye (close_notify) is a good end (RFC 9112, section 9.8).
    "tls-length": Trick("whole", (_length(WHOLE, len(WHOLE)),), "no notify", tls=True),
    "tls-length-reset": Trick("whole", (_length(WHOLE, len(WHOLE)),), "reset", tls=True),
    "tls-length-too-long": Trick("truncated", (_length(HALF, len(WHOLE)),), "no notify", tls=True),
    "tls-length-too-long-notify": Trick("truncated", (_length(HALF, len(WHOLE)),), "notify", tls=True),
    "tls-chunks": Trick("whole", (chunked(WHOLE),), "no notify", tls=True),
    "tls-chunks-no-last": Trick("truncated", (_IN_CHUNKS, _chunks(WHOLE)), "no notify", tls=True),
    "tls-chunks-no-last-notify": Trick("truncated", (_IN_CHUNKS, _chunks(WHOLE)), "notify", tls=True),
    "tls-to-the-end": Trick("whole", (_TO_THE_END, WHOLE), "notify", tls=True),
    "tls-to-the-end-1.0": Trick("whole", (_OLD, WHOLE), "notify", tls=True),
    "tls-to-the-end-cut": Trick("truncated", (_TO_THE_END, HALF), "no notify", tls=True),
    "tls-to-the-end-1.0-cut": Trick("truncated", (_OLD, HALF), "no notify", tls=True),
    "tls-to-the-end-whole-no-notify": Trick("truncated", (_TO_THE_END, WHOLE), "no notify", tls=True),
    "tls-to-the-end-nothing": Trick("truncated", (_TO_THE_END,), "no notify", tls=True),
    "tls-to-the-end-reset": Trick("reset", (_TO_THE_END, HALF), "reset", tls=True),
    "tls-nothing": Trick("closed", (b"",), "no notify", tls=True),
}


@contextmanager
def open_tricks(folder: Path) -> Iterator[dict[str, str]]:
    """Serve every trick; gives their addresses. Those over TLS only where there is an openssl program."""
    with ExitStack() as stack:
        tls = Authority(folder).server("127.0.0.1") if shutil.which("openssl") else None
        yield {
            name: stack.enter_context(serve(trick.script, tls=tls if trick.tls else None)).url
            for name, trick in TRICKS.items()
            if tls or not trick.tls
        }
