"""The command that installs an optional extra into the environment of this program."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

__all__ = ["DISTRIBUTION", "install", "source"]

DISTRIBUTION = "crawl-to-excel"
"""Our name in a package index; `crawler` is another project there."""


def install(extra: str) -> str:
    """The command for a shell, from any folder: for this interpreter, and from the clone where it runs from one."""
    import shlex  # all of it late: most runs lack nothing

    clone = _clone()
    wanted = shlex.quote(f"{clone or DISTRIBUTION}[{extra}]")
    python = shlex.quote(sys.executable)
    has_pip = find_spec("pip") is not None  # not in environments that uv makes
    pip = f"{python} -m pip install" if has_pip else f"uv pip install --python {python}"
    return f"{pip} -e {wanted}" if clone else f"{pip} {wanted}"


def source() -> str:
    """What pip is given to install this program once more, for another interpreter."""
    import shlex
    from importlib.metadata import version

    clone = _clone()
    return f"-e {shlex.quote(str(clone))}" if clone else f"{DISTRIBUTION}=={version(DISTRIBUTION)}"


def _clone() -> Path | None:
    """The folder of an editable install (PEP 610), or of a clone that runs without any; None for a plain install."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        found = json.loads(distribution(DISTRIBUTION).read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        folder = Path(__file__).resolve().parents[1]
        return folder if (folder / "pyproject.toml").is_file() else None
    if not found.get("dir_info", {}).get("editable"):
        return None
    return Path(url2pathname(urlsplit(found["url"]).path))
