"""The check of one step: alone, with ours for all others, and in the learner's own company."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from triceptron.checking.exercise import diagnosis, places
from triceptron.checking.exercise.calculus import calculus_remark, differentiate
from triceptron.checking.exercise.cases import SHAPES, Shape
from triceptron.checking.exercise.conventions import read_four
from triceptron.checking.exercise.faults import Fault, train_losses
from triceptron.checking.exercise.learner import Learner, Outcome
from triceptron.checking.exercise.ours import leans_on
from triceptron.checking.exercise.showing import describe, show, show_arguments, show_entry
from triceptron.checking.exercise.trials import Attempt, attempt, close, trials
from triceptron.checking.findings import Cause, Finding, Result
from triceptron.checking.steps_table import step

__all__ = ["examine"]

_CHATTY = 500
"""Characters printed in one call that are worth a remark; train's two lines an epoch stay below."""

_FATAL = ("exit", "memory", "recursion", "raises")
"""Findings after which a step is not called for others."""


def examine(learner: Learner, key: str, shapes: Sequence[Shape] = SHAPES) -> Result:
    """Check one step."""
    if key not in learner.found:
        return Result("missing")
    if learner.is_blank(key):
        return Result("missing", remarks=(Finding("blank", place=learner.place(key)),))
    if key not in learner.lost:
        with learner.attempt(key):
            if key == "initialize":
                result = _examine_initialize(learner)
            else:
                result = _judge(learner, key, _attempts(learner, key, shapes))
    if key in learner.lost:
        result = Result("wrong", (_lost(learner, key),))
    if result.status == "wrong":
        learner.wrong.append(key)
    if any(finding.kind in _FATAL for finding in result.findings):
        learner.failed.add(key)
    return result


def _lost(learner: Learner, key: str) -> Finding:
    why, place = learner.lost[key], learner.place(key)
    if why == "time":
        return Finding("time", {"seconds": f"{learner.process.limits.seconds:g}"}, place=place)
    return Finding("died", {"status": why}, place=place)


# --- calling ---


def _attempts(learner: Learner, key: str, shapes: Sequence[Shape]) -> list[Attempt]:
    """Try the ways to call a function, and return the first that is right; else the least wrong.

    Alone, all other steps are ours. Where that does not fit the learner's own way of handing things from one
    function to the next, the step is judged within the learner's chain. Where all before it are right, it
    must be right there too. What is not right is called once more, with its lines traced.
    """
    best: list[Attempt] = []
    company: frozenset[str] = frozenset()
    for replaced in _companies(learner, key):
        tried = _in_best_convention(learner, key, replaced, shapes)
        if not best or _badness(tried) < _badness(best):
            best, company = tried, replaced
        if not any(_badness(best)):
            break
    if step(key).composite and not learner.wrong and not any(_badness(best)):
        company = learner.out_of_use
        best = _in_best_convention(learner, key, company, shapes)
    return [
        attempt(learner, tried.trial, company, traced=True)
        if tried.faults or tried.changed or tried.outcome.printed > _CHATTY
        else tried
        for tried in best
    ]


def _companies(learner: Learner, key: str) -> Iterator[frozenset[str]]:
    """Yield who is replaced by ours: all, then only what is out of use, then one at a time."""
    yield leans_on(key)
    if step(key).composite:
        out = learner.out_of_use
        yield out
        for other in sorted(leans_on(key) & learner.found.keys() - {*out, key}):
            yield out | {other}


def _in_best_convention(
    learner: Learner, key: str, replaced: frozenset[str], shapes: Sequence[Shape]
) -> list[Attempt]:
    """Make a step's calls in the file's convention, or the one in which they come out best."""
    best: list[Attempt] = []
    for convention in dict.fromkeys(
        [learner.convention_of(key), *learner.convention.others(labels=step(key).labelled)]
    ):
        tried = _calls(learner, key, convention, replaced, shapes)
        if not best or _badness(tried) < _badness(best):
            best = tried
            learner.conventions[key] = convention
        if not any(_badness(best)):
            break
    return best


def _calls(
    learner: Learner, key: str, convention: Any, replaced: frozenset[str], shapes: Sequence[Shape]
) -> list[Attempt]:
    """Make a step's calls; extreme logits only once the ordinary ones are right."""
    made: list[Attempt] = []
    for trial in trials(learner, key, convention, shapes):
        if not trial.case.ordinary and not all(tried.right for tried in made):
            break
        made.append(attempt(learner, trial, replaced))
        if made[-1].outcome.error is not None:
            break
    return made


