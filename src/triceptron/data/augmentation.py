"""Training images moved a little, afresh each epoch: a network that has seen a digit move forgives it.

Where each image goes depends on nothing but the seed, the epoch and the image's row, through the counter of
`triceptron.random`: the same moves in any order, on any number of threads, and after a resumed training.

References
----------
Simard, Steinkraus, Platt: Best practices for convolutional neural networks applied to visual document
analysis. ICDAR 2003, section 2.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from triceptron.arrays import Matrix, check_count
from triceptron.random import threefry2x32

__all__ = ["Shift"]

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
        if not 0 <= self.seed < 2**64:
            raise ValueError(f"seed must be a whole number from 0 to 2**64 - 1, got {self.seed}")

    def __call__(self, X: Matrix, epoch: int) -> Matrix:
        """Return X (n, m) with each row's image moved; X stays as it is.

        Raises
        ------
        ValueError
            If `image_shape` does not hold m pixels.
        """
        height, width = self.image_shape
        if X.ndim != 2 or height * width != X.shape[1]:
            raise ValueError(f"X must have rows of {height} × {width} pixels, got shape {X.shape}")
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
