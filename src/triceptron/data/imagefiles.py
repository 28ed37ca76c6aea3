"""Images in MNIST's own format: Fashion-MNIST, KMNIST, EMNIST and whatever else is kept as MNIST is.

References
----------
LeCun, Cortes, Burges: The MNIST database of handwritten digits, "File formats for the MNIST database".
"""

import gzip
import re
import zlib
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from triceptron.data.dataset import Dataset, Split
from triceptron.data.errors import DataError

__all__ = ["holds_images", "load_images", "read_npz", "split_of"]

_ARRAYS = ("x_train", "y_train", "x_test", "y_test")
_IDX = {  # what stands in the files' names, before their ending
    "x_train": r"train.*images.*idx3.ubyte(\.gz)?",
    "y_train": r"train.*labels.*idx1.ubyte(\.gz)?",
    "x_test": r"(t10k|test).*images.*idx3.ubyte(\.gz)?",
    "y_test": r"(t10k|test).*labels.*idx1.ubyte(\.gz)?",
}
_MOST = 2**31  # bytes of pixels

Bytes = npt.NDArray[np.uint8]


def holds_images(path: Path) -> bool:
    """Whether that is where images would be: an .npz file or a folder."""
    return path.suffix.lower() == ".npz" or path.is_dir()


def load_images(path: Path) -> Split:
    """Read images with a training and a test part.

    Parameters
    ----------
    path : Path
        An .npz file with x_train, y_train, x_test and y_test, as Keras keeps MNIST; or a folder with the four
        idx files that MNIST is published as (train-images-idx3-ubyte and so on), gzipped or not.

    Returns
    -------
    Split
        Images as bytes, a row each; the classes are named by their numbers.

    Raises
    ------
    DataError
        If a file is not there, or is not what its name says.
    """
    arrays = _from_folder(path) if path.is_dir() else _from_npz(path)
    return split_of(path, arrays, np.unique(arrays["y_train"]))


def split_of(path: Path, arrays: dict[str, npt.NDArray[Any]], classes: npt.NDArray[Any]) -> Split:
    """Return images and labels, as `read_npz` reads them, as data sets; messages name the path."""
    return Split(*(_dataset(path, arrays, part, classes) for part in ("train", "test")))


def read_npz(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read x_train, y_train, x_test and y_test; what is wrong with the file is raised as NumPy raises it."""
    with np.load(path, allow_pickle=False) as file:
        return {name: np.ascontiguousarray(file[name]) for name in _ARRAYS}


def _from_npz(path: Path) -> dict[str, npt.NDArray[Any]]:
    try:
        return read_npz(path)
    except FileNotFoundError:
        raise DataError(f"{path} is not there") from None
    except KeyError:
        raise DataError(f"{path} must hold x_train, y_train, x_test and y_test") from None
    except Exception as error:  # NumPy and zipfile raise a dozen kinds for a file that is no archive
        raise DataError(f"{path} cannot be read as an .npz file: {error}") from error


def _from_folder(folder: Path) -> dict[str, npt.NDArray[Any]]:
    names = sorted(path.name for path in folder.iterdir())
    arrays: dict[str, npt.NDArray[Any]] = {}
    for array, pattern in _IDX.items():
        found = [name for name in names if re.search(pattern + "$", name)]
        if len(found) != 1:
            raise DataError(
                f"{folder} must hold the four files that MNIST is published as, such as "
                "train-images-idx3-ubyte: "
                f"for {array} it has {len(found)}"
            )
        arrays[array] = _read_idx(folder / found[0], 3 if array.startswith("x") else 1)
    return arrays


def _read_idx(path: Path, ndim: int) -> Bytes:
    """Read a file of bytes: 0, 0, 8, the number of axes, their lengths as big-endian words, the bytes."""
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            head = file.read(4 + 4 * ndim)
            if len(head) < 4 + 4 * ndim or head[:4] != bytes([0, 0, 8, ndim]):
                raise DataError(f"{path} is no idx file of bytes with {ndim} axes")
            shape = tuple(np.frombuffer(head[4:], ">u4").astype(int).tolist())
            if not 0 < prod(shape) < _MOST:
                raise DataError(f"{path} says that its shape is {shape}: nothing, or too much to be read")
            data = file.read(prod(shape) + 1)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} cannot be read: {error}") from error
    if len(data) != prod(shape):
        raise DataError(f"{path} says that its shape is {shape}, but holds another number of bytes")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _dataset(
    path: Path, arrays: dict[str, npt.NDArray[Any]], part: str, classes: npt.NDArray[Any]
) -> Dataset:
    X, y = arrays[f"x_{part}"], arrays[f"y_{part}"]
    if X.ndim != 3 or X.dtype != np.uint8 or 0 in X.shape:
        raise DataError(
            f"{path}: x_{part} must be images of bytes, shape (n, height, width), got {X.dtype}, {X.shape}"
        )
    y = y.reshape(-1) if y.shape == (len(X), 1) else y
    if y.shape != (len(X),) or y.dtype.kind not in "iu":
        raise DataError(
            f"{path}: y_{part} must hold a whole number for each of {len(X)} images, got {y.dtype}, {y.shape}"
        )
    codes = np.searchsorted(classes, y).clip(max=len(classes) - 1)
    if (classes[codes] != y).any():
        raise DataError(f"{path}: y_{part} holds {y[classes[codes] != y][0]}, which y_train does not")
    if X.shape[1:] != arrays["x_train"].shape[1:]:
        raise DataError(f"{path}: the images of both parts must have the same size")
    pixels = np.ascontiguousarray(X.reshape(len(X), -1))
    return Dataset(pixels, codes.astype(np.int64), tuple(map(str, classes.tolist())), X.shape[1:])
