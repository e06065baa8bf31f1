"""The sections `paginate` and `expect` of a page kind: how a list goes on, and what each good answer has."""

from __future__ import annotations

from crawler.config.field_spec import PATTERNS, FieldSpec, SourceSpec
from crawler.config.schema import InvalidValue, Key, Location, Section, Type, list_of, of, optional, whole

__all__ = ["EXPECT", "PAGINATE", "PAGING", "ExpectSpec", "PaginateSpec"]

PAGING = ("page", "offset", "cursor")
"""The names that a page number, an offset and a cursor have in a request."""
_MOST = 1_000_000_000
_SOURCE = optional(of(FieldSpec))


class PaginateSpec(Section):
    """How a list goes on: its page kind is asked for again with the next `{page}`, `{offset}` or `{cursor}`.

    It ends when an answer has no rows, or those of the answer before; or as `page_count`, `total` or `more` say.
    """

    page = Key(optional(whole(-_MOST, _MOST)), None, "What `{page}` begins with.")
    offset = Key(optional(whole(-_MOST, _MOST)), None, "What `{offset}` begins with.")
    cursor = Key(_SOURCE, None, "Where the next `{cursor}` stands; the first request has none.")
    step = Key(whole(1, _MOST), 1, "Added to the offset each time. With `page` and `total`: rows on a page.")
    page_count = Key(_SOURCE, None, "Where the number of pages stands: all are asked for at once after the first.")
    total = Key(_SOURCE, None, "Where the number of all rows stands: all pages are asked for at once after the first.")
    more = Key(_SOURCE, None, "What shows that there are more: anything that is not false.")
    max_pages = Key(optional(whole(1, _MOST)), None, "Most pages of one list.")

    @property
    def name(self) -> str:
        """Which of the three it counts."""
        return next((name for name in PAGING if getattr(self, name) is not None), "page")

    def check(self) -> None:
        given = [name for name in PAGING if name in self.given]
        if len(given) > 1:
            raise InvalidValue(f"'{given[0]}' and '{given[1]}' are both given", "keep one", key=given[1])
        if not given:
            raise InvalidValue("says not what is counted", "add page: 1, offset: 0 or cursor: with where it stands")
        ends = [name for name in ("page_count", "total", "more") if name in self.given]
        if len(ends) > 1:
            raise InvalidValue(f"'{ends[0]}' and '{ends[1]}' are both given", "keep one", key=ends[1])
        if given == ["cursor"] and ends and ends[0] != "more":
            raise InvalidValue(f"'{ends[0]}' counts pages, and a cursor cannot be counted", "remove it", key=ends[0])
        if given == ["cursor"] and "step" in self.given:
            raise InvalidValue("a cursor has no step", "remove it", key="step")
        if given == ["page"] and "step" in self.given and "total" not in self.given:
            raise InvalidValue("with page, 'step' is the number of rows on a page, for total", "remove it", key="step")
        if given == ["page"] and "total" in self.given and "step" not in self.given:
            raise InvalidValue("'total' counts rows", "add step: with the number of rows on a page", key="total")


class ExpectSpec(SourceSpec):
    """What each good answer has: the source is there and fits `allow` and `deny`, or the page is asked for again."""

    shorthand = "css"
    expected = "a selector, or a mapping"

    allow = Key(PATTERNS, (), "The value must match one of these patterns.")
    deny = Key(PATTERNS, (), "The value must match none of these patterns.")


def _paginate(value: object, place: Location) -> PaginateSpec:
    if isinstance(value, list):
        raise InvalidValue("a list of rules is not possible yet", "write one mapping, such as {page: 1}")
    return PaginateSpec.read(value, place)


PAGINATE: Type[PaginateSpec | None] = optional(
    Type("section", PaginateSpec(), _paginate, json={"$ref": "#/definitions/PaginateSpec"}, section=PaginateSpec)
)
EXPECT: Type[tuple[ExpectSpec, ...]] = list_of("selector, mapping, or a list", of(ExpectSpec))
