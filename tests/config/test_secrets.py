from __future__ import annotations

import copy
import json
import traceback

import pytest

from crawler.config import load
from crawler.config.secrets import Secret, expand
from crawler.errors import ConfigError

CANARY = "canary-8c1f"
TEXT = """
name: books
start: https://a.example/
pages: {book: {fields: {title: h1}}}
fetch:
  headers: {Authorization: 'Bearer ${TOKEN}', X-Number: 007}
  cookies: {sid: '${TOKEN}'}
  auth: {user: me, password: '${TOKEN}'}
  proxy: http://me:${TOKEN}@proxy.example:8080
"""


def job(folder, text=TEXT, token=CANARY, **options):
    path = folder / "job.yaml"
    path.write_text(text)
    return load(path, env={"TOKEN": token}, **options)


def test_the_client_gets_them(tmp_path):
    assert job(tmp_path).secrets() == {
        "headers": {"Authorization": f"Bearer {CANARY}", "X-Number": "007"},
        "cookies": {"sid": CANARY},
        "auth": ("me", CANARY),
        "proxy": f"http://me:{CANARY}@proxy.example:8080",
        "proxies": (),
    }
    assert job(tmp_path, TEXT[: TEXT.index("fetch")]).secrets() == {
        "headers": {},
        "cookies": {},
        "auth": None,
        "proxy": None,
        "proxies": (),
    }


def test_fault_170_nothing_else_shows_them(tmp_path):
    found = job(tmp_path)
    shown = [
        repr(found),
        str(found),
        f"{found.fetch.proxy} {found.fetch.proxy!r} {found.fetch.proxy[0]:>20}",
        repr(vars(found)),
        str(found.fetch.plain()),
        json.dumps(found.document.plain()),
        repr(found.settings()),
        repr(copy.deepcopy(found.fetch)),
        found.what_hash,
        repr(found.recipe),
    ]
    assert all(CANARY not in text for text in shown)
    assert dict(found.settings())["fetch.headers"] == "Authorization: ***, X-Number: ***"
    assert dict(found.settings())["fetch.proxy"] == "***"


@pytest.mark.parametrize(
    ("token", "part"),
    [
        (f"{CANARY}\n", "TOKEN has a line break"),
        (f"{CANARY}\x00", "TOKEN has a line break or control character"),
        (f"{CANARY}${{OTHER}}", "TOKEN contains ${"),
        (f"{CANARY}\u20ac", "fetch.headers.Authorization: has a character that is not allowed in a header"),
        (f"{CANARY} /", "fetch.proxy: is not a proxy URL"),
        ("", "TOKEN is empty"),
    ],
)
def test_fault_170_an_unfit_value_is_named_but_not_shown(tmp_path, token, part):
    with pytest.raises(ConfigError) as caught:
        job(tmp_path, token=token)
    text = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(vars(caught.value))
    assert part in text
    assert CANARY not in text


def test_fault_170_unset(tmp_path, monkeypatch):
    monkeypatch.delenv("NOT_THERE", raising=False)
    path = tmp_path / "job.yaml"
    path.write_text(TEXT.replace("TOKEN", "NOT_THERE"))
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).count("the environment variable NOT_THERE is not set") == 4


def test_the_environment_is_used_by_default(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", CANARY)
    path = tmp_path / "job.yaml"
    path.write_text(TEXT)
    assert load(path).secrets()["cookies"] == {"sid": CANARY}


def test_on_the_command_line_too(tmp_path):
    found = job(tmp_path, overrides=["fetch.auth.password=${TOKEN}x", "fetch.cookies={}"])
    assert found.secrets()["auth"] == ("me", f"{CANARY}x")
    with pytest.raises(ConfigError) as caught:
        job(tmp_path, overrides=[f"fetch.proxy={CANARY}", f"fetch.auth.user=[{CANARY}]", f"fetch.headers={CANARY}"])
    assert CANARY not in str(caught.value)
    assert str(caught.value).count("--set fetch.") == 3


def test_a_wrong_config_does_not_show_what_stands_in_it(tmp_path):
    text = TEXT.replace("${TOKEN}", CANARY).replace("password:", "pasword:").replace("headers:", "header:")
    with pytest.raises(ConfigError) as caught:
        job(tmp_path, text)
    assert "did you mean 'password'" in str(caught.value)
    assert CANARY not in str(caught.value)


def test_expanded_once():
    assert expand("a${A}b${B}$c", {"A": "1", "B": "$A"}) == "a1b$A$c"
    for wrong in ("${", "${}", "${a b}", "${A:-x}", "${ä}"):
        with pytest.raises(ValueError, match="write"):
            expand(wrong, {"A": "1"})


def test_a_secret():
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1
    assert Secret("a").reveal() == "a"
