"""The same steps fused in C++, for speed: the thin Python face of ``triceptron._core``.

`steps.py` is the specification. The arithmetic is in ``by_rows.hpp`` and ``by_units.hpp`` (what a step
does, for a small and for a large W1) and ``kernels_body.hpp`` (what a vector does), under the same names.
"""

import atexit
import os
import platform
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from triceptron._core import (
    Method,
    PredictorFloat32,
    PredictorFloat64,
    TrainingFloat32,
    TrainingFloat64,
    distort,
    instruction_set,
    leave,
    threefry2x32,
    version,
)
from triceptron.core.cores import usable_cores

__all__ = [
    "MOST_THREADS",
    "Compressed",
    "Predictor",
    "Training",
    "arithmetic",
    "compress",
    "distorted",
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
Compressed: TypeAlias = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], _Array]
"""Rows without their zeros: where each begins (n + 1 numbers), their columns, ascending, and their values."""
_Four: TypeAlias = tuple[_Array, _Array, _Array, _Array]

MOST_THREADS = 4096

atexit.register(leave)  # a daemon thread that still trains is stopped first, as with Ctrl-C


def arithmetic() -> str:
    """Return how products are added up here, which decides on the bits: "fused", rounded once, or "plain"."""
    x86 = platform.machine().lower() in ("x86_64", "amd64", "i686", "x86")
    return "plain" if x86 and instruction_set() == "baseline" else "fused"


def resolve_threads(n_threads: int | None = None) -> int:
    """How many threads to use.

    The argument; else the environment's TRICEPTRON_NUM_THREADS, else its OMP_NUM_THREADS (which joblib sets
    to 1 in its workers); else the number of cores that this process may use: its affinity, and the quota of
    its cgroup, which is how a container is given two of a machine's 64 cores.
    """
    if n_threads is not None:
        if not 1 <= n_threads <= MOST_THREADS:
            raise ValueError(f"n_threads must be from 1 to {MOST_THREADS}, got {n_threads}")
        return int(n_threads)
    for name in ("TRICEPTRON_NUM_THREADS", "OMP_NUM_THREADS"):
        first = os.environ.get(name, "").split(",")[0].strip()
        if first.isdecimal() and int(first[:9]) > 0:
            return min(int(first[:9]), MOST_THREADS)
    return usable_cores()


