"""How long to train, by the loss of a held-out part."""

from dataclasses import dataclass

import numpy as np

from triceptron import steps
from triceptron.arrays import Labels, Matrix
from triceptron.data import Standardisation
from triceptron.training.engines import DEFAULT_ENGINE, EngineName
from triceptron.training.loop import Epoch
from triceptron.training.prediction import logits

__all__ = ["HeldOut", "still_falling"]

_DOUBT = 0.01  # the share of a probability that is spread over all the classes


@dataclass
class HeldOut:
    """A held-out part, whose loss after an epoch tells how long to train.

    The loss of a sample is -log(0.99 p + 0.01 / K), with p its class's probability: bounded, so that one
    hopeless sample does not outweigh all the others.

    Attributes
    ----------
    X : array, shape (n, m)
        Of the dtype that the training's own X has.
    y : array of int64, shape (n,)
    standardisation : Standardisation or None
    engine, n_threads
        See `train`.
    """

    X: Matrix
    y: Labels
    standardisation: Standardisation | None = None
    engine: EngineName = DEFAULT_ENGINE
    n_threads: int | None = None

    def __call__(self, epoch: Epoch) -> float:
        """Return the loss of the network as it is after this epoch."""
        O = logits(  # noqa: E741
            self.X,
            epoch.state().parameters,
            self.standardisation,
            engine=self.engine,
            n_threads=self.n_threads,
        )
        P = steps.softmax(O.astype(np.float64))
        p = P[np.arange(len(P)), self.y]
        return float(-np.log((1 - _DOUBT) * p + _DOUBT / P.shape[1]).mean())


def still_falling(losses: list[float]) -> bool:
    """Tell whether a loss was still falling at the end: by 1 % (and 0.002) in a tenth of the epochs."""
    tenth = max(len(losses) // 10, 1)
    if len(losses) < 2 * tenth:
        return False
    before, after = float(np.mean(losses[-2 * tenth : -tenth])), float(np.mean(losses[-tenth:]))
    return before - after > max(0.01 * before, 0.002)
