"""Modules that the worker processes of every job need, imported once in the server process from which they are forked.

What hangs on the job, such as its client, is named beside it: see `child.prepare`.
"""

from __future__ import annotations

import ctypes  # noqa: F401 - for crawler.process

import crawler.extract.lexbor
import crawler.extract.parser
import crawler.strategies.registry  # noqa: F401 - imported for what it leaves in memory
