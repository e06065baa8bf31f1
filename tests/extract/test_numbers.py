from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ExtractError
from crawler.extract.numbers import numbers
from crawler.extras import install
from crawler.model import Money


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234.56", "1234.56"),
        ("1234.56", "1234.56"),
        ("1,234,567", "1234567"),
        ("0", "0"),
        ("007", "7"),
        (".5", "0.5"),
        ("-5", "-5"),
        ("−5", "-5"),
        ("+5", "5"),
        ("(5)", "5"),
        ("(1,234.50)", "1234.50"),
        ("[12]", "12"),
        ("（12）", "12"),
        ("( 1,234 )", "1234"),
        ("(-5)", "-5"),
        ("٣", "3"),
        ("１２３", "123"),
        ("١٬٢٣٤٫٥", "1234.5"),
        ("１，２３４．５", "1234.5"),
    ],
)
def test_fault_97_english_numbers(text, expected):
    assert numbers("en").decimal(text) == Decimal(expected)


@pytest.mark.parametrize(
    "text",
    [
        "1.234,56",
        "1 234",
        "1e5",
        "12%",
        "$5",
        "1,23",
        "12,34,567",
        "1,2345",
        "1.",
        "--5",
        "(5",
        "5)",
        "(5]",
        "((5))",
        "(23 reviews)",
        "",
        "-",
        "()",
        "5-",
        "1.2.3",
        "1,234,",
        "NaN",
        "Infinity",
        "five",
        "5 apples",
        "²",
        "½",
        "9" * 100,
        "1_000",
        "0x10",
    ],
)
def test_fault_97_what_is_no_english_number_is_not_guessed(text):
    assert numbers("en").decimal(text) is None
    assert numbers("en").integer(text) is None


def test_fault_97_integers():
    assert numbers("en").integer("1,234") == 1234
    assert type(numbers("en").integer("5")) is int
    assert numbers("en").integer("5.0") is None
    assert numbers("en").integer("1.234") is None


@pytest.mark.parametrize(
    ("locale", "text", "expected"),
    [
        ("de", "1.234,56", "1234.56"),
        ("de", "1,5", "1.5"),
        ("de", "1,234.56", None),
        ("de", "1.234", "1234"),
        ("de", "1.23", None),
        ("fr", "1\u202f234,5", "1234.5"),
        ("fr", "1\u00a0234,5", "1234.5"),
        ("fr", "1 234,5", "1234.5"),
        ("de_CH", "1’234.50", "1234.50"),
        ("de_CH", "1'234.50", "1234.50"),
        ("pt_BR", "1.234,50", "1234.50"),
        ("en_IN", "12,34,567.5", "1234567.5"),
        ("en_IN", "1,234,567", None),
        ("pt-BR", "1,5", "1.5"),
    ],
)
def test_fault_97_other_locales(locale, text, expected):
    pytest.importorskip("babel")
    assert numbers(locale).decimal(text) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("£51.77", "51.77", "£"),
        ("$1,299.00", "1299.00", "$"),
        ("1,299 €", "1299", "€"),
        ("USD 12", "12", "USD"),
        ("12.50 CHF", "12.50", "CHF"),
        ("-$5", "-5", "$"),
        ("$-5", "-5", "$"),
        ("−5 €", "-5", "€"),
        ("($5.00)", "5.00", "$"),
        ("$(5.00)", "5.00", "$"),
        ("(5.00) €", "5.00", "€"),
        ("[5.00 €]", "5.00", "€"),
        ("(-$5)", "-5", "$"),
        ("R$ 10", "10", "R$"),
        ("US$10", "10", "US$"),
        ("kr. 45", "45", "kr."),
        ("45 zł", "45", "zł"),
        ("5", "5", ""),
        ("€.50", "0.50", "€"),
        ("Rs. 1,200", "1200", "Rs."),
        ("￥٣", "3", "￥"),
        ("$12.50 USD", "12.50", "USD"),
        ("CAD $12.50", "12.50", "CAD"),
        ("€5 EUR", "5", "EUR"),
        ("AU $12.50", "12.50", "AU$"),
        ("1,299円", "1299", "円"),
        ("5 euros", "5", "euros"),
        ("Rs 1,299/-", "1299", "Rs"),
        ("5$00", "5.00", "$"),
        ("\u200f5 ر.س\u200f", "5", "ر.س"),
    ],
)
def test_money_with_the_currency_as_written(text, amount, currency):
    assert numbers("en").money(text) == Money(Decimal(amount), currency)


@pytest.mark.parametrize(
    "text",
    [
        "call us",
        "",
        "from £5",
        "£5 - £7",
        "£5 each",
        "Â£5",
        "£1.234,56",
        "£",
        "$5 €",
        "€5 USD",
        "NOW $5",
        "USD 5 EUR",
        "ab €5",
        "49:90",
        "5€9",
        "1.50€20",
        "Price 5",
        "5 apples",
        "--$5",
        "($5",
        "$5)",
        "5-",
        "$5.00-",
        "£1 2",
    ],
)
def test_money_is_not_guessed(text):
    assert numbers("en").money(text) is None


