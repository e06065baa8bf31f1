"""The fast script: aiohttp, lexbor (selectolax), openpyxl in write-only mode."""

import asyncio
from urllib.parse import urljoin

import aiohttp
from fields import SITES, arguments, write
from selectolax.lexbor import LexborHTMLParser

args = arguments()
site = SITES[args.site]


async def fetch(session, url):
    async with session.get(url) as answer:
        answer.raise_for_status()
        return LexborHTMLParser(await answer.read())


async def book(session, url):
    tree = await fetch(session, url)
    texts = {}
    for name, (css, attribute) in site.fields.items():
        found = tree.css_first(css)
        if found is None:
            texts[name] = None
        else:
            texts[name] = found.attributes.get(attribute) if attribute else found.text()
    return site.record(texts, url)


async def shop(session, url, tasks):
    while url:
        tree = await fetch(session, url)
        for link in tree.css(site.book):
            tasks.append(asyncio.create_task(book(session, urljoin(url, link.attributes["href"]))))
        following = tree.css_first(site.next)
        url = urljoin(url, following.attributes["href"]) if following else None


async def crawl():
    connector = aiohttp.TCPConnector(limit=args.at_once)
    async with aiohttp.ClientSession(connector=connector) as session:
        tasks = []
        await asyncio.gather(*(shop(session, url, tasks) for url in args.start))
        return [await task for task in tasks]


write(args.out, site.columns, asyncio.run(crawl()))
