"""The check of one step: alone, with ours for all others, and in the learner's own company."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from triceptron.checking import diagnosis, places
from triceptron.checking.alternatives import train_losses
from triceptron.checking.calculus import calculus_remark, differentiate
from triceptron.checking.calling import describe, show, show_arguments, show_entry
from triceptron.checking.cases import SHAPES, Shape, make_case
from triceptron.checking.findings import Cause, Finding, Result
from triceptron.checking.initial import examine_initialize
from triceptron.checking.interface import Dress, calling_dresses
from triceptron.checking.learner import REPLACEABLE, Learner
from triceptron.checking.trials import (
    COMPOSITE,
    LABELLED,
    Attempt,
    attempt,
    close,
    held_out,
    trials,
)

__all__ = ["examine"]

_CHATTY = 500
"""Characters printed in one call that are worth a remark; train's two lines an epoch stay below."""


def examine(
    learner: Learner,
    key: str,
    wrong: Collection[str] = (),
    dead: Collection[str] = (),
    shapes: Sequence[Shape] = SHAPES,
) -> Result:
    """Check one step.

    Parameters
    ----------
    learner : Learner
    key : str
        The step.
    wrong : collection of str
        Steps found wrong before.
    dead : collection of str
        Steps that do not return; they are not called again.
    shapes : sequence of (n, m, h, K)
        The small problems to check with.

    Returns
    -------
    Result
    """
    function = learner.found.get(key)
    if function is None:
        return Result("missing")
    if learner.is_blank(key):
        return Result(
            "missing", remarks=(Finding("blank", place=learner.listing[learner.names[key]].place()),)
        )
    learner.meet(make_case(shapes[0]), dead)
    if key == "initialize":
        return examine_initialize(learner)
    attempts = _attempts(learner, key, function, wrong, dead, shapes)
    return _judge(learner, key, attempts, dead)


# --- calling ---


def _attempts(
    learner: Learner,
    key: str,
    function: Callable[..., Any],
    wrong: Collection[str],
    dead: Collection[str],
    shapes: Sequence[Shape],
) -> list[Attempt]:
    """Try the ways to call a function, and return the first that is right; else the least wrong.

    Alone, all other steps are ours. Where that does not fit the learner's own way of handing things from one
    function to the next, the step is judged within the learner's chain. Where all before it are right, it
    must be right there too.
    """
    best: list[Attempt] = []
    for replaced in _casts(learner, key, dead):
        tried = _best_dress(learner, key, function, replaced, shapes)
        if not best or _badness(tried) < _badness(best):
            best = tried
        if not any(_badness(best)):
            break
    if key in COMPOSITE and not wrong and not any(_badness(best)):
        return _best_dress(learner, key, function, set(dead), shapes)
    return best


def _casts(learner: Learner, key: str, dead: Collection[str]) -> Iterator[set[str]]:
    """Yield who is replaced by ours: all, then only the dead, then one at a time."""
    yield set(REPLACEABLE)
    if key in COMPOSITE:
        yield set(dead)
        for other in sorted(REPLACEABLE & learner.found.keys() - {*dead, key}):
            yield {other, *dead}


def _best_dress(
    learner: Learner,
    key: str,
    function: Callable[..., Any],
    replaced: Collection[str],
    shapes: Sequence[Shape],
) -> list[Attempt]:
    best: list[Attempt] = []
    with learner.replaced(function, replaced):
        for dress in calling_dresses(learner.dress, key in LABELLED):
            tried = _calls(learner, key, function, dress, shapes)
            if not best or _badness(tried) < _badness(best):
                best = tried
            if not any(_badness(best)):
                break
    return best


def _calls(
    learner: Learner, key: str, function: Callable[..., Any], dress: Dress, shapes: Sequence[Shape]
) -> list[Attempt]:
    """Make a step's calls; extreme logits only once the ordinary ones are right."""
    made: list[Attempt] = []
    for trial in trials(key, function, dress, shapes):
        if not trial.case.ordinary and not all(tried.right for tried in made):
            break
        made.append(attempt(function, trial, learner.placer))
        if made[-1].outcome.error is not None:
            break
    return made


def _badness(attempts: Sequence[Attempt]) -> tuple[bool, int, int]:
    """How far a run of attempts is from right: errors, then what cannot be read, then wrong numbers."""
    errors = any(tried.outcome.error is not None for tried in attempts)
    unread = sum(not tried.readable for tried in attempts)
    return errors, unread, sum(not tried.right for tried in attempts)


# --- judging ---


