"""15 series that everybody can tell apart, in light and dark."""

import math
import re
from itertools import combinations

import pytest

from crawler.compare.reports.html_page import STYLE
from crawler.compare.reports.palette import DARK, LIGHT, PARTS, look

PAGES = {"light": ("#ffffff", "#f6f7f9"), "dark": ("#1d2127", "#14171b")}  # the background of plots, and of the page
SERIES = {"light": LIGHT, "dark": DARK}
SIGHT = {  # Machado, Oliveira and Fernandes 2009, severity 1, for linear RGB
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red cones": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "no green cones": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}


def linear(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def contrast(a, b):
    """WCAG 2.2."""
    low, high = sorted(0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in map(linear, (a, b)))
    return (high + 0.05) / (low + 0.05)


def oklab(colour, sight):
    rgb = linear(colour)
    red, green, blue = (max(0.0, sum(a * b for a, b in zip(row, rgb, strict=True))) for row in SIGHT[sight])
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def distance(a, b, sight):
    return math.dist(oklab(a, sight), oklab(b, sight))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_stands_out_from_the_page(scheme):
    for colour in (*SERIES[scheme], *PARTS[scheme]):
        for page in PAGES[scheme]:
            assert contrast(colour, page) >= 3, colour


def test_these_are_the_backgrounds_of_the_page():
    assert all(f": {colour};" in STYLE for pages in PAGES.values() for colour in pages)


@pytest.mark.parametrize("name", ["ink", "soft", "good", "bad"])
def test_every_text_can_be_read(name):
    light, dark = re.findall(rf"--{name}: (#\w+);", STYLE)
    for colour, scheme in ((light, "light"), (dark, "dark")):
        assert min(contrast(colour, page) for page in PAGES[scheme]) >= 4.5


def test_no_mark_is_paler_than_its_colour():
    assert "opacity" not in STYLE


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fifteen_colours_differ_however_one_sees(scheme, sight):
    colours = SERIES[scheme]
    assert len(set(colours)) == 15
    for a, b in combinations(range(15), 2):
        alike = look(a).marker == look(b).marker
        assert distance(colours[a], colours[b], sight) >= (0.09 if alike else 0.07), (colours[a], colours[b])


def test_the_measure_knows_colours_that_are_confused():
    assert distance("#b03000", "#6a6a00", "no green cones") < 0.07 < distance("#b03000", "#6a6a00", "normal")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_parts_of_a_bar_differ_however_one_sees(scheme):
    for sight in SIGHT:
        for a, b in combinations(PARTS[scheme], 2):
            assert distance(a, b, sight) >= 0.07


def test_no_two_of_many_series_look_the_same():
    looks = [look(number) for number in range(60)]
    assert len(set(looks)) == 60
