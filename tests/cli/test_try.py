"""`crawler try`: one page, rule by rule."""

import json

import pytest
import ruamel.yaml

from crawler.demo.catalogue import DEAD, MOVED_FROM, STAFF
from tests.support.badserver import FAULTS, answer, in_turn, keep_alive, pages, serve
from tests.support.jobs import write_job
from tests.support.postback_site import job as postback_job
from tests.support.postback_site import postback_site
from tests.support.walls import itself, walled

LISTING, BOOK = "/catalogue/page-1.html", "/catalogue/the-lighthouse-keepers-ledger_1/index.html"
AUTHOR = "/authors/ada-penrose-0.html"


@pytest.fixture
def job(tmp_path, shop):
    return write_job(tmp_path, shop)


@pytest.fixture
def found(cli, job):
    def find(*arguments, code=0):
        done = cli("try", job, *arguments, "--json")
        assert done.code == code
        return json.loads(done.out)

    return find


@pytest.fixture
def own(tmp_path):
    """A config for a server of the test."""

    def write(origin, **kind):
        job = {
            "name": "own",
            "start": f"{origin}/",
            "pages": {"page": kind or {"fields": {"title": "title"}}},
            "polite": {"delay": 0},
        }
        path = tmp_path / "own.yaml"
        with path.open("w") as file:
            ruamel.yaml.YAML().dump(job, file)
        return path

    return write


# ---- which kind


@pytest.mark.parametrize(("path", "kind"), [(LISTING, "listing"), (BOOK, "book"), (AUTHOR, "author")])
def test_the_kind_whose_rules_find_the_most(found, path, kind):
    assert found(path)["kind"] == kind


def test_a_start_url_has_the_start_kind_whatever_it_finds(found, shop):
    data = found(BOOK, "--start", f"{shop}{BOOK}", code=0)
    assert (data["kind"], data["why_kind"]) == ("listing", "this is a start URL")


def test_a_kind_can_be_named(found, cli, job):
    assert found(BOOK, "--kind", "author")["kind"] == "author"
    done = cli("try", job, BOOK, "--kind", "bok")
    assert (done.code, done.err) == (2, "--kind: no page kind 'bok'; did you mean 'book'?\n")


def test_it_says_why_and_how_to_choose_another(cli, job):
    out = " ".join(cli("try", job, BOOK).out.split())
    assert "page kind book: its rules find the most (listing 0 of 2, book 14 of 14, author 1 of 5)" in out
    assert "choose another with --kind" in out


# ---- what is shown


def test_every_field_with_rule_engine_matches_value_and_text(cli, job, monkeypatch):
    monkeypatch.setenv("COLUMNS", "140")
    lines = [line.split() for line in cli("try", job, BOOK).out.splitlines()]
    assert ["title", "h1", "lexbor", "1", "The", "Lighthouse", "Keeper’s", "Ledger", "same"] in lines
    assert ["published", "label", "Published", "lexbor", "1", "2005-06-19", "19", "June", "2005"] in lines
    assert ["price", "p.price", "lexbor", "1", "56.98", "£", "£56.98"] in lines
    assert ["stock", "p.stock", "lexbor", "1", "24", "In", "stock", "(24", "available)"] in lines


def test_a_rule_that_finds_nothing_is_marked(cli, job, found):
    out = cli("try", job, BOOK, "--kind", "author").out
    (born,) = [line for line in out.splitlines() if " born " in line]
    assert born.split() == ["!", "born", "label", "Born", "lexbor", "0", "nothing", "found"]
    assert out.endswith("1 of 5 rules found something\n")
    missed = [finding["where"] for finding in found(BOOK, "--kind", "author")["findings"] if finding["missed"]]
    assert missed == ["authors.born", "authors.place", "authors.website", "authors.about"]


def test_links_with_their_number_and_first_urls(cli, job, shop, found):
    lines = cli("try", job, LISTING).out.splitlines()
    (place,) = [place for place, line in enumerate(lines) if "-> book" in line]
    assert lines[place].split() == ["->", "book", "h3", "a", "lexbor", "21"]
    assert lines[place + 1].strip() == f"{shop}{BOOK}  shelf=D-29"
    follow = found(LISTING)["findings"][0]
    assert (follow["what"], follow["where"], follow["matches"], len(follow["urls"])) == ("follow", "book", 21, 10)