def training(
    *,
    parameters: Sequence[_Array],
    X: Any,
    y: _Array,
    moments: Sequence[Sequence[_Array]] = (),
    step: int = 0,
    sample_weight: _Array | None = None,
    test: tuple[Any, _Array] | None = None,
    mean: _Array | None = None,
    scale: _Array | None = None,
    dropout: tuple[float, float] = (0.0, 0.0),
    n_threads: int | None = None,
    **method: Any,
) -> Training:
    """Make a training that stands before its next epoch.

    Parameters
    ----------
    parameters : (W1, b1, W2, b2)
        float32 or float64, shapes (m, h), (h,), (h, K), (K,); copied.
    X : array, shape (n, m)
        In the parameters' dtype, or uint8; not copied if C-contiguous, and to be left alone meanwhile. Or
        scipy's CSR format in the parameters' dtype: the same bits as those of the array that it stands for.
    y : array
        Y (n, K) in the parameters' dtype, for softmax with rows that sum to 1; or for softmax labels from 0
        to K - 1, int64 (n,).
    moments : the solver's memory, each shaped like the parameters
    step : int
        Updates done so far.
    sample_weight : array, shape (n,), optional
    test : (X, y), optional
        The held-out part, of the same kinds.
    mean, scale : array, shape (m,), optional
        For uint8 only: the network sees (X - mean) / scale.
    dropout : (float, float)
        Shares of inputs and of hidden units silenced in each update.
    n_threads : int, optional
        See `resolve_threads`.
    **method
        output : {"softmax", "logistic", "identity"}, by default "softmax"
            With cross-entropy, (4)-(7), with cross-entropy, (19)-(21), and with squared error, (22).
        rule : {"descent", "momentum", "nesterov", "adam", "gradient"}, by default "descent"
            "gradient" moves nothing: after an epoch of one batch its only moment is the gradient there.
        momentum, beta_1, beta_2, epsilon : float
            The rule's constants.
        alpha : float
            Strength of the L2 penalty.
        dropout_seed : int
            0 ≤ seed < 2**64.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit; the message names it, its value and what would be right.
    """
    parameters = _four(parameters)
    kind = TrainingFloat64 if _is_double(parameters) else TrainingFloat32
    if not isinstance(dropout, tuple) or len(dropout) != 2:
        raise ValueError(f"dropout must be two shares, of inputs and of hidden units, got {dropout!r}")
    test_X, test_y = (None, None) if test is None else test
    return kind(
        parameters=parameters,
        moments=tuple(_four(moment) for moment in moments),
        step=step,
        X=_features(X),
        y=_ordered(y),
        sample_weight=_doubles(sample_weight),
        test_X=_features(test_X),
        test_y=_ordered(test_y),
        mean=_doubles(mean),
        scale=_doubles(scale),
        method=Method(input_dropout=dropout[0], hidden_dropout=dropout[1], **method),
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
    standardised by `mean` and `scale`, in uint8; or compressed rows, as `compress` makes them.
    """
    parameters = _four(parameters)
    kind = PredictorFloat64 if _is_double(parameters) else PredictorFloat32
    return kind(
        parameters=parameters,
        mean=_doubles(mean),
        scale=_doubles(scale),
        n_threads=resolve_threads(n_threads),
    )


def compress(X: Any) -> Compressed:
    """Return the rows of a matrix in scipy's CSR format as the core takes them.

    Parameters
    ----------
    X : scipy.sparse matrix or array in CSR format, shape (n, m)
        Never changed; copied only where its columns do not ascend.

    Raises
    ------
    ValueError
        If its rows lie outside its arrays: scipy would order columns in memory that is not the matrix's.
    """
    starts = np.asarray(X.indptr, np.int64)
    whole = len(starts) == X.shape[0] + 1 and starts[0] == 0 and (starts[1:] >= starts[:-1]).all()
    if not whole or starts[-1] > min(len(X.indices), len(X.data)):
        raise ValueError("X's indptr must rise from 0 to no more than its indices and data hold")
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
        starts = np.asarray(X.indptr, np.int64)
    return starts, np.asarray(X.indices, np.int32), _ordered(X.data)


def distorted(
    X: npt.NDArray[np.uint8],
    image_shape: tuple[int, int],
    maps: npt.NDArray[np.int32],
    windows: npt.NDArray[np.int64] | None = None,
    field: npt.NDArray[np.int32] | None = None,
    *,
    n_threads: int | None = None,
) -> npt.NDArray[np.uint8]:
    """Return images looked up at other places, as `triceptron.data.distortions.distorted` does."""
    height, width = image_shape
    return distort(
        X=_ordered(X),
        height=height,
        width=width,
        maps=_ordered(maps),
        windows=_ordered(windows),
        field=_ordered(field),
        n_threads=resolve_threads(n_threads),
    )


def _is_double(parameters: _Four) -> bool:
    return bool(parameters[0].dtype == np.float64)


def _four(arrays: Sequence[_Array]) -> _Four:
    if len(arrays) != 4:
        raise ValueError(f"parameters must be (W1, b1, W2, b2), got {len(arrays)} arrays")
    W1, b1, W2, b2 = (_ordered(np.asarray(array)) for array in arrays)
    return W1, b1, W2, b2


def _features(X: Any) -> Any:
    return compress(X) if getattr(X, "format", None) == "csr" else _ordered(X)


def _ordered(array: Any) -> Any:
    """Return an array as the core reads it: in C order, each number where the processor likes it."""
    return np.require(array, requirements=("C", "A")) if isinstance(array, np.ndarray) else array


def _doubles(array: _Array | None) -> npt.NDArray[np.float64] | None:
    return None if array is None else np.require(array, np.float64, ("C", "A"))
