"""What a command imports, and so how long a user waits for it."""

import resource
import subprocess
import sys

import pytest

from tests.support.jobs import ROOT, command

LATE = {
    "crawler.config.counted_starts",
    "crawler.config.python_data",
    "crawler.config.value_reader",
    "crawler.extract.request",
    "crawler.extract.templates",
    "crawler.fetch.browser",
    "crawler.store.runs",
    "socket",
    "sqlite3",
}
"""What the check of a config without paging, requests, values, a browser and a state does without."""
SIMPLE = """name: shop
start: https://books.example/
pages:
  list: {follow: [{css: a.book, to: book}, {css: a.next, to: list}]}
  book: {fields: {title: h1, price: {css: .price, type: money}}}
"""
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
    assert imported("check", "configs/demo.yaml") <= {"ruamel", "sqlite3", "selectolax"}


def test_check_of_a_simple_config_imports_only_what_it_needs(tmp_path):
    config = tmp_path / "job.yaml"
    config.write_text(SIMPLE)
    code = "import sys; from crawler.cli.main import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code, "check", str(config)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    assert LATE.isdisjoint(done.stderr.splitlines()[-1].split())


def cpu_seconds(*arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command(*arguments), cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(("arguments", "most"), [(["--help"], 0.15), (["check", "configs/demo.yaml"], 0.4)])
def test_cpu_time(arguments, most):
    assert min(cpu_seconds(*arguments) for _ in range(3)) < most