def test_dropped_links_with_the_reason(cli, job):
    out = cli("try", job, LISTING, "--set", "pages.listing.follow[0].deny=[lighthouse]").out
    assert "1 denied" in out


def test_rows_are_counted_and_the_first_two_shown(cli, own):
    html = b"<ul>" + b"".join(b"<li><b>n%d</b><i></i></li>" % number for number in range(7)) + b"</ul>"
    with serve(pages({"/": answer(html)})) as server:
        job = own(server.origin, each="li", fields={"name": "b", "none": "i", "odd": "i:empty"})
        out = cli("try", job, "/").out
    assert "table page: 7 rows, one for each li (lexbor)" in out
    assert "row 1 of 7" in out
    assert "row 2 of 7" in out
    assert "n1" in out
    assert "n2" not in out
    assert "found, but no value" in out


def test_a_default_is_called_so(cli, own):
    with serve(pages({"/": answer(b"<p>x</p>")})) as server:
        job = own(server.origin, fields={"n": {"css": "h1", "type": "int", "default": 3}, "p": "p"})
        (line,) = [line for line in cli("try", job, "/").out.splitlines() if "3 (default)" in line]
    assert line.startswith("!")


def test_hostile_text_is_tame_on_the_terminal(cli, own):
    with serve(pages({"/": answer(b"<title>a \x1b]0;owned\x07 b</title>")})) as server:
        out = cli("try", own(server.origin), "/").out
    assert "owned" in out
    assert "\x1b" not in out
    assert "\x07" not in out


