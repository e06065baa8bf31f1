"""The bare script: pycurl's multi interface, lexbor (selectolax), csv. No state, no robots.txt, no second try.

It is the limit: a crawler that is built of the same two libraries can come near to it, but not pass it.
"""

from collections import deque
from io import BytesIO
from urllib.parse import urljoin

import pycurl
from fields import SITES, arguments, write
from selectolax.lexbor import LexborHTMLParser

args = arguments()
site = SITES[args.site]
listings, books = deque(args.start), deque()
rows = []


def parse(body, content_type):
    charset = content_type.lower().partition("charset=")[2]
    return LexborHTMLParser(body if charset in ("", "utf-8") else body.decode(charset, "replace"))


def listing(tree, url):
    books.extend(urljoin(url, link.attributes["href"]) for link in tree.css(site.book))
    following = tree.css_first(site.next)
    if following:
        listings.append(urljoin(url, following.attributes["href"]))


def book(tree, url):
    texts = {}
    for name, (css, attribute) in site.fields.items():
        found = tree.css_first(css)
        if found is None:
            texts[name] = None
        else:
            texts[name] = found.attributes.get(attribute) if attribute else found.text()
    rows.append(site.record(texts, url))


multi = pycurl.CurlMulti()
idle = [pycurl.Curl() for _ in range(args.at_once)]
while listings or books or len(idle) < args.at_once:
    while idle and (listings or books):
        curl = idle.pop()
        curl.read = listing if listings else book
        curl.url = (listings or books).popleft()
        curl.body = BytesIO()
        curl.setopt(pycurl.URL, curl.url)
        curl.setopt(pycurl.WRITEDATA, curl.body)
        multi.add_handle(curl)
    multi.perform()
    _, done, failed = multi.info_read()
    if not done:
        multi.select(1.0)
    for curl, _, message in failed:
        raise SystemExit(f"{curl.url}: {message}")
    for curl in done:
        multi.remove_handle(curl)
        if curl.getinfo(pycurl.RESPONSE_CODE) != 200:
            raise SystemExit(f"{curl.url}: status {curl.getinfo(pycurl.RESPONSE_CODE)}")
        curl.read(parse(curl.body.getvalue(), curl.getinfo(pycurl.CONTENT_TYPE) or ""), curl.url)
        idle.append(curl)

write(args.out, site.columns, rows)
