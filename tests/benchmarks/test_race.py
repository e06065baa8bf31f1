"""The race on a tiny site: equal records are ranked, others are called wrong, and the table says so."""

import sys
from dataclasses import replace

import pytest

from benchmarks import race
from benchmarks.competitors import PEERS, SCRIPTS, Competitor, ours, peers
from benchmarks.line import Line, compare
from benchmarks.measure import Measured
from benchmarks.serve import serving
from benchmarks.show import as_markdown, as_text
from benchmarks.sites import prepare

pytest.importorskip("pycurl")
pytest.importorskip("aiohttp")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the harness measures with os.wait4")

LYING = """
import dataclasses, runpy, sys
sys.path.insert(0, {scripts!r})
import fields
lie = lambda texts, url: fields.book(texts, url) | ({{"stock": 99}} if "_7/" in url else {{}})
fields.SITES["demo"] = dataclasses.replace(fields.SITES["demo"], record=lie)
runpy.run_path({scripts!r} + "/aiohttp_lexbor.py", run_name="__main__")
"""


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    work = tmp_path_factory.mktemp("race")
    site = prepare(None, work / "site", books=40)
    (work / "lying.py").write_text(LYING.format(scripts=str(SCRIPTS)))
    honest = [replace(PEERS["aiohttp-lexbor"], name="honest"), replace(PEERS["pycurl-lexbor"], name="bare")]
    liar = Competitor("liar", ".xlsx", script=str(work / "lying.py"))
    broken = Competitor("broken", ".csv", script=str(work / "not-there.py"))
    found = race.lines_of([*ours("curl.csv"), *honest, liar, broken], [site], 1)
    with pytest.MonkeyPatch.context() as patch, serving(site.folder) as (base, _):
        patch.setattr(race, "python_of_peers", lambda: sys.executable)  # the peer's packages are installed here
        race.run_all(found, base, work, repeat=1, workers=4)
    return {line.who.name: line for line in found}


def test_equal_records_from_different_programs_and_formats_are_equal(lines):
    good = [lines["crawler curl (csv)"], lines["honest"], lines["bare"]]
    assert [line.wrong for line in good] == ["", "", ""]
    assert {found for line in good for found in line.found} == {good[0].found[0]}
    assert good[0].found[0][0] == 40
    assert all(line.cpu() > 0 and line.speed() > 0 and line.peak() > 1 for line in good)


def test_one_wrong_value_in_one_record_is_found(lines):
    assert "other values or rows in 1 of 1 runs (40 of 40 records)" in lines["liar"].wrong


def test_a_run_that_fails_is_told_with_its_reason(lines):
    assert lines["broken"].wrong.startswith("failed: ")
    assert "not-there.py" in lines["broken"].wrong


def test_the_table_ranks_the_good_and_names_the_wrong(lines):
    found = race.table("race", "Setting.", list(lines.values()))
    text = as_text(found).splitlines()
    assert text[2].split() == ["system", "cores", "CPU", "ms/page", "ratio", "pages/s", "MB"]
    assert [line.split()[-1] for line in text[6:8]] == ["wrong", "wrong"]
    assert any(line.startswith("Wrong: liar: other values") for line in text)
    assert as_markdown(found).splitlines()[3] == "| --- | ---: | ---: | ---: | ---: | ---: |"
    assert sorted(each["wrong"] != "" for each in found.data) == [False, False, False, True, True]


def test_too_few_records_are_wrong_even_where_all_agree(tmp_path):
    site = prepare(None, tmp_path, books=20)
    alone = Line(ours("curl")[0], site, runs=[Measured(1.0, 1.0, 1.0)], found=[(19, "same")])
    compare([alone])
    assert "19 of 20 records" in alone.wrong


@pytest.mark.parametrize(("read", "text"), [(ours, "curl,nonsense"), (peers, "nonsense")])
def test_an_unknown_name_is_told_with_the_known_ones(read, text):
    with pytest.raises(SystemExit, match=r"nonsense.*; there are \w+"):
        read(text)


def test_a_name_of_ours_says_client_and_format():
    [one] = ours("threads+curl.csv")
    assert (one.name, one.suffix) == ("crawler threads+curl (csv)", ".csv")
    assert one.flags == ("--strategy", "threads", "--set", "fetch.client=curl")
