"""Every request to one server of this machine, whatever host its URL names, as curl --connect-to does.

A client connects to the server that `detour` gives, sends its headers, and treats the answer as one of the real URL:
redirects are resolved against that, and it is the `url` of the Response.
"""

from __future__ import annotations

__all__ = ["detour"]


def detour(server: str, to: tuple[str, int]) -> tuple[str, dict[str, str]]:
    """Return the server that is connected to in place of another, and headers that say which was meant.

    It is asked by http for an https URL as well; X-Forwarded-Proto tells it which it was.

    Args:
        server: scheme, host and port of a clean URL, `https://example.com`.
    """
    scheme, _, named = server.partition("://")
    host, port = to
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"http://{place}", {"Host": named, "X-Forwarded-Proto": scheme}
