"""Crawlee with Parsel; storage in memory, csv at the end."""

import asyncio

from crawlee import ConcurrencySettings
from crawlee.crawlers import ParselCrawler, ParselCrawlingContext
from crawlee.storage_clients import MemoryStorageClient
from fields import SITES, arguments

args = arguments()
site = SITES[args.site]


async def main():
    crawler = ParselCrawler(
        concurrency_settings=ConcurrencySettings(max_concurrency=args.at_once, desired_concurrency=args.at_once),
        storage_client=MemoryStorageClient(),
        configure_logging=False,
    )

    @crawler.router.default_handler
    async def listing(context: ParselCrawlingContext):
        await context.enqueue_links(selector=site.book, label="book")
        await context.enqueue_links(selector=site.next)

    @crawler.router.handler("book")
    async def book(context: ParselCrawlingContext):
        texts = {}
        for name, (css, attribute) in site.fields.items():
            found = context.selector.css(css)
            texts[name] = found.attrib.get(attribute) if attribute else found.xpath("string()").get()
        await context.push_data(site.record(texts, context.request.url))

    await crawler.run(args.start)
    await crawler.export_data(args.out)


asyncio.run(main())
