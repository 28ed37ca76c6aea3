"""The arrays that pass between the rooms: their types, and the checks of what users hand in.

Each check raises one message that names the argument, its value and the mend.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias, TypeVar

import array_api_compat
import numpy as np
import numpy.typing as npt

__all__ = [
    "Floats",
    "Labels",
    "Matrix",
    "array_namespace",
    "check_choice",
    "check_count",
    "check_distributions",
    "check_features",
    "check_labels",
    "check_number",
    "check_targets",
    "digest",
    "text_array",
]

Floats: TypeAlias = npt.NDArray[np.floating[Any]]
"""A NumPy array of float32 or float64."""

Labels: TypeAlias = npt.NDArray[np.int64]
"""A NumPy array of integer codes from 0 to K - 1, shape (n,)."""

Matrix: TypeAlias = Floats | npt.NDArray[np.uint8]
"""Samples in rows: floats, or pixels as bytes, shape (n, m)."""

Scalar = TypeVar("Scalar", bound=np.generic)


def array_namespace(*arrays: Any) -> Any:
    """Return the library that the arrays come from, under the names of the Python array API standard.

    NumPy's own module is it already; the compatible one takes longer to import than NumPy itself.
    """
    numpy = all(isinstance(array, np.ndarray | np.generic) for array in arrays)
    return array_api_compat.array_namespace(*arrays, use_compat=False if numpy else None)


def check_count(name: str, value: object, least: int = 1, most: int | None = None) -> int:
    """Return a whole number of at least `least`, and at most `most` where that is given."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least:  # type: ignore[operator]
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    if most is not None and value > most:  # type: ignore[operator]
        raise ValueError(f"{name} must be a whole number of at most {most}, got {value!r}")
    return int(value)  # type: ignore[call-overload,no-any-return]


def check_number(
    name: str, value: object, *, above: float | None = None, least: float = 0, below: float = np.inf
) -> float:
    """Return a finite number x with above < x < below, or least ≤ x < below where `above` is None."""
    wish = f"at least {least:g}" if above is None else f"greater than {above:g}"
    if np.isfinite(below):
        wish = f"{wish} and less than {below:g}"
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise ValueError(f"{name} must be a number {wish}, got {value!r}")
    fits = value >= least if above is None else value > above
    if not (np.isfinite(value) and fits and value < below):
        raise ValueError(f"{name} must be a finite number {wish}, got {value!r}")
    return float(value)


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Refuse a word that is not among the choices."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def check_features(name: str, X: Any, m: int, dtype: npt.DTypeLike, *, pixels: bool = False) -> Matrix:
    """Return X as a C-ordered array (n, m) of finite numbers in the wanted dtype (bytes pass as `pixels`).

    What scipy keeps in its CSR format stays in it.

    Raises
    ------
    ValueError
        If X has another shape or dtype, no rows, or a NaN or infinite entry (named by row and column).
    """
    compressed = getattr(X, "format", None) == "csr"
    X = X if compressed else np.asarray(X)
    if X.ndim != 2 or X.shape[1] != m:
        raise ValueError(f"{name} must have shape (n, {m}), one row a sample, got {X.shape}")
    if X.shape[0] == 0:
        raise ValueError(f"{name} has no rows: at least one sample is needed")
    if pixels and X.dtype == np.uint8:
        return _ordered(X)
    if X.dtype != dtype:
        mend = f"{name}.astype(numpy.{np.dtype(dtype)})"
        raise ValueError(
            f"{name} is {X.dtype} but the parameters are {np.dtype(dtype)}: convert one of them, as by {mend}"
        )
    if compressed:
        rows: Matrix = _check_compressed(name, X)
        return rows
    if not np.isfinite(X).all():
        row, column = np.argwhere(~np.isfinite(X))[0]
        raise ValueError(f"{name} must be finite, but {name}[{row}, {column}] is {X[row, column]}")
    return _ordered(X)


def _ordered(X: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """Return X in C order and aligned, copied only where it is not."""
    return np.require(X, requirements=("C", "A"))


def _check_compressed(name: str, X: Any) -> Any:
    from scipy.sparse import csr_array  # here: it takes half a second to import

    if not np.isfinite(X.data).all():
        raise ValueError(f"{name} must be finite, but holds {X.data[~np.isfinite(X.data)][0]}")
    return csr_array(X)


def check_targets(name: str, Y: Any, n: int, K: int, dtype: npt.DTypeLike) -> Floats:
    """Return Y as an array (n, K) of finite numbers in the wanted dtype.

    Raises
    ------
    ValueError
        If Y has another shape, or a NaN or infinite entry.
    """
    targets: Floats = _ordered(np.asarray(Y, dtype))
    if targets.shape != (n, K):
        raise ValueError(f"{name} must have shape ({n}, {K}), a row for each row of X, got {targets.shape}")
    if not np.isfinite(targets).all():
        raise ValueError(f"{name} must be finite")
    return targets


def check_distributions(name: str, Y: Any, n: int, K: int, dtype: npt.DTypeLike) -> Floats:
    """Return Y as an array (n, K) in the wanted dtype, each row a distribution over K classes.

    Raises
    ------
    ValueError
        If Y has another shape, or a row that is none (named by its number).
    """
    targets = check_targets(name, Y, n, K, dtype)
    sums = targets.sum(axis=1, dtype=np.float64)
    wrong = (np.abs(sums - 1) > 1e-5) | (targets < 0).any(axis=1)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"{name} must have rows of probabilities that sum to 1, but {name}[{row}] is {targets[row]}"
        )
    return targets


def check_labels(name: str, y: Any, n: int, K: int) -> Labels:
    """Return y as an array (n,) of whole numbers from 0 to K - 1.

    Raises
    ------
    ValueError
        If y has another shape, is not integer, or holds a label out of range (named by its row).
    """
    y = np.asarray(y)
    if y.shape != (n,):
        raise ValueError(f"{name} must have shape ({n},), one label for each row of X, got {y.shape}")
    if y.dtype.kind not in "iu":
        raise ValueError(f"{name} must hold whole numbers from 0 to {K - 1}, got dtype {y.dtype}")
    outside = (y < 0) | (y >= K)
    if outside.any():
        row = int(np.argmax(outside))
        raise ValueError(f"{name} must hold labels from 0 to {K - 1}, but {name}[{row}] is {y[row]}")
    labels: Labels = y.astype(np.int64)
    return labels


def digest(arrays: Iterable[Any]) -> str:
    """Return sixteen characters that stand for the arrays' content, None and text included."""
    sha = hashlib.sha256()
    for array in arrays:
        array = np.asarray("none" if array is None else array)
        array = np.array(array.tolist(), dtype="U") if array.dtype.kind in "OT" else array
        sha.update(f"{array.dtype.str} {array.shape};".encode())
        sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()[:16]


def text_array(values: Sequence[str]) -> npt.NDArray[Any]:
    """Return texts as an array, in NumPy's own dtype for them unless that took far more memory than they do.

    NumPy's strings are all as long as the longest.
    """
    longest = max(map(len, values), default=0)
    narrow = len(values) * longest <= 16 * sum(map(len, values)) + 1024
    return np.array(values, "U" if narrow else object)
