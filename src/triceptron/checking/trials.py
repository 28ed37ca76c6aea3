"""What each step is fed, what must come out, and how the result is read."""

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from triceptron import steps
from triceptron.checking import alternatives
from triceptron.checking.alternatives import EPOCHS, Alternative
from triceptron.checking.calling import Outcome, Placer, call, changes
from triceptron.checking.cases import SHAPES, Case, Shape, complete, extreme_logits, make_case
from triceptron.checking.catalogue import step
from triceptron.checking.interface import Dress, forward_arrays, read_four, wants_tuple_train
from triceptron.parameters import Parameters

__all__ = [
    "ATOL",
    "COMPOSITE",
    "LABELLED",
    "RTOL",
    "Attempt",
    "Trial",
    "attempt",
    "close",
    "held_out",
    "known_faults",
    "trials",
]

LABELLED = frozenset({"cross_entropy", "compute_gradient", "backward", "train"})
"""Steps that are handed the truth, one-hot or as codes."""

COMPOSITE = frozenset(
    {"softmax", "log_softmax", "cross_entropy", "forward", "compute_gradient", "backward", "train", "predict"}
)
"""Steps that may call others."""

_BIASES = frozenset({"b1", "b2", "db1", "db2"})

RTOL, ATOL = 1e-5, 1e-6
"""Wide enough for a learner who computes in float32; no known fault is so small."""

