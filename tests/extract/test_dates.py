from datetime import UTC, date, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.dates import read_date, read_datetime


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("2024-05-17", (), date(2024, 5, 17)),
        ("2024-05-17T13:45:00Z", (), date(2024, 5, 17)),
        ("17.05.2024", ("%d.%m.%Y",), date(2024, 5, 17)),
        ("May 17, 2024", ("%d.%m.%Y", "%B %d, %Y"), date(2024, 5, 17)),
        ("1850-01-02", (), date(1850, 1, 2)),
        ("31/02/2024", ("%d/%m/%Y",), "not-a-date"),
        ("2/3/4", (), "not-a-date"),
        ("yesterday", (), "not-a-date"),
        ("17.05.2024", (), "not-a-date"),
        ("", ("%d.%m.%Y",), "not-a-date"),
        ("٢٠٢٤-٠٥-١٧", ("%Y-%m-%d",), date(2024, 5, 17)),
        ("1" * 500, ("%d",), "not-a-date"),
    ],
)
def test_fault_98_dates_by_declared_format_only(text, formats, expected):
    assert read_date(text, formats, "en") == expected


def test_fault_98_zone_is_kept():
    assert read_datetime("2024-05-17T13:45:00Z", (), "en") == datetime(2024, 5, 17, 13, 45, tzinfo=UTC)
    assert read_datetime("17 May 2024 13:45 +0000", ("%d %b %Y %H:%M %z",), "en") == datetime(
        2024, 5, 17, 13, 45, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("locale", "text", "form", "expected"),
    [
        ("de", "17. März 2024", "%d. %B %Y", date(2024, 3, 17)),
        ("de", "Freitag, 17. Mai 2024", "%A, %d. %B %Y", date(2024, 5, 17)),
        ("fr", "1 août 2024", "%d %B %Y", date(2024, 8, 1)),
        ("pl", "17 maja 2024", "%d %B %Y", date(2024, 5, 17)),
        ("es", "5 ene. 2024", "%d %b %Y", date(2024, 1, 5)),
        ("ru", "9 мая 2024", "%d %B %Y", date(2024, 5, 9)),
        ("de", "17 May 2024", "%d %B %Y", date(2024, 5, 17)),
        ("de", "17. Blub 2024", "%d. %B %Y", "not-a-date"),
    ],
)
def test_names_of_months_and_days_in_other_languages(locale, text, form, expected):
    pytest.importorskip("babel")
    assert read_date(text, (form,), locale) == expected


@pytest.mark.parametrize(
    ("text", "formats", "why"),
    [
        ("June 2010", ("%B %Y",), "incomplete-date"),
        ("2010", ("%Y",), "incomplete-date"),
        ("5 2010", ("%d %Y",), "incomplete-date"),
        ("March 5", ("%B %d",), "incomplete-date"),
        ("13:45", ("%H:%M",), "incomplete-date"),
        ("2010", (), "incomplete-date"),
        ("2010-06", (), "incomplete-date"),
        ("2010-W05", (), "incomplete-date"),
        ("June 2010", ("%d %B %Y", "%B %Y"), "incomplete-date"),
        ("5/6/2024", ("%d/%m/%Y", "%m/%d/%Y"), "ambiguous-date"),
        ("5.6.55", ("%d.%m.%y",), "ambiguous-date"),
        ("Monday 5 March 2024", ("%A %d %B %Y",), "wrong-weekday"),
        ("Mon, 5 Mar 2024", ("%a, %d %b %Y",), "wrong-weekday"),
        ("on 5 March 2024", ("%d %B %Y",), "not-a-date"),
        ("5 March 2024 (new)", ("%d %B %Y",), "not-a-date"),
        ("5 J. 2024", ("%d %b %Y",), "not-a-date"),
        ("5 Ju 2024", ("%d %b %Y",), "not-a-date"),
    ],
)
def test_what_is_no_certain_day_says_why(text, formats, why):
    assert read_date(text, formats, "en") == why


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("13/6/2024", ("%d/%m/%Y", "%m/%d/%Y"), date(2024, 6, 13)),
        ("5/5/2024", ("%d/%m/%Y", "%m/%d/%Y"), date(2024, 5, 5)),
        ("5.6.24", ("%d.%m.%y",), date(2024, 6, 5)),
        ("5.6.69", ("%d.%m.%y",), date(1969, 6, 5)),
        ("Tuesday 5 March 2024", ("%A %d %B %Y",), date(2024, 3, 5)),
        ("2024 065", ("%Y %j",), date(2024, 3, 5)),
        ("2024-W10-2", ("%G-W%V-%u",), date(2024, 3, 5)),
        ("2024-W10-2", (), date(2024, 3, 5)),
        ("5 Sept 2024", ("%d %b %Y",), date(2024, 9, 5)),
        ("5 Sept. 2024", ("%d %b %Y",), date(2024, 9, 5)),
        ("5 Sep. 2024", ("%d %b. %Y",), date(2024, 9, 5)),
    ],
)
def test_certain_days(text, formats, expected):
    assert read_date(text, formats, "en") == expected


def test_a_clock_of_twelve_hours_needs_am_or_pm_unless_only_the_day_counts():
    form = ("%d %B %Y %I:%M",)
    assert read_datetime("5 March 2024 3:00", form, "en") == "ambiguous-date"
    assert read_date("5 March 2024 3:00", form, "en") == date(2024, 3, 5)


