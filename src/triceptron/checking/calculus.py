"""The gradient held against calculus: central differences of a loss, parameter by parameter."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from triceptron import steps
from triceptron.checking.calling import call
from triceptron.checking.cases import Case
from triceptron.checking.findings import Finding
from triceptron.checking.interface import Dress, calling_dresses, forward_arrays
from triceptron.checking.learner import Learner
from triceptron.parameters import Parameters

__all__ = ["calculus_remark", "central_differences", "differentiate", "relative_errors"]

Loss = Callable[[Parameters], float]

_AGREES = 1e-4
"""Wide enough for a gradient in float32; no fault is so small."""

_STEP = 1e-6
"""Far smaller than the distance of every Z from ReLU's kink (`cases`), so no difference crosses it."""


def differentiate(learner: Learner, case: Case, dead: Collection[str] = ()) -> tuple[dict[str, Any], bool]:
    """Differentiate the learner's own loss, if it is right here and in float64; else ours.

    Parameters
    ----------
    learner : Learner
    case : Case
    dead : collection of str
        Steps that do not return: where there are any, the learner's own loss is left alone.

    Returns
    -------
    (dict, bool)
        The gradient by dW1, db1, dW2, db2, and whether it is of the learner's own loss.
    """

    def ours(parameters: Parameters) -> float:
        return float(steps.cross_entropy(case.Y, steps.forward(case.X, parameters).O))

    right = ours(case.parameters)
    if not dead and {"forward", "cross_entropy"} <= learner.found.keys():
        for dress in calling_dresses(learner.dress, labels=True):
            own = _own_loss(learner, case, dress)
            value = own(case.parameters)
            if np.isclose(value, right, rtol=1e-9) and value != float(np.float32(value)):
                return central_differences(own, case.parameters), True
    return central_differences(ours, case.parameters), False


def _own_loss(learner: Learner, case: Case, dress: Dress) -> Loss:
    forward, cross_entropy = learner.found["forward"], learner.found["cross_entropy"]

    def loss(parameters: Parameters) -> float:
        passed = call(forward, (case.X.copy(), dress.parameters(parameters)), learner.placer)
        found = forward_arrays(passed.value, case.Z, case.H, case.O)
        if found is None:
            return np.nan
        arguments = (dress.labels(case.y, case.Y), np.array(found["O"]))
        value = call(cross_entropy, arguments, learner.placer).value
        try:
            return float(np.asarray(value).reshape(-1)[0])
        except (TypeError, ValueError, IndexError):
            return np.nan

    return loss


def central_differences(loss: Loss, parameters: Parameters) -> dict[str, Any]:
    """Differentiate a loss by every single parameter: (loss(θ + ε) - loss(θ - ε)) / 2ε.

    Parameters
    ----------
    loss : callable
        From `Parameters` to a number; in float64.
    parameters : Parameters

    Returns
    -------
    dict
        dW1 (m, h), db1 (h,), dW2 (h, K), db2 (K,).
    """
    gradient = {}
    for name, theta in parameters._asdict().items():
        slopes = np.empty_like(theta)
        for index in np.ndindex(theta.shape):
            above, below = theta.copy(), theta.copy()
            above[index] += _STEP
            below[index] -= _STEP
            rise = loss(parameters._replace(**{name: above})) - loss(parameters._replace(**{name: below}))
            slopes[index] = rise / (above[index] - below[index])
        gradient[f"d{name}"] = slopes
    return gradient


def relative_errors(got: Mapping[str, Any], numeric: Mapping[str, Any]) -> dict[str, float]:
    """Return each part's largest difference relative to its largest entry; infinite where shapes differ."""
    errors = {}
    for name, slopes in numeric.items():
        value = np.asarray(got.get(name))
        errors[name] = np.inf
        if value.size == slopes.size and value.dtype.kind == "f":
            with np.errstate(all="ignore"):
                difference = np.abs(value.reshape(slopes.shape) - slopes).max()
                error = float(difference / max(np.abs(slopes).max(), np.abs(value).max(), 1e-12))
            errors[name] = error if np.isfinite(error) else np.inf
    return errors


def calculus_remark(got: Mapping[str, Any], numeric: Mapping[str, Any], own: bool) -> Finding:
    """Say how a gradient compares with central differences."""
    errors = relative_errors(got, numeric)
    kind = "calculus_agrees" if max(errors.values()) < _AGREES else "calculus_differs"
    shown = ", ".join(f"{name} {error:.1e}" for name, error in errors.items())
    return Finding(kind, {"errors": shown, "whose": "own" if own else "ours"})
