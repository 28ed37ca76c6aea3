"""Modules that are not here, or would fetch data: known functions give data, all else does nothing."""

import builtins
import functools
import importlib
import importlib.abc
import importlib.machinery
import re
import sys
import types
from typing import Any

import numpy as np

from .pictures import in_grey, read_picture, resized
from .samples import (
    as_numbers,
    as_one_hot,
    cats_and_dogs,
    classes,
    idx,
    load_mnist,
    measured,
    mnist,
    pictures,
    planar,
    spiral,
)
from .state import SCALE, program, used

_OLD = {
    "cPickle": "pickle", "_pickle": "pickle", "cupy": "numpy", "autograd.numpy": "numpy",
    "sklearn.cross_validation": "sklearn.model_selection", "sklearn.externals.joblib": "joblib",
    "six.moves.cPickle": "pickle", "six.moves.urllib": "urllib", "six.moves.urllib.request": "urllib.request",
}  # fmt: skip

_GONE = frozenset(
    {"urllib2", "StringIO", "Queue", "__builtin__", "Tkinter", "ConfigParser", "itertools.izip"}
)
"""Modules of Python 2 that programs try before those of Python 3."""


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
        if name == "imread":
            return functools.partial(KNOWN[name], name)
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

    def __reduce__(self) -> Any:
        """Be written into a file as a name."""
        return str, (self.__name__,)

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
        whole = f"{self.__name__}.{name}"
        known = KNOWN.get(name, KNOWN.get(whole))
        if whole in _OLD:
            return importlib.import_module(_OLD[whole])
        if self.__name__ == "six.moves" and hasattr(builtins, name.lstrip("x")):
            return getattr(builtins, name.lstrip("x"))
        return super().__getattr__(name) if known is None else functools.partial(known, whole)

    def __call__(self, *args: Any, **_: Any) -> Any:
        """Do nothing, or hand on what a decorator, or a bar around a loop, is given."""
        name = self.__name__.rpartition(".")[2]
        if name in _BARS and args:
            return Bar(args[0])
        if args and (name == "display" or callable(args[0])):
            return args[0]
        return _unchanged if name in ("jit", "njit", "vectorize") else super().__call__()


_BARS = frozenset({"tqdm", "progressbar", "track", "alive_it"})
"""What shows how far a loop has come."""


def _unchanged(function: Any) -> Any:
    """Hand on what is decorated."""
    return function


_LIBRARIES = frozenset({"torch", "theano", "jax", "mxnet", "chainer", "paddle", "numba", "cv2", "PIL"})
"""Modules that are missing, and never a program's own."""


class _Lost(_Fake):
    """A module that nobody finds: what another file of the repository defines is taken from there."""

    def __getattr__(self, name: str) -> Any:
        own = name[:2] != "__" and self.__name__.partition(".")[0] not in _LIBRARIES
        found = program.elsewhere(self.__name__, name) if own else None
        return super().__getattr__(name) if found is None else found


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


def noted(function: Any) -> Any:
    """Note, where a function is called, that it stands in for another."""

    @functools.wraps(function)
    def noting(whole: str, *args: Any, **keywords: Any) -> Any:
        used.append(whole)
        return function(whole, *args, **keywords)

    return noting


