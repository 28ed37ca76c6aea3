"""Answers of a trained network agree with the lesson's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core import problems
from triceptron import core, steps


@settings(max_examples=80)
@given(
    n=problems.sizes,
    m=problems.sizes,
    h=problems.sizes,
    K=st.integers(2, 140),
    double=st.booleans(),
    pixels=st.booleans(),
    centred=st.booleans(),
    sparse=st.booleans(),
    n_threads=st.integers(1, 3),
)
def test_predictions_agree_with_the_lesson(n, m, h, K, double, pixels, centred, sparse, n_threads):
    dtype = np.float64 if double else np.float32
    state, task = problems.make(
        n=n, m=m, h=h, K=K, dtype=dtype, pixels=pixels, centred=centred, sparse=sparse
    )
    mean, scale = task.standardisation or (None, None)
    predictor = core.predictor(state.parameters, mean=mean, scale=scale, n_threads=n_threads)
    X = task.X if task.standardisation is None else task.standardisation.transform(task.X, dtype)
    O = steps.forward(X, state.parameters).O  # noqa: E741
    rtol, atol = (1e-10, 1e-12) if double else (1e-3, 1e-4)
    np.testing.assert_allclose(predictor.logits(task.X), O, rtol, atol)
    np.testing.assert_allclose(predictor.probabilities(task.X), steps.softmax(O), rtol, atol)
    logits = predictor.logits(task.X)
    np.testing.assert_array_equal(predictor.classes(task.X), logits.argmax(axis=1))


def test_one_row_gives_one_answer():
    state, task = problems.make(K=4)
    predictor = core.predictor(state.parameters)
    assert predictor.logits(task.X[0]).shape == (4,)
    assert predictor.probabilities(task.X[0]).sum() == pytest.approx(1)
    assert predictor.classes(task.X[0]) == predictor.classes(task.X)[0]


def test_probabilities_survive_logits_of_any_size():
    W1, b1, W2, b2 = np.ones((1, 1)), np.zeros(1), np.array([[1.0, 0.0, -1.0]]), np.zeros(3)
    P = core.predictor((W1, b1, W2, b2)).probabilities(np.array([[1e32], [0.0]]))
    np.testing.assert_array_equal(P[0], [1, 0, 0])
    np.testing.assert_allclose(P[1], [1 / 3] * 3, rtol=1e-15)


@given(st.lists(st.floats(-700, 0), min_size=1, max_size=9))
def test_exponentials_are_as_good_as_numpys(values):
    b2 = np.array([0.0, *values])
    P = core.predictor((np.zeros((1, 1)), np.zeros(1), np.zeros((1, len(b2))), b2)).probabilities(np.zeros(1))
    np.testing.assert_allclose(P, np.exp(b2) / np.exp(b2).sum(), rtol=1e-14)
