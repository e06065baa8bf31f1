from crawler.export.package import Spool


def test_lines_come_back_in_order():
    spool = Spool()
    lines = [f"line {number} é😀 " + "x" * (number % 50) for number in range(5000)] + ["", "last"]
    for line in lines:
        spool.add(line)
    assert list(spool.lines()) == lines


def test_an_empty_spool_has_no_lines():
    assert list(Spool().lines()) == []
