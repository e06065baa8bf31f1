import pytest

from crawler.extract.text import collapse_whitespace, keep_whitespace


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  a \r\n\t b\u00a0\u2003c\u3000 ", "a b c"),
        ("\ufeffa\u200bb\u00adc\u200e\u202ed\u202c\u2060", "abcd"),
        ("a \u200b b", "a b"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("", ""),
    ],
)
def test_fault_95_white_space_and_invisible_characters(text, expected):
    assert collapse_whitespace(text) == (expected, False)


@pytest.mark.parametrize("text", ["a\0b", "a\x01b", "a\x7fb", "a\ud800b", "a\uffffb", "a\x9fb"])
def test_fault_79_control_characters_and_lone_surrogates(text):
    assert collapse_whitespace(text) == ("a\ufffdb", True)
    assert keep_whitespace(text) == ("a\ufffdb", True)


def test_keep_leaves_white_space_and_invisible_characters():
    assert keep_whitespace("a \t\n\u00a0\u200bb ") == ("a \t\n\u00a0\u200bb ", False)
