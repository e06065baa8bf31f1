"""What a command imports, and so how long a user waits for it."""

import resource
import subprocess
import sys

import pytest

from tests.support.jobs import ROOT, command

HEAVY = {"ruamel", "bs4", "lxml", "selectolax", "requests", "openpyxl", "xlsxwriter", "sqlite3", "asyncio"}


def imported(*arguments):
    """The heavy packages that a command has imported at its end."""
    code = (
        "import sys; from crawler.cli.main import main; main(sys.argv[1:]); "
        "print(sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return HEAVY & set(eval(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["check", "--help"], ["try", "--help"], ["--version"]]
)
def test_help_imports_nothing_heavy(arguments):
    assert imported(*arguments) == set()


def test_check_imports_no_client_no_slow_parser_and_no_workbook():
    assert imported("check", "configs/demo.yaml") == {"ruamel", "sqlite3", "selectolax"}


def cpu_seconds(*arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command(*arguments), cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(("arguments", "most"), [(["--help"], 0.15), (["check", "configs/demo.yaml"], 0.4)])
def test_cpu_time(arguments, most):
    assert min(cpu_seconds(*arguments) for _ in range(3)) < most
