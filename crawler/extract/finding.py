"""What one rule found on a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crawler.extract.text import collapse_whitespace
from crawler.model import Note, Value

__all__ = ["PAGE_URL", "RULES", "URLS", "Finding", "short"]

PAGE_URL = "the page's own URL"  # the rule of a field with `url: true`
RULES = ("field", "rows", "follow", "hook")

_SHORT = 200
URLS = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found.

    Attributes:
        what: `page`, `rows`, `field`, `follow`, `hook`, `failure`; `left-out` for a row that `where` does not let
            through, `raw` says why; `noted` for notes of rows that are not shown; or `clue` for what the page shows of
            why rules find nothing: `rule` is its topic, `raw` says it.
        where: "books" for rows, "books.price" for a field, the kind of the targets for a follow rule.
        row: number of the row, from 1; 0 where there is none.
        rule: how it is found: the selector, the label.
        engine: `bs4` or `lexbor`; "" where none is used.
        matches: number of elements that match.
        raw: text of the first match as it stands, shortened; None without a match.
        value: the value of the field.
        notes: on the value, or on the page.
        urls: the first few URLs of a follow rule.
        given: what each of these is handed over.
        sent: the fields that the config fills in of a form that leads there; empty without a form.
        dropped: its links that are not followed, by reason.
        optional: nothing found is no mistake: the value is a number of matches, the field is hidden, or a list ends.
        why: why there is no value, or no link, and what to write instead; "" where that is not known.
    """

    what: str
    where: str = ""
    row: int = 0
    rule: str = ""
    engine: str = ""
    matches: int = 0
    raw: str | None = None
    value: Value = None
    notes: tuple[Note, ...] = ()
    urls: tuple[str, ...] = ()
    given: tuple[Mapping[str, Value], ...] = ()
    sent: tuple[Mapping[str, str], ...] = ()
    dropped: dict[str, int] = field(default_factory=dict)
    why: str = ""
    optional: bool = False

    @property
    def missed(self) -> bool:
        """Whether a rule found nothing on the page, or nothing that makes a value."""
        if self.what not in RULES or self.rule == PAGE_URL:
            return False
        return (self.matches == 0 and not self.optional) or (
            self.what == "field" and self.value in (None, ()) and not self.optional
        )


def short(raw: str) -> str:
    """A text of a page, for people."""
    text = collapse_whitespace(raw)[0]
    return text if len(text) <= _SHORT else text[: _SHORT - 3] + "..."
