"""The crawl itself: what is visited, when, and what becomes of it."""
