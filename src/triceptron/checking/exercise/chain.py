"""The learner's steps together, from the data to the gradient: some faults show only there."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from triceptron.checking.exercise import ours
from triceptron.checking.exercise.calculus import calculus_remark, differentiate
from triceptron.checking.exercise.cases import Case
from triceptron.checking.exercise.conventions import read_four
from triceptron.checking.exercise.learner import Learner
from triceptron.checking.exercise.ours import REPLACEABLE
from triceptron.checking.exercise.showing import number
from triceptron.checking.exercise.trials import ATOL, RTOL
from triceptron.checking.findings import Cause, Finding, Place, Result

__all__ = ["digits_sums", "examine_chain"]


def examine_chain(learner: Learner, case: Case) -> Result:
    """Check the chain, and find whose replacement by ours mends it."""
    if "compute_gradient" not in learner.found.keys() - learner.out_of_use:
        return Result("missing")
    got, place = _chain(learner, case)
    remarks = (calculus_remark(got, *differentiate(learner, case)),) if got is not None else ()
    if got is not None and not _wrong_parts(got, case):
        return Result("right", remarks=remarks)
    culprit = _culprit(learner, case)
    values = {"culprit": culprit, "name": learner.names.get(culprit, "")}
    cause = Cause("culprit", {"name": values["name"]}) if culprit else None
    fed = f"X {case.X.shape}, Y {case.Y.shape}, h = {case.H.shape[1]}"
    sums = _sums(got, case) if got is not None else ("", "")
    kind = "together" if got is not None else "together_broken"
    return Result("wrong", (Finding(kind, values, fed, *sums, cause, place),), remarks)


def digits_sums(learner: Learner, case: Case) -> tuple[str, str] | None:
    """Return the wrong sums and the right ones at the start of the digits job; None where there are none."""
    got, _ = _chain(learner, case)
    return _sums(got, case) if got is not None and _wrong_parts(got, case) else None


class _FailedError(Exception):
    """A learner's step raised; `args[0]` is its place."""


def _chain(
    learner: Learner, case: Case, replaced: Collection[str] = ()
) -> tuple[dict[str, Any] | None, Place | None]:
    """Go from the data to the gradient as train does, through the learner's own functions."""
    convention, replaced = learner.convention_of("compute_gradient"), learner.out_of_use | {*replaced}

    def step(key: str, *arguments: Any) -> Any:
        if key not in learner.found or key in replaced:
            return ours.OURS[key](learner.convention, *arguments)
        outcome = learner.call(key, arguments, replaced)
        if outcome.error is not None:
            raise _FailedError(outcome.place)
        for given, after in zip(
            arguments, outcome.after, strict=True
        ):  # what one step overwrites, the next one sees
            if isinstance(given, np.ndarray) and np.shape(after) == given.shape:
                given[...] = after
        return outcome.value

    parameters = convention.parameters(case.parameters)
    W1, b1, W2, b2 = parameters.values() if isinstance(parameters, dict) else parameters
    X, layout = case.X.copy(), learner.convention.forward or ()
    try:
        if {"Z", "H", "O"} <= set(layout) and "forward" not in replaced:
            passed = step("forward", X, parameters)
            arrays = dict(zip(layout, passed.values() if isinstance(passed, dict) else passed, strict=True))
            Z, H, O = arrays["Z"], arrays["H"], arrays["O"]  # noqa: E741
        else:
            Z = step("linear_combination", X, W1, b1)
            H = step("relu", Z)
            O = step("linear_combination", H, W2, b2)  # noqa: E741
        P = step("softmax", O)
        four = read_four(step("compute_gradient", convention.labels(case.y, case.Y), P, H, Z, X, parameters))
        gradient = {f"d{name}": np.array(value, np.float64) for name, value in (four or {}).items()}
    except _FailedError as failed:
        return None, failed.args[0]
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return None, None  # ours, fed with what a learner's function returned
    return gradient or None, None


def _culprit(learner: Learner, case: Case) -> str:
    """Find the one step whose replacement by ours mends the chain; empty if there is none."""
    for key in sorted(learner.found, key=lambda key: key not in learner.wrong):
        if key in REPLACEABLE - learner.out_of_use:
            got, _ = _chain(learner, case, {key})
            if got is not None and not _wrong_parts(got, case):
                return key
    return ""


def _wrong_parts(got: Mapping[str, Any], case: Case) -> list[str]:
    return [
        name
        for name, right in case.gradient._asdict().items()
        if np.size(got[name]) != right.size
        or not np.allclose(np.reshape(got[name], right.shape), right, RTOL, ATOL)
    ]


def _sums(got: Mapping[str, Any], case: Case) -> tuple[str, str]:
    """Show the sums of the wrong parts, and the right ones: what answer keys publish."""
    parts = _wrong_parts(got, case)
    wrong, right = (
        ", ".join(f"{name}.sum() = {number(np.sum(gradient[name]))}" for name in parts)
        for gradient in (got, case.gradient._asdict())
    )
    return wrong, right
