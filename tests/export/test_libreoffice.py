"""The workbook as another program reads it."""

import csv
import shutil
import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from crawler.export.xlsx import write
from crawler.model import Money
from tests.support.result import one_table

OFFICE = shutil.which("soffice")


@pytest.mark.long
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_shows_the_same_values(tmp_path):
    values = ["=1+1", " lead", "0012", "_x0041_", "a\nb", "é😀 <&>", 7, Decimal("9.95"), True, False,
              Money(Decimal("1234.5"), "£"), Money(Decimal("3"), "EUR"), date(2024, 2, 29),
              datetime(2024, 2, 29, 1, 2, 3, tzinfo=UTC)]  # fmt: skip
    write(one_table(*values), tmp_path / "o.xlsx", now=datetime(2026, 1, 2, tzinfo=UTC))
    as_shown = "csv:Text - txt - csv (StarCalc):44,34,76,1"
    home = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [OFFICE, home, "--headless", "--convert-to", as_shown, "--outdir", tmp_path, tmp_path / "o.xlsx"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with (tmp_path / "o.csv").open(encoding="utf-8", newline="") as file:
        shown = [row[0] for row in csv.reader(file)]
    assert shown == ["v", "=1+1", " lead", "0012", "_x0041_", "a\nb", "é😀 <&>", "7", "9.95", "TRUE", "FALSE",
                     "£1,234.50", "EUR 3.00", "2024-02-29", "2024-02-29 01:02:03 UTC"]  # fmt: skip
