"""Compressed rows (scipy's CSR) are a way to keep X: the same bits as with the zeros written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array

from tests.core import problems
from triceptron import core
from triceptron.training import engines


@pytest.mark.parametrize("cut", ["rows", "units"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@settings(max_examples=60)
@given(description=problems.descriptions, batch_size=st.integers(1, 320))
def test_training_gives_the_same_bits(cut, dtype, description, batch_size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRICEPTRON_CUT", cut)
        description |= {"pixels": False, "sparse": True, "compressed": True}
        state, task = problems.make(dtype=dtype, n_threads=2, **description)
        losses, after = problems.run("core", state, task, batch_size=batch_size)
        expected, spread = problems.run("core", state, problems.spread(task), batch_size=batch_size)
    np.testing.assert_array_equal(losses, expected)
    assert problems.fingerprints(after) == problems.fingerprints(spread)


@pytest.mark.parametrize("solver", problems.SOLVERS)
@pytest.mark.parametrize("m", [30, 3000])
def test_the_choice_of_the_cut_does_not_depend_on_how_X_is_kept(solver, m):
    state, task = problems.make(n=500, m=m, h=60, sparse=True, compressed=True, solver=solver)
    losses, after = problems.run("core", state, task, batch_size=300)
    expected, spread = problems.run("core", state, problems.spread(task), batch_size=300)
    np.testing.assert_array_equal(losses, expected)
    assert problems.fingerprints(after) == problems.fingerprints(spread)


def test_rows_of_W1_without_an_entry_in_the_batch_stay_as_they_are_in_plain_descent():
    state, task = problems.make(n=200, m=900, h=60, compressed=True, tested=False)
    X = task.X.toarray()
    X[:, 100:800] = 0
    running = engines.start_engine("core", state, problems.replace(task, X=csr_array(X)))
    running.epoch(None, 200, np.array([0.1]))
    moved = (running.state().parameters.W1 != state.parameters.W1).any(axis=1)
    assert not moved[100:800].any()
    assert moved[:100].all()


@given(st.integers(1, 200), st.integers(1, 300), st.integers(1, 130), st.floats(0, 1), st.integers(1, 3))
@settings(max_examples=60)
def test_predictions_give_the_same_bits(n, m, h, density, n_threads):
    state, _ = problems.make(n=n, m=m, h=h)
    X = csr_array(random_array((n, m), density=density, format="csr", rng=np.random.default_rng(0)))
    predictor = core.predictor(state.parameters, n_threads=n_threads)
    assert predictor.logits(core.compress(X)).tobytes() == predictor.logits(X.toarray()).tobytes()
    np.testing.assert_array_equal(predictor.classes(core.compress(X)), predictor.classes(X.toarray()))


def test_columns_out_of_order_and_said_twice_are_put_in_order_in_a_copy():
    X = csr_array((np.array([1.0, 2.0, 3.0, 4.0]), np.array([2, 0, 2, 1]), np.array([0, 3, 4])), shape=(2, 3))
    starts, columns, values = core.compress(X)
    assert (starts.tolist(), columns.tolist(), values.tolist()) == ([0, 2, 3], [0, 2, 1], [2.0, 4.0, 4.0])
    assert X.indices.tolist() == [2, 0, 2, 1]


STARTS, COLUMNS, VALUES = np.array([0, 2, 3]), np.array([0, 2, 1], np.int32), np.ones(3)


@pytest.mark.parametrize(
    ("parts", "error", "message"),
    [
        ((STARTS, COLUMNS), ValueError, r"X must be \(starts, columns, values\), got 2 arrays"),
        ((STARTS.astype(np.int32), COLUMNS, VALUES), TypeError, "X's starts must be int64, got int32"),
        ((STARTS, COLUMNS.astype(np.int64), VALUES), TypeError, "X's columns must be int32, got int64"),
        ((STARTS, COLUMNS, VALUES.astype(np.float32)), TypeError, "X's values must be float64, got float32"),
        ((STARTS, COLUMNS[:2], VALUES), ValueError, r"X's columns must have shape \(3,\), got \(2,\)"),
        ((STARTS, COLUMNS, VALUES[:2]), ValueError, r"X's values must have shape \(3,\), got \(2,\)"),
        ((STARTS[:1], COLUMNS, VALUES), ValueError, "X must have at least one row"),
        ((np.array([1, 2, 3]), COLUMNS, VALUES), ValueError, "X's starts must begin with 0, got 1"),
        ((np.array([0, 4, 3]), COLUMNS, VALUES), ValueError, "X's starts must not fall, got 4 after 0"),
        ((np.array([0, -1, 3]), COLUMNS, VALUES), ValueError, "X's starts must not fall, got -1 after 0"),
        ((np.array([0, 2, -1]), COLUMNS, VALUES), ValueError, "X's starts must not fall"),
        ((STARTS, np.array([0, 3, 1], np.int32), VALUES), ValueError, "from 0 to 2, got 3 in row 0"),
        ((STARTS, np.array([0, 2, -1], np.int32), VALUES), ValueError, "got -1 in row 1"),
        ((STARTS, np.array([2, 0, 1], np.int32), VALUES), ValueError, "must ascend within a row"),
        ((STARTS, np.array([2, 2, 1], np.int32), VALUES), ValueError, "must ascend within a row"),
    ],
)
def test_rows_that_do_not_fit_are_refused_with_reason(parts, error, message):
    parameters = np.ones((3, 4)), np.ones(4), np.ones((4, 2)), np.ones(2)
    with pytest.raises(error, match=message):
        core.predictor(parameters).logits(parts)


def test_a_held_out_part_has_to_be_kept_as_X_is():
    parameters = np.ones((3, 4)), np.ones(4), np.ones((4, 2)), np.ones(2)
    X, y = np.ones((2, 3)), np.zeros(2, np.int64)
    with pytest.raises(ValueError, match="test_X must be compressed where X is"):
        core.training(parameters=parameters, X=csr_array(X), y=y, test=(X, y))


def test_an_X_of_nothing_but_zeros_is_fine():
    parameters = np.ones((3, 4)), np.ones(4), np.ones((4, 2)), np.array([0.0, 1.0])
    X = csr_array((2, 3))
    training = core.training(parameters=parameters, X=X, y=np.ones(2, np.int64))
    assert np.isfinite(training.epoch(None, 2, np.array([0.1]))[0])
    assert core.predictor(parameters).classes(core.compress(X)).tolist() == [1, 1]
