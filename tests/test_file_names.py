"""Names of saved files: safe on every system, whatever a page says, and put on the disk without harm."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import OutputError
from crawler.fetch.files import Contents
from crawler.runner.files import Names, clean, place, prefix
from crawler.store.files import Placed

HOSTILE = [
    "../../etc/passwd", "..", ".", "", "/", "\\\\server\\share", "C:\\x", "a/b\\c", "a:b", 'a*?"<>|b', "a\x00b", "a\nb",
    ".hidden", "...x", " x ", "x.", "x. .", "CON", "nul", "com1", "COM¹", "con.tar", "AUX ", "x" * 500, "é" * 150,
    "\u202egnp.exe", "a\ud800b", "~", "$(rm)", "-rf", "%2e%2e%2f", "日本語",
]  # fmt: skip


def names(template):
    return Names(Contents(Path("/nowhere")), template)


def check(name: str) -> None:
    assert name == Path(name).name
    assert not set(name) & set('/\\:*?"<>|')
    assert name.isprintable()
    assert not name.startswith(".")
    stem, dot, ext = name.rpartition(".")
    assert dot
    assert ext == "png"
    assert stem == stem.strip(" ")
    assert not stem.endswith(".")
    assert len(name.encode()) <= 210
    assert stem.partition(".")[0].casefold() not in {"con", "prn", "aux", "nul", "com1", "com¹", "lpt9"}


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("template", ["{x}.{ext}", "{x}{x}.{ext}", "{x} {x}.{ext}", "{x}.{x}.{ext}", "p{x}.{ext}"])
def test_hostile_values_make_safe_names(value, template):
    check(names(template).name({"x": value}, "http://a/x", "png", "d"))


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_values_make_safe_names(one, two):
    check(names("{x}-{y}.{ext}").name({"x": one, "y": two}, "http://a/x", "png", "d"))
    check(names("{x}{y}.{ext}").name({"x": one, "y": two}, "http://a/x", "png", "d"))


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("978-1", "978-1.png"), (7, "7.png"), (Decimal("1.50"), "1.50.png"), ("a/b", "ab.png"), ("CON", "_CON.png"),
        ("..x", "x.png"), ("é", "é.png"), (None, "d80a8d8b5f4c.png"), ("", "d80a8d8b5f4c.png"),
        ("//", "d80a8d8b5f4c.png"), (("a", "b"), "a, b.png"), ("x" * 300, "x" * 100 + ".png"),
    ],
)  # fmt: skip
def test_values_in_a_name(value, name):
    made = names("{x}.{ext}").name({"x": value}, "http://a/x", "png", "d")
    default = names(None).name({}, "http://a/x", "png", "d")
    assert made == (default if name.startswith("d80a") else name)
    assert len(default) == 16


def test_numbers_stand_in_front_of_the_extension():
    assert names(None).another("a.b.png", 2) == "a.b-2.png"


def test_clean_keeps_letters_of_every_script():
    assert clean("Ångström 日本 – x") == "Ångström 日本 – x"


def test_the_way_to_the_files():
    assert prefix(Path("/a/photos"), Path("/a/x.xlsx")) == "photos/"
    assert prefix(Path("/a/photos"), Path("/a/out/x.xlsx")) == "../photos/"
    assert prefix(Path("/a"), Path("/a/x.xlsx")) == ""


@pytest.fixture
def folder(tmp_path):
    contents = Contents(tmp_path / "photos")
    return contents.folder, contents.save(b"one"), contents.save(b"two")


def test_a_name_is_a_second_name_of_the_content_and_is_given_once(folder):
    photos, one, two = folder
    assert place(photos, [Placed("a.png", one), Placed("b.png", one), Placed("c.png", two)]) == []
    before = (photos / "a.png").stat()
    assert before.st_ino == (photos / ".contents" / one).stat().st_ino
    assert place(photos, [Placed("a.png", one)]) == []
    assert (photos / "a.png").stat() == before
    assert sorted(path.name for path in photos.iterdir()) == [".contents", "a.png", "b.png", "c.png"]


def test_a_file_of_ours_is_replaced_and_one_of_a_person_kept(folder):
    photos, one, two = folder
    place(photos, [Placed("a.png", one)])
    assert place(photos, [Placed("a.png", two)]) == []
    (photos / "b.png").write_bytes(b"mine")
    ((file, copy),) = place(photos, [Placed("b.png", two)])
    assert file == photos / "b.png"
    assert copy.read_bytes() == b"mine"
    assert (photos / "a.png").read_bytes() == (photos / "b.png").read_bytes() == b"two"


def test_a_symbolic_link_in_the_way_is_replaced_and_not_followed(folder, tmp_path):
    photos, one, _ = folder
    (tmp_path / "target").write_bytes(b"mine")
    (photos / "a.png").symlink_to(tmp_path / "target")
    place(photos, [Placed("a.png", one)])
    assert not (photos / "a.png").is_symlink()
    assert (photos / "a.png").read_bytes() == b"one"
    assert (tmp_path / "target").read_bytes() == b"mine"


def test_without_hard_links_it_is_a_copy(folder, monkeypatch):
    photos, one, two = folder

    def refuse(*args, **options):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    place(photos, [Placed("a.png", one)])
    assert (photos / "a.png").read_bytes() == b"one"
    assert (photos / "a.png").stat().st_nlink == 1
    assert place(photos, [Placed("a.png", two)]) == []
    assert (photos / "a.png").read_bytes() == b"two"


def test_a_folder_in_the_way_is_an_error_that_says_where(folder):
    photos, one, _ = folder
    (photos / "a.png").mkdir()
    with pytest.raises(OutputError, match=r"a\.png: the file cannot be written"):
        place(photos, [Placed("a.png", one)])
    assert sorted(path.name for path in photos.iterdir()) == [".contents", "a.png"]
