"""Images brought to one slant or one width before a network sees them: what networks see need not be alike.

A committee whose members see the images in different ways errs less, as its members err on different images.

References
----------
Meier, Cireşan, Gambardella, Schmidhuber: Better digit recognition with a committee of simple neural nets.
ICDAR 2011.
"""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from triceptron import core
from triceptron.arrays import Matrix, check_choice
from triceptron.data.distortions import PIXEL

__all__ = ["VARIED", "VIEWS", "ViewName", "Views", "preprocess", "view_maps"]

ViewName: TypeAlias = Literal[
    "none", "deslanted", "width_20", "width_18", "width_16", "width_14", "width_12", "width_10", "width_8"
]
"""What may be done to an image before a network sees it."""

VIEWS: tuple[ViewName, ...] = get_args(ViewName)
"""All of them."""

VARIED: tuple[ViewName, ...] = ("none", "deslanted", "width_20")
"""What members see in turn where their views are to differ: docs/augmentation.md says why these."""

_STEEPEST = 1.0  # a row moves sideways by so many pixels at most for each row that it is lower
_CHUNK = 4096  # images


@dataclass(frozen=True)
class Views:
    """What the members of a committee see of an image.

    Attributes
    ----------
    image_shape : (int, int)
        Height and width.
    names : tuple of str
        A member each, in the order of their hidden units, of which all have equally many.

    Raises
    ------
    ValueError
        If there is no name, one is unknown, or images of that shape cannot be seen so.
    """

    image_shape: tuple[int, int]
    names: tuple[ViewName, ...]

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError("views must name at least one")
        for name in self.names:
            _check(name, self.image_shape)


def preprocess(
    X: Matrix, image_shape: tuple[int, int], name: ViewName, *, n_threads: int | None = None
) -> Matrix:
    """Return images as a network is to see them.

    Parameters
    ----------
    X : array of uint8, shape (n, m)
        0 is the background.
    image_shape : (int, int)
        Height and width, m = height · width.
    name : {"none", "deslanted", "width_20", "width_18", …, "width_8"}
        deslanted: sheared about its centre of mass until that no longer moves sideways from row to row;
        width_20: what is not background is stretched or shrunk to a width of 20 pixels, in the middle.
    n_threads : int, optional
        Threads of the core; the bytes do not depend on it.

    Returns
    -------
    array of uint8, shape (n, m)
        X itself where there is nothing to do.

    Raises
    ------
    ValueError
        If X does not hold such images, or they are narrower than the width.
    """
    _check(name, image_shape)
    if X.ndim != 2 or X.dtype != np.uint8 or X.shape[1] != image_shape[0] * image_shape[1]:
        height, width = image_shape
        raise ValueError(
            f"X must have rows of {height} × {width} pixels, uint8, to be preprocessed, "
            f"got shape {X.shape}, {X.dtype}"
        )
    if name == "none":
        return X
    pixels = X.astype(np.uint8, copy=False)
    return core.distorted(pixels, image_shape, view_maps(X, image_shape, name), n_threads=n_threads)


def view_maps(X: Matrix, image_shape: tuple[int, int], name: ViewName) -> npt.NDArray[np.int32]:
    """Return where the pixels of each image are looked up: maps (n, 2, 3) of `triceptron.data.distortions`.

    Sums are of whole numbers, so the maps are the same on every machine.
    """
    maps = np.zeros((len(X), 2, 3))
    maps[:, 0, 0] = maps[:, 1, 1] = 1
    if name == "deslanted":
        slant, row = _slants(X, image_shape)
        maps[:, 1, 0], maps[:, 1, 2] = slant, -slant * row
    elif name != "none":
        left, right = _sides(X, image_shape)
        stretch = (right - left + 1) / _width(name)
        maps[:, 1, 1], maps[:, 1, 2] = stretch, (left + right) / 2 - stretch * ((image_shape[1] - 1) / 2)
        maps[left > right] = [[1, 0, 0], [0, 1, 0]]  # nothing is there
    whole: npt.NDArray[np.int32] = np.rint(maps * PIXEL).astype(np.int32)
    return whole


def _slants(
    X: Matrix, image_shape: tuple[int, int]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the covariance of row and column over the variance of the row, by mass; and the mean row."""
    r, c = np.mgrid[: image_shape[0], : image_shape[1]].reshape(2, -1).astype(np.float64)
    powers = np.stack([np.ones_like(r), r, c, r * r, r * c], axis=1)
    chunks = [X[i : i + _CHUNK].astype(np.float64) @ powers for i in range(0, len(X), _CHUNK)]
    mass, row, column, squares, products = np.concatenate([np.zeros((0, 5)), *chunks]).T
    # Times mass, so that these are whole numbers too, and 0 where all is in one row.
    variance, covariance = mass * squares - row * row, mass * products - row * column
    slant = np.divide(covariance, variance, out=np.zeros_like(mass), where=variance > 0)
    middle = np.divide(row, mass, out=np.zeros_like(mass), where=mass > 0)
    return np.clip(slant, -_STEEPEST, _STEEPEST), middle


def _sides(X: Matrix, image_shape: tuple[int, int]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return the first and the last column of each image that are not all background."""
    height, width = image_shape
    there = X.reshape(-1, height, width).max(axis=1, initial=0) > 0
    left, right = there.argmax(axis=1), width - 1 - there[:, ::-1].argmax(axis=1)
    return np.where(there.any(axis=1), left, width), right


def _width(name: ViewName) -> int:
    return int(name.removeprefix("width_"))


def _check(name: str, image_shape: tuple[int, int]) -> None:
    check_choice("preprocess", name, VIEWS)
    if name.startswith("width_") and int(name.removeprefix("width_")) > image_shape[1]:
        raise ValueError(f'preprocess "{name}" is for wider images, got a width of {image_shape[1]}')
