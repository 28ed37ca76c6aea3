"""The same steps fused in C++, for speed: the thin Python face of ``triceptron._core``.

`steps.py` is the specification. The arithmetic is in ``by_rows.hpp`` and ``by_units.hpp`` (what a step
does, for a small and for a large W1) and ``kernels_body.hpp`` (what a vector does), under the same names.
"""

import os
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from triceptron._core import (
    PredictorFloat32,
    PredictorFloat64,
    TrainingFloat32,
    TrainingFloat64,
    instruction_set,
    threefry2x32,
    version,
)

__all__ = [
    "Predictor",
    "Training",
    "instruction_set",
    "predictor",
    "resolve_threads",
    "threefry2x32",
    "training",
    "version",
]

Training: TypeAlias = TrainingFloat32 | TrainingFloat64
Predictor: TypeAlias = PredictorFloat32 | PredictorFloat64
_Array: TypeAlias = npt.NDArray[Any]
_Four: TypeAlias = tuple[_Array, _Array, _Array, _Array]


def resolve_threads(n_threads: int | None = None) -> int:
    """How many threads to use.

    The argument; else the environment's TRICEPTRON_NUM_THREADS, else its OMP_NUM_THREADS (which joblib sets
    to 1 in its workers); else the number of cores that this process may run on.
    """
    if n_threads is not None:
        return int(n_threads)
    for name in ("TRICEPTRON_NUM_THREADS", "OMP_NUM_THREADS"):
        first = os.environ.get(name, "").split(",")[0].strip()
        if first.isdigit() and int(first) > 0:
            return int(first)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def training(
    *,
    parameters: Sequence[_Array],
    X: _Array,
    y: _Array,
    moments: Sequence[Sequence[_Array]] = (),
    step: int = 0,
    sample_weight: _Array | None = None,
    test: tuple[_Array, _Array] | None = None,
    mean: _Array | None = None,
    scale: _Array | None = None,
    rule: str = "descent",
    momentum: float = 0.0,
    beta_1: float = 0.0,
    beta_2: float = 0.0,
    epsilon: float = 1e-8,
    alpha: float = 0.0,
    dropout: tuple[float, float] = (0.0, 0.0),
    dropout_seed: int = 0,
    n_threads: int | None = None,
) -> Training:
    """Make a training that stands before its next epoch.

    Parameters
    ----------
    parameters : (W1, b1, W2, b2)
        float32 or float64, shapes (m, h), (h,), (h, K), (K,); copied.
    X : array, shape (n, m)
        In the parameters' dtype, or uint8; not copied if C-contiguous, and to be left alone meanwhile.
    y : array of int64, shape (n,)
        Labels from 0 to K - 1.
    moments : the solver's memory, each shaped like the parameters
    step : int
        Updates done so far.
    sample_weight : array, shape (n,), optional
    test : (X, y), optional
        The held-out part, of the same kinds.
    mean, scale : array, shape (m,), optional
        For uint8 only: the network sees (X - mean) / scale.
    rule : {"descent", "momentum", "nesterov", "adam"}
    momentum, beta_1, beta_2, epsilon : float
        The rule's constants.
    alpha : float
        Strength of the L2 penalty.
    dropout : (float, float)
        Shares of inputs and of hidden units silenced in each update.
    dropout_seed : int
        0 ≤ seed < 2**64.
    n_threads : int, optional
        See `resolve_threads`.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit; the message names it, its value and what would be right.
    """
    parameters, kind = _four(parameters), TrainingFloat64 if _is_double(parameters) else TrainingFloat32
    test_X, test_y = (None, None) if test is None else test
    return kind(
        parameters=parameters,
        moments=tuple(_four(moment) for moment in moments),
        step=step,
        X=_ordered(X),
        y=_ordered(y),
        sample_weight=_doubles(sample_weight),
        test_X=_ordered(test_X),
        test_y=_ordered(test_y),
        mean=_doubles(mean),
        scale=_doubles(scale),
        rule=rule,
        momentum=momentum,
        beta_1=beta_1,
        beta_2=beta_2,
        epsilon=epsilon,
        alpha=alpha,
        input_dropout=dropout[0],
        hidden_dropout=dropout[1],
        dropout_seed=dropout_seed,
        n_threads=resolve_threads(n_threads),
    )


def predictor(
    parameters: Sequence[_Array],
    *,
    mean: _Array | None = None,
    scale: _Array | None = None,
    n_threads: int | None = None,
) -> Predictor:
    """Make a predictor: parameters laid out once, for any number of questions.

    Its `logits`, `probabilities` and `classes` take X (n, m) or one row (m,), in the parameters' dtype or,
    standardised by `mean` and `scale`, in uint8.
    """
    parameters = _four(parameters)
    kind = PredictorFloat64 if _is_double(parameters) else PredictorFloat32
    return kind(
        parameters=parameters,
        mean=_doubles(mean),
        scale=_doubles(scale),
        n_threads=resolve_threads(n_threads),
    )


def _is_double(parameters: _Four) -> bool:
    return bool(parameters[0].dtype == np.float64)


def _four(arrays: Sequence[_Array]) -> _Four:
    if len(arrays) != 4:
        raise ValueError(f"parameters must be (W1, b1, W2, b2), got {len(arrays)} arrays")
    W1, b1, W2, b2 = (np.ascontiguousarray(array) for array in arrays)
    return W1, b1, W2, b2


def _ordered(array: _Array | None) -> _Array | None:
    return np.ascontiguousarray(array) if isinstance(array, np.ndarray) else array


def _doubles(array: _Array | None) -> npt.NDArray[np.float64] | None:
    return None if array is None else np.ascontiguousarray(array, dtype=np.float64)
