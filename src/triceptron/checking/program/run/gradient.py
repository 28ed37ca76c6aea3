"""Whether what each step takes away is the derivative of a usual loss."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from triceptron.checking.program.network import OUTPUTS, Explanation, Model, explain
from triceptron.checking.program.passes import Pass, Reading, Step
from triceptron.checking.program.run.activations import hidden_of, own_activations
from triceptron.checking.program.run.changes import data_of, rate_in, rates_of
from triceptron.checking.program.run.culprits import error_at, flaw_of_wrong
from triceptron.checking.program.run.factors import flaws_of_penalty, of_two_halves, scale_fault
from triceptron.checking.program.run.flaws import Flaw, Verdict, flaw_at
from triceptron.checking.program.run.taken import Taken, taken_in
from triceptron.checking.program.tape import Node

__all__ = ["judge_gradient"]


def judge_gradient(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Hold what each step takes away against calculus."""
    steps = [step for step in reading.steps if step.passes][:4]
    for number, step in enumerate(reversed(steps), 1):
        flaws = _judge_step(reading, verdict, step, number, number == len(steps))
        if flaws is not None:
            yield from flaws[:1]
            return


def _judge_step(
    reading: Reading, verdict: Verdict, step: Step, number: int, last: bool
) -> Sequence[Flaw] | None:
    """Judge one step; None where another may show more."""
    passed = step.passes[0]
    by = {(chain.kind, chain.layer): (chain, end) for chain, (_, end) in step.changes.items() if chain.kind}
    if any(("W", k) not in by for k in range(len(passed.layers))):
        return None
    data = data_of(reading, step)
    early = _changed_too_early(reading, step)
    if early is not None:
        return [flaw_at(early, "compute_gradient", "weights_changed_too_early")]
    ignored = data is None and all(each.Y is None for each in step.passes)
    data = data_of(reading, step, untrue=True) if ignored else data
    if data is None or (not last and _is_saturated(reading, step.passes)):
        return None  # what is all or nothing fits other losses as well
    taken = taken_in(reading, step, by, data)
    if taken is None:
        return None
    if not any(np.any(each.total) for each in taken.changes.values()) and _times_zero(reading, step):
        return None  # a learning rate of 0 shows nothing
    own, hidden = own_activations(reading, step.passes), hidden_of(reading, passed)
    if _is_as_long_as_it_says(taken) or (len(passed.layers) > 1 and not hidden):
        return []  # an activation of which nothing is known
    if _is_normalised(reading, passed):
        return []
    if passed.output == "identity" and _has_run_away(taken):
        return None  # all gradients are alike
    masks = _masks_of(reading, step.passes)
    known = [Model(hidden or "ReLU", passed.output, loss, masks, own) for loss in _losses_of(reading, passed)]
    explained = explain(taken.X, taken.Y, taken.layers, taken.gradient, known)
    if ignored:
        told = len(taken.X) > 1 and not explained.wrong
        return [flaw_at(error_at(taken, last=True), "compute_gradient", "truth_ignored")] if told else []
    if explained.wrong and len(taken.X) > 1:
        for code, other in (("truth_ignored", 0 * taken.Y), ("gradient_sign", -taken.Y)):
            if not explain(taken.X, other, taken.layers, taken.gradient, known).wrong:
                node = error_at(taken, last=code == "truth_ignored")
                return [flaw_at(node, "compute_gradient", code)]
    if len(taken.layers) == 1 and passed.output == "identity" and explained.wrong:
        return []  # a perceptron's rule is the gradient of no such loss
    n, K = taken.Y.shape
    explained = verdict.explanation = of_two_halves(reading, explained, taken.changes, n, K)
    flaws = _flaws_of(taken, explained)
    if flaws:
        return flaws
    if explained.wrong:  # too coarse to be sure
        verdict.explanation = None
        return None
    _tell_right(verdict, taken, explained)
    return [] if number > 1 else None


def _flaws_of(taken: Taken, explained: Explanation) -> Sequence[Flaw]:
    """Tell what is wrong with a gradient: its parts, its sign, or the one factor of them all."""
    if explained.wrong:
        flaw = flaw_of_wrong(taken, explained)
        return [] if flaw is None else [flaw]
    if explained.factor / (rate_in(taken.reading, taken.first) or 1.0) < 0:
        return [_upwards(taken)]
    n, K = taken.Y.shape
    if 1 < n < 4 or not _has_rate(taken):
        return []
    code, shown = scale_fault(taken.reading, explained, taken.first, n, K)
    if code:
        step = "cross_entropy" if shown is not None else "compute_gradient"
        return [flaw_at(shown or error_at(taken, last=True), step, code)]
    return [*flaws_of_penalty(taken.reading, taken.passes, explained, taken.changes, n, K)]


def _upwards(taken: Taken) -> Flaw:
    """Tell a step that goes up the loss from one whose error is turned."""
    tape, change = taken.tape, taken.first
    lines = {tape.nodes[each.at].line for each in taken.changes.values()}
    upwards = (change.op == "add") != change.turned and (change.scale(tape) > 0) != change.turned
    if upwards and (change.turned or len(lines) == 1):
        return flaw_at(tape.nodes[change.at], "update", "update_sign")
    return flaw_at(error_at(taken), "compute_gradient", "gradient_sign")


