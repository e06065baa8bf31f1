"""A start URL with `{page}`, `{offset}` or `{cursor}`: its page kind is asked for with each number.

It is another way to write `request.url` of that page kind, and is read as that.
"""

from __future__ import annotations

from typing import Any

from crawler.config.paging_spec import PAGING

__all__ = ["move_counted"]


def move_counted(data: dict[str, Any]) -> None:
    """Let start URLs with the name of what `paginate` counts be the `request.url` of their page kinds."""
    start, pages = data.get("start"), data.get("pages")
    if not isinstance(pages, dict) or not pages:
        return
    items = start if isinstance(start, list) else [start]
    moved = [_moved(item, pages) for item in items]
    if moved != items:
        data["start"] = moved if isinstance(start, list) else moved[0]


def _moved(item: object, pages: dict[str, Any]) -> object:
    written = {"url": item} if isinstance(item, str) else item
    if not isinstance(written, dict) or not isinstance(url := written.get("url"), str):
        return item
    kind = written.get("kind", next(iter(pages)))
    spec = pages.get(kind) if isinstance(kind, str) else None
    paginate = spec.get("paginate") if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(paginate, dict):
        return item
    request = spec.get("request") or {}
    counted = next((name for name in PAGING if name in paginate), "")
    if not counted or f"{{{counted}}}" not in url or not isinstance(request, dict) or "url" in request:
        return item
    pages[kind] = {**spec, "request": {**request, "url": url}}
    return {**{key: value for key, value in written.items() if key != "url"}, "kind": kind}
