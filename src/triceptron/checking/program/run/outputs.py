"""The losses that a program makes of its outputs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from triceptron.checking.names import loss_class, role_of
from triceptron.checking.program.passes import Pass, Reading, labels_of, last_name
from triceptron.checking.program.tape import SAME, Node, Tape
from triceptron.steps import softmax

__all__ = ["OwnLoss", "is_loss", "own_losses", "penalties"]


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

_WORDS = ("loss", "cost", "erro", "mse", "bce")


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
