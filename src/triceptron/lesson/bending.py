"""Images bent afresh each epoch: slanted, stretched, wobbled, drawn with a thinner or a thicker pen.

A network of one hidden layer knows only what it has seen. MNIST's writers all held the same pen; whoever
draws with a mouse or a finger does not.

References
----------
Simard, Steinkraus, Platt: Best practices for convolutional neural networks applied to visual document
analysis. ICDAR 2003, section 2.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Bending", "add_upstrokes"]

Images = npt.NDArray[np.float32]

_SIDE = 28
_CHUNK = 2000  # images at a time: their coordinates fit the cache's neighbourhood, not gigabytes
_GRID = 7  # the wobble is a sum of 7 × 7 bumps


@dataclass(frozen=True)
class Bending:
    """Bend each image of 28 × 28 bytes; an instance is what `triceptron.train` takes as ``augment``.

    Parameters
    ----------
    rotation : float
        Standard deviation of the turn, in degrees.
    slant : float
        Standard deviation of the shear: how far the top moves sideways, as a share of the height.
    stretch : float
        Standard deviation of the logarithm of the width, and of that of the height.
    shift : float
        Standard deviation of the move along each axis, in pixels.
    wobble : float
        Standard deviation of a pixel's own move along each axis, in pixels; neighbours move alike.
    pen : float
        The most that the pen grows thicker or thinner, from 0 to 1; 1 is a pixel on every side.
    seed : int
    """

    rotation: float = 8.0
    slant: float = 0.16
    stretch: float = 0.1
    shift: float = 0.6
    wobble: float = 0.9
    pen: float = 1.0
    seed: int = 0

    def __call__(self, X: npt.NDArray[Any], epoch: int) -> npt.NDArray[np.uint8]:
        """Return X (n, 784) bent; X itself stays as it is. The same seed and epoch bend alike."""
        rng = np.random.default_rng([self.seed, epoch])
        bent = np.empty(X.shape, np.uint8)
        for begin in range(0, len(X), _CHUNK):
            images = X[begin : begin + _CHUNK].reshape(-1, _SIDE, _SIDE).astype(np.float32)
            bent[begin : begin + _CHUNK] = self._bend(images, rng).reshape(len(images), -1)
        return bent

    def _bend(self, images: Images, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
        images = sample(images, self._places(len(images), rng))
        thickness = rng.uniform(-self.pen, self.pen, (len(images), 1, 1)).astype(np.float32)
        images += np.maximum(thickness, 0) * (thicker(images) - images)
        images += np.maximum(-thickness, 0) * (thinner(images) - images)
        return np.rint(images).astype(np.uint8)

    def _places(self, n: int, rng: np.random.Generator) -> Images:
        """Return where each pixel of each bent image is looked up in the straight one: (n, 2, 28, 28)."""
        centre = (_SIDE - 1) / 2
        plane = np.mgrid[:_SIDE, :_SIDE].reshape(2, -1) - centre
        places = (self._linear_maps(n, rng) @ plane).reshape(n, 2, _SIDE, _SIDE) + centre
        places += rng.normal(0, self.shift, (n, 2, 1, 1))
        bumps = rng.normal(0, self.wobble, (n, 2, _GRID, _GRID))
        places += _BUMPS @ bumps @ _BUMPS.T
        moved: Images = places.astype(np.float32)
        return moved

    def _linear_maps(self, n: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
        """Return what turn, slant and stretch do to (y, x): (n, 2, 2)."""
        angle, slant = rng.normal(0, np.radians(self.rotation), n), rng.normal(0, self.slant, n)
        width, height = np.exp(rng.normal(0, self.stretch, (2, n)))
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.stack([cos, -sin, sin, cos], axis=-1).reshape(n, 2, 2)
        one, none = np.ones(n), np.zeros(n)
        shear = np.stack([one, none, slant, one], axis=-1).reshape(n, 2, 2)
        scale = np.stack([height, none, none, width], axis=-1).reshape(n, 2, 2)
        maps: npt.NDArray[np.float64] = turn @ shear @ scale
        return maps


def add_upstrokes(ones: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Give ones (n, 784) the upstroke that most of the world writes before the stem, and half of them a foot.

    MNIST's writers were Americans, and wrote bare strokes; a network that has seen no other ones takes these
    for sevens.
    """
    n = len(ones)
    images = ones.reshape(-1, _SIDE, _SIDE).astype(np.float32)
    inked = images > 128
    top, bottom = inked.any(axis=2).argmax(axis=1), _SIDE - 1 - inked[:, ::-1].any(axis=2).argmax(axis=1)
    columns = np.arange(_SIDE)
    rows = np.arange(n)
    at_top, at_bottom = inked[rows, top], inked[rows, bottom]
    x_top, x_bottom = (at_top @ columns) / at_top.sum(axis=1), (at_bottom @ columns) / at_bottom.sum(axis=1)
    height = (bottom - top).astype(np.float64)
    length, angle = height * rng.uniform(0.2, 0.55, n), np.radians(rng.uniform(25, 70, n))
    half = height * np.where(rng.random(n) < 0.5, rng.uniform(0.15, 0.4, n), 0.0)
    pen = rng.uniform(0.7, 1.5, n)
    upstroke = (x_top, top, x_top - length * np.cos(angle), top + length * np.sin(angle))
    foot = (x_bottom - half, bottom, x_bottom + half, bottom)
    for x, y, to_x, to_y in (upstroke, foot):
        images = np.maximum(images, 255 * _line(x, y, to_x, to_y, pen))
    return np.stack([_centre(image) for image in np.rint(images).astype(np.uint8)]).reshape(n, -1)


