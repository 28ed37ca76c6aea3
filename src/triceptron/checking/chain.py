"""The learner's steps together, from the data to the gradient: some faults show only there."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from triceptron.checking.calculus import calculus_remark, differentiate
from triceptron.checking.calling import call, number
from triceptron.checking.cases import Case
from triceptron.checking.findings import Cause, Finding, Result
from triceptron.checking.interface import Dress, calling_dresses, read_four
from triceptron.checking.learner import REPLACEABLE, Learner
from triceptron.checking.source import Place
from triceptron.checking.trials import ATOL, RTOL

__all__ = ["digits_sums", "examine_chain"]


def examine_chain(
    learner: Learner, case: Case, wrong: Collection[str] = (), dead: Collection[str] = ()
) -> Result:
    """Check the chain, and find whose replacement by ours mends it."""
    dead = {*dead, *filter(learner.is_blank, learner.found)}
    if "compute_gradient" not in learner.found.keys() - dead:
        return Result("missing")
    learner.meet(case, dead)
    got, place = _chain(learner, case, dead)
    remarks = (calculus_remark(got, *differentiate(learner, case, dead)),) if got is not None else ()
    if got is not None and not _wrong_parts(got, case):
        return Result("right", remarks=remarks)
    culprit = _culprit(learner, case, wrong, dead)
    values = {"culprit": culprit, "name": learner.names.get(culprit, "")}
    cause = Cause("culprit", {"name": values["name"]}) if culprit else None
    fed = f"X {case.X.shape}, Y {case.Y.shape}, h = {case.H.shape[1]}"
    sums = _sums(got, case) if got is not None else ("", "")
    kind = "together" if got is not None else "together_broken"
    return Result("wrong", (Finding(kind, values, fed, *sums, cause, place),), remarks)


def digits_sums(learner: Learner, case: Case, dead: Collection[str] = ()) -> dict[str, str]:
    """Return the wrong sums and the right ones at the start of the digits job; empty where there are none."""
    dead = {*dead, *filter(learner.is_blank, learner.found)}
    learner.meet(case, dead)
    got, _ = _chain(learner, case, dead)
    wrong, right = _sums(got, case) if got is not None else ("", "")
    return {"got": wrong, "expected": right} if wrong else {}


def _chain(
    learner: Learner, case: Case, replaced: Collection[str]
) -> tuple[dict[str, Any] | None, Place | None]:
    """Run the chain in the dress in which it comes out right, else in the first in which it runs."""
    first: dict[str, Any] | None = None
    failed: Place | None = None
    for dress in calling_dresses(learner.dress, labels=True):
        got, place = _run(learner, case, dress, replaced)
        failed = failed or place
        if got is not None and not _wrong_parts(got, case):
            return got, None
        first = got if first is None else first
    return first, None if first is not None else failed


def _run(
    learner: Learner, case: Case, dress: Dress, replaced: Collection[str]
) -> tuple[dict[str, Any] | None, Place | None]:
    """Go from the data to the gradient as train does, through the learner's own functions."""
    failed: list[Place | None] = []

    def step(key: str, *arguments: Any) -> Any:
        own = learner.found.get(key)
        if own is None or key in replaced:
            return learner.stand_in(key)(*arguments)
        with learner.replaced(own, replaced):
            outcome = call(own, arguments, learner.placer)
        if outcome.error is not None:
            failed.append(outcome.place)
            raise ValueError(key)
        return outcome.value

    parameters = dress.parameters(case.parameters)
    W1, b1, W2, b2 = parameters.values() if isinstance(parameters, dict) else parameters
    X, layout = case.X.copy(), learner.forward_layout or ()
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
        four = read_four(step("compute_gradient", dress.labels(case.y, case.Y), P, H, Z, X, parameters))
        gradient = {f"d{name}": np.array(value, np.float64) for name, value in (four or {}).items()}
    except Exception:  # ours, fed with what a learner's function returned, may raise anything
        return None, failed[0] if failed else None
    return gradient or None, None


def _culprit(learner: Learner, case: Case, wrong: Collection[str], dead: Collection[str]) -> str:
    """Find the one step whose replacement by ours mends the chain; empty if there is none."""
    for key in sorted(learner.found, key=lambda key: key not in wrong):
        if key in REPLACEABLE and key not in dead:
            got, _ = _chain(learner, case, {key, *dead})
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
    right = case.gradient._asdict()
    return tuple(
        ", ".join(f"{name}.sum() = {number(np.sum(gradient[name]))}" for name in parts)
        for gradient in (got, right)
    )  # type: ignore[return-value]
