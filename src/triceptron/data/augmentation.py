"""Training images moved or bent, afresh each epoch: a network that has seen a digit move forgives it.

Where each image goes depends on nothing but the seed, the epoch and the image's row, through the counter of
`triceptron.random`: the same images in any order, on any number of threads, and after a resumed training.

References
----------
Simard, Steinkraus, Platt: Best practices for convolutional neural networks applied to visual document
analysis. ICDAR 2003, section 2.
"""

from dataclasses import dataclass, replace
from math import pi
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from triceptron import core
from triceptron.arrays import Matrix, check_count, check_number
from triceptron.data.distortions import draws, linear_maps, smooth_field
from triceptron.random import threefry2x32

__all__ = ["Affine", "Elastic", "Shift"]

_STREAM = np.uint32(2)  # after dropout's layers, 0 and 1: no mask shares these random words


@dataclass(frozen=True)
class Shift:
    """Move each image up, down, left or right by whole pixels; what comes in from outside is 0.

    An instance is what `triceptron.train` takes as ``augment``: called with X and the epoch's number, it
    returns that epoch's X.

    Parameters
    ----------
    image_shape : (int, int)
        Height and width; their product is m.
    most : int
        The furthest move along each axis, in pixels.
    seed : int
        0 ≤ seed < 2**64.
    """

    image_shape: tuple[int, int]
    most: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        check_count("most", self.most, least=0)
        _check_seed(self.seed)

    def __call__(self, X: Matrix, epoch: int) -> Matrix:
        """Return X (n, m) with each row's image moved; X stays as it is.

        Raises
        ------
        ValueError
            If `image_shape` does not hold m pixels.
        """
        height, width = self.image_shape
        _check_images(X, self.image_shape)
        p = self.most
        padded = np.pad(X.reshape(-1, height, width), ((0, 0), (p, p), (p, p)))
        windows: npt.NDArray[Any] = np.lib.stride_tricks.sliding_window_view(
            padded, (height, width), axis=(1, 2)
        )  # every place that an image can be looked at from
        down, right = self.moves(len(X), epoch)
        moved: Matrix = windows[np.arange(len(X)), p - down, p - right].reshape(X.shape)
        return moved

    def moves(self, n: int, epoch: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return how many pixels down and to the right each of n images goes, each from -most to most."""
        key = threefry2x32((self.seed & 0xFFFFFFFF, self.seed >> 32), (epoch & 0xFFFFFFFF, _STREAM))
        places = np.uint64(2 * self.most + 1)
        down, right = (
            (words.astype(np.uint64) * places >> np.uint64(32)).astype(np.int64) - self.most
            for words in threefry2x32(key, (np.arange(n, dtype=np.uint32), np.uint32(0)))
        )
        return down, right


@dataclass(frozen=True)
class Affine:
    """Turn, stretch, shear and move each image; what comes in from outside is 0.

    An instance is what `triceptron.train` takes as ``augment``, as that of `Shift` is, for X of bytes. Each
    image has its own numbers, evenly spread between the limits below and their negatives. `train` wants all
    pixels brought to one scale (`Standardisation.of_pixels`).

    Parameters
    ----------
    image_shape : (int, int)
        Height and width, up to 1024 each; their product is m.
    rotation : float
        In degrees, less than 90.
    stretch : float
        By how much height and width grow or shrink, each for itself, as a share; less than 1.
    shear : float
        How far a row moves sideways for each row that it is lower; less than 1.
    shift : float
        In pixels, down and to the right; less than 1024.
    seed : int
        0 ≤ seed < 2**64.
    n_threads : int, optional
        Threads of the core; the bytes do not depend on it.
    """

    image_shape: tuple[int, int]
    rotation: float = 8.0
    stretch: float = 0.08
    shear: float = 0.08
    shift: float = 1.0
    seed: int = 0
    n_threads: int | None = None

    _STRENGTHS: ClassVar[tuple[str, ...]] = ("rotation", "stretch", "shear", "shift")

    def __post_init__(self) -> None:
        for side in self.image_shape:
            check_count("image_shape", side, most=_LONGEST)
        check_number("rotation", self.rotation, below=90)
        check_number("stretch", self.stretch, below=1)
        check_number("shear", self.shear, below=1)
        check_number("shift", self.shift, below=_LONGEST)
        _check_seed(self.seed)

    def __call__(self, X: Matrix, epoch: int) -> Matrix:
        """Return X (n, m) with each row's image distorted; X stays as it is.

        Raises
        ------
        ValueError
            If X does not hold bytes, or `image_shape` not m pixels.
        """
        _check_images(X, self.image_shape)
        if X.dtype != np.uint8:
            raise ValueError(f"X must hold pixels, uint8, to be distorted, got {X.dtype}")
        maps, windows, field = self.places(len(X), epoch)
        pixels: Matrix = core.distorted(
            X.astype(np.uint8, copy=False), self.image_shape, maps, windows, field, n_threads=self.n_threads
        )
        return pixels

    def times(self, factor: float, *, seed: int) -> Self:
        """Return the same with all its strengths multiplied by a factor, and another seed."""
        return replace(self, seed=seed, **{name: factor * getattr(self, name) for name in self._STRENGTHS})

    def places(
        self, n: int, epoch: int
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64] | None, npt.NDArray[np.int32] | None]:
        """Return where n images are looked up: maps, windows and field of `triceptron.data.distortions`."""
        angle, shear, *rest = draws(self.seed, epoch, n, 6) / 2.0**31
        maps = linear_maps(
            self.image_shape,
            angle * (self.rotation * pi / 180),
            shear * self.shear,
            1 + np.stack(rest[:2], axis=1) * self.stretch,
            np.stack(rest[2:], axis=1) * self.shift,
        )
        return maps, None, None


@dataclass(frozen=True)
class Elastic(Affine):
    """Distort each image as `Affine` does, and bend it, as a hand does that is not quite steady.

    Each pixel moves by noise that a Gaussian has smoothed, so that neighbours move alike. An epoch's images
    cut their moves out of one large field, each at places of its own, and half turn their direction round.

    Parameters
    ----------
    image_shape, rotation, stretch, shear, shift, seed, n_threads
        As `Affine` has them.
    bend : float
        The noise is evenly spread between so many pixels and their negative, before it is smoothed; less
        than 1000.
    sigma : float
        The Gaussian's standard deviation in pixels, at least 0.5 and less than 50. With 4 a pixel moves by
        about bend / 25.
    """

    bend: float = 24.0
    sigma: float = 4.0

    _STRENGTHS: ClassVar[tuple[str, ...]] = (*Affine._STRENGTHS, "bend")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("bend", self.bend, below=1000)
        check_number("sigma", self.sigma, least=0.5, below=50)

    def places(
        self, n: int, epoch: int
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64] | None, npt.NDArray[np.int32] | None]:
        """Return where n images are looked up: maps, windows and field of `triceptron.data.distortions`."""
        maps, _, _ = super().places(n, epoch)
        field, side = smooth_field(self.seed, epoch, self.image_shape, self.bend, self.sigma)
        words = draws(self.seed, epoch, n, 2, purpose=2).T.astype(np.int64)
        # Of each word the lowest bits, those from the twelfth on, and the sign.
        down, right = words & (side - 1), words >> 12 & (side - 1)
        windows = down * field.shape[1] + right
        return maps, np.where(words < 0, ~windows, windows), field


_LONGEST = 1024


def _check_seed(seed: int) -> None:
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed must be a whole number from 0 to 2**64 - 1, got {seed}")


def _check_images(X: Matrix, image_shape: tuple[int, int]) -> None:
    height, width = image_shape
    if X.ndim != 2 or height * width != X.shape[1]:
        raise ValueError(f"X must have rows of {height} × {width} pixels, got shape {X.shape}")
