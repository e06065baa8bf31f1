"""Pages are built to the markup of quotes.toscrape.com as far as it is known; no copy of the site is used."""

from __future__ import annotations

from datetime import date
from html import escape

from tests.configs.small_crawl import Pages, crawl, load, serve

AUTHORS = [
    ("Ada-Penrose", "Ada Penrose", "March 14, 1879", "in Whitby, England", date(1879, 3, 14), "Whitby, England"),
    ("Zoe-Lefevre", "Zoé Lefèvre", "January 02, 1932", "in Paris, France", date(1932, 1, 2), "Paris, France"),
    ("J-M-Quill", "J.M. Quill", "July 31, 1965", "in Ulm, Germany", date(1965, 7, 31), "Ulm, Germany"),
]
QUOTES = [
    (f"Quote {number} with “marks” inside, & more.", number % 3, tuple(f"tag-{tag}" for tag in range(number % 4)))
    for number in range(25)
]


def quote(text: str, author: int, tags: tuple[str, ...]) -> str:
    slug, name = AUTHORS[author][:2]
    links = "\n".join(f'<a class="tag" href="/tag/{tag}/page/1/">{tag}</a>' for tag in tags)
    return f"""
    <div class="quote" itemscope itemtype="http://schema.org/CreativeWork">
        <span class="text" itemprop="text">“{escape(text)}”</span>
        <span>by <small class="author" itemprop="author">{name}</small>
        <a href="/author/{slug}">(about)</a>
        </span>
        <div class="tags">
            Tags:
            <meta class="keywords" itemprop="keywords" content="{",".join(tags)}" />
            {links}
        </div>
    </div>"""


def listing(number: int) -> str:
    quotes = "".join(quote(*one) for one in QUOTES[(number - 1) * 10 : number * 10])
    following = (
        f'<li class="next"><a href="/page/{number + 1}/">Next <span aria-hidden="true">&rarr;</span></a></li>'
        if number < 3
        else ""
    )
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8"><title>Quotes to Scrape</title></head>
    <body><div class="container"><div class="row header-box"><div class="col-md-8">
    <h1><a href="/" style="text-decoration: none">Quotes to Scrape</a></h1></div>
    <div class="col-md-4"><p><a href="/login">Login</a></p></div></div>
    <div class="row"><div class="col-md-8">{quotes}
    <nav><ul class="pager"><li class="previous"><a href="/page/1/">Previous</a></li>{following}</ul></nav></div>
    <div class="col-md-4 tags-box"><h2>Top Ten tags</h2>
    <span class="tag-item"><a class="tag" href="/tag/love/">love</a></span></div></div></div></body></html>"""


def author(name: str, born: str, place: str) -> str:
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8"></head><body><div class="container">
    <div class="author-details">
    <h3 class="author-title">{name}
    </h3>
    <p><strong>Born:</strong> <span class="author-born-date">{born}</span>
    <span class="author-born-location">{place}</span></p>
    <p><strong>Description:</strong></p>
    <div class="author-description">
        About {name} &amp; others.
    </div></div></div></body></html>"""


def pages() -> Pages:
    listings = {"/": listing(1), "/page/2/": listing(2), "/page/3/": listing(3)}
    return listings | {f"/author/{one[0]}": author(*one[1:4]) for one in AUTHORS}


def test_quotes_and_authors_are_found() -> None:
    job = load("quotes_toscrape.yaml")
    with serve(pages()) as base:
        found = crawl(job, base)
    assert found.tables["quotes"] == [
        {"text": text, "author": AUTHORS[author][1], "tags": tags or None} for text, author, tags in QUOTES
    ]
    assert found.tables["authors"] == [
        {
            "name": one[1],
            "born": one[4],
            "place": one[5],
            "description": f"About {one[1]} & others.",
            "url": f"{base}/author/{one[0]}",
        }
        for one in AUTHORS
    ]
    assert (found.failures, found.notes) == ({}, [])
    assert set(found.visits) == set(pages()), "no tags, no login"
