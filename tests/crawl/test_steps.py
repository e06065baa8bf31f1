"""The steps of a session: what each sends, to whom, and what is said when they fail. No secret leaves its origin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.config import load
from crawler.crawl.session import Opened
from crawler.crawl.steps import StepRunner
from crawler.fetch.cookies import Jar
from crawler.model import Failure, Moved, Request, Response

HOME = "https://oak.example"
OTHER = "https://elm.example"
CANARY = "canary-7d1"
LOGIN = "<form id=login method=post><input type=hidden name=csrf value=t1><input name=user><input name=pass></form>"
ELSEWHERE = Response(OTHER + "/l", 200, {"content-type": "text/html"}, LOGIN.encode())
Answer = Response | Moved | Failure


class Site:
    """Answers by method and path, or by URL for other hosts, and notes what it was asked."""

    def __init__(self, answers: dict[str, Answer | list[Answer]]) -> None:
        self.answers = {name: list(one) if isinstance(one, list) else [one] for name, one in answers.items()}
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        method = request.message.method if request.message else "GET"
        url = request.url.partition("?")[0]
        path = url.removeprefix(HOME) if url.startswith(HOME + "/") else url
        found = self.answers.get(f"{method} {path}") or self.answers.get(path) or [Failure("http-404", "", 404)]
        return found.pop(0) if len(found) > 1 else found[0]

    def close(self) -> None:
        pass

    def sent(self) -> list[str]:
        found = []
        for request in self.asked:
            message = request.message
            method, body = (message.method, message.body.decode()) if message else ("GET", "")
            found.append(f"{method} {request.url} {body}".rstrip())
        return found

    def leaks(self) -> list[str]:
        """URLs of other hosts that were given a secret."""
        return [one.url for one in self.asked if not one.url.startswith(HOME + "/") and CANARY in str(told(one))]


def told(request: Request) -> object:
    return request.url, request.cookies, request.message and tuple(request.message)


def page(html: str, path: str = "/", *cookies: str, status: int = 200) -> Response:
    return Response(HOME + path, status, {"content-type": "text/html; charset=utf-8"}, html.encode(), 0.0, cookies)


def data(text: str) -> Response:
    return Response(HOME, 200, {"content-type": "application/json"}, text.encode())


def run(folder: Path, session: str, site: Site, wait: Callable[[float], bool] = lambda _: False) -> Opened:
    config = folder / "job.yaml"
    config.write_text(f"name: x\nstart: {HOME}/list\nsession:\n  {session}\npages: {{a: {{fields: {{a: h1}}}}}}\n")
    job = load(config, env={"PASS": CANARY})
    runner = StepRunner(job.steps, job.recipe, None, site, job.request_secrets(), {HOME}, Jar, wait)
    return runner.run(0)


FORM = f'steps: {{url: {HOME}/login, submit: "form#login", fill: {{user: ann, pass: "${{PASS}}"}}}}'


def test_a_form_with_its_hidden_fields_and_cookies(tmp_path: Path) -> None:
    site = Site({
        "GET /login": page(LOGIN, "/login", "pre=1; Path=/"),
        "POST /login": Moved(302, HOME + "/home", 0.0, ("sid=2; Path=/",)),
        "/home": page("hello"),
    })  # fmt: skip
    opened = run(tmp_path, FORM, site)
    assert opened == Opened(
        {}, ((HOME + "/login", ("pre=1; Path=/",)), (HOME + "/login", ("sid=2; Path=/",))), frozenset({"oak.example"})
    )
    assert site.sent() == [
        f"GET {HOME}/login", f"POST {HOME}/login csrf=t1&user=ann&pass={CANARY}", f"GET {HOME}/home"
    ]  # fmt: skip
    assert [one.cookies for one in site.asked] == ["", "pre=1", "pre=1; sid=2"]


def test_values_go_from_step_to_step(tmp_path: Path) -> None:
    steps = f"""steps:
    - {{url: {HOME}/app, fields: {{nonce: {{css: "#n", attr: data-n}}}}}}
    - url: {HOME}/api/token
      format: json
      headers: {{X-Nonce: "{{session.nonce}}"}}
      json: {{user: ann, pass: "${{PASS}}", n: "{{session.nonce:int}}"}}
      fields: {{token: data.token, left: data.left}}
