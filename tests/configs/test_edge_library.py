"""Pages are built to the markup of edge.org/library as it was last documented; no copy of the site is used."""

from __future__ import annotations

from tests.configs.small_crawl import Pages, crawl, load, serve

PER_PAGE = 8


def book(number: int) -> tuple[str, tuple[str, ...], str]:
    writers = tuple(f"Author {number}{letter}" for letter in "abc"[: number % 4])
    return f"Title {number}: What & Why", writers, f"/library/title-{number}"


def cell(number: int) -> str:
    title, writers, link = book(number)
    people = "".join(
        f'<span><a href="/memberbio/{name.replace(" ", "_").lower()}">{name}</a></span>' for name in writers
    )
    return f"""<td class="col-1">
    <div class="views-field views-field-product-image"><span class="field-content">
      <a href="{link}"><img src="/cover/{number}.jpg" alt=""></a></span></div>
    <div class="views-field views-field-title">
      <span class="field-content">{title.replace("&", "&amp;")}</span></div>
    <div class="views-field views-field-field-edge-author"><span class="views-label">By: </span>
      <span class="field-content">{people}</span></div>
    </td>"""


def page(first: int, count: int) -> str:
    cells = [cell(number) for number in range(first, first + count)]
    cells += ["<td></td>"] * (-len(cells) % 4)
    rows = "".join(f"<tr>{''.join(cells[at : at + 4])}</tr>" for at in range(0, len(cells), 4))
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>Library | Edge.org</title></head><body>
    <div class="view-content"><table class="views-view-grid cols-4"><tbody>{rows}</tbody></table></div>
    <ul class="pager"><li class="pager-next"><a href="/library?page=2">next</a></li></ul></body></html>"""


def pages() -> Pages:
    paths = ["/library", *(f"/library?page={number}" for number in range(1, 52))]
    return {path: page(at * PER_PAGE, PER_PAGE if at < len(paths) - 1 else 5) for at, path in enumerate(paths)}


def test_every_book_of_the_52_pages_is_found() -> None:
    job = load("edge_library.yaml")
    with serve(pages()) as base:
        found = crawl(job, base)
    expected = []
    for number in range(51 * PER_PAGE + 5):
        title, writers, link = book(number)
        expected.append({"name": title, "author": writers or None, "info": base + link})
    assert found.tables["books"] == expected
    assert (found.failures, found.notes) == ({}, [])
    assert set(found.visits) == set(pages())


def test_the_start_pages_are_those_of_the_site() -> None:
    urls = [start.url for start in load("edge_library.yaml").start_pages()]
    assert urls[:2] == ["https://www.edge.org/library", "https://www.edge.org/library?page=1"]
    assert urls[-1] == "https://www.edge.org/library?page=51"


def test_the_pages_are_read_by_a_process_pool_as_in_the_course_notes() -> None:
    assert load("edge_library.yaml").fetch.strategy == "processes"
