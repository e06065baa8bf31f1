"""What worker processes need, imported once in the server process that they are forked from."""

from __future__ import annotations

import crawler.extract.analyse
import crawler.extract.lexbor
import crawler.fetch.requests_client
import crawler.strategies.pool  # noqa: F401 - imported for what it leaves in memory
