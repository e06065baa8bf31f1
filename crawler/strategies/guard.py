"""A script that starts worker processes, which import it again: it must not crawl again while it is imported.

See "Safe importing of main module" in the documentation of `multiprocessing`: the reason for
`if __name__ == "__main__":`.
"""

from __future__ import annotations

import ast
import inspect
import os
import sys
from types import ModuleType

from crawler.errors import ConfigError

__all__ = ["FIX", "check_guard", "end_in_worker", "unguarded_line"]

FIX = 'put what starts the crawl under `if __name__ == "__main__":`, see docs/library.md'
"""What to do about a script without a guard."""


def check_guard() -> None:
    """See that the script that runs has a guard.

    Raises:
        ConfigError: it has none.
    """
    if line := unguarded_line():
        name = os.path.basename(str(sys.modules["__main__"].__file__))
        raise ConfigError(
            f"worker processes import {name} again, so each of them would start the crawl again at line {line}; {FIX}"
        )


def unguarded_line() -> int:
    """The line of the script that runs at which a worker process that imports it would come here again; 0 for none.

    A statement that stands under no `if` is run by every import. Under an `if`, nothing can be said.
    """
    main = sys.modules.get("__main__")
    path = getattr(main, "__file__", None)
    if main is None or not path or _is_not_imported(main):
        return 0
    line = _line_of(main)
    return line if line and not _is_under_if(path, line) else 0


def end_in_worker() -> None:
    """End this process if it is a worker that imports the script of the user: what is crawled there is not wanted."""
    process = sys.modules.get("multiprocessing.process")
    if process is not None and getattr(process.current_process(), "_inheriting", False):
        sys.stderr.write(f"a worker process was about to start the crawl again; {FIX}\n")
        sys.stderr.flush()
        os._exit(1)


def _is_not_imported(main: ModuleType) -> bool:
    """`python -m package` runs a file `__main__.py`, which workers leave out."""
    name = main.__spec__.name if main.__spec__ is not None else ""
    return name.rpartition(".")[2] == "__main__"


def _line_of(main: ModuleType) -> int:
    """The line of the script itself from which this was called; 0 where another thread has called."""
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_globals is main.__dict__:
            return frame.f_lineno
        frame = frame.f_back
    return 0


def _is_under_if(path: str, line: int) -> bool:
    """Whether the statement of the script at this line has an `if`, which may keep workers from it."""
    try:
        with open(path, "rb") as file:
            statements = ast.parse(file.read()).body
    except (OSError, ValueError, SyntaxError):  # no script of Python
        return True
    here = (node for node in statements if node.lineno <= line <= (node.end_lineno or line))
    return any(isinstance(inner, ast.If) for node in here for inner in ast.walk(node))
