"""The check of initialize: shapes, zero biases, weights that are small and differ."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from triceptron.checking import places
from triceptron.checking.calling import describe, show
from triceptron.checking.diagnosis import result_of_error
from triceptron.checking.findings import Cause, Finding, Result
from triceptron.checking.interface import read_four
from triceptron.checking.learner import Learner

__all__ = ["examine_initialize"]

_SIZES = ((50, 10), (7, 3))
"""h and K: the digits job's, and others."""


def examine_initialize(learner: Learner) -> Result:
    """Check the learner's initialize; how it draws and scales is free, if one can learn from there."""
    name, m = learner.names["initialize"], learner.features()
    remarks: tuple[Finding, ...] = ()
    for h, K in _SIZES:
        fed = f"m = {m}, h = {h}, K = {K}" if learner.takes_features() else f"h = {h}, K = {K}"
        shapes = {"W1": (m, h), "b1": (h,), "W2": (h, K), "b2": (K,)}
        wanted = f"W1 ({m}, {h}), b1 (1, {h}), W2 ({h}, {K}), b2 (1, {K})"
        outcome = learner.call_initialize(h, K)
        if outcome.error is not None:
            return result_of_error("initialize", outcome, ("h", "K"), fed, wanted, learner)
        four = read_four(outcome.value)
        if four is None:
            cause = Cause("returns_nothing") if outcome.value is None else None
            place = places.locate("", learner.listing, name)
            return Result(
                "wrong", (Finding("unreadable", {}, fed, describe(outcome.value), wanted, cause, place),)
            )
        fault = _first_fault(four, shapes)
        if fault is not None:
            kind, what, got, expected, cause = fault
            place = places.locate(cause.code if cause else "", learner.listing, name, what)
            finding = Finding(kind, {"what": what}, fed, got, expected or wanted, cause, place)
            return Result("wrong", (finding,))
        W1, W2 = (np.asarray(four[weights], np.float64).ravel() for weights in ("W1", "W2"))
        shared = min(W1.size, W2.size)
        if np.array_equal(W1[:shared], W2[:shared]):
            got = f"{show('W1[0, :2]', W1[:2])}, {show('W2[0, :2]', W2[:2])}"
            place = places.locate("initialize_repeats", learner.listing, name, "W2")
            remarks = (Finding("initialize_repeats", {}, fed, got, place=place),)
    return Result("right", remarks=remarks)


def _first_fault(
    four: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]
) -> tuple[str, str, str, str, Cause | None] | None:
    """Find what is wrong: kind of finding, which parameter, what it is, what it should be, cause."""
    arrays: dict[str, Any] = {}
    for name, shape in shapes.items():
        try:
            array = np.array(four[name], np.float64)
        except (TypeError, ValueError):
            return "shape", name, f"{name} = {describe(four[name])}", f"{name}.shape = {shape}", None
        if array.shape != shape and not (name[0] == "b" and array.shape == (1, *shape)):
            cause = Cause("transposed") if array.shape == shape[::-1] != shape else None
            return "shape", name, f"{name}.shape = {array.shape}", f"{name}.shape = {shape}", cause
        if not np.isfinite(array).all():
            return "finite", name, show(name, array), "", None
        arrays[name] = array
    for name in ("b1", "b2"):
        if arrays[name].any():
            return "values", name, show(name, arrays[name]), f"{name} = 0", Cause("biases_not_zero")
    for name in ("W1", "W2"):
        spread, mean = arrays[name].std(), arrays[name].mean()
        got, small = f"{name}.std() = {spread:.4g}", f"{name}.std() ≈ 0.01"
        if spread == 0 or (arrays[name] == arrays[name][:, :1]).all():
            return "values", name, got, small, Cause("initialize_constant", {"what": name})
        if spread > 0.9 or abs(mean) > 3 * spread / np.sqrt(arrays[name].size) + 0.2:
            got += f", {name}.mean() = {mean:.4g}"
            return "values", name, got, small, Cause("initialize_scale", {"what": name})
    return None
