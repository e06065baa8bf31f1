"""What is asked of the browser, and where it is; nothing of it is imported or started here."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from crawler import extras

__all__ = ["BrowserOptions", "BrowserRule", "browser_path", "browser_refusal"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
_OWN = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*", "chromium-*/chrome-win*/*")


class BrowserRule(NamedTuple):
    """What is done with a page before it is read.

    Attributes:
        wait: CSS selector of an element that must be there; "" waits for the end of loading instead.
        click: CSS selector of what is clicked while it is there; "" for nothing.
        scroll: scroll down until nothing more comes.
        steps: most clicks and times of scrolling, together.
    """

    wait: str = ""
    click: str = ""
    scroll: bool = False
    steps: int = 100


class BrowserOptions(NamedTuple):
    """How the browser runs.

    Attributes:
        path: of the executable; "" for the one that is found.
        pages: how many pages are open at once.
        timeout: seconds that one page may take in all, from its request to its last byte read.
        sandbox: run the browser in its sandbox. There is none for root.
    """

    path: str = ""
    pages: int = 2
    timeout: float = 60.0
    sandbox: bool = True


def browser_path(path: str = "") -> str | None:
    """The executable of Chromium: the one at `path`, else one that is installed; None where there is none."""
    if path:
        return shutil.which(str(Path(path).expanduser()))
    found = (shutil.which(name) for name in (*_NAMES, _MAC))
    return next((one for one in found if one), None) or next(_playwrights_own(), None)


def _playwrights_own() -> Iterator[str]:
    """The browsers that `playwright install` has downloaded, the newest first."""
    cache = {"darwin": "~/Library/Caches", "win32": "~/AppData/Local"}.get(sys.platform, "~/.cache")
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or f"{cache}/ms-playwright").expanduser()
    for pattern in _OWN:
        yield from (str(path) for path in sorted(folder.glob(pattern), reverse=True) if os.access(path, os.X_OK))


def browser_refusal(path: str = "") -> str:
    """Why pages cannot be rendered here, and the command that changes it; "" when they can."""
    if find_spec("playwright") is None:
        return f"browser: needs the extra browser; install it with: {extras.install('browser')}"
    if browser_path(path) is not None:
        return ""
    if path:
        return f"browser.path: {path} is no program that can be run; remove the key to use the Chromium that is found"
    import shlex  # late: most runs lack nothing

    command = f"{shlex.quote(sys.executable)} -m playwright install --with-deps chromium"
    return f"browser: there is no Chromium here; install it with: {command} (or give its path in browser.path)"
