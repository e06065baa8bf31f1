"""What a workbook of many records costs, against openpyxl in the same process; each in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

MEASURE = """
import json, resource, sys, time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from crawler.export import export
from crawler.model import Column, Money, Row, Table
from tests.support.result import MemoryResult, one_table

path, count, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
now = datetime(2026, 1, 2, tzinfo=UTC)
types = ("text", "text", "money", "int", "text", "date", "text", "url")
table = Table("books", tuple(Column(f"c{number}", type) for number, type in enumerate(types)))

def rows():
    for number in range(count):
        url = f"http://books.example/catalogue/a-light-in-the-attic_{number}/index.html"
        yield (f"Book {number}", "Лев Толстой", Decimal(number) / 100, number, f"{number:016x}", date(2000, 1, 2),
               "It is hard to imagine a world without. " * 3, url)

def ours():
    names = [column.name for column in table.columns]
    def records():
        for row in rows():
            values = dict(zip(names, row, strict=True))
            yield Row(values | {"c2": Money(row[2], "£")}, url=row[7])
    export(MemoryResult({table: records}), path, now=now)

def theirs():
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    book = Workbook(write_only=True)
    sheet = book.create_sheet("books")
    for row in rows():
        cells = list(row)
        for place, pattern in ((2, '"£"#,##0.00'), (5, "yyyy-mm-dd")):
            cells[place] = WriteOnlyCell(sheet, row[place])
            cells[place].number_format = pattern
        sheet.append(cells)
    book.save(path)

def cpu(work):
    before = time.process_time()
    work()
    return time.process_time() - before

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

export(one_table("warm"), path, now=now)
before = peak()
seconds = [cpu(ours)]
found = {"mb": peak() - before, "openpyxl": "openpyxl" in sys.modules}
if rounds:
    export(one_table("warm"), path, now=now)
    theirs_seconds = [cpu(theirs)]
    for _ in range(rounds - 1):
        seconds.append(cpu(ours))
        theirs_seconds.append(cpu(theirs))
    found["ratio"] = min(seconds) / min(theirs_seconds)
print(json.dumps(found))
"""


def measured(path, count, rounds=0):
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, path, str(count), str(rounds)],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
    )
    return json.loads(done.stdout)


@pytest.mark.long
def test_at_most_0_4_of_the_cpu_of_openpyxl_which_makes_no_links(tmp_path):
    assert measured(tmp_path / "o.xlsx", 2000, rounds=3)["ratio"] <= 0.4


def test_openpyxl_is_not_needed(tmp_path):
    assert not measured(tmp_path / "o.xlsx", 1)["openpyxl"]


def test_fault_153_memory_does_not_grow_with_the_rows(tmp_path):
    assert measured(tmp_path / "o.xlsx", 8000)["mb"] < 15


@pytest.mark.long
def test_fault_153_100_000_rows_take_under_60_mb_and_0_4_of_openpyxl(tmp_path):
    found = measured(tmp_path / "o.xlsx", 100_000, rounds=1)
    assert (found["mb"] < 60, found["ratio"] <= 0.4) == (True, True)
