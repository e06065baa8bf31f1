"""`crawler check`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

import click

from crawler.cli.helping import Command
from crawler.cli.options import CONFIG_OPTIONS, PARSE_STAGES_IN_WORDS, job_options, load_job
from crawler.cli.terminal import Cell, aligned, clean, echo, echo_json, paint, short, width, wrapped

__all__ = ["plan_text"]


Plain = dict[str, Any]


def plan_text(plan: Plain, width: int) -> list[str]:
    """Lines for a window of `width` columns."""
    good = plan["exit_code"] == 0
    verdict = "the config is valid" if good else "the config is valid, but a run would fail to start"
    lines = [f"{clean(plan['name'])}: {paint(verdict, 'green' if good else 'red')}"]
    for heading, body in _sections(plan, width):
        if body:
            lines += ["", paint(heading, "bold"), *body]
    end = f"next: crawler run {shlex.quote(plan['config'])}" if good else ""
    return [*lines, "", clean(end)] if end else lines


def _sections(plan: Plain, width: int) -> Iterator[tuple[str, list[str]]]:
    yield _start_heading(plan["start"]), [_item(clean(page), width) for page in _first(plan["start"])]
    yield "Session", _session(plan["session"], width)
    yield "Page kinds", _kinds(plan, width)
    yield "Requests", _requests(plan, width)
    for table in plan["tables"]:
        yield _table_heading(table), _table(table, width)
    yield "Engines", _bullets(_engines(plan), width)
    yield "Fetching", _fetching(plan["fetch"], width)
    yield "Politeness", _bullets(plan["polite"]["in_words"], width)
    yield "Limits", _bullets(plan["limits"]["in_words"], width)
    if plan["files"]:
        yield "Files", _bullets(plan["files"]["in_words"], width)
    yield "Outputs", _outputs(plan["outputs"], width)
    yield "Next run", _next_run(plan["state"], width)
    yield "Warnings", [_item(warning, width, "yellow") for warning in plan["warnings"]]


def _start_heading(start: Plain) -> str:
    count = start["count"]
    if not count and start["functions"]:
        return "Start: the URLs that a function gives when the run starts"
    kinds = ", ".join(start["kinds"])
    demo = " on the demo site, which the run starts and stops" if start["demo"] else ""
    named = "page kind" if len(start["kinds"]) == 1 else "page kinds"
    return clean(f"Start: {count:,} {'page' if count == 1 else 'pages'} of {named} {kinds}{demo}")


def _first(start: Plain) -> list[str]:
    more = start["count"] - len(start["first"])
    functions = [f"python {one['python']} ({one['kind']})" for one in start["functions"]]
    return [*map(_start_page, start["requests"]), *([f"and {more:,} more"] if more else []), *functions]


def _start_page(page: Plain) -> str:
    """A start page: its URL, and what else it is asked for with."""
    asked = page["url"] if page["method"] == "GET" else f"{page['method']} {page['url']}"
    values = ", ".join(f"{name}={value}" for name, value in page["values"].items())
    return "".join([asked, f" {page['body']}" * bool(page["body"]), f" with {values}" * bool(values)])


def _session(session: Plain | None, width: int) -> list[str]:
    """The steps, without what they send."""
    if session is None:
        return []
    lines = []
    for number, step in enumerate(session["steps"], 1):
        parts = [f"step {number}: {step['method']} {step['url']}"]
        parts += [f"sends the form {step['submit']} with {', '.join(step['fill']) or 'its own fields'}"] * bool(
            step["submit"]
        )
        parts += [f"gives {', '.join(step['fields'])}"] * bool(step["fields"])
        lines.append("; ".join(parts))
    if session["expect"]:
        lines.append(f"it worked if the last answer has {session['expect']}")
    lost = [f"the status is {' or '.join(map(str, session['lost']['status']))}"] if session["lost"]["status"] else []
    lost += [f"the page has {session['lost']['css']}"] if session["lost"]["css"] else []
    if lost:
        lines.append(f"it is lost, and the steps run again, if {' or '.join(lost)}")
    return _bullets([clean(line) for line in lines], width)


def _kinds(plan: Plain, width: int) -> list[str]:
    rows: list[list[str | Cell]] = []
    for kind in plan["pages"]:
        by = [f"python {kind['python']}"] if kind["python"] else []
        fills = ", ".join([*dict.fromkeys(kind["tables"]), *by])
        start: list[str | Cell] = [Cell(kind["kind"], "bold"), fills]
        if kind["sitemap"]:
            rows.append([Cell(kind["kind"], "bold"), "", f"-> {kind['sitemap']['to']}", _sitemap(kind["sitemap"])])
            continue
        for follow in kind["follow"] or [None]:
            leads = [f"-> {follow['to']}", _follow(follow)] if follow else ["", ""]
            rows.append([*start, *leads])
            start = ["", ""]
    return aligned(["kind", "fills", "leads to", "by"], rows, width)


def _sitemap(rule: Plain) -> str:
    """Which addresses of a sitemap are taken."""
    from crawler.config.units import show_duration  # late: --help reads no config

    parts = ["the addresses listed"]
    parts += [f"{key}: {' or '.join(rule[key])}" for key in ("sitemaps", "allow", "deny") if rule[key]]
    parts += [f"since: {show_duration(rule['since'])}"] if rule["since"] else []
    return "; ".join(parts)


def _follow(follow: Plain) -> str:
    each = "of its rows" if follow["of_rows"] else follow["each"]
    if follow["by_request"]:
        parts = [f"one request for each {each}" if each else "one request"]
    else:
        parts = [follow["css"] + (f" in each {each}" if each else "")]
    parts += [f"where {', '.join(follow['where'])}"] if follow["where"] else []
    parts += ["next page"] if follow["next"] else []
    parts += [f"also to {', '.join(follow['hosts'])}"] if follow["hosts"] else []
    parts += [] if follow["same_site"] else ["also to other sites"]
    parts += [f"carries {', '.join(follow['carry'])}"] if follow["carry"] else []
    parts += {"rows": ["a row for each link"], "collect": ["a list of what all links carry"]}.get(
        follow["duplicates"], []
    )
    return "; ".join(parts)


def _requests(plan: Plain, width: int) -> list[str]:
    rows: list[list[str | Cell]] = []
    for kind in plan["pages"]:
        asked = kind["request"]
        if asked is None:
            continue
        query = "&".join(f"{name}={_written(value)}" for name, value in asked["query"].items())
        parts = [f"query {query}"] if query else []
        parts += [f"{asked['body']} body"] if asked["body"] else []
        parts += [f"headers {', '.join(asked['headers'])}"] if asked["headers"] else []
        parts += [f"also pages: {', '.join(map(str, asked['statuses']))}"] if asked["statuses"] else []
        parts += _paging(asked["paginate"]) if asked["paginate"] else []
        start: list[str | Cell] = [Cell(kind["kind"], "bold"), asked["method"], asked["url"] or "the link or start"]
        for part in parts or [""]:
            rows.append([*start, part])
            start = ["", "", ""]
    return aligned(["kind", "method", "address", "with"], rows, width) if rows else []


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _paging(rule: Plain) -> list[str]:
    """How a list goes on."""
    most = [f"at most {rule['most']:,} pages"] if rule["most"] else []
    if rule["name"] == "cursor":
        end = f"as long as {rule['found_by']}" if rule["ends_by"] else "until there is none"
        return [f"then the cursor of {rule['cursor']}", end, *most]
    step = rule["step"] if rule["name"] == "offset" else 1
    ends = {
        "page_count": f"all at once: as many as {rule['found_by']}",
        "total": f"all at once: a total of {rule['found_by']}",
        "more": f"as long as {rule['found_by']}",
        None: "until a page has no rows",
    }
    return [f"{rule['name']} {rule['first']}, {rule['first'] + step}, ...", ends[rule["ends_by"]], *most]


def _table_heading(table: Plain) -> str:
    key = f"one row for each {', '.join(table['key'])}" if table["key"] else "no key, so no two rows are merged"
    count = len(table["columns"])
    each = "".join(f", one for each {css}" for css in dict.fromkeys(table["each"]) if css)
    where = f" where {', '.join(dict.fromkeys(table['where']))}" if table["where"] else ""
    return clean(
        f"Table {table['name']}: {count} {'column' if count == 1 else 'columns'} "
        f"from {', '.join(table['kinds'])}{each}{where}; {key}"
    )


def _table(table: Plain, width: int) -> list[str]:
    rows: list[list[str | Cell]] = []
    for column in table["columns"]:
        for place, source in enumerate(column["found_by"]):
            several = len(table["kinds"]) > 1 or source["carried"]
            where = f"{source['rule']} on {source['kind']}" if several else source["rule"]
            slow = "yellow" if source["engine"] == "bs4" else "dim"
            first = [column["name"], Cell(column["type"], "dim")] if place == 0 else ["", ""]
            rows.append([*first, where, Cell(source["engine"], slow)])
    return aligned(["column", "type", "found by", "engine"], rows, width)


def _engines(plan: Plain) -> list[str]:
    if all(kind["format"] != "html" or kind["sitemap"] for kind in plan["pages"]):
        return ["none: no page is HTML or XML"]
    if plan["fetch"]["engine"] == "bs4":
        return ["BeautifulSoup evaluates every selector (fetch.engine)"]
    uses = [source for table in plan["tables"] for column in table["columns"] for source in column["found_by"]]
    uses += [follow for kind in plan["pages"] for follow in kind["follow"]]
    reasons = dict.fromkeys(use["why"] for use in uses if use["why"])
    if not any(use["engine"] for use in uses):
        return ["no page is searched by selectors"]
    if not reasons:
        return ["lexbor evaluates every selector; on pages of XML, BeautifulSoup does"]
    head = "lexbor evaluates the selectors, except these, for which BeautifulSoup (slower) is used:"
    return [head, *(f"  {reason}" for reason in reasons)]


def _fetching(fetch: Plain, width: int) -> list[str]:
    workers = fetch["workers"]
    lines = [
        f"strategy {fetch['strategy']}, {workers} {'worker' if workers == 1 else 'workers'}, client {fetch['client']}",
        f"pages are parsed {PARSE_STAGES_IN_WORDS.get(fetch['parse'], fetch['parse'])} (parse: {fetch['parse']})",
    ]
    if fetch["proxies"]:
        each = ", each with one request at a time" if fetch["proxy_per_worker"] else ""
        turns = "one proxy" if fetch["proxies"] == 1 else f"{fetch['proxies']} proxies in turn"
        lines.append(f"through {turns}{each}")
    if browser := fetch["browser"]:
        kinds = ", ".join(browser["kinds"])
        lines.append(f"{kinds}: rendered by {browser['path'] or 'a browser'}, at most {browser['pages']} pages at once")
    return [*_bullets(lines, width), *([_item(fetch["problem"], width, "red")] if fetch["problem"] else [])]


def _outputs(outputs: list[Plain], width: int) -> list[str]:
    lines = []
    for output in outputs:
        path = short(output["path"])
        if output["problem"]:
            lines.append(_item(f"{path}: {output['problem']}", width, "red"))
        else:
            lines.append(_item(f"{path} can be written{', replacing the existing file' * output['exists']}", width))
    return lines


def _next_run(state: Plain, width: int) -> list[str]:
    if state["problem"]:
        return [_item(state["problem"], width, "red")]
    return _bullets([state["in_words"], f"the state file is {short(state['path'])}"], width)


def _bullets(lines: list[str], width: int) -> list[str]:
    return [_item(line, width) for line in lines]


def _item(text: str, width: int, colour: str = "") -> str:
    start = "  " + text[: len(text) - len(text.lstrip())]
    line = start + wrapped(text.lstrip(), width, start + "  ")
    return paint(line, colour) if colour else line


@click.command(
    "check",
    cls=Command,
    short_help="Check a config and show the plan; nothing is fetched.",
    sections={"What to crawl": CONFIG_OPTIONS, "What to print": ("as_json",)},
    codes=(0, 2, 6),
    meanings={0: "a run would start", 2: "the config is wrong, or an output file cannot be written"},
)
@job_options
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON on stdout.")
def command(config: str, overrides: tuple[str, ...], starts: tuple[str, ...], as_json: bool) -> int:
    """Check CONFIG and show what a run would do. Nothing is fetched or written.

    \b
    Examples:
      crawler check books.yaml
      crawler check books.yaml --set polite.delay=1s
    """
    job = load_job(config, overrides, starts)
    from crawler.cli.plan import make_plan

    plan = make_plan(job, config)
    if as_json:
        echo_json(plan)
    else:
        for line in plan_text(plan, width()):
            echo(line)
    code: int = plan["exit_code"]
    return code
