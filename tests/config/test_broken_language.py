"""Broken configs of the language for fields and rows: each complaint at its place, with its key and what to do.

They stand in tests/data/broken_language.txt, each with a blank line behind it. A text is the page kind `shop`, or a
whole config if it begins with `name:`. A bar stands in front of each place where a complaint is expected. Behind `=>`
are, in the order of the places, the key path and a part of the complaint; a path that begins with a dot is inside of
`pages.shop`.
"""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from crawler.config import load
from crawler.config.diagnostics import BadConfig

FILE = Path(__file__).parents[1] / "data" / "broken_language.txt"
BASE = "name: broken\nstart: https://oak.example/\npages:\n  shop:\n"
BAR = "¦"


def broken():
    """Each config with its bars, and what is expected of each complaint."""
    for block in FILE.read_text(encoding="utf-8").strip().split("\n\n"):
        if not block.startswith("#"):
            text, *expected = block.split("\n=> ")
            yield text, [tuple(one.split(" | ", 1)) for one in expected]


BROKEN = list(broken())


@pytest.fixture(autouse=True)
def no_connection(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("loading a config opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def whole(text):
    """The config as it is in the file, with its bars."""
    if text.startswith("name:"):
        return text
    return BASE + "".join(f"    {line}\n" for line in text.split("\n"))


def places(text):
    """Line and column of each bar, as they are without the bars."""
    found = []
    for number, line in enumerate(whole(text).split("\n"), 1):
        parts = line.split(BAR)
        found += [(number, len("".join(parts[: index + 1])) + 1) for index in range(len(parts) - 1)]
    return found


@pytest.mark.parametrize(("text", "expected"), BROKEN)
def test_broken(text, expected, tmp_path):
    file = tmp_path / "job.yaml"
    file.write_text(whole(text).replace(BAR, ""), encoding="utf-8")
    with pytest.raises(BadConfig) as caught:
        load(file, env={})
    complaints = caught.value.complaints
    assert [tuple(map(int, one.where.rsplit(":", 2)[1:])) for one in complaints] == places(text)
    assert [one.key for one in complaints] == [f"pages.shop{key}" if key[0] == "." else key for key, _ in expected]
    for one, (_, part) in zip(complaints, expected, strict=True):
        assert part in f"{one.what}; {one.fix}"
        assert one.fix or "expected" in one.what


def test_there_are_enough_and_each_is_another():
    assert len(BROKEN) >= 200
    assert len({text for text, _ in BROKEN}) == len(BROKEN)


@pytest.mark.parametrize("rows", ["each: data.stores\nfields: {name: b}", "fields: {name: data.stores}"])
def test_a_path_that_could_be_a_selector_is_told_of(rows, tmp_path):
    file = tmp_path / "job.yaml"
    file.write_text(whole(rows), encoding="utf-8")
    told = [one for one in load(file, env={}).warnings if "data.stores" in one]
    assert [one.partition(": ")[2] for one in told] == [
        "'data.stores' means <data class='stores'> in HTML; if it is a path in JSON, add format: json"
    ]


LIST_AND_DETAIL = """name: x
start: https://oak.example/
polite: {contact: https://oak.example/me}
pages:
  list:
    format: json
    table: shops
    key: id
    each: shops
    fields: {id: {json: id, type: text}}
    follow: [{from: row, json: url, to: shop, carry: {id: {json: id, hidden: true}}}]
  shop: {table: shops, fields: {DETAIL}}
"""


def test_a_key_may_be_carried(tmp_path):
    file = tmp_path / "job.yaml"
    file.write_text(LIST_AND_DETAIL.replace("DETAIL", "phone: .tel").replace(", hidden: true", ", type: text"))
    assert load(file, env={}).warnings == ()


def test_a_hidden_carried_field_is_no_column_so_it_may_have_any_type(tmp_path):
    file = tmp_path / "job.yaml"
    file.write_text(LIST_AND_DETAIL.replace("DETAIL", "phone: .tel, id: {url: true, regex: '[0-9]+'}"))
    assert load(file, env={}).warnings == ()
