"""Who takes part: strategies of ours and the peers, each as a command line."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.sites import Site
from crawler.strategies.registry import STRATEGIES

SCRIPTS = Path(__file__).parent / "peers"
DEFAULT_OURS = "curl,curl.csv,asyncio,threads,threads+curl,processes-curl"


@dataclass(frozen=True)
class Competitor:
    """One line of the table.

    Attributes:
        suffix: of the file it writes.
        flags: of `crawler run`; a peer has a script instead.
        needs: modules that a peer's script imports.
        at_once: requests at once, 0 for what the command line says.
        is_free: it may use every core, whatever the command line says.
    """

    name: str
    suffix: str
    flags: tuple[str, ...] = ()
    script: str = ""
    needs: tuple[str, ...] = ()
    at_once: int = 0
    is_free: bool = False


def _script(name: str, form: str, script: str, *needs: str, at_once: int = 0) -> Competitor:
    return Competitor(name, f".{form}", script=script, needs=needs, at_once=at_once)


BS4 = ("requests_bs4.py", "requests", "bs4", "openpyxl")
AIOHTTP = ("aiohttp_lexbor.py", "aiohttp", "selectolax", "openpyxl")
PYCURL = ("pycurl_lexbor.py", "pycurl", "selectolax")
PEERS = {
    "scrapy": _script("Scrapy", "csv", "scrapy_spider.py", "scrapy"),
    "crawlee-parsel": _script("Crawlee, Parsel", "csv", "crawlee_parsel.py", "crawlee", "parsel"),
    "crawlee-bs4": _script("Crawlee, BeautifulSoup with lxml", "csv", "crawlee_bs4.py", "crawlee", "bs4"),
    "requests-bs4": _script("script: requests, bs4 with lxml, a loop", "xlsx", *BS4, at_once=1),
    "requests-bs4-threads": _script("script: requests, bs4 with lxml, threads", "xlsx", *BS4),
    "aiohttp-lexbor": _script("script: aiohttp, lexbor", "xlsx", *AIOHTTP),
    "pycurl-lexbor": _script("script: pycurl, lexbor", "csv", *PYCURL),
}
"""In the format that each writes when none is asked for; the scripts write csv and xlsx, frameworks csv only."""


def ours(text: str) -> tuple[Competitor, ...]:
    """The strategies that `--ours` names: `curl`, `threads+curl` with that client, `curl.csv` with that format."""
    return tuple(_ours(word.strip()) for word in text.split(",") if word.strip() not in ("", "none"))


def _ours(word: str) -> Competitor:
    rest, _, form = word.partition(".")
    strategy, _, client = rest.partition("+")
    if strategy not in STRATEGIES:
        raise SystemExit(f"--ours: there is no strategy {strategy!r}; there are {', '.join(STRATEGIES)}")
    flags = ("--strategy", strategy, *(("--set", f"fetch.client={client}") if client else ()))
    suffix = f".{form or 'xlsx'}"
    return Competitor(f"crawler {rest} ({suffix[1:]})", suffix, flags, is_free=STRATEGIES[strategy].processes)


def peers(text: str) -> tuple[Competitor, ...]:
    """The peers that `--peers` names: `scrapy`, or `requests-bs4.csv` with that format."""
    if text == "none":
        return ()
    return tuple(_peer(word.strip()) for word in (PEERS if text == "all" else text.split(",")))


def _peer(word: str) -> Competitor:
    key, _, form = word.partition(".")
    if key not in PEERS:
        raise SystemExit(f"--peers: there is no {key!r}; there are {', '.join(PEERS)}, all and none")
    who = PEERS[key]
    form = form or who.suffix[1:]
    if f".{form}" != who.suffix and not who.name.startswith("script"):
        raise SystemExit(f"--peers: {key} writes {who.suffix[1:]} here")
    return replace(who, name=f"{who.name} ({form})", suffix=f".{form}")


def write_config(site: Site, base: str, path: Path) -> Path:
    """Our config for this site. Ten copies of the books have each of them ten times: there its URL is the key."""
    rules = (SCRIPTS.parent / "rules" / f"{site.name}.yaml").read_text("utf-8")
    key = "upc" if len(site.prefixes) == 1 else "url"
    path.write_text(rules.format(starts=json.dumps(site.starts(base)), key=key), "utf-8")
    return path


def command(who: Competitor, site: Site, base: str, out: Path, python: Path | None, workers: int) -> list[str]:
    """The command line of one run that writes `out`; the state of ours lies beside it."""
    at_once = str(who.at_once or workers)
    if who.script:
        options = ["--site", site.name, "--out", str(out), "--at-once", at_once]
        return [str(python), str(SCRIPTS / who.script), *options, *site.starts(base)]
    config = write_config(site, base, out.with_name("config.yaml"))
    run = [sys.executable, "-m", "crawler", "run", str(config), "--json", "--set", f"output={out}"]
    return [*run, "--workers", at_once, *who.flags]
