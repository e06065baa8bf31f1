"""Each name that other packages and the standard library keep to themselves and that crawler relies on all the same.

A new version may drop one without a word. Then this fails first and says what is gone, where it is used and why; the
upper bounds in pyproject.toml keep the next major version of such packages away until somebody has looked.
"""

import asyncio
import inspect
import multiprocessing.pool
import multiprocessing.spawn
import re
import tomllib
import zipfile
from concurrent.futures import ProcessPoolExecutor

import pytest
from packaging.requirements import Requirement

from tests.support.jobs import ROOT

PRIVATE = {  # package: file, the name, why
    "multiprocessing": [
        ("strategies/mp_pool.py", "_worker_handler", "told to start no new worker when a pool is torn down"),
        ("strategies/mp_pool.py", "_change_notifier", "wakes the thread that starts workers"),
        ("strategies/mp_pool.py", "_task_handler", "joined before the pool is terminated"),
        ("strategies/mp_pool.py", "_pool", "the workers: watched for deaths, and killed"),
        ("strategies/mp_pool.py", "_inqueue", "its lock `_rlock` may be held by a dead worker"),
        ("strategies/mp_pool.py", "_outqueue", "its lock `_wlock` may be held by a dead worker"),
        ("strategies/guard.py", "_inheriting", "set while a worker imports the script of the user"),
    ],
    "concurrent.futures": [
        ("strategies/pool.py", "_broken", "whether a worker process died"),
        ("strategies/pool.py", "_processes", "the workers: watched, and killed where one hangs"),
    ],
    "zipfile": [("export/package.py", "_compresslevel", "the level of a member that is streamed")],
    "aiohttp": [
        ("fetch/aiohttp_client.py", "_factory", "connections of ours, which keep the head of an answer"),
        ("fetch/aiohttp_client.py", "_payload", "the body that is still read when a connection is lost"),
    ],
    "urllib3": [
        ("fetch/connections.py", "_dns_host", "the host to look up, without the dot at its end"),
        ("fetch/connections.py", "_new_conn", "connects to an address that was checked"),
        ("fetch/connections.py", "_get_conn", "a connection of the pool, without what urlopen adds"),
        ("fetch/connections.py", "_put_conn", "gives it back"),
    ],
    "requests": [
        ("fetch/connections.py", "_content", "marks a body that is not read yet"),
        ("fetch/connections.py", "_content_consumed", "the same"),
    ],
}
USES = [(package, *use) for package, uses in PRIVATE.items() for use in uses]
BOUNDED = ("aiohttp", "urllib3", "requests")


async def of_aiohttp():
    aiohttp = pytest.importorskip("aiohttp")
    from aiohttp.client_proto import ResponseHandler

    async with aiohttp.TCPConnector() as connector:
        return {*vars(connector), *vars(ResponseHandler(asyncio.get_running_loop()))}


def of_multiprocessing():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        locks = {name for queue in (pool._inqueue, pool._outqueue) for name in vars(queue)}
        assert {"_rlock", "_wlock"} <= locks, "the queues of a Pool have no locks of these names any more"
        assert hasattr(pool._worker_handler, "_state"), "the thread that starts workers has no `_state` any more"
        return set(vars(pool)) | set(re.findall(r"\b_inheriting\b", inspect.getsource(multiprocessing.spawn)))


def of_futures():
    with ProcessPoolExecutor(1) as pool:  # starts no process before its first task
        return set(vars(pool))


def of_urllib3():
    from urllib3.connection import HTTPConnection
    from urllib3.connectionpool import HTTPConnectionPool

    return {*dir(HTTPConnection("h")), *dir(HTTPConnectionPool)}


def of_requests():
    import requests

    return set(vars(requests.Response()))


@pytest.fixture(scope="module")
def present():
    """The names that each package has in the version that is installed."""
    return {
        "multiprocessing": of_multiprocessing(),
        "concurrent.futures": of_futures(),
        "zipfile": set(dir(zipfile.ZipInfo("a"))),
        "urllib3": of_urllib3(),
        "requests": of_requests(),
    }


@pytest.mark.parametrize(("package", "file", "name", "why"), USES)
def test_the_private_name_is_still_there(present, package, file, name, why):
    names = asyncio.run(of_aiohttp()) if package == "aiohttp" else present[package]
    assert name in names, f"{package} has no `{name}` any more, which crawler/{file} uses: {why}"


@pytest.mark.parametrize(("package", "file", "name", "why"), USES)
def test_the_list_names_nothing_that_is_not_used(package, file, name, why):
    assert re.search(rf"\b{name}\b", (ROOT / "crawler" / file).read_text(encoding="utf-8")), "take it off the list"


def test_urllib3_calls_what_we_replace():
    from urllib3.connection import HTTPConnection

    assert "_new_conn" in inspect.getsource(HTTPConnection.connect), "connections would go to addresses not checked"


def test_every_private_attribute_of_another_object_is_on_the_list():
    """`x._name` where x is not `self` or `cls`; those of our own classes and of named tuples are no matter."""
    listed = {name for _, _, name, _ in USES} | {"_state", "_rlock", "_wlock"}
    ours = {"_replace", "_asdict", "_make", "_fields", "_field_defaults", "_exit", "_value"}  # `_value`: of a Secret
    found = set()
    for path in (ROOT / "crawler").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        names = re.findall(r"\b(?!self\b|cls\b)\w+(?:\(\))?\._([a-z]\w*)", text)
        found |= {(path.name, f"_{name}") for name in names if f"_{name}" not in ours}
    assert {(file, name) for file, name in found if name not in listed} == set()


@pytest.mark.parametrize("package", BOUNDED)
def test_the_next_major_version_is_kept_away(package):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    wanted = [Requirement(line) for line in lines if Requirement(line).name == package]
    assert wanted
    for each in wanted:
        assert any(spec.operator == "<" for spec in each.specifier), f"{each} has no upper bound"
