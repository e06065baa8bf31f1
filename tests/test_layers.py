"""Who may import whom. Imports inside functions count too."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]

LAYERS = (
    (
        "errors",
        "model",
        "urls",
        "url_parameters",
        "clock",
        "process",
        "log",
        "numbers",
        "text_width",
        "extras",
        "plugins",
    ),
    ("extract", "fetch", "store", "serving", "export"),
    ("config", "trace"),
    ("crawl", "strategies"),
    ("demo", "replay"),
    ("runner", "api"),
    ("compare",),
    ("lessons",),
    ("cli",),
    ("__main__",),
)
RANKS = {room: rank for rank, rooms in enumerate(LAYERS) for room in rooms}
FREE = {RANKS["errors"], RANKS["api"]}  # in these layers files are no rooms: they may import each other
NEIGHBOURS = {  # from one room to another of its layer, module by module
    ("crawl", "crawler.strategies.port"): "the loop and the parse stages are written against the port",
    ("crawl", "crawler.strategies.pool"): "the parse stage `pool` is a pool of processes",
}


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted((ROOT / "crawler").rglob("*.py"))}


@cache
def edges(module):
    return set(imports(module)) - {module}


def imports(module):
    """Modules of ours that a module imports, wherever in it."""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                target = f"{source}.{alias.name}"
                if target in MODULES or source in MODULES:
                    yield target if target in MODULES else source


def room(module):
    return module.split(".")[1] if "." in module else ""


def test_every_room_has_a_layer():
    assert {room(module) for module in MODULES} - {""} <= set(RANKS)


def may_import(module, target):
    here, there = room(module), room(target)
    if there in ("", here) or (here, target) in NEIGHBOURS:
        return True  # "" is crawler/__init__.py: the version
    same = RANKS[there] == RANKS[here]
    return RANKS[there] < RANKS[here] or (same and RANKS[here] in FREE)


def test_imports_go_one_way():
    found = [(module, target) for module in MODULES if module != "crawler" for target in edges(module)]
    assert len(found) > len(MODULES)
    assert [f"{module} imports {target}" for module, target in found if not may_import(module, target)] == []


def test_no_exception_is_left_over():
    used = {(room(module), target) for module in MODULES for target in edges(module)}
    assert set(NEIGHBOURS) <= used


def test_no_circles():
    found = {module: edges(module) for module in MODULES}
    found["crawler"] = set()  # the public names are imported when they are first used
    done = set()

    def walk(module, path):
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module not in done:
            for target in sorted(found[module]):
                walk(target, [*path, module])
            done.add(module)

    for module in MODULES:
        walk(module, [])


def test_the_loop_knows_no_client_no_exporter_and_no_strategy():
    state = ("crawler.store.pages", "crawler.store.queued")
    allowed = ("crawler.crawl.", *state, "crawler.strategies.port", "crawler.model", "crawler.urls", "crawler.log")
    assert [target for target in edges("crawler.crawl.loop") if not target.startswith(allowed)] == []


def test_what_is_measured_knows_no_report():
    """So that a helper of the reports cannot change what is found; `api` writes them when it is asked to."""
    reports, allowed = "crawler.compare.reports.", {"crawler.compare.api"}
    measuring = [one for one in MODULES if room(one) == "compare" and not f"{one}.".startswith(reports)]
    assert {one for one in measuring if any(target.startswith(reports) for target in edges(one))} == allowed


def test_importing_the_package_alone_costs_nothing():
    """Workers import it too; what is public is imported when it is first used."""
    top = ast.parse(MODULES["crawler"].read_text(encoding="utf-8")).body
    names = {alias.name for node in top if isinstance(node, ast.Import) for alias in node.names}
    sources = {node.module for node in top if isinstance(node, ast.ImportFrom)}
    assert not names
    assert sources <= {"__future__", "typing"}
