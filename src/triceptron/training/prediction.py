"""What a network says of many rows, a chunk at a time: pixels never stand in memory as floats all at once."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from triceptron import core, steps
from triceptron.arrays import Floats, Labels, Matrix
from triceptron.data import Standardisation, Views, preprocess
from triceptron.parameters import Parameters
from triceptron.training.engines import DEFAULT_ENGINE, EngineName

__all__ = ["logits", "loss", "parts", "predict"]

_CHUNK = 4096  # rows


def logits(
    X: Matrix,
    parameters: Parameters,
    standardisation: Standardisation | None = None,
    *,
    views: Views | None = None,
    engine: EngineName = DEFAULT_ENGINE,
    n_threads: int | None = None,
) -> Floats:
    """Return the output layer before softmax.

    Parameters
    ----------
    X : array, shape (n, m)
        The samples, checked; n ≥ 1. Or a csr_array, whose zeros are never written out.
    parameters : Parameters
    standardisation : Standardisation, optional
        Applied to X first.
    views : Views, optional
        What the parts of the network see of images of bytes, before these are standardised.
    engine, n_threads
        See `triceptron.train`.

    Returns
    -------
    O : array, shape (n, K)
        In the parameters' dtype. A row's bits depend on that row alone.
    """
    if views is not None:
        total = np.tile(parameters.b2, (len(X), 1))
        for seen, part in parts(X, parameters, views, n_threads=n_threads):
            total += logits(seen, part, standardisation, engine=engine, n_threads=n_threads)
        return total
    dtype = parameters.W1.dtype
    predictor = core.predictor(parameters, n_threads=n_threads) if engine == "core" else None

    def forward(X: Any) -> Floats:
        X = X.astype(dtype, copy=False) if standardisation is None else standardisation.transform(X, dtype)
        if predictor is None:
            O: Floats = steps.forward(X, parameters).O  # noqa: E741
            return O
        return predictor.logits(X if isinstance(X, np.ndarray) else core.compress(X))

    return np.concatenate([forward(X[i : i + _CHUNK]) for i in range(0, X.shape[0], _CHUNK)])


def parts(
    X: Matrix, parameters: Parameters, views: Views, *, n_threads: int | None = None
) -> Iterator[tuple[Matrix, Parameters]]:
    """Yield each view of X and the part of the network that has it, with b2 left out."""
    W1, b1, W2, b2 = parameters
    names = np.repeat(views.names, len(b1) // len(views.names))  # of the hidden units
    for name in dict.fromkeys(views.names):
        seen, units = preprocess(X, views.image_shape, name, n_threads=n_threads), names == name
        yield seen, Parameters(W1[:, units], b1[units], W2[units], np.zeros_like(b2))


def predict(
    X: Matrix,
    parameters: Parameters,
    standardisation: Standardisation | None = None,
    *,
    views: Views | None = None,
    engine: EngineName = DEFAULT_ENGINE,
    n_threads: int | None = None,
) -> Labels:
    """Return the most probable class of each row; arguments as for `logits`.

    Returns
    -------
    array of int64, shape (n,)
    """
    O = logits(X, parameters, standardisation, views=views, engine=engine, n_threads=n_threads)  # noqa: E741
    codes: Labels = O.argmax(axis=1)
    return codes


def loss(
    X: Matrix,
    y: Labels,
    parameters: Parameters,
    standardisation: Standardisation | None = None,
    *,
    views: Views | None = None,
    engine: EngineName = DEFAULT_ENGINE,
    n_threads: int | None = None,
) -> float:
    """Return the loss (6) over all samples, without a penalty; arguments as for `logits`.

    Parameters
    ----------
    y : array of int64, shape (n,)
        The labels.

    Returns
    -------
    float
        Not finite where the logits overflow.
    """
    with np.errstate(all="ignore"):
        O = logits(X, parameters, standardisation, views=views, engine=engine, n_threads=n_threads)  # noqa: E741
        return -float(steps.log_softmax(O)[np.arange(len(y)), y].mean(dtype=np.float64))
