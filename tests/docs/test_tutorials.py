"""Every command of the tutorials prints what they show; `python -m tests.docs.tutorials` writes the outputs anew."""

import pytest

from tests.docs.tutorials import TUTORIALS, comparable, follow
from tests.support.markdown import blocks


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_the_commands_print_what_the_tutorial_shows(path, tmp_path):
    shown = [(comparable(block.text), comparable(printed)) for block, printed in follow(path, tmp_path)]
    assert [printed for _, printed in shown] == [block for block, _ in shown]
    assert len(shown) >= 4


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_every_block_is_a_file_a_command_or_an_output(path):
    assert [str(one) for one in blocks(path) if not (one.file or one.language in ("sh", "text"))] == []
