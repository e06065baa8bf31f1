"""docs/config.md is made from the models of the config. `python -m tests.docs.config_md` regenerates it."""

from __future__ import annotations

from pathlib import Path

from crawler.config.reference import reference

PATH = Path(__file__).parents[2] / "docs" / "config.md"
COMMAND = "python -m tests.docs.config_md"


def text() -> str:
    return f"<!-- Made from the models of crawler/config. Do not edit; regenerate: {COMMAND} -->\n\n{reference()}"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
