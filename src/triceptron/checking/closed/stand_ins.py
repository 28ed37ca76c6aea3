"""Stand-ins for what a program loads and what is not here: data of the shape that its name promises.

Part of the learner's process, like ``recorder``: NumPy and the standard library, and nothing of ours. A file
of MNIST has 60,000 rows; its stand-in has one for each `SCALE` of them, and a program's own numbers of rows
are brought down alike. Modules that are missing, and those that fetch data, are replaced as well. All this is
only for a run that is written down: a learner's steps alone are never fed with it.
"""

import builtins
import functools
import gzip
import importlib.abc
import importlib.machinery
import os
import pickle
import re
import shutil
import struct
import sys
import tempfile
import time
import types
import urllib.request
from typing import Any

import numpy as np

SCALE = 200
"""Rows of the real data for one of ours."""

_TRAIN, _TEST = 60_000 // SCALE, 10_000 // SCALE
_FETCHING = (
    "tensorflow", "keras", "torchvision", "requests", "wget", "kagglehub", "google", "kaggle", "tkinter",
    "turtle",
)  # fmt: skip
"""Packages that a program without them, a network or a screen gets or shows data with: always replaced."""

_OLD = {
    "cPickle": "pickle", "_pickle": "pickle", "cupy": "numpy", "autograd.numpy": "numpy",
    "six.moves.cPickle": "pickle", "six.moves.urllib": "urllib", "six.moves.urllib.request": "urllib.request",
}  # fmt: skip
_GONE = frozenset(
    {"urllib2", "StringIO", "Queue", "__builtin__", "Tkinter", "ConfigParser", "itertools.izip"}
)
"""Modules of Python 2 that programs try before those of Python 3."""

used: list[str] = []
"""What has been replaced in this run."""

asked: list[str] = []
"""What the program has asked its user, who is not there."""

FEATURES, KINDS = 8, 2
"""Columns of a table of which nothing is known, but for its labels', and classes."""

sizes: dict[str, int] = {}
"""Other such numbers for this run: one that has met a shape that wants others is made again."""

revived: list[str] = []
"""Names of an older NumPy, or Python, that the program uses."""

_OLD_NUMPY: dict[str, Any] = {
    "asfarray": lambda a, dtype=float: np.asarray(a, dtype), "asscalar": lambda a: np.asarray(a).item(),
    "float": float, "int": int, "bool": bool, "object": object, "str": str, "long": int, "unicode": str,
    "float_": np.float64, "complex_": np.complex128, "int0": np.intp, "string_": np.bytes_,
    "unicode_": np.str_,
    **dict.fromkeys(("NaN", "NAN"), np.nan), **dict.fromkeys(("Inf", "Infinity", "PINF", "infty"), np.inf),
    "NINF": -np.inf, "product": np.prod, "cumproduct": np.cumprod, "sometrue": np.any, "alltrue": np.all,
    "round_": np.round, "in1d": np.isin, "row_stack": np.vstack, "mat": np.asmatrix,
    "asnumpy": np.asarray, "trapz": getattr(np, "trapezoid", None),
    "msort": functools.partial(np.sort, axis=0),
}  # fmt: skip
"""Names that NumPy no longer has, and what they were."""


def revive(text: str) -> None:
    """Give NumPy back the old names that a program uses; who wrote it has a NumPy that has them."""
    for name in dict.fromkeys(re.findall(r"\b(?:np|numpy|cp|cupy)\.([A-Za-z]\w*)", text)):
        if name in _OLD_NUMPY and not hasattr(np, name):
            setattr(np, name, _OLD_NUMPY[name])
            revived.append(f"np.{name}")
    if "time.clock" in text and not hasattr(time, "clock"):
        time.clock = time.process_time  # type: ignore[attr-defined]
        revived.append("time.clock")


def answer(*_: Any) -> str:
    """Answer what a program asks its user."""
    asked.append("input()")
    return "1"


# --- made-up data ---


def classes(rows: int, features: int, kinds: int = 10, most: float = 255.0, seed: int = 0) -> Any:
    """Make samples of some classes, as sparse as pictures: whole numbers up to `most`, and their labels."""
    shared = np.random.RandomState(7)
    dense = features < 30
    pattern = shared.uniform(0.3, 1, (kinds, features)) * (
        shared.uniform(size=(kinds, features)) < 0.25 + dense
    )
    own = np.random.RandomState(seed)
    labels = own.permutation(np.arange(rows) % kinds)
    X = np.round(pattern[labels] * own.uniform(0.6, 1, (rows, features)) * most)
    return X.astype(np.uint8 if most < 256 else np.float64), labels


def _measured(rows: int, features: int, kinds: int, seed: int = 0) -> Any:
    X, labels = classes(rows, features, kinds, 70.0, seed)
    return np.round(X / 10 + np.random.RandomState(seed).uniform(0, 0.3, X.shape), 1), labels


def _mnist(train: bool = True, shape: tuple[int, ...] = (28, 28)) -> Any:
    X, y = classes(_TRAIN if train else _TEST, int(np.prod(shape)), seed=int(not train))
    return X.reshape(len(X), *shape), y.astype(np.uint8)


