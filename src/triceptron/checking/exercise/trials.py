"""What each step is fed, what must come out, and how the result is read: all of it follows from the table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from triceptron import steps
from triceptron.checking.exercise.cases import (
    EPOCHS,
    SHAPES,
    Case,
    Shape,
    amplified,
    extreme_logits,
    held_out,
    make_case,
)
from triceptron.checking.exercise.conventions import Convention, forward_arrays, read_four
from triceptron.checking.exercise.faults import train_losses
from triceptron.checking.exercise.learner import Learner, Outcome
from triceptron.checking.exercise.showing import changes
from triceptron.checking.steps_table import Step, step
from triceptron.parameters import Parameters

__all__ = ["ATOL", "RTOL", "Attempt", "Trial", "attempt", "close", "expected_results", "trials"]

_BIASES = frozenset({"b1", "b2", "db1", "db2"})

RTOL, ATOL = 1e-5, 1e-6
"""Wide enough for a learner who computes in float32; no known fault is so small."""


@dataclass(frozen=True)
class Trial:
    """One call to be made."""

    step: Step
    case: Case
    names: tuple[str, ...]
    arguments: tuple[Any, ...]
    expected: Mapping[str, Any]


@dataclass(frozen=True)
class Attempt:
    """A trial with its outcome."""

    trial: Trial
    outcome: Outcome
    got: Mapping[str, Any]
    faults: Mapping[str, str]
    changed: tuple[tuple[int, str, Any, Any], ...]

    @property
    def readable(self) -> bool:
        """Whether anything came out that could be compared."""
        return self.outcome.error is None and bool(self.got)

    @property
    def right(self) -> bool:
        """Whether all that came out is right; changed arguments aside."""
        return self.readable and not self.faults


def attempt(learner: Learner, trial: Trial, replaced: frozenset[str], *, traced: bool = False) -> Attempt:
    """Make a call and compare what comes out with what should."""
    key = trial.step.key
    outcome = learner.call(key, trial.arguments, replaced, traced=traced)
    changed: list[tuple[int, str, Any, Any]] = []
    got: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for position, (old, new) in enumerate(zip(trial.arguments, outcome.after, strict=False)):
        if position not in trial.step.changes:
            changed += [(position, *change) for change in changes(old, new)]
    if outcome.error is None:
        found = _read(trial, outcome) or {}
        for name, expected in trial.expected.items():
            if name in found:
                got[name] = _numbers(found[name])
                if learner.columns and isinstance(got[name], np.ndarray) and name in ("P", "log P"):
                    got[name] = got[name].T
                fault = _fault(name, got[name], np.asarray(expected))
                if fault is not None:
                    faults[name] = fault
    return Attempt(trial, outcome, got, faults, tuple(changed))


def _numbers(value: Any) -> Any:
    """Return an array of floats; whatever is no numbers comes back as it is."""
    try:
        array = np.array(value)
        return array.astype(np.float64) if array.dtype.kind in "biuf" else value
    except (TypeError, ValueError):
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


def _read(trial: Trial, outcome: Outcome) -> Mapping[str, Any] | None:
    """Find in what was returned, or written into an argument, what is to be compared."""
    value, returns, case = outcome.value, trial.step.returns, trial.case
    if trial.step.changes and returns[0] == "W1":
        (position,) = trial.step.changes
        after = outcome.after[position]
        written = bool(changes(trial.arguments[position], after))
        return read_four(after) if written else read_four(value) or read_four(after)
    if returns[0] == "dW1":
        four = read_four(value)
        return None if four is None else {f"d{name}": entry for name, entry in four.items()}
    if returns[0] == "training losses":
        return _read_losses(value)
    if trial.step.key == "forward":
        found = forward_arrays(value, case.Z, case.H, case.O)
        value = value if found is None else found["O"]
    return None if value is None else {returns[0]: value}


def _read_losses(value: Any) -> Mapping[str, Any] | None:
    """Find the lists of losses: the first is the training part's, the second the held-out part's."""
    entries = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(entries, tuple | list):
        return None
    if entries and all(np.ndim(entry) == 0 and not isinstance(entry, dict) for entry in entries):
        return {"training losses": entries}
    lists = [entry for entry in entries if isinstance(entry, list | np.ndarray) and np.ndim(entry) == 1]
    return dict(zip(("training losses", "testing losses"), lists, strict=False)) or None


# --- feeding ---


def trials(
    learner: Learner, key: str, convention: Convention, shapes: Sequence[Shape] = SHAPES
) -> list[Trial]:
    """List the calls that check a step."""
    of = step(key)
    cases = [make_case(shape) for shape in shapes]
    cases += extreme_logits() if of.extreme else [amplified(cases[0])] if key == "predict" else []
    return [_trial(learner, of, case, convention) for case in cases]


def _trial(learner: Learner, of: Step, case: Case, convention: Convention) -> Trial:
    expected = expected_results(of, case)
    if of.key == "train":
        names = of.arguments[: _accepted(learner.found["train"]["arguments"], len(of.arguments))]
    else:
        names = of.fed or of.arguments
    fed = tuple(_QUANTITIES[name](case, convention) for name in names)
    if learner.columns and of.key in ("softmax", "my_softmax", "log_softmax"):
        fed = tuple(array.T for array in fed)
    return Trial(of, case, of.arguments[: len(names)], fed, expected)


def _accepted(arguments: Sequence[Any] | None, most: int) -> int:
    """Count the positional arguments that a function takes, up to a number."""
    kinds = [kind for _, kind, _ in arguments or []]
    if arguments is None or "VAR_POSITIONAL" in kinds:
        return most
    count = sum(kind in ("POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD") for kind in kinds)
    return most if count < most - 1 else min(count, most)


_QUANTITIES: Mapping[str, Callable[[Case, Convention], Any]] = {
    "X": lambda case, convention: case.X,
    "W": lambda case, convention: case.parameters.W1,
    "b": lambda case, convention: convention.bias(case.parameters.b1),
    "Z": lambda case, convention: case.Z,
    "H": lambda case, convention: case.H,
    "O": lambda case, convention: case.O,
    "y_pred": lambda case, convention: case.P,
    "y_true": lambda case, convention: convention.labels(case.y, case.Y),
    "parameters": lambda case, convention: convention.parameters(case.parameters),
    "grads": lambda case, convention: convention.gradient(case.gradient),
    "learning_rate": lambda case, convention: case.learning_rate,
    "trainX": lambda case, convention: case.X,
    "trainY": lambda case, convention: convention.labels(case.y, case.Y),
    "testX": lambda case, convention: held_out(case).X,
    "testY": lambda case, convention: convention.labels(held_out(case).y, held_out(case).Y),
    "epochs": lambda case, convention: EPOCHS,
    "verbose": lambda case, convention: False,
}
"""What goes by an argument's name."""

_RESULTS: Mapping[str, Callable[[Case], Any]] = {
    "Z": lambda case: case.Z,
    "H": lambda case: case.H,
    "slope": lambda case: steps.relu_derivative(case.Z),
    "P": lambda case: case.P,
    "log P": lambda case: steps.log_softmax(case.O),
    "loss": lambda case: steps.cross_entropy(case.Y, case.O),
    "O": lambda case: case.O,
    "prediction": lambda case: np.argmax(case.O, axis=1),
}


def expected_results(of: Step, case: Case) -> Mapping[str, Any]:
    """Compute what a step must yield."""
    if of.key == "compute_gradient":
        return case.gradient._asdict()
    if of.key == "train":
        return train_losses(case)
    if of.returns[0] == "W1":
        stepped: Parameters = steps.update(case.parameters, case.gradient, case.learning_rate)
        return stepped._asdict()
    return {name: _RESULTS[name](case) for name in of.returns}
