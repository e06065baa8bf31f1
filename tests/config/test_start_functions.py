"""`start: {python: module:function}`: a function of the user's own gives the URLs."""

import pytest

from crawler.config.loader import load
from crawler.errors import ConfigError

CONFIG = "name: a\nstart: [{python: 'starts:urls', kind: p}, https://b.test/]\npages: {p: {fields: {t: h1}}}\n"


def job(folder, code, config=CONFIG):
    (folder / "starts.py").write_text(code)
    (folder / "a.yaml").write_text(config)
    return load(folder / "a.yaml")


def test_it_gives_texts_or_dicts_when_the_run_starts(tmp_path):
    loaded = job(
        tmp_path, "def urls():\n    yield 'https://a.test/1'\n    yield {'url': 'https://a.test/2', 'city': 'Elm'}\n"
    )
    assert [(one.url, one.kind) for one in loaded.start_pages()] == [
        ("https://a.test/1", "p"),
        ("https://a.test/2", "p"),
        ("https://b.test/", "p"),
    ]
    assert [(one.url, one.kind) for one in loaded.start_pages(call=False)] == [("https://b.test/", "p")]
    assert loaded.start_functions == [("starts:urls", "p")]


@pytest.mark.parametrize(
    ("code", "about"),
    [
        ("def urls():\n    return [5]", "starts:urls gave int; it must give URLs"),
        ("def urls():\n    return ['ftp://a.test/']", "gave 'ftp://a.test/': 'ftp:' cannot be crawled"),
        ("def urls():\n    return ['https://a.test/{1..3}']", "a range is not possible here"),
        ("def urls():\n    return []", "gave no URL"),
        ("def urls():\n    raise KeyError('x')", "starts:urls raised KeyError"),
        ("def urls():\n    return None", "starts:urls raised TypeError"),
        ("raise SystemExit(3)", "cannot be imported: SystemExit"),
        ("x = 1", "has no function 'urls'"),
    ],
)
def test_what_is_wrong_is_said_with_its_name(tmp_path, code, about):
    loaded = job(tmp_path, code)
    with pytest.raises(ConfigError, match=r"^start: ") as caught:
        list(loaded.start_pages())
    assert about in str(caught.value)


def test_the_config_runs_no_code_and_says_what_is_misspelt(tmp_path):
    loaded = job(tmp_path, "raise SystemExit('run')")
    assert loaded.name == "a"
    with pytest.raises(ConfigError, match=r"there is no module 'startz'"):
        job(tmp_path, "", CONFIG.replace("starts:urls", "startz:urls"))
    with pytest.raises(ConfigError, match="expected module:function"):
        job(tmp_path, "", CONFIG.replace("starts:urls", "starts"))
    with pytest.raises(ConfigError, match="'python' and 'url' are both given"):
        job(tmp_path, "", CONFIG.replace("kind: p", "url: https://c.test/"))


def test_the_name_of_the_function_is_part_of_what_is_crawled(tmp_path):
    one = job(tmp_path, "def urls(): return []").what_hash
    assert job(tmp_path, "def urls(): return [1]").what_hash == one
    assert job(tmp_path, "", CONFIG.replace("starts:urls", "starts:others")).what_hash != one
