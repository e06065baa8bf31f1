"""Hosts that a config names: which sites links and files may lead to."""

from __future__ import annotations

from crawler.config.schema import HOST_PORT, Location, Type, list_of
from crawler.urls import host_port

__all__ = ["SAME_SITE", "host_name"]


def host_name(written: str) -> str:
    """The name by which a host of the config is known, as of `crawler.urls.host`."""
    return host_port("https" if written.endswith(":443") else "http", written)


def _other_hosts(value: object, place: Location) -> bool | tuple[str, ...]:
    return value if isinstance(value, bool) else list_of("hosts", HOST_PORT).read(value, place)


SAME_SITE: Type[bool | tuple[str, ...]] = Type(
    "true, false, or a list of hosts",
    True,
    _other_hosts,
    lambda value: str(value).lower() if isinstance(value, bool) else ", ".join(value),
    {"anyOf": [{"type": "boolean"}, {"type": "string"}, {"items": {"type": "string"}, "type": "array"}]},
)
