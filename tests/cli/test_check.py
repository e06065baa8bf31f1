"""`crawler check`: the plan, without fetching and without leaving a trace."""

import json
import socket
import sqlite3

import pytest

from tests.support.jobs import write_job

SITE = "http://shop.example"


def small(folder, **changes):
    """A job of two page kinds on a host that does not exist."""
    import ruamel.yaml

    job = {
        "name": "small",
        "start": [f"{SITE}/page-{{1..50}}.html", f"{SITE}/more.html"],
        "pages": {
            "listing": {
                "follow": [
                    {"css": "li.next a", "to": "listing"},
                    {"css": "h3 a", "each": "article", "to": "book", "carry": {"badge": ".badge"}},
                ]
            },
            "book": {
                "table": "books",
                "key": "isbn",
                "fields": {
                    "title": "h1",
                    "isbn": {"label": "ISBN"},
                    "price": {"css": "p.price:-soup-contains(x)", "type": "money"},
                    "url": {"url": True},
                },
            },
        },
        "polite": {"contact": "me@example.com"},
        **changes,
    }
    path = folder / "small.yaml"
    with path.open("w") as file:
        ruamel.yaml.YAML().dump(job, file)
    return path


@pytest.fixture
def plan(cli, tmp_path):
    def make(*arguments, code=0, **changes):
        done = cli("check", small(tmp_path, **changes), "--json", *arguments)
        assert (done.code, done.err) == (code, "")
        return json.loads(done.out)

    return make


def test_the_keys_of_the_json_are_stable(plan):
    assert list(plan()) == [
        "schema", "exit_code", "name", "config", "start", "session", "pages", "tables", "fetch", "polite", "limits",
        "files",
        "outputs", "state", "warnings",
    ]  # fmt: skip


def test_start_urls(plan):
    start = plan()["start"]
    assert (start["count"], start["kinds"], start["demo"]) == (51, {"listing": 51}, False)
    assert start["first"] == [f"{SITE}/page-{number}.html" for number in range(1, 6)]


def test_the_follow_graph(plan):
    listing, book = plan()["pages"]
    assert [(rule["to"], rule["next"], rule["carry"]) for rule in listing["follow"]] == [
        ("listing", True, []),
        ("book", False, ["badge"]),
    ]
    assert (listing["tables"], book["tables"], book["follow"]) == ([], ["books"], [])


def test_columns_with_types_rules_and_engines(plan):
    (books,) = plan()["tables"]
    assert (books["name"], books["key"], books["kinds"]) == ("books", ["isbn"], ["book"])
    columns = {column["name"]: (column["type"], *column["found_by"]) for column in books["columns"]}
    assert list(columns) == ["title", "isbn", "price", "url", "badge"]
    assert columns["title"] == (
        "text", {"kind": "book", "rule": "h1", "carried": False, "engine": "lexbor", "why": ""}
    )  # fmt: skip
    assert (columns["isbn"][1]["rule"], columns["url"][1]["rule"]) == ("label ISBN", "the page's URL")
    assert (columns["price"][0], columns["price"][1]["engine"]) == ("money", "bs4")
    assert columns["price"][1]["why"] == "p.price:-soup-contains(x): lexbor does not support it"
    assert (columns["badge"][1]["kind"], columns["badge"][1]["carried"]) == ("listing", True)


def test_the_engine_of_the_config_is_used_without_reasons(plan):
    (books,) = plan("--set", "fetch.engine=bs4")["tables"]
    assert {source["engine"] for column in books["columns"] for source in column["found_by"]} == {"bs4", ""}
    assert not any(source["why"] for column in books["columns"] for source in column["found_by"])


@pytest.mark.parametrize(
    ("strategy", "workers", "parse"),
    [("serial", 1, "worker"), ("threads", 16, "callback"), ("processes", 16, "worker"), ("auto", 64, "worker")],
)
def test_strategy_and_parse_place_are_resolved_as_in_a_run(plan, strategy, workers, parse):
    fetch = plan("--set", f"fetch.strategy={strategy}")["fetch"]
    assert (fetch["strategy"], fetch["workers"], fetch["parse"]) == (strategy, workers, parse)


