"""All lessons together with what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crawler.lessons.model import Lesson
from crawler.lessons.program import ProgramLesson

__all__ = ["Lessons"]


SCHEMA = 2


@dataclass(slots=True)
class Lessons:
    """All of them.

    Attributes:
        setting: what else a reader must know to judge the figures, as label and value.
        notes: sentences for the reader.
        seconds: that all of it took.
    """

    started: str
    setting: Mapping[str, str]
    lessons: list[Lesson | ProgramLesson] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_complete(self) -> bool:
        """Whether every variant gave a result."""
        return all(one.outcome != "no result" for one in self.lessons)

    def as_json(self) -> dict[str, Any]:
        """Plain data with stable keys; every run is in it."""
        return {
            "schema": SCHEMA,
            "started": self.started,
            "seconds": self.seconds,
            "setting": dict(self.setting),
            "notes": self.notes,
            "lessons": [one.as_json() for one in self.lessons],
        }
