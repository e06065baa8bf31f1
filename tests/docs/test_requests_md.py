"""Every block of docs/requests.md is a config that can be loaded."""

from __future__ import annotations

import pytest

from crawler.config import load
from tests.docs.guide import written_out
from tests.support.markdown import ROOT, blocks

BLOCKS = [block for block in blocks(ROOT / "docs" / "requests.md") if block.language == "yaml"]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.text.partition(":")[0])
def test_the_examples_are_configs(block, tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text(f"name: job\nstart: https://oak.example/\n{written_out(block)}polite: {{contact: me}}\n")
    job = load(path, env={"SHOP_KEY": "k"})
    assert job.warnings == ()
