"""Modules beside a config: each folder has its own, whatever they are called and whatever else the process has loaded.

Two jobs of one process may each have a `hooks.py`, and each of these a `helper.py`. So the modules of a folder are
loaded as parts of a package without a file, with a name that no other folder has, and the import statements in them
look into their own folder first. Nothing is put on `sys.path`: a file beside a config never takes the place of a
module that the program itself uses.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["import_hook"]

_PREFIX = "crawler_hooks_"
_OURS = "crawler"
_LOCK = threading.RLock()
_NEWEST: dict[str, _Folder] = {}
_ALL: dict[str, _Folder] = {}


def import_hook(name: str, root: str) -> ModuleType:
    """Import a module from a folder, or, where it is not there, the installed one of this name.

    A folder of which any module has changed since it was loaded is loaded anew.

    Args:
        name: as in an import statement.
        root: the folder; "" for none.

    Raises:
        Exception: whatever the module raises.
    """
    if not root:
        return importlib.import_module(name)
    with _LOCK:
        folder = _NEWEST.get(root)
        if folder is None or folder.has_changed():
            folder = _NEWEST[root] = _Folder(root)
        if not folder.has(name):
            return importlib.import_module(name)
        try:
            return importlib.import_module(f"{folder.package}.{name}")
        except BaseException:
            folder.look_again()
            raise


class _Folder:
    """One state of the modules of a folder. Those of an older state stay with the code that uses them.

    Attributes:
        package: name of the package that its modules are part of.
    """

    def __init__(self, root: str) -> None:
        self.package = f"{_PREFIX}{len(_ALL)}"
        self._root = root
        self._sources: dict[str, bytes] = {}
        self._has: dict[str, bool] = {}
        package = ModuleType(self.package)
        package.__path__ = [root]
        sys.modules[self.package] = package
        if not _ALL:
            sys.meta_path.insert(0, _Finder())
        _ALL[self.package] = self
        importlib.invalidate_caches()

    def has(self, name: str) -> bool:
        """Tell whether the folder has a module of this name; not the package of this program, though it lie there."""
        top = name.partition(".")[0]
        if top not in self._has:
            self._has[top] = top != _OURS and self._find(top)
        return self._has[top]

    def has_changed(self) -> bool:
        """Tell whether any module that was loaded reads otherwise now. By content: a file's time may stay the same."""
        try:
            return any(Path(path).read_bytes() != source for path, source in self._sources.items())
        except OSError:
            return True

    def look_again(self) -> None:
        """Forget what was not there: it may be added."""
        self._has.clear()
        importlib.invalidate_caches()

    def keep(self, path: str, source: bytes) -> None:
        self._sources[path] = source

    def import_(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        """What `__import__` is for the modules of the folder: the same, but here first."""
        if level or not self.has(name):
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        inner = f"{self.package}.{name}"
        if fromlist:
            return builtins.__import__(inner, globals, locals, fromlist, 0)
        importlib.import_module(inner)
        return sys.modules[f"{self.package}.{name.partition('.')[0]}"]

    def _find(self, top: str) -> bool:
        spec = PathFinder.find_spec(f"{self.package}.{top}", [self._root])
        if spec is None:
            return False
        # A folder without __init__.py is a package only where nothing else has its name, as for Python itself.
        return spec.origin is not None or importlib.util.find_spec(top) is None


class _Finder:
    """Finds the modules of all folders, for the import system."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        folder = _ALL.get(fullname.partition(".")[0])
        spec = PathFinder.find_spec(fullname, path, target) if folder else None
        if folder and spec and spec.origin and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(fullname, spec.origin, folder)
        return spec


class _Loader(SourceFileLoader):
    """Loads a source file as it stands now, with its folder's `__import__`."""

    def __init__(self, fullname: str, path: str, folder: _Folder) -> None:
        super().__init__(fullname, path)
        self._folder = folder

    def get_code(self, fullname: str) -> Any:
        source = self.get_data(self.path)
        self._folder.keep(self.path, source)
        return self.source_to_code(source, self.path)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": self._folder.import_}
        super().exec_module(module)
