"""A package of somebody else, installed as far as Python can tell: modules, and the entry points that name them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

STRATEGY = '''
import threading
from concurrent.futures import ThreadPoolExecutor

class Pool(ThreadPoolExecutor):
    """Built with a number of workers."""
'''
CLIENT = '''
from crawler.model import Response

class Fixed:
    """Answers every request with one page."""

    network = False

    def __init__(self, settings):
        pass

    def __call__(self, request):
        return Response(request.url, 200, {"content-type": "text/html"}, b"<h1>Emma</h1><p>12 kg</p>")

    def close(self):
        pass
'''
FIELD_TYPE = """
from decimal import Decimal

def kilos(text):
    number = text.removesuffix(" kg")
    return Decimal(number) if len(number) < 10 and number.isascii() and number.isdigit() else None

def shout(text):
    return text.upper()
"""
EXPORT = """
from crawler.export import atomic
from crawler.export.flatten import as_text
from crawler.export.port import Written

def write(result, path, *, now):
    rows = {table.name: list(result.rows(table.name)) for table in result.tables}
    with atomic.replacing(path) as file:
        for name, found in rows.items():
            file.write(f"{name} {len(found)}\\n".encode())
            for row in found:
                file.write(" ".join(map(as_text, row.values.values())).encode() + b"\\n")
    return Written(path, {name: len(found) for name, found in rows.items()}, 0, (path,))
"""
POINTS = {
    "crawler.strategies": {"their-pool": "their_strategy:Pool"},
    "crawler.clients": {"fixed": "their_client:Fixed"},
    "crawler.field_types": {"kilos": "their_type:kilos"},
    "crawler.exports": {"count": "their_export:write"},
}


def install(folder: Path, points: Mapping[str, Mapping[str, str]] = POINTS) -> Path:
    """Write the package into a folder, which is to be on `sys.path`."""
    sources = {"their_strategy": STRATEGY, "their_client": CLIENT, "their_type": FIELD_TYPE, "their_export": EXPORT}
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source)
    info = folder / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    lines = [
        line for group, names in points.items() for line in [f"[{group}]", *(f"{n} = {p}" for n, p in names.items())]
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return folder
