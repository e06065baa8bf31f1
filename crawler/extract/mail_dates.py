"""Dates as e-mails and feeds write them: `Mon, 02 Mar 2026 10:00:00 GMT` (RFC 5322, 3.3; RSS names its elder, RFC 822).

They say all that a date needs, and in one order only, so they need no declared format. A year has four digits: one of
two may lie in either century.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

__all__ = ["read_mail_date"]

_FORM = re.compile(
    r"(?:([a-z]{3}), ?)?(\d\d?) ([a-z]{3})[a-z]{0,6} (\d{4}) (\d\d?):(\d\d)(?::(\d\d))?"
    r"(?: ([+-])(\d\d):?(\d\d)| ([a-z]{1,5}))?",
    re.I,
)
_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_HOURS = {"gmt": 0, "ut": 0, "utc": 0, "z": 0, "edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7}
_HOURS |= {"pdt": -7, "pst": -8}  # RFC 5322, 4.3: no other name of a zone has a meaning


def read_mail_date(text: str, *, whole_day: bool) -> datetime | str:
    """Return the moment a text names, or a code of `crawler.extract.dates.read_datetime` that says why it names none.

    Args:
        whole_day: the time of day does not matter, nor does a zone that nobody knows.
    """
    found = _FORM.fullmatch(text)
    if found is None or found[3].lower() not in _MONTHS:
        return "not-a-date"
    try:
        month = _MONTHS.index(found[3].lower()) + 1
        moment = datetime(
            int(found[4]), month, int(found[2]), int(found[5]), int(found[6]), min(int(found[7] or 0), 59)
        )
        zone = _zone(found)
    except ValueError:
        return "not-a-date"
    if found[1] and found[1].lower() != _DAYS[moment.weekday()]:
        return "wrong-weekday"
    if found[11] and zone is None and not whole_day:
        return "ambiguous-date"
    return moment.replace(tzinfo=zone)


def _zone(found: re.Match[str]) -> timezone | None:
    """Raises: ValueError: it is a day or more away from UTC."""
    if found[8]:
        away = timedelta(hours=int(found[9]), minutes=int(found[10]))
        return timezone(-away if found[8] == "-" else away)
    hours = _HOURS.get((found[11] or "").lower())
    return None if hours is None else timezone(timedelta(hours=hours))