def test_an_output_that_can_be_written(plan, tmp_path):
    assert plan()["outputs"] == [{"path": str(tmp_path / "small.xlsx"), "exists": False, "problem": None}]


def test_an_output_that_cannot_be_written_is_exit_2_as_in_a_run(plan, cli, tmp_path):
    (tmp_path / "folder.xlsx").mkdir()
    found = plan(code=2, output=["folder.xlsx", "good.csv"])["outputs"]
    assert [output["problem"] for output in found] == ["is a directory; add a file name", None]
    assert "folder.xlsx: is a directory" in cli("check", tmp_path / "small.yaml").out


def test_complaints_go_to_stderr_with_exit_2(cli, tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("name: a b\nstart: x\npages: {}\n")
    done = cli("check", path, "--json")
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) >= 3


def test_nothing_is_fetched_and_nothing_is_left_behind(cli, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    path = small(tmp_path)
    assert cli("check", path).code == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["small.yaml"]


@pytest.mark.parametrize("name", ["demo", "books_toscrape", "quotes_toscrape", "edge_library"])
def test_the_shipped_configs_can_be_checked(cli, name):
    done = cli("check", f"configs/{name}.yaml")
    assert (done.code, done.err) == (0, "")
    assert "the config is valid" in done.out
    assert done.out.endswith(f"next: crawler run configs/{name}.yaml\n")


def test_the_text_has_everything_a_person_asks_for(cli, tmp_path):
    out = cli("check", small(tmp_path), "--set", "limits.time=1h").out
    for text in (
        "Start: 51 pages of page kind listing",
        "and 46 more",
        "li.next a; next page",
        "h3 a in each article; carries badge",
        "Table books: 5 columns from book; one row for each isbn",
        ".badge on listing",
        "p.price:-soup-contains(x): lexbor does not support it",
        "strategy threads, 16 workers",
        "0.2 s between requests to a host: at most 5 requests a second",
        "at most 1 h; the next run resumes",
        "small.xlsx can be written",
        "starts a crawl; this job has no state file yet",
        "crawler/0.1.0 (+me@example.com)",
    ):
        assert text in out, text


@pytest.mark.parametrize("columns", [60, 90, 110])
def test_no_line_is_wider_than_the_window(cli, tmp_path, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = cli("check", small(tmp_path)).out.splitlines()
    bodies = [line for line in lines if line.startswith("  ") and str(tmp_path) not in line]
    assert max(map(len, bodies)) <= columns


def test_warnings_are_shown(cli, plan, tmp_path):
    assert any("contact" in warning for warning in plan(polite={})["warnings"])
    assert "Warnings\n  polite.contact" in cli("check", tmp_path / "small.yaml").out


# ---- what the next run will do


def coming(cli, job, *arguments):
    done = cli("check", job, "--json", *arguments)
    return json.loads(done.out)["state"]


@pytest.fixture(scope="module")
def jobs(shop, tmp_path_factory):
    """A job that stopped at its limit of time, and one that is complete."""
    from crawler.cli.main import main

    folder = tmp_path_factory.mktemp("jobs")
    left, whole = write_job(folder / "left", shop), write_job(folder / "whole", shop)
    assert main(["run", str(left), "--quiet", "--set", "limits.time=1ms"]) == 3
    assert main(["run", str(whole), "--quiet"]) == 0
    return {"left": left, "whole": whole}


def test_a_complete_crawl_is_begun_anew(cli, jobs):
    state = coming(cli, jobs["whole"])
    assert state["next_run"]["what"] == "begin"
    assert "starts a new crawl; the last one, of 20" in state["in_words"]


def test_an_unfinished_crawl_is_gone_on_with(cli, jobs):
    state = coming(cli, jobs["left"])
    assert state["next_run"]["what"] == "go-on"
    assert state["next_run"]["left"] >= 1
    assert "--fresh starts over" in state["in_words"]


def test_fault_171_a_changed_config_begins_anew_and_says_so(cli, jobs):
    state = coming(cli, jobs["left"], "--set", "pages.book.key=url")
    assert state["next_run"]["what"] == "begin-anew"
    assert "discarded" in state["in_words"]


def test_how_fast_and_where_to_is_no_other_crawl(cli, jobs):
    state = coming(cli, jobs["left"], "--set", "fetch.workers=2", "--set", "polite.delay=1s")
    assert state["next_run"]["what"] == "go-on"


def test_the_state_is_only_read(cli, jobs):
    folder = jobs["left"].parent / "out"
    before = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}
    cli("check", jobs["left"])
    assert {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()} == before


def test_it_works_while_a_run_writes_the_state(cli, jobs):
    state = json.loads(cli("check", jobs["left"], "--json").out)["state"]["path"]
    with sqlite3.connect(state) as db:
        db.execute("UPDATE pages SET state = state")
        assert coming(cli, jobs["left"])["next_run"]["what"] == "go-on"
        db.rollback()
    db.close()


@pytest.mark.parametrize("content", [b"not a database" * 100, "foreign", "newer"])
def test_fault_210_and_211_a_state_that_a_run_would_refuse_is_exit_6(cli, tmp_path, content):
    job, state = small(tmp_path), tmp_path / "small.state.sqlite"
    if isinstance(content, bytes):
        state.write_bytes(content)
    else:
        db = sqlite3.connect(state)
        db.execute("CREATE TABLE t (x)")
        if content == "newer":
            db.execute("PRAGMA application_id = 1668440439")
            db.execute("PRAGMA user_version = 99")
        db.commit()
        db.close()
    before = state.read_bytes()
    done = cli("check", job)
    assert done.code == 6
    assert "state" in done.out
    assert state.read_bytes() == before


def with_values(folder):
    (folder / "points.csv").write_text("lat,city\n52.5,Oak\n,Elm\n48.1,Ash\n")
    return small(
        folder,
        start=[{"file": "points.csv", "with": {"type": ["a", "b"]}, "carry": ["city"], "kind": "book"}],
        pages={
            "book": {
                "request": {
                    "url": f"{SITE}/{{lat}}",
                    "json": {"t": "{type}", "lat": "{lat:decimal}", "key": "${KEY}"},
                    "headers": {"X-Type": "{type}"},
                },
                "fields": {"title": "h1"},
            }
        },
    )


def test_start_pages_are_shown_with_their_requests(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("KEY", "s3cret")
    path = with_values(tmp_path)
    done = cli("check", path, "--json")
    plan = json.loads(done.out)
    assert (plan["start"]["count"], plan["start"]["kinds"]) == (4, {"book": 4})
    assert plan["start"]["requests"][1] == {
        "method": "POST",
        "url": f"{SITE}/52.5",
        "body": '{"t":"b","lat":52.5,"key":"***"}',
        "values": {"lat": "52.5", "type": "b", "city": "Oak"},
    }
    city = plan["tables"][0]["columns"][1]
    assert (city["name"], city["type"], city["found_by"][0]["rule"]) == ("city", "text", "carry")
    assert "start: lat is empty in 1 of 3 lines, which are left out" in plan["warnings"]
    text = cli("check", path).out
    assert f'  POST {SITE}/48.1 {{"t":"a","lat":48.1,"key":"***"}} with ' in text
    assert "carry on start[0]" in text
    assert "s3cret" not in done.out + text


def test_a_value_that_no_header_can_hold_is_told_and_no_bug(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("KEY", "x")
    path = with_values(tmp_path)
    path.write_text(path.read_text().replace("- a\n", "- 世\n"), encoding="utf-8")
    done = cli("check", path)
    assert done.code == 0
    assert "the header X-Type would have a character that no header can hold" in " ".join(done.out.split())
