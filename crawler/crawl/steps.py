"""The steps of a session: requests one after another, in any thread, with a cookie jar of their own.

The config writes each step out, as a start URL, so robots.txt is not asked; the gap between requests is kept, and the
client's guards hold: addresses, sizes, deadlines.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence

from crawler import urls
from crawler.crawl.retry_policy import backoff, is_passing
from crawler.crawl.session import Opened
from crawler.errors import ExtractError, one_line
from crawler.extract.chain_table import RowFields, Rows
from crawler.extract.forms import FormReader, Submission, templates
from crawler.extract.page import open_page
from crawler.extract.request import CompiledRequest
from crawler.extract.rules import Recipe, StepRule, TableRule
from crawler.fetch.client import Fetch
from crawler.fetch.cookies import Jar
from crawler.model import Ask, Failure, Message, Moved, Request, Response, Value

__all__ = ["StepRunner"]

KIND = "(session)"
MAX_HOPS = 20
TRIES = 3
MAX_WAIT = 30.0
_MAX_FAULT = 300
_CHANCE = random.Random()  # noqa: S311 - spreads retries, hides nothing


class _NoSession(Exception):
    """The steps cannot go on; the text says why, for a person."""


class _Visit:
    """One run of the steps: its cookies, and whom it has asked."""

    def __init__(self, jar: Jar, delay: float, asked: bool) -> None:
        self.jar, self.delay, self.asked = jar, delay, asked
        self.cookies: list[tuple[str, tuple[str, ...]]] = []
        self.hosts: set[str] = set()


class StepRunner:
    """Runs the steps.

    Args:
        recipe: engine and limits of the job.
        base: URL of the demo site, for steps that are a path.
        secrets: of the environment, by `$NAME`.
        trusted: origins that the config writes out: only these are given secrets.
        new_jar: makes an empty cookie jar.
        wait: waits so many seconds, or until the run ends, which it tells by True.
    """

    def __init__(
        self,
        steps: Sequence[StepRule],
        recipe: Recipe,
        base: str | None,
        fetch: Fetch,
        secrets: Mapping[str, str],
        trusted: Collection[str],
        new_jar: Callable[[], Jar],
        wait: Callable[[float], bool],
    ) -> None:
        self._steps, self._recipe, self._base = steps, recipe, base or ""
        self._fetch, self._trusted, self._new_jar, self._wait = fetch, frozenset(trusted), new_jar, wait
        self._environment: Mapping[str, Value] = dict(secrets)

    def run(self, delay: float, wait_first: bool = False) -> Opened:
        """Run all steps. Raises nothing that a site can bring about.

        Args:
            delay: seconds between two requests.
            wait_first: wait so long before the first one, too.
        """
        visit = _Visit(self._new_jar(), delay, wait_first)
        values: dict[str, Value] = {}
        for number, step in enumerate(self._steps, 1):
            url = urls.resolve(self._base, step.url)
            try:
                values |= self._step(step, url, values, visit)
            except _NoSession as error:
                what = f"session step {number} ({url}): {error}"
            except ExtractError as error:
                what = f"session step {number} ({url}): {error.code}: {error.detail}"
            else:
                continue
            return Opened(fault=self._clean(what, values))
        return Opened(values, tuple(visit.cookies), frozenset(visit.hosts))

    def close(self) -> None:
        """Close the idle connections."""
        self._fetch.close()

    def _clean(self, text: str, values: Mapping[str, Value]) -> str:
        """The text without secrets, which an address or an error of the site may repeat."""
        secrets = [str(one) for one in (*self._environment.values(), *values.values()) if one is not None]
        secrets += [one for step in self._steps for _, one in step.fill]
        for one in sorted(secrets, key=len, reverse=True):
            if len(one) > 3:
                text = text.replace(one, "***")
        return one_line(text, _MAX_FAULT)

    def _step(self, step: StepRule, url: str, values: Mapping[str, Value], visit: _Visit) -> dict[str, Value]:
        known: dict[str, Value] = {**self._environment, **{f"session.{name}": one for name, one in values.items()}}
        request = CompiledRequest(step.request._replace(url=None))
        url = request.address(url, url, {}) or url
        answer = self._follow(url, lambda at, ask: self._message(request, at, ask, known), None, visit)
        if step.submit is None:
            return self._read(step, answer)
        page = open_page(answer, frozenset(), self._recipe.engine, "html", self._recipe.most)
        form = FormReader(page, step.submit, templates(step.fill))
        try:
            return self._read(step, self._submit(form, urls.origin(url), request, known, visit))
        except _NoSession as error:
            strange = form.strange()
            raise (_NoSession(f"{strange}; {error}") if strange else error) from None

    def _message(
        self, request: CompiledRequest, url: str, ask: Ask | None, known: Mapping[str, Value]
    ) -> Message | None:
        return request.message(url, ask, known, trusted=urls.origin(url) in self._trusted)

    def _submit(
        self,
        form: FormReader,
        origin: str,
        request: CompiledRequest,
        known: Mapping[str, Value],
        visit: _Visit,
    ) -> Response:
        """Send the form of a page."""
        sent = form.submit(known.get)
        if urls.origin(sent.url) != origin:
            there = urls.origin(sent.url)
            raise _NoSession(f"the form is on {there}, and so is not sent; write its address as url: of the step")
        headers_only = CompiledRequest(request.rule._replace(method="GET", query=(), json=(), form=()))

        def message(at: str, ask: Ask | None) -> Message | None:
            if ask is not None and ask.form is not None and urls.origin(at) != origin:
                raise _NoSession("the site wants the form sent to another origin")
            return self._message(headers_only, at, ask, known)

        return self._follow(sent.url, message, _ask(sent), visit)

    def _follow(
        self, url: str, message: Callable[[str, Ask | None], Message | None], ask: Ask | None, visit: _Visit
    ) -> Response:
        """Ask for a URL and follow its redirects.

        Raises:
            _NoSession: there is no page at the end of them.
            ExtractError: `secret-host`, `bad-header`.
        """
        for _ in range(MAX_HOPS + 1):
            outcome = self._request(url, message(url, ask), visit)
            if isinstance(outcome, Response):
                return outcome
            if isinstance(outcome, Failure):
                raise _NoSession(_told(outcome))
            url = outcome.location
            if outcome.status not in (307, 308):
                ask = Ask(plain=True)
        raise _NoSession(f"redirect-loop: more than {MAX_HOPS} redirects")

    def _request(self, url: str, message: Message | None, visit: _Visit) -> Response | Moved | Failure:
        """Ask once, or again after what passes."""
        for tried in range(1, TRIES + 1):
            if visit.asked and visit.delay and self._wait(visit.delay):
                raise _NoSession("the run has ended")
            host = urls.host(url)
            visit.asked = True
            visit.hosts.add(host)
            outcome = self._fetch(Request(0, url, KIND, tried, cookies=visit.jar.header(host, url), message=message))
            if outcome.set_cookies:
                visit.jar.take(url, outcome.set_cookies)
                visit.cookies.append((url, outcome.set_cookies))
            if not (isinstance(outcome, Failure) and is_passing(outcome)) or tried == TRIES:
                break
            asked = min(outcome.retry_after or 0.0, MAX_WAIT)
            if self._wait(max(backoff(tried, chance=_CHANCE), asked)):
                break
        return outcome

    def _read(self, step: StepRule, answer: Response) -> dict[str, Value]:
        """The fields of a step, from its answer."""
        if not step.fields:
            return {}
        rows = Rows(step.format, None, ())
        fields = RowFields(TableRule("", step.fields), rows)
        known = frozenset[str]().union(*(one.keys for one in fields.fields))
        page = open_page(answer, known, self._recipe.engine, step.format, self._recipe.most)
        place = next(iter(rows.of(page)), None)
        values = {} if place is None else fields.read(place)[0]
        if step.expect and not values.pop(step.expect, None):
            raise _NoSession(
                "what session.expect names is not there after the steps; check the user name and the password, or what "
                "the steps send"
            )
        for field in step.fields:
            if field.name != step.expect and values.get(field.name) in (None, "", ()):
                raise _NoSession(f"the field '{field.name}' found nothing in the answer")
        return values


def _ask(sent: Submission) -> Ask | None:
    return None if sent.form is None else Ask(form=sent.form)


def _told(failure: Failure) -> str:
    """A failure in a few words; an address that the site has written may hold a token."""
    detail = "" if failure.code in ("bad-redirect", "scheme-blocked") else failure.detail
    return ": ".join(filter(None, (failure.code, detail)))