def _line(x: Any, y: Any, to_x: Any, to_y: Any, pen: Any) -> Images:
    """Draw a line in each of n images, by the distance of each pixel from it."""
    x, y, dx, dy, pen = (np.asarray(a, np.float64)[:, None, None] for a in (x, y, to_x - x, to_y - y, pen))
    row, col = np.mgrid[:_SIDE, :_SIDE]
    along = ((col - x) * dx + (row - y) * dy) / np.maximum(dx**2 + dy**2, 1e-9)
    along = np.clip(along, 0, 1)
    line: Images = np.clip(pen + 0.5 - np.hypot(col - x - along * dx, row - y - along * dy), 0, 1).astype(
        np.float32
    )
    return line


def _centre(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Move an image's centre of mass to the middle, by whole pixels."""
    total = image.sum()
    for axis in (0, 1):
        at = (image.sum(axis=1 - axis) @ np.arange(_SIDE)) / total
        image = np.roll(image, round(_SIDE / 2 - at), axis)
    return image


def sample(images: Images, places: Images) -> Images:
    """Look images (n, 28, 28) up at places (n, 2, 28, 28) between the pixels; outside is 0."""
    n = len(images)
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    side = _SIDE + 2
    places = np.clip(places + 1, 0, side - 1.001)
    corner = places.astype(np.int32)
    (dy, dx), (y, x) = np.moveaxis(places - corner, 1, 0), np.moveaxis(corner, 1, 0)
    first = y * side + x + (side * side * np.arange(n, dtype=np.int32))[:, None, None]
    flat = padded.ravel()
    top = flat[first] * (1 - dx) + flat[first + 1] * dx
    bottom = flat[first + side] * (1 - dx) + flat[first + side + 1] * dx
    looked_up: Images = top * (1 - dy) + bottom * dy
    return looked_up


def thicker(images: Images) -> Images:
    """Return each pixel as the darkest of itself and its four neighbours."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    grown = np.maximum(padded[:, 1:-1, :-2], padded[:, 1:-1, 2:])
    grown = np.maximum(grown, np.maximum(padded[:, :-2, 1:-1], padded[:, 2:, 1:-1]))
    return np.maximum(grown, images)


def thinner(images: Images) -> Images:
    """Return each pixel as the faintest of a square of four: a stroke of two pixels leaves one."""
    padded = np.pad(images, ((0, 0), (1, 0), (1, 0)))
    shrunk = np.minimum(padded[:, 1:, 1:], padded[:, :-1, 1:])
    return np.minimum(shrunk, np.minimum(padded[:, 1:, :-1], padded[:, :-1, :-1]))


_BUMPS = np.exp(-0.5 * ((np.arange(_SIDE)[:, None] - np.linspace(0, _SIDE - 1, _GRID)) / 4.0) ** 2)
_BUMPS /= np.sqrt((_BUMPS**2).sum(axis=1, keepdims=True))  # a pixel's move keeps the bumps' deviation
