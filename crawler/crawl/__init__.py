"""The crawl itself: which pages are fetched, when, and what happens with the results."""
