"""Logistic and identity outputs in the core: losses to the last digit, and the gradient itself."""

import numpy as np
import pytest
from scipy.special import expit

from tests.core import problems
from triceptron import core, steps
from triceptron.training import engines, outputs


def one_output(O, Y, output):  # noqa: E741
    """Return loss and dO of a network that puts out O whatever X is."""
    O, Y = np.asarray(O, float), np.asarray(Y, float)  # noqa: E741
    n = len(O)
    parameters = np.eye(n), np.zeros(n), np.maximum(O, 0)[:, None] - np.maximum(-O, 0)[:, None], np.zeros(1)
    training = core.training(
        parameters=parameters,
        X=np.eye(n),
        y=Y[:, None],
        output=output,
        rule="gradient",
        moments=[tuple(np.zeros_like(theta) for theta in parameters)],
        n_threads=1,
    )
    loss, _ = training.epoch(None, n, np.array([1.0]))
    return loss, training.moments()[0][2][:, 0]


@pytest.mark.parametrize("cut", ["rows", "units"])
def test_the_logistic_loss_is_exact_from_end_to_end(monkeypatch, cut):
    monkeypatch.setenv("TRICEPTRON_CUT", cut)
    for o in (-1e6, -800.0, -40.0, -1.0, -1e-9, 0.0, 1e-9, 0.5, 30.0, 45.0, 700.0, 1e5):
        for y in (0.0, 1.0, 0.25):
            loss, dO = one_output([o], [y], "logistic")
            expected = steps.binary_cross_entropy(np.array([[y]]), np.array([[o]]))
            assert loss == pytest.approx(float(expected), rel=1e-13, abs=1e-300)
            assert dO[0] == pytest.approx(expit(o) - y, rel=1e-13, abs=1e-300)


@pytest.mark.parametrize("cut", ["rows", "units"])
def test_the_squared_error_and_its_slope(monkeypatch, cut):
    monkeypatch.setenv("TRICEPTRON_CUT", cut)
    O, Y = [3.0, -2.0, 0.5], [1.0, 1.0, 0.5]  # noqa: E741
    loss, dO = one_output(O, Y, "identity")
    assert loss == pytest.approx((4 + 9 + 0) / 6)
    np.testing.assert_allclose(dO, [2 / 3, -3 / 3, 0])


@pytest.mark.parametrize("cut", ["rows", "units"])
@pytest.mark.parametrize("output", ["softmax", "logistic", "identity"])
@pytest.mark.parametrize("compressed", [False, True])
def test_the_rule_gradient_gives_the_lessons_gradient_and_moves_nothing(monkeypatch, cut, output, compressed):
    monkeypatch.setenv("TRICEPTRON_CUT", cut)
    state, task = problems.make(
        n=150, m=70, h=40, output=output, compressed=compressed, sparse=True, tested=False
    )
    X = task.X.toarray() if compressed else task.X
    Y = outputs.truth(output, task.y, 4, np.float64)
    training = core.training(
        parameters=state.parameters,
        X=task.X,
        y=task.y,
        output=output,
        alpha=0.3,
        rule="gradient",
        moments=[tuple(np.zeros_like(theta) for theta in state.parameters)],
    )
    loss, _ = training.epoch(None, 150, np.array([1.0]))
    Z, H, O = steps.forward(X, state.parameters)  # noqa: E741
    gradient = steps.compute_gradient(Y, outputs.activate(output, O), H, Z, X, state.parameters)
    W1, _, W2, _ = state.parameters
    decayed = gradient._replace(dW1=gradient.dW1 + 0.3 / 150 * W1, dW2=gradient.dW2 + 0.3 / 150 * W2)
    for mine, yours in zip(training.moments()[0], decayed, strict=True):
        np.testing.assert_allclose(mine, yours, rtol=1e-10, atol=1e-14)
    penalty = 0.3 / 300 * ((W1**2).sum() + (W2**2).sum())
    assert loss == pytest.approx(outputs.mean_loss(output, Y, O) + penalty, rel=1e-12)
    for before, after in zip(state.parameters, training.parameters(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_parameters_can_be_loaded_anew():
    state, task = problems.make(tested=False)
    other, _ = problems.make(seed=1)
    running = core.training(parameters=state.parameters, X=task.X, y=task.y, alpha=0.1)
    running.load(tuple(other.parameters))
    expected = core.training(parameters=other.parameters, X=task.X, y=task.y, alpha=0.1)
    rates = np.array([0.1])
    assert running.epoch(None, 37, rates) == pytest.approx(
        expected.epoch(None, 37, rates), nan_ok=True, rel=0
    )
    with pytest.raises(ValueError, match="parameters must keep their shapes"):
        running.load(tuple(problems.make(h=5)[0].parameters))


def test_two_softmax_outputs_learn_twice_as_fast_as_one_logistic_output():
    """Why two classes have one output: from (W, -W) softmax of (o, -o) is logistic of 2 o."""
    state, task = problems.make(K=2, tested=False, output="softmax")
    _, _, W2, b2 = state.parameters
    w, b = W2[:, 1:] - W2[:, :1], b2[1:] - b2[:1]
    softmax = engines.start_engine("core", state, task)
    single = engines.State(state.parameters._replace(W2=w, b2=b), ())
    Y = task.y[:, None].astype(float)
    logistic = engines.start_engine("core", single, problems.replace(task, y=Y, output="logistic"))
    first, second = (one.epoch(None, 37, np.array([0.1])).train for one in (softmax, logistic))
    assert first == pytest.approx(second, rel=1e-12)  # the same function, so the same loss
    moved = softmax.state().parameters.W2 - W2
    np.testing.assert_allclose(
        moved[:, 1] - moved[:, 0], 2 * (logistic.state().parameters.W2 - w)[:, 0], rtol=1e-9, atol=1e-15
    )