@pytest.mark.parametrize(
    ("locale", "text", "form", "expected"),
    [
        ("de", "05. Mär. 2024", "%d. %b. %Y", date(2024, 3, 5)),
        ("de", "05. Mär. 2024", "%d. %b %Y", date(2024, 3, 5)),
        ("de", "Di., 5. März 2024", "%a., %d. %B %Y", date(2024, 3, 5)),
        ("de", "Mo., 5. März 2024", "%a., %d. %B %Y", "wrong-weekday"),
        ("nl", "5 mrt. 2024", "%d %b. %Y", date(2024, 3, 5)),
        ("fr", "14 févr. 2024", "%d %b. %Y", date(2024, 2, 14)),
        ("ru", "5 мар. 2024", "%d %b. %Y", date(2024, 3, 5)),
    ],
)
def test_short_names_with_and_without_a_dot(locale, text, form, expected):
    pytest.importorskip("babel")
    assert read_date(text, (form,), locale) == expected


@pytest.mark.parametrize(
    ("locale", "text", "form"),
    [
        ("en", "5th March 2024", "%d %B %Y"),
        ("en", "Tuesday, 5th of March 2024", "%A, %d of %B %Y"),
        ("fr", "5e mars 2024", "%d %B %Y"),
        ("nl", "5de maart 2024", "%d %B %Y"),
        ("es", "5.º de marzo de 2024", "%d de %B de %Y"),
        ("it", "5° marzo 2024", "%d %B %Y"),
        ("de", "5. Maerz 2024", "%d. %B %Y"),
        ("de", "05. Mrz 2024", "%d. %b %Y"),
        ("tr", "5 MART 2024", "%d %B %Y"),
        ("el", "ΤΡΙΤΗ 5 ΜΑΡΤΙΟΥ 2024", "%A %d %B %Y"),
        ("hi", "5 मार्च 2024", "%d %B %Y"),
        ("ar", "\u200f٥ مارس ٢٠٢٤\u200f", "%d %B %Y"),
        ("ja", "2024年3月5日(火)", "%Y年%m月%d日(%a)"),
        ("ja", "2024年3月5日（火）", "%Y年%m月%d日(%a)"),
        ("ja", "2024年3月5日 火曜日", "%Y年%m月%d日 %A"),
        ("ko", "2024년 3월 5일 (화)", "%Y년 %m월 %d일 (%a)"),
    ],
)
def test_ordinals_accents_and_units_that_are_names_of_days(locale, text, form):
    pytest.importorskip("babel")
    assert read_date(text, (form,), locale) == date(2024, 3, 5)


@pytest.mark.parametrize(
    ("locale", "text", "form", "expected"),
    [
        ("fr", "1er janvier 2024", "%d %B %Y", date(2024, 1, 1)),
        ("de", "5. Jänner 2024", "%d. %B %Y", date(2024, 1, 5)),
        ("de", "5. Feber 2024", "%d. %B %Y", date(2024, 2, 5)),
        ("fr", "15 aout 2024", "%d %B %Y", date(2024, 8, 15)),
        ("es", "12 set. 2024", "%d %b %Y", date(2024, 9, 12)),
        ("tr", "5 KASIM 2024", "%d %B %Y", date(2024, 11, 5)),
        ("tr", "5 EKİM 2024", "%d %B %Y", date(2024, 10, 5)),
        ("ja", "2024年3月4日(月)", "%Y年%m月%d日(%a)", date(2024, 3, 4)),
        ("ja", "2024年3月5日(月)", "%Y年%m月%d日(%a)", "wrong-weekday"),
        ("en", "31st February 2024", "%d %B %Y", "not-a-date"),
        ("en", "5the March 2024", "%d %B %Y", "not-a-date"),
    ],
)
def test_other_names_of_months(locale, text, form, expected):
    pytest.importorskip("babel")
    assert read_date(text, (form,), locale) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon, 02 Mar 2026 10:00:00 GMT", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Mon, 2 Mar 2026 10:00 +0100", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2 March 2026 05:00:00 EST", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("mon,02 mar 2026 10:00:00 -0000", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Mon, 02 Mar 2026 10:00:00", datetime(2026, 3, 2, 10)),
        ("Mon, 02 Mar 2026 10:00:00 CET", "ambiguous-date"),
        ("Tue, 02 Mar 2026 10:00:00 GMT", "wrong-weekday"),
        ("Mon, 02 Mar 26 10:00:00 GMT", "not-a-date"),
        ("Mon, 31 Feb 2026 10:00:00 GMT", "not-a-date"),
        ("Mon, 02 Foo 2026 10:00:00 GMT", "not-a-date"),
        ("Mon, 02 Mar 2026 10:00:00 +9900", "not-a-date"),
        ("Mon, 02 Mar 2026 25:00:00 GMT", "not-a-date"),
    ],
)
def test_a_date_of_a_feed_needs_no_format(text, expected):
    assert read_datetime(text, (), "en") == expected


def test_the_day_of_a_feed_needs_no_zone():
    assert read_date("Mon, 02 Mar 2026 10:00:00 CET", (), "en") == date(2026, 3, 2)


@given(st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)), st.booleans())
def test_what_the_standard_library_writes_is_read(moment, usegmt):
    moment = moment.replace(microsecond=0)
    assert read_datetime(format_datetime(moment, usegmt=usegmt), (), "en") == moment
