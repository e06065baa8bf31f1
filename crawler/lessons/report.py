"""Write the results of the lessons, with plots and figures, into one folder."""

from __future__ import annotations

import json
from pathlib import Path

from crawler.export.atomic import replacing
from crawler.lessons.drawing import as_file
from crawler.lessons.html_page import as_page
from crawler.lessons.lessons import Lessons
from crawler.lessons.markdown import WIDTH, as_markdown
from crawler.lessons.pictures import pictures

__all__ = ["FOLDER", "PAGE", "write_lessons"]


FOLDER, PAGE = "lessons", "lessons.html"


def write_lessons(found: Lessons, folder: Path) -> list[Path]:
    """Write lessons.md, lessons.html, and below `lessons` an SVG for each lesson and results.json; gives their paths.

    Raises:
        OutputError: one cannot be written; an older one is intact.
    """
    contents = {PAGE: as_page(found), "lessons.md": as_markdown(found, FOLDER)}
    for one in found.lessons:
        drawn = pictures(one, WIDTH)
        contents |= {f"{FOLDER}/{name}.svg": as_file(drawing, WIDTH) for name, drawing in drawn.items()}
    contents[f"{FOLDER}/results.json"] = json.dumps(found.as_json(), indent=2) + "\n"
    for name, text in contents.items():
        with replacing(folder / name) as file:
            file.write(text.encode())
    return [folder / name for name in contents]
