"""Dropout masks from a counter: the same mask for the same place, in any order and on any thread.

A mask entry depends on nothing but the seed, the number of the update, the layer, the sample's row in its
batch and the unit.

References
----------
Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov: Dropout. JMLR 15 (2014).
"""

import numpy as np
import numpy.typing as npt

from triceptron.arrays import Floats
from triceptron.random import threefry2x32

__all__ = ["HIDDEN", "INPUT", "mask"]

INPUT, HIDDEN = 0, 1
"""The layers that dropout knows."""


def mask(
    seed: int, step: int, layer: int, shape: tuple[int, int], rate: float, dtype: npt.DTypeLike
) -> Floats:
    """Factors that silence a share `rate` of the entries and make up for it in the others.

    Parameters
    ----------
    seed : int
        0 ≤ seed < 2**64, one for a training.
    step : int
        The number of the update, from 0.
    layer : {INPUT, HIDDEN}
    shape : (rows of the batch, units)
    rate : float
        0 ≤ rate < 1.
    dtype : dtype
        float32 or float64.

    Returns
    -------
    D : array, shape `shape`
        0 with probability `rate`, else 1 / (1 - rate): the mean is 1.
    """
    rows, units = shape
    half = (units + 1) // 2
    key = threefry2x32((seed & 0xFFFFFFFF, seed >> 32), (step & 0xFFFFFFFF, layer))
    row, unit = np.arange(rows, dtype=np.uint32)[:, None], np.arange(half, dtype=np.uint32)[None, :]
    words = np.hstack(threefry2x32(key, (row, unit)))[:, :units]
    kept = words >= np.uint32(rate * 2**32)
    return np.where(kept, 1 / (1 - rate), 0).astype(dtype)  # (18)
