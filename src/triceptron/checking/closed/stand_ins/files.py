"""Files that are not there: what a program opens or reads is made as its name promises."""

import builtins
import contextlib
import functools
import gzip
import os
import re
import shutil
import sys
import tempfile
from typing import Any

import numpy as np

from .libraries import Record
from .pictures import is_picture, make_folder, picture_file, reads_pictures
from .samples import as_numbers, cats_and_dogs, idx, mnist, pickled, pictures
from .state import program, revived, sizes, used
from .tables import make_table, table_lines

_SMALL, _ALL, _MOST = 1 << 20, 16 << 20, 500
"""Bytes of a file, and of all, and how many files, that are brought along from the program's folder."""

_CODE = (".py", ".pyc", ".ipynb", ".md", ".so", ".pdf", ".html")


def bring_along(folder: str) -> None:
    """Copy small data that lie beside a program into the working folder, where they can be changed.

    Of a folder in which one is too large none of that kind is taken: parts that belong together are all real,
    or all made up.
    """
    left, count = _ALL, 0
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in sorted(folders) if name[0] not in "._"][:50]
        here = os.path.relpath(place, folder)
        if here.count(os.sep) > 2 or count > _MOST:
            folders.clear()
            continue
        try:
            os.makedirs(here, exist_ok=True)
            sizes = {name: os.path.getsize(os.path.join(place, name)) for name in sorted(files)[:_MOST]}
            large = {os.path.splitext(name)[1] for name, size in sizes.items() if size > _SMALL}
            for name, size in sizes.items():
                kind, to = os.path.splitext(name)[1], os.path.join(here, name)
                if kind in large or kind.lower() in _CODE or "ubyte" in name or name[0] == ".":
                    continue
                whole = os.path.join(place, name)
                unfit = not 0 < size <= left or not os.path.isfile(whole) or _is_pointer(whole)
                if unfit or os.path.exists(to):
                    continue
                left, count = left - size, count + 1
                shutil.copyfile(whole, to)
        except OSError:
            continue


def _is_pointer(file: str) -> bool:
    """Tell whether a file only says where the data are, as Git's large ones do."""
    with open(file, "rb") as start:
        return start.read(26) == b"version https://git-lfs.gi"


def _is_small(file: str) -> bool:
    """Tell whether there is such a file, with something in it, and none of its kind beside it is large."""
    folder, kind = os.path.dirname(file), os.path.splitext(file)[1]
    if not os.path.isfile(file) or kind in _CODE or not os.path.getsize(file) or _is_pointer(file):
        return False
    if "ubyte" in os.path.basename(file):
        return False  # labels of so many pictures as are not there
    alike = (os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(kind))
    return all(os.path.getsize(each) <= _SMALL for each in alike)


_FROM_FILE, _REMOVE = np.fromfile, os.remove


