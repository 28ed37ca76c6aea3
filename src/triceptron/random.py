"""Random words from counters: the same words for the same place, in any order and on any thread.

No stream of numbers has to be drawn in order, so work may be cut up at will. The core does the same in
``core/random.hpp``.

References
----------
Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011 (Threefry-2x32, 20 rounds).
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Words", "threefry2x32"]

Words: TypeAlias = npt.NDArray[np.uint32]

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = np.uint32(0x1BD11BDA)


def threefry2x32(key: tuple[Any, Any], counter: tuple[Any, Any]) -> tuple[Words, Words]:
    """Scramble a counter with a key, 20 rounds of add, rotate and exclusive or.

    Parameters
    ----------
    key, counter : two uint32 or arrays of uint32 each
        Broadcast against one another.

    Returns
    -------
    two arrays of uint32
        Random words: equal arguments give equal words, all others look independent.
    """
    k0, k1 = (np.asarray(k, np.uint32) for k in key)
    schedule = (k0, k1, k0 ^ k1 ^ _PARITY)
    with np.errstate(over="ignore"):  # arithmetic modulo 2**32 is meant
        x0, x1 = np.asarray(counter[0], np.uint32) + k0, np.asarray(counter[1], np.uint32) + k1
        for group in range(5):
            for rotation in _ROTATIONS[group % 2]:
                x0 = x0 + x1
                x1 = x0 ^ (x1 << np.uint32(rotation) | x1 >> np.uint32(32 - rotation))
            x0 = x0 + schedule[(group + 1) % 3]
            x1 = x1 + schedule[(group + 2) % 3] + np.uint32(group + 1)
    return x0, x1
