from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from crawler.export import package
from crawler.export.cells import Cells, Limits
from crawler.model import Money
from tests.support.workbook import shown

RULES = Cells(Limits())
SMALL = Cells(Limits(text=20, feeds=3))


def codes(cell):
    return [reason.code for reason in cell.reasons]


@pytest.mark.parametrize(
    "text",
    ["0012", "9780306406157", "12345678901234567890", "1E5", "3-4", "TRUE", "#N/A", "=1+1", "+1", "-1+1", "@SUM(A1)",
     "\t=1", "\r=1", "{=1}", "=cmd|' /C calc'!A0", "\uff1d1+1", "+44 20 7946 0958", " x ", "a\nb"],
)  # fmt: skip
def test_fault_130_140_text_stays_text_unchanged(text):
    cell = RULES.cell(text)
    assert (cell.kind, cell.text, cell.reasons) == ("s", text, ())


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("=1", True),
        ("007", True),
        ("٣", True),
        (".5", True),
        ("false", True),
        ("TRUE", True),
        ("Falsework", False),
        ("-x", True),
        ("@x", True),
        ("#x", True),
        ("+x", True),
        ("x=1", False),
        ("Été", False),
        (" 1", False),
    ],
)
def test_text_that_excel_would_retype_when_edited_is_quoted(text, quoted):
    assert RULES.cell(text).style is (package.QUOTED if quoted else package.TEXT)


# Short and long text are looked at in different ways, and so is text in which a character needs two bytes or four.
LENGTHS = pytest.mark.parametrize("more", ["", "x" * 60, "é" * 60, "\u4e00" * 60, "😀" * 60, "x\n" * 30])


@LENGTHS
@pytest.mark.parametrize("bad", ["\x00", "\x08", "\x0b", "\x0c", "\x0e", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_fault_131_illegal_characters_are_replaced_and_counted(bad, more):
    cell = RULES.cell(f"{more}a{bad}b{bad}")
    assert cell.text == f"{more}a\ufffdb\ufffd"
    assert codes(cell) == ["bad-characters"]
    assert cell.reasons[0].detail.startswith("2 ")


def test_fault_132_lone_surrogates_are_replaced_and_pairs_kept():
    assert RULES.cell("a\ud800b\udfff").text == "a\ufffdb\ufffd"
    assert RULES.cell("\U0001f600").reasons == ()


@LENGTHS
@pytest.mark.parametrize("good", ["\t", "\n", "\r", "\x7f", "\x85", "\xa0", "\u2028", "\ue000", "\ufffd", "😀", "_x"])
def test_legal_characters_stay_and_are_not_noted(good, more):
    cell = RULES.cell(f"{more}a{good}b")
    assert (cell.text, cell.reasons) == (f"{more}a{good}b", ())


@LENGTHS
def test_fault_133_escapes_of_excel_are_escaped_in_text_of_any_length(more):
    assert RULES.cell(f"{more}_x0041_").text == f"{more}_x005F_x0041_"


def test_fault_133_escapes_of_excel_are_escaped():
    assert RULES.cell("_x0041_ _x00g1_ _x0041").text == "_x005F_x0041_ _x00g1_ _x0041"
    assert shown(RULES.cell("_x0041_x0042_").text) == "_x0041_x0042_"


def test_fault_134_long_text_is_cut_by_utf16_units_with_a_mark():
    assert SMALL.cell("a" * 20).reasons == ()
    cell = SMALL.cell("a" * 21)
    assert cell.text == "a" * 13 + "… [cut]"
    assert codes(cell) == ["too-long-for-excel"]
    assert len(RULES.cell("a" * 40_000).text) == 32_767


def test_fault_134_an_emoji_counts_two_and_is_never_split():
    assert SMALL.cell("😀" * 10).reasons == ()
    cell = SMALL.cell("😀" * 11)
    assert cell.text == "😀" * 6 + "… [cut]"
    assert codes(cell) == ["too-long-for-excel"]


def test_fault_135_many_line_feeds_are_noted_and_kept():
    cell = SMALL.cell("\n" * 4)
    assert (cell.text, codes(cell)) == ("\n" * 4, ["many-lines"])
    assert SMALL.cell("\n" * 3).reasons == ()
    assert codes(RULES.cell("a line\n" * 254)) == ["many-lines"]
    assert RULES.cell("a line\n" * 253).reasons == ()


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-7, "-7"), (999_999_999_999_999, "999999999999999"), (Decimal("9.95"), "9.95"),
     (Decimal("1.500"), "1.500"), (Decimal("-0"), "0"), (Decimal("1E+20"), "100000000000000000000"),
     (Decimal("0.1234567890123450000"), "0.1234567890123450000"), (Decimal("1E-7"), "0.0000001")],
)  # fmt: skip
def test_numbers_are_numbers(value, text):
    cell = RULES.cell(value)
    assert (cell.kind, cell.text, cell.reasons) == ("n", text, ())


