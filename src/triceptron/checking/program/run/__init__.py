"""What a learner's own run shows: the first thing in it that is not as the mathematics has it.

The program has run as its author would run it. Every way forward, loss, gradient and change of the
parameters is held against the network that it shows itself to be; where something differs, its operands are
known, and with them the line and often the cause.
"""

from contextlib import suppress

import numpy as np

from triceptron.checking.program.passes import Reading
from triceptron.checking.program.run.data import judge_data
from triceptron.checking.program.run.ended import fails_anyhow, judge_end
from triceptron.checking.program.run.flaws import UNSAFE, Flaw, Verdict
from triceptron.checking.program.run.forward import judge_forward, judge_start
from triceptron.checking.program.run.gradient import judge_gradient
from triceptron.checking.program.run.loss import judge_loss
from triceptron.checking.program.run.predictions import judge_predictions
from triceptron.checking.program.run.training import judge_training
from triceptron.checking.program.run.update import judge_replaced, judge_update
from triceptron.checking.program.tape import PRODUCTS

__all__ = ["UNKNOWN", "UNSAFE", "Flaw", "Verdict", "fails_anyhow", "judge_run"]


UNKNOWN = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError)
"""What a look raises that meets what it does not know, such as a record that is not as ours are."""


def judge_run(reading: Reading) -> Verdict:
    """Judge a run."""
    verdict = Verdict(stand_ins=reading.tape.stand_ins)
    if _is_part(reading):  # one layer that was recognised says nothing of the others
        verdict.flaws += judge_replaced(reading, verdict)
        return verdict
    if verdict.stand_ins and not _is_finite(reading):
        return verdict  # made-up samples of which a column is all the same, say
    for check in (
        judge_end,
        judge_start,
        judge_forward,
        judge_data,
        judge_replaced,
        judge_training,
        judge_update,
        judge_gradient,
        judge_loss,
        judge_predictions,
    ):
        flaws: list[Flaw] = []
        with np.errstate(all="ignore"), suppress(*UNKNOWN):
            flaws += check(reading, verdict)  # one that meets what it does not know says nothing
        verdict.flaws += flaws
        if any(flaw.code not in UNSAFE for flaw in flaws) and check in (
            judge_end,
            judge_start,
            judge_forward,
        ):
            break
    verdict.flaws.sort(key=_urgency)
    return verdict


def _is_part(reading: Reading) -> bool:
    """Tell whether what is taken for the samples is made by a layer that was not recognised."""
    tape, passes = reading.tape, reading.passes[:1]
    if tape.raised is not None or any(len(passed.layers) > 1 for passed in reading.passes):
        return False
    return any(tape.nodes[at].op in PRODUCTS for p in passes for at in tape.ancestors([p.layers[0].source]))


def _is_finite(reading: Reading) -> bool:
    """Tell whether numbers go into the network."""
    sources = {passed.layers[0].source for passed in reading.passes[:4]}
    return all(np.isfinite(reading.tape.nodes[at].value).all() for at in sources)


def _urgency(flaw: Flaw) -> int:
    """Put labels that nothing uses before pairs that do not match, and what fails only elsewhere last."""
    return 0 if flaw.code == "truth_ignored" else 2 if flaw.code in UNSAFE else 1
