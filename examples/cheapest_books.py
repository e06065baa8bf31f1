"""Crawl the demo site, and print its five cheapest books.

python examples/cheapest_books.py
"""

from pathlib import Path

import crawler

DEMO = Path(__file__).parent.parent / "configs" / "demo.yaml"


def main() -> None:
    job = crawler.load(DEMO, overrides=["demo.port=0"])
    report = crawler.run(job, fresh=True)
    if report.doubts:  # far less than last time: the files of last time were kept
        print(*report.doubts, sep="\n")
    books = [book for book in report.rows("books") if isinstance(book["price"], crawler.Money)]
    for book in sorted(books, key=lambda book: book["price"].amount)[:5]:
        print(f"{book['price'].amount:>8} {book['price'].currency}  {book['title']}")


if __name__ == "__main__":
    main()