def _float(part: Any) -> tuple[Any, Any]:
    X, y = part
    return (X.reshape(len(X), -1) / 255).astype(np.float32), y.astype(np.int64)


def _one_hot(y: Any, kinds: int = 0) -> Any:
    y = np.asarray(y, int).ravel()
    return np.eye(kinds or y.max() + 1)[y]


def _table(name: str, text: str) -> tuple[Any, list[str], Any]:
    """Make the table that a file's name, or the program, promises: numbers, headings, words for classes."""
    low = os.path.basename(name).lower()
    if "iris" in low:
        X, y = _measured(150, 4, 3)
        names = ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]
        return np.column_stack([X, y]), names, ["Iris-setosa", "Iris-versicolor", "Iris-virginica"]
    digits = any(word in low for word in ("mnist", "digit", "handwritten"))
    pictures = re.search(r"784|pixel|\b28 *[,*] *28\b|\b255\b|(?i:mnist)", text)
    if digits or (pictures and any(word in low for word in ("train", "test"))):
        if low == "test.csv":
            return classes(28_000 // SCALE, 784, seed=1)[0], [f"pixel{k}" for k in range(784)], None
        rows = 42_000 // SCALE if low == "train.csv" else _TEST if "test" in low else _TRAIN
        X, y = classes(rows, 784, seed=int("test" in low))
        if "label" in low or low.startswith("y_"):
            return y[:, None], ["label"], None
        if "image" in low or low.startswith("x_"):
            return X, [f"pixel{k}" for k in range(784)], None
        return np.column_stack([y, X]), ["label", *(f"pixel{k}" for k in range(784))], None
    names, truth = _columns(text)
    words = re.search(r"(?:map|replace)\(\s*\{([^}]*)\}", text)
    kinds = list(dict.fromkeys(_QUOTED.findall(words[1]))) if words else []
    X, y = _measured(200, len(names) - 1, len(kinds) if len(kinds) > 1 else sizes.get("kinds", KINDS))
    others = iter(X.T)
    table = np.column_stack([y if name == truth else next(others) for name in names])
    return table, names, kinds if len(kinds) > 1 and names[-1] == truth else None


_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")
_TRUTH = re.compile(r"(?i)^(y|labels?|targets?|class|outcome|species|diagnosis|survived|result|output)$")


def _columns(text: str) -> tuple[list[str], str]:
    """Tell which columns a program expects of its table, and which of them holds the truth."""
    listed = [_QUOTED.findall(each) for each in re.findall(r"(?:names|columns)\s*=\s*\[([^\]]*)\]", text)]
    named = re.findall(r"\bfor (\w+) in csv\.DictReader\(", text)  # its rows are dictionaries
    listed += [re.findall(rf"\b{row}\[['\"]([^'\"]+)['\"]\]", text) for row in named]
    longest: list[str] = max(listed, key=len, default=[])
    names = list(dict.fromkeys(longest))
    dropped: list[str] = []
    for frame in dict.fromkeys(re.findall(r"(\w+)\s*=\s*pd\.read_\w+\(", text)):
        taken = [_QUOTED.findall(each) for each in re.findall(rf"\b{frame}\[(\[?[^\]]*)\]", text)]
        dropped += [name for each in re.findall(rf"\b{frame}\.(?:drop|pop)\(([^)]*)\)", text)
                    for name in _QUOTED.findall(each)]  # fmt: skip
        names = names if len(names) > 2 else [*names, *(name for each in taken for name in each)]
    names = list(dict.fromkeys([*names, *dropped]))
    truth = [name for name in names if _TRUTH.match(name)] or dropped or names[-1:] or ["y"]
    if len(names) < 2 or {*names} <= {*dropped, *truth}:  # the others have any name
        names = [*(f"x{k}" for k in range(sizes.get("features", FEATURES))), *(names or truth)]
        if re.search(r"\[:, *0\]", text) and not re.search(r"\[:, *-1\]", text):
            return [truth[-1], *(name for name in names if name != truth[-1])], truth[-1]
    return [*(name for name in names if name != truth[-1]), truth[-1]] if not listed else names, truth[-1]


def _lines(name: str, text: str) -> str:
    table, names, words = _table(name, text)
    rows = [[f"{value:g}" for value in row] for row in table]
    for row in rows if words else ():
        row[-1] = words[int(row[-1])]
    if "DictReader(" in text:
        for column, word in re.findall(r"\[['\"](\w+)['\"]\] *== *['\"](\w+)['\"]", text):
            for number, row in enumerate(rows if column in names else ()):
                row[names.index(column)] = word if number % 3 else f"no {word}"
        rows.insert(0, names)
    commas = re.search(r"(split\(|delimiter=|sep=) *['\"],|csv\.reader|read_csv", text)
    spaces = not commas and re.search(r"\.split\((['\"] ['\"])?\)|(loadtxt|genfromtxt)\(", text)
    return "\n".join(map((" " if spaces else ",").join, rows)) + "\n"


def _idx(name: str) -> bytes:
    """Make a file in MNIST's own format."""
    X, y = _mnist("t10k" not in name and "test" not in name)
    if "label" in name:
        return struct.pack(">II", 2049, len(y)) + bytes(y.tobytes())
    return struct.pack(">IIII", 2051, *X.shape) + bytes(X.tobytes())


_SAMPLES = re.compile(r"(?i)(train|test|val\w*)?_?(x|data|images?|features?|inputs?)(_?(train|test|val\w*))?")
_LABELS = re.compile(r"(?i)(train|test|val\w*)?_?(y|labels?|targets?)(_?(train|test|val\w*))?")


def _by_key(name: str, text: str) -> dict[str, Any]:
    """Make the dictionary of samples and labels that a program takes out of a file, if it takes one."""
    keys = dict.fromkeys(re.findall(r"\[['\"](\w+)['\"]\]", text))
    kinds = {key: _LABELS.fullmatch(key) is not None for key in keys
        if _LABELS.fullmatch(key) or _SAMPLES.fullmatch(key)}  # fmt: skip
    if len({*kinds.values()}) < 2:
        return {}
    parts = {key: _mnist(not re.search("(?i)test|val", key + name), (784,)) for key in kinds}
    return {key: parts[key][of_y] for key, of_y in kinds.items()}


def _pickled(name: str, text: str) -> bytes:
    low = name.lower()
    if "meta" in low:
        kinds = [f"class {k}" for k in range(10)]
        return pickle.dumps({"label_names": kinds, b"label_names": [kind.encode() for kind in kinds]})
    if "batch" in low or "cifar" in low:
        X, y = classes(10_000 // SCALE, 3072)
        return pickle.dumps({b"data": X, b"labels": y.tolist(), "data": X, "labels": y.tolist()})
    held = _by_key(low, text)
    if held:
        return pickle.dumps(held)
    train, test = _float(_mnist()), _float(_mnist(False))
    if "split" in low or ".gz" in low or "mnist.pkl" in low:
        return pickle.dumps((train, test, test))
    return pickle.dumps({"training_images": _mnist()[0].reshape(_TRAIN, -1), "training_labels": _mnist()[1],
        "test_images": _mnist(False)[0].reshape(_TEST, -1), "test_labels": _mnist(False)[1]})  # fmt: skip


# --- numbers of rows ---


def _is_real(end: Any, length: int) -> bool:
    """Tell whether an end of a slice is meant for the real rows; a power of two is the size of a batch."""
    whole = isinstance(end, int | np.integer)
    return whole and int(end) > 1.2 * length and bool(int(end) & (int(end) - 1))


def fit(index: Any, length: int) -> Any:
    """Bring an index that is meant for the real number of rows down to ours."""
    if isinstance(index, slice):
        start, stop = ends = [index.start, index.stop]
        plain = all(isinstance(end, int | np.integer) for end in ends)
        if plain and start > 0 and 0 < stop - start <= length:
            return slice(start % length, start % length + stop - start, index.step)  # a batch
        ends = [end // SCALE if _is_real(end, length) else end for end in ends]
        return slice(ends[0], ends[1], index.step)
    if isinstance(index, int | np.integer) and index >= length > 0:
        return int(index) % length
    beyond = isinstance(index, np.ndarray | list) and np.asarray(index).dtype.kind in "iu"
    return np.asarray(index) % length if beyond and np.size(index) and np.max(index) >= length > 0 else index


def fit_all(holder: Any, index: Any) -> Any:
    """Bring the indices of samples down: the long axes of tables, and lists of samples."""
    if isinstance(holder, np.ndarray):
        parts = index if isinstance(index, tuple) else (index,)
        fitted = tuple(
            fit(part, size) if size > 15 else part for part, size in zip(parts, holder.shape, strict=False)
        )
        fitted += parts[len(fitted) :]
        return fitted if isinstance(index, tuple) else fitted[0]
    if isinstance(holder, list | tuple) and len(holder) > 15:
        return fit(index, len(holder))
    if type(holder).__name__ in ("_iLocIndexer", "DataFrame", "Series"):
        size = len(getattr(holder, "obj", holder))
        return (fit(index[0], size), *index[1:]) if isinstance(index, tuple) else _rows(index, size)
    return index


def _rows(index: Any, size: int) -> Any:
    return fit(index, size) if isinstance(index, slice | int) else index


def reshaped(array: Any, shape: Any) -> Any:
    """Reshape to what would be the real number of rows."""
    shape = list(shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape)
    for place, size in enumerate(shape):
        if isinstance(size, int) and size >= SCALE:
            trial = [*shape[:place], -1, *shape[place + 1 :]]
            rest = -int(np.prod(trial))
            if rest > 0 and array.size % rest == 0 and -1 not in shape:
                return array.reshape(trial)
    raise ValueError(f"cannot reshape array of size {array.size} into shape {tuple(shape)}")


def parts(names: list[str], value: Any) -> Any:
    """Give what a loader that is not here returns as many parts as it is taken apart into."""
    entries = list(value) if type(value) in (tuple, list) else []
    if not entries or len(entries) > 6 or not all(isinstance(e, tuple | np.ndarray) for e in entries):
        return value
    pairs = [entry for entry in entries if isinstance(entry, tuple) and len(entry) == 2]
    if not pairs:
        pairs = list(zip(entries[::2], entries[1::2], strict=False))
    elif len(pairs) < len(entries):
        return value
    apart = isinstance(entries[0], tuple)
    truth = re.search(r"(?i)(^|_)(y|t|labels?|targets?)", names[-1]) and "test" not in names[-1].lower()
    if len(names) == 2 and apart and truth:
        return pairs[0]
    if len(names) == len(entries):
        return value
    pairs = (pairs + 2 * pairs[-1:])[:3]
    if len(names) in (2, 3) and not (len(names) == 2 and truth):
        return tuple(pairs[: len(names)])
    flat = tuple(part for pair in pairs for part in pair)
    return flat[: len(names)] if len(names) in (2, 4, 6) else value


# --- what modules have ---


class Record(dict[str, Any]):
    """A dictionary whose entries are attributes, too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class _Part(Record):
    """A part of what TensorFlow's old tutorial reads."""

    def next_batch(self, size: int, **_: Any) -> Any:
        chosen = np.random.randint(0, len(self["images"]), size)  # noqa: NPY002 - seeded as the program says
        return self["images"][chosen], self["labels"][chosen]


class Stub(types.ModuleType):
    """A module that does nothing: whatever is taken from it, or made with it, does nothing either."""

    __path__: list[str] = []  # noqa: RUF012 - the import system wants a plain attribute
    __version__ = "0"
    __array_ufunc__ = None  # an array and it make nothing, too

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(self)(f"{self.__name__}.{name}")

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Do nothing."""
        return type(self)(f"{self.__name__}()")

    def __iter__(self) -> Any:
        return iter((type(self)(self.__name__), type(self)(self.__name__)))

    def __getitem__(self, _: Any) -> Any:
        return type(self)(f"{self.__name__}[]")

    def __setitem__(self, _: Any, __: Any) -> None:
        pass

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __array__(self, *_: Any, **__: Any) -> Any:
        """Refuse: NumPy would look into it, and into what is in it, for ever."""
        raise TypeError(f"{self.__name__} stands in for something that is not here, and has no numbers")

    def __mro_entries__(self, _: Any) -> tuple[type]:
        """Stand in for a class that others are made from."""
        return (_Base,)

    def __format__(self, _: str) -> str:
        return self.__name__

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True


class _Base:
    """What a class is made from whose own base is not here."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return getattr(Stub(type(self).__name__), name)


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "radd", "rsub", "rmul",
              "rtruediv", "rpow", "rmatmul", "neg", "lt", "le", "gt", "ge"):  # fmt: skip
    setattr(Stub, f"__{_name}__", Stub.__call__)


class _Fake(Stub):
    """A module that is not here: known functions give data, all else does nothing."""

    def __getattr__(self, name: str) -> Any:
        known, whole = _KNOWN.get(name), f"{self.__name__}.{name}"
        if whole in _OLD:
            return sys.modules[_OLD[whole]]
        if self.__name__ == "six.moves" and hasattr(builtins, name.lstrip("x")):
            return getattr(builtins, name.lstrip("x"))
        return super().__getattr__(name) if known is None else functools.partial(known, whole)

    def __call__(self, *args: Any, **_: Any) -> Any:
        """Do nothing, or hand on what a decorator, or a bar around a loop, is given."""
        name = self.__name__.rpartition(".")[2]
        if name == "tqdm" and args:
            return Bar(args[0])
        passed = name in ("jit", "njit", "vectorize", "prange", "display")
        return args[0] if args and (passed or callable(args[0])) else super().__call__()


class Bar(Stub):
    """A bar around a loop."""

    def __init__(self, around: Any) -> None:
        super().__init__("bar")
        self.around = around

    def __iter__(self) -> Any:
        return iter(self.around)

    def __len__(self) -> int:
        return len(self.around)

    def __getattr__(self, name: str) -> Any:
        return getattr(Stub("bar"), name)


def _noted(function: Any) -> Any:
    @functools.wraps(function)
    def noting(whole: str, *args: Any, **keywords: Any) -> Any:
        used.append(whole)
        return function(whole, *args, **keywords)

    return noting


def _load_data(whole: str, *_: Any, **__: Any) -> Any:
    """Return what keras.datasets has."""
    if "cifar" in whole:
        parts = [classes(rows // SCALE, 3072, seed=seed) for rows, seed in ((50_000, 0), (10_000, 1))]
        return tuple((X.reshape(len(X), 32, 32, 3), y.astype(np.uint8)[:, None]) for X, y in parts)
    if "dnn" in whole:
        return _pictures(whole)
    if whole == "utilities.load_data":
        return _cats_and_dogs()
    if "mnist_loader" in whole or "pkl" in whole:
        return _float(_mnist()), _float(_mnist(False)), _float(_mnist(False))
    return _mnist(), _mnist(False)


def _load_data_wrapper(whole: str, *_: Any, **__: Any) -> Any:
    """Return what Nielsen's mnist_loader has."""
    (X, y), test = _float(_mnist()), _float(_mnist(False))
    train = [(x[:, None], hot[:, None]) for x, hot in zip(X, _one_hot(y, 10), strict=True)]
    tests = [(x[:, None], label) for x, label in zip(*test, strict=True)]
    return train, tests, list(tests)


def _load_mnist(
    whole: str,
    *args: Any,
    normalize: bool = True,
    flatten: bool = True,
    one_hot_label: bool = False,
    **_: Any,
) -> Any:
    """Return what the book Deep Learning from Scratch has; of a path, what tutorials of idx files have."""
    parts = []
    for train in (True, False):
        X, y = _mnist(train)
        X = (X / 255).astype(np.float32) if normalize else X
        parts.append(
            (X.reshape(len(X), -1) if flatten else X[:, None], _one_hot(y, 10) if one_hot_label else y)
        )
    kind = next((arg for arg in args if arg in ("train", "t10k", "test")), None)
    return parts[kind != "train"] if kind else tuple(parts)


_LOADING = re.compile(
    r"(?i)_*(load|read|fetch|download)|(get|prepare|import|create|make)\w*(data|mnist|cifar|images|digits)"
)
_OTHER_LOADING = re.compile(r"(?i)model|weight|param|config|name|meta|line|arg|loader")


def loads(name: str) -> bool:
    """Tell whether a function of the program's own is there to load samples."""
    last = name.rpartition(".")[2]
    return _LOADING.match(last) is not None and _OTHER_LOADING.search(last) is None


def loaded(name: str, **keywords: Any) -> Any:
    """Give what such a function would: training part and test part."""
    used.append(name)
    if "cifar" not in f"{name} {_files.text}".lower():
        return _load_mnist(name, **{key: value for key, value in keywords.items() if isinstance(value, bool)})
    return tuple((X.reshape(len(X), -1) / 255, y.ravel()) for X, y in _load_data("cifar"))


def _read_data_sets(whole: str, *_: Any, one_hot: bool = False, **__: Any) -> Any:
    parts = []
    for train in (True, False, False):
        X, y = _float(_mnist(train))
        labels = _one_hot(y, 10) if one_hot else y
        parts.append(_Part(images=X, labels=labels, num_examples=len(X)))
    return Record(zip(("train", "validation", "test"), parts, strict=True))


class _Python(Record):
    """What the package python-mnist, or torchvision, reads."""

    def load_training(self) -> Any:
        X, y = _mnist(True, (784,))
        return X.tolist(), y.tolist()

    def load_testing(self) -> Any:
        X, y = _mnist(False, (784,))
        return X.tolist(), y.tolist()


def _load(whole: str, *_: Any, **__: Any) -> Any:
    """Return what a module that only fetches MNIST has: training part and test part, flat."""
    return *_mnist(True, (784,)), *_mnist(False, (784,))


def _mnist_class(whole: str, *_: Any, train: bool = True, **__: Any) -> Any:
    X, y = _mnist(train)
    return _Python(data=X, targets=y, train_data=X, train_labels=y, test_data=X, test_labels=y)


def _planar(whole: str, *_: Any, **__: Any) -> Any:
    """Return what the flower of the well-known course has: two features, in columns."""
    X, y = _measured(200, 2, 2)
    return X.T, y[None]


def _spiral(whole: str, samples: int = 100, classes: int = 3, **_: Any) -> Any:
    """Return what the spiral of the well-known book has."""
    X, y = _measured(samples * classes, 2, classes)
    return X, y.astype(np.uint8)


def _pictures(whole: str, *_: Any, **__: Any) -> Any:
    """Return the cats of the well-known course: few, since each has 12,288 numbers."""
    X, y = classes(23, 12288, 2)
    X = X.reshape(-1, 64, 64, 3)
    return X[:16], y[None, :16], X[16:], y[None, 16:], np.array([b"non-cat", b"cat"])


def _cats_and_dogs() -> Any:
    """Return what a well-known French course has."""
    X, y = classes(48, 4096, 2)
    X = X.reshape(-1, 64, 64)
    return X[:40], y[:40, None].astype(float), X[40:], y[40:, None].astype(float)


def _fetch(text: str, name: Any = "mnist_784", *_: Any, as_frame: Any = "auto", **keywords: Any) -> Any:
    """Return what fetch_openml has."""
    used.append(str(name))
    if "iris" in str(name):
        X, y = _measured(150, 4, 3)
    else:
        X, y = classes(70_000 // SCALE, 784)
    X = X.astype(np.float64)
    target: Any = np.array([str(label) for label in y], dtype=object)
    target = y.astype(np.float64) if "mldata" in text else target
    framed = as_frame is True or (
        as_frame == "auto" and re.search(r"\.(to_numpy|values|iloc|loc)\b", _files.text)
    )
    if framed and "pandas" in sys.modules:
        pandas: Any = sys.modules["pandas"]
        names = [f"pixel{k + 1}" for k in range(X.shape[1])]
        X, target = pandas.DataFrame(X, columns=names), pandas.Series(target, name="class")
    return (X, target) if keywords.get("return_X_y") else Record(data=X, target=target, DESCR="")


def _sigmoid(whole: str, Z: Any) -> Any:
    """Return what the well-known course's helpers have; those of its deeper networks keep Z for later."""
    A = 1 / (1 + np.exp(-np.asarray(Z)))
    return (A, Z) if "dnn" in whole else A


def _relu(whole: str, Z: Any) -> Any:
    return (np.maximum(Z, 0), Z) if "dnn" in whole else np.maximum(Z, 0)


def _sigmoid_backward(whole: str, dA: Any, Z: Any) -> Any:
    A = 1 / (1 + np.exp(-Z))
    return dA * A * (1 - A)


_KNOWN: dict[str, Any] = {
    **{name: _noted(function) for name, function in {
        "load_data": _load_data, "load_data_wrapper": _load_data_wrapper, "load_mnist": _load_mnist,
        "read_data_sets": _read_data_sets, "MNIST": _mnist_class, "FashionMNIST": _mnist_class,
        "load_planar_dataset": _planar, "load_dataset": _pictures,
        "load": _load, "train_images": lambda whole: _mnist()[0], "train_labels": lambda whole: _mnist()[1],
        "test_images": lambda whole: _mnist(False)[0], "test_labels": lambda whole: _mnist(False)[1],
        "spiral_data": _spiral, "vertical_data": _spiral,
        "mnist_data": lambda whole: _mnist(True, (784,)),
    }.items()},
    "to_categorical": lambda whole, y, num_classes=0, **_: _one_hot(y, num_classes),
    "sigmoid": _sigmoid, "relu": _relu,
    "sigmoid_backward": _sigmoid_backward, "relu_backward": lambda whole, dA, Z: dA * (Z > 0),
    "trange": lambda whole, *args, **_: Bar(range(*args)),
}  # fmt: skip


def _learner_asks() -> bool:
    """Tell whether an import is the program's own, and not a library's."""
    frame = sys._getframe(2)
    while frame.f_back is not None and "importlib" in frame.f_code.co_filename:
        frame = frame.f_back
    return "__recorder__" in frame.f_globals


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a stand-in for each module that nobody else finds, and for those that fetch data."""

    def __init__(self, chosen: Any = None) -> None:
        self.chosen = chosen

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """Find a stand-in."""
        top = name.partition(".")[0]
        if name in _GONE or (self.chosen is not None and top not in self.chosen) or not _learner_asks():
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """Make it."""
        return sys.modules[_OLD[spec.name]] if spec.name in _OLD else _Fake(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Give out, where all is imported, what the program calls and does not have until then."""
        if re.search(rf"from +{re.escape(module.__name__)} +import +\*", _files.text):
            frame = sys._getframe(1)
            while frame.f_back is not None and "__recorder__" not in frame.f_globals:
                frame = frame.f_back
            called = {*re.findall(r"(?<![\w.])([A-Za-z]\w*)\(", _files.text)}
            written = {*re.findall(r"\b(?:def|class) +(\w+)", _files.text), *dir(builtins)}
            vars(module)["__all__"] = sorted(called - written - frame.f_globals.keys())


# --- files ---


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
                if size > left or os.path.exists(to) or not os.path.isfile(whole) or _is_pointer(whole):
                    continue
                left, count = left - size, count + 1
                shutil.copyfile(whole, to)
        except OSError:
            continue


def _is_pointer(file: str) -> bool:
    """Tell whether a file only says where the data are, as Git's large ones do."""
    with open(file, "rb") as start:
        return start.read(26) == b"version https://git-lfs.gi"


_FROM_FILE, _REMOVE = np.fromfile, os.remove


class _Files:
    """What opens files: those that are there as ever, of those that are not, stand-ins."""

    kept: dict[str, str] = {}  # noqa: RUF012 - one run, one memory
    """Where that is which was written to a place that cannot be written to."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.open, self.gzip_open = builtins.open, gzip.open

    def missing(self, name: Any) -> str:
        """Return the name of a file that is not there; empty otherwise."""
        name = os.fspath(name) if isinstance(name, str | os.PathLike) else ""
        if not isinstance(name, str) or not name or os.path.exists(name):
            return ""
        if "except" in self.text and re.search(rf"\bsave\w*\(\s*['\"]{re.escape(name)}['\"]", self.text):
            return ""  # its own, from an earlier run: it can do without
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
        if isinstance(file, str | os.PathLike) and self.kept:
            file = self.kept.get(os.path.abspath(os.fspath(file)), file)
        name = self.missing(file) if "r" in mode and "+" not in mode else ""
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
            data = _idx(base)
        elif name.endswith((".pkl", ".pickle", ".pkl.gz")) or "batch" in name:
            data = _pickled(base, self.text)
        elif name.lower().endswith((".csv", ".txt", ".data", ".arff")):
            lines = _lines(name, self.text)
            if "://" in name and "read_csv(" in self.text and "header=None" not in self.text:
                lines = ",".join(_table(name, self.text)[1]) + "\n" + lines  # as who puts it on the web does
            if name.endswith("arff"):
                lines = "@data\n" + re.sub(r"(?m)^([^,\n]*),(.*)$", r"\2,\1", lines)  # the truth comes last
            data = lines.encode()
        else:
            return None
        self.kept[path] = os.path.join(tempfile.mkdtemp(dir="."), "made")
        with self.open(self.kept[path], "wb") as file:
            file.write(gzip.compress(data) if name.endswith("gz") else data)
        return self.kept[path]

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
            name = self.missing(args[0] if args else next(iter(keywords.values()), None))
            return make(name, **keywords) if name else real(*args, **keywords)

        return read

    def arrays(self, name: str, **_: Any) -> Any:
        """Make what NumPy's own files have."""
        name = os.path.basename(name).lower()
        if name.endswith("npz") or ("mnist" in name and not name.endswith("npy")):
            (X, y), (testX, testy) = _mnist(), _mnist(False)
            return _Arrays(x_train=X, y_train=y, x_test=testX, y_test=testy)
        train = "test" not in name and "val" not in name
        X, y = _mnist(train, (784 if "mnist" in name else sizes.get("pixels", 784),))
        return y if any(word in name for word in ("label", "y_", "target", "_y")) else X

    def rows(self, name: str, **keywords: Any) -> Any:
        """Make the numbers in a text."""
        table, _, words = _table(name, self.text)
        if words and keywords.get("dtype") in (str, object, "str"):
            return np.array([line.split(",") for line in _lines(name, self.text).split()])
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
            table, names, words = _table(name.replace("\\", "/"), self.text)
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
        if "cat" in name.lower() or "set_x" in self.text:
            X, y, testX, testy, kinds = _pictures("")
            y, testy = y[0], testy[0]
            return _Arrays(x_train=X, y_train=y, x_test=testX, y_test=testy, list_classes=kinds)
        if os.path.basename(name) in ("trainset.hdf5", "testset.hdf5"):
            return _Arrays(zip(("x_train", "y_train", "x_test", "y_test"), _cats_and_dogs(), strict=True))
        flat = (sizes.get("pixels", 784),)
        (X, y), (testX, testy) = _float(_mnist(True, flat)), _float(_mnist(False, flat))
        if re.search(r"y_\w+['\"]\]\[:, *0\]", self.text):
            y, testy = y[:, None], testy[:, None]
        return _Arrays(x_train=X, y_train=y, x_test=testX, y_test=testy)


def _matrices(name: str, **_: Any) -> dict[str, Any]:
    """Make what a file of MATLAB's has: the digits of an old course."""
    name = name.lower()
    if "weight" in name:
        own = np.random.RandomState(2)
        return {"Theta1": own.uniform(-1, 1, (25, 401)), "Theta2": own.uniform(-1, 1, (10, 26))}
    if "mnist" in name:
        X, y = classes(70_000 // SCALE, 784)
        return {"data": X.T, "label": y[None].astype(float)}
    X, y = classes(250, 400)
    return {"X": X / 255.0, "y": np.where(y == 0, 10, y)[:, None].astype(np.uint8)}


def _encoding(real: Any) -> Any:
    """Let scikit-learn's encoder take its old argument."""

    @functools.wraps(real, updated=())
    def encoder(*args: Any, **keywords: Any) -> Any:
        if "sparse" in keywords:
            keywords["sparse_output"] = keywords.pop("sparse")
            revived.append("OneHotEncoder(sparse=)")
        return real(*args, **keywords)

    return encoder


def _writable(real: Any) -> Any:
    """Let what pandas gives be written to, as it could be before its third version."""

    @functools.wraps(real)
    def to_numpy(self: Any, *args: Any, **keywords: Any) -> Any:
        value = real(self, *args, **keywords)
        return value if value.flags.writeable else value.copy()

    return to_numpy


def _old_frame(real: Any) -> Any:
    """Let pandas' tables and columns be as they were; one that is made up has what is asked of it."""
    series = sys.modules["pandas"].Series
    for kind in (real, series):
        kind.to_numpy = _writable(kind.to_numpy)
        kind.values = property(lambda self: self.to_numpy())
        kind.iteritems = kind.items
        kind.append = _appended
        kind.plot = Stub("plot")  # nothing draws here
        kind.hist = kind.boxplot = lambda self, *_, **__: Stub("plot")
    real.__getitem__ = _having(real.__getitem__)
    real.__getattr__ = _having(real.__getattr__)
    real.drop = _having(real.drop)
    series.__eq__ = _told_by_a_word(series.__eq__)
    series.__ne__ = _told_by_a_word(series.__ne__)
    return real


def _appended(self: Any, other: Any, ignore_index: bool = False, **_: Any) -> Any:
    """Return a table or a column, and another one or a row below it."""
    pandas: Any = sys.modules["pandas"]
    several = [pandas.DataFrame([each]) if isinstance(each, dict) else each
        for each in (other if isinstance(other, list) else [other])]  # fmt: skip
    return pandas.concat([self, *several], ignore_index=ignore_index)


def _having(real: Any) -> Any:
    """Let a table that is made up have the columns that it is asked for."""

    @functools.wraps(real)
    def asked(self: Any, *args: Any, **keywords: Any) -> Any:
        try:
            return real(self, *args, **keywords)
        except (KeyError, AttributeError):
            given = [*args[:1], *(keywords.get(name) for name in ("labels", "columns"))]
            names = [n for each in given for n in (each if isinstance(each, list) else [each])]
            names = [name for name in names if isinstance(name, str) and name not in self.columns]
            if real.__name__ == "__getattr__":
                names = [name for name in names if re.search(rf"\w\.{name}\b(?! *\()", _files.text)]
            if not names or not self.attrs.get("made_up"):
                raise
            for name in names:
                self[name] = _column(self, name)
            return real(self, *args, **keywords)

    return asked


def _column(table: Any, name: str) -> Any:
    """Make one more column of a table: labels, or numbers that tell something of them."""
    quoted = rf"['\"]{re.escape(name)}['\"]"
    if _TRUTH.match(name) or re.search(rf"(?m)^ *\w*(?i:y|label|target)\w* *=[^\n]*{quoted}", _files.text):
        return np.asarray(table.index, int) % sizes.get("kinds", KINDS)
    own = np.random.RandomState(len(name) + ord(name[0]))
    known = table.iloc[:, -1].to_numpy()
    known = np.nan_to_num(known) if known.dtype.kind in "iuf" else np.zeros(len(table))
    return np.round(abs(known * own.uniform(-2, 2) + own.uniform(0, 3, len(table))), 1)


def _told_by_a_word(real: Any) -> Any:
    """Let a column of a made-up table, of which a word is asked, have words."""

    @functools.wraps(real)
    def compared(self: Any, other: Any) -> Any:
        if isinstance(other, str) and self.attrs.get("made_up") and self.dtype.kind in "iuf":
            words = _WORDS.setdefault(str(self.name), [])
            if other not in words:
                words.append(other)
            values = np.unique(self)
            at = words.index(other)
            if len(values) > 20:  # numbers for which words stand in turn
                return real(self.rank(method="first") % max(len(words), 2), at)
            other = values[at] if at < len(values) else np.nan
        return real(self, other)

    return compared


_WORDS: dict[str, list[str]] = {}
"""The words that a made-up column of numbers was compared with."""


def _splitting(real: Any) -> Any:
    """Bring the sizes of parts down."""

    @functools.wraps(real)
    def split(*arrays: Any, **keywords: Any) -> Any:
        n = len(arrays[0])
        for name in ("test_size", "train_size"):
            if used and isinstance(keywords.get(name), int | np.integer) and keywords[name] >= n:
                keywords[name] = max(keywords[name] // SCALE, 1)
        return real(*arrays, **keywords)

    return split


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


def _listed(real: Any) -> Any:
    """Let a folder that is not there be empty."""

    @functools.wraps(real)
    def listed(path: Any = ".") -> list[Any]:
        return list(real(path)) if os.path.isdir(path) else []

    return listed


def _where_allowed(real: Any) -> Any:
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


_files = _Files("")


def install(text: str, folder: str) -> None:
    """Put the stand-ins in place, for good: this process makes one run and ends."""
    used.clear()
    bring_along(folder)
    files = _files
    builtins.open, gzip.open = files.opened, files.unzipped  # type: ignore[assignment]
    np.load = files.instead(functools.partial(np.load, allow_pickle=True), files.arrays)  # as once
    np.set_printoptions = lambda *_, **__: None  # older ones take other options
    os.remove = os.unlink = files.removed
    if re.search(r"\bnot +in +os\.listdir\(", text):  # it asks whether to fetch what it reads then
        os.listdir = _listed(os.listdir)
    for module, names in (
        (os, ("mkdir", "makedirs")),
        (np, ("save", "savez", "savetxt")),
    ):
        for name in names:
            setattr(module, name, _where_allowed(getattr(module, name)))
    np.fromfile = files.numbers
    np.loadtxt, np.genfromtxt = (files.instead(real, files.rows) for real in (np.loadtxt, np.genfromtxt))
    urllib.request.urlopen = files.fetched
    _KNOWN["get"] = _noted(lambda _, url="", *args, **keywords: files.answer(str(url)))
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
    files = _files
    files.text += f"\n{text}"
    _KNOWN["File"] = _noted(lambda _, name, *args, **keywords: files.tree(str(name)))
    for module, name, wrap in (
        ("pandas", "read_csv", files.frame),
        ("pandas", "read_excel", files.frame),
        ("pandas", "DataFrame", _old_frame),
        ("scipy.io", "loadmat", lambda real: files.instead(real, _matrices)),
        ("h5py", "File", lambda real: files.instead(real, files.tree)),
        ("sklearn.preprocessing", "OneHotEncoder", _encoding),
        ("sklearn.datasets", "fetch_openml", lambda real: functools.partial(_fetch, text)),
        ("sklearn.datasets", "fetch_mldata", lambda real: functools.partial(_fetch, text + "mldata")),
        ("sklearn.model_selection", "train_test_split", _splitting),
    ):
        if module in text and (name in text or module != "sklearn.datasets"):
            try:
                found = importlib.import_module(module)
            except ImportError:
                continue
            real = getattr(found, name, None)
            if not hasattr(real, "stands_in"):
                made: Any = wrap(real)
                made.stands_in = True
                setattr(found, name, made)
