from crawler.model import Link
from crawler.store.runs import begin, end, last_run, newest_crawl, publish, published
from tests.support.shop import book, open_pages, take, titles, url


def start(db, what="what", fresh=False):
    return begin(db, what, fresh=fresh, pid=7, now=1.0)


def test_an_unfinished_crawl_is_gone_on_with(db):
    first = start(db)
    end(db, first, "interrupted", {}, 2.0)
    second = start(db)
    assert (second.crawl, second.resumed) == (first.crawl, True)


def test_a_killed_run_is_gone_on_with(db):
    assert start(db).crawl == start(db).crawl


def test_after_a_finished_crawl_a_new_one_begins(db):
    first = start(db)
    end(db, first, "finished", {}, 2.0)
    second = start(db)
    assert second.crawl > first.crawl
    assert not second.resumed


def test_fresh_gives_an_unfinished_crawl_up(db):
    first = start(db)
    second = start(db, fresh=True)
    assert second.crawl != first.crawl or not second.resumed
    assert db.execute("SELECT count(*) FROM crawls").fetchone() == (1,)


def test_fault_171_another_config_begins_anew_and_says_so(db):
    start(db)
    second = start(db, "another")
    assert (second.resumed, second.changed) == (False, True)


def test_the_last_finished_crawl_stays_until_a_newer_one_is_finished(db):
    pages = open_pages(db)
    with pages.transaction():
        pages.add_starts([Link(url("b"), "book")])
        pages.done(take(pages, "b"), book("Emma"))
    end(db, start(db), "finished", {"a": 1}, 2.0)
    second = start(db)
    assert titles(db, 1) == ["Emma"]
    assert (newest_crawl(db).id, newest_crawl(db).finished) == (second.crawl, False)
    start(db, fresh=True)
    assert titles(db, 1) == ["Emma"]
    end(db, start(db), "finished", {"a": 1}, 2.0)
    assert db.execute("SELECT count(*) FROM records").fetchone() == (0,)
    assert last_run(db).report == {"a": 1}


def test_what_was_published_is_remembered(db):
    assert published(db, "a.xlsx") is None
    publish(db, "a.xlsx", 1, complete=False)
    assert published(db, "a.xlsx") is False
    publish(db, "a.xlsx", 1, complete=True)
    assert published(db, "a.xlsx") is True
