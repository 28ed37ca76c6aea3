"""What is said of a program that is not the exercise's: a verdict for each function, and of the whole."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from triceptron.checking.exercise.cases import SHAPES, make_case
from triceptron.checking.exercise.examine import examine
from triceptron.checking.exercise.learner import Learner
from triceptron.checking.findings import Cause, Finding, Place, Result
from triceptron.checking.names import quantity, role_of
from triceptron.checking.program.network import OWN
from triceptron.checking.program.run import UNSAFE, Flaw, Verdict
from triceptron.checking.report import StepReport
from triceptron.checking.steps_table import STEPS

__all__ = ["SMALL_STEPS", "is_program", "judge_program"]

SMALL_STEPS = frozenset({"relu", "relu_derivative", "softmax", "log_softmax", "cross_entropy"})
"""Functions that say nothing of the program they stand in."""

_EXERCISE = ("linear_combination", "my_softmax")
_NETWORK = ("forward", "compute_gradient", "train")
_NAMED = ("initialize", "cross_entropy", *_NETWORK, "update", "predict")


def is_program(learner: Learner, *, script: bool = False) -> bool:
    """Tell whether a file is anyone's network rather than the exercise: by its signatures, or its classes."""
    other = [key for key in ("compute_gradient", "backward") if key in learner.found]
    meant = any(key in learner.found for key in _EXERCISE) and "X" not in _asked(learner, "forward")[1:]
    if meant and all(_fits_exercise(learner, key) for key in other):
        return False
    others = learner.listing.keys() - {*learner.names.values()}
    trains = script or any(_multiplies(learner.listing[name].node) for name in others)
    small = SMALL_STEPS | {"predict"} | ({"update"} if len(_asked(learner, "update")) > 3 else set())
    if trains and not learner.found.keys() - small:
        return True
    own = [entry for entry in learner.process.found if entry["own"]]
    roles = {role_of(name) for entry in own for name in entry.get("methods") or {}}
    roles |= {role_of(entry["name"]) for entry in own if entry["kind"] == "function"}
    if not roles & {*_NETWORK}:
        return False
    if "forward" in learner.found and not roles & {"compute_gradient", "train"}:
        return _asked(learner, "forward")[:2] != ["X", "parameters"]
    return not any(_fits_exercise(learner, key) for key in ("compute_gradient", "backward", "train"))


def _multiplies(node: ast.AST) -> bool:
    """Tell whether matrices are multiplied in a function."""
    parts = [*ast.walk(node)]
    calls = {getattr(part.func, "attr", "") for part in parts if isinstance(part, ast.Call)}
    return any(isinstance(part, ast.MatMult) for part in parts) or bool(calls & {"dot", "matmul"})


def _asked(learner: Learner, key: str) -> list[str]:
    return [quantity(name, False) for name, *_ in (learner.found.get(key) or {}).get("arguments") or []]


def _fits_exercise(learner: Learner, key: str) -> bool:
    asked = _asked(learner, key)
    if key == "train":
        return "parameters" in asked and len(asked) >= 6 and asked[:3] == ["X", "Y", "testX"]
    return len(asked) >= 6 and asked[0] == "Y" and "X" in asked


def judge_program(
    learner: Learner, verdict: Verdict, place: Callable[[Flaw], Place | None]
) -> tuple[tuple[StepReport, ...], Result]:
    """Judge each function that a program has, and the whole of it, by what its run shows."""
    reports: dict[str, StepReport] = {}
    own = [entry for entry in learner.process.found if entry["own"]]
    functions = [entry for entry in own if entry["kind"] == "function"]
    for key in ("softmax", "log_softmax", "relu", "relu_derivative"):
        named = [entry for entry in functions if role_of(entry["name"]) == key]
        if named and len(named[0]["arguments"] or []) >= 1:
            learner.found[key] = named[0]
            result = _elementary(learner, key, verdict)
            reports[key] = StepReport(key, named[0]["name"], learner.place(key), result)
    methods = [f"{entry['name']}.{name}" for entry in own for name in entry.get("methods") or {}]
    for name in (*(entry["name"] for entry in functions), *methods):
        key = role_of(name)
        if key in _NAMED and key not in reports:
            at = learner.listing[name].place() if name in learner.listing else None
            reports[key] = StepReport(key, name, at, Result("other", (), (Finding("not_judged", place=at),)))
    return _with_run((tuple(reports.values()), Result("missing")), verdict, place)


