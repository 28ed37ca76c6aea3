"""scikit-learn's handwritten digits, read without waiting for scikit-learn to be imported."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from triceptron.data.dataset import Dataset

__all__ = ["load_digits"]


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
    table = _read_table()
    return Dataset(table[:, :-1], table[:, -1].astype(np.int64), tuple("0123456789"), (8, 8))


def _read_table() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return the images with their labels in the last column, shape (1797, 65)."""
    spec = find_spec("sklearn")  # finds the package, runs none of it: its import takes a second
    folder = Path(spec.origin).parent if spec is not None and spec.origin else Path()
    file = folder / "datasets" / "data" / "digits.csv.gz"
    if file.is_file():
        return np.loadtxt(file, delimiter=",")
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return np.column_stack([X, y])