def test_fault_197_a_narrow_window(cli, job, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    out = cli("try", job, BOOK).out
    assert "\nfield: title\n  rule: h1\n" in out


@pytest.mark.parametrize("columns", [70, 90])
def test_no_line_is_wider_than_the_window(cli, job, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = [line for line in cli("try", job, BOOK).out.splitlines()[2:] if not line.startswith("next: ")]
    assert max(map(len, lines)) <= columns


def test_the_keys_of_the_json_are_stable(found):
    data = found(BOOK)
    assert list(data) == [
        "schema", "exit_code", "url", "final_url", "request", "redirects", "status", "bytes", "failure", "kind",
        "why_kind", "findings",
    ]  # fmt: skip
    assert list(data["findings"][0]) == [
        "what", "where", "row", "rule", "engine", "matches", "raw", "value", "notes", "urls", "given", "sent",
        "dropped", "missed", "why",
    ]  # fmt: skip
    values = {finding["where"]: finding["value"] for finding in data["findings"]}
    assert values["books.price"] == {"amount": "56.98", "currency": "£"}
    assert values["books.genres"] == ["Poetry", "Travel"]
    assert values["books.published"] == "2005-06-19"


def test_a_hook(cli, own, tmp_path):
    (tmp_path / "hooks.py").write_text(
        "def take(soup, page):\n    yield {'title': soup.title.text}\n    yield {'title': 'two'}\n"
    )
    with serve(pages({"/": answer(b"<title>one</title>")})) as server:
        job = own(server.origin, python="hooks:take", table="things", fields={"title": {"type": "text"}})
        done = cli("try", job, "/")
    assert "2 records of things" in done.out, done
    assert "title  one" in done.out


# ---- how the page is fetched


def test_the_demo_site_is_started_for_a_job_that_has_one(cli):
    done = cli("try", "configs/demo.yaml", LISTING, "--set", "demo.port=0")
    assert (done.code, done.err) == (0, "")
    assert "-> book" in done.out
    assert done.out.endswith("2 of 2 rules found something\nnext: crawler run configs/demo.yaml\n")


def test_what_robots_forbids_is_not_fetched(cli, job, found):
    done = cli("try", job, STAFF)
    assert (done.code, done.out) == (3, "")
    assert "robots.txt forbids this page; to fetch it anyway: --set polite.robots=false" in done.err
    assert len(done.err.splitlines()) == 1
    assert found(STAFF, code=3)["failure"]["code"] == "robots"
    assert cli("try", job, STAFF, "--set", "polite.robots=false").code == 0


def test_a_robots_file_that_cannot_be_read_forbids_all(cli, own):
    with serve(pages({"/robots.txt": answer(status=b"503 Busy")})) as server:
        done = cli("try", own(server.origin), "/")
        assert server.paths == ["/robots.txt"]
    assert done.code == 3
    assert "robots-unreachable" in done.err


def test_a_redirect_is_followed_and_told(cli, job, found):
    done = cli("try", job, MOVED_FROM)
    assert done.code == 0
    assert done.err.startswith("redirected (301) to http://127.0.0.1:")
    data = found(MOVED_FROM)
    assert data["final_url"] == data["redirects"][0]["to"] != data["url"]
    assert data["kind"] == "book"


def test_a_redirect_to_itself_with_a_cookie_leads_to_the_page(cli, own):
    with walled(itself) as wall:
        done = cli("try", own(wall.url), "/b00.html", "--set", "polite.robots=false")
    assert wall.asked == [("/b00.html", ""), ("/b00.html", "seen=1")]
    assert "redirected (302)" in done.err


def test_redirects_end_after_five(cli, own):
    with serve(
        in_turn(answer(status=b"302 Moved").replace(b"Content-Type", b"Location: /again\r\nContent-Type"))
    ) as server:
        done = cli("try", own(server.origin), "/", "--set", "polite.robots=false")
        assert len(server.paths) == 6
    assert done.code == 3
    assert done.err.splitlines()[-1].endswith("redirects: more than 5 redirects")


def test_a_redirect_to_another_site_is_told_and_gets_no_secret(cli, own):
    with serve(pages({"/": answer(b"<title>there</title>")})) as other:
        elsewhere = other.origin.replace("127.0.0.1", "localhost")
        moved = b"HTTP/1.1 302 Found\r\nLocation: %s/\r\nContent-Length: 0\r\n\r\n" % elsewhere.encode()
        with serve(pages({"/": moved})) as server:
            done = cli(
                "try", own(server.origin), "/", "--set", "fetch.headers={X-Key: canary}",
                "--set", "fetch.allow_private=true",
            )  # fmt: skip
            assert server.requests[-1].header("X-Key") == "canary"
        said = " ".join(done.err.split())
        assert "another site: a run follows this only if its rule or start has same_site: false" in said
        assert all(seen.header("X-Key") is None for seen in other.requests)
    assert "there" in done.out
    assert "canary" not in done.out + done.err


def test_a_url_of_another_host_gets_no_secret(cli, own):
    with serve(pages({"/": answer()})) as other:
        job = own("http://shop.example")
        assert cli("try", job, other.url, "--set", "fetch.headers={X-Key: canary}").code == 0
        assert all(seen.header("X-Key") is None for seen in other.requests)


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("htp://x", "write http://x"),
        ("shop.example/x", "write https://shop.example/x"),
        ("/page-{1..3}", "give one URL"),
    ],
)
def test_a_wrong_url(cli, job, url, hint):
    done = cli("try", job, url)
    assert (done.code, done.out) == (2, "")
    assert hint in done.err


def test_a_page_that_is_gone_is_one_line_and_exit_3(cli, job):
    done = cli("try", job, DEAD)
    assert (done.code, done.out) == (3, "")
    assert done.err.endswith(f"{DEAD}: http-404: Not Found\n")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("fault", ["closed", "junk", "truncated", "not-gzip"])
def test_a_broken_answer_is_one_line_and_exit_3(cli, own, fault):
    with serve(FAULTS[fault]) as server:
        done = cli("try", own(server.origin), "/", "--set", "polite.robots=false", "--set", "fetch.timeout=5s")
    assert (done.code, done.out) == (3, "")
    assert len(done.err.splitlines()) == 1


def test_a_page_on_which_no_rule_finds_anything_is_exit_3(cli, own):
    with serve(pages({"/": answer(b"<p>nothing of it</p>")})) as server:
        done = cli("try", own(server.origin), "/")
    assert done.code == 3
    assert "no-match" in done.out
    assert "! " in done.out


