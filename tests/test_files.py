"""Fields of the type `file`: saved by content, named in the site's order, the same under every strategy and kill."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest
from openpyxl import load_workbook

import crawler
from crawler.replay.playback import Replay
from tests.support.badserver import answer, keep_alive, serve
from tests.support.jobs import crawl_here
from tests.support.killing import Requests, resumed_exactly
from tests.support.usable import USABLE

STRATEGIES = [
    name for name in ("serial", "threads", "asyncio", "curl", "processes", "processes-curl", "auto") if name in USABLE
]
PLACES = ("worker", "callback", "pool", "barrier")
LARGE = 300_000


def picture(name: str) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + name.encode()


def image(body: bytes, *headers: bytes) -> bytes:
    return answer(body, *headers).replace(b"Content-Type: text/html", b"Content-Type: image/png", 1)


ITEMS = {  # isbn: address of its picture
    "1": "/a.png",
    "2": "/b.png",
    "3": "/a.png",  # the same picture
    "4": "/copy-of-a.png",  # the same content under another address
    "5": "/gone.png",
    "6": "/large.png",
    "7": "/moved.png",
    "8": "http://other.example/x.png",
    "9": "data:image/png;base64,AAAA",
    "1 ": "/b2.png",  # another content for the name of the first
}


def reply(path: str, number: int) -> bytes:
    if path == "/":
        rows = "".join(f"<li><b>{isbn}</b><img src='{source}'></li>" for isbn, source in ITEMS.items())
        return answer(f"<!doctype html><ul>{rows}</ul>".encode())
    if path == "/gone.png":
        return answer(b"", status=b"404 Not Found")
    if path == "/moved.png":
        return answer(b"", b"Location: /c.png", status=b"302 Found")
    if path == "/large.png":  # a bomb
        return image(gzip.compress(b"x" * LARGE), b"Content-Encoding: gzip")
    if path.endswith(".png"):
        return image(picture("a" if "a.png" in path else path))
    return answer(b"", status=b"404 Not Found")


def write(
    folder: Path, origin: str, strategy: str = "threads", name: str = "", more: str = "", **fetch: object
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "job.yaml"
    named = f", name: '{name}'" if name else ""
    path.write_text(
        f"name: job\nstart: {origin}/\npages:\n  list:\n    table: books\n    each: li\n    fields:\n"
        f"      isbn: b\n      photo: {{css: img, attr: src, type: file}}\n"
        f"files: {{folder: photos, max_size: 100 kB{named}{more}}}\n"
        f"fetch: {json.dumps({'strategy': strategy, 'workers': 4, 'retries': 0, **fetch})}\n"
        "polite: {delay: 0, robots: false, contact: a@b.example}\nlimits: {failures: 100%}\n"
        "output: [job.xlsx, job.jsonl]\n"
    )
    return path


def named(path: str) -> str:
    return hashlib.sha1(path.encode()).hexdigest()[:12] + ".png"


def cells(folder: Path) -> dict[str, str | None]:
    lines = (folder / "job.jsonl").read_text().splitlines()
    return {row["isbn"] + ("" if at < 9 else "*"): row["photo"] for at, row in enumerate(map(json.loads, lines))}


def visible(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in (folder / "photos").iterdir() if one.is_file()}


def check(folder: Path, origin: str) -> None:
    """Cells and files are as they must be, and nothing else is there."""
    names = {path: named(f"{origin}{path}") for path in ("/a.png", "/b.png", "/moved.png", "/b2.png")}
    assert cells(folder) == {
        "1": f"photos/{names['/a.png']}",
        "2": f"photos/{names['/b.png']}",
        "3": f"photos/{names['/a.png']}",
        "4": f"photos/{names['/a.png']}",
        **dict.fromkeys("5689"),
        "7": f"photos/{names['/moved.png']}",
        "1*": f"photos/{names['/b2.png']}",
    }
    assert visible(folder) == {
        names["/a.png"]: picture("a"),
        names["/b.png"]: picture("/b.png"),
        names["/moved.png"]: picture("/c.png"),
        names["/b2.png"]: picture("/b2.png"),
    }
    for content in (folder / "photos" / ".contents").iterdir():
        assert hashlib.sha256(content.read_bytes()).hexdigest() == content.name


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_saves_the_same_files_once(tmp_path, strategy):
    with serve(keep_alive(reply)) as server:
        report = crawler.run(crawler.load(write(tmp_path, server.origin, strategy)))
    check(tmp_path, server.origin)
    assert report.records == {"books": 10}
    assert set(Counter(server.paths).values()) == {1}
    column = report.figures.tables["books"].columns["photo"]
    assert column.filled == 6
    assert column.noted == 4


@pytest.mark.parametrize("place", PLACES)
def test_every_parse_stage_saves_the_same_files(tmp_path, place):
    with serve(keep_alive(reply)) as server:
        crawler.run(crawler.load(write(tmp_path, server.origin, parse=place)))
    check(tmp_path, server.origin)


def test_the_workbook_leads_to_the_files_and_says_why_a_cell_is_empty(tmp_path):
    with serve(keep_alive(reply)) as server:
        crawler.run(crawler.load(write(tmp_path, server.origin)))
    book = load_workbook(tmp_path / "job.xlsx")
    sheet = book["books"]
    cell = sheet["B2"]
    assert cell.value == f"photos/{named(server.origin + '/a.png')}"
    assert cell.hyperlink.target == cell.value
    assert (tmp_path / cell.hyperlink.target).read_bytes() == picture("a")
    problems = [(row[1], row[2]) for row in book["Problems"].iter_rows(values_only=True) if row[5] == "books.photo"]
    assert problems == [
        ("file-failed", f"http-404: Not Found: {server.origin}/gone.png"),
        ("file-failed", f"too-large: more than 100000 bytes: {server.origin}/large.png"),
        ("off-site", "http://other.example/x.png"),
        ("scheme", "data:image/png;base64,AAAA"),
    ]


def test_an_output_in_another_folder_has_the_way_from_there(tmp_path):
    with serve(keep_alive(reply)) as server:
        job = crawler.load(write(tmp_path, server.origin), overrides=["output=out/a.jsonl"])
        report = crawler.run(job)
    row = json.loads((tmp_path / "out" / "a.jsonl").read_text().splitlines()[0])
    assert row["photo"] == f"../photos/{named(server.origin + '/a.png')}"
    assert next(iter(report.rows("books")))["photo"] == row["photo"]


def test_without_a_folder_they_are_beside_the_first_output(tmp_path):
    path = write(tmp_path, "http://a.example")
    path.write_text(path.read_text().replace("folder: photos, ", ""))
    assert crawler.load(path, overrides=["output=out/a.jsonl"]).files_path == tmp_path / "out" / "files"


@pytest.mark.parametrize("strategy", [name for name in ("threads", "curl") if name in USABLE])
def test_names_of_a_template_follow_the_order_of_the_site(tmp_path, strategy):
    with serve(keep_alive(reply)) as server:
        crawler.run(crawler.load(write(tmp_path, server.origin, strategy, "{isbn}.{ext}")))
    found = {name: path and path.removeprefix("photos/") for name, path in cells(tmp_path).items()}
    assert found == {
        **{name: f"{name}.png" for name in "12347"},
        **dict.fromkeys("5689"),
        "1*": "1-2.png",
    }
    assert visible(tmp_path)["1.png"] == visible(tmp_path)["4.png"] == picture("a")
    assert visible(tmp_path)["1-2.png"] == picture("/b2.png")
    assert (tmp_path / "photos" / "1.png").stat().st_ino == (tmp_path / "photos" / "4.png").stat().st_ino


def test_no_two_contents_share_a_name_in_any_case(tmp_path):
    rows = [("x", "/1.png"), ("x", "/2.png"), ("x-2", "/3.png"), ("X", "/4.png"), ("x", "/1.png"), ("x", "/2.png")]

    def page(path: str, number: int) -> bytes:
        text = "".join(f"<li><b>{isbn}</b><img src={source}></li>" for isbn, source in rows)
        return answer(text.encode()) if path == "/" else reply(path, number)

    with serve(keep_alive(page)) as server:
        crawler.run(crawler.load(write(tmp_path, server.origin, name="{isbn}.{ext}")))
    lines = (tmp_path / "job.jsonl").read_text().splitlines()
    assert [json.loads(line)["photo"] for line in lines] == [
        f"photos/{name}.png" for name in ("x", "x-2", "x-2-2", "X-3", "x", "x-2")
    ]
    assert visible(tmp_path)["x-2.png"] == picture("/2.png")
    assert visible(tmp_path)["x-2-2.png"] == picture("/3.png")


def test_files_on_other_sites_where_the_config_says_so(tmp_path):
    with serve(keep_alive(reply), host="127.0.0.1") as cdn:

        def page(path: str, number: int) -> bytes:
            return answer(f"<li><b>1</b><img src='{cdn.origin}/a.png'></li>".encode())

        with serve(keep_alive(page)) as server:
            origin = server.origin
            for at, (more, there) in enumerate([("", 0), (", same_site: false", 1), (", same_site: [127.0.0.1]", 1)]):
                path = write(tmp_path / str(at), origin, more=more, allow_private=True)
                crawler.run(crawler.load(path))
                assert len(visible(path.parent)) == there, more


def test_a_file_on_a_private_address_is_not_fetched(tmp_path):
    with serve(keep_alive(reply)) as secret:

        def page(path: str, number: int) -> bytes:
            return answer(f"<li><b>1</b><img src='http://localhost:{secret.port}/a.png'></li>".encode())

        with serve(keep_alive(page)) as server:
            crawler.run(crawler.load(write(tmp_path, server.origin, more=", same_site: false")))
    assert cells(tmp_path) == {"1": None}
    assert not secret.requests


def test_robots_txt_holds_for_files(tmp_path):
    def page(path: str, number: int) -> bytes:
        return answer(b"User-agent: *\nDisallow: /b") if path == "/robots.txt" else reply(path, number)

    with serve(keep_alive(page)) as server:
        crawler.run(crawler.load(write(tmp_path, server.origin), overrides=["polite.robots=true"]))
    assert cells(tmp_path)["2"] is None
    assert "/b.png" not in server.paths


def test_several_files_in_a_cell_and_carried_ones(tmp_path):
    def page(path: str, number: int) -> bytes:
        if path == "/":
            return answer(b"<li><a href=/1>x</a><img class=cover src=/a.png></li>")
        if path == "/1":
            return answer(b"<h1>One</h1><p><img src=/b.png><img src=/gone.png><img src=/c.png></p>")
        return reply(path, number)

    (tmp_path / "job.yaml").write_text("")
    with serve(keep_alive(page)) as server:
        (tmp_path / "job.yaml").write_text(
            f"name: job\nstart: {server.origin}/\npages:\n"
            "  list: {follow: [{each: li, css: a, carry: {cover: {css: img, attr: src, type: file}}, to: book}]}\n"
            "  book: {fields: {title: h1, photos: {css: p img, attr: src, all: true, type: file}}}\n"
            "fetch: {retries: 0}\npolite: {delay: 0, robots: false}\nlimits: {failures: 100%}\noutput: job.jsonl\n"
        )
        crawler.run(crawler.load(tmp_path / "job.yaml"))
    (row,) = map(json.loads, (tmp_path / "job.jsonl").read_text().splitlines())
    assert row == {
        "title": "One",
        "photos": [f"files/{named(f'{server.origin}/{name}.png')}" for name in "bc"],
        "cover": f"files/{named(server.origin + '/a.png')}",
    }


def test_a_recording_plays_the_files_back_into_its_own_folder(tmp_path):
    with serve(keep_alive(reply)) as server:
        job = crawler.load(write(tmp_path, server.origin))
        crawler.run(job, record=tmp_path / "tape")
    before = visible(tmp_path)
    crawler.run(job, replay=Replay(tmp_path / "tape", latency=0))
    again = tmp_path / "tape" / "output"
    assert {one.name: one.read_bytes() for one in (again / "photos").iterdir() if one.is_file()} == before
    assert (again / "job.jsonl").read_bytes() == (tmp_path / "job.jsonl").read_bytes()


def test_a_second_run_leaves_no_old_file_wrong_and_loses_nothing_of_a_person(tmp_path):
    version = [b"old"]

    def page(path: str, number: int) -> bytes:
        if path == "/":
            return answer(b"<li><b>1</b><img src=/1.png></li>")
        return image(version[0])

    with serve(keep_alive(page)) as server:
        path = write(tmp_path, server.origin, name="{isbn}.{ext}")
        crawler.run(crawler.load(path))
        crawler.run(crawler.load(path))
        assert visible(tmp_path) == {"1.png": b"old"}
        version[0] = b"new"
        crawler.run(crawler.load(path))
        assert visible(tmp_path) == {"1.png": b"new"}
        (tmp_path / "photos" / "1.png").unlink()
        (tmp_path / "photos" / "1.png").write_bytes(b"mine")
        report = crawler.run(crawler.load(path))
    assert (tmp_path / "photos" / "1.png").read_bytes() == b"new"
    assert b"mine" in visible(tmp_path).values()
    assert [one.file.name for one in report.kept] == ["1.png"]


def test_a_content_that_was_damaged_is_saved_again(tmp_path):
    with serve(keep_alive(reply)) as server:
        path = write(tmp_path, server.origin)
        crawler.run(crawler.load(path))
        for one in (tmp_path / "photos" / ".contents").iterdir():
            one.write_bytes(b"damaged")  # through the second name, too
        crawler.run(crawler.load(path))
    names = {named(server.origin + "/a.png")}
    assert {name: visible(tmp_path)[name] for name in names} == dict.fromkeys(names, picture("a"))


def test_what_is_not_good_takes_no_name_away(tmp_path):
    more = [True]

    def page(path: str, number: int) -> bytes:
        if path == "/":
            pictures = b"<li><b>1</b><img src=/1.png></li>"
            return answer(pictures + b"<li><b>2</b></li>" * (60 if more[0] else 0))
        return image(b"good" if more[0] else b"bad")

    with serve(keep_alive(page)) as server:
        path = write(tmp_path, server.origin, name="{isbn}.{ext}")
        assert crawler.run(crawler.load(path)).verdict == "good"
        more[0] = False
        assert crawler.run(crawler.load(path)).verdict == "suspect"
    assert (tmp_path / "photos" / "1.png").read_bytes() == b"good"
    (row,) = map(json.loads, (tmp_path / "job.suspect.jsonl").read_text().splitlines())
    assert (tmp_path / row["photo"]).read_bytes() == b"bad"


def test_a_folder_that_is_gone_leaves_empty_cells_and_a_note(tmp_path):
    with serve(keep_alive(reply)) as server:
        path = write(tmp_path, server.origin)
        crawler.run(crawler.load(path))
    for one in (tmp_path / "photos" / ".contents").iterdir():
        one.unlink()
    crawler.write_outputs(crawler.load(path))
    assert set(cells(tmp_path).values()) == {None}


def test_addresses_made_of_templates_data_and_functions(tmp_path):
    data = {"items": [{"id": "a", "pic": "/b.png"}, {"id": "c", "pic": None}]}

    def page(path: str, number: int) -> bytes:
        if path == "/data":
            return answer(json.dumps(data).encode()).replace(b"text/html", b"application/json")
        return answer(b"<h1>x</h1>") if path == "/page" else reply(path, number)

    (tmp_path / "hooks.py").write_text("def book(page, url):\n    return [{'cover': 'c.png', 'bad': 'mailto:a@b'}]\n")
    path = tmp_path / "job.yaml"
    with serve(keep_alive(page)) as server:
        path.write_text(
            f"name: job\nstart: [{{url: {server.origin}/data}}, {{url: {server.origin}/page, kind: page}}]\n"
            "pages:\n  data: {format: json, each: items, fields: {id: id, pic: {json: pic, type: file},\n"
            "    made: {value: '/{id}.png', type: file}}}\n"
            "  page: {python: 'hooks:book', fields: {cover: {type: file}, bad: {type: file}}}\n"
            "polite: {delay: 0, robots: false}\noutput: job.jsonl\n"
        )
        crawler.run(crawler.load(path))
        names = {name: f"files/{named(f'{server.origin}/{name}.png')}" for name in "abc"}
    rows = [json.loads(line) for line in (tmp_path / "job.data.jsonl").read_text().splitlines()]
    assert rows == [
        {"id": "a", "pic": names["b"], "made": names["a"]},
        {"id": "c", "pic": None, "made": names["c"]},
    ]
    (row,) = map(json.loads, (tmp_path / "job.page.jsonl").read_text().splitlines())
    assert row == {"cover": names["c"], "bad": None}


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("{css: img, attr: src, all: true, join: x, type: file}", "join"),
        ("{css: img, attr: src, type: file, hidden: true}", "hidden"),
    ],
)
def test_the_check_refuses_fields_that_are_no_files(tmp_path, field, what):
    path = write(tmp_path, "http://a.example")
    path.write_text(path.read_text().replace("{css: img, attr: src, type: file}", field))
    with pytest.raises(crawler.ConfigError, match=what):
        crawler.load(path)


def test_the_check_says_where_files_go(tmp_path):
    text = " ".join(crawl_here("check", write(tmp_path, "http://a.example", name="{isbn}.{ext}")).stdout.split())
    assert f"saved in {tmp_path / 'photos'}, named {{isbn}}.{{ext}}" in text
    assert "up to 100 kB each, on the site of their page" in text


def test_try_says_that_nothing_is_saved(tmp_path):
    with serve(keep_alive(reply)) as server:
        done = crawl_here("try", write(tmp_path, server.origin), f"{server.origin}/")
    assert f"{server.origin}/a.png" in done.stdout
    assert "try does not save files" in done.stdout
    assert not (tmp_path / "photos").exists()


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("{isbm}.{ext}", "isbm"),
        ("a/{isbn}.{ext}", "cannot be part"),
        ("{isbn}", "does not end"),
        (".{isbn}.{ext}", "hidden"),
    ],
)
def test_the_check_refuses_names_that_cannot_be(tmp_path, name, what):
    with pytest.raises(crawler.ConfigError, match=what):
        crawler.load(write(tmp_path, "http://a.example", name=name))


# ---- kills

MANY = 40


def many(path: str, number: int) -> bytes:
    if path == "/":
        rows = "".join(f"<li><b>{at % 30}</b><img src='/{at}.png'></li>" for at in range(MANY))
        return answer(f"<!doctype html><ul>{rows}</ul>".encode())
    return image(picture(str(int(path[1:-4]) % 35)) * 2_000)


def tree(folder: Path) -> dict[str, bytes]:
    """All files and outputs: contents by name, drafts of either too."""
    found = {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}
    return {name: content for name, content in found.items() if name.startswith("photos") or "jsonl" in name}


@pytest.mark.parametrize(
    ("strategy", "seeds"),
    [("threads", range(1, 2))]
    + [
        pytest.param(name, range(25), marks=pytest.mark.long)
        for name in ("threads", "processes", "asyncio", "curl")
        if name in USABLE
    ],
)
def test_a_killed_run_is_resumed_with_whole_files_and_right_cells(tmp_path, strategy, seeds):
    requests = Requests()

    def counted(path: str, number: int) -> bytes:
        requests()
        return many(path, number)

    contents = {picture(str(number)) * 2_000 for number in range(35)}

    def all_whole(folder: Path) -> None:
        for one in (folder / "photos").glob("*.png"):
            assert one.read_bytes() in contents

    with serve(keep_alive(counted)) as server:

        def job(folder: Path) -> Path:
            return write(folder, server.origin, strategy, "{isbn}.{ext}")

        resumed_exactly(tmp_path, requests, job, tree, seeds, look=all_whole)
    wanted = tree(tmp_path / "whole")
    assert {content for name, content in wanted.items() if ".contents" in name} == contents
