"""The peers' own environment: made once from the package registry, used again as long as the requirements stay."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "peers" / "requirements.txt"


def cache_folder() -> Path:
    """Where environments are kept, outside the repository."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "crawler-benchmarks"


def python_of_peers() -> Path:
    """The interpreter of the environment, which is made or completed where needed."""
    wanted = REQUIREMENTS.read_text("utf-8") + sys.version
    folder = cache_folder() / f"peers-{hashlib.sha256(wanted.encode()).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    print(f"installing the peers into {folder} ...", file=sys.stderr)
    venv.create(folder, with_pip=True)
    if _install(python, "-r", str(REQUIREMENTS)):
        (folder / "complete").touch()
    else:  # one that cannot be had must not keep the others away; the next run tries again
        for line in REQUIREMENTS.read_text("utf-8").splitlines():
            _install(python, line)
    return python


def missing(python: Path, modules: tuple[str, ...]) -> list[str]:
    """Those of the modules that the environment does not have."""
    code = "import sys, importlib.util as u; print(*[m for m in sys.argv[1:] if u.find_spec(m) is None])"
    done = subprocess.run([python, "-c", code, *modules], capture_output=True, text=True, check=True)
    return done.stdout.split()


def _install(python: Path, *what: str) -> bool:
    return subprocess.run([python, "-m", "pip", "install", "--quiet", *what]).returncode == 0
