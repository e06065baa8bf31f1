"""What `try` and a run say of pages that give nothing: the true reason, what to do, and no wrong next step."""

import json

import openpyxl
import pytest
import ruamel.yaml

from tests.support.badserver import answer, pages, serve

NEXT = b'<p>%s</p><script id="__NEXT_DATA__" type="application/json">{"a": {"b": 1}}</script>' % (b"Words. " * 20)
LOGIN = b"<title>Sign in</title><h1>Sign in</h1><form method=post><input name=u><input type=password></form>"
LIST = b"<ul>" + b"".join(b"<li><a href=/b%d>b</a></li>" % number for number in range(3)) + b"</ul>"


def data(body, kind):
    return answer(body).replace(b"text/html", kind)


def moved(to):
    return b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % to


JSON = data(b'{"items": [{"title": "Blue"}]}', b"application/json")
ABSENT = answer(status=b"404 Not Found")


@pytest.fixture
def site(tmp_path):
    """Serve answers by path, and write a config with a list of books that starts at /."""

    class Site:
        def __init__(self, server):
            self.server = server
            self.job = tmp_path / "own.yaml"
            config = {
                "name": "own",
                "start": f"{server.origin}/",
                "pages": {
                    "list": {"follow": [{"css": "li a", "to": "book"}]},
                    "book": {"table": "books", "fields": {"title": "h1"}},
                },
                "polite": {"delay": 0, "contact": "a@b.example"},
                "fetch": {"retries": 0},
                "output": "out/books.xlsx",
            }
            with self.job.open("w") as file:
                ruamel.yaml.YAML().dump(config, file)

    servers = []

    def make(answers):
        servers.append(serve(pages({"/robots.txt": ABSENT, **answers})))
        return Site(servers[-1].__enter__())

    yield make
    for server in servers:
        server.__exit__(None, None, None)


def words(text):
    return " ".join(text.split())


# ---- try


def test_json_is_called_json(cli, site):
    job = site({"/api": JSON, "/as-html": data(b'[{"title": "Blue"}]', b"text/html")}).job
    for path in ("/api", "/as-html"):
        done = cli("try", job, path)
        assert done.code == 3
        assert "data-not-html: the body is JSON" in done.out
        assert "what to do: if this is the data that you want, add format: json" in words(done.out)
        assert "next:" not in done.out
        assert "page kind p" not in done.out
        assert "0 of 0" not in done.out


@pytest.mark.parametrize(
    ("page", "reason", "advice"),
    [
        (
            NEXT,
            'data is in a script: <script id="__NEXT_DATA__">',
            "{css: '#ID', json: PATH} reads a script with an id",
        ),
        (
            b"<script src=a></script><div id=app></div>",
            "it may need JavaScript to fill the empty",
            "JavaScript is not run",
        ),
        (
            b"<p>Some text</p><!-- <h1>Blue</h1> -->",
            "what 'h1' looks for is in an HTML comment",
            "python: function",
        ),
        (b"<p>Please sign in</p><input type=password>", "the page asks for a password", "cookies to fetch.cookies"),
    ],
    ids=["script", "javascript", "comment", "login"],
)
def test_the_reason_and_what_to_do(cli, site, page, reason, advice):
    done = cli("try", site({"/x": answer(page)}).job, "/x", "--kind", "book")
    assert done.code == 3
    assert reason in words(done.out)
    assert advice in words(done.out)
    assert "next:" not in done.out


