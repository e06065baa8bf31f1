"""Every request to one server of this machine, whatever host its URL names, as curl --connect-to does.

A client asks for the address that `detour` gives, with its headers, and treats the answer as one of the real URL:
redirects are resolved against that, and it is the `url` of the Response.
"""

from __future__ import annotations

__all__ = ["detour"]


def detour(url: str, to: tuple[str, int]) -> tuple[str, dict[str, str]]:
    """Return what is asked for in place of `url`, and headers that say what was meant.

    The server there is asked by http for an https URL as well; X-Forwarded-Proto tells it which it was.

    Args:
        url: absolute and clean.
    """
    scheme, _, rest = url.partition("://")
    named, slash, path = rest.partition("/")
    host, port = to
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"http://{place}{slash}{path}", {"Host": named, "X-Forwarded-Proto": scheme}
