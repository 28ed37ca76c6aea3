"""Whatever the core is handed, it answers with an exception that names the argument and what it wants."""

import os

import numpy as np
import pytest
from scipy.sparse import csr_array

from tests import calls
from tests.core import problems
from triceptron import _core, core
from triceptron.parameters import Parameters
from triceptron.training import train


def arguments(dtype=np.float64, **changes):
    n, m, h, K = 6, 3, 4, 2
    given = {
        "parameters": (np.ones((m, h), dtype), np.ones(h, dtype), np.ones((h, K), dtype), np.ones(K, dtype)),
        "X": np.ones((n, m), dtype),
        "y": np.zeros(n, np.int64),
        "n_threads": 1,
    }
    return given | changes


def four(dtype=np.float64, m=3, h=4, K=2):
    return np.ones((m, h), dtype), np.ones(h, dtype), np.ones((h, K), dtype), np.ones(K, dtype)


BAD = {
    "X of another dtype": ({"X": np.ones((6, 3), np.float32)}, TypeError, r"X must be float64, got float32"),
    "X of integers": ({"X": np.ones((6, 3), np.int64)}, TypeError, r"X must be float64, got int64"),
    "X a list": ({"X": [[1.0]]}, TypeError, r"X must be a NumPy array of numbers, got list"),
    "X None": ({"X": None}, TypeError, r"X must be a NumPy array of numbers, got NoneType"),
    "X of objects": ({"X": np.array([[None] * 3] * 6)}, TypeError, r"X must be a NumPy array of numbers"),
    "X too narrow": (
        {"X": np.ones((6, 2))},
        ValueError,
        r"X must have shape \(at least 1, 3\), got \(6, 2\)",
    ),
    "X flat": ({"X": np.ones(3)}, ValueError, r"X must have shape \(at least 1, 3\), got \(3,\)"),
    "X empty": ({"X": np.ones((0, 3))}, ValueError, r"X must have shape \(at least 1, 3\), got \(0, 3\)"),
    "y too short": ({"y": np.zeros(5, np.int64)}, ValueError, r"y must have shape \(6,\), got \(5,\)"),
    "y of int32": ({"y": np.zeros(6, np.int32)}, TypeError, r"y must be int64, got int32"),
    "y too large": (
        {"y": np.array([0, 0, 2, 0, 0, 0])},
        ValueError,
        r"y must hold labels from 0 to 1, got 2 at row 2",
    ),
    "y negative": ({"y": np.full(6, -1)}, ValueError, r"y must hold labels from 0 to 1, got -1 at row 0"),
    "three parameters": (
        {"parameters": four()[:3]},
        ValueError,
        r"parameters must be \(W1, b1, W2, b2\), got 3",
    ),
    "b1 of another length": (
        {"parameters": (*four()[:1], np.ones(5), *four()[2:])},
        ValueError,
        r"b1 must have shape \(4,\), got \(5,\)",
    ),
    "W2 of another height": (
        {"parameters": (*four()[:2], np.ones((5, 2)), np.ones(2))},
        ValueError,
        r"W2 must have shape \(4, at least 1\), got \(5, 2\)",
    ),
    "parameters of mixed dtype": (
        {"parameters": (*four()[:3], np.ones(2, np.float32))},
        TypeError,
        r"b2 must be float64, got float32",
    ),
    "no hidden unit": ({"parameters": four(h=0)}, ValueError, r"W1 must have shape"),
    "negative weight": (
        {"sample_weight": -np.ones(6)},
        ValueError,
        r"sample_weight must not be negative, got -1",
    ),
    "weight NaN": (
        {"sample_weight": np.full(6, np.nan)},
        ValueError,
        r"sample_weight must be finite, got nan",
    ),
    "too few weights": ({"sample_weight": np.ones(5)}, ValueError, r"sample_weight must have shape \(6,\)"),
    "test of another dtype": (
        {"test": (np.ones((2, 3), np.uint8), np.zeros(2, np.int64))},
        ValueError,
        r"test_X must have the dtype of X",
    ),
    "test of another width": (
        {"test": (np.ones((2, 4)), np.zeros(2, np.int64))},
        ValueError,
        r"test_X must have shape \(at least 1, 3\), got \(2, 4\)",
    ),
    "test labels too large": (
        {"test": (np.ones((2, 3)), np.full(2, 7))},
        ValueError,
        r"test_y must hold labels from 0 to 1, got 7",
    ),
    "mean for floats": ({"mean": np.ones(3)}, ValueError, r"mean and scale are for uint8 X"),
    "scale zero": (
        {"X": np.ones((6, 3), np.uint8), "scale": np.zeros(3)},
        ValueError,
        r"scale must be positive, got 0",
    ),
    "moments missing": ({"rule": "adam"}, ValueError, r"rule 'adam' keeps 2 moments, got 0"),
    "moments of another shape": (
        {"rule": "momentum", "moments": (four(h=5),)},
        ValueError,
        r"moments must have the shapes of the parameters",
    ),
    "labels where numbers are wanted": (
        {"output": "logistic"},
        TypeError,
        r"y must be float64, got int64",
    ),
    "Y of another width": (
        {"output": "identity", "y": np.zeros((6, 3))},
        ValueError,
        r"y must have shape \(6, 2\), got \(6, 3\)",
    ),
    "unknown output": ({"output": "sigmoid"}, ValueError, r"output must be 'softmax', .* got 'sigmoid'"),
    "unknown rule": ({"rule": "sgd"}, ValueError, r"rule must be 'descent', .* got 'sgd'"),
    "dropout of everything": ({"dropout": (1.0, 0.0)}, ValueError, r"input_dropout must be at least 0"),
    "dropout of one share": (
        {"dropout": (0.5,)},
        ValueError,
        r"dropout must be two shares, of inputs and of hidden units, got \(0\.5,\)",
    ),
    "parameters no arrays": (
        {"parameters": (1.0, None, "x", [])},
        TypeError,
        r"W2 must be a NumPy array of numbers",
    ),
    "negative alpha": ({"alpha": -1.0}, ValueError, r"alpha must be at least 0"),
    "no threads": ({"n_threads": 0}, ValueError, r"n_threads must be from 1 to 4096, got 0"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_training_is_refused_with_reason(name):
    changes, error, message = BAD[name]
    with pytest.raises(error, match=message):
        core.training(**arguments(**changes))


@pytest.mark.parametrize(
    ("order", "batch_size", "rates", "error", "message"),
    [
        (np.array([0, 6]), 2, [0.1], ValueError, r"order must hold rows from 0 to 5, got 6"),
        (np.array([-1, 0]), 2, [0.1], ValueError, r"order must hold rows from 0 to 5, got -1"),
        (np.array([0.0, 1.0]), 2, [0.1], TypeError, r"order must be int64, got float64"),
        (np.array([], np.int64), 2, [0.1], ValueError, r"order must have shape"),
        (None, 0, [0.1], ValueError, r"batch_size must be at least 1, got 0"),
        (None, 4, [0.1], ValueError, r"learning_rates must have shape \(2,\), got \(1,\)"),
        (None, 2**62, [0.1, 0.1], ValueError, r"learning_rates must have shape \(1,\), got \(2,\)"),
    ],
)
def test_an_epoch_is_refused_with_reason(order, batch_size, rates, error, message):
    with pytest.raises(error, match=message):
        core.training(**arguments()).epoch(order, batch_size, np.array(rates))


def test_arrays_that_are_not_contiguous_are_taken_as_what_they_show():
    X = np.arange(36.0).reshape(6, 6)
    contiguous = core.training(**arguments(X=X[:, ::2].copy()))
    strided = core.training(**arguments(X=X[:, ::2]))
    rates = np.array([0.1])
    assert contiguous.epoch(None, 6, rates)[0] == strided.epoch(None, 6, rates)[0]


def test_the_extension_itself_refuses_what_is_not_contiguous():
    predictor = core.predictor(four())
    with pytest.raises(ValueError, match=r"X must be C-contiguous: pass numpy\.ascontiguousarray"):
        predictor.logits(np.ones((6, 6))[:, ::2])


def test_read_only_arrays_are_fine():
    given = arguments()
    for array in (given["X"], given["y"], *given["parameters"]):
        array.flags.writeable = False
    training = core.training(**given)
    training.epoch(None, 6, np.array([0.1]))
    assert (given["parameters"][0] == 1).all()


def test_a_training_keeps_its_data_alive():
    training = core.training(**arguments(X=np.ones((6, 3))))
    junk = [np.full((6, 3), np.nan) for _ in range(100)]
    assert np.isfinite(training.epoch(None, 6, np.array([0.1]))[0])
    del junk


@pytest.mark.parametrize(
    "X", [np.ones((2, 4)), np.ones((0, 3)), np.ones(4), np.ones((2, 3), np.float32), "X"]
)
def test_a_prediction_is_refused_for_X_that_does_not_fit(X):
    with pytest.raises((TypeError, ValueError), match="X must"):
        core.predictor(four()).classes(X)


def test_nothing_is_made_without_arguments():
    with pytest.raises(TypeError):
        _core.TrainingFloat64()


def test_arrays_that_are_not_aligned_are_copied_in_python_and_refused_by_the_core():
    state, task = problems.make(n=30, m=6, h=5)

    def askew(array):
        memory = np.empty(array.nbytes + 1, np.uint8)[1:]
        copy = memory.view(array.dtype).reshape(array.shape)
        copy[...] = array
        assert not copy.flags.aligned
        return copy

    moved = state._replace(parameters=Parameters(*map(askew, state.parameters)))
    X = askew(task.X)
    assert (
        train(moved.parameters, X, task.y, epochs=3, learning_rate=0.1).parameters.fingerprint()
        == train(state.parameters, task.X, task.y, epochs=3, learning_rate=0.1).parameters.fingerprint()
    )
    predictor = core.predictor(moved.parameters)
    with pytest.raises(ValueError, match=r"X must be aligned: pass numpy\.require"):
        predictor.logits(X)


@pytest.mark.parametrize("place", [0, 1, -1])
@pytest.mark.parametrize("value", [-(2**31), -1, 2**31 - 1])
def test_a_compressed_matrix_whose_rows_lie_elsewhere_is_refused_before_scipy_orders_it(place, value):
    X = csr_array(np.ones((6, 3)))
    X.indices[:] = X.indices[::-1].copy()
    X.indptr[place] = value
    with pytest.raises(ValueError, match="X's indptr must rise from 0"):
        core.training(**arguments(X=X))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_arguments_of_every_sort_are_answered_or_refused():
    outcome = calls.run(2000, seed=1)
    assert outcome.faults == []
    assert outcome.calls == 2000
    assert 200 < outcome.refused < 1800
