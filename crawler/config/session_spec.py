"""The section `session`: requests that log in or get a token, before the crawl and again when the session is lost."""

from __future__ import annotations

import re
from dataclasses import replace

from crawler import urls
from crawler.config.field_spec import FIELDS, FieldSpec
from crawler.config.page_spec import FORMAT_OF_PAGE
from crawler.config.request_spec import RequestSpec, request_template
from crawler.config.schema import (
    RAW_TEXT,
    REQUIRED,
    SELECTOR,
    InvalidValue,
    Key,
    Location,
    Section,
    Type,
    list_of,
    mapping,
    of,
    optional,
    whole,
)

__all__ = ["LostSpec", "SessionSpec", "StepSpec"]

_STATUS = whole(100, 599)
_WHOLE = re.compile(r"https?://", re.I)


def _url(value: object, place: Location) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue("expected a URL", "write it as https://example.com/login")
    text = value.strip()
    if "{" in text.replace("${", ""):
        raise InvalidValue("the URL of a step has no names", "use query:, headers:, form: or json: for them")
    if not (_WHOLE.match(text) or (text.startswith("/") and not text.startswith("//"))):
        raise InvalidValue(f"'{text[:40]}' is no URL", "write it out, as https://example.com/login")
    if not text.startswith("/"):
        try:
            urls.resolve("", text)
        except urls.BadUrl as error:
            raise InvalidValue(f"cannot be requested: {error.detail}", "correct it") from None
        if "@" in text.split("/")[2]:
            raise InvalidValue("a password in a URL", "use fetch.auth, or fill: and ${PASSWORD}")
    return text


def _text(value: object, place: Location) -> str:
    return request_template(RAW_TEXT.read(value, place), place)


def _statuses(value: object, place: Location) -> tuple[int, ...]:
    found = list_of("status, or a list", _STATUS).read(value, place)
    for index, status in enumerate(found):
        if status in (200, 203):
            key = index if isinstance(value, list) else None
            raise InvalidValue(f"{status} is that of a good page", "use css: for what a lost session shows", key=key)
    return found


_URL: Type[str] = Type("URL", "", _url)
_TEMPLATE: Type[str] = Type("text", "", _text, json={"type": ["string", "number", "boolean"]})
_STATUSES: Type[tuple[int, ...]] = Type(
    "status, or a list",
    (),
    _statuses,
    lambda value: ", ".join(map(str, value)) or "none",
    {"anyOf": [_STATUS.json, {"items": _STATUS.json, "type": "array"}]},
)


class _StepRequest(RequestSpec):
    """What a step asks for, and the form of that page that it sends."""

    url = Key(_URL, REQUIRED, "The URL, written out; secrets of the step go only to its origin.")
    submit = Key(SELECTOR, "", "CSS selector of a form of the page of `url`; it is sent with its hidden fields.")
    fill = Key(
        mapping("name: text", RAW_TEXT, _TEMPLATE),
        {},
        "Fields of the form to set, for example `{user: ann, password: ${PASSWORD}}`.",
    )

    def check(self) -> None:
        super().check()
        if self.fill and not self.submit:
            raise InvalidValue("'fill' needs a form to fill in", "add submit: with its selector", key="fill")

    @property
    def templates(self) -> list[object]:
        return [*super().templates, *self.fill.values()]


_StepRequest.keys = {name: key for name, key in _StepRequest.keys.items() if name != "allow_status"}


class LostSpec(Section):
    """How a page shows that the session is lost. It is then asked for again after the steps have run again."""

    status = Key(_STATUSES, (), "Statuses that say so, such as 401.")
    css = Key(SELECTOR, "", "CSS selector of what only such a page has: the form of the login.")

    def check(self) -> None:
        if not (self.status or self.css):
            raise InvalidValue("says nothing", "add status: or css:")


class StepSpec(_StepRequest):
    """A step of the session: a request, and what is read from its answer, or from that to a form of it."""

    fields = Key(FIELDS, {}, "Values of the answer, for `{session.NAME}` in requests of later steps and of pages.")
    format = Key(FORMAT_OF_PAGE, "html", "What the answer must be.")

    def check(self) -> None:
        super().check()
        if self.submit and self.format not in ("html", "json", "text"):
            raise InvalidValue("an answer to a form is html, json or text", "correct format", key="format")


def _steps(value: object, place: Location) -> tuple[StepSpec, ...]:
    return (StepSpec.read(value, place),) if isinstance(value, dict) else _STEP_LIST.read(value, place)


_STEP_LIST = list_of("step, or a list", of(StepSpec))
_STEPS: Type[tuple[StepSpec, ...]] = replace(
    _STEP_LIST, read=_steps, show=lambda steps: ", ".join(step.url for step in steps) or "none"
)
"""Shown without what the steps send."""


class SessionSpec(Section):
    """A login, or a token: steps that run in order before the crawl, and again when the session is lost.

    Their cookies go to every worker. Neither these nor the values are ever stored. See [Sessions](session.md).
    """

    steps = Key(_STEPS, REQUIRED, "The requests, in order.")
    expect = Key(
        optional(of(FieldSpec)),
        None,
        "What the answer to the last step has if it worked: a CSS selector, or a path in JSON. If it is not there, the "
        "run ends.",
    )
    lost = Key(optional(of(LostSpec)), None, "How a page shows that the session is lost.")

    def check(self) -> None:
        if not self.steps:
            raise InvalidValue(
                "there is no step", "add one, for example {url: ..., submit: form, fill: {...}}", key="steps"
            )