@pytest.mark.parametrize("columns", [60, 100])
def test_no_line_is_wider_than_the_window(cli, site, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    page = NEXT + b"<meta name=d content=x><div id=__next></div><input type=password><!-- <h1>x</h1> -->"
    job = site({"/x": answer(page), "/api": JSON}).job
    for path in ("/x", "/api"):
        lines = cli("try", job, path, "--set", "pages.book.fields.d=meta").out.splitlines()
        assert max(map(len, lines[1:])) <= columns


def test_a_meta_without_attr_is_told_below_its_line(cli, site):
    page = b"<h1>Blue</h1><meta name=d content=x><b></b>"
    job = site({"/x": answer(page)}).job
    both = ("--set", "pages.book.fields.d=meta", "--set", "pages.book.fields.e=b")
    done = cli("try", job, "/x", "--kind", "book", *both)
    assert "   d: <meta> never has text; add attr: content\n" in done.out
    assert "   e: the <b> has no text; it has no attributes either\n" in done.out
    fixed = cli("try", job, "/x", "--kind", "book", "--set", "pages.book.fields.d={css: meta, attr: content}")
    assert "next: crawler run" in fixed.out


def test_the_reason_of_each_row_is_told_once(cli, site):
    page = b"<h1>Books</h1><ul>" + b"<li><b>x</b></li>" * 5 + b"</ul>"
    table = "pages.book={table: books, each: li, fields: {title: b, head: h1}}"
    done = cli("try", site({"/x": answer(page)}).job, "/x", "--kind", "book", "--set", table)
    assert done.out.count("head: it is outside the row (1 on the page)") == 1


def test_a_redirect_to_a_login_is_called_so(cli, site):
    done = cli("try", site({"/b1": moved(b"/login?next=/b1"), "/login?next=/b1": answer(LOGIN)}).job, "/b1")
    assert (done.code, done.out) == (3, "")
    assert "login: a redirect led to this login page; log in with a browser" in done.err


@pytest.mark.parametrize(("status", "words"), [(b"401 Unauthorized", "a login"), (b"403 Forbidden", "a login, or")])
def test_a_refused_page_wants_a_login(cli, site, status, words):
    done = cli("try", site({"/x": answer(status=status)}).job, "/x")
    assert done.code == 3
    assert f"the page requires {words}" in done.err
    assert "fetch.cookies" in done.err


def test_robots_that_no_setting_helps_against_are_not_advised_against(cli, site):
    job = site({}).job
    done = cli("try", job, "http://127.0.0.1:9/x")
    assert "robots-unreachable" in done.err
    assert "polite.robots" not in done.err


def test_a_robots_file_with_an_error_may_be_passed_over(cli, site):
    done = cli("try", site({"/robots.txt": answer(status=b"503 Busy")}).job, "/x")
    assert "to fetch it anyway: --set polite.robots=false" in done.err


def test_a_kind_that_nothing_speaks_for_is_not_praised(cli, site):
    done = cli("try", site({"/x": answer(b"<p>nothing here</p>")}).job, "/x")
    assert "no rules find anything" in done.out
    assert "find the most" not in done.out


def test_the_json_has_clues_and_reasons(cli, site):
    job = site({"/x": answer(NEXT + b"<meta content=x>")}).job
    found = json.loads(cli("try", job, "/x", "--kind", "book", "--set", "pages.book.fields.d=meta", "--json").out)
    (clue,) = [finding for finding in found["findings"] if finding["what"] == "clue"]
    assert (clue["rule"], clue["raw"]) == ("script", 'data is in a script: <script id="__NEXT_DATA__">')
    (field,) = [finding for finding in found["findings"] if finding["where"] == "books.d"]
    assert field["why"] == "<meta> never has text; add attr: content"


# ---- run


def run(cli, job, *more):
    done = cli("run", job, "--json", *more)
    return done.code, json.loads(done.out)


def problems(job):
    sheet = openpyxl.load_workbook(job.parent / "out" / "books.xlsx")["Problems"]
    return [row[:4] for row in sheet.iter_rows(min_row=2, values_only=True) if row[0] not in ("table", "suspect")]


def test_json_behind_a_link_is_a_failure_and_a_picture_is_not(cli, site):
    book = answer(b"<h1>Blue</h1>")
    job = site({"/": answer(LIST), "/b0": book, "/b1": JSON, "/b2": data(b"\x89PNG\r\n\x1a\n", b"image/png")}).job
    code, report = run(cli, job)
    assert code == 3
    assert (report["pages"]["failed"], report["pages"]["skipped"]) == (1, 1)
    assert report["causes"] == {"data-not-html": 1, "not-html": 1}
    assert any("the body is JSON" in row[2] for row in problems(job))


def test_a_page_without_a_match_says_in_the_workbook_what_it_shows(cli, site):
    job = site({"/": answer(LIST), **dict.fromkeys(("/b0", "/b1", "/b2"), answer(NEXT))}).job
    assert run(cli, job)[0] == 3
    assert {row[2] for row in problems(job)} == {
        "nothing matches 'h1'; data is in a script: <script id=\"__NEXT_DATA__\">"
    }


@pytest.mark.parametrize("strategy", ["threads", "asyncio", "serial"])
def test_the_login_is_no_record_of_the_page_asked_for(cli, site, strategy):
    answers = dict.fromkeys(("/b0", "/b1", "/b2"), moved(b"/login"))
    found = site({"/": answer(LIST), **answers, "/login": answer(LOGIN)})
    code, report = run(cli, found.job, "--strategy", strategy)
    assert (code, report["records"], report["causes"]) == (3, {"books": 0}, {"login": 1})
    ((state, cause, what, url),) = problems(found.job)
    assert (state, cause, url) == ("failed", "login", f"{found.server.origin}/login")
    assert what == "a redirect led to this login page"


def test_a_login_on_another_site_is_a_failure_and_another_site_is_none(cli, site):
    answers = {
        "/b0": answer(b"<h1>Blue</h1>"),
        "/b1": moved(b"https://sso.shop.example/start?back=1"),
        "/b2": moved(b"https://www.shop.example/b2"),
    }
    job = site({"/": answer(LIST), **answers}).job
    code, report = run(cli, job)
    assert (code, report["causes"]) == (3, {"login": 1, "off-site": 1})
    assert (report["pages"]["failed"], report["pages"]["skipped"]) == (1, 1)


def test_a_detour_over_a_login_that_leads_back_is_none(cli, site):
    """As single sign-on does: the login sees its cookie and sends the browser back."""
    answers = {"/b0": moved(b"/sso/check"), "/sso/check": moved(b"/b0?ok=1"), "/b0?ok=1": answer(b"<h1>Blue</h1>")}
    job = site({"/": answer(b"<li><a href=/b0>b</a>"), **answers}).job
    code, report = run(cli, job)
    assert (code, report["records"], report["causes"]) == (0, {"books": 1}, {})


def test_a_page_that_a_link_calls_login_is_read_as_any(cli, site):
    job = site({"/": answer(b"<li><a href=/login>b</a>"), "/login": answer(b"<h1>Logging in, a novel</h1>")}).job
    assert run(cli, job)[1]["records"] == {"books": 1}


@pytest.mark.parametrize("client", ["requests", "curl"])
@pytest.mark.parametrize("strategy", ["threads", "asyncio"])
def test_a_refused_page_says_login_under_each_client(cli, site, strategy, client):
    if client == "curl":
        pytest.importorskip("pycurl")
    job = site({"/": answer(status=b"401 Unauthorized")}).job
    run(cli, job, "--strategy", strategy, "--set", f"fetch.client={client}")
    ((_, cause, what, _),) = problems(job)
    assert (cause, what) == ("http-401", "Unauthorized: the page requires a login")
