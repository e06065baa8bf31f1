"""`python: module:function` in a config, for pages that no rule can describe; and how such modules are loaded.

Two jobs of one process may each have a `hooks.py`, and each of these a `helper.py`. So the modules of a folder are
loaded as parts of a package without a file, with a name that no other folder has, and the import statements in them
look into their own folder first. Nothing is put on `sys.path`: a file beside a config never takes the place of a
module that the program itself uses.

The function is called as `function(page, url)` with the page as a `bs4.BeautifulSoup` (what json.loads returns for
`format: json`, a list of dicts for csv and xlsx, a text for text) and its address as text; with a third parameter it is
given the answer, see Answer. It returns

    {"records": [{"title": "...", "price": "..."}], "links": [{"url": "next.html", "to": "listing"}]}

Both keys may be left out, so may `to` when the kind leads to itself. When a kind has several tables, `records` is
`{"books": [...], "authors": [...]}`. In place of a dict it may return an iterable of records, or be a generator.

`python` on a field names a function of its value: a text or a number, or a list of texts; it returns the value.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import inspect
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from crawler.errors import ExtractError
from crawler.extract.rules import PageRule
from crawler.extract.text import keep_whitespace
from crawler.model import Money, Note, Record, Value

if TYPE_CHECKING:
    from crawler.extract.page import PageView

__all__ = ["Answer", "Hook", "call_hook", "call_on_value", "import_hook", "load_hook"]


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


Hook = Callable[..., Any]
_MAX = 100_000


def load_hook(name: str, root: str) -> Hook:
    """Import `module:function`, first from the config's folder, else an installed module.

    Raises:
        ExtractError: `hook`: there is no such module or function, or the module fails.
    """
    module_name, _, function_name = name.partition(":")
    if not module_name or not function_name:
        raise ExtractError("hook", f"{name!r} is not of the form module:function")
    try:
        module = import_hook(module_name, root)
    except (Exception, SystemExit) as error:  # whatever a user's module raises
        what = f"{name}: cannot be imported: {type(error).__name__}: {error}{_place(error)}"
        raise ExtractError("hook", what) from error
    function = getattr(module, function_name, None)
    if not callable(function):
        file = getattr(module, "__file__", None) or module_name
        raise ExtractError("hook", f"{name}: {file} has no function {function_name!r}")
    return function  # type: ignore[no-any-return]  # callable() does not narrow Any


class Answer(NamedTuple):
    """What a hook with a third parameter is given of the answer.

    Attributes:
        status: HTTP status.
        headers: names in lower case.
        text: the whole of it, decoded.
        given: what was handed over to the page.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    text: str
    given: Mapping[str, Value] = {}


HookedLink = tuple[str | None, str, Mapping[str, Value]]
"""Address, page kind, and what is handed over."""


def call_hook(hook: Hook, page: PageView, kind: PageRule) -> tuple[list[Record], list[HookedLink]]:
    """Return the records and the links that a hook found.

    Raises:
        ExtractError: `hook`: it raised, or returned something else than the form above.
    """
    given = page.for_hook()
    try:
        if _wants_answer(hook):
            answer = hook(given, page.url, Answer(page.url, page.status, page.headers, page.text, page.given))
        else:
            answer = hook(given, page.url)
        if answer is not None and not isinstance(answer, Mapping) and isinstance(answer, Iterable):
            answer = {"records": list(islice(answer, _MAX))}
    except (Exception, SystemExit, GeneratorExit) as error:  # whatever a function of a user raises
        place = _place(error)
        raise ExtractError("hook", f"{kind.python} raised {type(error).__name__}: {error}{place}") from error
    if answer is None:
        return [], []
    if not isinstance(answer, Mapping):
        raise _wrong(kind.python, "the answer", "a dict or an iterable of records", answer)
    if strange := [key for key in answer if key not in ("records", "links")]:
        raise ExtractError("hook", f"{kind.python}: unknown key {strange[0]!r}; known are 'records' and 'links'")
    return _records(kind, answer.get("records") or []), _links(kind, answer.get("links") or [])


@lru_cache(maxsize=256)
def _wants_answer(hook: Hook) -> bool:
    """Tell whether a function has a third parameter that must be given."""
    try:
        parameters = list(inspect.signature(hook).parameters.values())
    except (TypeError, ValueError):
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(one.kind in positional and one.default is one.empty for one in parameters) > 2


