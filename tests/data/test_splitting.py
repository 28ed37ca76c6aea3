import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import datasets as sklearn_datasets
from sklearn.model_selection import train_test_split

from triceptron import datasets
from triceptron.data import Dataset


def test_digits_split_has_the_texts_sizes():
    train, test = datasets.split(datasets.load_digits())
    assert (train.X.shape, test.X.shape) == ((1078, 64), (719, 64))


def test_digits_are_scikit_learns():
    X, y = sklearn_datasets.load_digits(return_X_y=True)
    ours = datasets.load_digits()
    np.testing.assert_array_equal(ours.X, X)
    np.testing.assert_array_equal(ours.y, y)


@given(
    n=st.integers(8, 200), test_size=st.floats(0.05, 0.9), seed=st.integers(0, 2**32 - 1), even=st.booleans()
)
def test_split_is_scikit_learns(n, test_size, seed, even):
    rows, y = np.arange(n), np.arange(n) % 2
    try:
        learned, tested = train_test_split(
            rows, test_size=test_size, random_state=seed, stratify=y if even else None
        )
    except ValueError:
        return
    data = Dataset(rows[:, None].astype(np.float64), y, ("a", "b"))
    parts = datasets.split(data, test_size=test_size, seed=seed, stratify=even)
    assert parts.train.X.ravel().tolist() == learned.tolist()
    assert parts.test.X.ravel().tolist() == tested.tolist()


@pytest.mark.parametrize("test_size", [0, 1, 0.999, "half"])
def test_a_split_that_leaves_a_part_empty_is_refused(test_size):
    with pytest.raises(ValueError, match="test_size must"):
        datasets.split(datasets.load_digits()._replace(y=np.arange(5)), test_size=test_size)