def test_the_pause_between_requests_is_kept(cli, own):
    with serve(pages({"/": answer()})) as server:
        cli("try", own(server.origin), "/", "--set", "polite.delay=600ms")
        first, second = (seen.at for seen in server.requests)
    assert second - first >= 0.3  # a busy server notes a request late


def test_nothing_is_saved(cli, job):
    cli("try", job, BOOK)
    assert [path.name for path in job.parent.iterdir()] == ["job.yaml"]


def test_the_share_of_rules_counts_not_their_number_alone(cli, tmp_path):
    """A kind of many rules finds a few of them nearly everywhere."""
    many = {f"f{number}": "h1" if number < 4 else ".none" for number in range(10)}
    job = {
        "name": "two",
        "start": "http://shop.example/",
        "pages": {"many": {"fields": many}, "few": {"fields": {"title": "h1", "text": "p", "more": "b"}}},
    }
    path = tmp_path / "two.yaml"
    with path.open("w") as file:
        ruamel.yaml.YAML().dump(job, file)
    with serve(pages({"/x": answer(b"<h1>a</h1><p>b</p><b>c</b>")})) as server:
        data = json.loads(cli("try", path, f"{server.origin}/x", "--json", "--set", "polite.delay=0").out)
    assert (data["kind"], data["why_kind"]) == ("few", "its rules find the most (many 4 of 10, few 3 of 3)")


def test_a_sitemap_shows_what_is_taken_of_it(cli, tmp_path):
    def reply(path, number):
        entries = "".join(f"<url><loc>/shop/{n}</loc></url>" for n in range(12)) + "<url><loc>/about</loc></url>"
        bodies = {
            "/robots.txt": "Sitemap: /m.xml",
            "/m.xml": f"<urlset>{entries}</urlset>",
            "/n.xml": "<urlset><url><loc>/about</loc></url></urlset>",
            "/404.xml": "<!doctype html><p>Not found",
        }
        return answer(bodies.get(path, "<h1>Oak</h1>").encode())

    with serve(keep_alive(reply)) as server:
        path = tmp_path / "job.yaml"
        path.write_text(
            f"name: own\nstart: {{sitemap: '{server.origin}/robots.txt', allow: /shop/}}\n"
            "pages: {shop: {fields: {name: h1}}}\npolite: {robots: false, delay: 0}\n"
        )

        def tried(url, code=0):
            done = cli("try", path, server.origin + url, "--json")
            assert done.code == code, done.err
            found = json.loads(done.out)
            return found["kind"], [(one["where"], one["matches"], one["dropped"]) for one in found["findings"]]

        assert tried("/robots.txt") == ("(sitemap)", [("(sitemap)", 1, {})])
        assert tried("/m.xml") == ("(sitemap)", [("shop", 13, {"denied": 1})])
        assert tried("/shop/1")[0] == "shop"
        done = cli("try", path, f"{server.origin}/m.xml")
        assert "-> shop" in done.out
        assert f"{server.origin}/shop/0" in done.out
        done = cli("try", path, f"{server.origin}/n.xml")
        assert "allow:, deny: or sitemaps: exclude all of them" in done.out
        done = cli("try", path, f"{server.origin}/404.xml", "--kind", "(sitemap)")
        assert done.code == 3
        assert "not-sitemap: it is an HTML page" in done.out


