"""lessons.md with its plots and figures, written into one folder."""

from __future__ import annotations

import json
from pathlib import Path

from crawler.compare.lessons_markdown import as_markdown
from crawler.compare.lessons_model import Lessons
from crawler.compare.lessons_plots import plot
from crawler.export.atomic import replacing

__all__ = ["write_lessons"]

FOLDER = "lessons"


def write_lessons(found: Lessons, folder: Path) -> list[Path]:
    """Write lessons.md, and below `lessons` an SVG file for each experiment and results.json; gives their paths.

    Raises:
        OutputError: one cannot be written; an older one is intact.
    """
    contents = {"lessons.md": as_markdown(found, FOLDER)}
    contents |= {f"{FOLDER}/{one.experiment.number}.svg": plot(one) for one in found.lessons}
    contents[f"{FOLDER}/results.json"] = json.dumps(found.as_json(), indent=2) + "\n"
    for name, text in contents.items():
        with replacing(folder / name) as file:
            file.write(text.encode())
    return [folder / name for name in contents]
