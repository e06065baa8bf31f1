"""Crawls that start from a sitemap: the same rows under every strategy, nothing asked for twice, also after kill -9."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable

import pytest

import crawler
from crawler.crawl.inbox import Stopper
from crawler.extract.parser import Parser
from crawler.replay.playback import Replay
from crawler.runner import assemble
from crawler.store.result import StoredResult
from crawler.store.schema import open_database
from tests.support.badserver import answer, keep_alive, serve
from tests.support.jobs import crawl_here
from tests.support.killing import Target
from tests.support.static_site import served
from tests.support.usable import USABLE

STRATEGIES = [
    name for name in ("serial", "threads", "asyncio", "curl", "processes", "processes-curl", "auto") if name in USABLE
]
PLACES = ("worker", "callback", "pool", "barrier")
KINDS = "\n  shop: {fields: {id: {url: true, regex: '[^/]+$'}, name: h1}}"


@pytest.fixture
def site(tmp_path):
    """Crawl a site given as a function from path to body.

    Returns rows, problems, how often each path was asked for, the report, and the number of pages of each kind.
    """

    def run(page: Callable[[str], str | bytes | None], start: str, strategy="threads", kinds=KINDS, more="", **keys):
        def reply(path: str, number: int) -> bytes:
            body = page(path)
            if body is None:
                return answer(b"", status=b"404 Not Found")
            if isinstance(body, str):
                body = body.replace("HOST", server.origin).encode()
            return answer(body)

        path = tmp_path / f"{len(list(tmp_path.iterdir()))}" / "job.yaml"
        path.parent.mkdir()
        with serve(keep_alive(reply)) as server:
            path.write_text(
                f"name: job\nstart: {start.replace('HOST', server.origin)}\npages:{kinds}\n"
                f"fetch: {{strategy: {strategy}, workers: 4, retries: 0{more}}}\n"
                f"polite: {{delay: 0, robots: {str(keys.pop('robots', False)).lower()}}}\noutput: out.jsonl\n"
                f"limits: {json.dumps(keys)}\n"
            )
            job = crawler.load(path)
            report = crawler.run(job)
            rows = {table.name: [row["id"] for row in report.rows(table.name)] for table in job.tables}
            db = open_database(job.state_path)
            problems = [
                (one.state, one.code, one.where) for one in StoredResult(db, 1, job.tables, job.keys).problems()
            ]
            kinds_of = dict(db.execute("SELECT kind, count(*) FROM pages GROUP BY kind"))
            db.close()
        asked = Counter(seen.path for seen in server.requests)
        return rows, problems, asked, report, kinds_of

    return run


def urlset(*paths: str) -> str:
    return "<urlset>" + "".join(f"<url><loc>HOST{path}</loc></url>" for path in paths) + "</urlset>"


def index(*paths: str) -> str:
    return "<sitemapindex>" + "".join(f"<sitemap><loc>HOST{path}</loc></sitemap>" for path in paths) + "</sitemapindex>"


LOOPS = {
    "/robots.txt": "User-agent: *\nDisallow:\nSitemap: HOST/index.xml\nsitemap: /index2.xml",
    "/index.xml": index("/index.xml", "/a.xml", "/index2.xml", "/news.xml"),
    "/index2.xml": index("/index.xml", "/b.xml", "/index2.xml", "/a.xml"),
    "/a.xml": urlset("/shop/1", "/shop/2", "/about"),
    "/b.xml": urlset("/shop/3", "/shop/2", "/shop/4", "/shop/gone"),
    "/news.xml": urlset("/shop/9"),
}
START = "[{sitemap: HOST/robots.txt, sitemaps: ['/[ab].xml', index], allow: /shop/}]"


def page(path: str) -> str | None:
    if path in LOOPS:
        return LOOPS[path]
    return f"<h1>{path}</h1>" if path.startswith("/shop/") and path != "/shop/gone" else None


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_gives_the_same_rows_and_asks_once(site, strategy):
    rows, problems, asked, report, kinds = site(page, START, strategy)
    assert rows == {"shop": ["1", "2", "3", "4"]}
    wanted = {*LOOPS, "/shop/gone", *(f"/shop/{number}" for number in (1, 2, 3, 4))} - {"/news.xml"}
    assert asked == dict.fromkeys(wanted, 1)
    assert kinds == {"(sitemap)": 5, "shop": 5}
    assert report.dropped == {"denied": 2}
    assert problems == [("failed", "http-404", "")]
    assert report.ending == "finished"


@pytest.mark.parametrize("place", PLACES)
def test_every_parse_stage_gives_the_same_rows(site, place):
    rows, *_ = site(page, START, more=f", parse: {place}")
    assert rows == {"shop": ["1", "2", "3", "4"]}


def test_a_compressed_sitemap(site):
    def packed(path):
        return gzip.compress(b"<urlset><url><loc>/shop/7</loc></url></urlset>") if path == "/m.xml.gz" else page(path)

    assert site(packed, "[{sitemap: HOST/m.xml.gz}]")[0] == {"shop": ["7"]}


def test_several_sitemaps_and_other_starts(site):
    kinds = KINDS + "\n  other: {fields: {id: {url: true}, name: h1}}"
    start = "[HOST/shop/5, {sitemap: [HOST/a.xml, HOST/b.xml], deny: about}, {sitemap: HOST/a.xml, kind: other}]"
    rows, _, _, _, found = site(page, start, kinds=kinds)
    assert rows["shop"] == ["5", "1", "2", "3", "4"]
    assert [one.rpartition("/")[2] for one in rows["other"]] == ["1", "2"]
    assert found["(sitemap)"] == 2
    assert found["(sitemap 2)"] == 1


def test_addresses_are_at_no_depth_but_sitemaps_count_as_pages(site):
    assert site(page, START, depth=0)[0] == {"shop": ["1", "2", "3", "4"]}
    _, _, asked, report, _ = site(page, START, pages=3)
    assert asked.total() == 3
    assert report.causes["limit"] > 0


def test_an_endless_line_of_indexes_ends(site):
    def endless(path):
        return index(f"/i{int(path[2:-4]) + 1}.xml") if path.startswith("/i") else None

    _, problems, asked, *_ = site(endless, "[{sitemap: HOST/i1.xml}]", pages=1000)
    assert asked.total() <= 105
    assert ("noted", "page-repeats", "") in problems


def test_a_sitemap_that_robots_txt_disallows_is_skipped(site):
    def disallowing(path):
        return (
            "User-agent: *\nDisallow: /a.xml\nSitemap: /a.xml\nSitemap: /b.xml" if path == "/robots.txt" else page(path)
        )

    rows, problems, asked, *_ = site(disallowing, "[{sitemap: HOST/robots.txt}]", robots=True)
    assert rows == {"shop": ["3", "2", "4"]}
    assert "/a.xml" not in asked
    assert ("skipped", "robots", "") in problems


def test_a_sitemap_elsewhere_leads_to_no_private_address(site):
    """robots.txt may name sitemaps on any host, but that is a link: only the config may name private addresses."""

    def leading(path):
        lines = "Sitemap: HOST/a.xml\nSitemap: http://localhost:1/b.xml"
        return lines if path == "/robots.txt" else page(path)

    _, problems, asked, *_ = site(leading, START)
    assert ("failed", "address-blocked", "") in problems
    assert asked["/a.xml"] == 1


def test_a_page_that_is_no_sitemap_fails_by_name(site):
    _, problems, _, report, _ = site(lambda path: "<!doctype html><p>x", "[{sitemap: HOST/m.xml}]")
    assert ("failed", "not-sitemap", "") in problems
    assert report.causes == {"not-sitemap": 1}


def test_a_sitemap_that_moved(site):
    def moved(path):
        return page(path) if path != "/m.xml" else None

    assert site(moved, "[{sitemap: [HOST/m.xml, HOST/a.xml], allow: shop}]")[0] == {"shop": ["1", "2"]}


def test_the_moment_that_since_counts_from_is_that_of_the_crawl(tmp_path, monkeypatch):
    """A run that is resumed a week later takes the same addresses."""
    seen = []
    monkeypatch.setattr(assemble, "Parser", lambda recipe, *rest: seen.append(recipe.began) or Parser(recipe, *rest))
    stopper = Stopper()

    def reply(path: str, number: int) -> bytes:
        if path == "/m.xml":
            stopper.stop("interrupted")
            return answer(urlset("/shop/1").replace("HOST", server.origin).encode())
        return answer(b"<h1>x</h1>")

    with serve(keep_alive(reply)) as server:
        path = tmp_path / "job.yaml"
        path.write_text(
            f"name: job\nstart: {{sitemap: '{server.origin}/m.xml', since: 1d}}\npages:{KINDS}\n"
            "polite: {delay: 0, robots: false}\noutput: out.jsonl\n"
        )
        crawler.run(crawler.load(path), stopper=stopper)
        report = crawler.run(crawler.load(path))
    assert report.resumed
    assert len(seen) == 2
    assert seen[0] == seen[1] is not None


# ---- kill -9


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shops")
    root, log = folder / "site", folder / "log.jsonl"
    (root / "shop").mkdir(parents=True)
    for number in range(150):
        (root / "shop" / f"{number}.html").write_text(f"<h1>Shop {number}</h1>")
    with served(root, log) as origin:
        maps = [f"/map{n}.xml.gz" for n in range(15)]
        (root / "robots.txt").write_text(f"Sitemap: {origin}/index.xml\n")
        (root / "index.xml").write_text(index("/index.xml", *maps).replace("HOST", origin))
        for n, name in enumerate(maps):
            text = urlset(*(f"/shop/{number}.html" for number in range(10 * n, 10 * n + 10))).replace("HOST", origin)
            (root / name[1:]).write_bytes(gzip.compress(text.encode()))

        def arguments(out, strategy):
            out.mkdir(parents=True, exist_ok=True)
            path = out / "job.yaml"
            if not path.exists():
                path.write_text(
                    f"name: shops\nstart: {{sitemap: '{origin}/robots.txt', allow: shop}}\n"
                    "pages: {shop: {fields: {name: h1, url: {url: true}}}}\n"
                    f"fetch: {{strategy: {strategy}, workers: 8}}\n"
                    "polite: {delay: 5ms, robots: false, per_host: 100}\noutput: [out.jsonl]\n"
                )
            return [path]

        target = Target(arguments, log)
        target.measure(folder / "reference")
        assert len((folder / "reference" / "out.jsonl").read_text().splitlines()) == 150
        yield target


@pytest.mark.long
@pytest.mark.parametrize("strategy", [name for name in ("threads", "asyncio", "processes", "curl") if name in USABLE])
def test_many_killed_crawls_are_gone_on_with_exactly(shops, tmp_path, strategy):
    shops.kill_many(tmp_path, strategy, range(5))


def test_the_words_of_check_and_status(shops, tmp_path):
    (path,) = shops.arguments(tmp_path, "threads")
    checked = crawl_here("check", path)
    assert "page kind (sitemap)" in checked.stdout
    assert "-> shop" in checked.stdout
    assert "the addresses listed; allow: shop" in checked.stdout


def test_a_sitemap_that_is_shorter_than_last_time_is_named(tmp_path):
    gone: set[str] = set()

    def reply(path: str, number: int) -> bytes:
        if path in gone:
            return answer(b"", status=b"404 Not Found")
        if path == "/index.xml":
            return answer(index("/m1.xml", "/m2.xml").replace("HOST", server.origin).encode())
        if path in ("/m1.xml", "/m2.xml"):
            return answer(urlset(*(f"/shop{path[2]}{n}" for n in range(5))).replace("HOST", server.origin).encode())
        return answer(f"<h1>{path}</h1>".encode())

    with serve(keep_alive(reply)) as server:
        path = tmp_path / "job.yaml"
        path.write_text(
            f"name: job\nstart: {{sitemap: '{server.origin}/index.xml'}}\npages:{KINDS}\n"
            "polite: {delay: 0, robots: false}\noutput: out.jsonl\nlimits: {failures: 50%}\n"
        )
        job = crawler.load(path)
        assert crawler.run(job).verdict == "good"
        gone.add("/m2.xml")
        report = crawler.run(job)
    assert report.verdict == "suspect"
    (doubt,) = [doubt for doubt in report.doubts if doubt.code == "fewer-rows"]
    assert doubt.rule == "the sitemap lists 0 addresses of kind 'shop' instead of 5"
    assert doubt.since.endswith("/m2.xml")


def test_a_sitemap_that_fails_for_now_is_left_for_the_next_run(tmp_path):
    broken = {"/b.xml"}

    def reply(path: str, number: int) -> bytes:
        if path in broken:
            return answer(b"", status=b"500 Internal Server Error")
        return answer((page(path) or "").replace("HOST", server.origin).encode())

    with serve(keep_alive(reply)) as server:
        path = tmp_path / "job.yaml"
        path.write_text(
            f"name: job\nstart: {{sitemap: '{server.origin}/robots.txt', allow: 'shop/[1-4]'}}\npages:{KINDS}\n"
            "fetch: {retries: 0}\npolite: {delay: 0, robots: false}\noutput: out.jsonl\n"
        )
        job = crawler.load(path)
        report = crawler.run(job)
        assert (report.ending, report.pages["left"]) == ("left", 1)
        broken.clear()
        report = crawler.run(job)
    assert (report.ending, report.resumed) == ("finished", True)
    assert [row["id"] for row in report.rows("shop")] == ["1", "2", "3", "4"]


def test_a_recording_holds_the_sitemaps(tmp_path):
    with serve(
        keep_alive(lambda path, number: answer((page(path) or "").replace("HOST", server.origin).encode()))
    ) as server:
        path = tmp_path / "job.yaml"
        path.write_text(
            f"name: job\nstart: {{sitemap: '{server.origin}/robots.txt', allow: 'shop/[1-4]', deny: gone}}\n"
            f"pages:{KINDS}\npolite: {{delay: 0}}\noutput: out.jsonl\n"
        )
        job = crawler.load(path)
        crawler.run(job, record=tmp_path / "tape")
        first = (tmp_path / "out.jsonl").read_text()
    again = tmp_path / "again.jsonl"
    crawler.run(job, fresh=True, replay=Replay(tmp_path / "tape", latency=0, outputs=(again,)))
    assert again.read_text() == first
    assert len(first.splitlines()) == 4
