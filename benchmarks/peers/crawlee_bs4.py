"""Crawlee with BeautifulSoup (lxml); storage in memory, csv at the end."""

import asyncio

from crawlee import ConcurrencySettings
from crawlee.crawlers import BeautifulSoupCrawler, BeautifulSoupCrawlingContext
from crawlee.storage_clients import MemoryStorageClient
from fields import SITES, arguments

args = arguments()
site = SITES[args.site]


async def main():
    crawler = BeautifulSoupCrawler(
        concurrency_settings=ConcurrencySettings(max_concurrency=args.at_once, desired_concurrency=args.at_once),
        storage_client=MemoryStorageClient(),
        configure_logging=False,
        parser="lxml",
    )

    @crawler.router.default_handler
    async def listing(context: BeautifulSoupCrawlingContext):
        await context.enqueue_links(selector=site.book, label="book")
        await context.enqueue_links(selector=site.next)

    @crawler.router.handler("book")
    async def book(context: BeautifulSoupCrawlingContext):
        texts = {}
        for name, (css, attribute) in site.fields.items():
            found = context.soup.select_one(css)
            if found is None:
                texts[name] = None
            else:
                texts[name] = " ".join(found[attribute]) if attribute else found.get_text()
        await context.push_data(site.record(texts, context.request.url))

    await crawler.run(args.start)
    await crawler.export_data(args.out)


asyncio.run(main())
