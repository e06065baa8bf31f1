from __future__ import annotations

import gzip
import json
import os
import threading
from pathlib import Path

import pytest

from crawler.errors import OutputError
from crawler.model import Failure, Moved, Request, Response
from crawler.replay.cassette import ANSWERS, Fetched, Recorded, file_of, read, store

URL = "http://shop.example/a?b=c"
PAGE = Response(URL, 200, {"content-type": "text/html"}, b"<p>\xff\n\x00</p>", 0.25)
GONE = Failure("http-404", "Not Found", 404, None, 0.1)
BUSY = Failure("http-503", "Busy", 503, 2.5, 0.1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ANSWERS).mkdir()
    return tmp_path


def ask(attempt: int = 1, url: str = URL) -> Request:
    return Request(1, url, "page", attempt)


@pytest.mark.parametrize("answer", [PAGE, GONE, BUSY, Moved(301, URL, 0.5), Failure("dns", "no such host")])
def test_what_is_stored_is_read(folder: Path, answer: Fetched) -> None:
    store(folder, ask(), answer)
    assert read(folder, URL) == Recorded(URL, answer)


def test_the_last_answer_wins_and_the_tries_before_it_are_kept(folder: Path) -> None:
    cut = Failure("reset", "by the server", 0, None, 0.2)
    for attempt, answer in enumerate([BUSY, cut, PAGE], 1):
        store(folder, ask(attempt), answer)
    assert read(folder, URL) == Recorded(URL, PAGE, 3, (BUSY, cut))


def test_a_refusal_that_only_a_cookie_ended_is_no_try(folder: Path) -> None:
    for attempt, answer in enumerate([BUSY, GONE, Moved(302, URL), PAGE], 1):
        store(folder, ask(attempt), answer)
    assert read(folder, URL) == Recorded(URL, PAGE, 4, (BUSY,))


def test_tries_of_an_older_recording_do_not_count(folder: Path) -> None:
    store(folder, ask(1), BUSY)
    store(folder, ask(1), PAGE)
    assert read(folder, URL) == Recorded(URL, PAGE)
    store(folder, ask(3), PAGE)
    assert read(folder, URL) == Recorded(URL, PAGE, 3)


def test_a_request_that_was_handed_back_unsent_is_not_an_answer(folder: Path) -> None:
    store(folder, ask(), PAGE)
    store(folder, ask(), Failure("late"))
    assert read(folder, URL) == Recorded(URL, PAGE)


def test_cookies_that_a_server_sets_are_not_written(folder: Path) -> None:
    headers = {"set-cookie": "token=secret", "Set-Cookie2": "secret", "etag": "1"}
    store(folder, ask(), Response(URL, 200, headers, b"", set_cookies=("token=secret",)))
    assert b"secret" not in gzip.decompress(file_of(folder, URL).read_bytes())
    recorded = read(folder, URL)
    assert recorded is not None
    assert isinstance(recorded.answer, Response)
    assert recorded.answer.headers == {"etag": "1"}


@pytest.mark.parametrize(
    "url",
    [
        "http://x/../../../etc/passwd",
        "http://x/" + "a" * 8_000,
        "http://x/%00%2F..",
        "http://x/a;rm -rf",
        "http://x/CON",
    ],
)
def test_hostile_names_stay_in_the_folder(folder: Path, url: str) -> None:
    store(folder, ask(url=url), Failure("http-404"))
    [written] = [path for path in folder.rglob("*") if path.is_file()]
    assert written.parent == folder / ANSWERS
    assert written.name.removesuffix(".gz").isalnum()
    assert len(written.name) == 67


def head(**changes: object) -> bytes:
    answer = {"kind": "failure", "code": "x", "detail": "", "status": 404, "retry_after": None, "elapsed": 0.1}
    plain = {"format": 1, "url": URL, "attempt": 1, "answer": answer, "tries": []}
    return json.dumps(plain | changes).encode() + b"\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no gzip",
        gzip.compress(head(), mtime=0)[:-20],
        gzip.compress(b"[" * 100_000, mtime=0),
        gzip.compress(b"{}\n", mtime=0),
        gzip.compress(b"[]\n", mtime=0),
        gzip.compress(head(format=2), mtime=0),
        gzip.compress(head(url="http://other.example/"), mtime=0),
        gzip.compress(head(answer={"kind": "page"}), mtime=0),
        gzip.compress(
            head(answer={"kind": "response", "url": URL, "status": 200, "headers": 5, "elapsed": 0}), mtime=0
        ),
        gzip.compress(head(answer={"kind": "moved", "status": "x", "location": 3, "elapsed": []}), mtime=0),
        gzip.compress(head(tries=[None]), mtime=0),
    ],
)
def test_a_broken_file_is_no_answer(folder: Path, content: bytes) -> None:
    file_of(folder, URL).write_bytes(gzip.compress(head(), mtime=0))
    assert read(folder, URL) is not None
    file_of(folder, URL).write_bytes(content)
    assert read(folder, URL) is None


def test_many_writers_of_one_url_leave_a_whole_answer_at_any_time(folder: Path) -> None:
    def write(number: int) -> None:
        for _ in range(20):
            store(folder, ask(), Response(URL, 200, {}, os.urandom(50_000 + number)))

    store(folder, ask(), PAGE)
    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert read(folder, URL) is not None
    assert len(list((folder / ANSWERS).iterdir())) == 1


def test_a_folder_that_is_gone_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="the recording cannot be written"):
        store(tmp_path, ask(), PAGE)
