"""Samples as the estimators hand them on, once checked."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from triceptron.arrays import Floats, Labels, Matrix

__all__ = ["Samples"]


class Samples(NamedTuple):
    """Checked samples.

    Attributes
    ----------
    X : array, shape (n, m), or csr_array
    y : array
        As the user gave it.
    truth : array of int64, shape (n,), or Y, shape (n, K)
        Codes from 0 to K - 1 for the output softmax, else what the outputs should be.
    w : array, shape (n,), or None
    dtype : dtype
        Of the arithmetic.
    """

    X: Matrix
    y: npt.NDArray[Any]
    truth: Labels | Floats
    w: Floats | None
    dtype: np.dtype[Any]

    @property
    def n(self) -> int:
        """How many there are."""
        return int(self.X.shape[0])

    def take(self, rows: Labels) -> "Samples":
        """Return those of the given rows."""
        w = None if self.w is None else self.w[rows]
        return self._replace(X=self.X[rows], y=self.y[rows], truth=self.truth[rows], w=w)

    def arrays(self) -> list[Any]:
        """Return all of it as arrays: what stands for these samples and no others."""
        compressed: Any = self.X
        if isinstance(self.X, np.ndarray):
            features = [self.X]
        else:
            features = [compressed.indptr, compressed.indices, compressed.data, np.array(compressed.shape)]
        return [*features, self.y, self.truth, self.w, self.dtype]
