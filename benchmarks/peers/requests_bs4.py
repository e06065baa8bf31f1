"""The script as most people write it: requests, BeautifulSoup, a loop or a thread pool, openpyxl."""

import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin

import requests
from bs4 import BeautifulSoup
from fields import SITES, arguments, write

args = arguments()
site = SITES[args.site]
local = threading.local()


def fetch(url):
    if not hasattr(local, "session"):
        local.session = requests.Session()
    answer = local.session.get(url, timeout=30)
    answer.raise_for_status()
    return BeautifulSoup(answer.content, "lxml")


def links():
    for url in args.start:
        while url:
            soup = fetch(url)
            for link in soup.select(site.book):
                yield urljoin(url, link["href"])
            following = soup.select_one(site.next)
            url = urljoin(url, following["href"]) if following else None


def book(url):
    soup = fetch(url)
    texts = {}
    for name, (css, attribute) in site.fields.items():
        found = soup.select_one(css)
        if found is None:
            texts[name] = None
        else:
            texts[name] = " ".join(found[attribute]) if attribute else found.get_text()
    return site.record(texts, url)


if args.at_once == 1:
    rows = [book(url) for url in links()]
else:
    with ThreadPoolExecutor(args.at_once) as pool:
        rows = list(pool.map(book, links()))

write(args.out, site.columns, rows, row_by_row=False)
