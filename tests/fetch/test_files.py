import errno
import hashlib
import os
import pickle
import threading
import time

import pytest

from crawler.fetch.files import Contents, FileSaver, digest_of, drafted, extension, in_use
from crawler.model import FILE, Failure, Page, Response


@pytest.mark.parametrize(
    ("kind", "url", "ext"),
    [
        ("image/jpeg", "http://a/x.png", "jpg"),
        ("IMAGE/PNG; charset=x", "http://a/", "png"),
        ("image/png, image/png", "http://a/", "png"),
        ("application/octet-stream", "http://a/x.PDF?y=1", "pdf"),
        ("", "http://a/x.jpeg", "jpg"),
        ("", "http://a/x", "bin"),
        ("", "http://a/x.exe", "bin"),
        ("application/x-msdownload", "http://a/x.exe", "bin"),
        ("application/x-sh", "http://a/x.sh", "bin"),
        ("image/x-unknown", "http://a/x.webp", "webp"),
        ("text/plain", "http://a/readme", "txt"),
        ("text/html", "http://a/x.jpg", "html"),
        ("", "http://a/x.tar.gz/..%2f..%2fpasswd", "bin"),
        ("", "http://a/?x=.png", "bin"),
    ],
)
def test_the_extension_is_one_of_a_fixed_list(kind, url, ext):
    assert extension(kind, url) == ext


def response(body, kind="image/png"):
    return Response("http://a/x.png", 200, {"content-type": kind}, body, 0.5)


def test_a_body_is_saved_under_its_digest_and_told_in_one_record(tmp_path):
    saver = pickle.loads(pickle.dumps(FileSaver(tmp_path / "photos")))
    page = saver(response(b"abc"))
    digest = hashlib.sha256(b"abc").hexdigest()
    assert isinstance(page, Page)
    assert page.bytes == 3
    assert [(one.table, one.values) for one in page.records] == [(FILE, f'{{"digest": "{digest}", "ext": "png"}}')]
    assert os.listdir(tmp_path / "photos" / ".contents") == [digest]
    assert saver(response(b"abc")) == page


def test_a_page_in_place_of_a_file_is_a_failure(tmp_path):
    saver = FileSaver(tmp_path)
    failure = saver(response(b"\n<!DOCTYPE html><p>log in", "text/html; charset=utf-8"))
    assert isinstance(failure, Failure)
    assert (failure.code, failure.detail) == ("html-not-file", "the answer is an HTML page, not a .png file")
    assert not (tmp_path / ".contents").exists()
    assert '"ext": "png"' in saver(response(b"\x89PNG", "text/html")).records[0].values  # not what its type says
    page = saver(response(b"<html>", "text/html")._replace(url="http://a/x"))
    assert '"ext": "html"' in page.records[0].values


def test_an_empty_file_is_a_failure(tmp_path):
    assert FileSaver(tmp_path)(response(b"")) == Failure("empty", "the file is empty", 200, elapsed=0.5)


def test_what_cannot_be_written_is_a_failure_that_says_why(tmp_path):
    (tmp_path / "photos").write_text("a file in the way")
    failure = FileSaver(tmp_path / "photos")(response(b"abc"))
    assert isinstance(failure, Failure)
    assert failure.code == "file-unwritable"


def test_symbolic_links_in_the_way_are_not_followed(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "photos"
    outside.mkdir()
    folder.mkdir()
    (folder / ".contents").symlink_to(outside, target_is_directory=True)
    failure = FileSaver(folder)(response(b"abc"))
    assert isinstance(failure, Failure)
    assert failure.code == "file-unwritable"
    assert not os.listdir(outside)
    (folder / ".contents").unlink()
    (outside / "target").write_bytes(b"mine")
    contents = Contents(folder)
    contents.make()
    digest = hashlib.sha256(b"abc").hexdigest()
    contents.path(digest).symlink_to(outside / "target")
    assert not contents.has(digest)
    assert contents.save(b"abc") == digest
    assert contents.has(digest)
    assert (outside / "target").read_bytes() == b"mine"
    assert digest_of(contents.path(digest)) == digest


def test_a_damaged_content_is_written_again_and_drafts_are_cleared(tmp_path):
    contents = Contents(tmp_path)
    digest = contents.save(b"abc")
    contents.path(digest).write_bytes(b"xxx")
    (tmp_path / ".contents" / ".tmp-0123").write_bytes(b"half")
    (tmp_path / ".tmp-89").write_bytes(b"half")
    assert contents.save(b"abc") == digest
    contents.clear()
    assert os.listdir(tmp_path / ".contents") == [digest]
    assert os.listdir(tmp_path) == [".contents"]
    assert contents.path(digest).read_bytes() == b"abc"


def test_drafts_of_another_job_at_work_are_not_cleared(tmp_path):
    contents = Contents(tmp_path)
    digest = contents.save(b"abc")
    with drafted(tmp_path, tmp_path / "x") as file:
        contents.clear()
        file.write(b"x")
    assert (tmp_path / "x").read_bytes() == b"x"
    with in_use(contents.path(digest)):
        os.link(contents.path(digest), tmp_path / ".tmp-name")
        contents.clear()
        assert (tmp_path / ".tmp-name").exists()
    contents.clear()
    assert sorted(os.listdir(tmp_path)) == [".contents", "x"]


@pytest.mark.parametrize(("age", "there"), [(10, True), (4_000, False)])
def test_drafts_go_by_their_age_where_there_are_no_locks(tmp_path, monkeypatch, age, there):
    def flock(number, how):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr("fcntl.flock", flock)
    contents, draft = Contents(tmp_path), tmp_path / ".contents" / ".tmp-0123"
    contents.save(b"abc")
    draft.write_bytes(b"half")
    then = time.time() - age
    os.utime(draft, (then, then))
    contents.clear()
    assert draft.exists() is there


def test_many_workers_save_the_same_content(tmp_path):
    contents, found = Contents(tmp_path), []
    workers = [threading.Thread(target=lambda: found.append(contents.save(b"x" * 100_000))) for _ in range(20)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert len(set(found)) == 1
    assert len(found) == 20
    assert os.listdir(tmp_path / ".contents") == [found[0]]


def test_a_name_is_of_no_file_where_there_is_none(tmp_path):
    assert digest_of(tmp_path / "x") is None
    assert digest_of(tmp_path) is None