def test_check_shows_what_a_sitemap_leads_to(cli, tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text(
        "name: own\nstart: {sitemap: 'https://a.example/robots.txt', sitemaps: m, allow: x, deny: y, since: 30d}\n"
        "pages: {shop: {fields: {name: h1}}}\n"
    )
    done = cli("check", path)
    assert "the addresses listed; sitemaps: m; allow: x; deny: y; since: 30d" in " ".join(done.out.split())
    plan = json.loads(cli("check", path, "--json").out)
    assert [kind["kind"] for kind in plan["pages"]] == ["shop", "(sitemap)"]
    assert plan["pages"][1]["sitemap"]["to"] == "shop"
    assert plan["start"]["kinds"] == {"(sitemap)": 1}


ASKED = """name: asked
demo: {{port: 0}}
start: /api/shelves
pages:
  shelves:
    format: json
    request: {{query: {{key: "${{SHOP_KEY}}"}}, headers: {{X-Key: "Bearer ${{SHOP_KEY}}"}}}}
    follow: [{{each: shelves, carry: {{shelf: name, id: {{json: id, hidden: true}}}}, to: shelf}}]
  shelf:
    format: json
    request: {{url: /api/shelf, {body}, headers: {{X-Client: map}}}}
    each: books
    fields: {{title: title}}
output: out.csv
"""
AS_JSON = 'json: {id: "{id}", key: "${SHOP_KEY}"}'
AS_FORM = 'form: {id: "{id}", key: "${SHOP_KEY}", two: "a & b"}'


@pytest.fixture
def asked(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_KEY", "very-s3cret")
    monkeypatch.setenv("COLUMNS", "110")

    def ask(*arguments, body=AS_JSON, code=0):
        job = tmp_path / "asked.yaml"
        job.write_text(ASKED.format(body=body))
        done = cli("try", job, *arguments)
        assert done.code == code
        assert "s3cret" not in done.out + done.err
        return [line.rstrip() for line in (done.out or done.err).splitlines()]

    return ask


def test_a_request_is_shown_with_its_body_and_values_and_without_secrets(asked):
    lines = asked("--kind", "shelf", "--with", "id=3")
    assert lines[0].startswith("POST http://127.0.0.1:")
    assert lines[0].endswith('/api/shelf  {"id":3,"key":"${SHOP_KEY}"}')
    assert lines[1:3] == ["  X-Client: map", "  with id=3"]
    assert lines[3].startswith("status 200")


def test_a_failure_shows_the_request_too_and_a_form_without_its_encoding(asked):
    lines = asked("--kind", "shelf", "--with", "id=3", body=AS_FORM, code=3)
    assert lines[0].endswith("/api/shelf  id=3&key=${SHOP_KEY}&two=a & b")
    assert lines[1:3] == ["  X-Client: map", "  with id=3"]
    assert lines[3].startswith("http-400: Bad Request; compare what was sent with what a browser sends there")


def test_a_body_that_is_too_long_for_the_line_stands_below_it_and_is_cut(asked):
    lines = asked("--kind", "shelf", "--with", "id=3", body=AS_JSON[:-1] + f', more: "{"x" * 900}"}}')
    assert lines[0].endswith("/api/shelf")
    assert lines[1].startswith('  {"id":3,')
    assert lines[1].endswith("xxx...")
    assert len(lines[1]) <= 4 * 110


def test_a_value_that_is_missing_is_named(asked):
    lines = asked("--kind", "shelf", code=3)
    assert lines[2] == "  without id; to give a value, add --with id=..."


def test_the_path_of_a_start_page_is_enough_where_its_request_adds_parameters(asked):
    lines = asked("/api/shelves")
    assert lines[0].endswith("/api/shelves?key=${SHOP_KEY}")
    assert lines[1] == "  X-Key: Bearer ${SHOP_KEY}"
    assert "page kind shelves: this is a start URL; choose another with --kind" in lines


def test_links_show_what_they_hand_over(asked):
    lines = asked("/api/shelves")
    assert [line.partition("/api/shelf")[2] for line in lines if line.endswith("id=2")] == ["  shelf=B id=2"]


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ("17", "17"),
        ('"17"', '"17"'),
        ("017", '"017"'),
        ("1.50", "1.50"),
        ("true", "true"),
        ("[1]", '"[1]"'),
        ("é", '"é"'),
    ],
)
def test_a_value_is_a_number_where_json_has_one(asked, written, body):
    lines = asked("--kind", "shelf", "--with", f"id={written}", code=3)
    assert f'{{"id":{body},' in lines[0]


def test_what_links_are_shown_to_hand_over_can_be_given_and_nothing_else(asked):
    given = ("--kind", "shelf", "--with", "shelf=A", "--with", "id=3")
    assert "  with id=3" in asked(*given)
    assert "gets no value 'shelve'; it gets: shelf, id" in asked(*given, "--with", "shelve=A", code=2)[0]


