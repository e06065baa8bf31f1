"""From a YAML file to a Job. Every problem is reported with its position, its key and how to fix it."""

from crawler.config.job import Job
from crawler.config.loader import load

__all__ = ["Job", "load"]
