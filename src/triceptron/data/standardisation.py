"""Each feature brought to mean 0 and standard deviation 1, by the training part's own numbers."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from triceptron.arrays import Floats, Matrix

__all__ = ["Standardisation"]


class Standardisation(NamedTuple):
    """Each feature's mean and standard deviation on the training part: x ↦ (x - mean) / scale.

    Attributes
    ----------
    mean, scale : array, shape (m,), float64
        `scale` is 1 where the feature is constant.
    """

    mean: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]

    @classmethod
    def fit(cls, X: Matrix) -> "Standardisation":
        """Learn mean and standard deviation of each column of X (n, m); use the training part alone.

        Compressed rows are scaled but not centred, as their zeros would not stay zeros.
        """
        if not isinstance(X, np.ndarray):
            return cls(np.zeros(X.shape[1]), _scale_of_compressed(X))
        mean, scale = X.mean(axis=0, dtype=np.float64), X.std(axis=0, dtype=np.float64)
        constant = X.min(axis=0) == X.max(axis=0)  # not scale == 0: rounding can leave 1e-17 there
        return cls(np.where(constant, X[0], mean), np.where(constant, 1.0, scale))

    @classmethod
    def suited(cls, X: Matrix) -> "Standardisation":
        """Return what suits X (n, m): bytes are pixels, floats have a mean and a standard deviation."""
        return cls.of_pixels(X.shape[1]) if X.dtype == np.uint8 else cls.fit(X)

    @classmethod
    def of_pixels(cls, m: int) -> "Standardisation":
        """Bring bytes between 0 and 1, x ↦ x / 255; black stays 0, which the core skips."""
        return cls(np.zeros(m), np.full(m, 255.0))

    def transform(self, X: Matrix, dtype: npt.DTypeLike = np.float64) -> Floats:
        """Return (X - mean) / scale, computed in float64 and rounded once to `dtype`."""
        if not isinstance(X, np.ndarray):
            if not self.mean.any():
                scaled: Floats = X.multiply(1 / self.scale).tocsr().astype(dtype)
                return scaled
            X = X.toarray()
        standardised: Floats = ((X - self.mean) / self.scale).astype(dtype)
        return standardised


def _scale_of_compressed(X: Any) -> npt.NDArray[np.float64]:
    n = X.shape[0]
    values = X.astype(np.float64)
    mean = np.asarray(values.sum(axis=0)).ravel() / n
    values.data = (values.data - mean[values.indices]) ** 2
    zeros = n - np.diff(values.tocsc().indptr)
    scale = np.sqrt((np.asarray(values.sum(axis=0)).ravel() + zeros * mean**2) / n)
    return np.where(scale > 1e-12 * np.abs(mean), scale, 1.0)
