"""The sections that say how to crawl: `demo`, `fetch`, `polite` and `limits`. Every default stands here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from crawler.config import checked
from crawler.config.pages import as_tuple
from crawler.config.secrets import Secret
from crawler.config.values import (
    Duration,
    Host,
    Model,
    OneLine,
    SecretText,
    Share,
    Shown,
    Size,
    Text,
    complain,
    empty_if_null,
)

__all__ = ["AuthSpec", "DemoSpec", "FetchSpec", "LimitsSpec", "PoliteSpec"]


def _headers(values: dict[str, Secret]) -> dict[str, Secret]:
    for name, value in values.items():
        wrong_name = checked.header_name(name)
        fault = wrong_name or checked.header_value(value.reveal())
        if fault:
            complain(fault.what, fault.fix, key=name, on_key=wrong_name is not None)
    return values


def _cookies(values: dict[str, Secret]) -> dict[str, Secret]:
    for name, value in values.items():
        if not checked.is_cookie(name, value.reveal()):
            complain("is not a cookie", "names and values are ASCII, and have no space, comma or ; in them", key=name)
    return values


def _proxy(value: Secret) -> Secret:
    fault = checked.proxy(value.reveal())
    if fault:
        complain(fault.what, fault.fix)
    return value


_SECRETS = empty_if_null(dict)


class DemoSpec(Model):
    """The demo site: with this section a run starts it, crawls it and stops it."""

    books: int = Field(default=60, ge=1, le=1_000_000, description="How many books the shop has.")
    latency: Duration = Field(default=0.0, ge=0, le=3600, description="How long every answer waits.")
    errors: Share = Field(default=0.0, ge=0, le=1, description="Share of pages that fail when first asked for.")
    seed: int = Field(default=1, ge=0, le=2**31, description="Another seed gives another shop, the same seed the same.")
    port: int = Field(default=8765, ge=0, le=65535, description="TCP port on this machine; 0 takes any free one.")


class AuthSpec(Model):
    """User and password of HTTP basic authentication."""

    user: SecretText = Field(description="User name.")
    password: SecretText = Field(description="Password; better `${PASSWORD}` than the password itself.")


class FetchSpec(Model):
    """How pages are fetched."""

    strategy: Text = Field(
        default="threads",
        description="How requests are executed: one of `crawler strategies`, or `module:Class` of your own.",
    )
    workers: int = Field(default=16, ge=1, le=1000, description="How many requests at once.")
    parse: Literal["auto", "worker", "callback", "pool", "barrier"] = Field(
        default="auto",
        description="Where pages are analysed. `auto` is `callback` under threads, `worker` under processes.",
    )
    engine: Literal["auto", "bs4", "lexbor"] = Field(
        default="auto", description="What analyses pages. `auto` takes the fast one wherever both agree."
    )
    client: Text = Field(
        default="requests", description="The HTTP client: `requests`, or `curl` of the extra, which needs less CPU."
    )
    timeout: Duration = Field(default=30.0, gt=0, le=86400, description="Most time for one request, to its last byte.")
    connect_timeout: Duration = Field(default=10.0, gt=0, le=86400, description="Most time to connect.")
    retries: int = Field(default=3, ge=0, le=20, description="How often a failed request is tried again.")
    headers: Annotated[dict[str, SecretText], AfterValidator(_headers), _SECRETS, Shown("name: text")] = Field(
        default={},
        description="More request headers, sent only to the hosts of the start URLs. May hold `${VARIABLE}`.",
    )
    cookies: Annotated[dict[str, SecretText], AfterValidator(_cookies), _SECRETS, Shown("name: text")] = Field(
        default={}, description="Cookies, sent only to the hosts of the start URLs. May hold `${VARIABLE}`."
    )
    auth: AuthSpec | None = Field(default=None, description="User and password for the hosts of the start URLs.")
    proxy: Annotated[SecretText, AfterValidator(_proxy)] | None = Field(
        default=None, description="URL of a proxy. Proxies of the environment are never used."
    )
    user_agent: OneLine = Field(
        default="", description="The whole User-Agent. Without it `crawler/VERSION (+CONTACT)`."
    )
    insecure_hosts: Annotated[
        tuple[Host, ...],
        BeforeValidator(as_tuple),
        WithJsonSchema({"type": "array", "items": {"type": "string"}}),
        Shown("list of host names"),
    ] = Field(default=(), description="Hosts whose certificate is not checked.")
    allow_private: bool = Field(
        default=False, description="Links may lead to private addresses of your own network. Start URLs always may."
    )


class PoliteSpec(Model):
    """How gently the site is treated."""

    robots: bool = Field(default=True, description="Obey robots.txt.")
    delay: Duration = Field(default=0.2, ge=0, le=3600, description="Least time between two requests to a host.")
    per_host: int = Field(default=8, ge=1, le=1000, description="Most requests to a host at once.")
    contact: OneLine | None = Field(default=None, description="Your web or mail address, sent in the User-Agent.")
    max_crawl_delay: Duration = Field(
        default=30.0,
        ge=0,
        le=86400,
        description="Longest Crawl-delay of a robots.txt that is obeyed; a longer one is cut.",
    )
    retry_after_cap: Duration = Field(
        default=120.0, ge=0, le=86400, description="Longest Retry-After of a server that is waited for in this run."
    )


class LimitsSpec(Model):
    """Where to stop."""

    pages: int = Field(default=10_000, ge=1, le=1_000_000_000, description="Most pages of a crawl, over all its runs.")
    depth: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(
        default=None, description="Most links from a start URL to a page; links to a next page do not count."
    )
    time: Annotated[Duration, Field(gt=0, le=31_536_000)] | None = Field(
        default=None, description="Most time for one run; then it stops cleanly and still writes its files."
    )
    page_bytes: Size = Field(default=10_000_000, ge=1, le=2_000_000_000, description="Largest page.")
    failures: Share = Field(
        default=0.05, ge=0, le=1, description="Share of failed pages above which the exit code is 3."
    )
