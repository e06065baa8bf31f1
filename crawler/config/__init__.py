"""From a YAML file to a Job; every complaint has its place, its key and what to do."""

from crawler.config.job import Job
from crawler.config.loader import load

__all__ = ["Job", "load"]
