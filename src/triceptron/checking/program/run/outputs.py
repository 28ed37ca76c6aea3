"""What a program makes of its outputs: losses and predictions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from triceptron.checking.names import loss_class, role_of
from triceptron.checking.program.passes import Pass, Reading, labels_of, last_name
from triceptron.checking.program.run.flaws import Flaw, Verdict, flaw_at, step_of
from triceptron.checking.program.tape import SAME, Node, Tape
from triceptron.steps import softmax

__all__ = ["OwnLoss", "is_loss", "judge_predictions", "own_losses", "penalties"]


@dataclass(frozen=True)
class OwnLoss:
    """A loss of the program's: its value, and P and Y of the samples that it is of."""

    node: Node
    value: float
    P: Any
    Y: Any
    passes: list[Pass]
    named: bool = True
    predicted: bool = False
    """Whether no truth is in it, but the predicted class."""


_LARGEST = frozenset({"max", "amax", "argmax"})
"""Operations that look for the predicted class."""

_WORDS = ("loss", "cost", "error", "mse", "bce")


def is_loss(name: str) -> bool:
    """Tell whether a function is called a loss, or its class."""
    of, _, own = name.lower().rpartition(".")
    others = ("deriv", "grad", "prime", "delta", "back")
    return role_of(name) == "cross_entropy" or (
        (loss_class(of) or any(w in own for w in _WORDS)) and not any(w in own for w in others)
    )


def own_losses(reading: Reading) -> Iterator[OwnLoss]:
    """Yield the program's losses."""
    tape = reading.tape
    outputs = {passed.output for step in reading.steps[:4] for passed in step.passes}
    results = {
        call.result[0] for call in tape.calls
        if isinstance(call.result, list) and is_loss(call.name)
    }  # fmt: skip
    wanted = [*results]
    wanted += [
        at for at, names in tape.named.items()
        if any(word in last_name(name).lower() for name in names for word in _WORDS)
        or any(part in ("J", "L", "E") or role_of(part) == "cross_entropy" for part in map(last_name, names))
    ]  # fmt: skip
    named = bool(wanted)
    wanted = [at for at in wanted if at in results or not _is_scaled(tape, at, {*wanted})]
    for at in sorted({*wanted} or _unnamed(reading)):
        node = tape.nodes[at]
        if np.size(node.value) != 1:
            continue
        ours = [p for p in reading.passes if len(p.layers) > 1 and tape.depends(at, p.layers[-1].Z)]
        made = tape.ancestors([at], reading.versions)
        ours = [p for p in ours if p.layers[-1].Z in made]
        value = _without_penalty(tape, at, [p.layers[-1].Z for p in ours])
        truths = []
        for passed in ours:
            Y = passed.Y
            if Y is None:
                Y = next((found for _, found, _ in labels_of(reading, passed, made)), None)
            truths.append(Y)
        predicted = bool(truths) and all(Y is None for Y in truths)
        predicted = predicted and any(tape.nodes[each].op in _LARGEST for each in made)
        if predicted:
            outs = [reading.rows(p.P, p.layers[-1]) for p in ours]
            truths = [np.eye(P.shape[1])[P.argmax(axis=1)] if P.shape[1] > 1 else None for P in outs]
        if not ours or any(Y is None for Y in truths):
            continue
        P = np.concatenate([reading.rows(p.P, p.layers[-1]) for p in ours])
        if outputs == {"softmax"} and ours[-1].output == "identity":
            P = softmax(P)  # its logarithm is computed at once
        Y = np.concatenate(truths)
        if P.shape == Y.shape:
            yield OwnLoss(node, value, P, Y, ours, named, predicted)


def _without_penalty(tape: Tape, at: int, outputs: Sequence[int]) -> float:
    """Return a loss without what is added to it that depends on no output."""
    return tape.number(penalties(tape, at, outputs)[0])


def penalties(tape: Tape, at: int, outputs: Sequence[int]) -> tuple[int, list[int]]:
    """Return the part of a loss that depends on outputs, and what is added to it."""
    added: list[int] = []
    while (node := tape.nodes[at]).op in ("add", *SAME) and node.inputs:
        of_outputs = [entry for entry in node.inputs if any(tape.depends(entry, Z) for Z in outputs)]
        if len(of_outputs) != 1 or np.size(tape.nodes[of_outputs[0]].value) != 1:
            break
        added += [entry for entry in node.inputs if entry != of_outputs[0]]
        at = of_outputs[0]
    return at, added


