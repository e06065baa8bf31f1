"""Checks of a session that need the whole config: names that no step gives, secrets where they may not stand."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from crawler.config import validators
from crawler.config.diagnostics import Diagnostics
from crawler.config.document import Document
from crawler.config.field_spec import FieldSpec
from crawler.config.handed import every_source
from crawler.config.languages import check_fields
from crawler.config.page_spec import FollowSpec
from crawler.config.session_spec import StepSpec
from crawler.config.validators import did_you_mean
from crawler.config.yaml_tree import KeyPath

__all__ = ["check_session", "step_paths"]

_PARTS = ("query", "headers", "form", "fill")


def step_paths(document: Document, report: Diagnostics) -> list[tuple[KeyPath, StepSpec]]:
    """Each step and where it stands: one alone needs no list."""
    if document.session is None:
        return []
    path: KeyPath = ("session", "steps")
    node = report.node(path)
    listed = node is not None and node.kind == "list"
    return [((*path, index) if listed else path, step) for index, step in enumerate(document.session.steps)]


def check_session(document: Document, report: Diagnostics, spoiled: Collection[KeyPath]) -> None:
    """Complain of what the steps, and requests that use their values, cannot do."""
    given: list[str] = []
    steps = step_paths(document, report)
    for path, step in steps:
        if path not in spoiled:
            _step(path, step, document, given, report)
        given += step.fields
        check_fields((*path, "fields"), step.fields, step.format, report, spoiled)
    session = document.session
    if session is not None and session.expect is not None and session.steps:
        expect: KeyPath = ("session", "expect")
        if expect not in spoiled:
            _says_where(expect, session.expect, report)
            check_fields(("session",), {"expect": session.expect}, session.steps[-1].format, report, spoiled)
    if session is not None and session.lost is not None and session.lost.css:
        _selector(("session", "lost", "css"), session.lost.css, report)
    if document.session is None or steps:
        _used(document, given, report)
    _kept_out(document, report)


def _step(path: KeyPath, step: StepSpec, document: Document, given: Collection[str], report: Diagnostics) -> None:
    if step.url.startswith("/") and document.demo is None:
        report.add((*path, "url"), "a path alone names no site", "write it out, as https://example.com/login")
    if step.submit:
        _selector((*path, "submit"), step.submit, report)
        if body := next((key for key in ("json", "form") if key in step.given), ""):
            what = f"'{body}' and 'submit' are both given, and the page with the form is asked for without a body"
            report.add((*path, body), what, "write fields of the form under fill:")
        elif step.method == "POST":
            report.add((*path, "method"), "the page with the form is asked for by GET", "remove method")
    for at, name in _names(path, step):
        if name.startswith("session."):
            _is_given(at, name, given, report, "no earlier step gives it")
        elif not name.startswith("$"):
            report.add(at, f"uses {{{name}}}, and nothing is handed over to a step", "write the value itself")
    for name, field in step.fields.items():
        _says_where((*path, "fields", name), field, report)


def _says_where(path: KeyPath, field: FieldSpec, report: Diagnostics) -> None:
    if not (field.sources() or field.regex or field.attr or "json" in field.given):
        report.add(path, "does not say where to find the value", "write a selector, or json: with a path")


def _names(path: KeyPath, step: StepSpec) -> Iterator[tuple[KeyPath, str]]:
    from crawler.extract.request import names_in  # late: few configs have a session

    for key in _PARTS:
        for name, tree in getattr(step, key).items():
            yield from (((*path, key, name), one) for one in names_in(tree))
    yield from (((*path, "json"), one) for one in names_in(step.json))


def _selector(path: KeyPath, css: str, report: Diagnostics) -> None:
    wrong = validators.selector(css)
    if wrong is not None:
        report.add(path, wrong.what, wrong.fix, offset=wrong.offset)


def _used(document: Document, given: Collection[str], report: Diagnostics) -> None:
    """Requests of pages use values that a step gives, and not in an address: that is stored."""
    for kind, spec in document.pages.items():
        if not spec.request.given:
            continue
        from crawler.extract.request import names_in  # late: few configs say how to ask

        path: KeyPath = ("pages", kind, "request")
        for name in names_in(spec.request.url or ""):
            if name.startswith("session."):
                what = f"{{{name}}} is not allowed in an address, which is stored"
                report.add((*path, "url"), what, "use query: or headers: for it")
        trees: list[tuple[KeyPath, object]] = [((*path, "json"), spec.request.json)]
        for key in ("query", "headers", "form"):
            trees += [((*path, key, one), tree) for one, tree in getattr(spec.request, key).items()]
        why = "no step of the session gives it" if document.session else "there is no section session"
        for at, tree in trees:
            for name in names_in(tree):
                if name.startswith("session."):
                    _is_given(at, name, given, report, why)


def _is_given(path: KeyPath, name: str, given: Collection[str], report: Diagnostics, why: str) -> None:
    short = name.removeprefix("session.")
    if short not in given:
        fix = did_you_mean(short, given) or f"add fields: {{{short}: ...}} to a step of session"
        report.add(path, f"uses {{{name}}}, and {why}", fix)


def _kept_out(document: Document, report: Diagnostics) -> None:
    """Values of the session are never stored, so they cannot be in a cell, or in what is carried."""
    for path, source in every_source(document):
        texts: list[tuple[KeyPath, object]] = [((key,), getattr(source, key, None)) for key in ("value", "item")]
        if isinstance(source, FollowSpec):
            texts += [(("fill", name), text) for name, text in source.fill.items()]
        for inner, text in texts:
            if isinstance(text, str) and "{session." in text:
                report.add((*path, *inner), "a value of the session would be stored", "use it in request only")
