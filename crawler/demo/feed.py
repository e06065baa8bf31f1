"""The newest books as a feed (RSS 2.0, https://www.rssboard.org/rss-specification)."""

from __future__ import annotations

from datetime import UTC
from email.utils import format_datetime
from html import escape

from crawler.demo.catalogue import Book, Stock, book_path

__all__ = ["feed", "newest"]

ITEMS = 20


def feed(stock: Stock, base: str) -> bytes:
    """The feed.

    Args:
        base: origin of the site: the addresses in a feed are absolute.
    """
    items = "\n".join(_item(stock, stock.book(number), base) for number in newest(stock))
    return f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
<title>New in the Demo Bookshop</title>
<link>{base}/</link>
<description>The last {ITEMS} books that came in</description>
{items}
</channel>
</rss>
""".encode()


def newest(stock: Stock) -> range:
    """Numbers of the books in the feed, the newest first."""
    return range(stock.books, max(stock.books - ITEMS, 0), -1)


def _item(stock: Stock, book: Book, base: str) -> str:
    creators = "".join(f"<dc:creator>{escape(stock.author_name(one).text)}</dc:creator>" for one in book.authors)
    categories = "".join(f"<category>{escape(genre)}</category>" for genre in book.genres)
    about = f"<p>{escape(book.description)}</p>" if book.description else "<p>No description yet.</p>"
    return f"""<item>
<title>{escape(book.title.text)}</title>
<link>{base}{book_path(book.number, book.title)}</link>
<guid isPermaLink="false">{book.isbn}</guid>
<pubDate>{format_datetime(book.checked.replace(tzinfo=UTC), usegmt=True)}</pubDate>
{creators}{categories}
<description><![CDATA[{about}]]></description>
</item>"""
