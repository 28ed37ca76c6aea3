"""The core does what the lesson says, whatever the shape."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.core import problems
from tests.reference import LOSSES
from triceptron import core, initialize
from triceptron.training import engines


def assert_agree(dtype, description, batch_size, n_threads=2):
    state, task = problems.make(dtype=dtype, n_threads=n_threads, **description)
    rtol, atol = (1e-9, 1e-11) if dtype is np.float64 else (2e-3, 2e-4)
    # Squared errors of large Z drive a single sample's steps apart at a larger rate.
    rate = 5e-4 / description["K"] if task.output == "identity" else 0.05
    ours, our_state = problems.run("core", state, task, batch_size=batch_size, learning_rate=rate)
    theirs, their_state = problems.run("steps", state, task, batch_size=batch_size, learning_rate=rate)
    np.testing.assert_allclose(ours, theirs, rtol, atol)
    for mine, yours in zip(
        (our_state.parameters, *our_state.moments),
        (their_state.parameters, *their_state.moments),
        strict=True,
    ):
        for name, a, b in zip(mine._fields, mine, yours, strict=True):
            assert a.dtype == dtype
            np.testing.assert_allclose(a, b, rtol, atol, err_msg=name)
    assert our_state.step == their_state.step
    assert our_state.dropout_seed == their_state.dropout_seed


@pytest.fixture(params=["rows", "units"])
def cut(request, monkeypatch):
    """Each of the two ways to share out the work, whatever the shape."""
    monkeypatch.setenv("TRICEPTRON_CUT", request.param)


@pytest.mark.usefixtures("cut")
@settings(max_examples=120)
@given(problems.descriptions, st.integers(8, 320))  # hundreds of updates would let rounding grow beyond 1e-9
@example({"n": 1, "m": 1, "h": 1, "K": 2}, 1)
def test_float64_training_agrees_with_the_lesson(description, batch_size):
    assert_agree(np.float64, description, batch_size)


@pytest.mark.usefixtures("cut")
@settings(max_examples=60)
@given(problems.descriptions, st.integers(20, 320))
def test_float32_training_agrees_with_the_lesson(description, batch_size):
    assert_agree(np.float32, description, batch_size)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("pixels", [False, True])
def test_a_large_W1_is_shared_out_in_panels_and_agrees(pixels, sparse):
    description = {"n": 300, "m": 300, "h": 450, "K": 5, "pixels": pixels, "sparse": sparse, "centred": True}
    description |= {"solver": problems.SOLVERS[1], "alpha": 0.1, "dropout": (0.0, 0.3)}
    assert_agree(np.float64, description, 130)


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize("sparse", [False, True])
def test_a_batch_of_several_chunks_or_many_stripes_agrees(sparse):
    description = {
        "n": 3000,
        "m": 400,
        "h": 90,
        "K": 3,
        "sparse": sparse,
        "dropout": (0.0, 0.5),
        "alpha": 0.1,
    }
    assert_agree(np.float64, description, None)


def test_a_batch_without_weight_changes_nothing_but_the_count():
    state, task = problems.make(n=8, weighted=True)
    task.sample_weight[:4] = 0
    running = engines.start_engine("core", state, task)
    running.epoch(np.array([0, 1, 2, 3]), 4, np.array([0.1]))
    assert running.state().parameters.fingerprint() == state.parameters.fingerprint()
    assert running.state().step == 1


def test_the_digits_losses_are_the_reference_values(digits):
    n = len(digits.X)
    training = core.training(
        parameters=digits.parameters, X=digits.X, y=digits.y, test=(digits.test_X, digits.test_y)
    )
    losses = [training.epoch(None, n, np.array([0.03])) for _ in range(1000)]
    for epoch, expected in LOSSES.items():
        np.testing.assert_allclose(losses[epoch - 1], expected, rtol=0, atol=1e-9)
    classes = core.predictor(training.parameters()).classes(digits.test_X)
    assert (classes == digits.test_y).sum() == 680


def test_a_diverging_training_returns_losses_that_are_not_finite():
    state, task = problems.make(tested=False)
    losses, _ = problems.run("core", state, task, epochs=20, learning_rate=1e200)
    assert not np.isfinite(losses[-1, 0])


def test_a_training_resumes_to_the_same_bits():
    state, task = problems.make(solver=problems.SOLVERS[3], dropout=(0.2, 0.3))
    rates = np.full(4, 0.05)
    whole = engines.start_engine("core", state, task)
    whole.epoch(None, 10, rates)
    halfway = whole.state()
    whole.epoch(None, 10, rates)
    resumed = engines.start_engine("core", halfway, task)
    resumed.epoch(None, 10, rates)
    assert problems.fingerprints(resumed.state()) == problems.fingerprints(whole.state())


@pytest.mark.parametrize("cut", ["rows", "units"])
@pytest.mark.parametrize("rule", ["momentum", "nesterov", "adam"])
def test_what_nothing_renews_ends_at_zero_and_not_just_above(rule, cut, monkeypatch):
    monkeypatch.setenv("TRICEPTRON_CUT", cut)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(8, 3)).astype(np.float32)
    X[1:, 0] = 0  # a pixel that is seen once
    parameters = initialize(3, 4, 2, rng=0, dtype=np.float32)._replace(b1=np.ones(4, np.float32))
    moments = tuple(tuple(map(np.zeros_like, parameters)) for _ in range(2 if rule == "adam" else 1))
    constants = {"momentum": 0.9, "beta_1": 0.9, "beta_2": 0.9}
    training = core.training(
        parameters=parameters,
        X=X,
        y=rng.integers(0, 2, 8),
        rule=rule,
        moments=moments,
        n_threads=1,
        **constants,
    )
    training.epoch(np.array([0]), 1, np.array([0.1]))
    assert all((moment[0][0] != 0).any() for moment in training.moments())
    training.epoch(np.arange(2000) % 7 + 1, 1, np.full(2000, 0.1))
    assert all((moment[0][0] == 0).all() for moment in training.moments())
