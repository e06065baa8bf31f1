"""The code that ran, read from its source when the report is written, so that report and program cannot differ."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import NamedTuple

from crawler.compare import hooks
from crawler.lessons.model import Experiment, Lesson, Variant
from crawler.lessons.program import ProgramLesson
from crawler.lessons.run import config_of

__all__ = ["Listing", "listings"]


class Listing(NamedTuple):
    """A piece of code: what it is, its language, its text."""

    caption: str
    language: str
    text: str


def listings(lesson: Lesson | ProgramLesson) -> list[Listing]:
    """What ran in a lesson."""
    if isinstance(lesson, ProgramLesson):
        module = lesson.experiment.module
        source = (Path(__file__).with_name("programs") / f"{module}.py").read_text(encoding="utf-8")
        command = f"python -m crawler.lessons.programs.{module} CASE"
        return [Listing(f"The program: `{command}`", "python", source.strip())]
    it = lesson.experiment
    commands = "\n".join(f"crawler run lesson.yaml {_flags(one)}" for one in it.variants)
    return [
        Listing("The config, lesson.yaml", "yaml", config_of(it)),
        Listing("The runs", "sh", commands),
        *_analysis(it),
    ]


def _flags(one: Variant) -> str:
    return one.combination.flags


def _analysis(experiment: Experiment) -> list[Listing]:
    """The function that the config names, with what it calls."""
    name = str(experiment.page.get("python", "")).partition(":")[2]
    if not name:
        return []
    helpers = [hooks.burn_steps, hooks.burn_seconds] if name == "burn" else []
    sources = [inspect.getsource(function) for function in (getattr(hooks, name), *helpers)]
    return [Listing(f"The analysis, crawler.compare.hooks:{name}", "python", "\n\n".join(sources).strip())]
