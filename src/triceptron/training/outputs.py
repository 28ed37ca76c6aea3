"""What the network puts out, and what that costs: softmax, logistic or identity.

Softmax gives one of K classes, logistic K probabilities that do not depend on one another (a single one for
two classes, K for labels that may go together), identity K numbers. Loss and activation differ, by the
formulas of `steps`; all else is shared.
"""

from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from triceptron import steps
from triceptron.arrays import Floats

__all__ = ["OutputName", "activate", "class_probabilities", "log_class_probabilities", "mean_loss", "truth"]

OutputName: TypeAlias = Literal["softmax", "logistic", "identity"]


def activate(output: OutputName, O: Floats) -> Floats:  # noqa: E741
    """Return P (n, K) for the logits O (n, K)."""
    match output:
        case "softmax":
            P: Floats = steps.softmax(O)
        case "logistic":
            P = steps.logistic(O)
        case "identity":
            P = O
    return P


def class_probabilities(output: OutputName, O: Floats) -> Floats:  # noqa: E741
    """Return the probability of each class.

    A single logistic output tells two classes apart: it is the probability of the second.
    """
    P = activate(output, O)
    return np.hstack([activate(output, -O), P]) if output == "logistic" and O.shape[1] == 1 else P


def log_class_probabilities(output: OutputName, O: Floats) -> Floats:  # noqa: E741
    """Return the logarithm of each class's probability, finite even where that underflows."""
    if output == "softmax":
        log_P: Floats = steps.log_softmax(O)
        return log_P
    both = np.hstack([-O, O]) if O.shape[1] == 1 else O
    P = steps.logistic(both)
    seen = np.finfo(P.dtype).tiny < P  # there it is the logarithm of P itself, ties and all
    logarithms: Floats = np.where(seen, np.log(P, where=seen, out=np.zeros_like(P)), steps.log_logistic(both))
    return logarithms


def truth(output: OutputName, y: npt.NDArray[Any], K: int, dtype: npt.DTypeLike) -> Floats:
    """Return Y (n, K): for softmax labels one-hot, else what was given."""
    Y: Floats = steps.one_hot(y, K, dtype) if output == "softmax" and y.ndim == 1 else y
    return Y


def mean_loss(output: OutputName, Y: Floats, O: Floats, w: Floats | None = None) -> float:  # noqa: E741
    """Return the mean of the samples' losses, (6), (21) or (22), by their weights w (n,) if there are any.

    Of K numbers the loss is the mean, as `MLPRegressor` tells it: (22) divided by K. What is descended is
    (22) itself, so that dO = (P - Y) / n for all three outputs.
    """
    match output:
        case "softmax":
            losses = -(Y * steps.log_softmax(O)).sum(axis=-1)
        case "logistic":
            losses = -(Y * steps.log_logistic(O) + (1 - Y) * steps.log_logistic(-O)).sum(axis=-1)
        case "identity":
            losses = ((O - Y) ** 2).mean(axis=-1) / 2
    return float(np.average(losses, weights=w))