def _badness(attempts: Sequence[Attempt]) -> tuple[bool, int, int]:
    """How far a run of attempts is from right: errors, then what cannot be read, then wrong numbers."""
    errors = any(tried.outcome.error is not None for tried in attempts)
    unread = sum(not tried.readable for tried in attempts)
    return errors, unread, sum(not tried.right for tried in attempts)


# --- judging ---


def _judge(learner: Learner, key: str, attempts: list[Attempt]) -> Result:
    for tried in attempts:
        if tried.outcome.error is not None:
            fed = show_arguments(tried.trial.names, tried.trial.arguments)
            return diagnosis.result_of_error(
                learner, key, tried.outcome, tried.trial.names, fed, _shapes(tried)
            )
    findings: list[Finding] = []
    remarks: list[Finding] = []
    unread = next((tried for tried in attempts if not tried.got), None)
    if unread is not None:
        findings.append(_unread(learner, key, unread))
    elif key == "train" and _records_after_update(attempts):
        remarks.append(Finding("records_after_update", place=learner.place(key)))
    else:
        findings += _wrong_values(learner, key, attempts)
    findings += _changed(learner, key, attempts)
    if key == "my_softmax" and all(tried.right for tried in attempts if tried.trial.case.ordinary):
        # the text lets it overflow on purpose
        remarks += [
            replace(found, kind="overflows_on_purpose") for found in findings if found.kind == "finite"
        ]
        findings = [finding for finding in findings if finding.kind != "finite"]
    printed = max(tried.outcome.printed for tried in attempts)
    if printed > _CHATTY:
        place = places.line_of_call(learner.listing, learner.names[key], "print")
        remarks.append(Finding("prints", {"characters": f"{printed:,}"}, place=place))
    if key == "compute_gradient" and attempts[0].readable:
        remarks.append(calculus_remark(attempts[0].got, *differentiate(learner, attempts[0].trial.case)))
    return Result("wrong" if findings else "right", tuple(findings), tuple(remarks))


def _unread(learner: Learner, key: str, tried: Attempt) -> Finding:
    value = tried.outcome.value
    return Finding(
        "unreadable",
        {},
        show_arguments(tried.trial.names, tried.trial.arguments),
        describe(value),
        _shapes(tried),
        Cause("returns_nothing") if value is None else None,
        places.line_of_return(learner.listing, learner.names[key]),
    )


def _wrong_values(learner: Learner, key: str, attempts: list[Attempt]) -> list[Finding]:
    """Tell what is wrong with what came out: a finding for each cause."""
    wrong = [tried for tried in attempts if tried.faults]
    left = list(dict.fromkeys(result for tried in wrong for result in tried.faults))
    findings: list[Finding] = []
    if not wrong:
        return findings
    for cause, results, fault in diagnosis.causes_of_values(learner, key, attempts):
        left = [result for result in left if result not in results]
        findings.append(_finding(learner, key, wrong, results, cause, fault))
    return [*findings, _finding(learner, key, wrong, left, None, None)] if left else findings


def _finding(
    learner: Learner,
    key: str,
    wrong: Sequence[Attempt],
    results: Sequence[str],
    cause: Cause | None,
    fault: Fault | None,
) -> Finding:
    tried = next(tried for tried in wrong if set(results) & set(tried.faults))
    results = [result for result in results if result in tried.faults]
    kinds = [tried.faults[result] for result in results]
    return Finding(
        next(kind for kind in ("shape", "finite", "values") if kind in kinds),
        {"what": ", ".join(results)},
        show_arguments(tried.trial.names, tried.trial.arguments),
        ", ".join(_shown(tried, result, expected=False) for result in results),
        ", ".join(_shown(tried, result, expected=True) for result in results),
        cause,
        diagnosis.line_of_values(learner, key, tried, results, cause.code if cause else "", fault),
    )


def _shown(tried: Attempt, result: str, *, expected: bool) -> str:
    """Show where a result differs most, or its shape, or the whole of a small one."""
    got, right = tried.got[result], np.asarray(tried.trial.expected[result])
    if not isinstance(got, np.ndarray):
        return f"{result}.shape = {right.shape}" if expected else f"{result} = {describe(got)}"
    if tried.faults[result] == "shape":
        return f"{result}.shape = {right.shape if expected else got.shape}"
    got = got.reshape(right.shape)
    if right.size <= 12 or tried.faults[result] == "finite":
        return show(result, right if expected else got)
    with np.errstate(all="ignore"):
        index = np.unravel_index(int(np.argmax(np.abs(got - right))), right.shape)
    return show_entry(result, right if expected else got, index)


