"""Our own steps, callable in the learner's convention: what stands in for a learner's step.

They are called in the examiner's process, with arrays that came over the channel; what they write into their
arguments goes back over it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from triceptron import steps
from triceptron.checking.exercise.conventions import Convention, read_four
from triceptron.checking.steps_table import STEPS
from triceptron.parameters import Parameters

__all__ = ["OURS", "REPLACEABLE", "leans_on", "stand_in"]


def _four(value: Any) -> Parameters:
    """Read parameters or gradients in any convention, biases as (h,)."""
    found = read_four(value)
    if found is None:
        raise TypeError(f"expected W1, b1, W2 and b2, got {type(value).__name__}")
    W1, b1, W2, b2 = (np.asarray(found[name]) for name in Parameters._fields)
    return Parameters(W1, b1.ravel(), W2, b2.ravel())


def _one_hot(y: Any, K: int) -> Any:
    return steps.one_hot(y.astype(np.int64), K, np.float64) if np.ndim(y) == 1 else y


def _naive_softmax(convention: Convention, O: Any) -> Any:  # noqa: E741
    """As the text's my_softmax: a softmax that leans on it must subtract the maximum itself."""
    E = np.exp(O)
    return E / np.sum(E, axis=1, keepdims=True)


def _forward(convention: Convention, X: Any, parameters: Any) -> Any:
    passed = steps.forward(X, _four(parameters))._asdict()
    return passed["O"] if convention.forward is None else tuple(passed[name] for name in convention.forward)


def _gradient(
    convention: Convention, y: Any, P: Any, H: Any, Z: Any, X: Any, parameters: Any, *rest: Any
) -> Any:
    gradient = steps.compute_gradient(_one_hot(y, P.shape[1]), P, H, Z, X, _four(parameters))
    found: Any = read_four(parameters)
    keys = Parameters._fields if isinstance(parameters, dict) else None
    return Convention(keys, np.ndim(found["b1"]) == 2, gradient_keys=convention.gradient_keys).gradient(
        gradient
    )


def _update(convention: Convention, parameters: Any, gradient: Any, learning_rate: float) -> Any:
    """Work in place and return the parameters too: whichever the caller counts on."""
    thetas, dthetas = read_four(parameters) or {}, read_four(gradient) or {}
    for name, theta in thetas.items():
        theta -= learning_rate * np.reshape(dthetas[name], np.shape(theta))
    return parameters


def _backward(
    convention: Convention, y: Any, P: Any, H: Any, Z: Any, X: Any, parameters: Any, rate: float
) -> Any:
    return _update(convention, parameters, _gradient(convention, y, P, H, Z, X, parameters), rate)


def _cross_entropy(convention: Convention, y: Any, O: Any) -> Any:  # noqa: E741
    return float(steps.cross_entropy(_one_hot(y, O.shape[1]), O))


OURS: Mapping[str, Callable[..., Any]] = {
    "linear_combination": lambda convention, X, W, b: steps.linear_combination(X, W, b),
    "relu": lambda convention, Z: steps.relu(Z),
    "relu_derivative": lambda convention, Z: steps.relu_derivative(Z),
    "my_softmax": _naive_softmax,
    "softmax": lambda convention, logits: steps.softmax(logits),
    "log_softmax": lambda convention, logits: steps.log_softmax(logits),
    "cross_entropy": _cross_entropy,
    "forward": _forward,
    "compute_gradient": _gradient,
    "update": _update,
    "backward": _backward,
    "predict": lambda convention, X, parameters: steps.predict(X, _four(parameters)),
}

REPLACEABLE = frozenset(OURS)
"""The steps that ours can stand in for."""

_WRITES = {"update": 0, "backward": 5}
_ORDER = [step.key for step in STEPS]


def leans_on(key: str) -> frozenset[str]:
    """Return the steps that a step may be built from: those before it, and none that would give it away."""
    before = _ORDER[: _ORDER.index(key)] if key in _ORDER else _ORDER
    return REPLACEABLE & {*before, *(["log_softmax"] if key in ("my_softmax", "softmax") else [])}


def stand_in(convention: Convention, key: str, arguments: list[Any]) -> dict[str, Any]:
    """Answer a call of one of ours: its value, or what it writes into an argument, or its error."""
    try:
        with np.errstate(all="ignore"):
            value = OURS[key](convention, *arguments)
    except Exception as error:  # ours, fed with what a learner's function made, may raise anything
        return {"error": f"{error}"[:300]}
    if key not in _WRITES:
        return {"value": value}
    return {"written": (_WRITES[key], arguments[_WRITES[key]])}