class _Opener:
    """What opens files: those that are there as ever, of those that are not, stand-ins."""

    kept: dict[str, str] = {}  # noqa: RUF012 - one run, one memory
    """Where that is which was written to a place that cannot be written to."""

    def __init__(self) -> None:
        self.open, self.gzip_open = builtins.open, gzip.open
        self.folders: list[str] = []
        """The program's own, and those above it in its repository."""

    def there(self, file: Any) -> Any:
        """Return where a file is that is meant from another folder than this one; as it is, if it is not."""
        if not isinstance(file, str | os.PathLike) or os.path.exists(file):
            return file
        name = str(os.fspath(file))
        if os.path.abspath(name) in self.kept:
            return self.kept[os.path.abspath(name)]
        parts = name.replace("\\", "/").split("/")
        tails = [os.path.join(*parts[start:]) for start in range(len(parts)) if parts[start] not in ("", ".")]
        places = [os.path.join(folder, tail) for tail in tails for folder in (".", *self.folders)]
        return next(filter(_is_small, places), file)

    def missing(self, name: Any) -> str:
        """Return the name of a file that is not there; empty otherwise."""
        name = os.fspath(name) if isinstance(name, str | os.PathLike) else ""
        if not isinstance(name, str) or not name or os.path.exists(name):
            return ""
        if "except" in program.text and re.search(
            rf"\bsave\w*\(\s*['\"]{re.escape(name)}['\"]", program.text
        ):
            return ""  # its own, from an earlier run: it can do without
        if re.search(r"(?i)weights|param|checkpoint|model", os.path.basename(name)):
            return ""  # what a training has left
        used.append(os.path.basename(name))
        return name

    def written(self, name: Any, mode: str, *args: Any, **keywords: Any) -> Any:
        """Open a file to be written to; where that is refused, another one that is found again."""
        try:
            return self.open(name, mode, *args, **keywords)
        except OSError:
            if not isinstance(name, str | os.PathLike) or "r" in mode:
                raise
            path = os.path.abspath(os.fspath(name))
            self.kept[path] = self.kept.get(path) or os.path.join(tempfile.mkdtemp(dir="."), "kept")
            return self.open(self.kept[path], mode, *args, **keywords)

    def opened(self, file: Any, mode: str = "r", *args: Any, **keywords: Any) -> Any:
        reads = "r" in mode and "+" not in mode
        file = self.there(file) if reads else file
        name = self.missing(file) if reads else ""
        if not name:
            return self.written(file, mode, *args, **keywords)
        made = self.made(name)
        if made is None:
            used.pop()
        return self.open(made or file, mode, *args, **keywords)

    def made(self, name: str) -> str | None:
        """Make a file like the one that is missing; return where it is."""
        path = os.path.abspath(name)
        if path in self.kept:
            return self.kept[path]
        base = os.path.basename(name)
        if "ubyte" in name or "idx" in name:
            data = idx(base)
        elif is_picture(base):
            data = picture_file(name)
        elif name.endswith((".pkl", ".pickle", ".pkl.gz", ".p")) or "batch" in name:
            data = pickled(base)
        elif name.lower().endswith((".csv", ".txt", ".data", ".arff")):
            lines = table_lines(name)
            if "://" in name and "read_csv(" in program.text and "header=None" not in program.text:
                lines = ",".join(make_table(name)[1]) + "\n" + lines  # as who puts it on the web does
            if name.endswith("arff"):
                lines = "@data\n" + re.sub(r"(?m)^([^,\n]*),(.*)$", r"\2,\1", lines)  # the truth comes last
            data = lines.encode()
        else:
            return None
        self.kept[path] = os.path.join(tempfile.mkdtemp(dir="."), "made")
        with self.open(self.kept[path], "wb") as file:
            file.write(gzip.compress(data) if name.endswith("gz") else data)
        return self.kept[path]

    def listing(self, real: Any) -> Any:
        """Let a folder that is not there, in a program that reads pictures, be full of them."""

        @functools.wraps(real)
        def listed(path: Any = ".") -> Any:
            try:
                return real(path)
            except OSError:
                if not reads_pictures():
                    raise
                whole = os.path.abspath(os.fspath(path))
                used.append(os.path.basename(whole))
                self.kept[whole] = self.kept.get(whole) or make_folder(whole, self.kept)
                return real(self.kept[whole])

        return listed

    def globbing(self, real: Any) -> Any:
        """Let what looks for files in such a folder find it first."""

        @functools.wraps(real)
        def found(folder: Any, *args: Any, **keywords: Any) -> Any:
            with contextlib.suppress(OSError):
                os.listdir(folder)
            return real(folder, *args, **keywords)

        return found

    def fetched(self, url: Any, *_: Any, **__: Any) -> Any:
        """Return what an address would give, if its name tells what that is."""
        name = str(getattr(url, "full_url", url)).partition("?")[0]
        used.append(os.path.basename(name))
        made = self.made(name)
        if made is None:
            raise OSError(f"no network: {name}")
        return self.open(made, "rb")

    def answer(self, url: str) -> Any:
        with self.fetched(url) as file:
            content = file.read()
        text = content.decode("latin1")
        return Record(
            content=content, text=text, ok=True, status_code=200, headers={}, raise_for_status=lambda: None,
            iter_content=lambda *_, **__: iter([content]),
        )  # fmt: skip

    def removed(self, path: Any, **keywords: Any) -> None:
        """Remove a file; one that is made up is only forgotten."""
        if self.kept.pop(os.path.abspath(os.fspath(path)), None) is None:
            _REMOVE(path, **keywords)

    def numbers(self, file: Any, *args: Any, **keywords: Any) -> Any:
        """Read numbers from a file, or from one that is made up."""
        name = self.missing(file)
        return _FROM_FILE(self.made(name) or file if name else file, *args, **keywords)

    def unzipped(self, file: Any, mode: str = "rb", *args: Any, **keywords: Any) -> Any:
        if "w" in mode or not self.missing(file):
            return self.gzip_open(file, mode, *args, **keywords)
        return gzip.GzipFile(fileobj=self.opened(os.fspath(file).removesuffix(".gz") + ".gz", "rb"))

    def instead(self, real: Any, make: Any) -> Any:
        """Let a function that reads a file give what is made of the file's name where there is none."""

        @functools.wraps(getattr(real, "func", real), updated=())
        def read(*args: Any, **keywords: Any) -> Any:
            args = (*map(self.there, args[:1]), *args[1:])
            name = self.missing(args[0] if args else next(iter(keywords.values()), None))
            return make(name, **keywords) if name else real(*args, **keywords)

        return read

    def arrays(self, name: str, **_: Any) -> Any:
        """Make what NumPy's own files have."""
        name = os.path.basename(name).lower()
        if name.endswith("npz") or ("mnist" in name and not name.endswith("npy")):
            (X, y), (testX, testy) = mnist(), mnist(False)
            return _Arrays(x_train=X, y_train=y, x_test=testX, y_test=testy)
        train = "test" not in name and "val" not in name
        X, y = mnist(train, (784 if "mnist" in name else sizes.get("pixels", 784),))
        return y if any(word in name for word in ("label", "y_", "target", "_y")) else X

    def rows(self, name: str, **keywords: Any) -> Any:
        """Make the numbers in a text."""
        table, _, words = make_table(name)
        if words and keywords.get("dtype") in (str, object, "str"):
            return np.array([line.split(",") for line in table_lines(name).split()])
        table = table[int(keywords.get("skip_header", keywords.get("skiprows", 0)) or 0) :]
        columns = keywords.get("usecols")
        return np.asarray(table if columns is None else table[:, columns], keywords.get("dtype") or float)

    def frame(self, real: Any) -> Any:
        """Let pandas read what is not there."""

        @functools.wraps(real)
        def read(file: Any = "", *args: Any, **keywords: Any) -> Any:
            web = isinstance(file, str) and "://" in file
            if keywords.pop("delim_whitespace", False):
                keywords["sep"] = r"\s+"
                revived.append("read_csv(delim_whitespace=)")
            file = self.there(file)
            name = self.missing(file) if not web else file
            if web:
                used.append(os.path.basename(file))
            if not name:
                try:
                    return real(file, *args, **keywords)
                except ImportError:  # what reads Excel's files is not here
                    name = os.path.basename(file)
                    used.append(name)
            pandas: Any = sys.modules["pandas"]
            table, names, words = make_table(name.replace("\\", "/"))
            frame = pandas.DataFrame(table, columns=names)
            if np.array_equal(table, np.round(table)):
                frame = frame.astype(np.int64)
            if words:
                frame[names[-1]] = [words[int(value)] for value in table[:, -1]]
            given = keywords.get("names")
            if given is not None and len(given) == len(names):
                frame.columns = list(given)
            elif keywords.get("header", "") is None:
                frame.columns = range(len(names))
            frame.attrs["made_up"] = True
            return frame

        return read

    def tree(self, name: str, *_: Any, **__: Any) -> "_Arrays":
        """Make what an HDF5 file has: the cats of the well-known course, or MNIST."""
        if "cat" in name.lower() or "set_x" in program.text:
            X, y, testX, testy, kinds = pictures("")
            y, testy = y[0], testy[0]
            return _Arrays(x_train=X, y_train=y, x_test=testX, y_test=testy, list_classes=kinds)
        if os.path.basename(name) in ("trainset.hdf5", "testset.hdf5"):
            return _Arrays(zip(("x_train", "y_train", "x_test", "y_test"), cats_and_dogs(), strict=True))
        flat = (sizes.get("pixels", 784),)
        (X, y), (testX, testy) = as_numbers(mnist(True, flat)), as_numbers(mnist(False, flat))
        if re.search(r"y_\w+['\"]\]\[:, *0\]", program.text):
            y, testy = y[:, None], testy[:, None]
        return _Arrays(x_train=X, y_train=y, x_test=testX, y_test=testy)


class _Arrays(Record):
    """Arrays by name, whatever the names are."""

    allow_pickle = False

    @property
    def files(self) -> list[str]:
        return list(self)

    def __missing__(self, key: str) -> Any:
        low = key.lower()
        truth = any(word in low for word in ("y", "label", "target"))
        return dict.__getitem__(self, f"{'y' if truth else 'x'}_{'test' if 'te' in low else 'train'}")

    def close(self) -> None:
        pass

    def __enter__(self) -> "_Arrays":
        return self

    def __exit__(self, *_: object) -> None:
        pass


def empty_where_missing(real: Any) -> Any:
    """Let a folder that is not there be empty."""

    @functools.wraps(real)
    def listed(path: Any = ".") -> list[Any]:
        return list(real(path)) if os.path.isdir(path) else []

    return listed


def where_allowed(real: Any) -> Any:
    """Make folders and files where that is allowed; what is written to other folders is kept elsewhere."""

    @functools.wraps(real)
    def make(path: Any, *args: Any, **keywords: Any) -> None:
        try:
            real(path, *args, **keywords)
        except FileExistsError:
            raise
        except OSError:
            pass

    return make


opener = _Opener()
