"""`check`, `try` and `run` on the other forms of the demo shop, as a user reads them."""

import pytest

from tests.configs.small_crawl import CONFIGS

FREE = ("--set", "demo.port=0")
SHOWN = {
    "api": ("/api/books?page=2", "table books: 20 rows, one for each json data.books", "-> books json next 1"),
    "schema": ("/schema/book/4.html", "table books: 1 row, one for each schema Book", "publisher json publisher.name"),
    "scripts": ("/shelves.html", "one for each js shelves json [] -> json books[]", "row 2 of 3"),
    "table": ("/prices.html", "table prices: 60 rows, one for each table #prices", "now column Price Now"),
    "feed": ("/feed.xml", "table news: 20 rows, one for each item", "-> book item > link"),
    "sitemap": ("/sitemap.xml", "-> (sitemap) further sitemaps 2 1 denied", "/sitemaps/books-1.xml.gz"),
    "post": ("/api/search", "table books: 12 rows, one for each json items", "-> search paginate by page 4"),
    "hops": ("/api/shelves", "-> shelf one for each json shelves 9", "/api/shelf"),
    "cursor": ("/graphql", "table books: 20 rows, one for each json data.books.nodes", "-> books paginate by cursor 1"),
    "offset": ("/api/stock", "/api/stock?offset=0&limit=20", "-> stock paginate by offset 2"),
    "files": ("/stock.xlsx", "table shelves: 60 rows, one for each line of the file", "where leaves out 6 of 60"),
}


def words(text):
    return " ".join(text.split())


@pytest.fixture
def broken(tmp_path):
    """A job of the demo shop's API with something wrong in it."""

    def make(old, new):
        text = (CONFIGS / "demo_api.yaml").read_text("utf-8")
        assert old in text
        job = tmp_path / "job.yaml"
        job.write_text(text.replace(old, new).replace("../output/", ""), "utf-8")
        return job

    return make


@pytest.mark.parametrize("form", SHOWN)
def test_try_shows_rows_of_every_form(cli, form):
    path, *expected = SHOWN[form]
    done = cli("try", CONFIGS / f"demo_{form}.yaml", path, *FREE)
    assert done.code == 0
    for text in expected:
        assert text in words(done.out)
    assert "()" not in done.out
    assert "next: crawler run" in done.out


@pytest.mark.parametrize("form", SHOWN)
def test_check_names_no_python_object(cli, form):
    done = cli("check", CONFIGS / f"demo_{form}.yaml")
    assert done.code == 0
    assert "Spec(" not in done.out
    assert "Rule(" not in done.out


def test_check_names_conditions_and_that_no_page_is_html(cli):
    done = cli("check", CONFIGS / "demo_files.yaml")
    assert "2 pages of page kinds stock, shelves" in done.out
    assert "Table shelves: 4 columns from shelves where stock; one row for each isbn" in words(done.out)
    assert "none: no page is HTML or XML" in done.out


def test_a_where_that_lets_no_row_through_is_no_success(cli, broken):
    job = broken("status: for sale ", "status: For Sale ")
    done = cli("try", job, "/api/books?page=2", *FREE)
    assert "where leaves out 20 of 20" in done.out
    assert "row 1: status is for sale, not For Sale" in done.out
    assert "next: crawler run" not in done.out
    ran = cli("run", job, *FREE)
    assert ran.code == 3
    assert "rows 'json data.books', with where: status, title: 0 rows" in words(ran.out)


def test_a_follow_rule_of_data_is_blamed_in_words(cli, broken):
    job = broken(
        "- {json: next, to: books, next: true}", "- {json: 'data.link', to: book}\n  book: {fields: {a: h1}}\n"
    )
    ran = cli("run", job, *FREE)
    assert "rule 'json data.link': 0 links to pages of kind 'book'" in words(ran.out)


def test_a_page_in_another_format_says_what_to_do(cli, broken):
    job = broken("format: json", "format: csv")
    text = job.read_text("utf-8")
    start, end = text.index("    each: data"), text.index("polite:")
    job.write_text(f"{text[:start]}    fields: {{a: ISBN}}\n{text[end:]}", "utf-8")
    done = cli("try", job, "/prices.html", *FREE)
    assert done.code == 3
    assert "not-csv: it is a page of HTML" in done.out
    assert "correct format:" in words(done.out)


def test_the_address_of_a_link_may_be_made_of_the_fields_of_its_row(cli, broken):
    job = broken(
        "- {json: next, to: books, next: true} ",
        "- {from: row, value: '/authors/{first_author}', to: author}\n  author: {fields: {a: h1}}\n #",
    )
    done = cli("try", job, "/api/books?page=1", *FREE)
    assert "/authors/Ada%20Penrose" in done.out
