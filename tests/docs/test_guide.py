"""The rows that the guide to fields shows are those that its rules make of its pages."""

import pytest

from tests.docs.guide import GUIDE, crawled, examples
from tests.support.markdown import blocks


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: str(example.rules))
def test_the_rules_make_these_rows(example, tmp_path):
    assert crawled(example, tmp_path) == example.rows.text


def test_no_page_and_no_rows_stand_alone():
    marks = [mark for block in blocks(GUIDE) for mark in block.marks]
    assert marks.count("page") == marks.count("rows") == len(list(examples()))
    assert marks.count("page") >= 14
