"""What an export of many records costs, measured in a process of its own."""

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

path, count, now = Path(sys.argv[1]), int(sys.argv[2]), datetime(2026, 1, 2, tzinfo=UTC)
types = ("text", "text", "money", "int", "text", "date", "text", "url")
table = Table("books", tuple(Column(f"c{number}", type) for number, type in enumerate(types)))

def rows():
    for number in range(count):
        url = f"http://books.example/catalogue/a-light-in-the-attic_{number}/index.html"
        yield Row(
            {"c0": f"Book {number}", "c1": "Лев Толстой", "c2": Money(Decimal(number) / 100, "£"), "c3": number,
             "c4": f"{number:016x}", "c5": date(2000, 1, 2), "c6": "It is hard to imagine a world without. " * 7,
             "c7": url},
            url=url,
        )

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

export(one_table("warm"), path, now=now)
before, cpu = peak(), time.process_time()
export(MemoryResult({table: rows}), path, now=now)
print(json.dumps({"mb": peak() - before, "cpu": time.process_time() - cpu}))
"""


def measured(path, count):
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, path, str(count)],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
    )
    return json.loads(done.stdout)


def test_1000_rows_cost_little_cpu(tmp_path):
    assert measured(tmp_path / "o.xlsx", 1000)["cpu"] < 0.25


def test_fault_153_memory_does_not_grow_with_the_rows(tmp_path):
    assert measured(tmp_path / "o.xlsx", 8000)["mb"] < 15


@pytest.mark.long
def test_fault_153_100_000_rows_take_under_60_mb(tmp_path):
    assert measured(tmp_path / "o.xlsx", 100_000)["mb"] < 60
