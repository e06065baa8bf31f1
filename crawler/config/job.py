"""A Job: everything that a config says, checked and ready to use."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from crawler import __version__
from crawler.config.browser import BrowserSpec
from crawler.config.document import DemoSpec, Document, FetchSpec, LimitsSpec, PoliteSpec, ProtectSpec
from crawler.config.page_spec import KindSpec
from crawler.config.schema import Section
from crawler.config.secrets import Secret, reveal
from crawler.config.start_pages import pages_of
from crawler.config.starts import FUNCTION, Start
from crawler.config.tables import make_recipe, make_steps, make_tables, table_keys
from crawler.extract.rules import PageRule, Recipe, SitemapRule, StepRule, every_field
from crawler.fetch.proxy import is_socks
from crawler.model import FILE_COLUMNS, Link, Table

if TYPE_CHECKING:
    from crawler.extract.request import CompiledRequest
    from crawler.fetch.browser import BrowserRule

__all__ = ["Job", "JobSource", "settings"]


def settings(document: Document, starts: Sequence[Start]) -> list[tuple[str, str]]:
    """Key path and value of every setting; ` (default)` follows what the config does not say."""
    count = sum(1 if start.values is None else start.values.combinations for start in starts)
    first = starts[0].url or f"request.url of {starts[0].kind}" if starts else ""
    more = f" and {count - 1:,} more" if count > 1 else ""
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


class JobSource(NamedTuple):
    """What a job was read from, so that another process can read it again.

    Attributes:
        config: absolute path of the file, or the config as plain data, whose paths are relative to the current folder.
    """

    config: str | Mapping[str, Any]
    overrides: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, path: Path | str | Mapping[str, object], overrides: Sequence[str], starts: Sequence[str]
    ) -> Self | None:
        """None for standard input, which can be read once."""
        if str(path) == "-":
            return None
        config: Any = path
        if isinstance(path, Mapping):
            from crawler.config.python_data import plain_copy  # late: most configs are files

            config = plain_copy(path)
        else:
            config = os.path.abspath(path)
        return cls(config, tuple(overrides), tuple(starts))


@dataclass(frozen=True)
class Job:
    """What one config file describes.

    Attributes:
        document: the config as it is written, with every default filled in.
        folder: the absolute folder that paths are relative to: the config's, or the current one for `-`.
        starts: where to start, in order, with ranges not yet expanded; paths where the job is for the demo site.
        outputs: absolute paths of the files to write.
        state_path: absolute path of the state file.
        warnings: what is allowed but most likely not meant, one sentence each.
        files_path: absolute folder of the files that fields lead to.
        sitemaps: rules by the page kinds of sitemaps, which are kinds of their own beside those of the config.
        variables: the values of `${NAME}` in requests, by `$NAME`.
        source: what it was read from; None for standard input.
    """

    document: Document
    folder: Path
    starts: tuple[Start, ...] = field(repr=False)
    outputs: tuple[Path, ...] = ()
    state_path: Path = Path()
    warnings: tuple[str, ...] = ()
    sitemaps: Mapping[str, SitemapRule] = field(default_factory=dict)
    variables: Mapping[str, Secret] = field(default_factory=dict)
    files_path: Path = Path()
    source: JobSource | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Name of the job, safe as a file name."""
        return self.document.name

    @property
    def pages(self) -> Mapping[str, KindSpec]:
        """The page kinds as they are written."""
        return self.document.pages

    @property
    def demo(self) -> DemoSpec | None:
        """The demo site to start, or None."""
        return self.document.demo

    @property
    def fetch(self) -> FetchSpec:
        """How pages are fetched."""
        return self.document.fetch

    @property
    def polite(self) -> PoliteSpec:
        """How to limit the load on the site."""
        return self.document.polite

    @property
    def limits(self) -> LimitsSpec:
        """When to stop."""
        return self.document.limits

    @property
    def browser(self) -> BrowserSpec:
        """How the browser runs."""
        return self.document.browser or BrowserSpec()

    @property
    def rendered(self) -> dict[str, BrowserRule]:
        """What the browser does, by the page kinds that it renders."""
        return {name: kind.browser.rule() for name, kind in self.pages.items() if kind.browser is not None}

    @property
    def protect(self) -> ProtectSpec | None:
        """When a crawl is suspect; None for never."""
        return self.document.protect

    @cached_property
    def recipe(self) -> Recipe:
        """What to take from pages, as the workers need it."""
        recipe = make_recipe(self.document, str(self.folder))
        sitemaps = {name: PageRule(name, sitemap=rule) for name, rule in self.sitemaps.items()}
        return recipe._replace(kinds={**recipe.kinds, **sitemaps}) if sitemaps else recipe

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The tables and their columns, in the order of the config."""
        return make_tables(self.document)

    @cached_property
    def has_files(self) -> bool:
        """Whether a field is a file."""
        return any(column.type in FILE_COLUMNS for table in self.tables for column in table.columns)

    @cached_property
    def keys(self) -> Mapping[str, tuple[str, ...]]:
        """For each table the columns that tell its records apart; () where every record is a row."""
        return table_keys(self.document)

    @cached_property
    def requests(self) -> Mapping[str, CompiledRequest]:
        """How pages are asked for, of the page kinds that say it."""
        rules = {name: kind.request for name, kind in self.recipe.kinds.items() if kind.request is not None}
        if not rules:
            return {}
        from crawler.extract.request import CompiledRequest  # late: most jobs have none

        return {name: CompiledRequest(rule) for name, rule in rules.items()}

    @cached_property
    def steps(self) -> tuple[StepRule, ...]:
        """The steps of the session; () for a job without one."""
        return make_steps(self.document, str(self.folder))

    @property
    def sends_forms(self) -> bool:
        """Whether a follow rule submits a form."""
        return any(rule.submit for kind in self.pages.values() for rule in kind.follow)

    @cached_property
    def request_hosts(self) -> tuple[str, ...]:
        """URLs of the hosts that `request.url` of a page kind, or a step of the session, names."""
        urls = [kind.request.url or "" for kind in self.pages.values()]
        urls += [step.url for step in self.document.session.steps] if self.document.session else []
        return tuple(dict.fromkeys("/".join(url.split("/")[:3]) + "/" for url in urls if url.startswith("http")))

    @property
    def kept_headers(self) -> frozenset[str]:
        """Headers of answers that fields ask for, in lower case."""
        rules = [rule for kind in self.recipe.kinds.values() for rule in every_field(kind)]
        asked = (rule.response or "" for rule in rules)
        return frozenset(name.removeprefix("header.").lower() for name in asked if name.startswith("header."))

    def secrets(self) -> dict[str, Any]:
        """Headers, cookies, auth and proxy as the client needs them; show them nowhere."""
        fetch = self.fetch
        return {
            "headers": reveal(fetch.headers),
            "cookies": reveal(fetch.cookies),
            "auth": (fetch.auth.user.reveal(), fetch.auth.password.reveal()) if fetch.auth else None,
            "proxy": fetch.proxy[0].reveal() if fetch.proxy else None,
            "proxies": tuple(one.reveal() for one in fetch.proxy) if len(fetch.proxy) > 1 else (),
        }

    def request_secrets(self) -> dict[str, str]:
        """Values of the variables that requests name, by `$NAME`; show them nowhere."""
        return reveal(self.variables)

    def fetch_secrets(self) -> tuple[str, ...]:
        """Values of headers and cookies, and the password of `fetch.auth`; show them nowhere."""
        fetch = self.fetch
        password = (fetch.auth.password.reveal(),) if fetch.auth else ()
        return (*reveal(fetch.headers).values(), *reveal(fetch.cookies).values(), *password)

    @property
    def uses_socks(self) -> bool:
        """Whether a proxy is one of SOCKS."""
        return any(is_socks(one.reveal()) for one in self.fetch.proxy)

    @property
    def user_agent(self) -> str:
        """The User-Agent: the configured one, or this program's name with the contact."""
        if self.fetch.user_agent:
            return self.fetch.user_agent
        contact = self.polite.contact
        return f"crawler/{__version__} (+{contact})" if contact else f"crawler/{__version__}"

    def start_pages(self, base: str | None = None, *, call: bool = True) -> Iterator[Link]:
        """Every start page, with ranges and lists expanded and values filled in; paths are resolved against `base`.

        Args:
            call: call functions that give URLs; without it none of the user's code is run, and their URLs are missing.

        Raises:
            ConfigError: such a function fails.
        """
        for start in self.starts:
            yield from pages_of(start, self.requests.get(start.kind), base, str(self.folder), call=call)

    @property
    def start_functions(self) -> list[tuple[str, str]]:
        """Name and page kind of each function that gives start URLs."""
        return [(one.url.removeprefix(FUNCTION), one.kind) for one in self.starts if one.url.startswith(FUNCTION)]

    @cached_property
    def what_hash(self) -> str:
        """sha256 over what defines the crawl: starts, page kinds, demo shop, parameters. Not how fast or how far."""
        # Without defaults: a key that a later version adds must not look like a change.
        without = {"latency", "page_weight", "capacity", "rate", "slows_beyond"}  # the records are the same
        demo = self.demo.plain(defaults=False, without=without) if self.demo else None
        pages = [(name, kind.plain(defaults=False)) for name, kind in self.pages.items()]
        told_apart = [self.fetch.ignore_parameters, self.fetch.keep_parameters]
        what: list[object] = [
            [start.plain for start in self.starts],
            pages,
            demo,
            *(told_apart if any(told_apart) else []),
        ]
        if self.sitemaps:
            what.append(self.sitemaps)
        if self.has_files and self.document.files.same_site is not True:
            what.append(self.document.files.same_site)
        text = json.dumps(what, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def settings(self) -> list[tuple[str, str]]:
        """Every setting as key path and text, for a person; secrets are `***`, defaults are marked."""
        return settings(self.document, self.starts)
