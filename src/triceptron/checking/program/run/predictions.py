"""What classes are taken from: the largest output of each sample, or a threshold."""

from collections.abc import Iterator, Mapping

import numpy as np

from triceptron.checking.names import role_of
from triceptron.checking.program.passes import Pass, Reading
from triceptron.checking.program.run.flaws import Flaw, Verdict, flaw_at, step_of
from triceptron.checking.program.tape import Node, Tape

__all__ = ["judge_predictions"]

_LARGEST = ("argmax", "argmin")
_COMPARED = ("greater", "less", "greater_equal", "less_equal")


def judge_predictions(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Look at what the classes are taken from."""
    for node, origin, of in _decisions(reading):
        fault = (_of_largest if node.op in _LARGEST else _of_threshold)(reading, node, origin, of)
        if fault:
            yield flaw_at(node, step_of(node.inside, "predict", ("predict",)), fault)
            return
        if fault is not None:
            verdict.right.setdefault("predict", node.inside)
    tape = reading.tape
    for node, of in _compared_as_they_are(reading):
        calls = (c for c in tape.calls if role_of(c.name) == "predict" and isinstance(c.result, list))
        call = next((c for c in calls if tape.origin(c.result[0])[0] == of.P), None)
        if call is None:
            yield flaw_at(node, "predict", "predicts_probabilities")
        else:
            yield Flaw("predict", "predicts_probabilities", node.block, call.line, call.name)
        return


def _decisions(reading: Reading) -> Iterator[tuple[Node, int, Pass]]:
    """Yield where outputs are decided on, with the outputs and their way forward."""
    tape = reading.tape
    whole = [passed for passed in reading.passes if len(passed.layers) > 1]
    outputs = {passed.P: passed for passed in whole} | {passed.layers[-1].Z: passed for passed in whole}
    outputs |= _left_behind(tape, outputs)
    for node in (node for node in tape.nodes if node.op in (*_LARGEST, *_COMPARED) and node.inputs):
        origin = tape.origin(node.inputs[0])[0]
        of = outputs.get(origin)
        if of is None and node.op in _LARGEST:
            of = _in_order(reading, origin)
        if of is not None:
            yield node, origin, of


def _of_largest(reading: Reading, node: Node, origin: int, of: Pass) -> str | None:
    """Return the fault of the class of the largest output; nothing where it is right, None if it is none."""
    O, value = reading.rows(origin, of.layers[-1]), np.ravel(node.value)
    n, K = O.shape
    if K == 1:
        return None
    if node.op == "argmin":
        return "predicts_least"
    if value.size == n and np.array_equal(value, O.argmax(axis=1)):
        used = [reading.tape.nodes[user] for user in reading.tape.users[node.at]]
        return "predicts_from_one" if any(u.op == "add" and 1 in u.operands for u in used) else ""
    if n > 1 and value.size == 1:
        return "argmax_whole_matrix"
    return "wrong_axis" if n > 1 and value.size == K != n else None


def _of_threshold(reading: Reading, node: Node, origin: int, of: Pass) -> str | None:
    """Return the fault of what lies beyond a threshold; nothing where it is right, None if it is none."""
    tape = reading.tape
    limit = tape.value(node.operands[1]) if len(node.operands) > 1 else None
    if of.output != "sigmoid" or limit is None or np.size(limit) != 1:
        return None
    learned = [p.Y for step in reading.steps[:2] for p in step.passes if p.Y is not None]
    if not all(np.isin(Y, (0, 1)).all() for Y in learned):
        return None  # no classes
    if role_of(node.inside) in ("relu", "relu_derivative"):
        return None  # it compares what it is handed, a sigmoid's output as well
    if node.op.startswith("less") != _turned(tape, node) and origin == of.P:
        return "predicts_least"
    meant = any("thresh" in text.lower() and tape.value(at) == limit for text, at in tape.names)
    wrong = float(np.ravel(limit)[0]) != 0.5 and origin == of.P and not meant
    return "predicts_threshold" if wrong else ""


def _turned(tape: Tape, node: Node) -> bool:
    """Tell whether what a comparison holds for is given the smaller class."""
    for user in (tape.nodes[at] for at in tape.users[node.at]):
        numbers = [tape.value(operand) for operand in user.operands[1:]]
        if user.op == "where" and [np.size(number) for number in numbers if number is not None] == [1, 1]:
            return bool(numbers[0] < numbers[1])
        if user.op == "put" and np.size(numbers[-1]) == 1 and numbers[-1] == 0:
            return True
    return False


def _left_behind(tape: Tape, outputs: Mapping[int, Pass]) -> dict[int, Pass]:
    """Find outputs of a round that was not recorded, by their names."""
    named = {
        (name, np.shape(tape.nodes[at].value)): of
        for at, of in outputs.items()
        for name in tape.named.get(at, ())
    }
    found: dict[int, Pass] = {}
    for at, names in tape.named.items():
        keys = ((name, np.shape(tape.nodes[at].value)) for name in names)
        of = next((named[key] for key in keys if key in named), None)
        if of is not None and tape.nodes[at].op == "leaf" and at > of.P:
            found[at] = of
    return found


def _in_order(reading: Reading, at: int) -> Pass | None:
    """Find the way forward whose outputs' order something keeps in each row, as their logarithm does."""
    tape = reading.tape
    for passed in reading.passes if np.ndim(tape.nodes[at].value) == 2 else ():
        last = passed.layers[-1]
        if len(passed.layers) < 2 or not tape.depends(at, last.Z):
            continue
        value, O = reading.rows(at, last), reading.rows(last.Z, last)
        same = value.shape == O.shape and O.shape[1] > 1
        if same and np.array_equal(value.argsort(axis=1), O.argsort(axis=1)):
            return passed
    return None


def _compared_as_they_are(reading: Reading) -> Iterator[tuple[Node, Pass]]:
    """Yield where outputs that are no classes yet are asked whether they are equal to labels."""
    tape = reading.tape
    whole = [p for p in reading.passes if len(p.layers) > 1]
    classes = any(p.output in ("softmax", "sigmoid") for step in reading.steps[:4] for p in step.passes)
    outputs = {at: p for p in whole for at in (p.P, p.layers[-1].Z) if classes}
    for node in (node for node in tape.nodes if node.op in ("equal", "not_equal") and len(node.inputs) == 2):
        for at, other in (node.inputs, node.inputs[::-1]):
            of = outputs.get(tape.origin(at)[0])
            if of is not None and np.ndim(tape.nodes[other].value) and not tape.depends(other, of.P):
                yield node, of
