"""The files of a program's own: modules that lie beside it, or anywhere in its repository.

Part of the learner's process, like ``recorder``; the near end asks it which modules a program imports.
"""

import importlib.util
import os
import re
import sys
import tempfile
from contextlib import suppress
from functools import cache
from itertools import islice

_MARKS = ("readme", "license", "setup.py", "pyproject.toml", "requirements", ".git")
"""How the names of files begin that lie at the top of a repository."""

_ABOVE, _BELOW, _MOST_FOLDERS, _MOST_FILES, _LARGEST = 3, 4, 500, 300, 500_000


@cache
def marked(folder: str) -> str:
    """Return the folder at the top of the repository that a folder is in; empty where nothing tells."""
    above, shared = [folder], {os.path.expanduser("~"), tempfile.gettempdir(), os.path.abspath(os.sep)}
    while len(above) <= _ABOVE and os.path.dirname(above[-1]) not in shared:
        above.append(os.path.dirname(above[-1]))
    for place in reversed(above):
        with suppress(OSError):
            if any(name.lower().startswith(_MARKS) for name in os.listdir(place)):
                return place
    return ""


def folders(folder: str) -> list[str]:
    """Return the folders from a program's own to the top of its repository; one above, if nothing tells."""
    found, top = [folder], marked(folder) or os.path.dirname(folder)
    while found[-1] != top:
        found.append(os.path.dirname(found[-1]))
    return found


def package(folder: str) -> str:
    """Return what a folder is called as a package."""
    top = folders(folder)[-1]
    return os.path.basename(folder) if folder == top else os.path.relpath(folder, top).replace(os.sep, ".")


@cache
def sources(folder: str) -> dict[str, str]:
    """Return the modules in a program's repository, and their texts; those near the program come first."""
    top, found = marked(folder) or folder, dict[str, str]()
    for place, inner, files in islice(os.walk(top), _MOST_FOLDERS):
        deep = os.path.relpath(place, top).count(os.sep) >= _BELOW
        inner[:] = [] if deep else sorted(name for name in inner if name[0] not in "._")
        for name in sorted(files):
            whole = os.path.join(place, name)
            plain = name.endswith(".py") and os.path.isfile(whole)  # no pipe, and no link to nothing
            if plain and len(found) < _MOST_FILES and os.path.getsize(whole) < _LARGEST:
                with open(whole, encoding="utf-8", errors="replace") as file:
                    found[whole] = file.read()
    near = sorted(found, key=lambda whole: os.path.relpath(whole, folder).count(os.sep))
    return {whole: found[whole] for whole in near}


def module_file(name: str, folder: str) -> str:
    """Find a module of which the whole name, or the last part of it, is a file's path; empty if none is."""
    parts = name.split(".")
    for start in range(1 if _is_library(parts[0]) else len(parts)):
        tail = os.sep + os.path.join(*parts[start:])
        for end in (".py", os.sep + "__init__.py"):
            found = next((whole for whole in sources(folder) if whole.endswith(tail + end)), "")
            if found:
                return found
    return ""


@cache
def _is_library(name: str) -> bool:
    """Tell whether a module is Python's, or is installed."""
    return name in sys.stdlib_module_names or importlib.util.find_spec(name) is not None


def defining(module: str, name: str, folder: str, but: str = "") -> str:
    """Find the file that a module of this name was, when what is imported from it was there; empty if none.

    That is one of the same name which defines it, or any other that does; a program itself is none.
    """
    written = re.compile(rf"^(?:(?:def|class) +{re.escape(name)}\b|{re.escape(name)} *=[^=])", re.MULTILINE)
    files = [each for each, text in sources(folder).items() if each != but and written.search(text)]
    return max(files, key=lambda whole: _alike(whole, module), default="")


def _alike(file: str, module: str) -> int:
    """Count the last parts of a file's path that are those of a module's name."""
    parts = zip(reversed(file.removesuffix(".py").split(os.sep)), reversed(module.split(".")), strict=False)
    return next((count for count, (a, b) in enumerate(parts) if a != b), 99)
