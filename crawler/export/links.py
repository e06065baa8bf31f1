"""URLs as Excel wants them in a workbook; a bad one makes Excel offer to "repair" the whole file."""

from __future__ import annotations

import re
from urllib.parse import quote

__all__ = ["target"]

_USER, _HOST = r"(?:[\w.~%!$&'()*+,;=:-]*@)?", r"[\w.-]+(?::\d{1,5})?"
_URL = rf"(?ai)(https?://{_USER}{_HOST})([/?#][^\n\ud800-\udfff]*)?"
_CLEAN = re.compile(rf"https?://{_HOST}(?:[/?][\w/:?@!$&'()*+,;=~.-]*)?", re.ASCII)
_BARE_PERCENT = "%(?![0-9A-Fa-f]{2})"
_SAFE = "%/:?#@!$&'()*+,;=~-._"


def target(url: str, longest: int) -> str:
    """The URL with every character quoted that RFC 3986 does not allow; "" for what cannot be a link.

    Only http and https become links: a page must not put `file:` or `javascript:` under a reader's mouse.
    """
    if len(url) <= longest and _CLEAN.fullmatch(url):  # most are such, and the rest costs more
        return url
    match = re.fullmatch(_URL, url)
    if not match:
        return ""
    host, rest = match.groups(default="")
    before, mark, fragment = rest.partition("#")
    rest = before + mark + fragment.replace("#", "%23")
    made = host + quote(re.sub(_BARE_PERCENT, "%25", rest), safe=_SAFE)
    return made if len(made) <= longest else ""