def call_on_value(function: Hook, name: str, field: str, value: Value) -> tuple[Value, bool]:
    """Return what a user's function makes of the value of a field, and whether characters of it are lost.

    Args:
        name: of the function, for messages.

    Raises:
        ExtractError: `hook`: it raised, or returned what a field cannot hold.
    """
    try:
        made = function(list(value) if type(value) is tuple else value)
    except (Exception, SystemExit, GeneratorExit) as error:  # whatever a function of a user raises
        raise ExtractError("hook", f"{name} raised {type(error).__name__}: {error}{_place(error)}") from error
    return _value(name, field, made)


def _records(kind: PageRule, found: Any) -> list[Record]:
    names = [table.table for table in kind.tables]
    if isinstance(found, Mapping):
        if strange := [name for name in found if name not in names]:
            raise ExtractError("hook", f"{kind.python}: {strange[0]!r} is not a table of {kind.name!r}")
        return [_record(kind, name, item) for name in found for item in _listed(kind, "records", found[name])]
    items = _listed(kind, "records", found)
    if items and len(names) != 1:
        raise ExtractError("hook", f"{kind.python}: name the table: records must be {{table: [...]}}")
    return [_record(kind, names[0], item) for item in items]


def _record(kind: PageRule, table: str, item: Any) -> Record:
    if not isinstance(item, Mapping):
        raise _wrong(kind.python, "a record", "a dict", item)
    rule = next(rule for rule in kind.tables if rule.table == table)
    columns = [field.name for field in rule.fields]
    if strange := [key for key in item if columns and key not in columns]:
        raise ExtractError("hook", f"{kind.python}: {strange[0]!r} is not a field of table {table!r}")
    values: dict[str, Value] = {}
    notes: list[Note] = []
    for name in columns or map(str, item):
        values[name], odd = _value(str(kind.python), name, item.get(name))
        if odd:
            notes.append(Note(name, "control-characters"))
    return Record(table, values, tuple(notes))


def _links(kind: PageRule, found: Any) -> list[HookedLink]:
    links: list[HookedLink] = []
    for item in _listed(kind, "links", found):
        whole = item if isinstance(item, Mapping) else {"url": item}
        href, target, given = whole.get("url"), whole.get("to", kind.name), whole.get("given", {})
        fits = isinstance(target, str) and isinstance(given, Mapping) and all(isinstance(name, str) for name in given)
        if not fits or not (isinstance(href, str) or (href is None and given)):
            raise _wrong(kind.python, "a link", "{'url': text, 'to': text, 'given': dict}", item)
        values = {str(name): _value(str(kind.python), str(name), value)[0] for name, value in given.items()}
        links.append((None if href is None else str(href), str(target), values))
    return links


def _listed(kind: PageRule, what: str, found: Any) -> list[Any]:
    if isinstance(found, str | bytes | Mapping) or not isinstance(found, Iterable):
        raise _wrong(kind.python, what, "a list", found)
    return list(islice(found, _MAX))


def _value(function: str, name: str, value: Any) -> tuple[Value, bool]:
    """Return one of the types of model.Value, made of plain objects: a bs4 string would hold its whole page."""
    if isinstance(value, str):
        return keep_whitespace(str(value))
    if value is None or isinstance(value, bool | int | Decimal | datetime | date):
        return value, False
    if isinstance(value, float):
        return _decimal(function, name, value), False
    if isinstance(value, Money):
        return Money(Decimal(value.amount), str(value.currency)), False
    if isinstance(value, Iterable) and not isinstance(value, Mapping | bytes):
        texts = [keep_whitespace(str(part)) for part in islice(value, _MAX)]
        return tuple(text for text, _ in texts), any(odd for _, odd in texts)
    raise _wrong(function, f"field {name!r}", "text, a number, a date or a list of texts", value)


def _decimal(function: str, name: str, value: float) -> Decimal:
    try:
        number = Decimal(repr(value))
    except InvalidOperation:  # a float of a library with a repr of its own
        number = Decimal(value)
    if not number.is_finite():
        raise ExtractError("hook", f"{function}: field {name!r} is {value!r}, which is not a number")
    return number


def _wrong(function: str | None, what: str, wanted: str, got: Any) -> ExtractError:
    return ExtractError("hook", f"{function}: {what} must be {wanted}, not {type(got).__name__}")


def _place(error: BaseException) -> str:
    """Where in the code of a user it was raised: past the frames of this program and of the import system."""
    place, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith("<frozen") and os.path.dirname(file) != os.path.dirname(__file__):
            place = f" at {file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
