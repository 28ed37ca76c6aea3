import numpy as np
import pytest

from triceptron import initialize, steps, train
from triceptron.training import HeldOut, still_falling


def test_a_held_out_part_is_measured_after_each_epoch():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), rng.integers(2, size=40)
    held_out, losses, parameters = HeldOut(X[30:], y[30:]), [], []

    def keep(epoch):
        losses.append(held_out(epoch))
        parameters.append(epoch.state().parameters)

    train(initialize(3, 8, 2), X[:30], y[:30], epochs=20, learning_rate=0.5, callback=keep)
    P = [steps.softmax(steps.forward(X[30:], theta).O)[np.arange(10), y[30:]] for theta in parameters]
    np.testing.assert_allclose(losses, [-np.log(0.99 * p + 0.005).mean() for p in P])


def test_one_hopeless_sample_counts_only_so_much():
    parameters = initialize(1, 2, 2)._replace(W1=np.ones((1, 2)), W2=np.array([[0.0, 1e4], [0.0, 1e4]]))
    held_out, losses = HeldOut(np.ones((1, 1)), np.array([0])), []

    def keep(epoch):
        losses.append(held_out(epoch))

    train(parameters, np.ones((1, 1)), [1], epochs=1, learning_rate=1e-9, callback=keep)
    assert losses == [pytest.approx(-np.log(0.005))]


@pytest.mark.parametrize(
    ("losses", "falling"),
    [
        ([1.0] * 50, False),
        (np.linspace(2, 1, 50).tolist(), True),
        ((1 / np.arange(1, 51)).tolist(), True),
        ((0.01 / np.arange(1, 51)).tolist(), False),
        ((0.5 + np.exp(-np.arange(50.0))).tolist(), False),
        ([3.0, 1.0], True),
        ([1.0], False),
        ([], False),
    ],
)
def test_whether_a_loss_was_still_falling(losses, falling):
    assert still_falling(losses) is falling
