"""The picture of a trace: whole, small, readable in light and dark, and true to the shares."""

import re
from xml.etree import ElementTree

import pytest

from crawler.trace.read import STATES, Trace, Track
from crawler.trace.timeline import _BINS, STYLE, _seconds, timeline_html, timeline_page, timeline_svg

SVG = "{http://www.w3.org/2000/svg}"


def trace(strategy="threads", workers=4, *, crowded=True, scale=1):
    """Workers that fetch half of the time and parse the other half, a fifth of that with CPU."""
    tracks = [Track((1, 1), "MainThread", 1)]
    tracks[0].commits = [(0, 1000 * scale)]
    for number in range(workers):
        track = Track((1, 2 + number), f"fetch_{number}", 2 + number, crowded=crowded)
        track.fetches = [(0, 500_000 * scale)]
        track.parses = [(500_000 * scale, 1_000_000 * scale, 100_000 * scale, 0)]
        tracks.append(track)
    about = {"strategy": strategy, "workers": workers, "parse": "worker", "requests": workers, "left_out": 0}
    return Trace(about, tracks, [(0, workers), (500_000 * scale, 0)])


def area(path):
    """Below the steps of a path."""
    return sum((100 - int(top)) * int(width) for top, width in re.findall(r"V(\d+)h(\d+)", path.get("d")))


def seen(root, state):
    """What is to be seen of a state in each line: its area without that which the next one hides."""
    lines = [[*plot.iter(f"{SVG}path")] for plot in root.iter(f"{SVG}svg") if plot is not root]
    return [
        area(path) - (area(line[place + 1]) if place + 1 < len(line) else 0)
        for line in lines
        for place, path in enumerate(line)
        if path.get("class") == state
    ]


def test_the_areas_are_the_shares():
    one = trace()
    root = ElementTree.fromstring(timeline_svg(one))
    for state in ("parse", "lock", "fetch"):
        assert [each / (_BINS * 100) for each in seen(root, state)] == pytest.approx([one.shares[state]] * 4, abs=0.01)
    assert [each / (_BINS * 100) for each in seen(root, "flights")] == pytest.approx([0.5], abs=0.01)


def test_texts_say_it_too():
    texts = [text.text for text in ElementTree.fromstring(timeline_svg(trace())).iter(f"{SVG}text")]
    assert {"thread 1", "thread 4", "main", "50 % fetching", "40 % waiting for the interpreter lock"} <= set(texts)
    page = timeline_page(trace())
    assert "".join(re.sub(r"<[^>]*>", "", page)).count(trace().sentence()) == 1


def test_the_sentence_of_a_page_is_its_legend():
    one = trace()
    sentence = re.search(r"<p>(.*?)</p>", timeline_html(one))[1]
    assert '<i class="parse"></i>10 %' in sentence
    assert '<i class="lock"></i>40 %</span> waiting for the interpreter lock' in sentence
    drawn = {each for each in STATES if f'<path class="{each}"' in timeline_html(one)}
    assert drawn == {each for each in STATES if f'<i class="{each}"' in sentence} == {*drawn, "commit"}


@pytest.mark.parametrize(("share", "said"), [(0.1, "10 %"), (0.001, "very little")])
def test_what_the_main_thread_did_is_said(share, said):
    one = trace()
    one.tracks[0].commits = [(0, round(share * 1_000_000))]
    assert f'The main thread spent <span><i class="commit"></i>{said}</span> of its time' in timeline_html(one)
    texts = [text.text for text in ElementTree.fromstring(timeline_svg(one)).iter(f"{SVG}text")]
    assert f"{said} writing to the store (main)" in texts


def test_a_shorter_run_ends_before_the_scale_does():
    root = ElementTree.fromstring(timeline_svg(trace(), trace(scale=4)))
    assert {float(each.get("width")) for each in root.iter(f"{SVG}rect") if each.get("class") == "idle"} == {60, 240}


def test_several_runs_have_one_scale_of_time():
    root = ElementTree.fromstring(timeline_svg(trace(), trace("processes", scale=2)))
    short, long = (sum(seen(root, "fetch")[at : at + 4]) for at in (0, 4))
    assert long == pytest.approx(2 * short, rel=0.02)


def test_it_stays_small_and_on_one_page():
    wide = timeline_svg(trace(workers=500))
    assert len(wide) < 100_000
    assert "and 436 more" in wide
    assert float(ElementTree.fromstring(wide).get("height")) < 700


def test_texts_are_no_markup():
    one = trace()
    one.about["strategy"] = "<script>mine:Own</script>"
    assert "<script>" not in timeline_page(one)
    ElementTree.fromstring(timeline_svg(one))


def test_nothing_traced_can_be_drawn():
    empty = Trace({"strategy": "threads", "requests": 0, "left_out": 0}, [Track((1, 1), "MainThread", 1)], [])
    ElementTree.fromstring(timeline_svg(empty))
    assert empty.sentence() == "no request was traced"


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_seen_on_light_and_dark_pages():
    for theme in STYLE.split("@media"):
        colours = dict(re.findall(r"--(\w+): (#\w{6})", theme))
        for name in (*STATES, "edge"):
            if name != "idle":
                assert contrast(colours[name], colours["page"]) >= 3, name
        assert contrast(colours["soft"], colours["page"]) >= 4.5


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (0.0004, "0.4 ms"), (0.9996, "1 s"), (12_000, "12,000 s")])
def test_times_are_written_without_exponents(seconds, text):
    assert _seconds(seconds) == text
