"""What an error says, as try shows it: no secret in it, however the site writes it."""

import json
from html import escape
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.cli.error_body import error_text, secrets_of
from crawler.config import load
from crawler.model import Response

SPELLINGS = [str, escape, quote_plus, lambda text: quote(text, safe=""), json.dumps]


def said(text, secrets=()):
    return error_text(Response("https://a.example/", 400, {}, text.encode()), secrets)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_characters="*"), min_size=3, max_size=30))
def test_no_spelling_of_a_secret_is_shown(secret):
    for spelled in SPELLINGS:
        assert said(f"- {spelled(secret)} -", [secret]).strip('- "') == "***"


def test_a_secret_at_the_cut_is_hidden_as_a_whole():
    assert "s3cr" not in said("x" * 195 + "s3cret-token", ["s3cret-token"])


@pytest.mark.parametrize("shown", ["Basic YW5uOnMzY3JldC1w", "s3cret-p", "s3cret-t", "s3cret-c"])
def test_what_the_config_sends_is_hidden(tmp_path, shown):
    path = tmp_path / "job.yaml"
    path.write_text("""name: x
start: https://a.example/
pages: {a: {fields: {a: h1}}}
fetch:
  auth: {user: ann, password: "${P}"}
  headers: {X-Token: "Bearer ${T}"}
  cookies: {sid: "${C}"}
""")
    job = load(path, env={"P": "s3cret-p", "T": "s3cret-t", "C": "s3cret-c"})
    assert said(f"no: {shown}", secrets_of(job)).removeprefix("no: ").removeprefix("Basic ") == "***"
