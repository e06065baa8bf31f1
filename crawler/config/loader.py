"""`load`: from a config file and overrides to a Job, or to a list of all problems."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from crawler import plugins
from crawler.config.cross_checks import check, check_files, check_hooks, warnings
from crawler.config.diagnostics import SECRET_SECTIONS, Diagnostics
from crawler.config.document import Document
from crawler.config.job import Job, JobSource
from crawler.config.schema import Location
from crawler.config.secrets import Secret, has_variable
from crawler.config.start_checks import check_starts, handed_over, start_warnings
from crawler.config.start_reader import StartReader
from crawler.config.starts import FUNCTION, Start
from crawler.config.syntax import display_name, parse, read_text
from crawler.config.validators import did_you_mean
from crawler.config.yaml_data import plain
from crawler.config.yaml_tree import KeyPath, Node, YamlSource

__all__ = ["load", "override", "replace_starts"]


_KEY = r"[^.\[\]]+|\[\d+\]"


def override(report: Diagnostics, setting: str) -> None:
    """Apply one `key.path=value`; the value is YAML, as `8`, `off`, `[a, b]`. List items: `follow[0].to`."""
    key, equals, text = setting.partition("=")
    key = key.strip()
    source = YamlSource(f"--set {key}", option=True)
    path = _path(key)
    if not equals or not path:
        report.at(
            YamlSource("--set", option=True), 0, 0, f"'{key}' is not a setting", "write it as --set fetch.workers=8"
        )
        return
    value = _value(text, source, report)
    if value is not None and report.root is not None:
        report.root = _with(report, report.root, path, value, source, path)


def replace_starts(report: Diagnostics, starts: tuple[str, ...]) -> None:
    """Put these URLs in the place of `start`."""
    if report.root is not None:
        source = YamlSource("--start", option=True)
        nodes = [Node("scalar", source, text=url) for url in starts]
        value = Node("list", source, items=nodes)
        report.root = _with(report, report.root, ("start",), value, source, ("start",))


def _path(key: str) -> KeyPath:
    parts = re.findall(_KEY, key)
    return tuple(int(part[1:-1]) if part.startswith("[") else part for part in parts)


def _value(text: str, source: YamlSource, report: Diagnostics) -> Node | None:
    written = YamlSource(source.name, text.split("\n"), option=True)
    inner = Diagnostics(written)
    node = parse(written, inner)
    if inner:
        fix = "quote it for YAML, as --set 'start=\"https://example.com/\"'"
        report.at(source, 0, 0, "the value is not YAML", fix)
        return None
    return node or Node("scalar", written, plain=True)


def _with(report: Diagnostics, node: Node, path: KeyPath, value: Node, source: YamlSource, whole: KeyPath) -> Node:
    """A copy of `node` with `value` at `path`: what an alias shares elsewhere stays as it is."""
    if not path:
        return value
    part, rest = path[0], path[1:]
    if node.kind == "scalar" and node.plain and not node.text:
        node = Node("map", source)
    changed = replace(node, items=list(node.items))
    place = _place(changed, part, source)
    if place is None:
        here = ".".join(str(one) for one in whole[: len(whole) - len(path)]) or "the config"
        report.at(source, 0, 0, f"{here} has no part '{part}'", "see the config, or `crawler schema`")
        return node
    changed.items[place] = _with(report, changed.items[place], rest, value, source, whole)
    return changed


def _place(node: Node, part: str | int, source: YamlSource) -> int | None:
    """Index in `items` of the value of `part`, which is made when a mapping does not have it."""
    if node.kind == "list":
        index = int(part) if str(part).isdecimal() else -1
        return index if 0 <= index < len(node.items) else None
    if node.kind == "scalar":
        return None
    place = node.place(str(part))
    if place is not None:
        return place
    return node.put(Node("scalar", source, text=str(part)), Node("scalar", source, plain=True))


_MAY_HOLD_BRACES = (
    r"(^|\.)(regex|replace|map|allow|deny|label)(\.|\[|$)|^pages\.[^.]+\.request\."
    r"|^session\.steps\.(\d+\.)?(query|headers|json|form|fill)\."
)


def load(
    path: Path | str | Mapping[str, object],
    *,
    overrides: Sequence[str] = (),
    starts: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    known_strategies: Collection[str] | None = None,
    known_clients: Collection[str] | None = None,
) -> Job:
    """Read and check a config.

    Args:
        path: the file; `-` for standard input; or what would stand in the file as a dict, with paths relative to the
            current folder.
        overrides: `key.path=value` each, as `fetch.workers=8`; checked like the file.
        starts: URLs that replace `start`.
        env: where `${NAME}` is looked up; the environment when None.
        known_strategies, known_clients: names to check `fetch.strategy` and `fetch.client` against; a name with
            a `:` (of the user's own) passes, and so do those that other installed packages bring. None checks nothing.

    Raises:
        ConfigError: the text of all complaints, each with its place in the file; those about a dict name the key.
    """
    environment = os.environ if env is None else env
    report = _read(path, overrides, starts)
    data = plain(report)
    if not isinstance(data, dict):
        report.add((), "the config must be a mapping", "start with `name: books`; see `crawler init`")
        report.stop()
        raise AssertionError  # stop() has raised: there is a complaint
    _secrets_in_place(data, (), report)
    _move_counted(data)
    document, spoiled = _document(data, environment, report)
    folder = Path.cwd() if isinstance(path, Mapping) or str(path) == "-" else Path(os.path.abspath(path)).parent
    found, reader = _starts(data, folder, report)
    sitemaps = reader.sitemaps
    document.with_starts(handed_over(document, reader.sources))
    check(document, report, spoiled)
    check_starts(document, reader.sources, report)
    functions = [start.url.removeprefix(FUNCTION) for start in found if start.url.startswith(FUNCTION)]
    check_hooks(document, folder, report, functions)
    _known("strategy", document.fetch.strategy, known_strategies, plugins.STRATEGIES, report)
    _known("client", document.fetch.client, known_clients, plugins.CLIENTS, report)
    outputs, state, files = _files(document, folder, report)
    report.stop()
    first_kinds = {sitemaps[start.kind].to if start.kind in sitemaps else start.kind for start in found}
    notes = (*start_warnings(document, found, reader.sources), *warnings(document, first_kinds))
    variables = _variables(document, environment)
    source = JobSource.of(path, overrides, starts)
    return Job(document, folder, found, outputs, state, notes, sitemaps, variables, files, source)


def _move_counted(data: dict[str, object]) -> None:
    pages = data.get("pages")
    if isinstance(pages, dict) and any("paginate" in kind for kind in pages.values() if isinstance(kind, dict)):
        from crawler.config.counted_starts import move_counted  # late: few configs count pages

        move_counted(data)


def _variables(document: Document, env: Mapping[str, str]) -> dict[str, Secret]:
    """The values of the environment that requests name."""
    templates = [kind.request.templates for kind in document.pages.values() if kind.request.given]
    templates += [step.templates for step in document.session.steps] if document.session else []
    if not templates:
        return {}
    from crawler.extract.request import names_in  # late: few configs have one

    return {name: Secret(env[name[1:]]) for name in names_in(templates) if name.startswith("$")}


def _read(path: Path | str | Mapping[str, object], overrides: Sequence[str], starts: Sequence[str]) -> Diagnostics:
    if isinstance(path, Mapping):
        from crawler.config import python_data  # late: most configs are files

        source = python_data.SOURCE
        report = Diagnostics(source)
        report.root = python_data.nodes_of(path, report)
    else:
        text = read_text(path)
        source = YamlSource(display_name(path), text.split("\n"))
        report = Diagnostics(source)
        report.root = parse(source, report)
    report.stop()
    if report.root is None or (report.root.kind == "scalar" and not report.root.text):
        report.at(source, 0, 0, "the config is empty", "`crawler init` writes one that runs as it is")
        report.stop()
    for setting in overrides:
        override(report, setting)
    if starts:
        replace_starts(report, tuple(starts))
    return report


def _document(data: dict[str, object], env: Mapping[str, str], report: Diagnostics) -> tuple[Document, set[KeyPath]]:
    """The config without its mistakes, so that the rest can be checked as a whole, and where it is spoiled."""
    place = Location(report, Document, env)
    document = Document.read(data, place)
    return document, {path[:length] for path in place.faults for length in range(1, len(path) + 1)}


def _starts(data: Mapping[str, object], folder: Path, report: Diagnostics) -> tuple[tuple[Start, ...], StartReader]:
    """The starts, and what was read with them."""
    pages = data.get("pages")
    kinds = list(pages) if isinstance(pages, dict) else []
    reader = StartReader(report, kinds, folder, demo="demo" in data)
    return reader.read(data["start"]) if "start" in data else (), reader


def _known(key: str, name: str, known: Collection[str] | None, group: str, report: Diagnostics) -> None:
    if known is None or name in known or ":" in name:
        return
    known = [*known, *plugins.entry_points(group)]
    if name not in known:
        fix = did_you_mean(name, known) or f"there are: {', '.join(known)}"
        report.add(("fetch", key), f"no {key} '{name}'", fix)


def _files(document: Document, folder: Path, report: Diagnostics) -> tuple[tuple[Path, ...], Path, Path]:
    """The outputs, the state file and the folder of files."""
    names = document.output if document.output is not None else (f"{document.name}.xlsx",)
    outputs = tuple(_absolute(name, folder, ("output", index), report) for index, name in enumerate(names))
    beside = outputs[0].parent if outputs else folder
    state = _absolute(document.state or str(beside / f"{document.name}.state.sqlite"), folder, ("state",), report)
    check_files(outputs, state, report)
    files = _absolute(document.files.folder or str(beside / "files"), folder, ("files", "folder"), report)
    return outputs, state, files


def _absolute(name: str, folder: Path, path: KeyPath, report: Diagnostics) -> Path:
    """Relative to the config; `~` is the home directory."""
    try:
        return Path(os.path.abspath(folder / Path(name).expanduser()))
    except RuntimeError:
        report.add(path, "there is no home directory for ~", "write the whole path")
        return folder / name


def _secrets_in_place(value: object, path: KeyPath, report: Diagnostics) -> None:
    """`${NAME}` where it would not be replaced, and so would be used as it stands."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if (*path, key) != ("start",) and not (path == ("fetch",) and key in SECRET_SECTIONS):
                _secrets_in_place(inner, (*path, key), report)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _secrets_in_place(inner, (*path, index), report)
    elif isinstance(value, str) and has_variable(value) and not re.search(_MAY_HOLD_BRACES, ".".join(map(str, path))):
        what = "an environment variable is not allowed here"
        report.add(
            path,
            what,
            "only fetch.headers, cookies, auth and proxy, request of a page kind, and steps of session take them",
        )
