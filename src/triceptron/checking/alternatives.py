"""The known faults as formulas: if a learner's numbers are one of these, the cause has a name.

Each entry is a code of ``messages`` and what a step yields with that one fault; tried in order, on every case
that the step was fed with, the extreme ones too. `S` stands for a softmax's inside, as in the lesson.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from triceptron import steps
from triceptron.checking.cases import Case

__all__ = ["ALTERNATIVES", "Alternative", "train_losses"]

Alternative = tuple[str, Callable[[Case], Mapping[str, Any]]]
Formula = Callable[..., Any]

EPOCHS = 4
"""Epochs of the train that is checked."""


def _log_quotient(S: Any, axis: int | None = 1) -> Any:
    return S - np.log(np.sum(np.exp(S), axis=axis, keepdims=True))


def _shifted(O: Any, axis: int | None = 1) -> Any:
    return O - np.max(O, axis=axis, keepdims=True)


def _quotient(E: Any, axis: int | None = 1) -> Any:
    return E / np.sum(E, axis=axis, keepdims=True)


_SOFTMAX: tuple[tuple[str, Formula], ...] = (
    ("no_max_subtracted", lambda O: _quotient(np.exp(O))),
    ("no_max_subtracted", lambda O: _quotient(np.exp(O - np.mean(O, axis=1, keepdims=True)))),
    ("no_max_subtracted", lambda O: _quotient(np.exp(O - np.min(O, axis=1, keepdims=True)))),
    ("max_whole_matrix", lambda O: _quotient(np.exp(_shifted(O, None)))),
    ("sum_whole_matrix", lambda O: _quotient(np.exp(_shifted(O)), None)),
    ("sum_whole_matrix", lambda O: _quotient(np.exp(_shifted(O, None)), None)),
    ("sum_whole_matrix", lambda O: _quotient(np.exp(O), None)),
    ("wrong_axis", lambda O: _quotient(np.exp(_shifted(O, 0)), 0)),
    ("wrong_axis", lambda O: _quotient(np.exp(_shifted(O, 1)), 0)),
    ("wrong_axis", lambda O: _quotient(np.exp(_shifted(O, 0)), 1)),
    ("wrong_axis", lambda O: _quotient(np.exp(_shifted(O, None)), 0)),
    ("wrong_axis", lambda O: _quotient(np.exp(O), 0)),
    ("not_normalised", lambda O: np.exp(_shifted(O))),
    ("not_normalised", lambda O: np.exp(O)),
    ("softmax_twice", lambda O: steps.softmax(steps.softmax(O))),
    ("logit_sign", lambda O: steps.softmax(-O)),
    ("log_instead", lambda O: steps.log_softmax(O)),
)

_PATCHES = (1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16, 1e-20, 1e-30, 1e-100, 1e-300)


def _plus(eps: float) -> Formula:
    return lambda O: np.log(steps.softmax(O) + eps)


def _at_least(eps: float) -> Formula:
    return lambda O: np.log(np.maximum(steps.softmax(O), eps))


_LOG_SOFTMAX: tuple[tuple[str, Formula], ...] = (
    ("max_whole_matrix", lambda O: _log_quotient(_shifted(O, None))),
    ("sum_whole_matrix", lambda O: _log_quotient(_shifted(O), None)),
    ("sum_whole_matrix", lambda O: _log_quotient(_shifted(O, None), None)),
    ("sum_whole_matrix", lambda O: _log_quotient(O, None)),
    ("wrong_axis", lambda O: _log_quotient(_shifted(O, 0), 0)),
    ("wrong_axis", lambda O: _log_quotient(_shifted(O, 1), 0)),
    ("wrong_axis", lambda O: _log_quotient(_shifted(O, 0), 1)),
    ("wrong_axis", lambda O: _log_quotient(O, 0)),
    ("log_of_zero", lambda O: np.log(steps.softmax(O))),
    *(("log_of_zero_patched", _plus(eps)) for eps in _PATCHES),
    *(("log_of_zero_patched", _at_least(eps)) for eps in _PATCHES),
    ("no_max_subtracted", lambda O: _log_quotient(O)),
    ("no_max_subtracted", lambda O: np.log(_quotient(np.exp(O)))),
    ("max_not_put_back", lambda O: O - np.log(np.sum(np.exp(_shifted(O)), axis=1, keepdims=True))),
    ("max_not_put_back", lambda O: _shifted(O) - np.log(np.sum(np.exp(O), axis=1, keepdims=True))),
    ("log_missing", lambda O: steps.softmax(O)),
    ("log_missing", lambda O: _shifted(O) - np.sum(np.exp(_shifted(O)), axis=1, keepdims=True)),
    ("normaliser_missing", lambda O: _shifted(O)),
    ("normaliser_missing", lambda O: O),
    ("loss_base", lambda O: steps.log_softmax(O) / np.log(2)),
    ("loss_base", lambda O: steps.log_softmax(O) / np.log(10)),
    ("loss_base", lambda O: _shifted(O) - np.log2(np.sum(np.exp(_shifted(O)), axis=1, keepdims=True))),
    ("loss_base", lambda O: _shifted(O) - np.log10(np.sum(np.exp(_shifted(O)), axis=1, keepdims=True))),
    ("loss_sign", lambda O: -steps.log_softmax(O)),
    ("softmax_twice", lambda O: steps.log_softmax(steps.softmax(O))),
)


def _loss(Y: Any, L: Any) -> Any:
    return -np.sum(Y * L) / len(Y)


_CROSS_ENTROPY: tuple[tuple[str, Formula], ...] = (
    ("loss_not_averaged", lambda Y, L: -np.sum(Y * L)),
    ("loss_not_summed", lambda Y, L: -np.sum(Y * L, axis=1)),
    ("loss_not_summed", lambda Y, L: -np.sum(Y * L, axis=1, keepdims=True)),
    ("loss_not_summed", lambda Y, L: -Y * L),
    ("loss_not_summed", lambda Y, L: -Y * L / len(Y)),
    ("loss_not_summed", lambda Y, L: -np.sum(Y * L, axis=1) / len(Y)),
    ("wrong_axis", lambda Y, L: -np.sum(Y * L, axis=0) / len(Y)),
    ("wrong_axis", lambda Y, L: -np.sum(Y * L, axis=0)),
    ("mean_over_entries", lambda Y, L: -np.mean(Y * L)),
    ("mean_over_classes", lambda Y, L: -np.sum(Y * L) / Y.shape[1]),
    ("mean_twice", lambda Y, L: _loss(Y, L) / len(Y)),
    ("loss_sign", lambda Y, L: -_loss(Y, L)),
    ("loss_sign", lambda Y, L: np.sum(Y * L)),
    ("loss_base", lambda Y, L: _loss(Y, L) / np.log(2)),
    ("loss_base", lambda Y, L: _loss(Y, L) / np.log(10)),
    ("loss_halved", lambda Y, L: _loss(Y, L) / 2),
    ("log_missing", lambda Y, L: _loss(Y, np.exp(L))),
    ("truth_ignored", lambda Y, L: -np.sum(L) / len(Y)),
    ("truth_ignored", lambda Y, L: -np.mean(L)),
)


_LOSS_OF_P: tuple[tuple[str, Formula], ...] = (
    ("log_of_zero", lambda Y, P: -np.mean(np.log(np.sum(Y * P, axis=1)))),
    ("loss_squared", lambda Y, P: np.sum((Y - P) ** 2) / len(Y)),
    ("loss_squared", lambda Y, P: np.sum((Y - P) ** 2) / (2 * len(Y))),
    ("loss_squared", lambda Y, P: np.mean((Y - P) ** 2)),
)


def _loss_with(log_softmax: Formula) -> Formula:
    return lambda Y, O: _loss(Y, log_softmax(O))


# --- the hidden layer and the way forward ---

_RELU: tuple[tuple[str, Formula], ...] = (
    ("relu_identity", lambda Z: Z),
    ("relu_absolute", np.abs),
    ("relu_flipped", lambda Z: np.minimum(Z, 0)),
    ("relu_flipped", lambda Z: np.maximum(-Z, 0)),
    ("relu_slope", lambda Z: np.where(Z > 0, 1.0, 0.0)),
    *(("relu_leaky", lambda Z, a=a: np.where(Z > 0, Z, a * Z)) for a in (0.001, 0.01, 0.05, 0.1, 0.2, 0.3)),
    ("relu_other", lambda Z: 1 / (1 + np.exp(-Z))),
    ("relu_other", np.tanh),
    ("relu_other", lambda Z: np.log1p(np.exp(Z))),
    ("relu_capped", lambda Z: np.clip(Z, 0, 1)),
    ("relu_maximum", lambda Z: np.max(np.maximum(Z, 0))),
)

_RELU_DERIVATIVE: tuple[tuple[str, Formula], ...] = (
    ("relu_derivative_missing", lambda Z: np.ones_like(Z)),
    ("relu_derivative_flipped", lambda Z: (Z < 0) * 1.0),
    ("relu_derivative_itself", lambda Z: np.maximum(Z, 0)),
    ("relu_derivative_itself", lambda Z: Z),
)

_LINEAR_COMBINATION: tuple[Alternative, ...] = (
    ("bias_missing", lambda case: {"Z": case.Z - case.parameters.b1}),
    ("bias_sign", lambda case: {"Z": case.Z - 2 * case.parameters.b1}),
    ("transposed", lambda case: {"Z": case.Z.T}),
)


def _output(case: Case, H: Any, *, b2: float = 1.0) -> dict[str, Any]:
    return {"O": H @ case.parameters.W2 + b2 * case.parameters.b2}


_FORWARD: tuple[Alternative, ...] = (
    ("softmax_applied", lambda case: {"O": case.P}),
    ("log_softmax_applied", lambda case: {"O": steps.log_softmax(case.O)}),
    ("relu_missing", lambda case: _output(case, case.Z)),
    ("relu_on_output", lambda case: {"O": np.maximum(case.O, 0)}),
    ("bias_missing", lambda case: _output(case, case.H, b2=0)),
    ("bias_missing", lambda case: _output(case, np.maximum(case.Z - case.parameters.b1, 0))),
    ("bias_missing", lambda case: _output(case, np.maximum(case.Z - case.parameters.b1, 0), b2=0)),
    ("relu_other", lambda case: _output(case, 1 / (1 + np.exp(-case.Z)))),
    ("relu_other", lambda case: _output(case, np.tanh(case.Z))),
    ("returns_hidden", lambda case: {"O": case.H}),
    ("returns_hidden", lambda case: {"O": case.Z}),
    ("transposed", lambda case: {"O": case.O.T}),
)

_PREDICT: tuple[Alternative, ...] = (
    ("wrong_axis", lambda case: {"prediction": np.argmax(case.O, axis=0)}),
    ("wrong_axis", lambda case: {"prediction": np.argmax(case.P, axis=0)}),
    ("argmax_whole_matrix", lambda case: {"prediction": np.argmax(case.O)}),
    ("predicts_probabilities", lambda case: {"prediction": case.P}),
    ("predicts_probabilities", lambda case: {"prediction": case.O}),
    ("predicts_probabilities", lambda case: {"prediction": case.P.max(axis=1)}),
    ("predicts_probabilities", lambda case: {"prediction": case.O.max(axis=1)}),
    ("predicts_least", lambda case: {"prediction": np.argmin(case.O, axis=1)}),
    ("predicts_from_one", lambda case: {"prediction": np.argmax(case.O, axis=1) + 1}),
    ("predicts_hidden", lambda case: {"prediction": np.argmax(case.H, axis=1)}),
    ("predicts_one_hot", lambda case: {"prediction": (case.O.max(axis=1, keepdims=True) == case.O) * 1}),
)


# --- the way back ---


def _gradient(case: Case, dO: Any, mask: Any = None, H: Any = None) -> dict[str, Any]:
    dH = dO @ case.parameters.W2.T
    dZ = dH * (case.Z > 0 if mask is None else mask(dH))
    H = case.H if H is None else H
    return {"dW1": case.X.T @ dZ, "db1": dZ.sum(axis=0), "dW2": H.T @ dO, "db2": dO.sum(axis=0)}


def _dO(case: Case) -> Any:
    return (case.P - case.Y) / len(case.Y)


def _dZ(case: Case) -> Any:
    return (_dO(case) @ case.parameters.W2.T) * (case.Z > 0)


def _each(formula: Callable[[Any], Any]) -> Callable[[Case], dict[str, Any]]:
    return lambda case: {name: formula(value) for name, value in case.gradient._asdict().items()}


def _biases(formula: Callable[[Any], Any]) -> Callable[[Case], dict[str, Any]]:
    return lambda case: {"db1": formula(_dZ(case)), "db2": formula(_dO(case))}


_GRADIENT: tuple[Alternative, ...] = (
    ("mean_missing", lambda case: _gradient(case, _dO(case) * len(case.Y))),
    ("mean_twice", lambda case: _gradient(case, _dO(case) / len(case.Y))),
    ("gradient_sign", lambda case: _gradient(case, -_dO(case))),
    ("mean_over_entries", lambda case: _gradient(case, _dO(case) / case.Y.shape[1])),
    ("mean_over_classes", lambda case: _gradient(case, _dO(case) * len(case.Y) / case.Y.shape[1])),
    ("factor_two", lambda case: _gradient(case, 2 * _dO(case))),
    ("relu_derivative_missing", lambda case: _gradient(case, _dO(case), np.ones_like)),
    ("relu_derivative_flipped", lambda case: _gradient(case, _dO(case), lambda dH: case.Z < 0)),
    ("relu_derivative_wrong_array", lambda case: _gradient(case, _dO(case), lambda dH: dH > 0)),
    ("relu_derivative_itself", lambda case: _gradient(case, _dO(case), lambda dH: case.H)),
    ("relu_derivative_itself", lambda case: _gradient(case, _dO(case), lambda dH: case.Z)),
    ("Z_for_H", lambda case: {"dW2": case.Z.T @ _dO(case)}),
    ("Z_for_H", lambda case: {"dW2": (case.Z > 0).T @ _dO(case)}),
    ("dO_for_dZ", lambda case: {"dW1": case.X.T @ _dO(case)}),
    ("dO_for_dZ", lambda case: {"db1": _dO(case).sum(axis=0)}),
    ("softmax_twice", lambda case: _gradient(case, (steps.softmax(case.P) - case.Y) / len(case.Y))),
    ("softmax_slope_again", lambda case: _gradient(case, _dO(case) * case.P * (1 - case.P))),
    ("truth_ignored", lambda case: _gradient(case, case.P / len(case.Y))),
    ("bias_not_summed", _biases(lambda d: d)),
    ("bias_not_summed", lambda case: _biases(lambda d: d * len(case.Y))(case)),
    ("wrong_axis", _biases(lambda d: d.sum(axis=1))),
    ("wrong_axis", _biases(lambda d: d.sum(axis=1, keepdims=True))),
    ("bias_summed_whole", _biases(lambda d: d.sum())),
    ("mean_twice", _biases(lambda d: d.mean(axis=0))),
    ("wrong_axis", _biases(lambda d: d.mean(axis=1))),
    ("transposed", _each(lambda value: value.T)),
    ("gradient_zero", _each(np.zeros_like)),
)


_OTHER_SHAPES = ("transposed", "wrong_axis", "bias_not_summed", "dO_for_dZ")
"""Faults of a gradient that no update can be made with."""


def _update(change: Callable[[str, Any, Any, float], Any]) -> Callable[[Case], dict[str, Any]]:
    def alternative(case: Case) -> dict[str, Any]:
        pairs = zip(case.parameters._fields, case.parameters, case.gradient, strict=True)
        return {name: change(name, theta, dtheta, case.learning_rate) for name, theta, dtheta in pairs}

    return alternative


_UPDATE: tuple[Alternative, ...] = (
    ("update_nothing", _update(lambda name, theta, d, rate: theta)),
    ("update_sign", _update(lambda name, theta, d, rate: theta + rate * d)),
    ("update_without_rate", _update(lambda name, theta, d, rate: theta - d)),
    ("update_replaces", _update(lambda name, theta, d, rate: -rate * d)),
    ("update_replaces", _update(lambda name, theta, d, rate: rate * d)),
    ("update_divides", _update(lambda name, theta, d, rate: theta - d / rate)),
    ("update_twice", _update(lambda name, theta, d, rate: theta - 2 * rate * d)),
)


# --- the whole training ---


def train_losses(
    case: Case,
    test: Case,
    *,
    sign: float = 1.0,
    first: int = 0,
    epochs: int = EPOCHS,
    on: str = "train",
    output: Callable[[Any], Any] = steps.softmax,
    measured: Callable[[Any], Any] = lambda O: O,
    slope: Callable[[Any], Any] = lambda Z: Z,
) -> dict[str, Any]:
    """Train by the lesson, or with one fault.

    `sign` -1 walks uphill, 0 stands still; `first` updates come before the first loss is recorded; `on` is
    the part learned from; `output` makes y_pred of O, `measured` what the loss is taken of; `slope` what is
    handed on as Z.
    """
    parameters = case.parameters
    X, Y = (case.X, case.Y) if on == "train" else (test.X, test.Y)
    losses: dict[str, list[float]] = {"training losses": [], "testing losses": []}
    for epoch in range(first + epochs):
        if epoch >= first:
            for part, seen in zip(losses, (case, test), strict=True):
                O = measured(steps.forward(seen.X, parameters).O)
                losses[part].append(float(steps.cross_entropy(seen.Y, O)))
        Z, H, O = steps.forward(X, parameters)
        gradient = steps.compute_gradient(Y, output(O), H, slope(Z), X, parameters)
        parameters = steps.update(parameters, gradient, sign * case.learning_rate)
    return {part: np.array(values) for part, values in losses.items()}


def train_alternatives(test: Case) -> list[Alternative]:
    """List what train yields with one fault, for a held-out part."""

    def trained(**fault: Any) -> Callable[[Case], dict[str, Any]]:
        return lambda case: train_losses(case, test, **fault)

    def relabelled(training: str, testing: str) -> Callable[[Case], dict[str, Any]]:
        def alternative(case: Case) -> dict[str, Any]:
            right = train_losses(case, test)
            return {"training losses": right[training], "testing losses": right[testing]}

        return alternative

    return [
        ("update_nothing", trained(sign=0)),
        ("update_sign", trained(sign=-1)),
        ("train_epochs", trained(epochs=EPOCHS - 1)),
        ("train_epochs", trained(epochs=EPOCHS + 1)),
        ("train_on_test", trained(on="test")),
        ("train_repeated", relabelled("training losses", "training losses")),
        ("train_swapped", relabelled("testing losses", "training losses")),
        ("softmax_missing", trained(output=lambda O: O)),
        ("softmax_twice", trained(measured=steps.softmax)),
        ("softmax_twice", trained(output=lambda O: steps.softmax(steps.softmax(O)))),
        ("H_for_Z", trained(slope=np.ones_like)),
    ]


def _yields(result: str, formula: Formula, *arrays: str) -> Callable[[Case], dict[str, Any]]:
    """Let a formula of some of a case's arrays yield a result of that name."""
    return lambda case: {result: formula(*(getattr(case, array) for array in arrays))}