def test_a_value_goes_before_that_of_the_start_page_whose_address_is_taken(cli, tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text(
        "name: own\ndemo: {port: 0}\nstart: {url: /api/search, with: {genre: Cooking, size: 3}}\npages:\n  list:\n"
        "    format: json\n    request: {json: {genre: '{genre}', size: '{size:int}'}}\n    each: items\n"
        "    fields: {title: title}\n"
    )
    done = cli("try", path, "--kind", "list", "--with", "genre=Poetry")
    assert done.code == 0, done.err
    assert done.out.splitlines()[0].endswith('/api/search  {"genre":"Poetry","size":3}')
    assert "genre=Poetry" in done.out.splitlines()[1]


def test_after_a_redirect_a_post_is_shown_as_the_get_that_it_became(cli, own):
    with serve(in_turn(answer(b"", b"Location: /b", status=b"302 Found"), answer(b"<h1>x</h1>"))) as server:
        job = own(server.origin, request={"json": {"a": 1}}, fields={"title": "h1"})
        done = cli("try", job, "/", "--set", "polite.robots=false")
    assert done.code == 0
    assert done.out.splitlines()[0] == f"{server.origin}/b"


def test_the_first_start_page_of_a_kind_is_tried_with_its_values(cli, tmp_path):
    with serve(keep_alive(lambda path, number: answer(b"<h1>Oak</h1>"))) as server:
        path = tmp_path / "job.yaml"
        path.write_text(
            f"name: own\nstart: {{url: '{server.origin}/{{city}}', with: {{city: [oak, elm]}}}}\n"
            "pages: {shop: {fields: {name: h1, site: {value: 'x/{city}'}}}}\npolite: {robots: false, delay: 0}\n"
        )
        done = cli("try", path, "--kind", "shop", "--json")
        assert done.code == 0, done.err
        assert json.loads(done.out)["url"] == f"{server.origin}/oak"
        assert "x/oak" in done.out
        assert "x/elm" in cli("try", path, f"{server.origin}/elm").out


PAGED = """name: paged
start: {origin}/api/list?limit=3
polite: {{robots: false, delay: 0}}
pages:
  list:
    format: json
    request: {{query: {{offset: "{{offset}}", lang: de}}}}
    paginate: {{offset: 0, step: 3}}
    each: items
    fields: {{title: title}}
"""


@pytest.fixture
def paged(cli, tmp_path):
    """Run try on a list that is counted by offset; returns the path of the last request, and what was printed."""
    asked = []

    def give(path, number):
        asked.append(path)
        return answer(b'{"items": [{"title": "Oak"}]}')

    with serve(keep_alive(give)) as server:
        path = tmp_path / "paged.yaml"
        path.write_text(PAGED.format(origin=server.origin))

        def run(*arguments, code=0):
            done = cli("try", path, *(one.replace("ORIGIN", server.origin) for one in arguments))
            assert done.code == code, done.err
            return asked[-1] if asked else "", " ".join((done.out + done.err).split())

        yield run


def test_the_url_of_a_start_as_it_is_written_is_a_start_page(paged):
    assert "start URL" not in paged("ORIGIN/api/list?limit=4")[1]
    asked, out = paged("ORIGIN/api/list?limit=3", "--json")
    assert asked == "/api/list?limit=3&offset=0&lang=de"
    assert '"why_kind": "this is a start URL"' in out


@pytest.mark.parametrize("more", [(), ("--kind", "list")])
def test_without_a_url_the_first_start_page_is_tried(paged, more):
    assert paged(*more)[0] == "/api/list?limit=3&offset=0&lang=de"


def test_what_counts_the_pages_can_be_given_without_a_url(paged):
    asked, out = paged("--kind", "list", "--with", "offset=3")
    assert asked == "/api/list?limit=3&offset=3&lang=de"
    assert "offset=6" in out  # the next page


@pytest.mark.parametrize("more", [(), ("--kind", "list")])
def test_parameters_that_the_request_replaces_are_named(paged, more):
    asked, out = paged("ORIGIN/api/list?limit=3&offset=3&lang=en", *more)
    assert asked == "/api/list?limit=3&offset=0&lang=de"
    assert "request.query sends offset=0 in place of offset=3; to send yours, add --with offset=3" in out
    assert "request.query sends lang=de in place of lang=en" in out
    assert "in place of" not in paged("ORIGIN/api/list?limit=3&offset=3", "--with", "offset=3", "--kind", "list")[1]


def test_values_for_a_page_kind_that_takes_none_are_refused(cli, own):
    done = cli("try", own("http://a.example"), "--with", "id=3")
    assert (done.code, done.err) == (2, "--with: page kind 'page' gets no values\n")


REFUSING = """name: refusing
start: {origin}/api/list
polite: {{robots: false, delay: 0}}
fetch: {{headers: {{Authorization: "Bearer ${{API_TOKEN}}"}}}}
pages:
  list:
    format: json
    request: {{json: {{key: "${{SHOP_KEY}}"}}}}
    each: items
    fields: {{title: title}}
"""
SECRETS = {"API_TOKEN": "t0ken-1", "SHOP_KEY": 'k3y"/ö'}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error":\n "limit is missing"}', '{"error": "limit is missing"}'),
        (b"<!doctype html><h1>No</h1>", ""),
        (b"\xff\xfe\x00", ""),
        (b"", ""),
        (b"bad token t0ken-1", "bad token ***"),
        (json.dumps(SECRETS).encode(), '{"API_TOKEN": "***", "SHOP_KEY": "***"}'),
        (b"key=k3y%22%2F%C3%B6", "key=***"),
        (b"x" * 300, "x" * 197 + "..."),
    ],
)
@pytest.mark.parametrize("status", [b"400 Bad Request", b"503 Service Unavailable"])
def test_what_an_error_says_is_shown_without_secrets(cli, tmp_path, monkeypatch, body, said, status):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with serve(keep_alive(lambda path, number: answer(body, status=status))) as server:
        path = tmp_path / "job.yaml"
        path.write_text(REFUSING.format(origin=server.origin))
        done = cli("try", path)
        code, _, reason = status.decode().partition(" ")
        assert done.code == 3
        assert f"http-{code}: {reason}" in done.err
        assert done.err.splitlines()[2:] == ([f"  the answer says: {said}"] if said else [])
        assert json.loads(cli("try", path, "--json").out)["failure"]["said"] == said


