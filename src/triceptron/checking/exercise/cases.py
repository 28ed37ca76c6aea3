"""What the functions are fed with: small problems in which n, m, h and K all differ, and extreme logits.

A verdict must be the same each time, so a case depends on its shape alone, and no entry of Z comes near 0:
there the slope of ReLU is a matter of taste, and a central difference is worthless.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from triceptron import steps
from triceptron.arrays import Floats, Labels
from triceptron.parameters import Parameters

__all__ = [
    "EPOCHS",
    "SHAPES",
    "Case",
    "Shape",
    "amplified",
    "complete",
    "extreme_logits",
    "held_out",
    "make_case",
]

Shape = tuple[int, int, int, int]

SHAPES: tuple[Shape, ...] = ((7, 4, 5, 3), (5, 6, 3, 4), (9, 2, 7, 5))
"""n, m, h, K: all different within a case, larger and smaller than one another in different orders."""

EPOCHS = 4
"""Epochs of the train that is checked."""

_MARGIN = 0.02


@dataclass(frozen=True, eq=False)
class Case:
    """A problem and everything that comes out of it; the lesson's symbols."""

    X: Floats
    y: Labels
    Y: Floats
    parameters: Parameters
    Z: Floats
    H: Floats
    O: Floats  # noqa: E741
    P: Floats
    gradient: steps.Gradient
    learning_rate: float = 0.25
    ordinary: bool = True

    @property
    def log_P(self) -> Floats:
        """Logarithm of P, without the logarithm of 0."""
        log_P: Floats = steps.log_softmax(self.O)
        return log_P


@cache
def make_case(shape: Shape) -> Case:
    """Make the case of a shape: always the same one."""
    n, m, h, K = shape
    rng = np.random.default_rng(shape)
    parameters = Parameters(
        rng.normal(size=(m, h)), 0.3 * rng.normal(size=h), rng.normal(size=(h, K)), 0.3 * rng.normal(size=K)
    )
    rows: list[Floats] = []
    while len(rows) < n:
        x = rng.normal(size=m)
        if np.abs(x @ parameters.W1 + parameters.b1).min() >= _MARGIN:
            rows.append(x)
    y = rng.permutation(np.arange(n) % K).astype(np.int64)
    return complete(np.array(rows), y, parameters)


def complete(X: Floats, y: Labels, parameters: Parameters) -> Case:
    """Compute with our own steps all that follows from data and parameters."""
    Z, H, O = steps.forward(X, parameters)  # noqa: E741
    Y, P = steps.one_hot(y, parameters.b2.shape[0], O.dtype), steps.softmax(O)
    return Case(X, y, Y, parameters, Z, H, O, P, steps.compute_gradient(Y, P, H, Z, X, parameters))


@cache
def extreme_logits() -> tuple[Case, ...]:
    """Return cases whose logits a careless softmax cannot bear."""
    logits = (
        [[0, -2000, -1000], [-1500, 0, -800]],  # nothing overflows; the small ones vanish
        [[0, 0, 1], [2000, 0, 1000]],  # each row needs its own maximum
        [[-3000, -3001, -3002], [1, 2, 3], [700, 710, 720], [-745, 0, 2]],
        [[1e32, 0, -1e32], [-1e32, -1e32, 0]],
    )
    base = make_case(SHAPES[0])
    cases = []
    for rows in logits:
        O = np.array(rows, np.float64)  # noqa: E741
        y = np.arange(len(O), dtype=np.int64)[::-1] % 3
        Y, P = steps.one_hot(y, 3, O.dtype), steps.softmax(O)
        cases.append(Case(base.X, y, Y, base.parameters, base.Z, base.H, O, P, base.gradient, ordinary=False))
    return tuple(cases)


def held_out(case: Case) -> Case:
    """Make a smaller held-out part for a case: other rows under the same parameters."""
    X = np.concatenate([case.X[1:] * 0.9 + 0.1, case.X[:1] - 0.2])[: len(case.X) - 1]
    return complete(X, case.y[: len(X)], case.parameters)


def amplified(case: Case) -> Case:
    """Make the logits so large that an exponential of them overflows."""
    W1, b1, W2, b2 = case.parameters
    return replace(complete(case.X, case.y, Parameters(W1, b1, 5000 * W2, 5000 * b2)), ordinary=False)
