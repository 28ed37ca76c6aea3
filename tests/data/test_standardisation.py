import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import StandardScaler

from triceptron import datasets


def test_standardisation_is_learned_on_the_given_part_alone_and_keeps_constant_pixels():
    train, _ = datasets.split(datasets.load_digits())
    standardisation = datasets.Standardisation.fit(train.X)
    X = standardisation.transform(train.X)
    constant = train.X.std(axis=0) == 0
    assert constant.sum() == 3
    assert (standardisation.scale[constant] == 1).all()
    assert not X[:, constant].any()
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(X.std(axis=0)[~constant], 1, rtol=1e-12)


@given(arrays(np.float64, (7, 3), elements=st.integers(0, 255)))
def test_standardisation_is_scikit_learns(X):
    standardised = datasets.Standardisation.fit(X).transform(X)
    np.testing.assert_allclose(standardised, StandardScaler().fit_transform(X), rtol=1e-9, atol=1e-9)
    pixels = X.astype(np.uint8)
    np.testing.assert_array_equal(datasets.Standardisation.fit(pixels).transform(pixels), standardised)


def test_a_constant_feature_that_rounds_badly_is_still_constant():
    X = np.full((3, 1), 0.1)  # its float64 mean is not 0.1
    assert datasets.Standardisation.fit(X).transform(X).ravel().tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_transform_gives_the_dtype_asked_for(dtype):
    X = np.arange(6.0).reshape(3, 2)
    assert datasets.Standardisation.fit(X).transform(X, dtype).dtype == dtype
