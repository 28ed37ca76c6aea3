"""The data: where it comes from, how it is split, and its standardisation."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from triceptron.parameters import Floats
from triceptron.validation import Labels, Matrix

__all__ = ["Dataset", "Split", "Standardisation", "load_digits", "split"]


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
        """Learn mean and standard deviation of each column of X (n, m); use the training part alone."""
        mean, scale = X.mean(axis=0, dtype=np.float64), X.std(axis=0, dtype=np.float64)
        constant = X.min(axis=0) == X.max(axis=0)  # not scale == 0: rounding can leave 1e-17 there
        return cls(np.where(constant, X[0], mean), np.where(constant, 1.0, scale))

    def transform(self, X: Matrix, dtype: npt.DTypeLike = np.float64) -> Floats:
        """Return (X - mean) / scale, computed in float64 and rounded once to `dtype`."""
        standardised: Floats = ((X - self.mean) / self.scale).astype(dtype)
        return standardised


class Dataset(NamedTuple):
    """Samples with their labels.

    Attributes
    ----------
    X : array, shape (n, m)
    y : array of int64, shape (n,)
        Labels from 0 to K - 1.
    classes : tuple of str
        The K names of the labels.
    image_shape : (int, int) or None
        Height and width where a row is an image.
    """

    X: Matrix
    y: Labels
    classes: tuple[str, ...]
    image_shape: tuple[int, int] | None = None


class Split(NamedTuple):
    """A data set in two parts that share no sample."""

    train: Dataset
    test: Dataset


def load_digits() -> Dataset:
    """Return scikit-learn's handwritten digits: 1,797 images of 8 × 8 pixels from 0 to 16, ten classes.

    Returns
    -------
    Dataset
        X is float64, shape (1797, 64).

    References
    ----------
    E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits. UCI repository (1998), its test part.
    """
    from sklearn import datasets as sklearn_datasets  # here: scikit-learn takes seconds to import

    X, y = sklearn_datasets.load_digits(return_X_y=True)
    return Dataset(X, y.astype(np.int64), tuple("0123456789"), (8, 8))


def split(dataset: Dataset, *, test_size: float = 0.4, seed: int = 32) -> Split:
    """Cut a data set in two at random, as scikit-learn's ``train_test_split`` does.

    Parameters
    ----------
    dataset : Dataset
    test_size : float
        The test part's share, 0 < test_size < 1.
    seed : int
        ``random_state`` of scikit-learn's function; 32 gives the text's split of the digits.

    Returns
    -------
    Split

    Raises
    ------
    ValueError
        If a part would be empty.
    """
    from sklearn.model_selection import train_test_split  # here: scikit-learn takes seconds to import

    train_X, test_X, train_y, test_y = train_test_split(
        dataset.X, dataset.y, test_size=test_size, random_state=seed
    )
    return Split(dataset._replace(X=train_X, y=train_y), dataset._replace(X=test_X, y=test_y))
