"""What `import crawler` offers."""

import subprocess
import sys
import types

import pytest

import crawler
from crawler import errors
from tests.support.jobs import ROOT


def test_dir_shows_the_public_names_and_nothing_else():
    assert dir(crawler) == sorted(crawler.__all__)


@pytest.mark.parametrize("name", crawler.__all__)
def test_every_public_name_is_there(name):
    found = getattr(crawler, name)
    assert callable(found) or not isinstance(found, types.ModuleType)


def test_every_error_that_ends_a_run_is_public():
    stops = [name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, errors.Stop)]
    assert set(stops) <= set(crawler.__all__)


def test_no_name_that_is_not_there_is_made_up():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = crawler.nothing


def test_import_alone_loads_no_other_part():
    code = "import sys, crawler; print([name for name in sys.modules if name.startswith('crawler.')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_run_stays_the_function_whatever_is_imported():
    code = "import crawler, crawler.cli.run, crawler.runner.assemble; print(crawler.run.__name__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "run"
