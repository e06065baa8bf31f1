"""Numbers and money as pages write them, by the declared locale and nothing else.

`1.234` is 1234 in German and 1.234 in English: a text that does not fit the locale is no number, never a guess.
English is built in; other locales come from babel (CLDR), the extra `locale`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from crawler import extras
from crawler.errors import ExtractError
from crawler.model import Money

__all__ = ["ENGLISH", "Numbers", "ascii_digits", "load", "numbers"]


ENGLISH = frozenset({"en", "en_US", "en_GB", "en-US", "en-GB"})


def load(locale: str) -> Any:
    """Return babel's Locale of that name, `de` or `pt_BR`.

    Raises:
        ExtractError: `locale`: no such locale, or babel is not installed.
    """
    try:
        from babel import Locale, UnknownLocaleError
    except ImportError:
        what = f"the locale {locale!r} needs babel; install it with: {extras.install('locale')}"
        raise ExtractError("locale", what) from None
    try:
        return Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        raise ExtractError("locale", f"{locale!r} is an unknown locale; examples: en, de, fr, pt_BR") from None


_MAX_LENGTH = 80
_SIGNS = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "﹣": "-",
        "－": "-",
        "＋": "+",
        "，": ",",
        "．": ".",
        "（": "(",
        "）": ")",
        "【": "[",
        "】": "]",
    }
    | dict.fromkeys("\u00a0\u2007\u2009\u202f", " ")
    | dict.fromkeys("\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", "")
)
_CURRENCIES = """Euro euro Euros euros EURO Eur eur usd gbp chf dollar dollars kr kr. Kr Kr. KR Kč kč KČ zł zł. zl Ft
    lei leu руб. руб р. рублей рубля грн грн. лв лв. лева тг тг. тенге сум so'm man man. Fr. Fr SFr. kn din din. дин.
    ден ден. Rs Rs. रु रु. රු රු. Tk Tk. টাকা RM Rp Rp. R S/ S/. TL TL. KM Bs Bs. Gs. Q L B/. Php KSh Ksh TSh USh
    円 元 圆 圓 원 đ Đ đồng VNĐ บาท L.E. ر.س ر.س. د.إ د.إ. ج.م ج.م. د.ك د.ك. ر.ق ر.ق. ر.ع. د.ب. د.ت د.م. د.ج تومان ریال
    ريال ש"ח ש״ח"""
