"""Images looked up at other places, in whole numbers: what ``core/distortion_body.hpp`` obeys.

A place is in 1/65536 of a pixel, what lies between pixels in 1/128 of the way from one to the next. No
number is rounded in a way that depends on the machine, so the bytes are the same everywhere.

References
----------
Simard, Steinkraus, Platt: Best practices for convolutional neural networks applied to visual document
analysis. ICDAR 2003, section 2.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from triceptron.random import threefry2x32

__all__ = ["PIXEL", "distorted", "draws", "linear_maps", "smooth_field"]

PIXEL = 65536
"""One pixel in the units of maps and fields."""

Bytes: TypeAlias = npt.NDArray[np.uint8]
Doubles: TypeAlias = npt.NDArray[np.float64]

_STREAM = 3  # after dropout's layers, 0 and 1, and the shifts, 2: nothing else shares these random words
_BITS = 15  # of the field's taps: sums of 16-bit noise times two of them are exact in float64


def distorted(
    X: Bytes,
    image_shape: tuple[int, int],
    maps: npt.NDArray[np.int32],
    windows: npt.NDArray[np.int64] | None = None,
    field: npt.NDArray[np.int32] | None = None,
) -> Bytes:
    """Return images looked up at other places, between the pixels where need be; outside is 0.

    Parameters
    ----------
    X : array of uint8, shape (n, m)
    image_shape : (int, int)
        Height and width, m = height · width.
    maps : array of int32, shape (n, 2, 3)
        Pixel (r, c) becomes what is at maps[i] @ (r, c, 1), down and right.
    windows : array of int64, shape (n, 2), optional
        Where in the raveled field each image's moves begin, those down and those to the right; ~w stands for
        the window at w with its moves turned round.
    field : array of int32, shape (rows, columns), optional
        Moves that are added to the place.

    Returns
    -------
    array of uint8, shape (n, m)
    """
    n, (height, width) = len(X), image_shape
    r, c = np.mgrid[:height, :width]
    place = np.einsum("iak,krc->iarc", maps.astype(np.int64), np.stack([r, c, np.ones_like(r)]))
    if field is not None and windows is not None:
        within = np.where(windows < 0, ~windows, windows)[..., None, None] + r * field.shape[1] + c
        place += np.where(windows < 0, -1, 1)[..., None, None] * field.ravel()[within].astype(np.int64)
    place += PIXEL // 256  # to the nearest 128th
    y, x = (np.clip(place[:, axis], -PIXEL, image_shape[axis] * PIXEL) for axis in (0, 1))

    framed = np.pad(X.reshape(n, height, width).astype(np.int64), ((0, 0), (1, 2), (1, 2)))
    i, top, left = np.arange(n)[:, None, None], (y >> 16) + 1, (x >> 16) + 1
    down, right = y >> 9 & 127, x >> 9 & 127
    above = framed[i, top, left] * (128 - right) + framed[i, top, left + 1] * right
    below = framed[i, top + 1, left] * (128 - right) + framed[i, top + 1, left + 1] * right
    pixels: Bytes = ((above * (128 - down) + below * down + 2**13) >> 14).astype(np.uint8).reshape(n, -1)
    return pixels


def draws(seed: int, epoch: int, n: int, count: int, *, purpose: int = 0) -> npt.NDArray[np.int32]:
    """Return random numbers (count, n) from -2**31 to 2**31 - 1, for an even count.

    Each depends on seed, epoch, purpose and its own place alone.
    """
    key = threefry2x32((seed & 0xFFFFFFFF, seed >> 32), (epoch & 0xFFFFFFFF, _STREAM + purpose))
    pairs = threefry2x32(
        key, (np.arange(n, dtype=np.uint32), np.arange(count // 2, dtype=np.uint32)[:, None])
    )
    return np.concatenate(pairs).view(np.int32)


def linear_maps(
    image_shape: tuple[int, int], angle: Doubles, shear: Doubles, scale: Doubles, shift: Doubles
) -> npt.NDArray[np.int32]:
    """Return the maps (n, 2, 3) that turn, shear and scale images about their middle, then move them.

    Parameters
    ----------
    image_shape : (int, int)
    angle, shear : array, shape (n,)
        In radians, up to π / 2; and how far a row moves sideways for each row that it is lower.
    scale, shift : array, shape (n, 2)
        Down and right: a factor for the distances of the places looked up, and a move in pixels.
    """
    sine, cosine = _sine_and_cosine(angle)
    turn = np.stack([cosine, -sine, sine, cosine], axis=-1).reshape(-1, 2, 2)
    slant = np.zeros_like(turn)
    slant[:, 0, 0] = slant[:, 1, 1] = 1
    slant[:, 1, 0] = shear
    # Not @: its sums may be fused.
    slanted = turn[:, :, :1] * slant[:, None, 0] + turn[:, :, 1:] * slant[:, None, 1]
    linear = slanted * scale[:, None, :]
    middle = (np.asarray(image_shape) - 1) / 2
    moved = shift + middle - (linear[:, :, 0] * middle[0] + linear[:, :, 1] * middle[1])
    maps: npt.NDArray[np.int32] = np.rint(np.concatenate([linear, moved[..., None]], axis=2) * PIXEL).astype(
        np.int32
    )
    return maps


def _sine_and_cosine(angle: Doubles) -> tuple[Doubles, Doubles]:
    """Return both by their series: those of libraries differ in the last bit from one machine to the next."""
    square = angle * angle
    sine, cosine = np.zeros_like(angle), np.zeros_like(angle)
    for k in range(16, 0, -2):  # 1 - x²/2 (1 - x²/12 (…)) and x (1 - x²/6 (1 - x²/20 (…)))
        cosine = (1 - cosine) * square / (k * (k - 1))
        sine = (1 - sine) * square / (k * (k + 1))
    return angle * (1 - sine), 1 - cosine


def smooth_field(
    seed: int, epoch: int, image_shape: tuple[int, int], strength: float, sigma: float
) -> tuple[npt.NDArray[np.int32], int]:
    """Return a field of moves for windows of an image's shape, and the side of the square they may begin in.

    Noise from -1 to 1 at each place, smoothed by a Gaussian, times the strength. The square's edges meet, so
    that windows look alike wherever they begin.

    Parameters
    ----------
    seed, epoch : int
    image_shape : (int, int)
    strength : float
        In pixels; the moves' standard deviation is about strength / (6.14 sigma).
    sigma : float
        Of the Gaussian, in pixels.

    Returns
    -------
    field : array of int32, shape (side + height, side + width + 16)
    side : int
        A power of two.
    """
    height, width = image_shape
    side = 1 << max(8, (max(image_shape) - 1).bit_length())
    noise = (draws(seed, epoch, side, side, purpose=1) >> 16).astype(np.float64)  # whole numbers of 16 bits
    taps = _taps(sigma)
    for _ in range(2):  # down the columns, then, turned, along the rows
        noise = _smoothed(noise, taps).T
    scale = strength * PIXEL / (2.0**_BITS * taps.sum() ** 2)
    field = np.rint(noise * scale).astype(np.int32)
    return np.pad(field, ((0, height), (0, width + 16)), mode="wrap"), side


def _taps(sigma: float) -> Doubles:
    """Return the Gaussian at whole distances, in whole numbers."""
    reach = int(np.ceil(4 * sigma))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    whole: Doubles = np.rint(taps / taps.sum() * 2**_BITS)
    return whole


def _smoothed(noise: Doubles, taps: Doubles) -> Doubles:
    reach = len(taps) // 2
    around: npt.NDArray[Any] = np.pad(noise, ((reach, reach), (0, 0)), mode="wrap")
    total = np.zeros_like(noise)
    for first, tap in enumerate(taps):
        total += tap * around[first : first + len(noise)]
    return total
