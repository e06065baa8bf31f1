"""The folder of a recording: one small file for each URL, and a description of the recording.

    FOLDER/recording.json         name of the job, its hash, URL of its demo site
    FOLDER/answers/SHA256.gz      of "GET URL", or of URL, method and body; a line of JSON, then the decoded body; gzip

A file is written under another name and then renamed: several workers may write at once, and a kill leaves no half
answer. No request header is ever written, and no Set-Cookie.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeGuard

from crawler import urls
from crawler.crawl.retry_policy import UNSENT, decide
from crawler.errors import OutputError
from crawler.model import Failure, Moved, Request, Response

__all__ = ["ANSWERS", "Fetched", "Recorded", "file_of", "read", "store", "write_file"]


Fetched: TypeAlias = Response | Moved | Failure

ANSWERS = "answers"
FORMAT = 1
MAX_BYTES = 1_000_000_000
MAX_HEAD = 1_000_000
MAX_TRIES = 20
_NOT_IN_HEAD = frozenset({"body", "fetched", "set_cookies"})
_SECRET = frozenset({"set-cookie", "set-cookie2"})


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a server made of a URL.

    Attributes:
        answer: the last one.
        attempt: which try it was; 1 for the first.
        tries: the failures before it, as far as they were recorded.
    """

    url: str
    answer: Fetched
    attempt: int = 1
    tries: tuple[Failure, ...] = ()


def file_of(folder: Path, url: str, mark: str = "") -> Path:
    """Where the answer to a URL is kept. No part of the URL is a part of the name.

    Args:
        mark: see `crawler.model.Message`; "" for a GET.
    """
    return folder / ANSWERS / (hashlib.sha256(f"{mark or 'GET'} {url}".encode()).hexdigest() + ".gz")


def store(folder: Path, request: Request, answer: Fetched) -> None:
    """Write down an answer; the last one to a URL stays, with the failures before it that a replay would try again.

    A page that was asked for again because a cookie had come is not: no cookie is recorded.

    Raises:
        OutputError: the file cannot be written.
    """
    if isinstance(answer, Failure) and answer.code in UNSENT:
        return  # nothing was asked
    try:
        url = urls.resolve("", request.url)
    except urls.BadUrl:
        return  # fails without a server, too
    tries: tuple[Failure, ...] = ()
    mark = request.message.mark if request.message is not None else ""
    if request.attempt > 1:
        before = read(folder, url, mark)
        if before is not None and before.attempt == request.attempt - 1:
            last = [before.answer] if _is_tried_again(before.answer) else []
            tries = (*before.tries, *last)[-MAX_TRIES:]
    write_file(file_of(folder, url, mark), _packed(Recorded(url, answer, request.attempt, tries)))


def _is_tried_again(answer: Fetched) -> TypeGuard[Failure]:
    return isinstance(answer, Failure) and decide(answer, 1, 1) == "retry"


def read(folder: Path, url: str, mark: str = "") -> Recorded | None:
    """What was recorded of a request; None for nothing, and for a file that is broken."""
    try:
        with gzip.open(file_of(folder, url, mark)) as file:
            head, body = file.readline(MAX_HEAD), file.read(MAX_BYTES)
        found = _unpacked(json.loads(head), body)
    except (OSError, EOFError, zlib.error, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return found if found.url == url else None


def write_file(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all, whoever else writes it at the same time.

    Raises:
        OutputError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        draft.write_bytes(content)
        os.replace(draft, path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OutputError(f"{path.parent}: the recording cannot be written: {error.strerror}") from None


def _packed(recorded: Recorded) -> bytes:
    body = recorded.answer.body if isinstance(recorded.answer, Response) else b""
    head = {
        "format": FORMAT,
        "url": recorded.url,
        "attempt": recorded.attempt,
        "answer": _plain(recorded.answer),
        "tries": [_plain(failure) for failure in recorded.tries],
    }
    line = json.dumps(head, sort_keys=True).encode()
    return gzip.compress(line + b"\n" + body, compresslevel=1, mtime=0)


def _plain(answer: Fetched) -> dict[str, Any]:
    values = {name: value for name, value in answer._asdict().items() if name not in _NOT_IN_HEAD}
    if isinstance(answer, Response):
        values["headers"] = {name: value for name, value in answer.headers.items() if name.lower() not in _SECRET}
    return {"kind": type(answer).__name__.lower(), **values}


def _unpacked(head: dict[str, Any], body: bytes) -> Recorded:
    if head["format"] != FORMAT:
        raise ValueError("another format")
    answer = _answer(head["answer"], body)
    tries = tuple(failure for each in head["tries"] if isinstance(failure := _answer(each, b""), Failure))
    return Recorded(str(head["url"]), answer, int(head["attempt"]), tries)


def _answer(plain: dict[str, Any], body: bytes) -> Fetched:
    status, elapsed = int(plain["status"]), float(plain["elapsed"])
    match plain["kind"]:
        case "response":
            headers = {str(name): str(value) for name, value in plain["headers"].items()}
            return Response(str(plain["url"]), status, headers, body, elapsed)
        case "moved":
            return Moved(status, str(plain["location"]), elapsed)
        case "failure":
            pause = plain["retry_after"]
            wait = None if pause is None else float(pause)
            return Failure(str(plain["code"]), str(plain["detail"]), status, wait, elapsed)
    raise ValueError("not an answer")