def _has_rate(taken: Taken) -> bool:
    """Tell whether it is known which factor is the learning rate, so that the others are the gradient's."""
    tape, change, rates = taken.tape, taken.first, rates_of(taken.reading)
    if not rates or (change.remembers and not change.kept):
        return False
    seen = change.adaptive or any(tape.depends(change.at, at) for at in rates)
    return seen or rate_in(taken.reading, change) != 1.0


def _tell_right(verdict: Verdict, taken: Taken, explained: Explanation) -> None:
    """Write down what a right gradient tells of the program."""
    rate, n = rate_in(taken.reading, taken.first), len(taken.X)
    times = (rate, rate if "entropy" in explained.model.loss else 2 * rate)
    averaged = n > 1 and bool(rates_of(taken.reading))
    verdict.averaged = averaged and bool(np.isclose(explained.factor * n, times, 1e-4).any())
    verdict.error = error_at(taken, explained.model)
    verdict.right |= {"compute_gradient": taken.tape.nodes[taken.first.core].inside, "update": ""}
    verdict.convention["loss"] = explained.model.loss


def _is_as_long_as_it_says(taken: Taken) -> bool:
    """Tell whether a change is multiplied by what is made of it: each part is as long as its length says."""
    return any(
        taken.tape.depends(at, each.core)
        for each in taken.changes.values() for at in (*each.times, *each.divided)
        if np.size(taken.tape.nodes[each.core].value) > 1  # the error of one output is a number itself
    )  # fmt: skip


def _has_run_away(taken: Taken) -> bool:
    passed = taken.passes[0]
    largest = np.abs(taken.reading.rows(passed.P, passed.layers[-1])).max()
    return bool(largest > 1e4 * max(1, np.abs(taken.Y).max()))


def _is_saturated(reading: Reading, passes: Sequence[Pass]) -> bool:
    """Tell whether all probabilities are 0 or 1, nearly; or one of them so nearly that it may be clipped."""
    squashed = [each for each in passes if each.output in ("sigmoid", "softmax")]
    P = [reading.rows(each.P, each.layers[-1]) for each in squashed]
    lost = [
        each.Y is not None and np.max(abs(p - each.Y)) > 1 - 1e-9
        for p, each in zip(P, squashed, strict=True)
    ]  # fmt: skip
    return bool(P) and (any(lost) or all(np.minimum(abs(p), abs(1 - p)).max() < 1e-3 for p in P))


def _times_zero(reading: Reading, step: Step) -> bool:
    """Tell whether a single number of 0, no result of the network, goes into what a step takes away."""
    tape, hot = reading.tape, reading.tape.after_products
    taken = [chain.taken(after) for chain, (_, after) in step.changes.items()]
    made = tape.ancestors(taken, reading.versions)
    products = (node.operands for node in map(tape.nodes.__getitem__, made) if node.op == "multiply")
    operands = [operand for several in products for operand in several]
    numbers = [tape.value(each) for each in operands if not (isinstance(each, list) and each[0] in hot)]
    return any(value is not None and np.size(value) == 1 and not np.any(value) for value in numbers)


def _is_normalised(reading: Reading, passed: Pass) -> bool:
    """Tell whether the outputs are made probabilities in a way of their own: a softmax with a temperature."""
    if passed.output != "identity":
        return False
    tape, last = reading.tape, passed.layers[-1]
    shape = np.shape(tape.nodes[last.Z].value)
    for at in tape.descendants([last.Z], reading.beyond(passed)):
        if np.shape(tape.nodes[at].value) == shape and at != last.Z and shape[-1 if last.rows else 0] > 1:
            P = reading.rows(at, last)
            if P.min() >= 0 and np.allclose(P.sum(axis=1), 1):
                return True
    return False


def _masks_of(reading: Reading, passes: Sequence[Pass]) -> tuple[Any, ...]:
    """Return what dropout multiplies each hidden layer by, over all samples of a step."""
    if not any(passed.masks for passed in passes):
        return ()
    found = []
    for position, layer in enumerate(passes[0].layers[:-1]):
        each = [
            passed.masks[position]
            if passed.masks and passed.masks[position] is not None
            else np.ones_like(reading.rows(passed.layers[position].Z, layer))
            for passed in passes
        ]
        found.append(np.concatenate(each))
    return tuple(found)


def _losses_of(reading: Reading, passed: Pass) -> Sequence[str]:
    """Return the losses that a network of this output may have, the one that the program shows first."""
    possible = OUTPUTS[passed.output][1]
    tape = reading.tape
    after = tape.descendants([passed.P], reading.versions)
    logs = any(tape.nodes[at].op in ("log", "log2", "log10") for at in after)
    return sorted(possible, key=lambda loss: ("entropy" in loss) != logs)


def _changed_too_early(reading: Reading, step: Step) -> Node | None:
    """Find a way back through a weight that this very step has changed already."""
    tape = reading.tape
    newer = {after: chain for chain, (_, after) in step.changes.items()}
    for chain, (_, after) in step.changes.items():
        made = tape.ancestors([chain.taken(after)], reading.versions)
        for at in made & set(newer):
            if newer[at] is not chain and newer[at].kind == "W":
                return tape.nodes[at]
    return None