@pytest.mark.parametrize(
    ("value", "text", "code"),
    [(10**15, "1" + "0" * 15, "too-precise"), (10**400, "1" + "0" * 400, "too-precise"),
     (-(10**15), "-1" + "0" * 15, "too-precise"),
     (Decimal("1234567890.1234567"), "1234567890.1234567", "too-precise"),
     (Decimal("1E+400"), "1" + "0" * 400, "too-precise"), (Decimal("1E+999999"), "1E+999999", "too-precise"),
     (Decimal("1E-400"), "0." + "0" * 399 + "1", "too-precise"), (Decimal("NaN"), "NaN", "not-finite"),
     (Decimal("sNaN"), "sNaN", "not-finite"), (Decimal("-Infinity"), "-Infinity", "not-finite"),
     (float("nan"), "NaN", "not-finite")],
)  # fmt: skip
def test_fault_141_numbers_beyond_excel_become_text_with_a_reason(value, text, code):
    cell = RULES.cell(value)
    assert (cell.kind, cell.text, codes(cell)) == ("s", text, [code])


def test_fault_141_an_int_of_more_digits_than_python_prints():
    assert len(RULES.cell(10**5000).text) >= 6  # int to str is limited to 4,300 digits
    assert codes(RULES.cell(10**5000)) == ["too-precise"]


@pytest.mark.parametrize(
    ("currency", "pattern"),
    [("£", '"£"#,##0.00'), ("EUR", '"EUR "#,##0.00'), ("", "#,##0.00"), ("[;@", '"[;@"#,##0.00')],
)
def test_money_is_a_number_with_the_currency_in_its_format(currency, pattern):
    cell = RULES.cell(Money(Decimal("51.77"), currency))
    assert (cell.kind, cell.text, cell.style.format, cell.reasons) == ("n", "51.77", pattern, ())


@pytest.mark.parametrize("currency", ['"', "\\", "far too long", "\n", "\ud800"])
def test_an_odd_currency_becomes_text_with_a_reason(currency):
    cell = RULES.cell(Money(Decimal("5.00"), currency))
    assert (cell.kind, "odd-currency" in codes(cell)) == ("s", True)
    assert cell.text.startswith("5.00 ")


def test_too_many_currencies_become_text():
    rules = Cells(Limits())
    cells = [rules.cell(Money(Decimal(1), f"C{number}")) for number in range(60)]
    assert [cell.kind for cell in cells] == ["n"] * 50 + ["s"] * 10
    assert rules.cell(Money(Decimal(1), "C3")).kind == "n"


def test_money_that_is_not_a_number_keeps_its_currency():
    assert RULES.cell(Money(Decimal("NaN"), "£")).text == "NaN £"


def test_dates_are_days_since_1899():
    assert RULES.cell(date(2024, 2, 29)).text.rstrip("0") == "45351."
    assert RULES.cell(date(2024, 2, 29)).style is package.DATE
    assert RULES.cell(datetime(2024, 2, 29, 12)).text == "45351.5"
    assert RULES.cell(datetime(2024, 2, 29, 12)).style is package.DATETIME


def test_a_time_with_zone_becomes_utc_and_says_so():
    cell = RULES.cell(datetime(2024, 3, 1, 1, tzinfo=timezone(timedelta(hours=13))))
    assert (cell.text, cell.style, cell.reasons) == ("45351.5", package.UTC, ())


@pytest.mark.parametrize(
    "value",
    [date(1899, 12, 31), date(1900, 2, 28), date(1, 1, 1), datetime(1850, 1, 1, 2, 3),
     datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))),
     datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5))),
     datetime(1900, 2, 28, tzinfo=UTC)],
)  # fmt: skip
def test_fault_141_dates_outside_excel_are_iso_text(value):
    cell = RULES.cell(value)
    assert (cell.kind, cell.text, codes(cell)) == ("s", value.isoformat(), ["date-outside-excel"])


def test_booleans_lists_and_blanks():
    assert (RULES.cell(True).kind, RULES.cell(True).text, RULES.cell(False).text) == ("b", "1", "0")
    assert RULES.cell(("a", "=b")).text == "a; =b"
    assert [RULES.cell(blank) for blank in (None, "", ())] == [None, None, None]


@pytest.mark.parametrize("value", [b"=1", {"a": 1}, object])
def test_fault_141_unknown_types_become_text_with_a_reason(value):
    cell = RULES.cell(value)
    assert (cell.kind, cell.text, codes(cell)) == ("s", str(value), ["unknown-type"])


def test_subclasses_follow_the_rule_of_their_base():
    class Word(str):
        pass

    assert RULES.cell(Word("=1")).kind == "s"
    assert RULES.cell(Word("x")).reasons == ()
