"""The gradient held against calculus: central differences of a loss, parameter by parameter."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from triceptron import steps
from triceptron.checking.exercise.cases import Case
from triceptron.checking.exercise.conventions import forward_arrays
from triceptron.checking.exercise.learner import Learner
from triceptron.checking.findings import Finding
from triceptron.parameters import Parameters

__all__ = ["calculus_remark", "central_differences", "differentiate", "relative_errors"]

Loss = Callable[[Parameters], float]

_AGREES = 1e-4
"""Wide enough for a gradient in float32; no fault is so small."""

_STEP = 1e-6
"""Far smaller than the distance of every Z from ReLU's kink (`cases`), so no difference crosses it."""


def differentiate(learner: Learner, case: Case) -> tuple[dict[str, Any], bool]:
    """Differentiate the learner's own loss, if it is right here and in float64; else ours.

    Where steps do not return, the learner's own loss is left alone. To be called within an attempt. What
    the gradient alone was held against serves for the chain again: that is most of the calls of a check.
    """
    known = case.X.tobytes(), learner.out_of_use
    if known not in learner.slopes:
        learner.slopes[known] = _differentiate(learner, case)
    return learner.slopes[known]


def _differentiate(learner: Learner, case: Case) -> tuple[dict[str, Any], bool]:
    def ours(parameters: Parameters) -> float:
        return float(steps.cross_entropy(case.Y, steps.forward(case.X, parameters).O))

    right = ours(case.parameters)
    if not learner.out_of_use and {"forward", "cross_entropy"} <= learner.found.keys():
        own = _own_loss(learner, case)
        value = own(case.parameters)
        if np.isclose(value, right, rtol=1e-9) and value != float(np.float32(value)):
            return central_differences(own, case.parameters), True
    return central_differences(ours, case.parameters), False


def _own_loss(learner: Learner, case: Case) -> Loss:
    conventions = [learner.convention_of(key) for key in ("forward", "cross_entropy")]

    def loss(parameters: Parameters) -> float:
        passed = learner.call("forward", (case.X, conventions[0].parameters(parameters)))
        found = forward_arrays(passed.value, case.Z, case.H, case.O)
        if found is None:
            return np.nan
        labels = conventions[1].labels(case.y, case.Y)
        value = np.asarray(learner.call("cross_entropy", (labels, found["O"])).value)
        return float(value.reshape(-1)[0]) if value.size and value.dtype.kind == "f" else np.nan

    return loss


def central_differences(loss: Loss, parameters: Parameters) -> dict[str, Any]:
    """Differentiate a loss by every single parameter: (loss(θ + ε) - loss(θ - ε)) / 2ε."""
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