def _changed(learner: Learner, key: str, attempts: Sequence[Attempt]) -> list[Finding]:
    """Tell which argument was overwritten, in the learner's own name for it, and its first changed entry."""
    code = "relu_overwrites_argument" if key == "relu" else "overwrites_argument"
    for tried in attempts:
        for position, label, before, after in tried.changed:
            names = [name for name, *_ in learner.found[key]["arguments"] or []]
            own = names[position] if position < len(names) else tried.trial.names[position]
            got, expected = (f"{own}{label}" + text for text in _first_difference(before, after))
            line = places.overwriting_line(tried.outcome.trace, position)
            fed, cause = (
                show_arguments([own], [tried.trial.arguments[position]]),
                Cause(code, {"argument": own}),
            )
            place = (learner.placer(*line) if line is not None else None) or learner.place(key)
            return [Finding("arguments", {"argument": own}, fed, got, expected, cause, place)]
    return []


def _first_difference(before: Any, after: Any) -> tuple[str, str]:
    """Write what became of an argument, and what it was."""
    if not (isinstance(before, np.ndarray) and isinstance(after, np.ndarray) and before.shape == after.shape):
        return f" = {describe(after)}", f" = {describe(before)}"
    index = tuple(int(i) for i in np.argwhere(before != after)[0])
    at = f"[{', '.join(map(str, index))}]"
    return f"{at} = {after[index]:.6g}", f"{at} = {before[index]:.6g}"


def _records_after_update(attempts: Sequence[Attempt]) -> bool:
    """Tell whether train's losses are those after each update: as good, only a step later."""
    if all(tried.right for tried in attempts):
        return False
    for tried in attempts:
        later = train_losses(tried.trial.case, first=1)
        if not all(close(tried.got[part], later[part]) for part in tried.got):
            return False
    return True


def _shapes(tried: Attempt) -> str:
    return ", ".join(f"{name}.shape = {np.shape(value)}" for name, value in tried.trial.expected.items())


# --- initialize: shapes, zero biases, weights that are small and differ; how it draws and scales is free ---

_SIZES = ((50, 10), (7, 3))
"""h and K: the digits job's, and others."""


def _examine_initialize(learner: Learner) -> Result:
    m = learner.features
    remarks: tuple[Finding, ...] = ()
    for h, K in _SIZES:
        fed = f"m = {m}, h = {h}, K = {K}" if learner.takes_features else f"h = {h}, K = {K}"
        wanted = f"W1 ({m}, {h}), b1 (1, {h}), W2 ({h}, {K}), b2 (1, {K})"
        outcome = learner.call_initialize(h, K)
        if outcome.error is not None:
            return diagnosis.result_of_error(learner, "initialize", outcome, ("h", "K"), fed, wanted)
        four = read_four(outcome.value)
        if four is None:
            cause = Cause("returns_nothing") if outcome.value is None else None
            place = places.line_of_return(learner.listing, learner.names["initialize"])
            finding = Finding("unreadable", {}, fed, describe(outcome.value), wanted, cause, place)
            return Result("wrong", (finding,))
        fault = _fault_of_start(four, {"W1": (m, h), "b1": (h,), "W2": (h, K), "b2": (K,)})
        if fault is not None:
            kind, what, got, expected, cause = fault
            place = _line_of_start(learner, learner.call_initialize(h, K, traced=True), {what: four[what]})
            finding = Finding(kind, {"what": what}, fed, got, expected or wanted, cause, place)
            return Result("wrong", (finding,))
        W1, W2 = (np.asarray(four[weights], np.float64).ravel() for weights in ("W1", "W2"))
        shared = min(W1.size, W2.size)
        if np.array_equal(W1[:shared], W2[:shared]):
            got = f"{show('W1[0, :2]', W1[:2])}, {show('W2[0, :2]', W2[:2])}"
            place = _line_of_start(learner, learner.call_initialize(h, K, traced=True), {"W2": four["W2"]})
            remarks = (Finding("initialize_repeats", {}, fed, got, place=place),)
    return Result("right", remarks=remarks)


def _line_of_start(learner: Learner, outcome: Outcome, wrong: dict[str, Any]) -> Any:
    line = places.faulty_line(outcome.trace, wrong, [])
    return (learner.placer(*line) if line is not None else None) or learner.place("initialize")


def _fault_of_start(
    four: dict[str, Any], shapes: dict[str, tuple[int, ...]]
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