def test_money_of_other_locales():
    pytest.importorskip("babel")
    assert numbers("de").money("1.299,00 €") == Money(Decimal("1299.00"), "€")
    assert numbers("de").money("49,- €") is None or numbers("de").money("49,- €").amount == 49
    assert numbers("de_CH").money("CHF 1’000.—") == Money(Decimal("1000"), "CHF")


@pytest.mark.parametrize(
    ("locale", "text", "amount", "currency"),
    [
        ("sv", "1 299:-", "1299", ""),
        ("sv", "49:90 kr", "49.90", "kr"),
        ("vi", "1.299.000 đ", "1299000", "đ"),
        ("es_MX", "$1,299.00 MXN", "1299.00", "MXN"),
        ("fr", "12€99", "12.99", "€"),
        ("fr", "1 299 € 99", "1299.99", "€"),
        ("fa", "۱٬۲۹۹٬۰۰۰ تومان", "1299000", "تومان"),
        ("de", "1.299,99 Euro", "1299.99", "Euro"),
    ],
)
def test_money_as_shops_of_a_country_write_it(locale, text, amount, currency):
    pytest.importorskip("babel")
    assert numbers(locale).money(text) == Money(Decimal(amount), currency)


def test_unknown_locales_are_told():
    with pytest.raises(ExtractError, match="xx_YY"):
        numbers("xx_YY")
    with pytest.raises(ExtractError, match="an unknown locale"):
        numbers("klingon")


def test_the_missing_extra_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "babel", None)
    with pytest.raises(ExtractError) as caught:
        numbers("it")
    assert caught.value.detail.endswith(f"needs babel; install it with: {install('locale')}")


@pytest.mark.parametrize(
    ("negative", "text", "amount"),
    [
        (("brackets",), "(1,234.50)", "-1234.50"),
        (("brackets",), "1,234.50", "1234.50"),
        (("brackets",), "[12]", "12"),
        (("brackets",), "(-5)", None),
        (("brackets",), "5-", None),
        (("trailing",), "12.50-", "-12.50"),
        (("trailing",), "12.50−", "-12.50"),
        (("trailing",), "(12.50)", "12.50"),
        (("trailing",), "-12.50-", None),
        (("brackets", "trailing"), "(12.50)", "-12.50"),
        (("brackets", "trailing"), "12.50-", "-12.50"),
    ],
)
def test_other_ways_to_write_a_minus_are_asked_for(negative, text, amount):
    expected = None if amount is None else Decimal(amount)
    assert numbers("en", negative).decimal(text) == expected
    assert numbers("en", negative).money(text) == (None if expected is None else Money(expected, ""))


@pytest.mark.parametrize("text", ["($12.50)", "$(12.50)", "(12.50 $)", "(12.50) $"])
def test_accounts_write_negative_amounts_in_brackets(text):
    assert numbers("en", ("brackets",)).money(text) == Money(Decimal("-12.50"), "$")


@pytest.mark.parametrize("text", ["$12.50-", "12.50- $", "12.50 $-"])
def test_a_trailing_minus_may_stand_before_or_behind_the_currency(text):
    assert numbers("en", ("trailing",)).money(text) == Money(Decimal("-12.50"), "$")


AMOUNTS = st.decimals(min_value=-(10**12), max_value=10**12, places=2)


@given(AMOUNTS, st.sampled_from([",", ""]), st.sampled_from(["", "$", "€", "CHF "]))
def test_what_is_written_is_read_again(amount, group, currency):
    size = f"{abs(amount):{group}.2f}"
    minus = "-" if amount < 0 else ""
    plain, accounts = numbers("en"), numbers("en", ("brackets",))
    assert plain.decimal(minus + size) == accounts.decimal(minus + size) == amount
    assert plain.money(f"{minus}{currency}{size}") == Money(amount, currency.strip())
    assert numbers("en", ("trailing",)).money(f"{currency}{size}{minus}") == Money(amount, currency.strip())
    assert plain.money(f"({currency}{size})") == Money(abs(amount), currency.strip())
    assert accounts.money(f"({currency}{size})") == Money(-abs(amount), currency.strip())


@given(st.integers(-(10**15), 10**15), st.sampled_from(["{}", "({})", "[{}]"]))
def test_whole_numbers_are_read_again_in_any_brackets(number, brackets):
    assert numbers("en").integer(brackets.format(f"{number:,}")) == number


@pytest.mark.parametrize(
    ("text", "whole", "number"),
    [
        ("1.2k", 1200, "1200"),
        ("3,400K", 3_400_000, "3400000"),
        ("2M", 2_000_000, "2000000"),
        ("1.2万", 12_000, "12000"),
        ("5 k", 5000, "5000"),
        ("(1.2k)", 1200, "1200"),
        ("1.23456k", None, "1234.56"),
        ("12m", None, None),  # metres
        ("12B", None, None),  # a house
        ("k", None, None),
        ("1.2kk", None, None),
    ],
)
def test_short_numbers(text, whole, number):
    read = numbers("en")
    assert read.integer(text) == whole
    assert read.decimal(text) == (None if number is None else Decimal(number))


def test_short_amounts_and_other_languages():
    assert numbers("en").money("$1.2k") == Money(Decimal("1200.0"), "$")
    assert numbers("de").integer("1,2k") == 1200
    assert numbers("de").integer("1.2k") is None
