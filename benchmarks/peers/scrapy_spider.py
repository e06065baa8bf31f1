"""Scrapy with its csv feed; settings that only cost time (log, telnet) are off."""

import scrapy
from fields import SITES, arguments
from scrapy.crawler import CrawlerProcess

args = arguments()
site = SITES[args.site]


class Books(scrapy.Spider):
    name = "books"

    async def start(self):
        for url in args.start:
            yield scrapy.Request(url)

    def parse(self, response):
        yield from response.follow_all(css=site.book, callback=self.book)
        yield from response.follow_all(css=site.next)

    def book(self, response):
        texts = {}
        for name, (css, attribute) in site.fields.items():
            found = response.css(css)
            if attribute:
                texts[name] = found.attrib.get(attribute)
            else:
                texts[name] = found.xpath("string()").get()
        yield site.record(texts, response.url)


process = CrawlerProcess(
    {
        "CONCURRENT_REQUESTS": args.at_once,
        "CONCURRENT_REQUESTS_PER_DOMAIN": args.at_once,
        "DOWNLOAD_DELAY": 0,
        "FEEDS": {args.out: {"format": "csv", "fields": site.columns}},
        "LOG_LEVEL": "ERROR",
        "TELNETCONSOLE_ENABLED": False,
    }
)
process.crawl(Books)
process.start()