def _judge(learner: Learner, key: str, attempts: list[Attempt], dead: Collection[str]) -> Result:
    for tried in attempts:
        if tried.outcome.error is not None:
            fed = show_arguments(tried.trial.names, tried.fed)
            expected = _shapes(tried)
            return diagnosis.result_of_error(key, tried.outcome, tried.trial.names, fed, expected, learner)
    name = learner.names[key]
    findings: list[Finding] = []
    remarks: list[Finding] = []
    unread = next((tried for tried in attempts if not tried.got), None)
    if unread is not None:
        findings.append(_unread(learner, name, unread))
    elif key == "train" and _records_after_update(attempts):
        remarks.append(Finding("records_after_update", place=places.locate("", learner.listing, name)))
    else:
        findings += _wrong_values(learner, key, name, attempts)
    findings += _changed(learner, key, name, attempts)
    if key == "my_softmax" and all(tried.right for tried in attempts if tried.trial.case.ordinary):
        # the text lets it overflow on purpose
        remarks += [
            replace(finding, kind="overflows_on_purpose") for finding in findings if finding.kind == "finite"
        ]
        findings = [finding for finding in findings if finding.kind != "finite"]
    printed = max(tried.outcome.printed for tried in attempts)
    if printed > _CHATTY:
        place = places.locate("prints", learner.listing, name)
        remarks.append(Finding("prints", {"characters": f"{printed:,}"}, place=place))
    if key == "compute_gradient" and attempts[0].readable:
        numeric, own = differentiate(learner, attempts[0].trial.case, dead)
        remarks.append(calculus_remark(attempts[0].got, numeric, own))
    return Result("wrong" if findings else "right", tuple(findings), tuple(remarks))


def _unread(learner: Learner, name: str, tried: Attempt) -> Finding:
    value = tried.outcome.value
    return Finding(
        "unreadable",
        {},
        show_arguments(tried.trial.names, tried.fed),
        describe(value),
        _shapes(tried),
        Cause("returns_nothing") if value is None else None,
        places.locate("", learner.listing, name),
    )


def _wrong_values(learner: Learner, key: str, name: str, attempts: list[Attempt]) -> list[Finding]:
    """Tell what is wrong with what came out: a finding for each cause."""
    wrong = [tried for tried in attempts if tried.faults]
    left = list(dict.fromkeys(result for tried in wrong for result in tried.faults))
    findings: list[Finding] = []
    if not wrong:
        return findings
    for cause, results in diagnosis.causes_of_values(key, attempts, learner.listing, name):
        left = [result for result in left if result not in results]
        findings.append(_finding(learner, name, wrong, results, cause))
    return [*findings, _finding(learner, name, wrong, left, None)] if left else findings


def _finding(
    learner: Learner, name: str, wrong: Sequence[Attempt], results: Sequence[str], cause: Cause | None
) -> Finding:
    tried = next(tried for tried in wrong if set(results) & set(tried.faults))
    results = [result for result in results if result in tried.faults]
    kinds = [tried.faults[result] for result in results]
    return Finding(
        next(kind for kind in ("shape", "finite", "values") if kind in kinds),
        {"what": ", ".join(results)},
        show_arguments(tried.trial.names, tried.fed),
        ", ".join(_shown(tried, result, expected=False) for result in results),
        ", ".join(_shown(tried, result, expected=True) for result in results),
        cause,
        places.locate(
            cause.code if cause else "",
            learner.listing,
            name,
            results[0] if len(results) < len(tried.trial.expected) or len(results) == 1 else "",
        ),
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


def _changed(learner: Learner, key: str, name: str, attempts: Sequence[Attempt]) -> list[Finding]:
    """Tell which argument was overwritten, in the learner's own name for it, and its first changed entry."""
    code = "relu_overwrites_argument" if key == "relu" else "overwrites_argument"
    for tried in attempts:
        for position, label, before, after in tried.changed:
            names = places.argument_names(learner.listing, name)
            own = names[position] if position < len(names) else tried.trial.names[position]
            got, expected = (f"{own}{label}" + text for text in _first_difference(before, after))
            return [
                Finding(
                    "arguments",
                    {"argument": own},
                    show_arguments([own], [tried.fed[position]]),
                    got,
                    expected,
                    Cause(code, {"argument": own}),
                    places.locate(code, learner.listing, name, own),
                )
            ]
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
        case = tried.trial.case
        later = train_losses(case, held_out(case), first=1)
        if not all(close(tried.got[part], later[part]) for part in tried.got):
            return False
    return True


def _shapes(tried: Attempt) -> str:
    return ", ".join(f"{name}.shape = {np.shape(value)}" for name, value in tried.trial.expected.items())
