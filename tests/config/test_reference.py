from __future__ import annotations

import re
from pathlib import Path

from crawler.config import load
from crawler.config.document import FetchSpec, LimitsSpec
from crawler.config.reference import reference

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| (.+) \|$", re.MULTILINE)


def test_every_key_has_a_row():
    rows = {key: (kind, default, meaning) for key, kind, default, meaning in ROW.findall(reference())}
    for name in FetchSpec.keys:
        assert rows[f"fetch.{name}"][2]
    for name in LimitsSpec.keys:
        assert rows[f"limits.{name}"][2]
    assert rows["fetch.workers"][:2] == ("whole number, 1 to 1000", "`16`")
    assert rows["fetch.timeout"][:2] == ("duration, more than 0s, at most 1d", "`30s`")
    assert rows["limits.failures"][:2] == ("share, 0% to 100%", "`5%`")
    assert rows["name"][:2] == ("name", "required")
    assert rows["pages.KIND.fields.NAME.css"][0] == "CSS selector"
    assert rows["pages.KIND.follow[].allow"][0] == "regular expression, or a list"


def test_every_default_stands_in_no_second_place(tmp_path):
    """What the reference says is what a config without the key gets."""
    path = tmp_path / "job.yaml"
    path.write_text("name: a\nstart: https://a.example/\npages: {p: {fields: {x: h1}}}\ndemo:\n")
    settings = dict(load(path).settings())
    for key, _, default, _ in ROW.findall(reference()):
        if key.startswith(("fetch.", "polite.", "limits.", "demo.")) and not key.startswith(
            ("fetch.auth.", "polite.hosts.")
        ):
            assert settings[key] == f"{default.strip('`')} (default)"
