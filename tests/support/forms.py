"""One job of all configs of the demo site: the shop, and each other form of its catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.jobs import ROOT

__all__ = ["FORMS", "merged_job", "write_forms_job"]

FORMS = ("api", "schema", "scripts", "table", "feed", "sitemap", "files", "post", "hops", "cursor", "offset")


def write_forms_job(folder: Path, base: str, **changes: Any) -> Path:
    """The job on a demo site at `base`; `changes` are its further sections."""
    job = merged_job(base) | {"output": ["out/demo.xlsx", "out/demo.jsonl"]} | changes
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "job.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(job, file)
    return path


def merged_job(base: str) -> dict[str, Any]:
    """Starts and page kinds of all configs; kinds and tables have the name of their config in front."""
    starts: list[Any] = []
    pages: dict[str, Any] = {}
    for form in ("", *FORMS):
        prefix, config = (f"{form}_", f"demo_{form}.yaml") if form else ("", "demo.yaml")
        one = YAML(typ="safe").load((ROOT / "configs" / config).read_text("utf-8"))
        first = next(iter(one["pages"]))
        given = one["start"] if isinstance(one["start"], list) else [one["start"]]
        starts += [_start(start, prefix, first, base) for start in given]
        pages |= {f"{prefix}{name}": _kind(name, kind, prefix) for name, kind in one["pages"].items()}
    return {"name": "forms", "start": starts, "pages": pages, "polite": {"delay": 0}}


def _start(start: Any, prefix: str, first: str, base: str) -> dict[str, Any]:
    entry = {"url": start} if isinstance(start, str) else dict(start)
    address = "sitemap" if "sitemap" in entry else "url"
    return entry | {address: base + entry[address], "kind": prefix + entry.get("kind", first)}


def _kind(name: str, kind: dict[str, Any], prefix: str) -> dict[str, Any]:
    if "tables" in kind:
        kind["tables"] = {f"{prefix}{table}": rule for table, rule in kind["tables"].items()}
    elif "fields" in kind:
        kind["table"] = prefix + kind.get("table", name)
    for rule in kind.get("follow", ()):
        rule["to"] = prefix + rule["to"]
    return kind
