"""The config keys for people (docs/config.md) and for editors (JSON Schema), made from the models."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

from crawler import plugins
from crawler.config.browser import BrowserSpec, RenderSpec
from crawler.config.document import (
    AuthSpec,
    DemoSpec,
    Document,
    FetchSpec,
    FilesSpec,
    HostSpec,
    LimitsSpec,
    PoliteSpec,
    ProtectSpec,
    SitemapSpec,
    StartSpec,
)
from crawler.config.field_spec import ConditionSpec, EachSpec, FieldSpec
from crawler.config.page_spec import FollowSpec, KindSpec, TableSpec
from crawler.config.paging_spec import ExpectSpec, PaginateSpec
from crawler.config.request_spec import RequestSpec
from crawler.config.schema import Key, Section
from crawler.config.session_spec import LostSpec, SessionSpec, StepSpec

__all__ = ["SECTIONS", "reference", "schema"]


SECTIONS: tuple[tuple[str, str, type[Section]], ...] = (
    ("The job", "", Document),
    ("Where to start", "start[].", StartSpec),
    ("A sitemap to start from", "start[].", SitemapSpec),
    ("A page kind", "pages.KIND.", KindSpec),
    ("A table of a page kind", "pages.KIND.tables.TABLE.", TableSpec),
    ("Rows", "pages.KIND.each[].", EachSpec),
    ("A condition", "pages.KIND.where.NAME.", ConditionSpec),
    ("A request", "pages.KIND.request.", RequestSpec),
    ("Paging", "pages.KIND.paginate.", PaginateSpec),
    ("What is expected", "pages.KIND.expect[].", ExpectSpec),
    ("A page in the browser", "pages.KIND.browser.", RenderSpec),
    ("A field", "pages.KIND.fields.NAME.", FieldSpec),
    ("A follow rule", "pages.KIND.follow[].", FollowSpec),
    ("A session", "session.", SessionSpec),
    ("A step of a session", "session.steps[].", StepSpec),
    ("A lost session", "session.lost.", LostSpec),
    ("The demo site", "demo.", DemoSpec),
    ("Fetching", "fetch.", FetchSpec),
    ("User and password", "fetch.auth.", AuthSpec),
    ("Politeness", "polite.", PoliteSpec),
    ("A single host", "polite.hosts.HOST.", HostSpec),
    ("Files", "files.", FilesSpec),
    ("Limits", "limits.", LimitsSpec),
    ("The browser", "browser.", BrowserSpec),
    ("Protection", "protect.", ProtectSpec),
)
_INTRO = """# The config file

One YAML 1.2 file describes one job. Paths in it are relative to the file itself. `crawler schema` prints a JSON
Schema for editors, and `crawler check` shows what a run with the config would do.

- Durations: `30` (seconds), `250ms`, `30s`, `30m`, `2h`, `1h30m`, `1d`.
- Sizes: `1000000` (bytes), `500 kB`, `10MB` (1000 x 1000), `64 KiB` (1024).
- Shares: `5%` or `0.05`.
- Latencies of the demo site: `200ms` for all responses; `50ms..400ms` for a random time between (uniform distribution);
  `p50 100ms p95 800ms` for 50 % of the responses within 100 ms, 95 % within 800 ms, and a few much slower (log-normal
  distribution), like a real site. The latency of a response depends only on `demo.seed`, the path and how many times it
  was requested, so it is the same in each run.
- `fields: {title: h1}` is short for `fields: {title: {css: h1}}`.
- Where a list is allowed, a single value can be given instead of a list of one.
- Secrets: in `fetch.headers`, `fetch.cookies`, `fetch.auth` and `fetch.proxy`, in `query`, `headers`, `json` and `form`
  of a request, and in `fill` of a step of `session`, `${NAME}` is replaced by the environment variable NAME, which must
  be set and not empty. These values are never shown.
- Quote a selector that starts with `#`, `[`, `*`, `@`, `&`, `!`, `>` or `%`: each has a special meaning in YAML.
"""


def reference() -> str:
    """Markdown tables of every key with type, default and meaning."""
    return _INTRO + "".join(_section(*section) for section in SECTIONS)


def _section(title: str, prefix: str, section: type[Section]) -> str:
    rows = "\n".join(_row(prefix + name, key) for name, key in section.keys.items())
    about = cleandoc(section.__doc__ or "")
    return f"\n## {title}\n\n{about}\n\n| key | type | default | meaning |\n|---|---|---|---|\n{rows}\n"


def _row(path: str, key: Key[Any]) -> str:
    cells = (f"`{path}`", key.type.name, _default(key), key.about)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(key: Key[Any]) -> str:
    if key.required:
        return "required"
    if isinstance(key.default, Section):
        return "see below"
    return f"`{key.type.show(key.default)}`" if key.default not in (None, "", (), {}) else "none"


def schema() -> dict[str, Any]:
    """JSON Schema draft 7 of a config file, shorthands included."""
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "crawler config"}
    sections = sorted((section for _, _, section in SECTIONS[1:]), key=lambda section: section.__name__)
    return {
        **head,
        **_section_schema(Document),
        "definitions": {one.__name__: _section_schema(one) for one in sections},
    }


def _section_schema(section: type[Section]) -> dict[str, Any]:
    required = [name for name, key in section.keys.items() if key.required]
    rule = {
        "additionalProperties": False,
        "description": cleandoc(section.__doc__ or ""),
        "properties": {name: _key(key) for name, key in section.keys.items()},
        **({"required": required} if required else {}),
        "type": "object",
    }
    if not section.shorthand:
        return rule
    text = {"description": "CSS selector of the text", "type": "string"}
    return {"anyOf": [text, rule], "description": rule.pop("description")}


def _key(key: Key[Any]) -> dict[str, Any]:
    default = None if key.required or isinstance(key.default, Section) else key.default
    shown = {} if default in ("", None, (), {}) else {"default": default}  # an empty one means none
    return dict(sorted({"description": key.about, **(_brought(key) or key.type.json), **shown}.items()))


def _brought(key: Key[Any]) -> dict[str, Any]:
    """The choices of a key with those that other installed packages bring."""
    names = list(plugins.entry_points(key.type.group)) if key.type.group else []
    return {"anyOf": [key.type.json, {"enum": names}]} if names else {}
