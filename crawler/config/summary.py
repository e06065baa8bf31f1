"""The settings of a job as pairs of text, for the Summary sheet."""

from __future__ import annotations

from collections.abc import Iterator

from crawler.config.document import Document
from crawler.config.schema import Section

__all__ = ["settings"]


def settings(document: Document, starts: int, first: str) -> list[tuple[str, str]]:
    """Key path and value of every setting; ` (default)` follows what the config does not say."""
    more = f" and {starts - 1:,} more" if starts > 1 else ""
    pairs = [("name", document.name), ("start", first + more)]
    for name in Document.sections():
        section = getattr(document, name)
        if section is not None:
            pairs += _section(name, section)
        elif name in document.given:
            pairs.append((name, Document.keys[name].type.show(None)))
    return [*pairs, ("output", ", ".join(document.output or ()) or "none")]


def _section(prefix: str, section: Section) -> Iterator[tuple[str, str]]:
    for name, key in section.keys.items():
        value = getattr(section, name)
        if isinstance(value, Section):
            yield f"{prefix}.{name}", "***"
        else:
            yield f"{prefix}.{name}", key.type.show(value) + ("" if name in section.given else " (default)")