def _idx_array(whole: str, file: Any, *_: Any) -> Any:
    """Return the array that is in a file of MNIST's own format."""
    data = file.read() if hasattr(file, "read") else idx(str(file))
    shape = np.frombuffer(data, ">i4", data[3], 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def _load_data(whole: str, *_: Any, **__: Any) -> Any:
    """Return what keras.datasets has."""
    if "cifar" in whole:
        parts = [classes(rows // SCALE, 3072, seed=seed) for rows, seed in ((50_000, 0), (10_000, 1))]
        return tuple((X.reshape(len(X), 32, 32, 3), y.astype(np.uint8)[:, None]) for X, y in parts)
    if "dnn" in whole:
        return pictures(whole)
    if whole == "utilities.load_data":
        return cats_and_dogs()
    if "mnist_loader" in whole or "pkl" in whole:
        return as_numbers(mnist()), as_numbers(mnist(False)), as_numbers(mnist(False))
    return mnist(), mnist(False)


def _load_data_wrapper(whole: str, *_: Any, **__: Any) -> Any:
    """Return what Nielsen's mnist_loader has."""
    (X, y), test = as_numbers(mnist()), as_numbers(mnist(False))
    train = [(x[:, None], hot[:, None]) for x, hot in zip(X, as_one_hot(y, 10), strict=True)]
    tests = [(x[:, None], label) for x, label in zip(*test, strict=True)]
    return train, tests, list(tests)


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
    if "cifar" not in f"{name} {program.text}".lower():
        return load_mnist(name, **{key: value for key, value in keywords.items() if isinstance(value, bool)})
    return tuple((X.reshape(len(X), -1) / 255, y.ravel()) for X, y in _load_data("cifar"))


def _read_data_sets(whole: str, *_: Any, one_hot: bool = False, **__: Any) -> Any:
    parts = []
    for train in (True, False, False):
        X, y = as_numbers(mnist(train))
        labels = as_one_hot(y, 10) if one_hot else y
        parts.append(_Part(images=X, labels=labels, num_examples=len(X)))
    return Record(zip(("train", "validation", "test"), parts, strict=True))


class _Tensor(np.ndarray):
    """Numbers that are asked for like a tensor's."""

    def numpy(self, *_: Any, **__: Any) -> Any:
        return np.array(self)

    detach = cpu = clone = lambda self, *_, **__: self
    long = lambda self: self.astype(np.int64)  # noqa: E731
    int = lambda self: self.astype(np.int32)  # noqa: E731
    float = lambda self: self.astype(np.float32)  # noqa: E731
    double = lambda self: self.astype(np.float64)  # noqa: E731

    def view(self, *shape: Any) -> Any:  # type: ignore[override]
        plain = shape and all(isinstance(part, int | np.integer) for part in shape)
        return self.reshape(shape) if plain else super().view(*shape)


class _Python(Record):
    """What the package python-mnist, or torchvision, reads."""

    def load_training(self) -> Any:
        X, y = mnist(True, (784,))
        return X.tolist(), y.tolist()

    def load_testing(self) -> Any:
        X, y = mnist(False, (784,))
        return X.tolist(), y.tolist()

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Any:
        return (self[number] for number in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return super().__getitem__(key)
        return (self.data[key][None] / 255).astype(np.float32), self.targets[key]


class _Loader:
    """What hands out samples in batches."""

    def __init__(self, whole: str, dataset: Any, batch_size: Any = 1, **_: Any) -> None:
        self.dataset, self.batch_size = dataset, int(batch_size or 1)

    def __len__(self) -> int:
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self) -> Any:
        for start in range(0, len(self.dataset), self.batch_size):
            rows = range(start, min(start + self.batch_size, len(self.dataset)))
            parts = zip(*(self.dataset[row] for row in rows), strict=True)
            yield [np.array(part).view(_Tensor) for part in parts]


def _loadlocal_mnist(whole: str, images_path: str = "", labels_path: str = "") -> Any:
    """Return what mlxtend reads of MNIST's own files."""
    return mnist("t10k" not in images_path and "test" not in images_path, (784,))


def _load(whole: str, *_: Any, **__: Any) -> Any:
    """Return what a module that only fetches MNIST has: training part and test part, flat."""
    return *mnist(True, (784,)), *mnist(False, (784,))


def _mnist_class(whole: str, *_: Any, train: bool = True, **__: Any) -> Any:
    X, y = (part.view(_Tensor) for part in mnist(train))
    return _Python(data=X, targets=y, train_data=X, train_labels=y, test_data=X, test_labels=y)


def fetch(text: str, name: Any = "mnist_784", *_: Any, as_frame: Any = "auto", **keywords: Any) -> Any:
    """Return what fetch_openml has."""
    used.append(str(name))
    if "iris" in str(name):
        X, y = measured(150, 4, 3)
    else:
        X, y = classes(70_000 // SCALE, 784)
    X = X.astype(np.float64)
    target: Any = np.array([str(label) for label in y], dtype=object)
    target = y.astype(np.float64) if "mldata" in text else target
    framed = as_frame is True or (
        as_frame == "auto" and re.search(r"\.(to_numpy|values(?! *\()|iloc|loc)\b", program.text)
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


def _chain(steps: Any) -> Any:
    """Return what takes several steps, one after another."""
    return lambda value: functools.reduce(lambda taken, step: step(taken), steps, value)


KNOWN: dict[str, Any] = {
    **{name: noted(function) for name, function in {
        "load_data": _load_data, "load_data_wrapper": _load_data_wrapper, "load_mnist": load_mnist,
        "read_data_sets": _read_data_sets, "MNIST": _mnist_class, "FashionMNIST": _mnist_class,
        "loadlocal_mnist": _loadlocal_mnist, "load_planar_dataset": planar, "load_dataset": pictures,
        "load": _load, "train_images": lambda whole: mnist()[0], "train_labels": lambda whole: mnist()[1],
        "test_images": lambda whole: mnist(False)[0], "test_labels": lambda whole: mnist(False)[1],
        "spiral_data": spiral, "vertical_data": spiral,
        "mnist_data": lambda whole: mnist(True, (784,)), "convert_from_file": _idx_array,
    }.items()},
    "imread": noted(read_picture), "cv2.resize": resized, "skimage.transform.resize": resized,
    "cv2.cvtColor": in_grey,
    "tensorflow.one_hot": lambda whole, y, depth, *_, **__: as_one_hot(y, depth),
    "Compose": lambda whole, steps, **_: _chain(steps),
    "DataLoader": _Loader,
    "to_categorical": lambda whole, y, num_classes=0, **_: as_one_hot(y, num_classes),
    "sigmoid": _sigmoid, "relu": _relu,
    "sigmoid_backward": _sigmoid_backward, "relu_backward": lambda whole, dA, Z: dA * (Z > 0),
    "trange": lambda whole, *args, **_: Bar(range(*args)), "prange": lambda whole, *args: range(*args),
}  # fmt: skip


def _imputer(whole: str, *args: Any, axis: int = 0, **keywords: Any) -> Any:
    """Make what fills gaps in, which scikit-learn has at another place now."""
    nan = {"missing_values": np.nan} if keywords.get("missing_values") == "NaN" else {}
    return importlib.import_module("sklearn.impute").SimpleImputer(*args, **(keywords | nan))


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
        if spec.name in _OLD:
            return importlib.import_module(_OLD[spec.name])
        if spec.name == "sklearn.preprocessing.Imputer":
            return functools.partial(_imputer, spec.name)  # type: ignore[return-value]
        return (_Lost if self.chosen is None else _Fake)(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Give out, where all is imported, what the program calls and does not have until then."""
        if re.search(rf"from +{re.escape(module.__name__)} +import +\*", program.text):
            frame = sys._getframe(1)
            while frame.f_back is not None and "__recorder__" not in frame.f_globals:
                frame = frame.f_back
            called = {*re.findall(r"(?<![\w.])([A-Za-z]\w*)\(", program.text)}
            written = {*re.findall(r"\b(?:def|class) +(\w+)", program.text), *dir(builtins)}
            vars(module)["__all__"] = sorted(called - written - frame.f_globals.keys())
