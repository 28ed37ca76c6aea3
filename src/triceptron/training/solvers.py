"""How a gradient changes the parameters: plain descent, momentum, Nesterov's momentum, Adam.

A solver is a small frozen record of its constants. ``start`` gives the moments it keeps (as many sets of
arrays as it needs, each shaped like the parameters), ``update`` returns new parameters and new moments.
The formulas and constants are those of scikit-learn's MLPClassifier. The core does the same in
``update`` of ``core/kernels_body.hpp``.
"""

from dataclasses import dataclass
from math import sqrt
from typing import TypeAlias

import numpy as np

from triceptron import steps
from triceptron.parameters import Parameters

__all__ = ["Adam", "GradientDescent", "Moments", "Momentum", "Probe", "Solver"]

Moments: TypeAlias = tuple[Parameters, ...]


def _zeros_like(parameters: Parameters) -> Parameters:
    return Parameters(*(np.zeros_like(theta) for theta in parameters))


@dataclass(frozen=True)
class GradientDescent:
    """θ ← θ - η g: the text's update, without memory."""

    def start(self, parameters: Parameters) -> Moments:
        """Return no moments."""
        return ()

    def update(
        self,
        parameters: Parameters,
        gradient: steps.Gradient,
        moments: Moments,
        learning_rate: float,
        step: int,
    ) -> tuple[Parameters, Moments]:
        """Return the parameters one step downhill."""
        return steps.update(parameters, gradient, learning_rate), ()


@dataclass(frozen=True)
class Momentum:
    """A velocity v that remembers earlier gradients: v ← μv - ηg, θ ← θ + v.

    With Nesterov's correction the step is θ ← θ + μv - ηg, with the new v: the gradient is used as if it
    had been taken where the velocity leads.

    Parameters
    ----------
    momentum : float
        μ, the share of the velocity that is kept, 0 ≤ μ < 1.
    nesterov : bool
        Take Nesterov's step.

    References
    ----------
    Sutskever, Martens, Dahl, Hinton: On the importance of initialization and momentum in deep learning.
    ICML 2013.
    """

    momentum: float = 0.9
    nesterov: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum must be at least 0 and less than 1, got {self.momentum}")

    def start(self, parameters: Parameters) -> Moments:
        """Return the velocity at rest."""
        return (_zeros_like(parameters),)

    def update(
        self,
        parameters: Parameters,
        gradient: steps.Gradient,
        moments: Moments,
        learning_rate: float,
        step: int,
    ) -> tuple[Parameters, Moments]:
        """Return the parameters moved by the velocity, and the velocity."""
        mu, eta = self.momentum, learning_rate
        (velocity,) = moments
        V = Parameters(*(mu * v - eta * g for v, g in zip(velocity, gradient, strict=True)))  # (14)
        if not self.nesterov:
            return Parameters(*(theta + v for theta, v in zip(parameters, V, strict=True))), (V,)
        ahead = (
            theta + mu * v - eta * g for theta, v, g in zip(parameters, V, gradient, strict=True)
        )  # (15)
        return Parameters(*ahead), (V,)


@dataclass(frozen=True)
class Adam:
    """Steps of about η in every coordinate, whatever the gradient's scale.

    M ← β₁M + (1-β₁)g, S ← β₂S + (1-β₂)g², and with the bias of their zero start taken out,
    θ ← θ - η √(1-β₂ᵗ)/(1-β₁ᵗ) M/(√S + ε) at the t-th update (t from 1).

    Parameters
    ----------
    beta_1, beta_2 : float
        How much of the mean and of the mean square is kept, 0 ≤ β < 1.
    epsilon : float
        ε > 0, against division by zero.

    References
    ----------
    Kingma, Ba: Adam: a method for stochastic optimization. ICLR 2015, end of section 2.
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        for name, beta in (("beta_1", self.beta_1), ("beta_2", self.beta_2)):
            if not 0 <= beta < 1:
                raise ValueError(f"{name} must be at least 0 and less than 1, got {beta}")
        if not self.epsilon > 0:
            raise ValueError(f"epsilon must be positive, got {self.epsilon}")

    def start(self, parameters: Parameters) -> Moments:
        """Return the mean and the mean square of the gradients so far: zeros."""
        return (_zeros_like(parameters), _zeros_like(parameters))

    def rate(self, learning_rate: float, step: int) -> float:
        """Learning rate of update number `step` (counted from 0) with the bias correction in it."""
        t = step + 1
        return learning_rate * sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)

    def update(
        self,
        parameters: Parameters,
        gradient: steps.Gradient,
        moments: Moments,
        learning_rate: float,
        step: int,
    ) -> tuple[Parameters, Moments]:
        """Return the parameters one step on, and both moments."""
        b1, b2, eps = self.beta_1, self.beta_2, self.epsilon
        means, squares = moments
        M = Parameters(*(b1 * m + (1 - b1) * g for m, g in zip(means, gradient, strict=True)))
        S = Parameters(*(b2 * s + (1 - b2) * g * g for s, g in zip(squares, gradient, strict=True)))
        eta = self.rate(learning_rate, step)
        moved = (
            theta - eta * m / (np.sqrt(s) + eps) for theta, m, s in zip(parameters, M, S, strict=True)
        )  # (16)
        return Parameters(*moved), (M, S)


@dataclass(frozen=True)
class Probe:
    """Moves nothing; its only moment is the gradient, for whoever decides on the step elsewhere."""

    def start(self, parameters: Parameters) -> Moments:
        """Return a place for the gradient."""
        return (_zeros_like(parameters),)

    def update(
        self,
        parameters: Parameters,
        gradient: steps.Gradient,
        moments: Moments,
        learning_rate: float,
        step: int,
    ) -> tuple[Parameters, Moments]:
        """Return the parameters as they are, and the gradient."""
        return parameters, (Parameters(*gradient),)


Solver: TypeAlias = GradientDescent | Momentum | Adam | Probe
