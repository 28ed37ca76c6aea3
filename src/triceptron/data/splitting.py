"""A data set cut in two at random: one part to learn from, one to be tested on."""

from math import ceil

import numpy as np
import numpy.typing as npt

from triceptron.arrays import check_number
from triceptron.data.dataset import Dataset, Split

__all__ = ["hold_out", "split"]


def split(dataset: Dataset, *, test_size: float = 0.4, seed: int = 32, stratify: bool = False) -> Split:
    """Cut a data set in two at random, as scikit-learn's ``train_test_split`` does.

    Parameters
    ----------
    dataset : Dataset
    test_size : float
        The test part's share, 0 < test_size < 1.
    seed : int
        ``random_state`` of scikit-learn's function; 32 gives the text's split of the digits.
    stratify : bool
        Give each class its share of both parts.

    Returns
    -------
    Split

    Raises
    ------
    ValueError
        If a part would be empty, or could not have a sample of each class where `stratify` asks for it.
    """
    check_number("test_size", test_size, above=0, below=1)
    if stratify:
        from sklearn.model_selection import train_test_split  # here: scikit-learn takes seconds to import

        rows = np.arange(len(dataset.y))
        learned, tested = train_test_split(rows, test_size=test_size, random_state=seed, stratify=dataset.y)
        return _parts(dataset, learned, tested)
    n = len(dataset.y)
    tested = ceil(test_size * n)
    _check_parts("test_size", test_size, tested, n)
    order = np.random.RandomState(seed).permutation(n)
    return _parts(dataset, order[tested:], order[:tested])


def hold_out(dataset: Dataset, share: float, seed: int) -> Split:
    """Cut a random part off and leave the samples of both parts in their order.

    Parameters
    ----------
    dataset : Dataset
    share : float
        The test part's, 0 < share < 1.
    seed : int
        Of a `numpy.random.default_rng`.

    Returns
    -------
    Split

    Raises
    ------
    ValueError
        If `share` is not between 0 and 1, or leaves a part empty.
    """
    check_number("holdout", share, above=0, below=1)
    n = len(dataset.y)
    held = round(share * n)
    _check_parts("holdout", share, held, n)
    order = np.random.default_rng(seed).permutation(n)
    return _parts(dataset, np.sort(order[held:]), np.sort(order[:held]))


def _check_parts(name: str, share: float, tested: int, n: int) -> None:
    if not 0 < tested < n:
        raise ValueError(f"{name} must leave both parts some of the {n} samples, got {share}")


def _parts(dataset: Dataset, learned: npt.NDArray[np.int64], tested: npt.NDArray[np.int64]) -> Split:
    return Split(*(dataset._replace(X=dataset.X[rows], y=dataset.y[rows]) for rows in (learned, tested)))
