"""Each folder has modules of its own, whatever they are called."""

import pickle
import sys
import threading

import pytest

import crawler
from crawler.errors import ExtractError
from crawler.extract.python_hook import import_hook, load_hook
from tests.support.badserver import answer, pages, serve


def folder(tmp_path, name, **files):
    root = tmp_path / name
    for file, text in files.items():
        path = root / f"{file.replace('__in__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(root)


@pytest.fixture(autouse=True)
def _nothing_is_left_behind():
    before = [*sys.path]
    names = {name for name in sys.modules if not name.startswith("crawler_hooks_")}
    yield
    assert sys.path == before
    assert {name for name in sys.modules if name in ("hooks", "helper", "pack")} <= names


def test_modules_of_the_same_name_are_two_modules(tmp_path):
    a = import_hook("hooks", folder(tmp_path, "a", hooks="WHO = 'a'"))
    b = import_hook("hooks", folder(tmp_path, "b", hooks="WHO = 'b'"))
    assert (a.WHO, b.WHO) == ("a", "b")
    assert import_hook("hooks", str(tmp_path / "a")) is a


def test_helpers_are_those_of_the_folder_also_where_they_are_imported_late(tmp_path):
    hooks = """
import helper, os.path
import pack.deep
import pack.deep as deep
from helper import WHO
from pack import deep as again

def late():
    import helper
    from pack.deep import NAME
    return helper.WHO, NAME

EARLY = helper.WHO, WHO, pack.deep.NAME, deep is again is pack.deep
"""
    found = []
    for who in "ab":
        files = {
            "helper": f"WHO = '{who}'",
            "pack__in____init__": "",
            "pack__in__deep": "from . import other\nfrom .other import NAME\nimport helper\nNAME += helper.WHO",
            "pack__in__other": f"NAME = '{who.upper()}'",
        }
        found.append(import_hook("hooks", folder(tmp_path, who, hooks=hooks, **files)))
    for module, who in zip(found, "ab", strict=True):
        assert (who, who, who.upper() + who, True) == module.EARLY
        assert module.late() == (who, who.upper() + who)


def test_a_folder_without_init_is_a_package_and_so_is_a_dotted_name(tmp_path):
    root = folder(tmp_path, "a", hooks__in__book="def take(page, url): return url")
    assert load_hook("hooks.book:take", root)(None, "x") == "x"


def test_what_is_not_in_the_folder_is_the_installed_module(tmp_path):
    root = folder(
        tmp_path, "a", hooks="import json, crawler.model\nfrom crawler.model import Money\nMODEL = crawler.model"
    )
    from crawler import model
    from crawler.compare import hooks

    assert import_hook("crawler.compare.hooks", root) is hooks
    assert import_hook("crawler.compare.hooks", "") is hooks
    assert import_hook("hooks", root).Money is model.Money
    assert import_hook("hooks", root).MODEL is model


def test_a_file_beside_the_config_takes_no_module_from_the_program(tmp_path):
    root = folder(tmp_path, "a", hooks="import colorsys\nOWN = colorsys.OWN", colorsys="OWN = 1", json="OWN = 2")
    (tmp_path / "a" / "crawler").mkdir()  # as a clone of this program beside the config
    (tmp_path / "a" / "crawler" / "__init__.py").write_text("raise SystemExit('not this one')")
    assert import_hook("hooks", root).OWN == 1
    assert import_hook("crawler.errors", root) is sys.modules["crawler.errors"]
    import colorsys

    assert not hasattr(colorsys, "OWN")


def test_a_file_that_changed_is_loaded_anew_and_the_old_code_keeps_its_own(tmp_path):
    late = "import helper\ndef who():\n    import helper\n    return helper.WHO\n"
    root = folder(tmp_path, "a", hooks=late, helper="WHO = 1")
    old = import_hook("hooks", root)
    folder(tmp_path, "a", helper="WHO = 2")  # in the same second and of the same size
    new = import_hook("hooks", root)
    assert (old.who(), new.who()) == (1, 2)
    folder(tmp_path, "a", hooks="WHO = 3")
    assert import_hook("hooks", root).WHO == 3


def test_a_module_that_failed_is_tried_again(tmp_path):
    root = folder(tmp_path, "a", hooks="import later_there\nWHO = later_there.WHO")
    with pytest.raises(ModuleNotFoundError, match="later_there"):
        import_hook("hooks", root)
    folder(tmp_path, "a", later_there="WHO = 1")
    assert import_hook("hooks", root).WHO == 1


def test_classes_of_a_hook_can_be_pickled_and_dataclasses_made(tmp_path):
    root = folder(
        tmp_path,
        "a",
        hooks=(
            "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass Row:\n    a: int"
        ),
    )
    row = import_hook("hooks", root).Row(5)
    assert pickle.loads(pickle.dumps(row)) == row


def test_threads_that_load_at_once_get_one_module(tmp_path):
    root = folder(tmp_path, "a", hooks="import time\ntime.sleep(0.01)\nWHO = object()")
    found = []
    threads = [threading.Thread(target=lambda: found.append(import_hook("hooks", root))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({id(module) for module in found}) == 1


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a = 1\nb = 1 / 0", "ZeroDivisionError: division by zero at {root}/hooks.py:2"),
        ("import helper", "ValueError: odd at {root}/helper.py:1"),
        ("def broken(:", "hooks.py, line 1"),
        ("raise SystemExit(3)", "SystemExit: 3 at {root}/hooks.py:1"),
        ("import not_there_at_all", "No module named 'not_there_at_all' at {root}/hooks.py:1"),
        ("take = 5", "{root}/hooks.py has no function 'take'"),
    ],
)
def test_errors_name_the_file(tmp_path, source, words):
    root = folder(tmp_path, "a", hooks=source, helper="raise ValueError('odd')")
    with pytest.raises(ExtractError) as caught:
        load_hook("hooks:take", root)
    assert words.format(root=root) in caught.value.detail


JOB = """
name: {name}
start: ["{base}/1", "{base}/2", "{base}/3"]
pages: {{page: {{table: pages, fields: {{who: {{}}, title: {{}}}}, python: "hooks:take"}}}}
fetch: {{strategy: {strategy}, workers: 2, parse: {place}, retries: 0}}
polite: {{robots: false, delay: 0}}
output: pages.jsonl
"""
TAKE = """
import helper

def take(page, url):
    from helper import late
    yield {"who": helper.WHO + late() + __file__[-10:-9], "title": page.title.get_text()}
"""


@pytest.mark.parametrize(
    ("strategy", "place"), [("threads", "auto"), ("threads", "pool"), ("processes", "auto"), ("asyncio", "worker")]
)
def test_two_jobs_of_one_process_each_run_their_own_code(tmp_path, strategy, place):
    with serve(pages({f"/{n}": answer(f"<title>{n}</title>".encode()) for n in "123"})) as server:

        def run(name, version=""):
            helper = f"WHO = '{name}{version}'\ndef late(): return '{name}'"
            root = folder(tmp_path, name, hooks=TAKE, helper=helper)
            path = tmp_path / name / "job.yaml"
            path.write_text(JOB.format(name=name, base=server.url.rstrip("/"), strategy=strategy, place=place))
            assert str(path.parent) == root
            report = crawler.run(crawler.load(path), fresh=True)
            return [(row["who"], row["title"]) for row in report.rows("pages")]

        assert run("a") == [("aaa", n) for n in "123"]
        assert run("b") == [("bbb", n) for n in "123"]
        assert run("a", "2") == [("a2aa", n) for n in "123"]  # the helper was changed in between
