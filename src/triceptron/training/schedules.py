"""Learning-rate schedules: from the number of an update to its rate η."""

from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Schedule", "one_cycle"]

Schedule: TypeAlias = Callable[[int], float]
"""From the number of the update (from 0) to its learning rate."""

_RISE = 0.2  # the share of the cycle in which the rate rises


def one_cycle(peak: float, total: int, *, first: int = 0) -> Schedule:
    """Raise the rate in a straight line to its peak, then lower it in a straight line to almost zero.

    Parameters
    ----------
    peak : float
        The highest rate, reached after a fifth of the updates.
    total : int
        Updates in the cycle.
    first : int
        The number of the cycle's first update.

    References
    ----------
    Smith, Topin: Super-convergence: very fast training of neural networks using large learning rates. 2018.
    """
    top = max(round(_RISE * total), 1)

    def rate(step: int) -> float:
        i = step - first
        return peak * min((i + 1) / top, (total - i) / (total + 1 - top))

    return rate