def _is_scaled(tape: Tape, at: int, wanted: set[int]) -> bool:
    """Tell whether a number is only on its way to a loss, which is this one times other numbers."""
    for node in (tape.nodes[user] for user in tape.users[at]):
        others = tape.ancestors([entry for entry in node.inputs if entry != at])
        plain = node.op in ("multiply", "divide", "negative") and node.inside == tape.nodes[at].inside
        if plain and all(np.size(tape.nodes[other].value) == 1 for other in others):
            return node.at in wanted or _is_scaled(tape, node.at, wanted)
    return False


_DECIDING = frozenset({"argmax", "argmin", "equal", "not_equal", "greater", "less", "greater_equal",
    "less_equal", "round", "rint", "around"})  # fmt: skip


def _unnamed(reading: Reading) -> set[int]:
    """Return numbers that are made of outputs without a decision, and that no change is made of."""
    tape = reading.tape
    used = tape.ancestors([step for each in reading.chains for step in each.steps])
    outputs = tape.descendants([passed.P for passed in reading.passes])
    decided = tape.descendants(
        [node.at for node in tape.nodes if node.op in _DECIDING and node.at in outputs]
    )
    found = {call.result[0] for call in tape.calls if isinstance(call.result, list)} | {*tape.named}
    return {at for at in found if np.size(tape.nodes[at].value) == 1} - used - decided


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


def judge_predictions(reading: Reading, verdict: Verdict) -> Iterator[Flaw]:
    """Look at what the classes are taken from."""
    tape = reading.tape
    outputs = {passed.P: passed for passed in reading.passes if len(passed.layers) > 1}
    for passed in list(outputs.values()):
        outputs[passed.layers[-1].Z] = passed
    outputs |= _left_behind(tape, outputs)
    for node in tape.nodes:
        if (
            node.op not in ("argmax", "argmin", "max", "greater", "less", "greater_equal", "less_equal")
            or not node.inputs
        ):
            continue
        origin = tape.origin(node.inputs[0])[0]
        of = outputs.get(origin)
        if of is None and node.op in ("argmax", "argmin"):
            of = _in_order(reading, origin)
        if of is None:
            continue
        layer = of.layers[-1]
        O = reading.rows(origin, layer)
        n, K = O.shape
        value = np.ravel(node.value)
        step = step_of(node.inside, "predict", ("predict",))
        if node.op == "argmin" and K > 1:
            yield flaw_at(node, step, "predicts_least")
            return
        if node.op == "argmax" and K > 1:
            if value.size == n and np.array_equal(value, O.argmax(axis=1)):
                used = [tape.nodes[user] for user in tape.users[node.at]]
                if any(u.op == "add" and 1 in u.operands for u in used):
                    yield flaw_at(node, step, "predicts_from_one")
                    return
                verdict.right.setdefault("predict", node.inside)
            elif n > 1 and value.size == 1:
                yield flaw_at(node, step, "argmax_whole_matrix")
                return
            elif n > 1 and value.size == K != n:
                yield flaw_at(node, step, "wrong_axis")
                return
        if role_of(node.inside) in ("relu", "relu_derivative"):
            continue  # it compares what it is handed, a sigmoid's output as well
        if node.op in ("greater", "less", "greater_equal", "less_equal") and of.output == "sigmoid":
            limit = tape.value(node.operands[1]) if len(node.operands) > 1 else None
            if limit is not None and np.size(limit) == 1:
                if node.op.startswith("less") != _turned(tape, node) and origin == of.P:
                    yield flaw_at(node, step, "predicts_least")
                    return
                meant = any("thresh" in text.lower() and tape.value(at) == limit for text, at in tape.names)
                if float(np.ravel(limit)[0]) != 0.5 and origin == of.P and not meant:
                    yield flaw_at(node, step, "predicts_threshold")
                    return
                verdict.right.setdefault("predict", node.inside)
    for node, of in _compared_as_they_are(reading):
        calls = (c for c in tape.calls if role_of(c.name) == "predict" and isinstance(c.result, list))
        call = next((c for c in calls if tape.origin(c.result[0])[0] == of.P), None)
        if call is None:
            yield flaw_at(node, "predict", "predicts_probabilities")
        else:
            yield Flaw("predict", "predicts_probabilities", node.block, call.line, call.name)
        return
