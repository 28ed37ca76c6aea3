"""From wrong numbers, or an error, to a likely cause."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from triceptron.checking import places
from triceptron.checking.calling import Outcome
from triceptron.checking.findings import Cause
from triceptron.checking.source import Listing
from triceptron.checking.trials import ATOL, RTOL, Attempt, known_faults

__all__ = ["cause_of_error", "causes_of_values"]


def causes_of_values(
    key: str, attempts: Sequence[Attempt], listing: Listing, name: str
) -> list[tuple[Cause, tuple[str, ...]]]:
    """Find the one fault that explains all that came out; else a fault for each wrong result.

    Parameters
    ----------
    key : str
        The step.
    attempts : sequence of Attempt
        All the calls, right ones too: a cause must explain those as well.
    listing : Listing
    name : str
        The learner's function.

    Returns
    -------
    list of (Cause, names)
        What is wrong, and in which results; empty where no known pattern fits.
    """
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
    return [
        (_cause(code, tuple(results), listing, name), tuple(results)) for code, results in grouped.items()
    ]


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
    with np.errstate(all="ignore"):
        return bool(np.allclose(got, fault, RTOL, ATOL, equal_nan=True))


def _all_codes(explained: Mapping[str, Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(code for codes in explained.values() for code in codes))


def _better(codes: Sequence[str], listing: Listing, name: str) -> str:
    """Choose between causes that give the same numbers, by the learner's code."""
    if "no_max_subtracted" in codes and "log_of_zero" in codes:
        return "log_of_zero" if places.mentions_log_of(listing, name) else "no_max_subtracted"
    return codes[0]


def _cause(code: str, results: tuple[str, ...], listing: Listing, name: str) -> Cause:
    if code == "relu_derivative_missing":
        compared = places.compared_array(listing, name)
        if compared is not None:
            return Cause("relu_derivative_wrong_array", {"array": compared[0]})
    if code == "relu_derivative_wrong_array":
        compared = places.compared_array(listing, name)
        return Cause(code, {"array": compared[0] if compared else "dH"})
    return Cause(code, {"what": ", ".join(results)})


def cause_of_error(
    key: str, outcome: Outcome, attempt: Attempt, listing: Listing, name: str
) -> Cause | None:
    """Find what may have led to an error.

    Parameters
    ----------
    key : str
        The step.
    outcome : Outcome
        With the error.
    attempt : Attempt
    listing : Listing
    name : str
        The learner's function.

    Returns
    -------
    Cause or None
    """
    error = outcome.error
    text = str(error)
    if isinstance(error, NameError):
        return Cause("name_unknown", {"name": getattr(error, "name", None) or text})
    if isinstance(error, TypeError) and outcome.place is None and "argument" in text:
        return Cause("signature", {"arguments": ", ".join(attempt.trial.names)})
    if isinstance(error, KeyError):
        return Cause("key_unknown", {"key": text})
    clash = any(
        word in text for word in ("not aligned", "mismatch in its core", "broadcast", "boolean index", "einstein")
    )
    if not (isinstance(error, ValueError | IndexError) and clash):
        return None
    if key in ("compute_gradient", "backward"):
        compared = places.compared_array(listing, name)
        arguments = places.argument_names(listing, name)
        if compared is not None and compared[0] in arguments and arguments.index(compared[0]) not in (2, 3):
            return Cause("relu_derivative_wrong_array", {"array": compared[0]})
    matrix, entrywise = places.multiplies_at(listing, name, outcome.place)
    if "broadcast" in text and places.reduces_without_keepdims(listing, name):
        return Cause("keepdims_missing")
    if entrywise and not matrix:
        return Cause("elementwise_product")
    if matrix:
        return Cause("transpose_missing")
    return Cause("shapes_clash")
