"""From wrong numbers, or an error, to a likely cause."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from triceptron.checking import places
from triceptron.checking.calling import Outcome
from triceptron.checking.findings import Cause, Finding, Result
from triceptron.checking.learner import Learner
from triceptron.checking.source import Listing
from triceptron.checking.trials import Attempt, close, known_faults
from triceptron.parameters import Parameters

__all__ = ["causes_of_values", "result_of_error"]


def causes_of_values(
    key: str, attempts: Sequence[Attempt], listing: Listing, name: str
) -> list[tuple[Cause, tuple[str, ...]]]:
    """Find the one fault that explains all that came out; else a fault for each wrong result."""
    attempts = [attempt for attempt in attempts if attempt.readable]
    wrong = list(dict.fromkeys(result for attempt in attempts for result in attempt.faults))
    explained: dict[str, list[str]] = {result: [] for result in wrong}
    for number, (code, _) in enumerate(known_faults(key, attempts[0].trial.case) if attempts else []):
        for result in _explains(key, number, attempts, wrong):
            if code not in explained[result]:
                explained[result].append(code)
    common = [code for code in _all_codes(explained) if all(code in codes for codes in explained.values())]
    if common and wrong:
        code = _better(common, listing, name)
        return [(_cause(code, tuple(wrong), listing, name), tuple(wrong))]
    grouped: dict[str, list[str]] = {}
    for result, codes in explained.items():
        if codes:
            grouped.setdefault(_better(codes, listing, name), []).append(result)
    factor = _factor(attempts) if wrong and not grouped else None
    if factor is not None:
        return [(Cause("scaled", {"factor": f"{factor:.6g}"}), tuple(wrong))]
    return [
        (_cause(code, tuple(results), listing, name), tuple(results)) for code, results in grouped.items()
    ]


def _factor(attempts: Sequence[Attempt]) -> float | None:
    """Return the number that all results of the first call are times the right ones, if there is one."""
    got = [np.ravel(value) for value in attempts[0].got.values()]
    right = [np.ravel(value) for value in attempts[0].trial.expected.values()]
    if any(
        not isinstance(value, np.ndarray) or value.shape != wanted.shape or value.dtype.kind != "f"
        for value, wanted in zip(got, right, strict=True)
    ):
        return None
    values, wanted = np.concatenate(got), np.concatenate(right)
    factor = float(values @ wanted / (wanted @ wanted))
    return factor if np.isfinite(factor) and np.allclose(values, factor * wanted, 1e-5, 1e-12) else None


def _explains(key: str, number: int, attempts: Sequence[Attempt], wrong: Sequence[str]) -> list[str]:
    """Name the wrong results that the numbered alternative reproduces in every call."""
    fitting = set(wrong)
    for attempt in attempts:
        case = attempt.trial.case
        with np.errstate(all="ignore"):
            _, formula = known_faults(key, case)[number]
            fault = formula(case)
        fitting &= {
            result for result in fitting if result in fault and _same(attempt.got.get(result), fault[result])
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


def _all_codes(explained: Mapping[str, Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(code for codes in explained.values() for code in codes))


def _better(codes: Sequence[str], listing: Listing, name: str) -> str:
    """Choose between causes that give the same numbers, by the learner's code."""
    if "no_max_subtracted" in codes and "log_of_zero" in codes:
        return "log_of_zero" if places.mentions_log_of(listing, name) else "no_max_subtracted"
    return codes[0]


def _cause(code: str, results: tuple[str, ...], listing: Listing, name: str) -> Cause:
    if code == "relu_derivative_missing":
        compared, arguments = places.compared_array(listing, name), places.argument_names(listing, name)
        if compared is not None and arguments[3:4] != [compared]:  # of Z, but it is not used
            return Cause("relu_derivative_wrong_array", {"array": compared})
    if code == "update_nothing" and set(results) < set(Parameters._fields):
        return Cause("update_some")
    if code == "relu_derivative_wrong_array":
        compared = places.compared_array(listing, name)
        return Cause(code, {"array": compared or "dH"})
    return Cause(code, {"what": ", ".join(results)})


def result_of_error(
    key: str, outcome: Outcome, names: Sequence[str], fed: str, expected: str, learner: Learner
) -> Result:
    """Tell what a learner's function raised, where, and what may have led to it."""
    error, name = outcome.error, learner.names[key]
    place = outcome.place or (learner.listing[name].place() if name in learner.listing else None)
    if isinstance(error, NotImplementedError):
        return Result("missing", remarks=(Finding("blank", place=place),))
    if isinstance(error, MemoryError | RecursionError):
        kind = "memory" if isinstance(error, MemoryError) else "recursion"
        return Result("wrong", (Finding(kind, fed=fed, place=place),))
    if isinstance(error, SystemExit):
        return Result("wrong", (Finding("exit", {"status": str(error.code)}, fed=fed, place=place),))
    got = f"{type(error).__name__}: {_first_line(error)}"
    cause = _cause_of_error(key, outcome, names, learner.listing, name)
    return Result("wrong", (Finding("raises", {}, fed, got, expected, cause, place),))


def _first_line(error: BaseException | None) -> str:
    try:
        return (str(error).strip().splitlines() or [""])[0][:300]
    except Exception:  # a learner's own __str__
        return ""


def _cause_of_error(
    key: str, outcome: Outcome, names: Sequence[str], listing: Listing, name: str
) -> Cause | None:
    """Find what may have led to an error."""
    error = outcome.error
    text = _first_line(error)
    if isinstance(error, NameError):
        return Cause("name_unknown", {"name": getattr(error, "name", None) or text})
    if isinstance(error, TypeError) and outcome.place is None and "argument" in text:
        return Cause("signature", {"arguments": ", ".join(names)})
    if isinstance(error, KeyError):
        return Cause("key_unknown", {"key": text})
    clash = any(
        word in text
        for word in ("not aligned", "mismatch in its core", "broadcast", "boolean index", "einstein")
    )
    if not (isinstance(error, ValueError | IndexError) and clash):
        return None
    if key in ("compute_gradient", "backward"):
        compared = places.compared_array(listing, name)
        arguments = places.argument_names(listing, name)
        if compared is not None and compared in arguments and arguments.index(compared) not in (2, 3):
            return Cause("relu_derivative_wrong_array", {"array": compared})
    matrix, entrywise = places.multiplies_at(listing, name, outcome.place)
    if "broadcast" in text and places.reduces_without_keepdims(listing, name):
        return Cause("keepdims_missing")
    if entrywise and not matrix:
        return Cause("elementwise_product")
    if matrix:
        return Cause("transpose_missing")
    return Cause("shapes_clash")
