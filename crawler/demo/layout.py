"""The frame that every page shares, and small pieces of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from crawler.demo.words import Name

__all__ = ["document", "esc", "fill", "native", "price_line", "stars"]

RATINGS = ("", "One", "Two", "Three", "Four", "Five")

STYLE = """
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 Georgia,"Noto Serif",serif;color:#2b2622;background:#faf7f2}
header,footer,main,.letters{max-width:64rem;margin:auto;padding:1rem 1.5rem}
header{display:flex;gap:1.5rem;align-items:baseline;border-bottom:3px double #c9bda9}
header b{font-size:1.4rem}
footer{color:#8a7f70;font-size:.85rem;border-top:1px solid #e2d9c8;margin-top:2rem}
a{color:#8c3b1f}
h1{line-height:1.2}
.shelves{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:1.2rem}
.book{background:#fff;border:1px solid #e8dfcf;border-radius:6px;padding:.8rem;position:relative}
.book{font-size:.9rem}
.book h3{font-size:1rem;line-height:1.25;margin:.6rem 0 .2rem;overflow-wrap:anywhere}
.book p{margin:.1rem 0}
.cover{height:7.5rem;border-radius:3px}
.cover{background:linear-gradient(100deg,hsl(var(--h) 38% 30%) 8%,hsl(var(--h) 42% 46%) 9%)}
.badge{position:absolute;top:.4rem;right:.4rem}
.badge{background:#f4c95d;padding:0 .5rem;border-radius:9px;font-size:.75rem}
.rating{color:#c98a12;letter-spacing:.1em}
.price{font-weight:bold}
.shelf,.by,.stock,dt{color:#6d6357}
.pager{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem;padding:0;margin:2rem 0 0}
.pager a,.pager b{display:block;padding:.1rem .6rem;border:1px solid #d9cdb8;border-radius:4px}
.pager b{background:#8c3b1f;color:#fff}
.two{display:grid;grid-template-columns:13rem 1fr;gap:2rem}
.two .cover{height:18rem}
.genres{list-style:none;padding:0;display:flex;gap:.5rem}
.genres li{background:#eee5d5;padding:0 .7rem;border-radius:9px}
.facts th{text-align:left;padding-right:2rem;font-weight:normal;color:#6d6357}
dd{margin:0 0 .6rem}
""".replace("\n", "")

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title} | The Demo Bookshop</title>
<style>{style}</style>
</head>
<body>
<header><b>The Demo Bookshop</b> <a href="/">Home</a> <a href="/catalogue/page-1.html">All books</a></header>
<main>
{main}
</main>
<footer>Every book, person and price here is invented by a program. Made to be crawled.</footer>
</body>
</html>
"""


def document(title: str, main: str) -> bytes:
    """A whole page; `title` is text, `main` is HTML."""
    return PAGE.format(title=esc(title), style=STYLE, main=main).encode()


def fill(page: bytes, size: int, sentences: Sequence[str]) -> bytes:
    """The page with a section of text before its footer, so that it has exactly `size` bytes; a larger one stays."""
    head, footer, rest = page.rpartition(b"<footer>")
    return b"".join((head, _letters(size - len(page), sentences), footer, rest))


def _letters(size: int, sentences: Sequence[str]) -> bytes:
    """Exactly this many bytes; where no paragraph has room, they are spaces."""
    start, end = b'<section class="letters">\n', b"</section>\n"
    room = size - len(start) - len(end)
    if room < 0:
        return b" " * size
    block = "".join(map(_letter, sentences)).encode()
    text = block * (room // len(block) + 1)
    text = text[: text.rfind(b"\n", 0, room) + 1]
    return start + text.ljust(room) + end


def _letter(sentence: str) -> str:
    first, _, rest = sentence.partition(" ")
    return f"<p><em>{esc(first)}</em> {esc(rest)}</p>\n"


def esc(text: str) -> str:
    """Text as HTML, with a named reference for the apostrophe as many sites write it."""
    return escape(text).replace("’", "&rsquo;")


def native(name: Name) -> str:
    """Attributes that tell the browser the language and the direction of a text."""
    return f'lang="{name.lang}" dir="{"rtl" if name.lang in ("ar", "he") else "ltr"}"'


def stars(rating: int | None) -> str:
    """The rating, which stands only in the class, as on many shops."""
    if rating is None:
        return ""
    return f'<p class="rating {RATINGS[rating]}">{"★" * rating}{"☆" * (5 - rating)}</p>\n'


def price_line(price: str | None) -> str:
    """The line with the price, where there is one."""
    return f'<p class="price">{esc(price)}</p>\n' if price else ""