def _elementary(learner: Learner, key: str, verdict: Verdict) -> Result:
    """Judge softmax, ReLU or its derivative, in rows or in columns; in either where nothing else tells."""
    layout = verdict.convention.get("layout")
    results = []
    for turned in (False, True) if layout is None else (layout == "columns",):
        learner.columns = turned
        results.append(examine(learner, key))
        if results[-1].status == "right":
            break
    best = next((result for result in results if result.status == "right"), results[0])
    if best.status != "wrong":
        return best
    codes = {finding.cause.code for finding in best.findings if finding.cause is not None}
    ordinary = any(finding.kind != "finite" for finding in best.findings)
    own = verdict.one_sample and codes == {"max_whole_matrix"}  # the largest of all is the sample's
    if key == "softmax" and (ordinary or own) and _right_for_one(learner):
        return Result("right", remarks=(Finding("one_sample", place=learner.place(key)),))
    other_use = any(finding.kind in ("raises", "unreadable", "shape") for finding in best.findings)
    whole_is_right = verdict.explanation is not None and not verdict.explanation.wrong
    other_use = other_use or codes == {"logit_sign"}  # of the distances from somewhere, say
    odd_slope = key == "relu_derivative" and not codes & {"relu_derivative_flipped", "relu_derivative_itself"}
    leaks = codes == {"relu_leaky"} and _says(learner, key, "leak")
    if other_use or odd_slope or leaks or (whole_is_right and "softmax" not in key):
        return Result("other", remarks=(Finding("not_judged", place=learner.place(key)),))
    return best


def _says(learner: Learner, key: str, word: str) -> bool:
    """Tell whether a function, or a comment in it, names something so: then it is meant."""
    own = learner.listing.get(learner.found[key]["name"])
    return own is not None and word in (ast.get_source_segment(own.block.text, own.node) or "").lower()


def _right_for_one(learner: Learner) -> bool:
    """Tell whether a softmax is right for one sample at a time, and only meant for that."""
    case = make_case(SHAPES[0])
    for shape in ((-1,), (-1, 1), (1, -1)):
        with learner.attempt("softmax"):
            value = learner.call("softmax", [case.O[0].reshape(shape)]).value
            fits = isinstance(value, np.ndarray) and value.size == case.P[0].size
            if fits and np.allclose(np.ravel(value), case.P[0]):
                return True
    return False


def _told(hidden: str) -> str:
    """Name the hidden activation, one that has no name as well."""
    return "@own_activation" if hidden == OWN else hidden


def _values(convention: Mapping[str, str]) -> dict[str, str]:
    layout, labels = convention.get("layout", "rows"), convention.get("labels", "codes")
    network = {name: convention.get(name, "?") for name in ("hidden", "output", "loss")}
    network["hidden"] = _told(network["hidden"])
    return {"layout": f"@{layout}", "labels": f"@{labels}", **network}


Judged = tuple[tuple[StepReport, ...], Result]


def _with_run(judged: Judged, verdict: Verdict, place: Callable[[Flaw], Place | None]) -> Judged:
    """Add to what is said of a program what its own run shows."""
    reports = {report.key: report for report in judged[0] if report.status != "missing"}
    convention = verdict.convention
    remarks = (Finding("own_convention", _values(convention)),) if convention.get("loss") else ()
    for key, inside in verdict.right.items():
        old = reports.get(key)
        if old is None or old.status == "other":
            name, at = (old.name, old.place) if old is not None else (inside.split(".")[-1] or key, None)
            reports[key] = StepReport(key, name, at, Result("right", (), remarks))
    together, explained = judged[1], verdict.explanation
    if verdict.flaws:
        flaw = verdict.flaws[0]
        reports[flaw.step] = _with_flaw(reports.get(flaw.step), flaw, verdict, place(flaw), remarks)
        if together.status != "wrong" and flaw.code not in UNSAFE:
            culprit = Finding("together", {"culprit": flaw.step, "name": flaw.inside})
            together = Result("wrong", (culprit,))
    right = not verdict.flaws or verdict.flaws[0].code in UNSAFE
    if right and together.status == "missing" and explained is not None and not explained.wrong:
        together = Result("right", (), remarks)
    if verdict.stand_ins:
        made_up = Finding("stand_ins", {"names": ", ".join(verdict.stand_ins[:4])})
        together = replace(together, remarks=(*together.remarks, made_up))
    order = [each.key for each in STEPS]
    steps = sorted(reports.values(), key=lambda each: order.index(each.key) if each.key in order else -1)
    return tuple(steps), together


def _with_flaw(
    old: StepReport | None, flaw: Flaw, verdict: Verdict, place: Place | None, remarks: tuple[Finding, ...]
) -> StepReport:
    """Add a flaw to what is said of a step, unless it is said already."""
    cause = (
        Cause(flaw.code, {"what": flaw.what or "W", "array": "", "name": "", "argument": "Z"})
        if flaw.code
        else None
    )
    finding = Finding("run", {"inside": flaw.inside or "__main__"}, "", flaw.got, "", cause, place)
    explained = verdict.explanation
    if explained is not None and flaw.what == ", ".join(explained.wrong) != "":
        model = explained.model
        network = {"hidden": _told(model.hidden), "output": model.output, "loss": model.loss}
        finding = replace(finding, kind="gradient_wrong", values={"what": flaw.what, **network})
    if old is None:
        name = flaw.inside.split(".")[-1] or flaw.step
        return StepReport(flaw.step, name, place, Result("wrong", (finding,), remarks))
    if old.status != "wrong":
        return replace(old, result=Result("wrong", (*old.result.findings, finding), remarks))
    if not flaw.code or flaw.code in old.causes:
        return old
    return replace(old, result=replace(old.result, findings=(*old.result.findings, finding)))