_ISO_4217 = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF
    IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK
    MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR
    SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED
    VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW"""
_WORDS, _CODES = frozenset(_CURRENCIES.split()), frozenset(_ISO_4217.split())
_DASHES = re.compile(r"[.,:](?:-{1,2}|—)|/[-=]")
"""No cents: `12,-`, in Sweden `12:-`, in India `12/-`."""
_SIGN_BETWEEN = re.compile(r"(.*[0-9]) ?([^\w\s.,:;'/+-]) ?([0-9]{2})", re.S)
_COLON = re.compile(r"(?<=[0-9]):(?=[0-9]{2}(?![0-9]))")
_DOLLAR = re.compile(r"[A-Z]{1,2} \$")
_TIMES = {"k": 1_000, "K": 1_000, "M": 1_000_000, "千": 1_000, "万": 10_000, "萬": 10_000, "億": 10**8, "亿": 10**8}
"""What short numbers are counted in: `1.2k` is 1200."""
_BRACKETS = {"(": ")", "[": "]"}


class _Symbols(NamedTuple):
    group: str
    decimal: str
    sizes: tuple[int, int]
    colon: bool = False  # prices are also written 49:90


class Numbers:
    """How one locale writes numbers.

    A number in brackets is that number, as pages write counts: `(23)`, `[12]`, `($12.50)`.

    Attributes:
        point: the sign between whole and decimal places.

    Args:
        negative: how negative numbers are written beside a sign in front: `brackets` for `(12.50)`, as accountants
            do, `trailing` for `12.50-`.
    """

    def __init__(self, symbols: _Symbols, negative: Collection[str] = ()) -> None:
        self._decimal = self.point = symbols.decimal
        self._colon = symbols.colon
        self._brackets, self._trailing = "brackets" in negative, "trailing" in negative
        group = "['’]" if symbols.group in "'’" else re.escape(symbols.group)
        last, other = symbols.sizes
        point = re.escape(symbols.decimal)
        whole = rf"(?:[0-9]{{1,{other}}}(?:{group}[0-9]{{{other}}})*{group}[0-9]{{{last}}}|[0-9]+)"
        self._shape = re.compile(rf"[+-]?(?:{whole}(?:{point}[0-9]+)?|{point}[0-9]+)")
        self._group = re.compile(group)
        self._price = re.compile(rf"([$£€¥])([0-9]{{1,15}})(?:{point}([0-9]{{1,15}}))?")
        self._short = re.compile(rf"(.*[0-9])\s?({'|'.join(_TIMES)})", re.S)
        self._usual = re.compile(rf"[0-9]{{1,15}}(?:{point}[0-9]{{1,15}})?")
        self._arabic = str.maketrans({"٫": symbols.decimal, "٬": symbols.group[:1]})

    def decimal(self, text: str) -> Decimal | None:
        """Return the number that the whole text is, or None."""
        if self._usual.fullmatch(text):  # most numbers
            return Decimal(text.replace(self._decimal, "."))
        plain, enclosed = _opened(self._plain(text))
        if self._trailing and plain.endswith("-"):
            if plain[0] in "+-":
                return None
            plain = "-" + plain[:-1].rstrip()
        number = self._read(plain)
        if number is None and plain[-1:] in _TIMES:
            number = self._full(plain)
        return self._signed(number, enclosed, signed=plain[:1] in {"+", "-"})

    def integer(self, text: str) -> int | None:
        """Return the whole number that the text is; `5.0` is none."""
        if text.isdecimal() and text.isascii() and len(text) <= _MAX_LENGTH:
            return int(text)
        plain = self._plain(text)
        if self._decimal in plain and _TIMES.keys().isdisjoint(plain):
            return None
        number = self.decimal(text)
        return int(number) if number is not None and number == number.to_integral_value() else None

    def money(self, text: str) -> Money | None:
        """Return an amount with the currency written before it, behind it or in the place of the point; or with none.

        Where a sign and a code are written, `$12.50 USD`, the currency is the code.
        """
        price = self._price.fullmatch(text)
        if price is not None:  # most prices
            return Money(Decimal(f"{price[2]}.{price[3]}" if price[3] else price[2]), price[1])
        plain = self._plain(text)
        if self._colon and ":" in plain:
            plain = _COLON.sub(self._decimal, plain)
        digits = [at for at, char in enumerate(plain) if "0" <= char <= "9"]
        if not digits:
            return None
        start, end = digits[0], digits[-1] + 1
        if plain[:start].endswith(self._decimal):
            start -= 1
        (before, behind), enclosed = _unwrapped(plain[:start].strip(), plain[end:].strip())
        sign, before = _sign(before)
        behind = _DASHES.sub("", behind, count=1).strip() if _DASHES.match(behind) else behind
        if self._trailing and not sign and behind.count("-") == 1:
            sign, behind = _sign(behind)
        times, behind = (_TIMES[behind], "") if behind in _TIMES else (1, behind)
        currency = _currency(before, behind)
        if currency is None:
            return None
        number = self._read(plain[start:end])
        if number is None:
            return self._between(plain)
        amount = self._signed(number * (-times if sign == "-" else times), enclosed, signed=bool(sign))
        return None if amount is None else Money(amount, currency)

    def _between(self, plain: str) -> Money | None:
        """Return the amount of `12€99`; None of any other text."""
        found = _SIGN_BETWEEN.fullmatch(plain) if len(plain) <= _MAX_LENGTH else None
        if found is None or unicodedata.category(found[2]) != "Sc" or self._decimal in found[1]:
            return None
        number = self._read(f"{found[1]}{self._decimal}{found[3]}")
        return None if number is None else Money(number, found[2])

    def _full(self, plain: str) -> Decimal | None:
        """Return the number of a short one, `1.2k`; None of any other text."""
        found = self._short.fullmatch(plain) if len(plain) <= _MAX_LENGTH else None
        number = None if found is None else self._read(found[1])
        return None if number is None or found is None else number * _TIMES[found[2]]

    def _signed(self, number: Decimal | None, enclosed: str, *, signed: bool) -> Decimal | None:
        """Return the number with the minus that round brackets mean where they were asked for."""
        if number is None or not (self._brackets and enclosed == "("):
            return number
        return None if signed else -number

    def _plain(self, text: str) -> str:
        if text.isascii():
            return text.strip()
        return ascii_digits(text.translate(_SIGNS).translate(self._arabic)).strip()

    def _read(self, plain: str) -> Decimal | None:
        if len(plain) > _MAX_LENGTH:
            return None
        found = self._shape.fullmatch(plain)
        if found is None:
            return None
        marks = set(self._group.findall(plain))
        if len(marks) > 1:
            return None
        for mark in marks:
            plain = plain.replace(mark, "")
        return Decimal(plain.replace(self._decimal, "."))


@lru_cache(maxsize=64)
def numbers(locale: str, negative: tuple[str, ...] = ()) -> Numbers:
    """Return the numbers of a locale such as `en`, `de`, `pt_BR`; `negative` as Numbers takes it.

    Raises:
        ExtractError: `locale`: unknown, or babel is not installed.
    """
    if locale in ENGLISH:
        return Numbers(_Symbols(",", ".", (3, 3)), negative)
    found = load(locale)
    symbols = found.number_symbols.get("latn") or next(iter(found.number_symbols.values()))
    group, decimal = symbols.get("group", ","), symbols.get("decimal", ".")
    if group == decimal:
        raise ExtractError("locale", f"the locale {locale!r} uses the same sign for groups and decimals")
    sizes = found.decimal_formats[None].grouping
    group = " " if group.isspace() else group
    return Numbers(_Symbols(group, decimal, (sizes[0] or 3, sizes[1] or 3), found.language == "sv"), negative)


def ascii_digits(text: str) -> str:
    """Return a text with the decimal digits of all scripts as 0 to 9."""
    if text.isascii():
        return text
    return "".join(char if char.isascii() else str(unicodedata.decimal(char, char)) for char in text)


def _opened(plain: str) -> tuple[str, str]:
    """Return what one pair of brackets around the whole text holds, and the opening bracket; else the text, ""."""
    first = plain[:1]
    if first not in _BRACKETS or not plain.endswith(_BRACKETS[first]):
        return plain, ""
    inner = plain[1:-1].strip()
    return (plain, "") if inner[:1] in _BRACKETS else (inner, first)


def _unwrapped(before: str, behind: str) -> tuple[tuple[str, str], str]:
    """Take one pair of brackets off what stands around a number: `($12)`, `$(12)`, `(12) $`, `(12 $)`."""
    for opening, closing in _BRACKETS.items():
        if before.count(opening) != 1 or behind.count(closing) != 1:
            continue
        if (before[0] == opening or before[-1] == opening) and (behind[0] == closing or behind[-1] == closing):
            return (before.strip(opening + " "), behind.strip(closing + " ")), opening
    return (before, behind), ""


def _sign(before: str) -> tuple[str, str]:
    for sign in "-+":
        if before.count(sign) == 1 and (before[0] == sign or before[-1] == sign):
            return sign, before.strip(sign + " ")
    return "", before


def _currency(before: str, behind: str) -> str | None:
    """Return the currency that stands around a number, "" for none; None where something else does."""
    if not (before and behind):
        one = before or behind
        if not one or _is_currency(one):
            return one
        if _DOLLAR.fullmatch(one):
            return one.replace(" ", "")
    parts = [*before.split(), *behind.split()]
    code = next((part for part in parts if part in _CODES), None)
    if code is None or len(parts) != 2:
        return None
    other = parts[1] if parts[0] == code else parts[0]
    contradicts = "€" in other and code != "EUR"
    return code if _is_currency(other) and other not in _CODES and not contradicts else None


def _is_currency(text: str) -> bool:
    if text in _WORDS or (len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()):
        return True
    signs = [char for char in text if unicodedata.category(char) == "Sc"]
    rest = [char for char in text if unicodedata.category(char) != "Sc"]
    return len(signs) == 1 and len(rest) <= 3 and all(char.isascii() and char.isalpha() for char in rest)
