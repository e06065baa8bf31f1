"""Looks of series: a colour and a marker each, so that 15 of them can be told apart by anybody.

The colours were found by a random search for the largest least distance (in Oklab) as seen with normal sight, without
red cones and without green ones (Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of
color vision deficiency", 2009), among those with a contrast of more than 3:1 to their background (WCAG 2.2, 1.4.11).
Without red or green cones no 15 colours are far apart, so colours that are near have different markers.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["DARK", "LIGHT", "MARKERS", "PARTS", "Look", "look", "variables"]

LIGHT = (
    "#080791", "#d17201", "#6686e6", "#560c08", "#c22767", "#2659d6", "#8a3928", "#3c0c5b",
    "#06979c", "#c84020", "#44468a", "#771d49", "#bd6e74", "#2232b7", "#0a79b8",
)  # fmt: skip
"""On a light background, those that differ most first."""

DARK = (
    "#a58fff", "#e94613", "#13ccf7", "#e1fb30", "#ba3eb6", "#06e587", "#f991ce", "#149449",
    "#b5fcc3", "#98ac4e", "#8b5be6", "#4af2fb", "#bc7cba", "#07c098", "#9fd11c",
)  # fmt: skip
"""The same series on a dark background."""

MARKERS = ("circle", "square", "triangle", "diamond", "wedge")

PARTS = {"light": ("#2659d6", "#7d8791", "#b86a00"), "dark": ("#6aaaf0", "#75808c", "#e8b860")}
"""Of what is stacked: the crawl, then what comes before it and after it."""


class Look(NamedTuple):
    """How a series is drawn."""

    colour: int
    marker: str


def look(number: int) -> Look:
    """Of the series with this number; the sixteenth has the first colour again, with another marker."""
    return Look(number % len(LIGHT), MARKERS[(number + number // len(LIGHT)) % len(MARKERS)])


def variables(scheme: str) -> str:
    """The colours as CSS variables, for `light` or `dark`."""
    series = LIGHT if scheme == "light" else DARK
    named = [
        *((f"c{n}", value) for n, value in enumerate(series)),
        *((f"p{n}", v) for n, v in enumerate(PARTS[scheme])),
    ]
    return " ".join(f"--{name}: {value};" for name, value in named)
