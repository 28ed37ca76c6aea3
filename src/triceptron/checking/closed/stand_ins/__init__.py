"""Stand-ins for what a program loads and what is not here: data of the shape that its name promises.

Part of the learner's process, like ``recorder``: NumPy and the standard library, and nothing of ours. A file
of MNIST has 60,000 rows; its stand-in has one for each `SCALE` of them, and a program's own numbers of rows
are brought down alike. Modules that are missing, and those that fetch data, are replaced as well. All this is
only for a run that is written down: a learner's steps alone are never fed with it.
"""

import builtins
import functools
import gzip
import importlib
import os
import pathlib
import re
import sys
import urllib.request
from typing import Any

import numpy as np

from .files import bring_along, empty_where_missing, opener, where_allowed
from .libraries import KNOWN, Finder, Stub, fetch, loaded, loads, noted
from .old import encoding, old_frame, revive
from .rows import fit_all, parts, reshaped
from .samples import matrices
from .state import FEATURES, KINDS, SCALE, asked, program, revived, sizes, used
from .tables import splitting

__all__ = [
    "FEATURES",
    "KINDS",
    "SCALE",
    "Stub",
    "answer",
    "asked",
    "fit_all",
    "install",
    "loaded",
    "loads",
    "open_libraries",
    "parts",
    "program",
    "reshaped",
    "revive",
    "revived",
    "sizes",
    "used",
]

_FETCHING = (
    "tensorflow", "keras", "torchvision", "requests", "wget", "kagglehub", "google", "kaggle", "tkinter",
    "turtle", "pygame",
)  # fmt: skip
"""Packages that a program without them, a network or a screen gets or shows data with: always replaced."""


def answer(*_: Any) -> str:
    """Answer what a program asks its user."""
    asked.append("input()")
    return "1"


def install(text: str, folders: list[str]) -> None:
    """Put the stand-ins in place, for good: this process makes one run and ends."""
    used.clear()
    bring_along(folders[0])
    files = opener
    files.folders = folders
    builtins.open, gzip.open = files.opened, files.unzipped  # type: ignore[assignment]
    np.load = files.instead(functools.partial(np.load, allow_pickle=True), files.arrays)  # as once
    np.set_printoptions = lambda *_, **__: None  # older ones take other options
    os.remove = os.unlink = files.removed
    if re.search(r"\bnot +in +os\.listdir\(", text):  # it asks whether to fetch what it reads then
        os.listdir = empty_where_missing(os.listdir)
    os.listdir, os.scandir = files.listing(os.listdir), files.listing(os.scandir)
    for name in ("glob", "rglob"):
        setattr(pathlib.Path, name, files.globbing(getattr(pathlib.Path, name)))
    for module, names in (
        (os, ("mkdir", "makedirs")),
        (np, ("save", "savez", "savetxt")),
    ):
        for name in names:
            setattr(module, name, where_allowed(getattr(module, name)))
    np.fromfile = files.numbers
    np.loadtxt, np.genfromtxt = (files.instead(real, files.rows) for real in (np.loadtxt, np.genfromtxt))
    urllib.request.urlopen = files.fetched
    KNOWN["get"] = noted(lambda _, url="", *args, **keywords: files.answer(str(url)))
    urllib.request.urlretrieve = lambda url, filename="", *_, **__: (filename, None)  # type: ignore[assignment]
    builtins.get_ipython = builtins.display = Stub("notebook")  # type: ignore[attr-defined]
    sys.meta_path.insert(0, Finder(_FETCHING))
    sys.meta_path.append(Finder())
    for name in [name for name in sys.modules if name.partition(".")[0] in _FETCHING]:
        del sys.modules[name]
    open_libraries(text)


def open_libraries(text: str) -> None:
    """Let the libraries that a piece of the program mentions read what is not there."""
    revive(text)
    files = opener
    program.text += f"\n{text}"
    KNOWN["File"] = noted(lambda _, name, *args, **keywords: files.tree(str(name)))
    for module, name, wrap in (
        ("pandas", "read_csv", files.frame),
        ("pandas", "read_excel", files.frame),
        ("pandas", "DataFrame", old_frame),
        ("scipy.io", "loadmat", lambda real: files.instead(real, matrices)),
        ("h5py", "File", lambda real: files.instead(real, files.tree)),
        ("sklearn.preprocessing", "OneHotEncoder", encoding),
        ("sklearn.datasets", "fetch_openml", lambda real: functools.partial(fetch, text)),
        ("sklearn.datasets", "fetch_mldata", lambda real: functools.partial(fetch, text + "mldata")),
        ("sklearn.model_selection", "train_test_split", splitting),
    ):
        package = module.partition(".")[0]
        if (name in text and package in text) or (module in text and package != "sklearn"):
            try:
                found = importlib.import_module(module)
            except ImportError:
                continue
            real = getattr(found, name, None)
            if not hasattr(real, "stands_in"):
                made: Any = wrap(real)
                made.stands_in = True
                setattr(found, name, made)