"""
    site = Site({"/app": page("<p id=n data-n=17>"), "/api/token": data('{"data": {"token": "t9", "left": 3}}')})
    opened = run(tmp_path, steps, site)
    assert opened.values == {"nonce": "17", "token": "t9", "left": 3}
    message = site.asked[1].message
    assert message is not None
    assert (message.method, message.headers) == ("POST", (("Content-Type", "application/json"), ("X-Nonce", "17")))
    assert message.body == f'{{"user":"ann","pass":"{CANARY}","n":17}}'.encode()


TOKEN = f"steps: {{url: {HOME}/t, format: json, fields: {{token: a.b}}}}"
FAULTS = [
    (FORM, {"/login": page("<p>none")}, "no-form: there is no form 'form#login' on this page"),
    (FORM, {"/login": Failure("http-403", "no", 403)}, "http-403: no"),
    (FORM, {"/login": page(LOGIN.replace("<form", "<form action=https://elm.example/"), "/login")}, "form-off-site"),
    (FORM, {"/login": page(LOGIN.replace("<form", "<form action=http://oak.example/"), "/login")}, "form-off-site"),
    (FORM, {"/login": Moved(302, OTHER + "/l"), OTHER + "/l": ELSEWHERE}, "https://elm.example, and so is not sent"),
    (FORM, {"GET /login": page(LOGIN, "/login"), "POST /login": Moved(307, OTHER + "/x")}, "sent to another origin"),
    (FORM, {"GET /login": page(LOGIN, "/login"), "POST /login": Moved(308, OTHER + "/x")}, "sent to another origin"),
    (
        FORM,
        {"GET /login": page(LOGIN, "/login"), "POST /login": Failure("bad-redirect", f"to {CANARY}")},
        "bad-redirect",
    ),
    (FORM, {"GET /login": page(LOGIN, "/login"), "POST /login": Failure("http-401", f"{CANARY} is wrong", 401)}, "***"),
    (FORM, {"/login": Moved(302, HOME + "/login")}, "redirect-loop"),
    (FORM + "\n  expect: a.out", {"/login": page(LOGIN, "/login")}, "session.expect"),
    (
        FORM.replace("pass:", "password:") + "\n  expect: a.out",
        {"/login": page(LOGIN, "/login")},
        "the form form#login has no field 'password'; it has csrf, user, pass; what session.expect names",
    ),
    (
        FORM.replace("pass:", "password:"),
        {"GET /login": page(LOGIN, "/login"), "POST /login": Failure("http-403", "no", 403)},
        "has no field 'password'; it has csrf, user, pass; http-403: no",
    ),
    (TOKEN, {"/t": data('{"a": 1}')}, "'token' found nothing"),
    (TOKEN, {"/t": page("<p>no")}, "not-json"),
    (f'steps: {{url: {HOME}/t, json: {{p: "${{PASS}}"}}}}', {"/t": Moved(307, OTHER + "/t")}, "secret-host"),
    (f'steps: {{url: {HOME}/t, query: {{p: "${{PASS}}"}}}}', {"/t": Failure("http-500", "", 500)}, "http-500"),
]


@pytest.mark.parametrize(("session", "answers", "part"), FAULTS)
def test_one_clear_line(tmp_path: Path, session: str, answers: dict[str, Answer | list[Answer]], part: str) -> None:
    site = Site(answers)
    opened = run(tmp_path, session, site)
    assert part in opened.fault
    assert opened.fault.startswith("session step 1 (https://oak.example/")
    assert "\n" not in opened.fault
    assert CANARY not in repr(opened)
    assert (opened.values, opened.cookies) == ({}, ())
    assert site.leaks() == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", [OTHER + "/t", "http://oak.example/t", "https://oak.example:8443/t", HOME + "/u"])
@pytest.mark.parametrize(
    "what",
    [
        'json: {p: "${PASS}"}',
        'form: {p: "${PASS}"}',
        'query: {p: "${PASS}"}',
        'headers: {X-P: "${PASS}"}',
        'headers: {X-P: "${PASS}"}, form: {p: "${PASS}"}, query: {p: "${PASS}"}',
    ],
)
def test_no_redirect_takes_a_secret_along(tmp_path: Path, status: int, to: str, what: str) -> None:
    site = Site({"/t": Moved(status, to), "/u": page("end"), to: page("end")})
    opened = run(tmp_path, f"steps: {{url: {HOME}/t, {what}}}", site)
    assert site.leaks() == []
    assert CANARY in str(told(site.asked[0]))
    assert opened.fault == "" or "secret-host" in opened.fault
    assert CANARY not in opened.fault


def test_what_passes_is_tried_again(tmp_path: Path) -> None:
    waits: list[float] = []
    site = Site({"/t": [Failure("reset"), Failure("http-503", "", 503, 2.0), data('{"token": "t"}')]})

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return False

    opened = run(tmp_path, f"steps: {{url: {HOME}/t, format: json, fields: {{token: token}}}}", site, wait)
    assert opened.values == {"token": "t"}
    assert len(waits) == 2
    assert waits[1] >= 2.0


def test_a_run_that_ends_waits_for_nothing(tmp_path: Path) -> None:
    site = Site({"/t": [Failure("reset"), data("{}")]})
    opened = run(tmp_path, f"steps: {{url: {HOME}/t, format: json}}", site, lambda _: True)
    assert "reset" in opened.fault
    assert len(site.asked) == 1
