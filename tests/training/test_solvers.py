"""Each solver against an independent statement of it: scikit-learn's own optimisers."""

import numpy as np
import pytest
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

from triceptron.parameters import initialize
from triceptron.steps import Gradient
from triceptron.training import Adam, GradientDescent, Momentum


def pairs():
    return [
        (GradientDescent(), lambda p: SGDOptimizer(p, learning_rate_init=0.1, momentum=0, nesterov=False)),
        (Momentum(0.8), lambda p: SGDOptimizer(p, learning_rate_init=0.1, momentum=0.8, nesterov=False)),
        (
            Momentum(0.8, nesterov=True),
            lambda p: SGDOptimizer(p, learning_rate_init=0.1, momentum=0.8, nesterov=True),
        ),
        (Adam(0.8, 0.95, 1e-6), lambda p: AdamOptimizer(p, 0.1, 0.8, 0.95, 1e-6)),
    ]


@pytest.mark.parametrize(
    ("solver", "peer"), pairs(), ids=lambda value: getattr(value, "__class__", value).__name__
)
def test_five_updates_equal_scikit_learns(solver, peer):
    rng = np.random.default_rng(0)
    ours = initialize(6, 5, 3, rng=rng)
    theirs = [theta.copy() for theta in ours]
    peer = peer(theirs)
    moments = solver.start(ours)
    for step in range(5):
        gradient = Gradient(*(rng.normal(size=theta.shape) for theta in ours))
        ours, moments = solver.update(ours, gradient, moments, 0.1, step)
        peer.update_params(theirs, list(gradient))
    for mine, wanted in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Momentum(1.0), "momentum must be at least 0 and less than 1, got 1.0"),
        (lambda: Adam(beta_2=-1), "beta_2 must be"),
        (lambda: Adam(epsilon=0), "epsilon must be positive, got 0"),
    ],
)
def test_solvers_refuse_impossible_constants(make, message):
    with pytest.raises(ValueError, match=message):
        make()
