"""Whether the parts of a job that are not ours can be loaded: `run` asks before anything begins, `check` as well."""

from __future__ import annotations

from crawler import plugins
from crawler.config import Job
from crawler.extract.values import check_types
from crawler.fetch.client import check_client
from crawler.strategies.registry import check_loadable

__all__ = ["check_own"]


def check_own(job: Job) -> None:
    """Load the strategy, the client and the field types that are not ours; they may lie beside the config.

    Raises:
        ConfigError: one cannot be loaded.
    """
    if ":" in job.fetch.strategy + job.fetch.client:
        plugins.add_folder(job.folder)
    check_loadable(job.fetch.strategy)
    check_client(job.fetch.client)
    check_types(job.recipe)
