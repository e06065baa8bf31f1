"""The words the shop is made of, read from words.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Language", "Name", "Words", "load"]


@dataclass(frozen=True, slots=True)
class Name:
    """A text with its language and the plain ASCII form that stands in a URL."""

    text: str
    slug: str
    lang: str


@dataclass(frozen=True, slots=True)
class Language:
    """Words of one language, with ASCII forms; `join` stands between two nouns, `space` between names."""

    code: str
    name: str
    join: str
    space: str
    family_first: bool
    nouns: tuple[tuple[str, str], ...]
    given: tuple[tuple[str, str], ...]
    family: tuple[tuple[str, str], ...]
    place: str
    blurb: str

    def title(self, number: int) -> Name:
        """The title with this number: two different nouns."""
        first, step = divmod(number, len(self.nouns) - 1)
        a = self.nouns[first % len(self.nouns)]
        b = self.nouns[(first + step + 1) % len(self.nouns)]
        text = a[0] + self.join + b[0]
        return Name(text[0].title() + text[1:], f"{a[1]}-{b[1]}", self.code)

    def person(self, number: int) -> Name:
        """The name with this number."""
        family, given = divmod(number, len(self.given))
        pair = [self.given[given], self.family[family % len(self.family)]]
        if self.family_first:
            pair.reverse()
        return Name(self.space.join(text for text, _ in pair), "-".join(slug for _, slug in pair), self.code)


@dataclass(frozen=True, slots=True)
class Words:
    """All tables of words.json."""

    languages: tuple[Language, ...]
    by_code: Mapping[str, Language]
    language_names: Mapping[str, str]
    titles: tuple[Name, ...]
    authors: tuple[Name, ...]
    sentences: tuple[str, ...]
    lives: tuple[str, ...]
    genres: tuple[str, ...]
    publishers: tuple[str, ...]
    places: tuple[str, ...]


def load() -> Words:
    """Read words.json, which lies beside this module."""
    raw = json.loads(Path(__file__).with_name("words.json").read_text("utf-8"))
    languages = tuple(_language(one) for one in raw["languages"])
    return Words(
        languages=languages,
        by_code={one.code: one for one in languages},
        language_names={one.code: one.name for one in languages} | raw["other_languages"],
        titles=tuple(Name(*one) for one in raw["titles"]),
        authors=tuple(Name(*one) for one in raw["authors"]),
        **{key: tuple(raw[key]) for key in ("sentences", "lives", "genres", "publishers", "places")},
    )


def _language(raw: dict[str, Any]) -> Language:
    return Language(**raw | {key: _pairs(raw[key]) for key in ("nouns", "given", "family")})


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """`"η θάλασσα=thalassa, το φως=fos"` as pairs."""
    return tuple((word, slug) for word, _, slug in (part.partition("=") for part in text.split(", ")))
