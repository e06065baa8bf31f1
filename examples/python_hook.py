"""The function that examples/python_hook.yaml names."""

from typing import Any

from bs4 import BeautifulSoup


def book(soup: BeautifulSoup, url: str) -> dict[str, Any]:
    """Return the records of a page: here a title and how many words its description has."""
    description = soup.select_one(".description p")
    words = len(description.get_text().split()) if description else 0
    return {"records": [{"title": soup.h1.get_text() if soup.h1 else "", "words": str(words)}]}