Read = Callable[[Any, Sequence[Any]], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Trial:
    """One call to be made.

    Attributes
    ----------
    case : Case
    names : tuple of str
        What the arguments are called.
    arguments : tuple
        Handed over by position; made for this call alone.
    expected : mapping from name to array
    read : callable
        From what was returned, and the arguments after the call, to what `expected` is to be held against.
    may_change : set of int
        The positions of the arguments that the step is meant to change.
    keywords : mapping
        Arguments handed over by name.
    """

    case: Case
    names: tuple[str, ...]
    arguments: tuple[Any, ...]
    expected: Mapping[str, Any]
    read: Read
    may_change: frozenset[int] = frozenset()
    keywords: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Attempt:
    """A trial with its outcome.

    Attributes
    ----------
    trial : Trial
    outcome : Outcome
    got : dict
        What was read, by the names of `trial.expected`, as arrays where it is numbers.
    faults : dict
        From a name to what is wrong with it: "shape", "finite" or "values".
    changed : tuple of (int, str, object, object)
        What the call has changed and should not have: the argument's position, which part of it, and
        that before and after.
    fed : tuple
        The arguments as they were before the call.
    """

    trial: Trial
    outcome: Outcome
    got: Mapping[str, Any]
    faults: Mapping[str, str]
    changed: tuple[tuple[int, str, Any, Any], ...]
    fed: tuple[Any, ...] = ()

    @property
    def readable(self) -> bool:
        """Whether anything came out that could be compared."""
        return self.outcome.error is None and bool(self.got)

    @property
    def right(self) -> bool:
        """Whether all that came out is right; changed arguments aside."""
        return self.readable and not self.faults


def attempt(function: Callable[..., Any], trial: Trial, placer: Placer) -> Attempt:
    """Make a call and compare what comes out with what should."""
    before = copy.deepcopy(trial.arguments)
    outcome = call(function, trial.arguments, placer, **trial.keywords)
    changed = [
        (position, *change)
        for position, (old, new) in enumerate(zip(before, trial.arguments, strict=True))
        if position not in trial.may_change
        for change in changes(old, new)
    ]
    got: dict[str, Any] = {}
    faults: dict[str, str] = {}
    if outcome.error is None:
        found = trial.read(outcome.value, trial.arguments) or {}
        for name, expected in trial.expected.items():
            if name in found:
                got[name] = _numbers(found[name])
                fault = _fault(name, got[name], np.asarray(expected))
                if fault is not None:
                    faults[name] = fault
    return Attempt(trial, outcome, got, faults, tuple(changed), before)


def _numbers(value: Any) -> Any:
    """Return a copy as an array of floats; whatever is no numbers comes back as it is."""
    try:
        array = np.array(value)
        return array.astype(np.float64) if array.dtype.kind in "biuf" else value
    except Exception:  # a learner's object may raise anything when it is looked at
        return value


def _fault(name: str, got: Any, expected: Any) -> str | None:
    if not isinstance(got, np.ndarray):
        return "shape"
    row = name in _BIASES and got.shape == (1, *expected.shape)
    column = name == "prediction" and got.shape == (*expected.shape, 1)
    if not (got.shape == expected.shape or row or column or got.size == expected.size == 1):
        return "shape"
    got = got.reshape(expected.shape)
    if not np.isfinite(got).all():
        return "finite"
    return None if close(got, expected) else "values"


def close(got: Any, expected: Any) -> bool:
    """Tell whether a result is right but for rounding; NaN and infinities may be meant."""
    if not isinstance(got, np.ndarray) or got.shape != np.shape(expected):
        return False
    with np.errstate(all="ignore"):
        return bool(np.allclose(got, expected, RTOL, ATOL, equal_nan=True))


# --- reading ---


def _as(name: str) -> Read:
    return lambda value, arguments: None if value is None else {name: value}


def _read_gradient(value: Any, arguments: Sequence[Any]) -> Mapping[str, Any] | None:
    four = read_four(value)
    return None if four is None else {f"d{name}": entry for name, entry in four.items()}


def _read_parameters(position: int, before: Any) -> Read:
    """Read stepped parameters: from the argument where it was changed, else from what was returned."""
    original = copy.deepcopy(before)

    def read(value: Any, arguments: Sequence[Any]) -> Mapping[str, Any] | None:
        if changes(original, arguments[position]):
            return read_four(arguments[position])
        returned = read_four(value)
        return returned if returned is not None else read_four(arguments[position])

    return read


def _read_losses(value: Any, arguments: Sequence[Any]) -> Mapping[str, Any] | None:
    """Find the lists of losses: the first is the training part's, the second the held-out part's."""
    history = getattr(value, "history", None)
    if history is not None:
        return {"training losses": history.train_loss, "testing losses": history.test_loss}
    entries = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(entries, tuple | list):
        return None
    if entries and all(np.ndim(entry) == 0 and not isinstance(entry, dict) for entry in entries):
        return {"training losses": entries}
    lists = [
        entry
        for entry in entries
        if isinstance(entry, list | np.ndarray) and np.ndim(entry) == 1 and not isinstance(entry, dict)
    ]
    names = ("training losses", "testing losses")
    return dict(zip(names, lists, strict=False)) or None


# --- feeding ---


def trials(
    key: str, function: Callable[..., Any], dress: Dress, shapes: Sequence[Shape] = SHAPES
) -> list[Trial]:
    """List the calls that check a step, with fresh arguments."""
    make = _TRIALS[key]
    cases = [make_case(shape) for shape in shapes]
    if key in ("my_softmax", "softmax", "log_softmax", "cross_entropy"):
        cases += extreme_logits()
    if key == "predict":
        cases += [replace(_amplified(case), ordinary=False) for case in cases[:1]]
    return [make(case, dress, function) for case in cases]


def _amplified(case: Case) -> Case:
    """Make the logits so large that an exponential of them overflows."""
    W1, b1, W2, b2 = case.parameters
    return complete(case.X, case.y, Parameters(W1, b1, 5000 * W2, 5000 * b2))


def _linear_combination(case: Case, dress: Dress, function: Any) -> Trial:
    W1, b1, _, _ = case.parameters
    arguments = (case.X.copy(), W1.copy(), dress.bias(b1))
    return Trial(case, step("linear_combination").arguments, arguments, {"Z": case.Z}, _as("Z"))


def _relu(case: Case, dress: Dress, function: Any) -> Trial:
    return Trial(case, step("relu").arguments, (case.Z.copy(),), {"H": case.H}, _as("H"))


def _relu_derivative(case: Case, dress: Dress, function: Any) -> Trial:
    expected = {"slope": steps.relu_derivative(case.Z)}
    return Trial(case, step("relu_derivative").arguments, (case.Z.copy(),), expected, _as("slope"))


def _softmax(case: Case, dress: Dress, function: Any) -> Trial:
    return Trial(case, ("O",), (case.O.copy(),), {"P": case.P}, _as("P"))


def _log_softmax(case: Case, dress: Dress, function: Any) -> Trial:
    expected = {"log P": steps.log_softmax(case.O)}
    return Trial(case, step("log_softmax").arguments, (case.O.copy(),), expected, _as("log P"))


def _cross_entropy(case: Case, dress: Dress, function: Any) -> Trial:
    expected = {"loss": steps.cross_entropy(case.Y, case.O)}
    arguments = (dress.labels(case.y, case.Y), case.O.copy())
    return Trial(case, step("cross_entropy").arguments, arguments, expected, _as("loss"))


def _forward(case: Case, dress: Dress, function: Any) -> Trial:
    def read(value: Any, arguments: Sequence[Any]) -> Mapping[str, Any] | None:
        found = forward_arrays(value, case.Z, case.H, case.O)
        if found is not None:
            return {"O": found["O"]}
        return None if value is None else {"O": value}

    arguments = (case.X.copy(), dress.parameters(case.parameters))
    return Trial(case, step("forward").arguments, arguments, {"O": case.O}, read)


def _back_arguments(case: Case, dress: Dress) -> tuple[Any, ...]:
    passed = (case.P.copy(), case.H.copy(), case.Z.copy(), case.X.copy())
    return (dress.labels(case.y, case.Y), *passed, dress.parameters(case.parameters))


def _compute_gradient(case: Case, dress: Dress, function: Any) -> Trial:
    names, arguments = step("compute_gradient").arguments, _back_arguments(case, dress)
    return Trial(case, names, arguments, case.gradient._asdict(), _read_gradient)


def _stepped(case: Case) -> Mapping[str, Any]:
    return steps.update(case.parameters, case.gradient, case.learning_rate)._asdict()


def _update(case: Case, dress: Dress, function: Any) -> Trial:
    parameters = dress.parameters(case.parameters)
    arguments = (parameters, dress.gradient(case.gradient), case.learning_rate)
    read = _read_parameters(0, parameters)
    return Trial(case, step("update").arguments, arguments, _stepped(case), read, frozenset({0}))


def _backward(case: Case, dress: Dress, function: Any) -> Trial:
    arguments = (*_back_arguments(case, dress), case.learning_rate)
    read = _read_parameters(5, arguments[5])
    return Trial(case, step("backward").arguments, arguments, _stepped(case), read, frozenset({5}))


def held_out(case: Case) -> Case:
    """Make a smaller held-out part for a case: other rows under the same parameters."""
    X = np.concatenate([case.X[1:] * 0.9 + 0.1, case.X[:1] - 0.2])[: len(case.X) - 1]
    return complete(X, case.y[: len(X)], case.parameters)


def _train(case: Case, dress: Dress, function: Any) -> Trial:
    test = held_out(case)
    expected = alternatives.train_losses(case, test)
    names = step("train").arguments
    if wants_tuple_train(function):
        start = Parameters(*map(np.array, case.parameters))
        keywords = {"epochs": EPOCHS, "learning_rate": case.learning_rate, "test": (test.X, test.y)}
        return Trial(
            case,
            ("start", "X", "y"),
            (start, case.X.copy(), case.y),
            expected,
            _read_losses,
            frozenset(),
            keywords,
        )
    arguments = (
        case.X.copy(), dress.labels(case.y, case.Y), test.X.copy(), dress.labels(test.y, test.Y),
        dress.parameters(case.parameters), EPOCHS, case.learning_rate, False,
    )  # fmt: skip
    count = _accepted(function, len(arguments))
    return Trial(case, names, arguments[:count], expected, _read_losses, frozenset({4}))


def _accepted(function: Callable[..., Any], most: int) -> int:
    """Count the positional arguments that a function takes, up to a number."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return most
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return most
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    count = sum(parameter.kind in kinds for parameter in parameters)
    return most if count < most - 1 else min(count, most)


def _predict(case: Case, dress: Dress, function: Any) -> Trial:
    expected = {"prediction": np.argmax(case.O, axis=1)}
    arguments = (case.X.copy(), dress.parameters(case.parameters))
    return Trial(case, step("predict").arguments, arguments, expected, _as("prediction"))


_TRIALS: Mapping[str, Callable[[Case, Dress, Any], Trial]] = {
    "linear_combination": _linear_combination,
    "relu": _relu,
    "relu_derivative": _relu_derivative,
    "my_softmax": _softmax,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "cross_entropy": _cross_entropy,
    "forward": _forward,
    "compute_gradient": _compute_gradient,
    "update": _update,
    "backward": _backward,
    "train": _train,
    "predict": _predict,
}


def known_faults(key: str, case: Case) -> list[Alternative]:
    """List what a step yields with one known fault."""
    if key == "train":
        return alternatives.train_alternatives(held_out(case))
    return alternatives.ALTERNATIVES.get(key, [])
