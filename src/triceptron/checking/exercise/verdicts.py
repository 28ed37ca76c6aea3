"""What is said of the exercise's functions: a verdict for each, and of all together."""

from dataclasses import replace

import numpy as np

from triceptron.checking.exercise.cases import SHAPES, complete, make_case
from triceptron.checking.exercise.chain import digits_sums, examine_chain
from triceptron.checking.exercise.digits import digits
from triceptron.checking.exercise.examine import examine
from triceptron.checking.exercise.learner import Learner
from triceptron.checking.findings import Result
from triceptron.checking.report import StepReport
from triceptron.checking.steps_table import STEPS
from triceptron.parameters import initialize

__all__ = ["judge_exercise"]

_DIGITS = "trainX (1078, 64), trainY_mat (1078, 10), h = 50, K = 10, seed 32"


def judge_exercise(learner: Learner) -> tuple[tuple[StepReport, ...], Result]:
    """Go through the steps, each by itself, and then the chain."""
    case = make_case(SHAPES[0])
    learner.find_convention(case)
    results = {step.key: examine(learner, step.key) for step in STEPS}
    together = Result("missing")
    with learner.attempt("together"):
        together = examine_chain(learner, case)
    if together.status == "wrong":
        together = _in_numbers_of_the_digits(learner, together, results)
    reports = [
        StepReport(
            step.key, learner.names.get(step.key, step.names[0]), learner.place(step.key), results[step.key]
        )
        for step in STEPS
        if step.key in learner.found or not step.optional
    ]
    return tuple(reports), together


def _in_numbers_of_the_digits(learner: Learner, together: Result, results: dict[str, Result]) -> Result:
    """Tell the fault of the chain in the numbers of the digits job, and at the step that causes it, too."""
    (finding,) = together.findings
    with learner.attempt("digits"):
        train = digits().train
        start = initialize(train.X.shape[1], 50, 10, scheme="exercise", rng=32)
        sums = digits_sums(learner, complete(train.X.astype(np.float64), train.y, start))
        if sums is not None:
            finding = replace(finding, fed=_DIGITS, got=sums[0], expected=sums[1])
    culprit = results.get(finding.values["culprit"])
    if culprit is not None and culprit.findings:
        finding = replace(finding, place=culprit.findings[0].place)
        consequence = replace(finding, kind="spoils_gradient", cause=None)
        results[finding.values["culprit"]] = replace(culprit, findings=(*culprit.findings, consequence))
    return replace(together, findings=(finding,))
