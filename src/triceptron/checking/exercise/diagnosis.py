"""From wrong numbers, or an error, to a likely cause and its line."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from triceptron import steps
from triceptron.checking.exercise import places
from triceptron.checking.exercise.cases import Case
from triceptron.checking.exercise.faults import Fault, known_faults
from triceptron.checking.exercise.learner import Learner, Outcome
from triceptron.checking.exercise.trials import Attempt, close
from triceptron.checking.findings import Cause, Finding, Place, Result
from triceptron.parameters import Parameters

__all__ = ["causes_of_values", "line_of_values", "result_of_error"]

Explained = tuple[Cause, tuple[str, ...], Fault | None]
"""A cause, the results that it explains, and the fault's formula where there is one."""


def causes_of_values(learner: Learner, key: str, attempts: Sequence[Attempt]) -> list[Explained]:
    """Find the one fault that explains all that came out; else a fault for each wrong result."""
    attempts = [attempt for attempt in attempts if attempt.readable]
    wrong = list(dict.fromkeys(result for attempt in attempts for result in attempt.faults))
    explained: dict[str, dict[str, Fault]] = {result: {} for result in wrong}
    for fault in known_faults(key) if wrong else ():
        for result in _explains(fault, attempts, wrong):
            explained[result].setdefault(fault[0], fault)
    codes = dict.fromkeys(code for faults in explained.values() for code in faults)
    common = [code for code in codes if all(code in faults for faults in explained.values())]
    grouped: dict[str, list[str]] = {}
    if common:
        grouped[_better(learner, key, common)] = wrong
    else:
        for result, faults in explained.items():
            if faults:
                grouped.setdefault(_better(learner, key, list(faults)), []).append(result)
    factor = _factor(attempts) if wrong and not grouped else ""
    if factor:
        return [(Cause("scaled", {"factor": factor}), tuple(wrong), None)]
    return [
        (_cause(learner, key, code, results), tuple(results), explained[results[0]][code])
        for code, results in grouped.items()
    ]


_FACTORS: tuple[tuple[str, Callable[[int, int, int, int], float]], ...] = (
    ("{}", lambda n, m, h, K: 1.0),
    ("n / {}", lambda n, m, h, K: 1 / n),
    ("{} / n", lambda n, m, h, K: n),
    ("{} / K", lambda n, m, h, K: K),
    ("{} · K", lambda n, m, h, K: 1 / K),
    ("{} · m", lambda n, m, h, K: 1 / m),
    ("{} / m", lambda n, m, h, K: m),
    ("{} · n / m", lambda n, m, h, K: m / n),
)
"""Ways to tell a factor: with what is left of it, once the sizes are taken out, the same in every call."""


def _factor(attempts: Sequence[Attempt]) -> str:
    """Tell by which factor all results of all calls are wrong; empty if there is none worth a word."""
    factors = []
    for attempt in attempts:
        pairs = [(value, np.asarray(attempt.trial.expected[name])) for name, value in attempt.got.items()]
        if len(pairs) < len(attempt.trial.expected) or any(
            not isinstance(value, np.ndarray) or value.size != right.size for value, right in pairs
        ):
            return ""
        values, wanted = (np.concatenate([np.ravel(pair[side]) for pair in pairs]) for side in (0, 1))
        with np.errstate(all="ignore"):
            factor = float(values @ wanted / (wanted @ wanted))
            if not np.isfinite(factor) or not np.allclose(values, factor * wanted, 1e-5, 1e-12):
                return ""
        case = attempt.trial.case
        factors.append((factor, (*case.X.shape, case.H.shape[1], case.Y.shape[1])))
    for words, size in _FACTORS:
        left = [factor * size(*sizes) for factor, sizes in factors]
        number = 1 / left[0] if left and words.startswith("n /") and left[0] else (left or [0.0])[0]
        if (
            np.allclose(left, left[0], 1e-5)
            and abs(left[0]) > 1e-9
            and (words != "{}" or abs(left[0] - 1) > 1e-3)
        ):
            return words.format(f"{number:.6g}").replace("1 · ", "")
    return ""


def _explains(fault: Fault, attempts: Sequence[Attempt], wrong: Sequence[str]) -> list[str]:
    """Name the wrong results that a fault reproduces in every call."""
    fitting = set(wrong)
    for attempt in attempts:
        with np.errstate(all="ignore"):
            made = fault[1](attempt.trial.case)
        fitting &= {
            result for result in fitting if result in made and _same(attempt.got.get(result), made[result])
        }
        if not fitting:
            break
    return sorted(fitting)


def _same(got: Any, fault: Any) -> bool:
    fault = np.asarray(fault, np.float64)
    if not isinstance(got, np.ndarray):
        return False
    if got.shape != fault.shape:
        if got.size != fault.size or got.size == 0 or np.squeeze(got).shape != np.squeeze(fault).shape:
            return False
        got = got.reshape(fault.shape)
    return close(got, fault)


def _better(learner: Learner, key: str, codes: Sequence[str]) -> str:
    """Choose between causes that give the same numbers, by the learner's code."""
    if "no_max_subtracted" in codes and "log_of_zero" in codes:
        logs = places.mentions_log_of(learner.listing, learner.names[key])
        return "log_of_zero" if logs else "no_max_subtracted"
    return codes[0]


def _cause(learner: Learner, key: str, code: str, results: Sequence[str]) -> Cause:
    name = learner.names[key]
    if code in ("relu_derivative_missing", "relu_derivative_wrong_array"):
        compared = places.compared_array(learner.listing, name)
        of_Z = compared is not None and _argument_names(learner, key)[3:4] == [compared]  # but it is not used
        if code == "relu_derivative_wrong_array" or (compared is not None and not of_Z):
            return Cause("relu_derivative_wrong_array", {"array": compared or "dH"})
    if code == "update_nothing" and set(results) < set(Parameters._fields):
        return Cause("update_some")
    return Cause(code, {"what": ", ".join(results)})