def test_a_form_is_shown_with_the_fields_that_are_filled_in(cli, tmp_path):
    path = tmp_path / "grid.yaml"
    with postback_site("form") as site:
        path.write_text(postback_job(site))
        done = cli("try", path)
        assert done.code == 0, done.err
        assert f"      {site.url}/list\n        sends __EVENTTARGET=grid __EVENTARGUMENT='Page$Next'\n" in done.out
        (rule,) = [one for one in json.loads(cli("try", path, "--json").out)["findings"] if one["what"] == "follow"]
    assert rule["sent"] == [{"__EVENTTARGET": "grid", "__EVENTARGUMENT": "Page$Next"}]


@pytest.mark.parametrize("client", ["requests", "curl"])
@pytest.mark.parametrize("cut", [b'{"error": "no such shelf"', b""])
def test_an_error_whose_body_is_broken_is_that_error(cli, own, client, cut):
    """A run does not look at the bodies of errors."""
    whole = answer(b"{}", status=b"500 Oops").replace(b"Content-Length: 2", b"Content-Length: 100")

    def script(conn):
        if conn.request().startswith(b"GET /robots.txt"):
            conn.say(answer(b"", b"Connection: close", status=b"404 Not Found"))
        else:
            conn.say(whole.removesuffix(b"{}") + cut)

    with serve(script) as server:
        path = own(server.origin)
        path.write_text(path.read_text() + f"fetch: {{client: {client}}}\n")
        done = cli("try", path, server.url, "--json")
    (failure,) = [json.loads(done.out)["failure"]]
    assert (failure["code"], failure["status"]) == ("http-500", 500)
