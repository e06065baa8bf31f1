from datetime import UTC, date, datetime

import pytest

from crawler.extract.dates import check_format, read_date, read_datetime


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("2024-05-17", (), date(2024, 5, 17)),
        ("2024-05-17T13:45:00Z", (), date(2024, 5, 17)),
        ("17.05.2024", ("%d.%m.%Y",), date(2024, 5, 17)),
        ("May 17, 2024", ("%d.%m.%Y", "%B %d, %Y"), date(2024, 5, 17)),
        ("1850-01-02", (), date(1850, 1, 2)),
        ("31/02/2024", ("%d/%m/%Y",), None),
        ("2/3/4", (), None),
        ("yesterday", (), None),
        ("17.05.2024", (), None),
        ("", ("%d.%m.%Y",), None),
        ("٢٠٢٤-٠٥-١٧", ("%Y-%m-%d",), date(2024, 5, 17)),
        ("1" * 500, ("%d",), None),
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
        ("de", "17. Blub 2024", "%d. %B %Y", None),
    ],
)
def test_names_of_months_and_days_in_other_languages(locale, text, form, expected):
    pytest.importorskip("babel")
    assert read_date(text, (form,), locale) == expected


def test_formats_are_checked():
    assert check_format("%d.%m.%Y") is None
    assert check_format("%H:%M") is None
    assert "directive" in (check_format("%Q") or "")
    assert "%" in (check_format("dd.mm.yyyy") or "")