def _argument_names(learner: Learner, key: str) -> list[str]:
    return [name for name, *_ in learner.found[key]["arguments"] or []]


# --- lines ---

_CALLED_STEPS = ("backward", "compute_gradient", "update")
_FAULTS_OF_CALLS = {
    "softmax_missing",
    "H_for_Z",
    "train_on_test",
    "update_sign",
    "softmax_twice",
    "update_twice",
}


def line_of_values(
    learner: Learner,
    key: str,
    attempt: Attempt,
    results: Collection[str],
    code: str = "",
    fault: Fault | None = None,
) -> Place | None:
    """Find the line that made results wrong, from a call whose lines were traced."""
    name = learner.names[key]
    if key == "train" and code == "train_epochs":
        return places.line_of_loop(learner.listing, name)
    if key == "train" and code == "train_swapped":
        return places.line_of_return(learner.listing, name)
    if key == "train" and code in _FAULTS_OF_CALLS:
        called = [learner.names.get(step, step) for step in _CALLED_STEPS]
        return places.line_of_call(learner.listing, name, *called)
    case = attempt.trial.case
    with np.errstate(all="ignore"):
        made = dict(fault[1](case)) if fault is not None else {}
    right = _right_values(attempt)
    faulty = {
        name: value for name, value in made.items() if name in results or name not in attempt.trial.expected
    }
    faulty = {name: value for name, value in faulty.items() if not _equals(value, right.get(name))}
    faulty |= {name: attempt.got[name] for name in results if isinstance(attempt.got.get(name), np.ndarray)}
    line = places.faulty_line(attempt.outcome.trace, faulty, list(right.values()))
    return (learner.placer(*line) if line is not None else None) or learner.place(key)


def _equals(value: Any, other: Any) -> bool:
    return (
        other is not None
        and np.shape(value) == np.shape(other)
        and bool(np.allclose(value, other, equal_nan=True))
    )


def _right_values(attempt: Attempt) -> dict[str, Any]:
    """Return what occurs when all is right, by name."""
    case: Case = attempt.trial.case
    S = case.O - np.max(case.O, axis=1, keepdims=True)
    values = {"O": case.O, "P": case.P, "S": S, "E": np.exp(S), "log P": case.log_P, **attempt.trial.expected}
    if len(case.O) == len(case.X):  # not where only the logits are extreme
        dO, slope = (case.P - case.Y) / len(case.Y), steps.relu_derivative(case.Z)
        dH = dO @ case.parameters.W2.T
        values |= {"X": case.X, "Y": case.Y, "Z": case.Z, "H": case.H, "dO": dO, "slope": slope, "dH": dH}
        values |= {"dZ": dH * slope, **case.parameters._asdict(), **case.gradient._asdict()}
    return {**values, **attempt.trial.expected}


# --- errors ---


def result_of_error(
    learner: Learner, key: str, outcome: Outcome, names: Sequence[str], fed: str, expected: str
) -> Result:
    """Tell what a learner's function raised, where, and what may have led to it."""
    error: Mapping[str, Any] = outcome.error or {}
    place = outcome.place or learner.place(key)
    if outcome.raised("NotImplementedError"):
        return Result("missing", remarks=(Finding("blank", place=place),))
    if outcome.raised("MemoryError", "RecursionError"):
        kind = "memory" if outcome.raised("MemoryError") else "recursion"
        return Result("wrong", (Finding(kind, fed=fed, place=place),))
    if outcome.raised("SystemExit"):
        return Result("wrong", (Finding("exit", {"status": error["text"]}, fed=fed, place=place),))
    got = f"{error['type']}: {error['text']}"
    cause = _cause_of_error(learner, key, outcome, names)
    if cause is not None and cause.code == "signature":  # called wrongly is not wrong
        return Result("other", remarks=(Finding("signature", cause.values, fed, got, place=place),))
    return Result("wrong", (Finding("raises", {}, fed, got, expected, cause, place),))


_CLASHES = ("not aligned", "mismatch in its core", "broadcast", "boolean index", "einstein")


def _cause_of_error(learner: Learner, key: str, outcome: Outcome, names: Sequence[str]) -> Cause | None:
    """Find what may have led to an error."""
    error: Mapping[str, Any] = outcome.error or {}
    text, name, listing = error["text"], learner.names[key], learner.listing
    if outcome.raised("NameError"):
        return Cause("name_unknown", {"name": error["name"] or text})
    if outcome.raised("TypeError") and outcome.place is None and "argument" in text:
        return Cause("signature", {"arguments": ", ".join(names)})
    if outcome.raised("KeyError"):
        return Cause("key_unknown", {"key": text})
    if not (outcome.raised("ValueError", "IndexError") and any(word in text for word in _CLASHES)):
        return None
    if key in ("compute_gradient", "backward"):
        compared, arguments = places.compared_array(listing, name), _argument_names(learner, key)
        if compared in arguments and arguments.index(compared or "") not in (2, 3):
            return Cause("relu_derivative_wrong_array", {"array": compared or ""})
    matrix, entrywise = places.multiplies_at(listing, name, outcome.place)
    if "broadcast" in text and places.reduces_without_keepdims(listing, name):
        return Cause("keepdims_missing")
    if matrix:
        return Cause("transpose_missing")
    return Cause("elementwise_product" if entrywise else "shapes_clash")