def _stepped(formula: Callable[[Case], Mapping[str, Any]]) -> Callable[[Case], dict[str, Any]]:
    """Make the parameters after an update of a faulty gradient."""

    def alternative(case: Case) -> dict[str, Any]:
        gradient = {**case.gradient._asdict(), **formula(case)}
        return {
            name: theta - case.learning_rate * gradient[f"d{name}"]
            for name, theta in case.parameters._asdict().items()
        }

    return alternative


ALTERNATIVES: Mapping[str, list[Alternative]] = {
    "linear_combination": list(_LINEAR_COMBINATION),
    "relu": [(code, _yields("H", formula, "Z")) for code, formula in _RELU],
    "relu_derivative": [(code, _yields("slope", formula, "Z")) for code, formula in _RELU_DERIVATIVE],
    "my_softmax": [(code, _yields("P", formula, "O")) for code, formula in _SOFTMAX],
    "softmax": [(code, _yields("P", formula, "O")) for code, formula in _SOFTMAX],
    "log_softmax": [(code, _yields("log P", formula, "O")) for code, formula in _LOG_SOFTMAX],
    "cross_entropy": [
        *((code, _yields("loss", formula, "Y", "log_P")) for code, formula in _CROSS_ENTROPY),
        *(
            (code, _yields("loss", _loss_with(formula), "Y", "O"))
            for code, formula in _LOG_SOFTMAX
            if code not in ("loss_sign", "loss_base", "log_missing")
        ),
        *((code, _yields("loss", formula, "Y", "P")) for code, formula in _LOSS_OF_P),
        ("log_missing", _yields("loss", _loss, "Y", "O")),
    ],
    "forward": list(_FORWARD),
    "compute_gradient": list(_GRADIENT),
    "update": list(_UPDATE),
    "backward": [
        *_UPDATE,
        *((code, _stepped(fault)) for code, fault in _GRADIENT if code not in _OTHER_SHAPES),
    ],
    "predict": list(_PREDICT),
}
"""What each step yields with one fault."""
