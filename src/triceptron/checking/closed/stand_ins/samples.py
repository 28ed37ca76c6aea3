"""Made-up samples, and the well-known data sets' forms in which programs want them."""

import pickle
import re
import struct
from typing import Any

import numpy as np

from .state import SCALE, program

TRAIN, TEST = 60_000 // SCALE, 10_000 // SCALE


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


def measured(rows: int, features: int, kinds: int, seed: int = 0) -> Any:
    """Make samples whose features are measured: small numbers with one digit after the point."""
    X, labels = classes(rows, features, kinds, 70.0, seed)
    return np.round(X / 10 + np.random.RandomState(seed).uniform(0, 0.3, X.shape), 1), labels


def mnist(train: bool = True, shape: tuple[int, ...] = (28, 28)) -> Any:
    """Make one of the two parts of MNIST."""
    X, y = classes(TRAIN if train else TEST, int(np.prod(shape)), seed=int(not train))
    return X.reshape(len(X), *shape), y.astype(np.uint8)


def as_numbers(part: Any) -> tuple[Any, Any]:
    """Turn pictures and labels into rows of numbers up to 1, and whole numbers."""
    X, y = part
    return (X.reshape(len(X), -1) / 255).astype(np.float32), y.astype(np.int64)


def as_one_hot(y: Any, kinds: int = 0) -> Any:
    """Turn labels into rows of zeros with a one."""
    y = np.asarray(y, int).ravel()
    return np.eye(kinds or y.max() + 1)[y]


def idx(name: str) -> bytes:
    """Make a file in MNIST's own format."""
    X, y = mnist("t10k" not in name and "test" not in name)
    if "label" in name:
        return struct.pack(">II", 2049, len(y)) + bytes(y.tobytes())
    return struct.pack(">IIII", 2051, *X.shape) + bytes(X.tobytes())


_SAMPLES = re.compile(r"(?i)(train|test|val\w*)?_?(x|data|images?|features?|inputs?)(_?(train|test|val\w*))?")

_LABELS = re.compile(r"(?i)(train|test|val\w*)?_?(y|labels?|targets?)(_?(train|test|val\w*))?")


def _by_key(name: str) -> dict[str, Any]:
    """Make the dictionary of samples and labels that a program takes out of a file, if it takes one."""
    keys = dict.fromkeys(re.findall(r"\[['\"](\w+)['\"]\]", program.text))
    kinds = {key: _LABELS.fullmatch(key) is not None for key in keys
        if _LABELS.fullmatch(key) or _SAMPLES.fullmatch(key)}  # fmt: skip
    if len({*kinds.values()}) < 2:
        return {}
    parts = {key: mnist(not re.search("(?i)test|val", key + name), (784,)) for key in kinds}
    return {key: parts[key][of_y] for key, of_y in kinds.items()}


def pickled(name: str) -> bytes:
    """Make a pickle of what its name, or the program, promises."""
    low = name.lower()
    if "meta" in low:
        kinds = [f"class {k}" for k in range(10)]
        return pickle.dumps({"label_names": kinds, b"label_names": [kind.encode() for kind in kinds]})
    if "batch" in low or "cifar" in low:
        X, y = classes(10_000 // SCALE, 3072)
        return pickle.dumps({b"data": X, b"labels": y.tolist(), "data": X, "labels": y.tolist()})
    held, stem = _by_key(low), low.partition(".")[0]
    if held:
        return pickle.dumps(held)
    of_y = _LABELS.fullmatch(stem) is not None
    if of_y or (_SAMPLES.fullmatch(stem) and stem != "data"):  # one array a file
        return pickle.dumps(mnist(not re.search("test|val", stem), (784,))[of_y])
    train, test = as_numbers(mnist()), as_numbers(mnist(False))
    apart = re.search(r"(?m)^[^=#\n]*,[^=\n]*= *\w*[pP]ickle\.load\(", program.text)  # it takes its parts
    if "split" in low or ".gz" in low or "mnist.pkl" in low or apart:
        return pickle.dumps((train, test, test))
    return pickle.dumps({"training_images": mnist()[0].reshape(TRAIN, -1), "training_labels": mnist()[1],
        "test_images": mnist(False)[0].reshape(TEST, -1), "test_labels": mnist(False)[1]})  # fmt: skip


def load_mnist(
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
        X, y = mnist(train)
        X = (X / 255).astype(np.float32) if normalize else X
        parts.append(
            (X.reshape(len(X), -1) if flatten else X[:, None], as_one_hot(y, 10) if one_hot_label else y)
        )
    kind = next((arg for arg in args if arg in ("train", "t10k", "test")), None)
    return parts[kind != "train"] if kind else tuple(parts)


def planar(whole: str, *_: Any, **__: Any) -> Any:
    """Return what the flower of the well-known course has: two features, in columns."""
    X, y = measured(200, 2, 2)
    return X.T, y[None]


def spiral(whole: str, samples: int = 100, classes: int = 3, **_: Any) -> Any:
    """Return what the spiral of the well-known book has."""
    X, y = measured(min(samples, 100) * classes, 2, classes)
    return X, y.astype(np.uint8)


def pictures(whole: str, *_: Any, **__: Any) -> Any:
    """Return the cats of the well-known course: few, since each has 12,288 numbers."""
    X, y = classes(23, 12288, 2)
    X = X.reshape(-1, 64, 64, 3)
    return X[:16], y[None, :16], X[16:], y[None, 16:], np.array([b"non-cat", b"cat"])


def cats_and_dogs() -> Any:
    """Return what a well-known French course has."""
    X, y = classes(48, 4096, 2)
    X = X.reshape(-1, 64, 64)
    return X[:40], y[:40, None].astype(float), X[40:], y[40:, None].astype(float)


def matrices(name: str, **_: Any) -> dict[str, Any]:
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
