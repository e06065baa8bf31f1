"""The demo site: a small bookshop served from its own process, for newcomers, tests and comparisons."""
